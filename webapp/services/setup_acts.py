"""What the work of a version did to records: kept, so that for thirty days it can be taken back as one act, each part
where nobody has touched it since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.db import session
from webapp.errors import NotFound, Refused
from webapp.models import (
    AT_ONCE,
    Company,
    Contact,
    Deal,
    JournalEntry,
    SetupAct,
    SetupVersion,
    SetupWork,
)
from webapp.services import deals, mass_values
from webapp.services.mass_values import BLANK
from webapp.snapshots import lacking, setups

KEPT_FOR = timedelta(days=30)
MODELS: dict[str, type[Deal | Contact | Company]] = {"deal": Deal, "contact": Contact, "company": Company}


def keep(version_id: int, record: Deal | Contact | Company, field: str, old: Any, new: Any) -> None:
    """Remember what was done."""
    made = SetupAct(
        version_id=version_id, entity=record.__tablename__, record_id=record.id, field=field, old=old, new=new
    )
    session().add(made)


def of_version(version_id: int, after: int, limit: int) -> Sequence[SetupAct]:
    """Those not taken back yet."""
    wanted = select(SetupAct).where(SetupAct.version_id == version_id, SetupAct.taken_back_at.is_(None))
    return session().scalars(wanted.where(SetupAct.id > after).order_by(SetupAct.id).limit(limit)).all()


def since(version_id: int) -> dict[int, int]:
    """How many acts of each version after this one could be taken back if that one were brought back, the newest first.
    Where they lead is there again then, so it is not asked."""
    return dict(reversed([(version, many) for version, many in _counted(SetupAct.version_id > version_id)]))


def offered(version_ids: Iterable[int]) -> dict[int, int]:
    """How many acts of these versions lead back to something that is live, and that no stage forbids."""
    found: dict[int, int] = {}
    groups = (SetupAct.entity, SetupAct.field, SetupAct.old)
    for version, many, *to in _counted(SetupAct.version_id.in_(list(version_ids)), *groups):
        if _leads_somewhere(*to) and (left := many - _forbidden(version, *to)):
            found[version] = found.get(version, 0) + left
    return found


def _forbidden(version: int, entity: str, field: str, old: Any) -> int:
    """How many would blank what the stage requires on which their deal stands. Which deals a condition or a contact's
    company makes it, the work itself finds: it says of each why it stayed."""
    spec = setups.current().catalogue.get(entity, field)
    if entity == "company" or spec is None or not spec.required_from or spec.required_if or old not in BLANK:
        return 0
    here = select(Deal.id if entity == "deal" else Deal.contact_id).where(Deal.deleted_at.is_(None))
    asking = here.where(Deal.stage_id.in_(lacking.required_on(setups.current().value, spec)))
    of_field = (SetupAct.version_id == version, SetupAct.entity == entity, SetupAct.field == field)
    acts = select(SetupAct).where(*of_field, SetupAct.taken_back_at.is_(None), SetupAct.record_id.in_(asking))
    return sum(each.old in BLANK for each in session().scalars(acts))


def _counted(which: Any, *groups: Any) -> list[Any]:
    """Not yet taken back, of versions whose work is done and not older than that."""
    works = select(SetupWork.version_id).where(SetupWork.state == "waiting")
    young = select(SetupVersion.id).where(SetupVersion.at >= clock.now() - KEPT_FOR)
    counted = select(SetupAct.version_id, func.count(), *groups).where(
        which, SetupAct.taken_back_at.is_(None), SetupAct.version_id.in_(young), SetupAct.version_id.not_in(works)
    )
    return list(session().execute(counted.group_by(SetupAct.version_id, *groups).order_by(SetupAct.version_id)).all())


def _leads_somewhere(entity: str, field: str, old: Any) -> bool:
    if field == "stage":
        return old in setups.current().stages
    spec = setups.current().catalogue.get(entity, field)
    if spec is None:
        return False
    chosen = old if isinstance(old, list) else [old] if spec.options and old else []
    return {*chosen} <= {each.key for each in spec.choices} if spec.options else True


def begin(version_id: int, by: Actor) -> int:
    """Take back what this version did, as work of its own. How many acts there are. Raises NotFound, Refused."""
    if session().get(SetupVersion, version_id) is None:
        raise NotFound("version")
    many = offered([version_id]).get(version_id, 0)
    if not many:
        raise Refused("nothing_to_take_back")
    now = clock.now()
    tries = select(func.count()).where(SetupWork.version_id == version_id)
    work = SetupWork(
        key=f"setup-{version_id}-back-{session().scalar(tries)}",
        version_id=version_id,
        by_id=by.user_id,
        is_takeback=True,
        steps=[{"do": "take_back", "about": str(version_id)}],
        total=many,
        due_at=now,
        visible_at=AT_ONCE,
        created_at=now,
    )
    session().add(work)
    session().flush()
    outbox.arm("setup", work.id, now)
    return many


def record_of(act: SetupAct) -> Deal | Contact | Company | None:
    """What it was done to."""
    found: Deal | Contact | Company | None = session().get(MODELS[act.entity], act.record_id)  # type: ignore[assignment]
    return found


def take_back(act: SetupAct, by: Actor) -> bool:
    """One of them. Whether it was: what it leads to may be gone. One that somebody has touched since is no act any
    more. Raises Refused where something is against it, as a stage that requires what would be blank."""
    record: Any = session().get(MODELS[act.entity], act.record_id, with_for_update=True, populate_existing=True)
    if record is None or not _is_untouched(act):
        session().delete(act)
        return False
    if getattr(record, "deleted_at", None) is not None:
        return False
    if act.field != "stage":
        mass_values.put(record, act.field, act.old, by)
    elif (to := setups.current().stages.get(act.old or 0)) is not None:
        deals.relocate(record, to, by)
    else:
        return False
    act.taken_back_at = clock.now()
    return True


def _is_untouched(act: SetupAct) -> bool:
    """The last that the journal knows of it is what the version did."""
    place = (JournalEntry.entity == act.entity, JournalEntry.entity_id == act.record_id)
    last = select(JournalEntry).where(*place, JournalEntry.field == act.field).order_by(JournalEntry.id.desc())
    entry = session().scalars(last.limit(1)).first()
    return (
        entry is not None
        and entry.cause.get("via") == "setup"
        and entry.cause.get("version") == act.version_id
        and entry.new == act.new
    )
