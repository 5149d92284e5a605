"""Dozor with one of its safeguards taken out at a time: what the instruments of this folder must catch.

Each variant is a context in which the mechanism is broken. They patch the mechanism, never the instruments.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from typing import Any
from unittest.mock import patch

from sqlalchemy import update

from jobs import runner
from jobs.registry import JobKind
from rules import addressees, conditions, important, org, robots, seasons, whose_calendar, worktime
from rules.worktime import WorkCalendar
from webapp import clock
from webapp.background import future_instants, outbox, scheduled_jobs
from webapp.background.outbox import Claim, Step
from webapp.db import session, transaction
from webapp.models import Deal, Task
from webapp.services import conversations, important_causes, ladders, notifications, runs, task_alarms
from webapp.snapshots import recipients, setups


@contextmanager
def no_fence() -> Iterator[None]:
    """Whoever comes, however late, may finish."""

    def finish(mine: Claim, state: str, **columns: Any) -> bool:
        model = outbox.WORK_MODELS[mine.kind]
        session().execute(
            update(model)
            .where(model.id == mine.row_id)
            .values(state=state, ended_at=clock.now(), **columns)
            .execution_options(synchronize_session=False)
        )
        return True

    at_its_end = patch.multiple(outbox, finish=finish, end=finish)
    with at_its_end, patch.object(outbox, "is_held", lambda mine, row: True):
        yield


@contextmanager
def no_key() -> Iterator[None]:
    """Nothing keeps a person from being told the same thing again; without a fence either, or it would not show."""
    tell, n = notifications.tell, itertools.count()

    def tell_again(people: Any, kind: str, *, key: str, **more: Any) -> Any:
        return tell(people, kind, key=f"{key}-{next(n)}", **more)

    with no_fence(), patch.object(notifications, "tell", tell_again):
        yield


@contextmanager
def alarm_before_commit() -> Iterator[None]:
    """The alarm rings for what may never be written."""

    def arm(kind: str, row_id: int, due: datetime) -> None:
        scheduled_jobs.send([(kind, row_id, due)], clock.now())

    with patch.object(outbox, "arm", arm):
        yield


@contextmanager
def no_healing() -> Iterator[None]:
    """A lease stays wherever the clock was when it was taken."""
    with patch.object(future_instants, "mend", lambda: 0):
        yield


@contextmanager
def healed_at_one_look() -> Iterator[None]:
    """A lease lies in the future by a look at the clock that was long ago."""
    mend = future_instants.mend

    def at_one_look() -> int:
        looked = clock.now()
        with clock.running_on(lambda: looked):
            return mend()

    with patch.object(future_instants, "mend", at_one_look):
        yield


@contextmanager
def no_lease() -> Iterator[None]:
    """A row that is being worked on looks as if it were free."""
    with _claiming(lambda model, now: (model.visible_at <= now,), lambda now: {}):
        yield


@contextmanager
def early() -> Iterator[None]:
    """An alarm that rings too soon is believed."""
    with _claiming(lambda model, now: (), lambda now: {"visible_at": now + outbox.LEASE}):
        yield


@contextmanager
def never_called_off() -> Iterator[None]:
    """Leaving a stage leaves its timers running."""
    with patch.object(runs, "call_off", lambda *_of, **_which: 0):
        yield


@contextmanager
def armed_twice() -> Iterator[None]:
    """Every robot is armed under a second key too."""
    arm = runs.arm

    def twice(*args: Any, **named: Any) -> None:
        arm(*args, **named)
        arm(*args, **{**named, "again": f"{named.get('again', '')}-again"})

    with patch.object(runs, "arm", twice):
        yield


@contextmanager
def the_late_one_is_told() -> Iterator[None]:
    """Instead of the head, the person who is reported on."""

    def of(slot: Any, deal: Deal) -> recipients.Recipients:
        return recipients.Recipients((deal.responsible_id,))

    with patch.object(recipients, "of", of):
        yield


@contextmanager
def condition_ignored() -> Iterator[None]:
    """Whatever a robot asks for, it goes off."""
    with patch.object(conditions, "evaluate", lambda *_: conditions.Verdict(True, ())):
        yield


@contextmanager
def _nobody_hears(*kinds: str) -> Iterator[None]:
    tell = notifications.tell

    def some(people: Any, kind: str, **more: Any) -> Any:
        return None if kind in kinds else tell(people, kind, **more)

    with patch.object(notifications, "tell", some):
        yield


def acceptance_untold() -> AbstractContextManager[None]:
    return _nobody_hears("task.accepted")


def return_untold() -> AbstractContextManager[None]:
    return _nobody_hears("task.returned")


def submission_untold() -> AbstractContextManager[None]:
    return _nobody_hears("task.awaiting_acceptance")


def refusal_untold() -> AbstractContextManager[None]:
    return _nobody_hears("trigger.refused")


def assignment_untold() -> AbstractContextManager[None]:
    return _nobody_hears("deal.assigned")


def wait_untold() -> AbstractContextManager[None]:
    return _nobody_hears("client.wrote")


@contextmanager
def wait_told_at_each_word() -> Iterator[None]:
    """Ten words in a row ring ten times."""
    with patch.object(conversations, "is_awaited", lambda deal_id: False):
        yield


@contextmanager
def alarm_left_out() -> Iterator[None]:
    """Nobody says that a deadline is coming."""
    alarm = task_alarms.set_alarm

    def some(task: Task, kind: str, due: datetime) -> None:
        if kind != "deadline_coming":
            alarm(task, kind, due)

    with patch.object(task_alarms, "set_alarm", some):
        yield


@contextmanager
def payment_calls_nothing_off() -> Iterator[None]:
    """What waits for money goes on when it is there."""
    with patch.object(runs, "call_off_unpaid", lambda *_: 0):
        yield


@contextmanager
def payment_calls_off_too_much() -> Iterator[None]:
    """What only speaks of money, and may wait for it to come, is ended by it as well."""
    with patch.object(conditions, "needs_debt", lambda condition: "unpaid" in str(condition)):
        yield


@contextmanager
def _claiming(
    only: Callable[[Any, datetime], tuple[Any, ...]], lease: Callable[[datetime], dict[str, Any]]
) -> Iterator[None]:
    def claim(kind: str, row_id: int) -> Claim | None:
        model, now = outbox.WORK_MODELS[kind], clock.now()
        with transaction() as current:
            found = current.execute(
                update(model)
                .where(
                    model.id == row_id,
                    model.state == "waiting",
                    model.attempts < outbox.MAX_ATTEMPTS,
                    *only(model, now),
                )
                .values(attempts=model.attempts + 1, claimed_at=now, **lease(now))
                .returning(*outbox.claimed(kind))
                .execution_options(synchronize_session=False)
            ).first()
        return None if found is None else Claim(kind, *found)

    def claim_new(kind: str, row_ids: Collection[int]) -> list[Claim]:
        return [mine for each in row_ids if (mine := claim(kind, each)) is not None]

    with patch.object(outbox, "claim", claim), patch.object(outbox, "claim_new", claim_new):
        yield


@contextmanager
def sends_inside() -> Iterator[None]:
    """The world is spoken to with a transaction open: whoever wants to write waits for a stranger's server."""

    def phases(work: JobKind, mine: Claim) -> Step:
        with transaction():
            prepared = work.prepare(mine)
            answer = work.send(prepared) if work.send else prepared
            return work.finish(mine, answer) or Step.DONE

    with patch.object(runner, "_phases", phases):
        yield


