"""Several people at once, one a line, as they are pasted from a table: name, e-mail, department, head or deputy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

MOST = 50
CELLS = 4  # of a line; what stands behind them is passed over
_BETWEEN = re.compile(r"[\t;,]")
_POSTS = {
    "head": ("head", "руководитель", "начальник"),
    "deputy": ("deputy", "deputy head", "заместитель", "заместитель руководителя"),
}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """As it was typed; `number` counts from one, blank lines too. `post` is head, deputy, or None where the word is
    none of these."""

    number: int
    name: str
    email: str
    department: str
    post: str | None


def read(text: str) -> list[PersonLine]:
    """What stands between commas, semicolons or tabs; blank lines are passed over. Not read beyond the line that is one
    too many."""
    lines = ((number, [each.strip() for each in _BETWEEN.split(line, CELLS)]) for number, line in _lines(text))
    return [_of(number, cells) for number, cells in islice((each for each in lines if any(each[1])), MOST + 1)]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.splitlines(), start=1)


def _of(number: int, cells: list[str]) -> PersonLine:
    name, email, department, post = [*cells, "", "", "", ""][:CELLS]
    return PersonLine(number, name, email, department, _post(post))


def _post(typed: str) -> str | None:
    said = typed.casefold()
    return next((post for post, words in _POSTS.items() if said in words), "member" if not said else None)


def department_of(typed: str, names: Mapping[int, Mapping[str, str]]) -> int | None:
    """By its name in any language, also as the end of a way: "Sales / North". None: there is none, or several."""
    said = typed.rpartition("/")[2].strip().casefold()
    found = [key for key, name in names.items() if said in {each.strip().casefold() for each in name.values()}]
    return found[0] if len(found) == 1 else None
