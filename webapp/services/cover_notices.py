"""Whoever is named to stand in for somebody hears of it, of other days, and that they no longer are to: rights and
notices of another person come with it, and nobody sees to what they do not know of."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from webapp import clock
from webapp.access.scopes import Actor
from webapp.models import Absence
from webapp.services import notifications
from webapp.snapshots import recipients, setups


class Cover(NamedTuple):
    """Who stands in, and on which days."""

    person_id: int | None
    first: date
    last: date

    @property
    def is_ahead(self) -> bool:
        return self.person_id is not None and self.last >= recipients.today()


def of(row: Absence) -> Cover:
    return Cover(row.cover_id, row.from_on, row.until_on)


def tell(row: Absence, was: Cover | None, now: Cover | None, by: Actor) -> None:
    """What has become of it, None: nothing. Days that are over are no news."""
    is_on = now is not None and now.is_ahead
    if was is not None and was.is_ahead and not (is_on and now is not None and now.person_id == was.person_id):
        _tell(row, "absence.standing_down", was, by)
    if now is not None and is_on and now != was:
        _tell(row, "absence.standing_in", now, by)


def _tell(row: Absence, kind: str, cover: Cover, by: Actor) -> None:
    people = setups.current().people
    person = people.get(cover.person_id or 0)
    if person is None or not person.is_active or person.id == by.user_id:
        return
    notifications.tell(
        [person.id],
        kind,
        key=f"{kind}-{row.id}-{cover.first}-{cover.last}-{int(clock.now().timestamp() * 1000)}",
        facts={
            "person.name": people[row.user_id].name,
            "absence.first": {"date": cover.first.isoformat()},
            "absence.last": {"date": cover.last.isoformat()},
        },
        sender_id=by.user_id,
    )
