"""A delivery on its way: whether it is still to go out, what became of it, and who learns that it did not arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select

from rules import messengers, reach
from rules.reach import Answer, Way
from webapp import clock
from webapp.access.scopes import SYSTEM
from webapp.background import outbox
from webapp.background.outbox import Claim
from webapp.changes import announcements
from webapp.db import session
from webapp.errors import NotFound, Refused
from webapp.models import Address, Contact, Conversation, Deal, Delivery, Message, Notification, Task, Webhook
from webapp.services import (
    delivery_plans,
    digests,
    gateways,
    journal,
    notifications,
    sign_ins,
    subscriptions,
    webhook_bodies,
    webhooks,
)
from webapp.snapshots import reach as found
from webapp.snapshots import setups
from webapp.snapshots import webhooks as hooks
from webapp.snapshots.reach import GatewayFacts

SECRETS = ("code", "to")
RECEIPT = "receipt"  # among the facts of what is still under way: what the gateway has said of it already
BROKEN = {"code": "broken"}  # what failed here is no fault of the gateway, nor of the address
WITH_SECRETS = ("code", "link")  # not sent again: another one is asked for


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be sent now, and by what; `more` are the lines of a digest, or what else is told of the same cause."""

    row: Delivery
    gateway: GatewayFacts
    notification: Notification | None
    message: Message | None = None
    deal: Deal | None = None
    more: Sequence[Notification] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    task: Task | None = None
    client: Contact | None = None
    webhook: Webhook | None = None


def prepare(mine: Claim) -> Prepared | None:
    """The delivery, if it is still to go out; else it is ended here."""
    row = _held(mine)
    if _receipt_of(row).get("state") == "delivered":  # it took it, though its answer was lost: not a second time
        _ended(mine, row, "delivered", {}, sent_at=clock.now())
        _look_after(row)
        return None
    if lost := _follow_client(row):
        _fail(mine, row, {"code": lost})
        return None
    notice = _unread(row)
    more = digests.lines(row) if row.content == "digest" else _others(notice)
    webhook = _webhook(row)
    gateway = found.by(row.channel) if webhook is None else _of_webhook(webhook)
    if (why := _why_not(row, notice, more)) is not None:
        _ended(mine, row, "cancelled", {"code": why})
        if row.content == "digest" and why == "address_gone":
            digests.elsewhere(row)
        return None
    if gateway is None:
        _fail(mine, row, {"code": "no_gateway"})
        return None
    if webhook is None and (answer := gateways.asked_to_wait(row.channel)) is not None:
        _not_taken(mine, row, answer)
        return None
    keys = _keys(row)
    if row.channel == "push" and found.is_by_another_key(keys):
        subscriptions.forget(row.user_id or 0, row.address)
        _fail(mine, row, {"code": "subscription_gone"})
        return None
    message = session().get(Message, row.message_id) if row.message_id else None
    deal = session().get(Deal, row.deal_id) if row.deal_id else None
    task = session().get(Task, notice.task_id) if notice is not None and notice.task_id is not None else None
    client = _client(message) if message is not None else None
    if message is not None and client is not None and webhook is not None and "said" not in row.facts:
        said = webhooks.event("message.sent", message.at, webhook_bodies.replied(message, row.deal_id, client))
        row.facts = {**row.facts, "said": said}  # a repeat says the same, whatever is renamed meanwhile
    return Prepared(row, gateway, notice, message, deal, more, keys, task, client, webhook)


def _client(message: Message) -> Contact:
    """To whom it was said: the conversation's client, whoever its deal is with by now."""
    return session().get_one(Contact, session().get_one(Conversation, message.conversation_id).contact_id)


def _keys(row: Delivery) -> Mapping[str, str]:
    """By which what is said to a browser is encrypted; of a messenger the key that is not shown."""
    if row.channel != "push" and not messengers.has_secret(row.channel):
        return {}
    if "to" in row.facts:
        return {"to": row.facts["to"]}
    own = (Address.user_id == row.user_id, Address.kind == row.channel, Address.address == row.address)
    return session().scalar(select(Address.keys).where(*own)) or {}


