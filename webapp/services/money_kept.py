"""Whether money is written down anywhere: from then on the firm's currency stays, for an amount is kept in minor units
and does not say of which. `PLACES` names every column in which an amount may stand; a column that may is never left
out (tests/services/test_money_kept.py walks all there are)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from rules.facts import Catalogue
from rules.setup_edits import NEW
from rules.setup_pointers import gives_value
from webapp.db import session
from webapp.models import (
    BoardView,
    Company,
    Contact,
    Deal,
    Field,
    Invoice,
    JournalEntry,
    Payment,
    Rehearsal,
    Robot,
    RobotDefinition,
    SetupAct,
    SetupPlan,
    SetupVersion,
    SetupWork,
    Trigger,
)
from webapp.services import drafts
from webapp.snapshots import setup_documents

Named = frozenset[tuple[str, str]]  # fields that hold money: ("deal", "amount")


def is_kept() -> bool:
    """What is asked quickly, and answers yes in most firms, comes first."""
    named = _fields()
    return any(holds(named) for holds in PLACES.values())


def _fields() -> Named:
    """Of the product and of the firm, archived ones too."""
    own = session().execute(select(Field.entity, Field.key).where(Field.kind == "money"))
    built_in = ((each.entity, each.key) for each in Catalogue.build([]).fields.values() if each.kind == "money")
    return frozenset([*built_in, *((entity, key) for entity, key in own)])


def _any(wanted: Select[Any]) -> bool:
    return session().scalar(wanted.limit(1)) is not None


def _rows(*wanted: ColumnElement[bool], of: Any) -> Callable[[Named], bool]:
    return lambda _: _any(select(of.id).where(*wanted))


def _values(model: type[Deal | Contact | Company]) -> Callable[[Named], bool]:
    """In a field of the firm's own."""

    def holds(named: Named) -> bool:
        keys = [key for entity, key in named if entity == model.__tablename__]
        return _any(select(model.id).where(or_(false(), *(model.fields[key].as_string().is_not(None) for key in keys))))

    return holds


def _parts(column: Any) -> Callable[[Named], bool]:
    """A condition, or the settings of a robot."""
    return lambda named: any(gives_value(each, named) for each in session().scalars(select(column)))


def _changes(model: type[JournalEntry | SetupAct]) -> Callable[[Named], bool]:
    """What was kept once may be put back, and is told of."""

    def holds(named: Named) -> bool:
        ours = (and_(model.entity == entity, model.field == key) for entity, key in named)
        return _any(select(model.id).where(or_(false(), *ours)))

    return holds


def _rehearsals(named: Named) -> bool:
    """Of robots that may stand nowhere, as they were then."""
    return _documents(session().scalars(select(Rehearsal.robot)), named)


def _versions(named: Named) -> bool:
    """Each can be gone back to."""
    return _documents(session().scalars(select(SetupVersion.setup).order_by(SetupVersion.id.desc())), named)


def _plans(named: Named) -> bool:
    """Those that can still be applied."""
    waiting = select(SetupPlan.setup).where(SetupPlan.version_id.is_(None))
    found = session().scalars(waiting.where(SetupPlan.base_hash == setup_documents.live().hash))
    return _documents(found, named)


def _documents(found: Iterable[Mapping[str, Any]], named: Named) -> bool:
    """Each with fields that it has alone."""
    return any(gives_value(each, named | _made(each.get("fields", ()))) for each in found)


def _made(fields: Iterable[Mapping[str, Any]]) -> Named:
    return frozenset((str(each["entity"]), str(each["key"])) for each in fields if each.get("kind") == "money")


def _edits(named: Named) -> bool:
    """Of the draft, and of those that can be taken back into it."""
    rows = drafts.drafted()
    new = [(each.key, each.value or {}) for each in rows if (each.kind, each.part) == ("field", NEW)]
    named |= frozenset(_name(key) for key, parts in new if parts.get("kind") == "money")
    return any(gives_value(side, named) for each in rows for side in (each.value, each.was))


def _fills(named: Named) -> bool:
    """A value that is still to be filled in for many."""
    steps = (step for each in session().scalars(select(SetupWork.steps)) for step in each)
    return any(step["do"] == "fill" and _name(step["about"]) in named for step in steps)


def _name(whole: str) -> tuple[str, str]:
    entity, _, key = whole.partition("/")
    return entity, key


PLACES: Mapping[str, Callable[[Named], bool]] = {
    "deal.amount_minor": _rows(Deal.amount_minor != 0, of=Deal),
    "invoice.amount_minor": _rows(of=Invoice),
    "invoice.paid_minor": _rows(of=Invoice),
    "payment.amount_minor": _rows(of=Payment),
    "board_view.query": _rows(BoardView.query.contains("least="), of=BoardView),
    "robot.condition": _parts(Robot.condition),
    "robot.settings": _parts(Robot.settings),
    "trigger.condition": _parts(Trigger.condition),
    "field.required_if": _parts(Field.required_if),
    "robot_definition.body": _parts(RobotDefinition.body),
    "rehearsal.robot": _rehearsals,
    "setup_edit.value": _edits,
    "setup_edit.was": _edits,
    "setup_plan.setup": _plans,
    "setup_work.steps": _fills,
    "setup_act.old": _changes(SetupAct),
    "setup_act.new": _changes(SetupAct),
    "deal.fields": _values(Deal),
    "contact.fields": _values(Contact),
    "company.fields": _values(Company),
    "setup_version.setup": _versions,
    "journal.old": _changes(JournalEntry),
    "journal.new": _changes(JournalEntry),
}
