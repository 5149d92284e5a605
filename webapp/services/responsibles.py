"""Whose a deal is: handed over by a person, and by itself where it comes to be open, or a client writes on it, while
its responsible is gone. So nothing open belongs to somebody who has left, whichever way it came to be open."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import bindparam, select

from rules import rights
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import emit, execute_core
from webapp.models import Deal, User
from webapp.services import turns, values
from webapp.services.assignees import assignee
from webapp.services.events import DealAssigned
from webapp.snapshots.setups import current


def hand_over(deal: Deal, to: int, by: Actor) -> values.Changed:
    """Make another person responsible; a rep only within the department, a head within the subtree."""
    if to == deal.responsible_id:
        return frozenset()
    person, was = assignee(to, by, "responsible_id"), deal.responsible_id
    announcements.deal_left(deal.id, deal.responsible_id, deal.department_id)
    changed = values.set_column(deal, "deal", "responsible", person.id, by, column="responsible_id")
    deal.department_id = person.department_id
    emit(DealAssigned(deal, person.id, by, was))
    return changed


def find_for(deal: Deal, by: Actor) -> values.Changed:
    """A locked deal that is to be open goes, where its responsible works here no more, to whoever opens it, else to
    whose turn it is to be given deals."""
    if works_here(deal.responsible_id):
        return frozenset()
    to = by.user_id if _may_hold(by) else turns.next_but(deal, by)
    return frozenset() if to is None else hand_over(deal, to, replace(by, scope=None))


def works_here(user_id: int) -> bool:
    """As of now, and until this transaction has ended: whoever is to close the account waits (`accounts.apart`), and
    then finds what has come to be theirs. The set-up that was read may be older than that."""
    return bool(execute_core(_IS_ACTIVE, user=user_id).scalar())


_IS_ACTIVE = select(User.is_active).where(User.id == bindparam("user")).with_for_update(read=True, key_share=True)


def _may_hold(by: Actor) -> bool:
    """Whoever belongs to no department is not given it: no head would see it any more."""
    person = current().people.get(by.user_id or 0)
    return person is not None and bool(person.department_ids) and rights.why_not_given(by.scope, person) is None
