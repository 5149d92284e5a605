"""Who is given work, a deal or a task, and who accepts it. Whoever routes it, a person or Dozor itself, asks here."""

from __future__ import annotations

from rules import rights
from webapp.access.scopes import Actor
from webapp.errors import invalid
from webapp.snapshots.setups import PersonFacts, current


def assignee(user_id: int, by: Actor, field: str) -> PersonFacts:
    """The person to whom `by` may give work. Raises Refused naming the `field` in which they were chosen."""
    person = current().people.get(user_id)
    problem = rights.why_not_given(by.scope, person)
    if person is None or problem is not None:
        raise invalid(field, problem or "no_such_person")
    return person


def acceptor(user_id: int, of_id: int, by: Actor, field: str) -> PersonFacts:
    """The person whom `by` may name to accept the work of another. Raises Refused naming the `field`."""
    person = current().people.get(user_id)
    problem = rights.why_not_acceptor(by.scope, current().org, person, of_id)
    if person is None or problem is not None:
        raise invalid(field, problem or "no_such_person")
    return person
