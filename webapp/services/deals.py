"""A deal's life: made, moved, edited, handed over, deleted. `move` is the one function that moves a deal;
every way in calls it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from rules.facts import Raw, Snapshot, Value
from rules.setup import Stage
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import add_core, emit, instant
from webapp.errors import NotFound, Refused, invalid
from webapp.models import Contact, Deal
from webapp.services import (
    companies,
    contacts,
    currency,
    gate,
    journal,
    positions,
    responsibles,
    texts,
    values,
    visits,
)
from webapp.services.assignees import assignee
from webapp.services.events import DealAssigned, DealChanged, DealDeleted, DealOpened, DealRestored, DealTakenAlong
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.setups import current


@dataclass(frozen=True, slots=True)
class DealDraft:
    """A deal to be made. `amount_minor` in minor units of the firm's currency; `values` are raw field values."""

    title: str
    stage: Stage
    responsible_id: int
    amount_minor: int = 0
    contact_id: int | None = None
    values: Raw = field(default_factory=dict)
    source: str = "manual"
    lost_reason: str | None = None


class DealEdit(TypedDict, total=False):
    """Some of what a deal is, as an editor changes it, or saw it before. `fields` are raw values of the firm's own."""

    title: str
    amount_minor: int
    contact_id: int | None
    responsible_id: int
    lost_reason: str | None
    fields: Raw


@dataclass(frozen=True, slots=True)
class ClientShown:
    """What a form that moves a deal showed of its client: raw values of the contact, and of which company which."""

    contact: Raw = field(default_factory=dict)
    company: Raw = field(default_factory=dict)
    company_id: int | None = None


def create(draft: DealDraft, by: Actor, *, client: Contact | None = None) -> Deal:
    """A new deal at the top of its stage, through the same gate as a move. `client`: its contact, where that is locked
    already."""
    person = assignee(draft.responsible_id, by, "responsible_id")
    if client is None and draft.contact_id is not None:
        client = _locked_contact(draft.contact_id)
    now = instant()
    deal = Deal(
        title=title_of(draft.title),
        amount_minor=draft.amount_minor,
        currency=currency.held(),
        pipeline_id=draft.stage.pipeline_id,
        stage_id=draft.stage.id,
        position=positions.position_for(draft.stage.id),
        contact_id=client.id if client is not None else None,
        responsible_id=person.id,
        department_id=person.department_id,
        fields={},
        source=draft.source,
        lost_reason=_reason(draft.stage, draft.lost_reason),
        entered_at=now,
        created_at=now,
        created_by_id=by.user_id,
        version=0,  # its first visit makes it 1
    )
    add_core(deal)
    journal.write("deal.created", "deal", deal.id, by, new={"title": deal.title, "stage": draft.stage.id})
    values.write(deal, values.parsed("deal", draft.values, by), by)
    visits.enter(deal, draft.stage, deal.position, by)
    if by.user_id != person.id:
        emit(DealAssigned(deal, person.id, by))
    if client is not None:
        emit(DealOpened(deal, client, by, is_new=True))
    return deal


def title_of(raw: str) -> str:
    return texts.line("title", raw, 200)


def move(
    deal: Deal,
    to: Stage,
    *,
    by: Actor,
    before: int | None = None,
    after: int | None = None,
    seen: int | None = None,
    raw: Mapping[str, Raw] | None = None,
    shown: ClientShown | None = None,
) -> Deal:
    """Move a locked deal to a stage, writing `raw` values ({"deal": {…}, "contact": {…}, "company": {…}}) together
    with the move.

    `seen` is the version the mover saw, `shown` what they saw of its client, of which that version tells nothing;
    `before`/`after` a neighbour in the new column (neither: its top).
    Raises Refused: stale (somebody was quicker), required_fields, bad_fields; NotFound for a foreign stage.
    """
    if to.pipeline_id != deal.pipeline_id or deal.deleted_at is not None:
        raise NotFound("stage")
    _check_version(deal, seen)
    was = snapshot_of(deal) if raw and to.id == deal.stage_id else None
    changed = _write_on_the_way(deal, to, raw or {}, shown or ClientShown(), by)
    if to.id != deal.stage_id:
        return _enter(deal, to, positions.position_for(to.id, before, after), changed, by)
    if was is not None:
        gate.check_edit(deal, was)
    return _reorder(deal, before, after, changed, by)


def relocate(deal: Deal, to: Stage, by: Actor) -> Deal:
    """Bring a locked deal from a stage that was archived to another. Nobody is there to be asked for what it lacks: the
    next move asks. What was closed, stays closed from then."""
    closed_at = deal.closed_at
    _enter(deal, to, positions.position_for(to.id, None, None), frozenset(), by, asks=False)
    if to.kind != "open" and closed_at is not None:
        deal.closed_at = closed_at
    return deal


