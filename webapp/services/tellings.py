"""How a person wants to be told, for all of their addresses: quiet hours, how much in an hour, what a locked phone
shows."""

from __future__ import annotations

from dataclasses import asdict

from rules.reach import MOST_AN_HOUR, Wishes
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import invalid
from webapp.models import Telling, User
from webapp.services import journal
from webapp.snapshots import reach as found


def choose(user_id: int, wishes: Wishes, by: Actor) -> None:
    """What was not sent yet keeps the time that it has. Raises Refused."""
    if not 0 <= wishes.an_hour <= MOST_AN_HOUR:
        raise invalid("an_hour", "out_of_range", least=0, most=MOST_AN_HOUR)
    session().get(User, user_id, with_for_update=True)
    old, new = asdict(found.wishes([user_id]).get(user_id, Wishes())), asdict(wishes)
    if old == new:
        return
    session().merge(Telling(user_id=user_id, **new))
    journal.write("user.telling_chosen", "user", user_id, by, old=old, new=new)
