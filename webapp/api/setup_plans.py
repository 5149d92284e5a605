"""The set-up as one document: read, planned, applied, its versions. For admins: to others it does not exist."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify
from pydantic import Field

from rules import setup_documents
from webapp.access.records import require_admin
from webapp.access.viewer import viewer
from webapp.api.records import setup_plans as records
from webapp.api.records.setup_plans import (
    AppliedRecord,
    PlanRecord,
    SetupRecord,
    TakebackRecord,
    VersionLine,
    VersionRecord,
)
from webapp.api.routes import Answer, bp, reads, writes
from webapp.api.types import Body, NothingBody, Page, Paging, cursor
from webapp.db import transaction
from webapp.queries import setup_versions as found
from webapp.services import setup_acts, setup_plans, single_changes
from webapp.services.setup_plans import Stale
from webapp.services.single_changes import HasConsequences
from webapp.snapshots import setup_documents as documents
from webapp.web import templating


class PlanBody(Body):
    """The whole set-up; what it leaves out is archived."""

    setup: dict[str, Any]
    note: str = Field(default="", max_length=500)


class ApplicationBody(Body):
    """Of each consequence the remedy that is to be made; the one chosen beforehand where none is named."""

    remedies: dict[str, str] = Field(default_factory=dict)


@reads("/setup", SetupRecord)
def show() -> SetupRecord:
    """What is live."""
    require_admin()
    live = documents.live()
    return SetupRecord(setup=setup_documents.dump(live), hash=live.hash)


@writes("POST", "/setup/plans", PlanRecord, HTTPStatus.CREATED)
def plan(json: PlanBody) -> Answer[PlanRecord]:
    """What another set-up would change and touch."""
    require_admin()
    made = setup_plans.of_setup(json.setup, viewer().actor, json.note)
    return lambda: records.plan(made)


@writes("POST", "/setup/plans/<int:plan_id>/application", AppliedRecord)
def apply(plan_id: int, json: ApplicationBody) -> Answer[AppliedRecord]:
    """Make a plan live."""
    require_admin()
    applied = setup_plans.apply(plan_id, json.remedies, viewer().actor)
    return lambda: AppliedRecord(version=applied.id)


@reads("/setup/versions", Page[VersionLine])
def versions(query: Paging) -> Page[VersionLine]:
    """Newest first."""
    require_admin()
    rows, next_id = found.versions(query.before, query.limit)
    return Page[VersionLine](items=records.lines(rows), next=cursor(next_id))


@reads("/setup/versions/<int:version_id>", VersionRecord)
def version(version_id: int) -> VersionRecord:
    """One version, whole."""
    require_admin()
    return records.version(setup_plans.version(version_id))


@writes("POST", "/setup/versions/<int:version_id>/restorations", PlanRecord, HTTPStatus.CREATED)
def restore(version_id: int, json: NothingBody) -> Answer[PlanRecord]:
    """A plan that brings a version back."""
    require_admin()
    made = setup_plans.of_version(version_id, viewer().actor)
    return lambda: records.plan(made)


@writes("POST", "/setup/versions/<int:version_id>/takebacks", TakebackRecord, HTTPStatus.CREATED)
def take_back(version_id: int, json: NothingBody) -> Answer[TakebackRecord]:
    """What the version's remedies did to records goes back, where nobody has touched it since."""
    who = require_admin()
    acts = setup_acts.begin(version_id, who.actor)
    return lambda: TakebackRecord(acts=acts)


@bp.errorhandler(Stale)
def stale(error: Stale) -> tuple[Response, int]:
    """The transaction that found it stale is undone, and the fresh plan with it: it is made once more."""
    with transaction():
        fresh = setup_plans.stale(error.plan, viewer().actor)
        body = records.plan(fresh.plan, error.new).model_dump(mode="json")
    return jsonify({"error": error.reason, "message": templating.refusal(error), "plan": body}), error.status


@bp.errorhandler(HasConsequences)
def has_consequences(error: HasConsequences) -> tuple[Response, int]:
    """A single change that touches more than itself: its plan, made anew in a transaction that stays."""
    with transaction():
        body = records.plan(single_changes.again(error, viewer().actor)).model_dump(mode="json")
    return jsonify({"error": error.reason, "message": templating.refusal(error), "plan": body}), error.status
