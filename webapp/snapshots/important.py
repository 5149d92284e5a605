"""From an item's row to what rules read of it, and whose its ladder is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from rules.important import ItemFacts
from rules.rights import Scope
from webapp.db import session
from webapp.models import Deal, ImportantItem
from webapp.snapshots import recipients, setups
from webapp.snapshots.recipients import Recipients


def facts_of(item: ImportantItem) -> ItemFacts:
    return ItemFacts(
        item.state,
        item.holder_id,
        item.about_id,
        item.snoozes,
        is_asked=item.question is not None,
        is_explained=item.explanation is not None,
        kind=item.kind,
    )


def sees_to(item: ImportantItem, scope: Scope) -> bool:
    """Whether whoever has this scope is one of those above the person that it is about."""
    about = setups.current().people.get(item.about_id or 0)
    return about is not None and scope.sees_to(about.id, about.department_ids)


def next_level(item: ImportantItem, told: Collection[int], at: datetime) -> Recipients:
    """Who is told then, if nobody of `told` has taken it."""
    return recipients.level_above(item.about_id, department_of(item), told, recipients.day_of(at))


def department_of(item: ImportantItem) -> int | None:
    """From where its ladder climbs: its deal's department; without a deal, that of the person it is about."""
    about = setups.current().people.get(item.about_id or 0)
    deal = session().get(Deal, item.deal_id) if item.deal_id is not None else None
    return deal.department_id if deal is not None else (about.department_id if about else None)
