"""Triggers: events that lead a deal to a stage. For admins; each change is a version of the set-up."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import current_app as app
from pydantic import Field

from webapp.access.records import require_admin
from webapp.api.records import setup as records
from webapp.api.records.setup import AddressRecord, TriggerCallRecord, TriggerRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Flag, Page, Words
from webapp.api.values import named_stage, taken_condition
from webapp.errors import NotFound
from webapp.i18n import sentences
from webapp.models import Trigger
from webapp.queries import listings as found
from webapp.queries import trigger_calls
from webapp.services import robots, single_changes, trigger_addresses
from webapp.snapshots import setup_documents as documents
from webapp.snapshots.setups import current

ONE = "/triggers/<int:trigger_id>"
MOST_CALLS = 100


class NewAddress(Body):
    """For `overlap_hours` (at most 72) the address before counts too; 0: it ends at once."""

    overlap_hours: int = 0


class NewTrigger(Body):
    """The name is that of its event, and the key made of the name, unless given."""

    event: str
    stage: str
    name: Words = Field(default_factory=dict)
    key: str | None = None
    condition: dict[str, Any] | None = None
    is_on: Flag = True
    may_go_back: Flag = False


class TriggerChanges(Body):
    """Only what is given is changed."""

    event: str = Field(default_factory=str)
    stage: str = Field(default_factory=str)
    name: Words = Field(default_factory=dict)
    condition: dict[str, Any] | None = None
    is_on: Flag = Field(default_factory=bool)
    may_go_back: Flag = Field(default_factory=bool)


@reads("/triggers", Page[TriggerRecord])
def triggers() -> Page[TriggerRecord]:
    """Events that lead a deal to a stage."""
    require_admin()
    return Page[TriggerRecord](items=[records.trigger(each) for each in found.triggers()])


@reads(ONE, TriggerRecord)
def show(trigger_id: int) -> TriggerRecord:
    """One trigger."""
    require_admin()
    return records.trigger(_trigger(trigger_id))


@writes("POST", "/triggers", TriggerRecord, HTTPStatus.CREATED)
def create(json: NewTrigger) -> Answer[TriggerRecord]:
    """Another trigger."""
    who = require_admin()
    given = _taken({"condition": None, "is_on": True, "may_go_back": False, **json.given})
    key = given.pop("key", None) or ""
    given["name"] = given.get("name") or {current().firm.locale: sentences.event_title(json.event)}
    made = single_changes.add("trigger", given, who.actor, key=key)
    return lambda: records.trigger(documents.rows_of("trigger")[made])


@writes("PATCH", ONE, TriggerRecord)
def update(trigger_id: int, json: TriggerChanges) -> Answer[TriggerRecord]:
    """Change a trigger."""
    who = require_admin()
    row, given = _trigger(trigger_id), _taken(json.given)
    if "name" in given:
        given["name"] = {**row.name, **given["name"]}
    single_changes.change("trigger", str(row.key), given, who.actor)
    return lambda: records.trigger(_trigger(trigger_id))


@writes("POST", f"{ONE}/addresses", AddressRecord, HTTPStatus.CREATED)
def make_address(trigger_id: int, json: NewAddress) -> Answer[AddressRecord]:
    """The secret address of a trigger on *webhook*, which another system calls with {deal_id | external_id, text?}.
    Shown only in this answer; the one before counts for `overlap_hours` more, or ends."""
    who = require_admin()
    secret = trigger_addresses.make(trigger_id, who.actor, json.overlap_hours)
    return lambda: AddressRecord(address=f"{app.config['SETTINGS'].url}/hooks/triggers/{secret}")


@writes("DELETE", f"{ONE}/addresses", None, HTTPStatus.NO_CONTENT)
def end_address(trigger_id: int) -> None:
    """Whoever calls it finds nothing there any more."""
    trigger_addresses.end(trigger_id, require_admin().actor)


@reads(f"{ONE}/calls", Page[TriggerCallRecord])
def calls(trigger_id: int) -> Page[TriggerCallRecord]:
    """What called its address lately, the newest first."""
    require_admin()
    rows = trigger_calls.calls(_trigger(trigger_id).id, MOST_CALLS)
    return Page[TriggerCallRecord](items=[TriggerCallRecord.of(each) for each in rows])


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def archive(trigger_id: int) -> None:
    """Take it away."""
    who = require_admin()
    single_changes.archive("trigger", str(_trigger(trigger_id).key), who.actor)


def _trigger(trigger_id: int) -> Trigger:
    row = next((each for each in found.triggers() if each.id == trigger_id), None)
    if row is None:
        raise NotFound("trigger")
    return row


def _taken(given: dict[str, Any]) -> dict[str, Any]:
    """As services take it."""
    taken = dict(given)
    if "stage" in taken:
        taken["stage"] = named_stage(taken["stage"]).id
    if taken.get("condition") is not None:
        taken["condition"] = robots.kept_condition(taken_condition(taken["condition"]), require_admin().actor)
    return taken
