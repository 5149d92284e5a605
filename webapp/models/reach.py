"""How the firm and its people are reached outside of Dozor: the firm's gateways, people's addresses, each delivery."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from rules import reach
from webapp.db import NUMBERS_ONCE, Base
from webapp.models.outbox import WorkColumns, due_index


class Gateway(Base):
    """What the firm sends by: one row a kind. `url` holds its secrets and is never shown."""

    __tablename__ = "gateway"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(unique=True)  # email, sms, receipts
    url: Mapped[str] = mapped_column(default="")
    sender: Mapped[str] = mapped_column(default="")
    to_clients: Mapped[bool] = mapped_column(default=False, server_default=false())
    failing_since: Mapped[datetime | None]
    rest_until: Mapped[datetime | None]
    trouble: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Address(Base):
    """Where a person wants to be told besides in Dozor. It counts once it was confirmed by a code, or vouched for."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("user_id", "kind", "address"), NUMBERS_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    kind: Mapped[str]  # email, sms, push
    address: Mapped[str]
    wanted_for: Mapped[list[Any]] = mapped_column(default=list)  # urgent, normal, digest
    position: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]
    vouched_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    code_hash: Mapped[str | None]
    code_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(default=0)
    # Of push, whose address is the push service's for one browser:
    keys: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    session_id: Mapped[int | None] = mapped_column(ForeignKey("user_session.id"), index=True)
    label: Mapped[str | None]


class Telling(Base):
    """How a person wants to be told, where they have said so: see `Wishes` in rules/reach.py."""

    __tablename__ = "telling"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    has_quiet_hours: Mapped[bool] = mapped_column(default=True)
    an_hour: Mapped[int] = mapped_column(default=reach.AN_HOUR)
    shows_clients: Mapped[bool] = mapped_column(default=False)


class DigestLine(Base):
    """What stands in a digest: a notification in the delivery that will say it, or has."""

    __tablename__ = "digest_line"

    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)


class Delivery(WorkColumns, Base):
    """One word that goes out to one address. `state` ends in sent, then perhaps delivered, or in failed or cancelled;
    `reason` says why. `content`: notification, digest, message, code, test, link, event."""

    __tablename__ = "delivery"
    __table_args__ = (
        due_index("delivery"),
        Index("ix_delivery_notification_id", "notification_id"),
        Index("ix_delivery_message_id", "message_id"),
        Index(
            "ix_delivery_deal_id",
            "deal_id",
            sqlite_where=text("deal_id IS NOT NULL"),
            postgresql_where=text("deal_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]  # email, sms, push, webhook
    address: Mapped[str]
    content: Mapped[str]
    is_urgent: Mapped[bool] = mapped_column(default=False)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notification.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    webhook_id: Mapped[int | None] = mapped_column(ForeignKey("webhook.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sent_at: Mapped[datetime | None]
