"""For whom words are made outside of a request: in their language, and with their time of day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace

import flask_babel
from flask import g

from rules import messages
from webapp.i18n import formats
from webapp.i18n.facts import word
from webapp.i18n.isolates import unmarked
from webapp.snapshots import setups


@contextmanager
def reading(language: str, zone: str) -> Iterator[None]:
    """In the open app context, which may serve many readers, one after another."""
    before = g.get("reader")
    g.reader = SimpleNamespace(locale=language, time_zone=zone)
    try:
        with flask_babel.force_locale(language):
            flask_babel.refresh()  # the zone of whoever read before is kept there
            yield
    finally:
        if before is None:
            del g.reader
        else:
            g.reader = before
        flask_babel.refresh()


def to_client(template: Mapping[str, str] | None, facts: Mapping[str, object]) -> str:
    """A text of the firm as a client gets it: in the firm's language, and with no marks that nobody sees."""
    firm = setups.current().firm
    with reading(firm.locale, firm.time_zone):
        return messages.render(formats.text(template), {key: unmarked(word(each)) for key, each in facts.items()})
