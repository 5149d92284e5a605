"""Deals and their moves. Whatever changes a stage goes through the same gate, by whichever route it comes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import Field

from rules.setup import Pipeline, Stage
from webapp.access.records import deal_for
from webapp.access.scopes import Actor
from webapp.access.viewer import viewer
from webapp.api.records import deals as records
from webapp.api.records.deals import DealRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Count, Id, Moment, Money, Page, Paging, QueryId, Values, cursor
from webapp.api.values import minor, named_stage, own_currency, taken_fields
from webapp.db import follow
from webapp.errors import invalid
from webapp.models import Deal
from webapp.queries import listings as found
from webapp.services import deals, next_steps
from webapp.snapshots.setups import current

ONE = "/deals/<int:deal_id>"


class DealFilters(Paging):
    pipeline: str | None = None
    stage: str | None = None
    responsible_id: QueryId | None = None
    contact_id: QueryId | None = None
    q: str = ""


class NewStep(Body):
    """What comes next on a deal: a task with a date, for the responsible unless said otherwise. With `task_id` and
    `version`, as the deal's `next_step` showed them (0: none was agreed): 409 when it is another by now, or says
    otherwise."""

    title: str
    due_at: Moment
    assignee_id: Id | None = None
    task_id: Count | None = None
    version: Id | None = None

    @property
    def draft(self) -> next_steps.StepDraft:
        return next_steps.StepDraft(self.title, self.due_at, self.assignee_id)


class NewDeal(Body):
    """`stage` is the first one and `responsible_id` the caller, unless said otherwise."""

    title: str
    amount: Money = "0"
    currency: str | None = None
    contact_id: Id | None = None
    responsible_id: Id | None = None
    pipeline: str | None = None
    stage: str | None = None
    fields: Values
    lost_reason: str | None = None
    next_step: NewStep | None = None


class DealChanges(Body):
    """Only what is given is changed. With `version`: 409 when somebody changed the deal since. A `next_step` of null
    cancels the one that is agreed."""

    title: str = Field(default_factory=str)
    amount: Money = Field(default_factory=str)
    currency: str | None = None
    contact_id: Id | None = None
    responsible_id: Id = Field(default_factory=int)
    stage: str = Field(default_factory=str)
    fields: Values
    lost_reason: str | None = None
    next_step: NewStep | None = None
    version: Id | None = None


class Move(Body):
    """`fields`, `contact_fields` and `company_fields` are written with the move; `before` or `after` is a deal of that
    column."""

    stage: str
    version: Id | None = None
    before: Id | None = None
    after: Id | None = None
    fields: Values
    contact_fields: Values
    company_fields: Values
    lost_reason: str | None = None


@reads("/deals", Page[DealRecord])
def index(query: DealFilters) -> Page[DealRecord]:
    """Deals that the caller may read, newest first; `q` looks in titles, numbers and clients."""
    filters = found.DealFilters(_stage_ids(query), query.responsible_id, query.contact_id, query.q.strip())
    slice_ = found.deals(viewer().scope, filters, found.Place(query.limit, query.before))
    return Page[DealRecord](items=records.records(slice_.rows), next=cursor(slice_.next))


def _stage_ids(query: DealFilters) -> frozenset[int] | None:
    if query.pipeline is None and query.stage is None:
        return None
    if query.stage is None:
        return frozenset(each.id for each in current().stages_of(_pipeline(query.pipeline).id))
    if query.pipeline is None:
        return frozenset({named_stage(query.stage).id})
    return frozenset({_stage(_pipeline(query.pipeline).id, query.stage).id})


def _pipeline(key: str | None) -> Pipeline:
    pipeline = current().pipeline_of(key)
    if pipeline is None:
        raise invalid("pipeline", "unknown_pipeline")
    return pipeline


def _stage(pipeline_id: int, key: str) -> Stage:
    stage = current().stage_of(pipeline_id, key)
    if stage is None:
        raise invalid("stage", "unknown_stage")
    return stage


@writes("POST", "/deals", DealRecord, HTTPStatus.CREATED)
def create(json: NewDeal) -> Answer[DealRecord]:
    """A new deal, through the gate of its stage."""
    own_currency(json.currency)
    by = viewer().actor
    if (stage := current().entrance(_pipeline(json.pipeline).key if json.pipeline else None, json.stage)) is None:
        raise invalid("stage", "unknown_stage")
    responsible_id = viewer().id if json.responsible_id is None else json.responsible_id
    draft = deals.DealDraft(
        title=json.title,
        stage=stage,
        responsible_id=responsible_id,
        amount_minor=minor(json.amount),
        contact_id=json.contact_id,
        values=taken_fields("deal", json.fields),
        source="api",
        lost_reason=json.lost_reason,
    )
    deal = deals.create(draft, by)
    if json.next_step is not None:
        next_steps.check_shown(deal, json.next_step.task_id, json.next_step.version)
        _agree(deal, json.next_step, by)
    return lambda: records.record(deal)


@reads(ONE, DealRecord)
def show(deal_id: int) -> DealRecord:
    """One deal."""
    return records.record(deal_for(deal_id))


@writes("PATCH", ONE, DealRecord)
def update(deal_id: int, json: DealChanges) -> Answer[DealRecord]:
    """Change a deal; with `stage` also move it, through the same gate as a move."""
    deal = deal_for(deal_id, write=True, for_update=True)
    own_currency(json.currency)
    by = viewer().actor
    if json.next_step is not None:  # before a loss, which ends what is agreed
        next_steps.check_shown(deal, json.next_step.task_id, json.next_step.version)
    _change(deal, json, by)
    if "next_step" in json.given:
        _change_step(deal, json.next_step, by)
    return lambda: records.record(deal)


def _change_step(deal: Deal, step: NewStep | None, by: Actor) -> None:
    if step is not None:
        _agree(deal, step, by)
    elif next_steps.open_step(deal.id) is not None:
        next_steps.cancel(deal, by)


def _agree(deal: Deal, step: NewStep, by: Actor) -> None:
    """A loss cancels the work on a deal. A step of the same body is meant for after it ("ask again in spring"), as if
    it had been sent a second later: so what follows from the loss comes first."""
    if current().stage_by_id(deal.stage_id).kind == "lost":
        follow()
    next_steps.agree(deal, step.draft, by)


def _change(deal: Deal, json: DealChanges, by: Actor) -> None:
    given = json.given
    changes: deals.DealEdit = {}
    if "title" in given:
        changes["title"] = json.title
    if "contact_id" in given:
        changes["contact_id"] = json.contact_id
    if "responsible_id" in given:
        changes["responsible_id"] = json.responsible_id
    if "amount" in given:
        changes["amount_minor"] = minor(json.amount)
    stage = _stage(deal.pipeline_id, json.stage) if "stage" in given else None
    values = taken_fields("deal", json.fields)
    if stage is None or stage.id == deal.stage_id:
        if "lost_reason" in given:
            changes["lost_reason"] = json.lost_reason
        changes["fields"] = values
        deals.edit(deal, changes, by=by, seen=json.version)
        return
    deals.edit(deal, changes, by=by, seen=json.version)
    raw = {"deal": _with_reason(values, json.lost_reason)}
    deals.move(deal, stage, by=by, raw=raw)


def _with_reason(values: dict[str, Any], reason: str | None) -> dict[str, Any]:
    """The small form asks for the reason of a loss like for a field; it is taken either way."""
    if not isinstance(values.get("lost_reason", ""), str):
        raise invalid("lost_reason", "not_text")
    return values if reason is None else {**values, "lost_reason": reason}


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def delete(deal_id: int) -> None:
    """Take a deal off the boards and call its timers off; an admin can bring it back."""
    deals.delete(deal_for(deal_id, write=True, for_update=True), viewer().actor)


@writes("POST", f"{ONE}/moves", DealRecord)
def move(deal_id: int, json: Move) -> Answer[DealRecord]:
    """Move a deal. 422 required_fields says what its stage asks for, 409 stale who was quicker."""
    deal: Deal = deal_for(deal_id, write=True, for_update=True)
    stage = _stage(deal.pipeline_id, json.stage)
    if json.before is not None and json.after is not None:
        raise invalid("after", "one_neighbour")
    for neighbour in (json.before, json.after):
        if neighbour is not None:
            deal_for(neighbour)
    raw = {
        "deal": _with_reason(taken_fields("deal", json.fields), json.lost_reason),
        "contact": taken_fields("contact", json.contact_fields),
        "company": taken_fields("company", json.company_fields),
    }
    deals.move(deal, stage, by=viewer().actor, before=json.before, after=json.after, seen=json.version, raw=raw)
    return lambda: records.record(deal)


@writes("POST", f"{ONE}/next_steps", DealRecord, HTTPStatus.CREATED)
def agree(deal_id: int, json: NewStep) -> Answer[DealRecord]:
    """Agree on what comes next, or change what is agreed."""
    deal = deal_for(deal_id, write=True, for_update=True)
    next_steps.check_shown(deal, json.task_id, json.version)
    next_steps.agree(deal, json.draft, viewer().actor)
    return lambda: records.record(deal)


class Completion(Body):
    """`task_id` and `version` as the deal's `next_step` showed them: 409 when it is another by now, or says
    otherwise."""

    task_id: Id | None = None
    version: Id | None = None


@writes("POST", f"{ONE}/next_steps/completions", DealRecord, HTTPStatus.CREATED)
def complete(deal_id: int, json: Completion) -> Answer[DealRecord]:
    """The next step is done. 409 no_next_step: none is agreed."""
    deal = deal_for(deal_id, write=True, for_update=True)
    next_steps.check_shown(deal, json.task_id, json.version)
    next_steps.finish(deal, viewer().actor)
    return lambda: records.record(deal)
