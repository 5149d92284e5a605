"""How long another side asks to be left alone: the header `Retry-After` of RFC 9110, 10.2.3, in seconds or as a date.
What Dozor makes of it is decided in rules/reach.py."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SECONDS = re.compile(r"[0-9]{1,9}")  # some thirty years: more is no number of seconds
NOTHING = timedelta(0)


def wait(said: str, now: datetime, their_now: str = "") -> timedelta:
    """`their_now` is what the same answer has as its `Date`: a date is meant by their clock, which may not be ours.
    Nothing where neither is meant, or where that is over."""
    if SECONDS.fullmatch(said.strip()):
        return timedelta(seconds=int(said))
    until = _instant(said)
    return max(until - (_instant(their_now) or now), NOTHING) if until is not None else NOTHING


def _instant(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
