"""Which page of a list an address asks for."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from webapp.queries.paging import Turn


def turn_of(args: MultiDict[str, str], which: str = "") -> Turn:
    """After or before the row that an address names; `which` tells the second list of a page apart, as "talks_"."""
    return Turn(args.get(f"{which}after", ""), args.get(f"{which}before", ""))