@contextmanager
def finishes_without_fence() -> Iterator[None]:
    """Whoever has sent a thing writes that it is sent, though another has it by now."""
    with no_fence():
        yield


@contextmanager
def more_without_renewal() -> Iterator[None]:
    """A long work goes on, and its lease runs out."""
    with patch.object(outbox, "renew", lambda mine, **_: None):
        yield


def calendar_ignored() -> AbstractContextManager[None]:
    """Everybody is waited for in the firm's hours."""
    return patch.object(recipients, "calendar_for", lambda *_: setups.current().firm_calendar)


def holiday_ignored() -> AbstractContextManager[None]:
    """A day that is closed is one like any other."""

    def spans_on(cal: WorkCalendar, day: date) -> tuple[worktime.Span, ...]:
        return cal.weekly[day.weekday()]

    return patch.object(WorkCalendar, "spans_on", spans_on)


def night_ignored() -> AbstractContextManager[None]:
    """What keeps to working hours comes at night as well."""
    return patch.object(worktime, "allowed", lambda cal, due, when: due)


def hours_of_another() -> AbstractContextManager[None]:
    """Working hours are the responsible's, and not those of whoever is told."""
    return patch.object(recipients, "hours_of", lambda kind, settings, deal: recipients.calendar_of(deal))


