"""From the draft to what is live: the sheet says what changes, whom it touches and what can be done about it; what is
applied is tied to what the sheet said. For admins; to others it does not exist."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, request

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

pages = Blueprint("publishing", __name__)
CHOICES = Form(entities=("remedy", "value"), refusals=None)
NOTHING = Form()
DISCARDED = Form(names=("which",))


@pages.post("/setup/plans")
def create() -> Response:
    """A plan of the draft as it stands."""
    who = require_admin()
    NOTHING.posted()
    with transaction():
        plan_id = setup_plans.of_draft(who.actor).row.id
    return redirect_to(f"/setup/plans/{plan_id}")


@pages.post("/setup/publications")
def publish() -> Response:
    """The draft goes live at once, if it touches nothing; else its sheet stands open."""
    who = require_admin()
    NOTHING.posted()
    with transaction():
        plan = setup_plans.of_draft(who.actor)
        is_simple = bool(plan.changes) and not plan.consequences and not plan.problems
        if is_simple:
            setup_plans.apply(plan.row.id, {}, who.actor)
    if not is_simple:
        return redirect_to(f"/setup/plans/{plan.row.id}")
    flash("published")
    return redirect_to("/automation")


@pages.get("/setup/plans/<int:plan_id>")
def show(plan_id: int) -> Response:
    """The sheet. Where something changed since it was made, a fresh one takes its place, under an address of its own,
    and says so."""
    who = require_admin()
    found, earlier_id = setup_plans.plan(plan_id), read_id(request.args.get("instead_of"))
    if found.row.version_id is not None:
        return redirect("/automation", 303)  # type: ignore[return-value]
    if setup_plans.is_stale(found):
        with transaction():
            fresh = setup_plans.stale(setup_plans.plan(plan_id), who.actor).plan.row.id
        return redirect_to(f"/setup/plans/{fresh}?instead_of={plan_id}")
    if earlier_id is None:
        return _sheet(found)
    return _sheet(found, message=refusal(Refused("stale_plan")), new=setup_plans.new_since(found, earlier_id))


@pages.post("/setup/plans/<int:plan_id>/application")
def apply(plan_id: int) -> Response:
    """Make it live, with the remedies that were chosen. What moved meanwhile comes back as a fresh sheet."""
    who = require_admin()
    posted = CHOICES.posted()
    chosen, said = posted.own("remedy"), posted.own("value")
    chosen |= {each: f"{key}:{said.get(each, '')}" for each, key in chosen.items() if key == "fill"}
    try:
        with transaction():
            setup_plans.apply(plan_id, chosen, who.actor)
    except Stale as error:
        with transaction():
            fresh = setup_plans.stale(error.plan, who.actor)
            return _sheet(fresh.plan, None, refusal(fresh), 409, error.new, chosen)
    except Refused as error:
        return _sheet(setup_plans.plan(plan_id), error, status=error.status, chosen=chosen)
    flash("published")
    return redirect_to("/automation")


@pages.post("/setup/draft/discards")
def discard() -> Response:
    """Let go of the whole draft; for a day it can be taken back."""
    who = require_admin()
    NOTHING.posted()
    with transaction():
        drafts.discard(who.actor)
    return redirect_to("/automation")


@pages.post("/setup/draft/returns")
def take_back() -> Response:
    """What was discarded stands in the draft again, beside what it has by now; the last of it, unless it is said
    which."""
    who = require_admin()
    which = DISCARDED.posted().id("which")
    with transaction():
        drafts.take_back_discarded(who.actor, which)
    return redirect_to("/automation")


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


def _sheet(
    plan: Plan,
    refused: Refused | None = None,
    message: str = "",
    status: int = 200,
    new: frozenset[str] = frozenset(),
    chosen: Mapping[str, str] | None = None,
) -> Response:
    """`chosen` is what was chosen before it was refused."""
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
        specs={f"{each.entity}/{each.key}": each for each in setup_documents.value_of(plan.after).setup.fields},
    )


def _why(refused: Refused, consequence: str, words: str) -> str:
    """What is wrong with a choice: none was made, or its value is none of the field's."""
    return gettext("Choose what to do with it.") if refused.reason == "remedy_needed" else words
