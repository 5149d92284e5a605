"""How a moment is said: in the zone and the language of whoever reads, however many read it before; and a percentage,
which each language writes in its own way."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask

from tests.conftest import Clock
from webapp.i18n import formats, readers

AT = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
SAID = {
    ("en", "Europe/Moscow"): ("Wednesday, 25 November 2026, 23:30", "Wed 23:30"),
    ("ru", "Europe/Moscow"): ("среда, 25 ноября 2026, 23:30", "ср 23:30"),
    ("en", "Asia/Tokyo"): ("Thursday, 26 November 2026, 05:30", "Thu 05:30"),
    ("ru", "Asia/Tokyo"): ("четверг, 26 ноября 2026, 05:30", "чт 05:30"),
}


def test_each_reads_a_moment_in_their_own_zone_and_language(inside: Flask, clock: Clock) -> None:
    for _ in range(2):
        for (language, zone), words in SAID.items():
            with readers.reading(language, zone):
                assert (formats.moment(AT), formats.coming(AT)) == words


def test_a_percentage_stands_as_each_language_writes_it(inside: Flask) -> None:
    said = {}
    for language in ("en", "ru"):
        with readers.reading(language, "Europe/Moscow"):
            said[language] = formats.percent(71)
    assert said == {"en": "71%", "ru": "71\u00a0%"}
