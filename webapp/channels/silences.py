"""Places that said nothing lately, or asked to be left alone, of the channels in which each address has a service of
its own: these are left alone for a moment, so that whoever is told by the same channel does not wait behind them. Of
push it is the whole service, of others the one address. Kept in this process: what is forgotten with it costs one more
try."""

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
    where = (channel, place(channel, address))
    _silent.pop(where, None)
    if answer.reason.get("code") == "timed_out" or answer.wait:  # which does not last as long as it asks:
        # what is urgent and stood behind it would not come to its next address
        _silent[where] = clock.now()
        while len(_silent) > MOST:
            _silent.pop(next(iter(_silent)), None)


def resting(now: datetime) -> Sequence[tuple[str, str]]:
    """Channels, and how the addresses begin that are left alone now. After a clock was set back it is none."""
    return [where for where, since in list(_silent.items()) if since <= now < since + reach.REST]


def is_suspect(channel: str, where: str) -> bool:
    """Whether it has said nothing, and nothing since."""
    return (channel, where) in _silent


def place(channel: str, address: str) -> str:
    """What of an address is silent as one; "" of a channel that goes by one gateway."""
    if channel not in BY_THEMSELVES:
        return ""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/" if channel == "push" else address
