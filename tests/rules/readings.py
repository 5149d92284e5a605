"""Facts about who types, for tables of cases: a firm in Russia, roubles, UTC."""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import partial

from rules.fields import ReadContext
from webapp import phones


def reading(zone: tzinfo = UTC, digits: int = 2, country: str | None = "RU") -> ReadContext:
    return ReadContext(zone, digits, partial(phones.read, country=country))
