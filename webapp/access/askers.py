"""Whose a cookie or a key was when it was last checked, so that the server can share itself out among people before it
reads what they ask (`webapp/box/shares.py`). In this process only, and of no weight for any right."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

KEPT = 5_000  # beyond, who has not been here for longest is asked as nobody once more


class Asker(NamedTuple):
    """A person at their browsers, or by their keys."""

    user_id: int
    is_program: bool


_known: OrderedDict[bytes, Asker] = OrderedDict()
_lock = Lock()


def remember(credential: str | bytes, asker: Asker) -> None:
    """It has just been found to be theirs. What was forged never comes here, so it has no share of its own."""
    digest = _digest(credential)
    with _lock:
        _known[digest] = asker
        _known.move_to_end(digest)
        while len(_known) > KEPT:
            _known.popitem(last=False)


def known(credential: str | bytes) -> Asker | None:
    """Whose it was, or None if it was never found right here."""
    return _known.get(_digest(credential))


def _digest(credential: str | bytes) -> bytes:
    """No secret is kept. A cookie is signed anew from time to time: two parts at its end change."""
    sent = credential.encode() if isinstance(credential, str) else credential
    return hashlib.sha256(sent.rsplit(b".", 2)[0]).digest()
