"""One change of the set-up that is live at once, as by the API: a plan of its own, applied as a version of its own.
What touches more than itself is refused, with the plan that says what and offers what can be done.

Values come as the product keeps them (ids, minor units), places as the document writes them ("sales/new").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from sqlalchemy import select

from rules import setup_edits
from rules.consequences import Consequence
from rules.parameters import Problem
from rules.setup_checks import path_of
from rules.setup_documents import Document
from rules.setup_edits import AFTER, NEW, Edit
from rules.setup_parts import ARCHIVED, KINDS
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import NotFound, Problems, Refused, invalid
from webapp.models import SetupVersion, SetupWork
from webapp.services import drafts, setup_editing, setup_plans, setup_work, texts
from webapp.services.setup_plans import Plan
from webapp.snapshots import setup_documents as documents

UNASKED = {
    "keep",
    "leave",
    "ignore",
    "call_off",
    "wake",
}  # chosen beforehand, they change nothing else: no question is needed


class HasConsequences(Refused):
    """The change touches more than itself; `plan` says what. `edits` make it again, once this transaction is undone."""

    def __init__(self, plan: Plan, edits: Sequence[Edit]) -> None:
        super().__init__("has_consequences")
        self.plan, self.edits = plan, tuple(edits)


def add(
    kind: str,
    given: Mapping[str, object],
    by: Actor,
    *,
    home: str = "",
    key: str = "",
    after: str = "",
    chosen: Mapping[str, str] | None = None,
) -> str:
    """Something new. Its key is made of its name unless given; it stands behind `after`, else as the last. The key."""
    drafts.lock()
    document = documents.live()
    whole = drafts.new_key(document, kind, given, home, key)
    make(new_edits(document, kind, whole, given, after), by, about=(kind, whole), chosen=chosen)
    return whole


def new_edits(document: Document, kind: str, key: str, given: Mapping[str, object], after: str = "") -> list[Edit]:
    names = setup_editing.names_of(document)
    parts = {part: setup_editing.written(kind, part, value, names) for part, value in _in_one_form(kind, given).items()}
    made = [Edit(kind, key, NEW, setup_editing.whole(kind, parts))]
    return made + ([Edit(kind, key, AFTER, after)] if after else [])


def _in_one_form(kind: str, given: Mapping[str, object]) -> dict[str, object]:
    """Texts of the firm in the normal form of texts."""
    shapes = {each.key: each.shape for each in KINDS[kind].parts}
    return {part: texts.in_one_form(value) if shapes.get(part) == "text" else value for part, value in given.items()}


def change(
    kind: str, key: str, given: Mapping[str, object], by: Actor, *, chosen: Mapping[str, str] | None = None
) -> SetupVersion | None:
    """Some parts of one thing; AFTER: behind which of its equals it is to stand, None: first. The version that it made;
    None where nothing is another."""
    drafts.lock()
    names = setup_editing.names_of(documents.live())
    one_form = _in_one_form(kind, given)
    written = {part: setup_editing.written(kind, part, value, names) for part, value in one_form.items()}
    edits = [Edit(kind, key, part, value) for part, value in written.items()]
    return make(edits, by, about=(kind, key), chosen=chosen)


def archive(kind: str, key: str, by: Actor) -> SetupVersion | None:
    return change(kind, key, {ARCHIVED.key: True}, by)


def make(
    edits: Sequence[Edit],
    by: Actor,
    *,
    about: tuple[str, str] = ("", ""),
    chosen: Mapping[str, str] | None = None,
    by_default: bool = False,
) -> SetupVersion | None:
    """All of them as one version. `by_default`: what would be asked is answered by what is chosen beforehand. Raises
    NotFound, Refused, HasConsequences."""
    drafts.lock()
    live = documents.live()
    wanted = edited(live, edits)
    if wanted == live:
        return None
    found = setup_plans.of_document(live, wanted, by)
    if found.problems:
        raise Refused("bad_fields", problems=problems_of(wanted, found.problems, *about))
    if asked(found.consequences) and not by_default:
        raise HasConsequences(found, edits)
    answers = {each.id: key for each in found.consequences if (key := (chosen or {}).get(each.kind))}
    version = setup_plans.apply(found.row.id, answers, by)
    follow_at_once(version)
    return version


def edited(live: Document, edits: Iterable[Edit]) -> Document:
    try:
        return reduce(setup_edits.edited, edits, live)
    except KeyError as error:
        raise NotFound(str(error)) from None
    except ValueError as error:
        raise invalid(str(error), "unknown_key") from None


def asked(found: Iterable[Consequence]) -> bool:
    """Whether an admin has to look at it first."""
    return any(each.chosen not in UNASKED for each in found)


def again(error: HasConsequences, by: Actor) -> Plan:
    """The plan made once more, in a transaction that stays."""
    live = documents.live()
    return setup_plans.of_document(live, edited(live, error.edits), by)


def problems_of(document: Document, found: Iterable[Problem], kind: str, key: str) -> Problems:
    """Problems by the parts of the thing itself; those of others by their whole place."""
    item = document.get(kind, key) if kind else None
    own = f"{path_of(item)}." if item else ""
    return {each.path.removeprefix(own): {"code": each.code, **each.facts} for each in found}


def follow_at_once(version: SetupVersion) -> None:
    """What follows is done here where it is little; else it is the work of a job."""
    work = session().scalars(select(SetupWork).where(SetupWork.version_id == version.id)).first()
    if work is not None and work.total <= setup_work.PART:
        setup_work.finish_now(work)
