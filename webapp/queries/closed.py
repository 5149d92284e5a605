"""The archive of closed deals: won and lost, searched, sorted and paged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, false, func, select

from rules.rights import Scope
from webapp import clock
from webapp.db import SqlRow, folding, session
from webapp.i18n.catalogue import language
from webapp.models import Contact, Deal
from webapp.queries import mentions
from webapp.queries.filters import Filters, narrowing
from webapp.queries.paging import Key, Listed, Turn, rows_at
from webapp.snapshots.setups import current

SORTS: dict[str, Callable[[], Key]] = {
    "closed": lambda: Key(func.coalesce(Deal.closed_at, Deal.created_at), falls=True),
    "amount": lambda: Key(Deal.__table__.c.amount_minor, falls=True),
    "title": lambda: Key(folding.alphabetical(Deal.title_folded, language())),
}


KINDS = ("won", "month", "lost")


def listed(scope: Scope, words: str, kind: str, sort: str, turn: Turn) -> tuple[Listed[SqlRow], int]:
    """One page of closed deals and what all of them are worth; `kind` is one of KINDS (month: won in this month of the
    firm's), deleted, or empty for all closed ones, `sort` one of SORTS."""
    narrow = _gone(scope, words) if kind == "deleted" else narrowing(scope, Filters(text=words)) & _closed(kind)
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


def _closed(kind: str) -> ColumnElement[bool]:
    wanted = {"": ("won", "lost"), "month": ("won",)}.get(kind, (kind,))
    on_stage = Deal.stage_id.in_([each.id for each in current().stages.values() if each.kind in wanted])
    return on_stage & (Deal.closed_at >= _first_of_month()) if kind == "month" else on_stage


def _first_of_month() -> datetime:
    now = clock.now().astimezone(ZoneInfo(current().firm.time_zone))
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _gone(scope: Scope, words: str) -> ColumnElement[bool]:
    """Those that an admin can bring back."""
    return Deal.deleted_at.is_not(None) & mentions.deal(words) if scope.is_admin else false()
