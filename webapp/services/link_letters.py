"""The link by which a person comes in, by mail too: where mail is set up, to the address by which they sign in."""

from __future__ import annotations

import secrets

from webapp import clock
from webapp.models import User
from webapp.services import delivery_plans
from webapp.snapshots import reach, setups


def send(user: User, secret: str) -> bool:
    """Whether it goes out. The secret stands in the delivery until then. In the lesson, whose people have addresses
    that may be somebody's, only to one that was confirmed."""
    if "email" not in reach.gateways() or not _may_reach(user):
        return False
    key = f"link-{user.id}-{secrets.token_hex(6)}"
    facts = {"code": secret}
    delivery_plans.add(key, "email", user.email, "link", due=clock.now(), user_id=user.id, is_urgent=True, facts=facts)
    return True


def _may_reach(user: User) -> bool:
    if not setups.current().firm.is_lesson:
        return True
    return any((each.kind, each.address) == ("email", user.email) for each in reach.places([user.id]))
