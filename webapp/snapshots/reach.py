"""By what the firm sends, and where each person is reached: the environment wins over what was set on the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from flask import current_app
from sqlalchemy import BindParameter, ColumnElement, bindparam, exists, select

from rules import emails, messengers, reach
from rules.reach import Place, Way, Wishes
from webapp import phones
from webapp.background import push_keys
from webapp.config import Settings
from webapp.db import among, execute_core, session
from webapp.models import Address, Contact, Conversation, Gateway, Telling, UserSession, Webhook
from webapp.snapshots import contact_ways, setups, sign_ins, webhooks

BY_THEMSELVES = ("push", messengers.OWN)  # each such address has a service of its own


@dataclass(frozen=True, slots=True)
class GatewayFacts:
    """`url` holds secrets: it goes to the sender, and to no page."""

    kind: str
    url: str
    sender: str
    to_clients: bool
    is_of_environment: bool

    @property
    def host(self) -> str:
        """What a page may say of it. Of services without a server of one's own a key stands there: nothing is said."""
        name = urlsplit(self.url).hostname or ""
        return name if "." in name or name == "localhost" else ""


def gateways() -> dict[str, GatewayFacts]:
    """Those that are set, by kind."""
    settings: Settings = current_app.config["SETTINGS"]
    fixed = {"email": settings.smtp_url, "sms": settings.sms_url, **dict.fromkeys(messengers.MESSENGERS, "")}
    rows = {each.kind: each for each in session().scalars(select(Gateway))}
    found = {}
    for kind, of_environment in fixed.items():
        row = rows.get(kind)
        if url := of_environment or (row.url if row else ""):
            sender = (row.sender if row else "") or _user(url)
            found[kind] = GatewayFacts(kind, url, sender, bool(row and row.to_clients), bool(of_environment))
    return found


def _user(url: str) -> str:
    """Who signs in there, when that is an address."""
    user = unquote(urlsplit(url).username or "")
    return user if "@" in user else ""


def stands(since: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """SQL over Address: one that is a browser's counts as long as the sign-in there does."""
    signed_in = exists().where(UserSession.id == Address.session_id, sign_ins.counts(since))
    return Address.session_id.is_(None) | signed_in


_PLACES = (
    select(Address.id, Address.user_id, Address.kind, Address.address, Address.wanted_for)
    .where(among(Address.user_id, "people"), Address.confirmed_at.is_not(None), stands(bindparam("since")))
    .order_by(Address.user_id, Address.position, Address.id)
)


def places(user_ids: Collection[int]) -> Sequence[Place]:
    """The addresses of these people that count, each person's in the order of their wish."""
    rows = execute_core(_PLACES, people=sorted(user_ids), since=sign_ins.since())
    return [Place(row.id, row.user_id, row.kind, row.address, tuple(row.wanted_for)) for row in rows]


def kinds() -> set[str]:
    """By which kinds of address people can be told: by the firm's gateways, and always by what is a person's own."""
    return {*gateways(), *BY_THEMSELVES}


def by(channel: str) -> GatewayFacts | None:
    """What sends by this channel."""
    if channel == messengers.OWN:
        return GatewayFacts(channel, "", "", False, False)
    return _push() if channel == "push" else gateways().get(channel)


def _push() -> GatewayFacts | None:
    """The firm's own key is what it sends push by; without one no browser has been asked yet."""
    keys = push_keys.known()
    if keys is None:
        return None
    settings: Settings = current_app.config["SETTINGS"]
    contact = push_contact() or f"mailto:dozor@{urlsplit(settings.url).hostname}"  # which most services take
    return GatewayFacts("push", keys.private, contact, False, False)


def is_by_another_key(keys: Mapping[str, str]) -> bool:
    """Whether a browser was asked by a key that is not the firm's any more: no push service takes it."""
    ours = push_keys.known()
    return keys.get("by", "") not in ("", ours.public if ours is not None else "")


def push_contact() -> str:
    """Whom a push service writes to when something is wrong: an admin at a real address, else the site; "" when there
    is neither, and some services then take nothing."""
    settings: Settings = current_app.config["SETTINGS"]
    admins = [each for each in setups.current().people.values() if each.is_admin and each.is_active]
    real = next((each.email for each in admins if emails.is_real(each.email)), None)
    if real:
        return f"mailto:{real}"
    return settings.url if settings.url.startswith("https:") and not settings.is_of_this_machine else ""


def wishes(user_ids: Collection[int]) -> dict[int, Wishes]:
    """How these people want to be told, of those who have said so."""
    rows = session().scalars(select(Telling).where(Telling.user_id.in_(user_ids))) if user_ids else ()
    return {row.user_id: Wishes(row.has_quiet_hours, row.an_hour, row.shows_clients) for row in rows}


def way_in(conversation: Conversation) -> Way:
    """How a word of ours in this conversation reaches its client today, or why it does not. Whom it is with says the
    conversation itself: its deal may be with somebody else by now."""
    contact = session().get(Contact, conversation.contact_id)
    email, phone = _wrote_from(conversation, contact)
    return _way(contact, webhooks.of_conversation(conversation), email, phone)


def way_to(contact: Contact | None) -> Way:
    """As `way_in`, for a first word to somebody with whom there is no conversation yet."""
    return _way(contact, None, contact.email if contact else None, contact.phone if contact else None)


def _wrote_from(conversation: Conversation, contact: Contact | None) -> tuple[str | None, str | None]:
    """The address and the number of theirs from which the client wrote last, as long as they are theirs; else their
    main ones."""
    if contact is None:
        return None, None
    email, phone = conversation.email or contact.email, conversation.phone or contact.phone
    if (email, phone) != (contact.email, contact.phone):
        further = contact_ways.of([contact.id])[contact.id]
        email = email if email in further["more_emails"] else contact.email
        theirs = {phones.split(each)[0] for each in further["more_phones"]}
        phone = phone if phone in theirs else contact.phone
    return email, phone


def _way(contact: Contact | None, webhook: Webhook | None, email: str | None, phone: str | None) -> Way:
    number = phones.split(phone or "")[0] if contact else None
    allowed = {kind: each.to_clients for kind, each in gateways().items()}
    host = webhooks.host_of(webhook.url) if webhook else ""
    return reach.way_to_client(email, number, allowed, is_lesson=setups.current().firm.is_lesson, webhook=host)


def without(kind: str, user_ids: Collection[int]) -> list[int]:
    """Who of these people is not reached by it: no address of theirs counts, or the firm sends nothing by it."""
    reached = {each.user_id for each in places(user_ids) if each.kind == kind} if kind in gateways() else set()
    return [each for each in user_ids if each not in reached]
