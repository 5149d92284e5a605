"""Places that said nothing lately, of the channels in which each address has a service of its own: these are left alone
for a moment, so that whoever is told by the same channel does not wait behind them. Of push it is the whole service, of
others the one address. Kept in this process: what is forgotten with it costs one more try."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from rules import reach
from rules.reach import Answer
from webapp import clock
from webapp.snapshots.reach import BY_THEMSELVES

MOST = 100  # places that are remembered
_silent: dict[tuple[str, str], datetime] = {}  # channel and how its address begins → since when


def heard(channel: str, address: str, answer: Answer) -> None:
    """What came of a try."""
    if channel not in BY_THEMSELVES:
        return
    place = (channel, _place(channel, address))
    _silent.pop(place, None)
    if answer.reason.get("code") == "timed_out":
        _silent[place] = clock.now()
        while len(_silent) > MOST:
            _silent.pop(next(iter(_silent)), None)


def resting(now: datetime) -> Sequence[tuple[str, str]]:
    """Channels, and how the addresses begin that are left alone now. After a clock was set back it is none."""
    return [place for place, since in list(_silent.items()) if since <= now < since + reach.REST]


def _place(channel: str, address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/" if channel == "push" else address
