"""What a rehearsal reads beside the deals, what it keeps of a run and says of a firing, and what a happening of the
past sets off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rules.facts import Catalogue, StageFacts
from rules.histories import STANDING, Fact, Happening, Occasion, Past
from rules.org import Org
from rules.seasons import Season, SeasonChange
from rules.worktime import WorkCalendar

ANSWERED = frozenset({("conversation", "replied"), ("conversation", "unanswered")})
SUMS = frozenset(("invoices", each) for each in ("unpaid", "count", "balance", "nearest_due_on"))
STEP = frozenset(("deal", each) for each in ("has_next_step", "next_step_at", "next_step_overdue"))
FOLLOWS = {  # what may stand since a happening, or no more
    "entered": tuple(STANDING),
    "wrote": ("unanswered", "client_silent"),
    "answered": ("unanswered", "client_silent"),
    "issued": ("invoice_overdue",),
    "paid": ("invoice_overdue",),
    "task": ("task_overdue", "no_next_step"),
    "step": ("task_overdue", "no_next_step"),
}
TIMED = ("deal", "next_step_overdue")  # by the clock alone
TOUCHES = {"wrote": ANSWERED, "answered": ANSWERED, "issued": SUMS, "paid": SUMS, "step": STEP}


@dataclass(frozen=True, slots=True)
class World:
    """What beside the deals decides. `charted_since`: since when people, departments and calendars stand as they do
    today; whom a robot reached before that is estimated, and so is what was armed on a day of a season before that
    was changed. `pipeline` are the stages of the deals' pipeline."""

    catalogue: Catalogue
    chart: Org
    zone: str
    calendar_for: Callable[[int | None, int | None, date], WorkCalendar]  # of a department or person, on a day
    pipeline: Mapping[int, StageFacts]
    charted_since: datetime | None = None
    pipeline_id: int = 0
    seasons: Sequence[Season] = ()
    season_changes: Sequence[SeasonChange] = ()


@dataclass(frozen=True, slots=True)
class Firing:
    """`people` whom it would have reached; `unknown` are facts that were read as they are today, or why else it is an
    estimate: history (it does not reach back), people, seasons, acts (it would have changed what came after)."""

    deal_id: int
    at: datetime
    people: tuple[int, ...]
    unknown: tuple[str, ...] = ()

    @property
    def basis(self) -> str:
        return "estimated" if self.unknown else "replayed"


@dataclass(slots=True)
class Run:
    """As a row of robot_run: armed once for each visit, start and cause."""

    occasion: Occasion
    visit: int | None
    armed_at: datetime
    due_at: datetime | None
    state: str = "waiting"
    code: str = ""

    @property
    def name(self) -> tuple[str, str]:
        return self.occasion.start, self.occasion.cause

    def is_for(self, occasion: Occasion) -> bool:
        return self.name == (occasion.start, occasion.cause)

    @property
    def moment(self) -> datetime | None:
        return None if self.due_at is None else max(self.due_at, self.armed_at)


def happened(each: Happening) -> list[Occasion]:
    if each.kind == "wrote":
        return [Occasion("client_wrote", each.at, f"m{each.item_id}")]
    if each.kind == "issued":
        return [Occasion("invoice_issued", each.at, f"i{each.record_id}")]
    if each.kind == "task" and each.field == "accepted":
        return [Occasion("task_accepted", each.at, f"t{each.record_id}")]
    return []


def touched(each: Happening, past: Past, catalogue: Catalogue) -> set[Fact]:
    """What an edit changes for whoever listens: another contact changes all of the contact."""
    if each.field == "contact":
        return {("contact", spec.key) for spec in catalogue.of("contact")}
    if each.entity == "contact" and each.record_id != past.contact_id:
        return set()
    return {(each.entity, each.field)}