def _enter(deal: Deal, to: Stage, place: float, changed: values.Changed, by: Actor, *, asks: bool = True) -> Deal:
    old = deal.stage_id
    entered_with = visits.enter(deal, to, place, by, asks=asks)
    journal.write("deal.moved", "deal", deal.id, by, field="stage", old=old, new=to.id)
    if changed:
        emit(DealChanged(deal, changed, by, entered_with))
    return deal


def _reorder(deal: Deal, before: int | None, after: int | None, changed: values.Changed, by: Actor) -> Deal:
    if before is None and after is None and not changed:
        return deal
    announcements.deal_changed(deal.id, deal.stage_id)
    if before is not None or after is not None:
        deal.position = positions.position_for(deal.stage_id, before, after, deal.id)
    deal.version += 1
    if changed:
        emit(DealChanged(deal, changed, by))
    return deal


def edit(deal: Deal, changes: DealEdit, *, by: Actor, seen: int | None = None, shown: DealEdit | None = None) -> Deal:
    """Change some of a locked deal.

    `seen` is the version the editor saw; `shown`, like `changes`, are these values alone as they saw them: other
    fields may have changed meanwhile. Raises Refused: stale, bad_fields, required_fields.
    """
    _check_version(deal, seen)
    if shown:
        _check_shown(deal, shown, by)
    before = snapshot_of(deal)
    return _edited(deal, before, _write_changes(deal, changes, by), by)


def _write_changes(deal: Deal, changes: DealEdit, by: Actor) -> values.Changed:
    changed: values.Changed = frozenset()
    if "title" in changes:
        changed |= values.set_column(deal, "deal", "title", title_of(changes["title"]), by)
    if "amount_minor" in changes:
        currency.held()
        changed |= values.set_column(deal, "deal", "amount", changes["amount_minor"], by, column="amount_minor")
    if "contact_id" in changes:
        changed |= _swap_contact(deal, changes["contact_id"], by)
    if "lost_reason" in changes:
        reason = _reason(current().stage_by_id(deal.stage_id), changes["lost_reason"])
        changed |= values.set_column(deal, "deal", "lost_reason", reason, by)
    if changes.get("fields"):
        changed |= values.write(deal, values.parsed("deal", changes["fields"], by, deal.fields), by)
    if "responsible_id" in changes:
        changed |= responsibles.hand_over(deal, changes["responsible_id"], by)
    return changed


def _check_shown(deal: Deal, shown: DealEdit, by: Actor) -> None:
    now: dict[str, Value] = {"title": deal.title, "amount": deal.amount_minor, "responsible": deal.responsible_id}
    now["contact"] = deal.contact_id
    names = {"title": "title", "amount_minor": "amount", "responsible_id": "responsible", "contact_id": "contact"}
    flat: dict[str, Value] = {key: value for key, value in shown.items() if isinstance(value, str | int | None)}
    saw = {name: flat[key] for key, name in names.items() if key in flat}
    saw |= values.shown("deal", shown.get("fields", {}), by)
    values.check_shown("deal", deal.id, saw, {**{key: deal.fields.get(key) for key in saw}, **now}, by)


def _edited(deal: Deal, before: Snapshot, changed: values.Changed, by: Actor) -> Deal:
    if not changed:
        return deal
    gate.check_edit(deal, before)
    deal.version += 1
    announcements.deal_changed(deal.id, deal.stage_id)
    emit(DealChanged(deal, changed, by))
    return deal


def _swap_contact(deal: Deal, contact_id: int | None, by: Actor) -> values.Changed:
    client = _locked_contact(contact_id) if contact_id is not None else None
    if not values.set_column(deal, "deal", "contact", client.id if client else None, by, column="contact_id"):
        return frozenset()
    if client is not None:
        emit(DealOpened(deal, client, by))
    return frozenset(("contact", spec.key) for spec in current().catalogue.of("contact"))


def take_along(deal: Deal, department_id: int, by: Actor) -> None:
    """Into another department, with the same person: who sees it, and who is told of it, goes by the new one."""
    if deal.department_id == department_id:
        return
    announcements.deal_left(deal.id, deal.responsible_id, deal.department_id)
    was = deal.department_id
    journal.write("deal.taken_along", "deal", deal.id, by, field="department", old=was, new=department_id)
    deal.department_id = department_id
    deal.version += 1
    announcements.deal_changed(deal.id, deal.stage_id)
    emit(DealTakenAlong(deal, by))