def _unread(row: Delivery) -> Notification | None:
    """What it is about: where that was read, and another of the same cause was not, it is about that one now. One that
    has its own delivery there, later, has the turn of this one."""
    notice = _notification(row)
    if notice is None or notice.read_at is None or notice.about is None:
        return notice
    others = session().scalars(_of_cause(notice)).all()
    own = delivery_plans.own_of(others, row)
    other = next((each for each in others if each.id not in own), None)
    if other is None:
        delivery_plans.hasten(own.values())
        return notice
    row.notification_id, row.deal_id = other.id, other.deal_id
    session().flush()
    return other


def _others(notice: Notification | None) -> Sequence[Notification]:
    if notice is None or notice.about is None:
        return ()
    return session().scalars(_of_cause(notice).where(Notification.id != notice.id)).all()


def _of_cause(notice: Notification) -> Select[Notification]:
    """What its reader was told of the same cause lately and has not read."""
    same = (Notification.user_id == notice.user_id, Notification.about == notice.about)
    lately = notice.created_at - reach.GATHERED_FOR
    wanted = select(Notification).where(*same, Notification.read_at.is_(None), Notification.created_at > lately)
    return wanted.order_by(Notification.seq)


def _webhook(row: Delivery) -> Webhook | None:
    return session().get(Webhook, row.webhook_id) if row.webhook_id is not None else None


def _of_webhook(webhook: Webhook) -> GatewayFacts | None:
    """None: nothing goes there any more."""
    return GatewayFacts("webhook", webhook.url, "", True, False) if hooks.stands(webhook) else None


def _held(mine: Claim) -> Delivery:
    row = session().get_one(Delivery, mine.row_id, with_for_update=True, populate_existing=True)
    if not outbox.is_held(mine, row):
        raise outbox.LeaseLost(mine)
    return row


def _follow_client(row: Delivery) -> str:
    """A word to a client goes by the way that there is today: an address may have been corrected or taken away since,
    a channel forbidden. Why it does not go any more, if so: the page has said that nothing will be sent."""
    talk = _conversation(row)
    if talk is None:
        return ""
    way, webhook = _way_in(talk)
    if way.channel:
        row.channel, row.address, row.webhook_id = way.channel, way.address, webhook.id if webhook else None
    return way.why_not


def _way_in(talk: Conversation) -> tuple[Way, Webhook | None]:
    way = found.way_in(talk)
    return way, hooks.of_conversation(talk) if way.channel == "webhook" else None


def _conversation(row: Delivery) -> Conversation | None:
    """In which it is a word to a client, if it is one."""
    message = session().get(Message, row.message_id) if row.content == "message" and row.message_id else None
    return session().get_one(Conversation, message.conversation_id) if message is not None else None


def _why_not(row: Delivery, notice: Notification | None, more: Sequence[Notification]) -> str | None:
    """Its cause is settled: it is not sent any more."""
    if (notice is not None and notice.read_at is not None) or (row.content == "digest" and not more):
        return "read"
    person = setups.current().people.get(row.user_id or 0)
    if row.user_id is not None and (person is None or not person.is_active):
        return "left"
    if row.content == "link" and sign_ins.person_of_link(row.facts.get("code", "")) is None:
        return "link_ended"
    if row.content not in ("notification", "digest"):
        return None
    counts = any(each.kind == row.channel and each.address == row.address for each in found.places([row.user_id or 0]))
    return None if counts else "address_gone"


def finish(mine: Claim, answer: Answer) -> None:
    """What the world said, behind the fence."""
    row = _held(mine)
    if (webhook := _webhook(row)) is not None:
        webhooks.answered(webhook, answer, row.attempts)
    elif row.channel not in found.BY_THEMSELVES:  # one of these that is ill says nothing of the others
        gateways.answered(row.channel, answer, row.attempts)
    if answer.reason.get("code") == "subscription_gone" and row.user_id is not None:
        subscriptions.forget(row.user_id, row.address)
    said = _receipt_of(row)
    if answer.state == "sent" or said.get("state") == "delivered":
        _ended(mine, row, "sent", {}, sent_at=clock.now())
        _look_after(row)
        if said:
            session().refresh(row)
            _received(row, said["state"], said["text"])
        return
    _not_taken(mine, row, answer)


