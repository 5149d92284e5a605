"""How a person wants to be told, by all of their addresses: for themselves, and to be read by admins."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rules.reach import MOST_AN_HOUR, Wishes
from webapp.access.viewer import viewer
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Flag, Record
from webapp.errors import NotFound
from webapp.services import tellings
from webapp.snapshots import reach, setups

ONE = "/users/<int:user_id>/telling"


class TellingRecord(Record):
    """What is not urgent waits for working hours, where there are quiet hours; beyond `an_hour` it stands in the
    morning's digest."""

    has_quiet_hours: bool
    an_hour: int
    shows_clients: bool


class Telling(Body):
    """All of it at once. `shows_clients`: a locked phone may show names and results."""

    has_quiet_hours: Flag
    an_hour: Annotated[int, Field(ge=0, le=MOST_AN_HOUR, strict=True)]
    shows_clients: Flag


@reads(ONE, TellingRecord)
def show(user_id: int) -> TellingRecord:
    """How this person is told."""
    return _record(_known(user_id))


@writes("PUT", ONE, TellingRecord)
def replace(user_id: int, json: Telling) -> Answer[TellingRecord]:
    """Say it anew."""
    wishes = Wishes(json.has_quiet_hours, json.an_hour, json.shows_clients)
    tellings.choose(_known(user_id), wishes, viewer().actor)
    return lambda: _record(user_id)


def _known(user_id: int) -> int:
    """One's own, and everybody's for an admin. Raises NotFound."""
    if user_id not in setups.current().people or not (viewer().scope.is_admin or viewer().id == user_id):
        raise NotFound("person")
    return user_id


def _record(user_id: int) -> TellingRecord:
    return TellingRecord.of(reach.wishes([user_id]).get(user_id, Wishes()))
