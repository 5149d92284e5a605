"""Reaction figures: the same as on the page, over what the caller may see."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from rules import reaction_times as rules
from rules.reaction_times import Period
from webapp.access.viewer import viewer
from webapp.api.records import figures as records
from webapp.api.records.figures import FiguresRecord
from webapp.api.routes import reads
from webapp.api.types import Day
from webapp.errors import invalid
from webapp.queries import reaction_times as found
from webapp.snapshots import recipients
from webapp.snapshots.setups import current


class FigureQuery(BaseModel):
    """Days of the firm's zone, both included; by default from the first of this month to today."""

    model_config = ConfigDict(extra="forbid")

    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")
    by: Literal["person", "department", "stage"] = "person"


@reads("/figures", FiguresRecord)
def index(query: FigureQuery) -> FiguresRecord:
    """Of oneself, of the departments one leads, to admins of everybody."""
    return records.record(found.figures(viewer().scope, _period(query), query.by), current())


def _period(asked: FigureQuery) -> Period:
    found = rules.period_of(asked.first, asked.last, recipients.today())
    if (why := rules.why_no_period(found)) is not None:
        raise invalid("to", why)
    return found
