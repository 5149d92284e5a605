"""The archive of closed deals: won and lost, searched, sorted and paged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, func, select

from rules.rights import Scope
from webapp.db import SqlRow, folding, session
from webapp.i18n.formats import language
from webapp.models import Contact, Deal
from webapp.queries.filters import Filters, narrowing
from webapp.queries.paging import Key, Listed, Turn, rows_at
from webapp.snapshots.setups import current

SORTS: dict[str, Callable[[], Key]] = {
    "closed": lambda: Key(func.coalesce(Deal.closed_at, Deal.created_at), falls=True),
    "amount": lambda: Key(Deal.__table__.c.amount_minor, falls=True),
    "title": lambda: Key(folding.alphabetical(Deal.title, language())),
}


def listed(scope: Scope, words: str, kind: str, sort: str, turn: Turn) -> tuple[Listed[SqlRow], int]:
    """One page of closed deals and what all of them are worth; `kind` is won, lost or empty for both, `sort` one of
    SORTS."""
    stages = [each.id for each in current().stages.values() if each.kind in ((kind,) if kind else ("won", "lost"))]
    narrow = narrowing(scope, Filters(text=words)) & Deal.stage_id.in_(stages)
    total = session().execute(select(func.count(), func.sum(Deal.amount_minor)).where(narrow)).one()
    query: Select[*tuple[Any, ...]] = (
        select(
            Deal.id,
            Deal.title,
            Deal.amount_minor,
            Deal.currency,
            Deal.stage_id,
            Deal.closed_at,
            Deal.lost_reason,
            Deal.responsible_id,
            Contact.name.label("contact"),
        )
        .outerjoin(Contact, Contact.id == Deal.contact_id)
        .where(narrow)
    )
    rows, onward, back = rows_at(query, (SORTS[sort](), Key(Deal.__table__.c.id, falls=True)), turn)
    return Listed(rows, total[0], onward, back), int(total[1] or 0)