def _not_taken(mine: Claim, row: Delivery, answer: Answer) -> None:
    """When it is tried again, if ever: here alone that is decided."""
    has_next = answer.state == "later" and _has_next(row)
    gap = reach.gap(row.attempts, has_next=has_next, asked=answer.wait) if answer.state == "later" else None
    if gap is None:
        _fail(mine, row, dict(answer.reason))
    else:
        outbox.put_off(mine, clock.now() + gap, reason=dict(answer.reason))
    _announce(row)


def _without_secrets(row: Delivery) -> dict[str, Any]:
    """A code, or a key by which it was tried, is not kept once it has come to its end."""
    return {key: value for key, value in row.facts.items() if key not in (*SECRETS, RECEIPT)}


def _has_next(row: Delivery) -> bool:
    if row.content == "digest":
        return digests.next_place(row) is not None
    notice = _notification(row)
    return notice is not None and delivery_plans.next_place(notice) is not None


def _notification(row: Delivery) -> Notification | None:
    return session().get(Notification, row.notification_id) if row.notification_id else None


def _look_after(row: Delivery) -> None:
    """What is urgent and not read in a while goes to the next address: it is cancelled when it is read before."""
    notice = _notification(row)
    if notice is not None and row.is_urgent and notice.read_at is None:
        delivery_plans.plan_next(notice, clock.now() + reach.UNSEEN_AFTER)


def _ended(mine: Claim, row: Delivery, state: str, reason: dict[str, Any], **columns: Any) -> None:
    outbox.end(mine, state, reason=reason, facts=_without_secrets(row), **columns)
    note(row, state, reason)


def _fail(mine: Claim, row: Delivery, reason: dict[str, Any]) -> None:
    notice = _notification(row)
    _ended(mine, row, "failed", reason)
    undelivered(row, notice, reason)


def note(row: Delivery, state: str, reason: Mapping[str, Any]) -> None:
    """On the deal's history too, once it is known what became of it."""
    _announce(row)
    if row.deal_id is None or (state == "cancelled" and reason.get("code") == "read"):
        return
    fact = {"channel": row.channel, "user_id": row.user_id, "reason": dict(reason), "content": row.content}
    if row.webhook_id is not None:
        fact["to"] = row.facts.get("name") or row.address
    journal.write(f"delivery.{state}", "delivery", row.id, SYSTEM, deal_id=row.deal_id, new=fact)


def _announce(row: Delivery) -> None:
    if row.deal_id is not None:
        announcements.deal_changed(row.deal_id)


def undelivered(row: Delivery, notice: Notification | None, reason: Mapping[str, Any]) -> None:
    """The next address at once, unless what it says (`notice`) was read before it came to nothing; whoever must know is
    told."""
    has_other = notice is not None and notice.read_at is None and delivery_plans.plan_next(notice, clock.now())
    if row.content == "digest":
        digests.elsewhere(row)
    is_about_it = notice is not None and notice.kind in ("gateway.failing", "undelivered")
    if row.content == "message":
        _tell_writer(row, reason)
    elif reason.get("code") == "subscription_gone" and has_other:
        return
    elif row.content in ("digest", "event") or (notice is not None and not is_about_it):
        _tell_admins(row, reason)


def _tell_writer(row: Delivery, reason: Mapping[str, Any]) -> None:
    """Who wrote to the client, and who is responsible, learn that it did not arrive."""
    message, deal = session().get_one(Message, row.message_id), session().get_one(Deal, row.deal_id)
    notifications.tell(
        {deal.responsible_id, message.by_id or deal.responsible_id},
        "message.undelivered",
        key=f"undelivered-{row.key}",
        facts={
            "deal.title": deal.title,
            "delivery.to": row.address,
            "delivery.channel": {"channel": row.channel},
            "delivery.reason": {"delivery_reason": dict(reason)},
        },
        urgency="urgent",
        deal_id=deal.id,
    )


