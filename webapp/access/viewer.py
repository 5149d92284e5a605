"""The person who asks, and what this person may reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, has_app_context
from flask_login import UserMixin, current_user

from rules import absences, org
from rules.rights import Scope
from webapp.access.scopes import Actor
from webapp.snapshots import recipients
from webapp.snapshots.setups import PersonFacts, SetupSnapshot

KEPT = "_login_user"  # where flask-login keeps whom it has found, in g


@dataclass(frozen=True, slots=True, eq=False)
class Viewer(UserMixin):
    """The person who asks: a snapshot, not a row, so it outlives any transaction of the request. `at` is when the
    request began to read: whatever its page shows is no older than this."""

    person: PersonFacts
    scope: Scope
    theme: str
    at: datetime
    session_id: int | None = None
    token_id: int | None = None

    @property
    def id(self) -> int:
        return self.person.id

    @property
    def locale(self) -> str:
        return self.person.locale

    @property
    def time_zone(self) -> str:
        return self.person.time_zone

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.scope, "api" if self.token_id else "page")

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie: the session's secret, which is noted in the request by sign_in."""
        return str(g.session_token)


def viewer() -> Viewer:
    """The signed-in person of this request."""
    found: Viewer = _asking()
    return found


def viewer_or_none() -> Viewer | None:
    """The same, where perhaps nobody has signed in, or nobody asks."""
    found = _asking()
    return found if found is not None and found.is_authenticated else None


def _asking() -> Any:
    """What flask-login has found, once it has: `current_user` looks through six proxies at each question."""
    if has_app_context() and (found := vars(g._get_current_object()).get(KEPT)) is not None:
        return found
    return current_user._get_current_object()


def scope_of(setup: SetupSnapshot, person: PersonFacts) -> Scope:
    """What a person may reach, from role, posts and memberships."""
    leads = org.led_by(setup.org, person.id)
    sees = setup.firm.rep_sees
    return Scope(
        user_id=person.id,
        is_admin=person.is_admin,
        reads=leads | (person.department_ids if sees == "department" else frozenset()),
        leads=leads,
        home=person.department_ids,
        reads_all=person.is_admin or sees == "all",
        covers=absences.covered_by(setup.org, person.id, recipients.today()),
    )
