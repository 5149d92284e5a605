"""What went out, and how far it came: the log, and the last word to each address."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select, true

from rules import browsers
from webapp import clock
from webapp.db import session
from webapp.models import Address, Delivery, Gateway, JournalEntry, Notification, Webhook
from webapp.queries.paging import Key, Listed, Turn, rows_at
from webapp.snapshots import reach, sign_ins
from webapp.snapshots import webhooks as snapshots

WATCHED_FOR = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class WebhookView:
    """An address of another system, of which only the host is shown."""

    row: Webhook
    host: str


def webhooks() -> list[WebhookView]:
    """Those that robots may tell, then those of keys, to which replies go."""
    return [WebhookView(each, snapshots.host_of(each.url)) for each in (*snapshots.standing(), *snapshots.of_keys())]


@dataclass(frozen=True, slots=True)
class AddressView:
    """An address of a person; `last` is the newest test or code that went there."""

    row: Address
    last: Delivery | None

    @property
    def name(self) -> str:
        """A browser goes by its kind: its address would open it to whoever reads that."""
        if self.row.kind != "push":
            return self.row.address
        return " · ".join(filter(None, browsers.names(self.row.label))) or "…"

    @property
    def is_moving(self) -> bool:
        return is_moving([self.last])


def read_at(delivery_ids: Collection[int]) -> dict[int, datetime]:
    """When what these told was read in Dozor, of those that were."""
    if not delivery_ids:
        return {}
    told = select(Delivery.id, Notification.read_at).join(Notification, Notification.id == Delivery.notification_id)
    rows = session().execute(told.where(Delivery.id.in_(delivery_ids), Notification.read_at.is_not(None)))
    return {row.id: row.read_at for row in rows}


def log(turn: Turn = Turn(), *, is_failed: bool = False) -> Listed[Delivery]:  # noqa: B008
    """A page of what went out, the newest first; or of what failed and was not sent again."""
    wanted = _LEFT_UNDONE if is_failed else true()
    rows, onward, back = rows_at(select(Delivery).where(wanted), (Key(Delivery.__table__.c.id, falls=True),), turn)
    total = session().scalar(select(func.count(Delivery.id)).where(wanted)) or 0
    return Listed([row[0] for row in rows], total, onward, back)


_LEFT_UNDONE = and_(Delivery.state == "failed", Delivery.facts["again"].as_string().is_(None))


def tests(user_id: int) -> dict[str, Delivery]:
    """By channel: what this person has tried last, by what it sends by today: of another server, or another sender, it
    says nothing."""
    set_at = (
        select(func.max(JournalEntry.at))
        .join(Gateway, Gateway.id == JournalEntry.entity_id)
        .where(JournalEntry.entity == "gateway", JournalEntry.event == "gateway.set", Gateway.kind == Delivery.channel)
        .correlate(Delivery)
        .scalar_subquery()
    )
    newest = (
        select(func.max(Delivery.id))
        .where(Delivery.user_id == user_id, Delivery.content == "test")
        .where(set_at.is_(None) | (Delivery.created_at >= set_at))
        .group_by(Delivery.channel)
    )
    return {each.channel: each for each in session().scalars(select(Delivery).where(Delivery.id.in_(newest)))}


def addresses(user_id: int) -> list[AddressView]:
    """All of a person, in the order in which they are used; no browser in which they are not signed in any more."""
    mine = select(Address).where(Address.user_id == user_id, reach.stands(sign_ins.since()))
    own = mine.order_by(Address.position, Address.id)
    newest = (
        select(func.max(Delivery.id))
        .where(Delivery.user_id == user_id, Delivery.content.in_(("code", "test")))
        .group_by(Delivery.channel, Delivery.address)
    )
    last = {
        (each.channel, each.address): each
        for each in session().scalars(select(Delivery).where(Delivery.id.in_(newest)))
    }
    return [AddressView(each, last.get((each.kind, each.address))) for each in session().scalars(own)]


def troubles() -> dict[str, dict[str, Any]]:
    """Gateways that do not take what they are given: by kind, why."""
    failing = select(Gateway.kind, Gateway.trouble).where(Gateway.failing_since.is_not(None))
    return {row.kind: row.trouble for row in session().execute(failing)}


def is_moving(rows: Collection[Delivery | None]) -> bool:
    """Whether one of them is on its way and not for long: the page looks again by itself."""
    recent: datetime = clock.now() - WATCHED_FOR
    return any(
        each is not None and each.state == "waiting" and not each.is_held and each.created_at > recent for each in rows
    )
