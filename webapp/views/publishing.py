"""From the draft to what is live: the sheet says what changes, whom it touches and what can be done about it; what is
applied is tied to what the sheet said. For admins; to others it does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, redirect, request

from rules.setup import pipeline_named
from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n import consequences, refusals, setup_changes, setup_problems
from webapp.i18n.isolates import gettext
from webapp.i18n.refusals import refusal
from webapp.services import drafts, setup_plans
from webapp.services.setup_plans import Plan, Stale
from webapp.snapshots import drafts as snapshots
from webapp.snapshots import setup_documents
from webapp.web.forms import Form, read_id
from webapp.web.responses import page, redirect_to
from webapp.web.setup_addresses import address_of
from webapp.web.setup_screens import shown

pages = Blueprint("publishing", __name__)
# `pipeline` is the one that was looked at: one comes back to it.
CHOICES = Form(names=("pipeline",), entities=("remedy", "value"), refusals=None)
NOTHING = Form()
DRAFT = Form(names=("pipeline",))
DISCARDED = Form(names=("which", "pipeline"))


@pages.post("/setup/plans")
def create() -> Response:
    """A plan of the draft as it stands."""
    who = require_admin()
    pipeline = DRAFT.posted().text("pipeline")
    with transaction():
        plan_id = setup_plans.of_draft(who.actor).row.id
    return redirect_to(_address(plan_id, pipeline))


@pages.post("/setup/publications")
def publish() -> Response:
    """The draft goes live at once, if it touches nothing; else its sheet stands open."""
    who = require_admin()
    pipeline = DRAFT.posted().text("pipeline")
    with transaction():
        plan = setup_plans.of_draft(who.actor)
        is_simple = bool(plan.changes) and not plan.consequences and not plan.problems
        if is_simple:
            setup_plans.apply(plan.row.id, {}, who.actor)
    if not is_simple:
        return redirect_to(_address(plan.row.id, pipeline))
    flash("published")
    return redirect_to(_back(pipeline))


@pages.get("/setup/plans/<int:plan_id>")
def show(plan_id: int) -> Response:
    """The sheet. Where something changed since it was made, a fresh one takes its place, under an address of its own,
    and says so."""
    who = require_admin()
    found, earlier_id = setup_plans.plan(plan_id), read_id(request.args.get("instead_of"))
    pipeline = request.args.get("pipeline", "")
    if found.row.version_id is not None:
        return redirect(_back(pipeline), 303)  # type: ignore[return-value]
    if setup_plans.is_stale(found):
        with transaction():
            fresh = setup_plans.stale(setup_plans.plan(plan_id), who.actor).plan.row.id
        return redirect_to(_address(fresh, pipeline, instead_of=plan_id))
    if earlier_id is None:
        return _sheet(found, pipeline=pipeline)
    new = setup_plans.new_since(found, earlier_id)
    return _sheet(found, message=refusal(Refused("stale_plan")), new=new, pipeline=pipeline, instead_of=earlier_id)


@pages.post("/setup/plans/<int:plan_id>/application")
def apply(plan_id: int) -> Response:
    """Make it live, with the remedies that were chosen. What moved meanwhile comes back as a fresh sheet."""
    who = require_admin()
    posted = CHOICES.posted()
    chosen, said, pipeline = posted.own("remedy"), posted.own("value"), posted.text("pipeline")
    chosen |= {each: f"{key}:{said.get(each, '')}" for each, key in chosen.items() if key == "fill"}
    try:
        with transaction():
            setup_plans.apply(plan_id, chosen, who.actor)
    except Stale as error:
        with transaction():
            fresh = setup_plans.stale(error.plan, who.actor)
            return _sheet(fresh.plan, None, refusal(fresh), 409, error.new, chosen, pipeline)
    except Refused as error:
        found = setup_plans.plan(plan_id, chosen)
        return _sheet(found, error, status=error.status, chosen=chosen, pipeline=pipeline)
    flash("published")
    return redirect_to(_back(pipeline))


@pages.post("/setup/draft/discards")
def discard() -> Response:
    """Let go of the whole draft; for a day it can be taken back."""
    who = require_admin()
    pipeline = DRAFT.posted().text("pipeline")
    with transaction():
        drafts.discard(who.actor)
    return redirect_to(_back(pipeline))


@pages.post("/setup/draft/returns")
def take_back() -> Response:
    """What was discarded stands in the draft again, beside what it has by now; the last of it, unless it is said
    which."""
    who = require_admin()
    posted = DISCARDED.posted()
    with transaction():
        drafts.take_back_discarded(who.actor, posted.id("which"))
    return redirect_to(_back(posted.text("pipeline")))


@pages.post("/setup/draft/edits/<int:edit_id>/discards")
def let_go(edit_id: int) -> Response:
    """Let go of one edit that no longer fits; the sheet comes anew, while there is something left on it."""
    who = require_admin()
    NOTHING.posted()
    with transaction():
        drafts.drop(edit_id, who.actor)
        is_over = snapshots.current().is_empty
        plan_id = None if is_over else setup_plans.of_draft(who.actor).row.id
    return redirect_to("/automation" if is_over else f"/setup/plans/{plan_id}")


def _back(pipeline: str) -> str:
    """To the pipeline that one came from, while it stands; else to the first."""
    is_there = pipeline and pipeline_named(shown().value, pipeline) is not None
    return f"/automation/{pipeline}" if is_there else "/automation"


def _address(plan_id: int, pipeline: str, **more: int) -> str:
    asked = {**more, **({"pipeline": pipeline} if pipeline else {})}
    return f"/setup/plans/{plan_id}" + (f"?{urlencode(asked)}" if asked else "")


def _sheet(
    plan: Plan,
    refused: Refused | None = None,
    message: str = "",
    status: int = 200,
    new: frozenset[str] = frozenset(),
    chosen: Mapping[str, str] | None = None,
    pipeline: str = "",
    instead_of: int | None = None,
) -> Response:
    """`chosen` is what was chosen before it was refused, `pipeline` the one that one came from, `instead_of` the plan
    whose place it takes: what was chosen there and not sent, the page has kept."""
    wrong = refusals.problems(refused) if refused else {}
    is_of_draft = plan.row.source.get("via") == "draft"
    return page(
        "publishing/show.html",
        status=status,
        plan=plan,
        changes=setup_changes.changes(plan.changes, plan.after),
        problems=[setup_problems.problem(each, plan.after) for each in plan.problems],
        unfit=snapshots.current().unfit if is_of_draft else (),
        unfit_words=setup_changes.unfit,
        address_of=lambda kind, key: address_of(kind, key, plan.after) if is_of_draft else "",
        words=consequences,
        wrong_at={each: _why(refused, each, words) for each, words in wrong.items()} if refused else {},
        new=new,
        message=message or (refusal(refused) if refused else ""),
        chosen=chosen or {},
        pipeline=pipeline,
        instead_of=instead_of,
        back=_back(pipeline),
        specs={f"{each.entity}/{each.key}": each for each in setup_documents.value_of(plan.after).setup.fields},
    )


def _why(refused: Refused, consequence: str, words: str) -> str:
    """What is wrong with a choice: none was made, or its value is none of the field's."""
    return gettext("Choose what to do with it.") if refused.reason == "remedy_needed" else words
