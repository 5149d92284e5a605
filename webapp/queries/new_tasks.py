"""What the form of a new task offers: to whom it may be given, and who may accept the work."""

from __future__ import annotations

from dataclasses import dataclass

from rules import rights
from rules.rights import Scope
from webapp.models import Deal
from webapp.snapshots import recipients, setups
from webapp.snapshots.setups import PersonFacts


@dataclass(frozen=True, slots=True)
class NewTaskAsked:
    """`proposed` to do it. `head`: who would accept the viewer's own work; "" where nobody could."""

    proposed: int
    people: list[PersonFacts]
    acceptors: list[PersonFacts]
    head: str


def asked(scope: Scope, deal: Deal | None = None) -> NewTaskAsked:
    """For a task on this deal, or without one."""
    setup = setups.current()
    me, everybody = setup.people[scope.user_id], setup.people.values()
    heads = recipients.head_of(me.id, deal.department_id if deal else me.department_id).people
    people = [each for each in everybody if rights.why_not_given(scope, each) is None]
    return NewTaskAsked(
        proposed=next((each.id for each in people if deal and each.id == deal.responsible_id), me.id),
        people=people,
        acceptors=[each for each in everybody if rights.why_not_acceptor(scope, setup.org, each, None) is None],
        head=setup.name_of(heads[0]) if heads else "",
    )
