"""The web with a bug in each hundredth move: what I15 must hear, also while Redis comes and goes."""

from __future__ import annotations

import itertools
from typing import Any

from webapp.services import deals
from wsgi import app

__all__ = ["app"]

# Only for a web that is started with this entry: whoever imports it has a broken product from there on.
EVERY = 100
_move, _moves = deals.move, itertools.count(1)


def _move_or_break(*args: Any, **named: Any) -> Any:
    if next(_moves) % EVERY == 0:
        raise RuntimeError("planted")
    return _move(*args, **named)


deals.move = _move_or_break
