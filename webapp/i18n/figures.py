"""Reaction figures in words: what is measured, of whom, and why something was late."""

from __future__ import annotations

from rules.reaction_times import Episode
from rules.robots import After
from rules.worktime import Delay
from webapp import clock
from webapp.i18n import N_, formats, sentences
from webapp.i18n.isolates import gettext, isolated
from webapp.i18n.line_ends import BETWEEN
from webapp.snapshots.setups import current

A_MINUTE = 60
MEASURES = {
    "reply": N_("First reply"),
    "take": N_("Time until taken"),
    "acceptance": N_("Acceptance of work"),
    "stay": N_("Time on stage"),
}
EXPLAINED = {
    "reply": N_("From a client's message to our reply, in the working time of the responsible."),
    "take": N_("From when an item appeared in “Important now” until somebody took it."),
    "acceptance": N_("From when a result was submitted until it was accepted or returned."),
    "stay": N_("How long deals stayed on a stage before they left it."),
}
BY = {"person": N_("By person"), "department": N_("By department"), "stage": N_("By stage")}
PERIODS = {"this_week": N_("This week"), "last_week": N_("Last week"), "this_month": N_("This month")}
NOBODY = {"person": N_("Nobody"), "department": N_("No department"), "stage": N_("No stage")}
WAITING = {
    "reply": N_("not answered yet"),
    "take": N_("not taken yet"),
    "acceptance": N_("not decided yet"),
    "stay": N_("still on the stage"),
}


def measures() -> list[tuple[str, str, str]]:
    """Each with its words and what it means."""
    return [(key, gettext(words), gettext(EXPLAINED[key])) for key, words in MEASURES.items()]


def names() -> list[tuple[str, str]]:
    """What is measured."""
    return [(key, gettext(words)) for key, words in MEASURES.items()]


def ways() -> list[tuple[str, str]]:
    """By what figures are shown."""
    return [(key, gettext(words)) for key, words in BY.items()]


def periods() -> list[tuple[str, str]]:
    """Those that are offered by name."""
    return [(key, gettext(words)) for key, words in PERIODS.items()]


def group(by: str, id_: int | None) -> str:
    """Of whom or what a row is."""
    setup = current()
    if id_ is None:
        return gettext(NOBODY[by])
    if by == "person":
        return setup.name_of(id_)
    if by == "stage":
        return stage(id_)
    return formats.text(setup.department_names.get(id_))


def stage(stage_id: int) -> str:
    """With its pipeline, where there are several."""
    setup = current()
    name, pipeline = formats.stage(stage_id), setup.all_pipelines[setup.all_stages[stage_id].pipeline_id]
    return name if len(setup.pipelines) < 2 else f"{isolated(formats.text(pipeline.name))}{BETWEEN}{isolated(name)}"


def why_late(late: Episode) -> str:
    """How long it took by the clock, where its norm counts that and not working time; its norm, who has set it, and
    what was in the way."""
    parts = [*_by_the_clock(late), _norm(late)]
    if late.season is not None:
        parts.append(gettext("in the season “%(name)s”", name=late.season.name))
    if late.is_away:
        parts.append(gettext("%(name)s was away then", name=current().name_of(late.person_id)))
    if late.ended_at is None:
        parts.append(gettext(WAITING[late.measure]))
    return BETWEEN.join(parts)


def _by_the_clock(late: Episode) -> list[str]:
    span = ((late.ended_at or clock.now()) - late.began_at).total_seconds()
    is_said = _delay(late).is_working or span - late.seconds < A_MINUTE
    return [] if is_said else [gettext("%(time)s by the clock", time=formats.span(span))]


def _delay(late: Episode) -> Delay:
    """What was asked for."""
    if late.by_robot is None:
        assert late.within is not None
        return late.within
    assert isinstance(late.by_robot.timing, After)
    return late.by_robot.timing.delay


def _norm(late: Episode) -> str:
    said = sentences.length(_delay(late))
    if late.by_robot is None:
        return gettext("norm: %(delay)s", delay=said)
    return gettext("norm: %(delay)s by “%(robot)s”", delay=said, robot=formats.text(late.by_robot.name))