def season_ignored() -> AbstractContextManager[None]:
    return patch.object(recipients, "season_of", lambda *_: None)


def season_without_end() -> AbstractContextManager[None]:
    return patch.object(seasons.Season, "lasts_on", lambda season, day: season.first <= day)


def widest_season_wins() -> AbstractContextManager[None]:
    return patch.object(seasons, "SCOPES", tuple(reversed(seasons.SCOPES)))


def season_untold() -> AbstractContextManager[None]:
    """The norm is another one, and nothing says why."""

    def silent(season: seasons.Season, robot: robots.RobotSpec, planned: robots.Planned, at: datetime) -> Any:
        return planned

    return patch.object(seasons, "_within", silent)


def absence_ignored() -> AbstractContextManager[None]:
    """A head on leave is told, and the deputy is not."""
    return patch.object(org.Person, "is_away", lambda person, on: False)


@contextmanager
def cover_not_asked() -> Iterator[None]:
    """Who stands in for a rep on leave hears nothing."""
    with (
        patch.object(addressees, "_with_cover", lambda found, *_: found),
        patch.object(notifications, "with_cover", lambda people, _: set(people)),
    ):
        yield


def cover_of_other_hours() -> AbstractContextManager[None]:
    """While a rep is away their clients are waited for in the department's hours, whoever stands in."""

    def calendar_of(known: Any, chart: org.Org, department_id: int | None, person_id: int | None, on: date) -> Any:
        person = chart.people.get(person_id or 0)
        is_away = person is not None and person.is_away(on)
        own = None if is_away else known.people.get(person_id)
        return own or whose_calendar.of_department(known, chart, department_id)

    return patch.object(whose_calendar, "calendar_of", calendar_of)


@contextmanager
def settled_by_nothing() -> Iterator[None]:
    """Whatever happens to a deal is taken for the answer that was waited for."""
    with patch.object(important_causes, "why_over", lambda item: "replied"):
        yield


@contextmanager
def item_lost() -> Iterator[None]:
    """Whoever is told is told, and it stands in nobody's list."""
    with patch.object(important_causes, "open_of_run", lambda *_: None):
        yield


@contextmanager
def rung_told_twice() -> Iterator[None]:
    """A worker that comes too late climbs all the same."""
    with no_fence():
        yield


@contextmanager
def ladder_goes_on() -> Iterator[None]:
    """Whoever takes it, the next level is told."""
    with patch.object(ladders, "call_off", lambda item: None):
        yield


@contextmanager
def climb_untold() -> Iterator[None]:
    """The next level has it in its list, and does not hear of it."""
    with _nobody_hears("important.climbed"):
        yield


@contextmanager
def level_left_out() -> Iterator[None]:
    """Whoever is asked next is asked as if nobody led anything: the admins."""

    def of_admins(chart: org.Org, about: int | None, department_id: int | None, *rest: Any) -> org.Resolution:
        return org.head_of(chart, about or 0, None, rest[-1])

    with patch.object(important, "level_above", of_admins):
        yield


ITEMS = (settled_by_nothing, item_lost, rung_told_twice, ladder_goes_on, climb_untold, level_left_out)
PHASES = (sends_inside, finishes_without_fence, more_without_renewal)
VARIANTS = (no_fence, no_key, alarm_before_commit, no_healing, healed_at_one_look, no_lease, early, never_called_off)
WRONG_ANSWERS = (  # the protocol holds, and the wrong people hear, or hear twice, or nobody does
    armed_twice,
    the_late_one_is_told,
    condition_ignored,
    acceptance_untold,
    return_untold,
    submission_untold,
    refusal_untold,
    assignment_untold,
    wait_untold,
    wait_told_at_each_word,
    alarm_left_out,
    payment_calls_nothing_off,
    payment_calls_off_too_much,
)
WRONG_HOURS = (  # what is told comes at another hour, or nothing says why at this one
    calendar_ignored,
    holiday_ignored,
    night_ignored,
    hours_of_another,
    season_ignored,
    season_without_end,
    widest_season_wins,
    season_untold,
)
WRONG_PEOPLE = (absence_ignored, cover_not_asked, cover_of_other_hours)  # somebody is on leave, and it is not heeded
