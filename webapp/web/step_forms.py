"""The forms of a deal's next step. Each says of which task it was drawn and what it showed of it: a step that is
another by now is not changed, finished or dropped unseen."""

from __future__ import annotations

from webapp.access.scopes import Actor
from webapp.errors import Refused
from webapp.i18n import formats
from webapp.models import Deal, Task
from webapp.services import journal, next_steps, values
from webapp.services.next_steps import StepDraft
from webapp.snapshots import setups
from webapp.web.forms import Form, Kept, Pairs, Posted, check

STEP = Form(
    names=("step", "due", "assignee", "task", "from"),
    beside={"title": "step", "due_at": "due", "assignee_id": "assignee"},
    refusals=("bad_fields", "stale"),
)
FACTS = {"step": "title", "due": "due_at", "assignee": "assignee_id"}


def draft(posted: Posted, deal: Deal, by: Actor) -> StepDraft:
    """What is to be agreed on a locked deal: of the step that was shown, only what was changed in the form. Raises
    Refused: bad_fields; stale, at each control that somebody else has changed meanwhile."""
    step = next_steps.open_step(deal.id)
    if "task" in posted and not _is_shown(posted, step):
        _check_own_haste(deal, posted, step, by)
        step = None
    if step is None or "task" not in posted:
        due = values.moment(posted.text("due"), by, "due_at")
        return StepDraft(posted.text("step"), due, _chosen(posted))
    sent = posted.changed
    check(sent, _kept(step), by)
    return StepDraft(
        sent.text("step") if "step" in sent else formats.text(step.title),
        values.moment(sent.text("due"), by, "due_at") if "due" in sent else step.due_at,
        _chosen(sent) if "assignee" in sent else step.assignee_id,
    )


def check_ended(posted: Posted, deal: Deal, by: Actor) -> None:
    """What is done or not needed is what its button stood under. Raises Refused("stale")."""
    step = next_steps.open_step(deal.id)
    if step is None or "task" not in posted:
        return
    is_reworded = "step" in posted and posted.text("step") != formats.text(step.title)
    if not _is_shown(posted, step) or (is_reworded and next_steps.changed_by(step, "title") != by.user_id):
        raise journal.stale("task", step.id)


def _is_shown(posted: Posted, step: Task | None) -> bool:
    return posted.id("task") == (step.id if step else None)


def _check_own_haste(deal: Deal, posted: Posted, step: Task | None, by: Actor) -> None:
    """None was shown and one is there: agreed by oneself a moment ago, it is said anew. Anything else is a surprise."""
    who = next_steps.last_hand(deal.id)
    if step is not None and posted.id("task") is None and who == by.user_id:
        return
    now = formats.text(step.title) if step else ""
    told = {"code": "changed_meanwhile", "who": setups.current().name_of(who), "words": now}
    raise Refused("stale", problems={"step": told})


def _kept(step: Task) -> Kept:
    """What stands in the form's controls as it is now."""
    due = formats.typed_moment(step.due_at) if step.due_at else ""
    standing = {"step": formats.text(step.title), "due": due, "assignee": str(step.assignee_id)}
    told = formats.moment(step.due_at) if step.due_at else ""
    who = step.assignee_id, setups.current().name_of(step.assignee_id)
    options: dict[str, Pairs] = {"due": [(due, told)], "assignee": [who]}
    return Kept(standing, lambda name: next_steps.changed_by(step, FACTS[name]), options)


def _chosen(posted: Posted) -> int | None:
    return (posted.id("assignee") or 0) if posted.text("assignee") else None
