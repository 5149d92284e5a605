"""To whom an item of what matters now opens. Its door asks here, and whoever puts it into a list: so a list holds what
its door opens. The SQL twin is `items` of webapp/access/filters.py."""

from __future__ import annotations

from collections.abc import Iterable

from rules import rights
from rules.rights import Scope
from webapp.access.viewer import scope_of
from webapp.db import session
from webapp.models import Deal, ImportantItem, Task
from webapp.snapshots import important as snapshots
from webapp.snapshots import recipients, setups
from webapp.snapshots import tasks as task_snapshots


def opens_to(item: ImportantItem, scope: Scope) -> bool:
    """Whether whoever has this scope sees what it is about: the deal, the work on a deal, the silence of somebody. With
    its deal it is gone for everybody; work of no deal is shown to whoever is told of it."""
    if item.kind == "silent":
        return snapshots.sees_to(item, scope)
    if item.task_id is not None:
        task = session().get_one(Task, item.task_id)
        return task.deal_id is None or rights.may_see_task(scope, *task_snapshots.snapshot_of(task))
    deal = session().get(Deal, item.deal_id) if item.deal_id is not None else None
    return deal is None or (deal.deleted_at is None and scope.may_read(deal.responsible_id, deal.department_id))


def may_have(item: ImportantItem, person_id: int) -> bool:
    """Whether it may stand in this person's list: they are here, and it opens to them."""
    setup = setups.current()
    person = setup.people.get(person_id)
    return person is not None and person.is_active and opens_to(item, scope_of(setup, person))


def those_who_may(item: ImportantItem, people: Iterable[int]) -> list[int]:
    """Those of them who may have it; if that is nobody, whoever the resolver names over the person it is about, then
    that person, then the admins: somebody is to act. Who was asked for, where nobody at all may have it."""
    wanted, about = list(dict.fromkeys(people)), item.about_id or 0
    above = recipients.head_of(about, snapshots.department_of(item)).people
    ways = (wanted, above, (about,), setups.current().org.fallback)
    found = ([each for each in some if may_have(item, each)] for some in ways)
    return next(filter(None, found), wanted)
