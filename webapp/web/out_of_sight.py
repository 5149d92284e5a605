"""What is said of what was done, also where the act has taken its thing out of one's own sight: then the answer is what
became of it, on the list that it stood in, and never that there is nothing here.

Only for what the viewer has done, after its commit: whoever did it may be told of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import Response, flash

from webapp.i18n import formats
from webapp.i18n.isolates import gettext
from webapp.models import Deal, Task
from webapp.snapshots import setups
from webapp.web import templating
from webapp.web.responses import fragment, redirect_to

BECAME = "became"  # such flashed words rise on the next page, whichever it is


@dataclass(frozen=True, slots=True)
class Became:
    """What became of something, as a toast says it."""

    title: str
    about: str = ""
    sign: str = "check"


def of_deal(deal: Deal) -> Became:
    """It was handed over."""
    who = setups.current().name_of(deal.responsible_id)
    return Became(deal.title, gettext("Responsible: %(who)s", who=who), "person")


def of_restored(deal: Deal, was: int) -> Became | None:
    """It has come to another stage than it was deleted on, which is archived; None where it has not."""
    if deal.stage_id == was:
        return None
    setup = setups.current()
    then, stage = setup.stage_by_id(was), formats.stage(deal.stage_id)
    if then.pipeline_id == deal.pipeline_id:
        return Became(deal.title, gettext("Its stage is archived: it is on “%(stage)s” now", stage=stage), "return")
    pipeline = formats.text(setup.all_pipelines[deal.pipeline_id].name)
    about = gettext(
        "Its pipeline is archived: it is in “%(pipeline)s” now, on “%(stage)s”", pipeline=pipeline, stage=stage
    )
    return Became(deal.title, about, "return")


def of_task(task: Task, verb: str) -> Became:
    """`verb` as the last word of its address."""
    work = templating.fill(task.title, task.facts)
    if verb == "acceptances":
        return Became(gettext("Accepted: %(task)s", task=work))
    if verb == "returns":
        return Became(gettext("Returned for rework: %(task)s", task=work), sign="return")
    if verb == "handovers":
        who = setups.current().name_of(task.assignee_id)
        return Became(work, gettext("Who does it: %(who)s", who=who), "person")
    return Became(work, gettext("Saved"))


def of_an_admin() -> Became:
    """Of oneself, who has given that up."""
    return Became(gettext("You are no longer an admin"), sign="person")


def said(became: Became) -> bytes:
    """The toast, beside a part of the page."""
    return fragment("said.htmx.html", became=became).data


def back_to(path: str, became: Became) -> Response:
    """To the list, where it is said."""
    flash(asdict(became), BECAME)  # type: ignore[arg-type]
    return redirect_to(path)
