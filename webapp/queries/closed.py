"""The archive of closed deals: won and lost, searched, sorted and paged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from rules.rights import Scope
from webapp.db import Sort, SqlRow, folding, session
from webapp.i18n.formats import language
from webapp.models import Contact, Deal
from webapp.queries.filters import Filters, narrowing
from webapp.snapshots.setups import current

PAGE = 50
SORTS: dict[str, Callable[[], Sort]] = {
    "closed": lambda: Deal.closed_at.desc(),
    "amount": lambda: Deal.amount_minor.desc(),
    "title": lambda: folding.alphabetical(Deal.title, language()),
}


@dataclass(frozen=True, slots=True)
class ClosedDeals:
    rows: Sequence[SqlRow]
    total: int
    sum_minor: int
    number: int

    @property
    def is_more(self) -> bool:
        return self.number * PAGE < self.total


def listed(scope: Scope, words: str, kind: str, sort: str, number: int) -> ClosedDeals:
    """One page (from 1) of closed deals; `kind` is won, lost or empty for both, `sort` one of SORTS."""
    stages = [each.id for each in current().stages.values() if each.kind in ((kind,) if kind else ("won", "lost"))]
    narrow = narrowing(scope, Filters(text=words)) & Deal.stage_id.in_(stages)
    total = session().execute(select(func.count(), func.sum(Deal.amount_minor)).where(narrow)).one()
    rows = session().execute(
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
        .order_by(SORTS[sort](), Deal.id.desc())
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    return ClosedDeals(rows.all(), total[0], int(total[1] or 0), number)