def _tell_admins(row: Delivery, reason: Mapping[str, Any]) -> None:
    """Once a day for each person, or webhook, and way."""
    notifications.tell(
        setups.current().org.fallback,
        "undelivered",
        key=f"undelivered-{row.user_id or row.webhook_id}-{row.channel}-{clock.now().date()}",
        facts={
            "delivery.to": setups.current().name_of(row.user_id) or row.facts.get("name") or row.address,
            "delivery.channel": {"channel": row.channel},
            "delivery.reason": {"delivery_reason": dict(reason)},
        },
        urgency="urgent",
    )


def give_up(row_id: int, error: str) -> None:
    """Attempts are used up by failures of our own."""
    row = session().get_one(Delivery, row_id, with_for_update=True)
    if row.state != "waiting":
        return
    notice = _notification(row)
    row.state, row.ended_at, row.error, row.reason = "failed", clock.now(), error[:2000], dict(BROKEN)
    row.facts = _without_secrets(row)
    note(row, "failed", row.reason)
    undelivered(row, notice, row.reason)


def receipt(key: str, state: str, text: str = "") -> None:
    """The gateway says what became of what it took. Again, or too late, is no error; nor is it before its own answer
    has come, or when that was lost: it is kept until then."""
    row = session().query(Delivery).filter_by(key=key).with_for_update().one_or_none()
    if row is None:
        raise NotFound("delivery")
    if state not in ("delivered", "failed"):
        return
    if row.state == "sent":
        _received(row, state, text)
    elif row.state == "waiting" and row.attempts and (state == "delivered" or row.claimed_at is not None):
        kept = {"state": state, "text": text, "attempt": row.attempts}
        row.facts = {**row.facts, RECEIPT: _receipt_of(row) or kept}


def _receipt_of(row: Delivery) -> Mapping[str, Any]:
    """What the gateway has said of the try that is under way. That it failed, of an earlier one, is over: it is tried
    again."""
    said: Mapping[str, Any] = row.facts.get(RECEIPT, {})
    return said if said and (said["state"] == "delivered" or said["attempt"] == row.attempts) else {}


def _received(row: Delivery, state: str, text: str) -> None:
    reason = dict(Answer("refused", {"code": "gateway_said", "text": text}).reason) if state == "failed" else {}
    notice = _notification(row)
    row.state, row.reason, row.ended_at = state, reason, clock.now()
    note(row, state, reason)
    if state == "failed":
        undelivered(row, notice, reason)


def retry(row_id: int) -> Delivery:
    """An admin sends again what has failed; a word to a client by the way that there is today. Raises Refused where
    there is none."""
    row = session().get(Delivery, row_id, with_for_update=True)
    if row is None:
        raise NotFound("delivery")
    if row.state != "failed" or row.content in WITH_SECRETS or row.facts.get("again"):
        raise Refused("not_failed")
    way, webhook_id = _way_again(row)
    now, (key, _, times) = clock.now(), row.key.partition("~")
    anew = delivery_plans.add(
        f"{key}~{int(times or 0) + 1}",
        way.channel,
        way.address,
        row.content,
        due=now,
        user_id=row.user_id,
        notification_id=row.notification_id,
        message_id=row.message_id,
        deal_id=row.deal_id,
        webhook_id=webhook_id,
        is_urgent=row.is_urgent,
        facts=row.facts,
    )
    row.facts = {**row.facts, "again": True}
    digests.move(row, anew)
    return anew


def _way_again(row: Delivery) -> tuple[Way, int | None]:
    """And the webhook, where it goes by one."""
    talk = _conversation(row)
    if talk is None:
        return Way(row.channel, row.address), row.webhook_id
    way, webhook = _way_in(talk)
    if not way.channel:
        raise Refused("no_way_to_client")
    return way, webhook.id if webhook is not None else None
