"""What a robot would have done over a deal's past: the past is gone through again, and the robot is armed, called off
and fired by the very rules of robots, conditions and addressees.

A firing is *replayed* when all that it read has a history, else *estimated*; the two are never one number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from rules import addressees, chains, conditions, robots, seasons
from rules.histories import STANDING, DealHistory, Fact, Happening, Occasion, Past
from rules.org import chain_above
from rules.rehearsed import FOLLOWS, TIMED, TOUCHES, Firing, Run, World, happened, touched
from rules.rights import DealFacts
from rules.robot_kinds import RobotKind, kind_of
from rules.robots import After, AroundField, RobotSpec
from rules.seasons import Season
from rules.starts import ENDS, is_watched
from rules.worktime import WorkCalendar


def rehearse(robot: RobotSpec, history: DealHistory, world: World, until: datetime) -> tuple[Firing, ...]:
    """All firings of the robot on this deal, from its beginning until an instant."""
    replay = _Replay(replace(robot, is_on=True), history, world)
    for at, together in groupby(history.happenings, key=lambda each: each.at):
        if at > until:
            break
        replay.fire_before(at)
        for part in _parts(list(together)):
            replay.go_on(at, part)
    replay.fire_before(until)
    return tuple(replay.firings)


def _parts(together: list[Happening]) -> Iterator[list[Happening]]:
    """Those of one instant: what a trigger or robot did comes after all that set it off was dealt with."""
    part: list[Happening] = []
    for each in together:
        if each.is_reaction and each.kind == "entered" and part:
            yield part
            part = []
        part.append(each)
    if part:
        yield part


@dataclass
class _Replay:
    robot: RobotSpec
    history: DealHistory
    world: World
    runs: list[Run] = field(default_factory=list)
    firings: list[Firing] = field(default_factory=list)
    visits: list[int] = field(default_factory=list)  # open and left ones, the latest last
    visit: int = 0
    left: list[Run] = field(default_factory=list)  # what the last move called off

    def __post_init__(self) -> None:
        self.past = Past(self.history, self.world.pipeline, self.world.zone)
        self.unknown = self._unknown()

    def _unknown(self) -> frozenset[Fact]:
        """Facts that a history does not lead to: rebuilt to the end it gives another value than the deal has."""
        end, now = Past(self.history, self.world.pipeline, self.world.zone), self.history.now
        for each in self.history.happenings:
            end.take(each)
        rebuilt = end.snapshot(self.history.created_at)
        facts = {(entity, key) for entity, values in now.values.items() for key in values} - {TIMED}
        lost = {each for each in facts if (rebuilt.value(*each) or None) != (now.value(*each) or None)}
        return frozenset(lost | {("company", key) for key in now.values.get("company", {})})

    @property
    def kind(self) -> RobotKind:
        return kind_of(self.robot.kind)

    # Going on.

    def go_on(self, at: datetime, part: list[Happening]) -> None:
        """All of one transaction is there before anything follows from it."""
        is_new = any(each.kind == "created" for each in part)
        for each in part:
            self.past.take(each)
        changed: set[Fact] = set()
        for each in part:
            if each.kind == "edited":
                changed |= touched(each, self.past, self.world.catalogue)
            else:
                self._follow(each, at, is_new)
        if changed and not is_new:
            self._changed(frozenset(changed), at, f"j{part[-1].id}")

    def _follow(self, each: Happening, at: datetime, is_new: bool) -> None:
        if each.kind == "deleted":
            self._call_off(lambda run: True, "deleted")
        if each.kind == "entered":
            self._enter(each, at)
        if each.kind == "paid":
            self._call_off_paid(each)
        for occasion in happened(each):
            if self._listens(occasion.start):
                self._arm(occasion, at)
        self._stand(FOLLOWS.get(each.kind, ()), at)
        if each.kind in TOUCHES and not is_new:
            self._changed(TOUCHES[each.kind], at)

    def _enter(self, each: Happening, at: datetime) -> None:
        if each.is_takeback and len(self.visits) > 1:
            self._take_back(at)
            return
        left, self.visit = self.visit, len(self.visits) + 1
        self.visits.append(self.visit)
        self.left = self._call_off(lambda run: run.visit == left, "left_stage")
        if not self.past.is_open:
            self.left += self._call_off(lambda run: run.visit is None, "closed")
        if self._listens("entered"):
            self._arm(Occasion("entered", at), at)

    def _take_back(self, at: datetime) -> None:
        """The visit before goes on, with what the move called off."""
        gone, back = self.visits[-1], self.visits[-2]
        self._call_off(lambda run: run.visit == gone, "taken_back")
        for run in self.left:
            run.state, run.code, run.armed_at = "waiting", "", at
        self.visits[-2:] = [gone, back]
        self.visit = back

    def _call_off_paid(self, each: Happening) -> None:
        if self.past.balance(each.record_id) == 0:
            mine = ("invoice_issued", f"i{each.record_id}")
            self._call_off(lambda run: (run.occasion.start, run.occasion.cause) == mine, "invoice_paid")
        if conditions.needs_debt(self.robot.condition) and not self.past.snapshot(each.at).value("invoices", "unpaid"):
            self._call_off(lambda run: True, "invoice_paid")

    def _call_off(self, which: Callable[[Run], bool], code: str) -> list[Run]:
        off = [run for run in self.runs if run.state == "waiting" and which(run)]
        for run in off:
            run.state, run.code = "called_off", code
        return off

    # Arming.

    def _listens(self, start: str) -> bool:
        """As services/starts.py `listening`: a robot of the stage, or of any while it is open; *client wrote* is heard
        by those of every stage of the pipeline."""
        if start not in self.robot.starts or self.past.is_deleted:
            return False
        if self.robot.stage_id is None:
            return self.past.is_open
        return self.robot.stage_id == self.past.stage_id or (
            start == "client_wrote" and self.robot.stage_id in self.world.pipeline
        )

    def _place(self, start: str) -> int | None:
        return self.visit if self.robot.stage_id is not None or start == "entered" else None

    def _arm(self, occasion: Occasion, at: datetime, *, again: bool = False) -> None:
        place = self._place(occasion.start)
        if not again and any(run.visit == place and run.is_for(occasion) for run in self.runs):
            return
        spec = replace(self.robot, once_per_deal=False) if again else self.robot
        ran = frozenset({spec.id}) if self.runs else frozenset[int]()
        planned, _ = seasons.plan(
            spec,
            self._season(occasion.since),
            self.world.zone,
            occasion.start,
            occasion.since,
            self.past.snapshot(at, self.unknown),
            self.world.catalogue,
            self._calendar(at),
            ran,
            self._hours(at),
            at,
        )
        self.runs += [Run(occasion, place, at, each.due_at) for each in planned]

    def _season(self, since: datetime) -> Season | None:
        above = [each.id for each in chain_above(self.world.chart, self._facts().department_id)]
        return seasons.season_of(self.world.seasons, self.robot, self.world.pipeline_id, above, self._day(since))

    def _calendar(self, at: datetime) -> WorkCalendar:
        return self.world.calendar_for(self._facts().department_id, self.past.responsible_id, self._day(at))

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.world.zone)).date()

    def _hours(self, at: datetime) -> WorkCalendar:
        people = self._reached(at)
        told = self.world.chart.people.get(people[0]) if people else None
        return (
            self._calendar(at) if told is None else self.world.calendar_for(told.department_id, told.id, self._day(at))
        )

    def _stand(self, starts: tuple[str, ...], at: datetime) -> None:
        """Runs for what stands now, and none for what stands no more."""
        used = [each for each in starts if each in self.robot.starts]
        if not used:
            return
        stands = [occasion for start in used for occasion in self.past.standing(start)]
        names = {(each.start, each.cause) for each in stands}
        over = [run for run in self.runs if run.occasion.start in used and run.name not in names]
        self._call_off(lambda run: run in over, "settled")
        for occasion in stands:
            earlier = [run for run in self.runs if run.visit == self._place(occasion.start) and run.is_for(occasion)]
            if self._listens(occasion.start) and all(run.code in ENDS for run in earlier):
                self._arm(occasion, at, again=bool(earlier))

    def _changed(self, changed: frozenset[Fact], at: datetime, cause: str = "") -> None:
        """Dates that a delay is counted from may have changed, conditions have become true; or this starts it."""
        timing = self.robot.timing
        if isinstance(timing, AroundField) and (timing.entity, timing.field) in changed:
            snapshot = self.past.snapshot(at, self.unknown)
            for run in self.runs:
                if run.state == "waiting":
                    run.due_at = robots.due(
                        timing,
                        self.robot.when,
                        at,
                        snapshot,
                        self.world.catalogue,
                        self._calendar(at),
                        self._hours(at),
                    )
                    run.armed_at = at
        self._arm_later(at)
        hears = cause and self._listens("field_changed") and is_watched(None, changed)
        if hears and is_watched(self.robot.condition, changed):
            self._arm(Occasion("field_changed", at, cause), at)

    def _arm_later(self, at: datetime) -> None:
        is_here = self.robot.stage_id in (None, self.past.stage_id) and (
            self.robot.stage_id is not None or self.past.is_open
        )
        mine = [run for run in self.runs if run.visit in (None, self.visit)]
        if not self.robot.also_later or not is_here or not mine:
            return
        last = [run for run in mine if run.name == mine[-1].name]
        if any(run.state != "condition_false" for run in last):
            return
        if conditions.evaluate(self.robot.condition, self.past.snapshot(at, self.unknown), self.world.catalogue).holds:
            self._arm(replace(last[-1].occasion, since=at), at, again=True)

    # Firing.

    def fire_before(self, until: datetime) -> None:
        """Whatever was due before an instant has its turn, in its order."""
        while True:
            due = [(run.moment, n) for n, run in enumerate(self.runs) if run.state == "waiting" and run.moment]
            ready = sorted((moment, n) for moment, n in due if moment is not None and moment < until)
            if not ready:
                return
            moment, n = ready[0]
            self._fire(self.runs[n], moment)

    def _fire(self, run: Run, at: datetime) -> None:
        start = run.occasion.start
        if start in STANDING and all(each.cause != run.occasion.cause for each in self.past.standing(start)):
            run.state, run.code = "called_off", "settled"
            return
        verdict = conditions.evaluate(self.robot.condition, self.past.snapshot(at, self.unknown), self.world.catalogue)
        if not verdict.holds:
            run.state = "condition_false"
            return
        if self._is_too_often(at):
            run.state, run.code = "called_off", "too_often"
            return
        people = self._reached(at)
        run.state = "no_recipient" if not people and self.kind.addressee else "fired"
        if run.state == "fired":
            self.firings.append(Firing(self.history.deal_id, at, people, self._why_estimated(run, at)))

    def _is_too_often(self, at: datetime) -> bool:
        counted = self.firings[-chains.FIRINGS_A_DAY :]
        limit_at = counted[0].at if len(counted) == chains.FIRINGS_A_DAY else None
        return chains.is_too_often(limit_at, chains.day_began(at, self.world.zone))

    def _reached(self, at: datetime) -> tuple[int, ...]:
        facts, on = self._facts(), self._day(at)
        return addressees.reached(self.kind, self.robot.settings, self.world.chart, facts, on).people

    def _facts(self) -> DealFacts:
        """A deal's department is that of its responsible when it was given to them."""
        responsible_id = self.past.responsible_id
        if responsible_id == self.history.deal.get("responsible"):
            return DealFacts(responsible_id, self.history.department_id)
        person = self.world.chart.people.get(responsible_id)
        return DealFacts(responsible_id, person.department_id if person else None)

    def _why_estimated(self, run: Run, at: datetime) -> tuple[str, ...]:
        read = {(test.entity, test.field) for test in conditions.tests_in(self.robot.condition)}
        timing = self.robot.timing
        read |= {(timing.entity, timing.field)} if isinstance(timing, AroundField) else set()
        why = sorted(f"{entity}.{key}" for entity, key in read & self.unknown)
        why += ["history"] if not self.history.is_whole else []
        is_charted = self.world.charted_since is None or at >= self.world.charted_since
        why += [] if is_charted else ["people"]
        why += ["seasons"] if self._was_in_another_season(run) else []
        return (*why, *(["acts"] if self.kind.acts_on else []))

    def _was_in_another_season(self, run: Run) -> bool:
        """Whether a season of the day that its norm was counted from was changed since it was armed."""
        if not isinstance(self.robot.timing, After):
            return False
        day = self._day(run.occasion.since)
        return any(each.at > run.armed_at and each.first <= day <= each.last for each in self.world.season_changes)
