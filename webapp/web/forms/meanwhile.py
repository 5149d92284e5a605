"""Two have the same form open. Whoever saves second is told of each field that the first has changed since, and what it
is now; what was typed stands, and saved once more it is put in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from webapp.access.scopes import Actor
from webapp.errors import Problem, Refused
from webapp.snapshots import setups
from webapp.web.forms.posted import Posted

Pairs = Sequence[tuple[object, str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands in a form's controls as it is now, read after the lock, as the template draws it. `hand` says who
    changed a control last; `options` are how what is chosen reads."""

    values: Mapping[str, str]
    hand: Callable[[str], int | None]
    options: Mapping[str, Pairs]


def check(sent: Posted, kept: Kept, by: Actor) -> None:
    """What `sent` changes is as it was shown. What one has changed oneself, in haste, is no surprise. Raises
    Refused."""
    problems = {}
    for name in sent.was.fields:
        now = kept.values.get(name)
        if now is None or now in (sent.was.text(name), sent.text(name)):
            continue
        if (who := kept.hand(name)) != by.user_id:
            problems[name] = _problem(who, dict(_read(kept.options.get(name, ()))).get(now, now))
    if problems:
        raise Refused("stale", problems=problems)


def _problem(who: int | None, words: str) -> Problem:
    return {"code": "changed_meanwhile", "who": setups.current().name_of(who), "words": words}


def _read(options: Pairs) -> list[tuple[str, str]]:
    return [(str(sent), words) for sent, words in options]