def delete(deal: Deal, by: Actor) -> None:
    """Take a deal off the boards; an admin can bring it back. Its timers are called off."""
    deal.deleted_at = instant()
    deal.version += 1
    journal.write("deal.deleted", "deal", deal.id, by)
    announcements.deal_changed(deal.id, deal.stage_id)
    announcements.client_waits(deal.id)
    emit(DealDeleted(deal.id, by))


def restore(deal: Deal, by: Actor) -> None:
    """Bring a deleted deal back. An open one comes to its stage anew, and so do its robots: what had waited was called
    off. Where that stage is archived, it comes to the first of its pipeline; where that is archived too, to the first
    of another, since no move could lead it there. What stands on it still, is waited for again and stands in the lists
    again. Raises Refused, as a move does."""
    stage, was, deleted_at = _stage_left(deal), deal.stage_id, deal.deleted_at
    if stage.id == was:
        journal.write("deal.restored", "deal", deal.id, by)
    else:
        journal.write("deal.restored", "deal", deal.id, by, field="stage", old=was, new=stage.id)
    if stage.kind == "open" or stage.id != was:
        visits.enter(deal, stage, positions.position_for(stage.id, None, None), by, asks=False)
    else:
        deal.version += 1
    deal.deleted_at = None
    if deleted_at is not None:
        emit(DealRestored(deal, deleted_at, by))
    announcements.deal_changed(deal.id, deal.stage_id)
    announcements.client_waits(deal.id)


def _stage_left(deal: Deal) -> Stage:
    """Its own, or the first open one that is left. Raises Refused."""
    setup = current()
    if (own := setup.stages.get(deal.stage_id)) is not None:
        return own
    found = next(filter(None, map(setup.first_open_stage, (deal.pipeline_id, *setup.pipelines))), None)
    if found is None:
        raise invalid("stage", "no_open_stage")
    return found


def _check_version(deal: Deal, seen: int | None) -> None:
    if seen is None or seen == deal.version:
        return
    last = journal.last_of_deal(deal.id)
    stage = current().stage_by_id(deal.stage_id)
    raise Refused(
        "stale",
        record=("deal", deal.id),
        by=current().name_of(last.by_id) if last else "",
        event=last.event if last else "",
        at=last.at.isoformat() if last else "",
        stage_name=dict(stage.name) if stage else {},
    )


def _write_on_the_way(deal: Deal, to: Stage, raw: Mapping[str, Raw], shown: ClientShown, by: Actor) -> values.Changed:
    """The values that a move to `to` brings along. A deal that is lost again does not keep its old reason; one that
    stays where it is keeps it, unless another is said."""
    said = raw.get("deal", {})
    reason = _reason(to, said.get("lost_reason"))
    changed = _write_raw(deal, raw, shown, by) if raw else frozenset()
    if to.kind == "lost" and ("lost_reason" in said or to.id != deal.stage_id):
        changed |= values.set_column(deal, "deal", "lost_reason", reason, by)
    return changed


def _write_raw(deal: Deal, raw: Mapping[str, Raw], shown: ClientShown, by: Actor) -> values.Changed:
    own = {key: value for key, value in raw.get("deal", {}).items() if key != "lost_reason"}
    changed: values.Changed = frozenset()
    if "amount" in own:
        changed |= _write_amount(deal, own.pop("amount"), by)
    changed |= values.write(deal, values.parsed("deal", own, by, deal.fields), by)
    if raw.get("contact") or raw.get("company"):
        contact = _locked_contact(deal.contact_id)
        contacts.check_may_write(contact, by)
        before, own = contact.fields, dict(raw.get("contact", {}))
        contacts.edit(contact, {}, by, own=own, shown=shown.contact, deal_id=deal.id)
        now = contact.fields
        changed |= {
            ("contact", key) for key in own if not values.is_same("contact", key, now.get(key), before.get(key))
        }
        of_company = companies.CompanyEdit(raw.get("company", {}), shown.company_id, shown.company)
        changed |= companies.edit(contact, of_company, by, deal_id=deal.id)
    return changed


def _locked_contact(contact_id: int | None) -> Contact:
    """Raises Refused when there is none."""
    found = contacts.locked(contact_id) if contact_id else None
    if found is None:
        raise invalid("contact_id", "no_such_contact")
    return found


def _write_amount(deal: Deal, raw: object, by: Actor) -> values.Changed:
    return values.set_column(deal, "deal", "amount", values.money(raw, by) or 0, by, column="amount_minor")


def _reason(stage: Stage, raw: object) -> str | None:
    """Why a deal is lost. Raises Refused where it is not."""
    reason = texts.text("lost_reason", raw, 1000, required=False)
    if reason and stage.kind != "lost":
        raise invalid("lost_reason", "only_when_lost")
    return reason or None
