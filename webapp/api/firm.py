"""The firm itself, for admins: its facts and defaults, by the service of the settings page."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from webapp.access.records import require_admin
from webapp.api.records import firm as records
from webapp.api.records.firm import FirmRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body
from webapp.errors import Refused
from webapp.services import firms

Minutes = Annotated[int, Field(strict=True, default_factory=int)]


class FirmChanges(Body):
    """Only what is given is changed. A zone or a country changes working time: `waiting` says what becomes of the runs
    that wait, and where any would move and it does not, the answer is 409 has_waiting_runs."""

    name: str = Field(default_factory=str)
    locale: str = Field(default_factory=str)
    time_zone: str = Field(default_factory=str)
    country: str | None = None
    currency: str = Field(default_factory=str)
    rep_sees: Literal["own", "department", "all"] = "department"
    marks_next_step: Literal["off", "overdue", "missing"] = "missing"
    take_within: Minutes
    accept_within: Annotated[int, Field(strict=True)] | None = None
    waiting: Literal["keep", "count_anew"] | None = None


@reads("/firm", FirmRecord)
def show() -> FirmRecord:
    """The firm's facts."""
    require_admin()
    return records.record()


@writes("PATCH", "/firm", FirmRecord)
def update(json: FirmChanges) -> Answer[FirmRecord]:
    """Change some of them."""
    by = require_admin().actor
    given = {name: value for name, value in json.given.items() if name != "waiting"}
    wanted = {_called(name): str(value) if value is not None else None for name, value in given.items()}
    try:
        firms.change(wanted, by, json.waiting)
    except Refused as error:
        if "firm" in error.problems:
            problems = {"name" if name == "firm" else name: each for name, each in error.problems.items()}
            raise Refused(error.reason, problems=problems) from None
        raise
    return lambda: records.record()


def _called(name: str) -> str:
    return "firm" if name == "name" else name
