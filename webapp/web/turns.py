"""Which page of a list an address asks for."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from webapp.queries.paging import Turn


def turn_of(args: MultiDict[str, str]) -> Turn:
    """After or before the row that an address names."""
    return Turn(args.get("after", ""), args.get("before", ""))
