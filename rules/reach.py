"""How a person is reached outside of Dozor: which of their addresses is used first, which next, and when it is tried
again. What a gateway answered is an `Answer`; its words are in webapp/i18n/deliveries.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rules.texts import storable

ADDRESS_KINDS = ("email", "sms")
URGENCIES = ("urgent", "normal", "digest")
# The n-th failure is followed by the n-th gap; after the last the delivery has failed.
GAPS = tuple(timedelta(seconds=each) for each in (5, 15, 60, 300, 900, 3600, 10800))
TRIES_BEFORE_THE_NEXT = 3  # where the person has another address: 20 seconds
UNSEEN_AFTER = timedelta(minutes=5)  # what is urgent and was not read goes to the next address then
GATHERED_FOR = timedelta(hours=1)  # repeats of one robot about one person go out once in this time, while unread
AN_HOUR = 6  # of what is not urgent, where a person has not said otherwise: the rest stands in the morning's digest
MOST_AN_HOUR = 60
ADMINS_TOLD_AFTER = 3  # failures of a gateway in a row
REST = timedelta(seconds=15)  # a gateway that does not answer is left alone, so that others do not wait behind it
# As long as the other side asks for, and no longer: what is important does not wait for a week by a stranger's word.
LONGEST_ASKED = timedelta(minutes=15)
BEFORE_THE_NEXT = sum(GAPS[: TRIES_BEFORE_THE_NEXT - 1], timedelta(0))
# These never pass by themselves: somebody must put the set-up right.
SET_UP_WRONG = frozenset(
    (
        "sign_in",
        "certificate",
        "private_address",
        "no_such_host",
        "not_encrypted",
        "sender_refused",
        "bad_sender",
        "bad_address",
        "key_refused",
    )
)
# These say nothing of the gateway: it is one address that does not take it, be it for now or for good.
OF_ADDRESS = frozenset(("recipient_refused", "recipient_unsupported", "subscription_gone"))
# SMS go out by these alone; the last four are for a gateway of one's own.
SMS_SCHEMES = frozenset(
    (
        "46elks",
        "elks",
        "atalk",
        "bulksms",
        "burstsms",
        "kudosity",
        "clickatell",
        "clicksend",
        "d7sms",
        "httpsms",
        "infobip",
        "kavenegar",
        "msg91",
        "msgbird",
        "nexmo",
        "octopush",
        "plivo",
        "serwersms",
        "seven",
        "sinch",
        "smsc",
        "smseagle",
        "smseagles",
        "smsmgr",
        "smsmanager",
        "sns",
        "telesign",
        "telnyx",
        "twilio",
        "voipms",
        "vonage",
        "json",
        "jsons",
        "form",
        "forms",
    )
)


@dataclass(frozen=True, slots=True)
class Place:
    """An address of a person that counts: it was confirmed, or vouched for."""

    id: int
    user_id: int
    kind: str
    address: str
    wanted_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a person wants to be told. `has_quiet_hours`: what is not urgent waits for their working hours. `an_hour`:
    how much of it goes out in an hour. `shows_clients`: a locked phone may show names and results."""

    has_quiet_hours: bool = True
    an_hour: int = AN_HOUR
    shows_clients: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try. `state`: sent; refused, which no repeating would change; later. `reason` is kept, told and
    shown in many places, and holds words of the other side: here, and nowhere else, they become such as can be kept.
    `wait`: for so long the other side asks to be left alone."""

    state: str
    reason: Mapping[str, Any] = field(default_factory=dict)
    wait: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        kept = {key: storable(each) if isinstance(each, str) else each for key, each in self.reason.items()}
        object.__setattr__(self, "reason", kept)

    @property
    def is_of_gateway(self) -> bool:
        """Whether it is the gateway that has failed, and not the one address."""
        return self.state == "later" and self.reason.get("code") not in OF_ADDRESS


@dataclass(frozen=True, slots=True)
class Way:
    """How a word reaches a client; or `why_not`: lesson, no_address, no_gateway, not_allowed."""

    channel: str = ""
    address: str = ""
    why_not: str = ""


def way_to_client(
    email: str | None, phone: str | None, allowed: Mapping[str, bool], *, is_lesson: bool, webhook: str = ""
) -> Way:
    """By the webhook of whatever brought the client; else by mail where there is an address, else by SMS. `allowed` are
    the firm's gateways: whether clients are written to by each. The lesson's firm writes to nobody, for its people look
    real; but somebody of this firm has set the webhook up."""
    if webhook:
        return Way("webhook", webhook)
    if is_lesson:
        return Way(why_not="lesson")
    ways = [Way(kind, address) for kind, address in (("email", email), ("sms", phone)) if address]
    if not ways:
        return Way(why_not="no_address")
    found = next((each for each in ways if allowed.get(each.channel)), None)
    if found is not None:
        return found
    return Way(why_not="not_allowed" if any(each.channel in allowed for each in ways) else "no_gateway")


def chain(places: Iterable[Place], urgency: str, also: Collection[str], kinds: Collection[str]) -> list[Place]:
    """The addresses of one person for one word, in the order in which they are tried. `also` are kinds that whoever
    tells asks for, wanted or not; `kinds` those that the firm has a gateway for."""
    usable = [each for each in places if each.kind in kinds]
    asked = [each for each in usable if each.kind in also]
    return asked + [each for each in usable if urgency in each.wanted_for and each not in asked]


def at_once(found: Sequence[Place], also: Collection[str]) -> list[Place]:
    """Those of a chain that are not kept back until another has failed: what was asked for by name, and the first."""
    wanted = [each for each in found if each.kind not in also]
    return [each for each in found if each.kind in also] + wanted[:1]


def of_digest(places: Sequence[Place], kinds: Collection[str]) -> list[Place]:
    """Where the morning's digest goes, in the order in which it is tried: without an address for it, where the rest
    goes, or else whatever there is."""
    usable = [each for each in places if each.kind in kinds]
    wanted = ([each for each in usable if wish in each.wanted_for] for wish in ("digest", "normal"))
    return next(filter(None, wanted), usable)


def next_of_group(last_due: datetime, *, is_read: bool) -> datetime:
    """When a repeat may go out after the last one of its group did: once that was read, five minutes are enough."""
    return last_due + (UNSEEN_AFTER if is_read else GATHERED_FOR)


def gap(failures: int, *, has_next: bool, asked: timedelta = timedelta(0)) -> timedelta | None:
    """How long after this many failures it is tried again; None: it has failed. `asked`: how long the other side wants
    to be left alone, which nobody who has another address waits for."""
    if has_next and (failures >= TRIES_BEFORE_THE_NEXT or asked > BEFORE_THE_NEXT):
        return None
    return max(GAPS[failures - 1], min(asked, LONGEST_ASKED)) if failures <= len(GAPS) else None


def rest(failures: int, asked: timedelta = timedelta(0)) -> timedelta:
    """How long nothing at all is given to whoever has failed so often in a row, or has asked for it."""
    return max(min(REST, timedelta(seconds=5 * failures)), min(asked, LONGEST_ASKED))


def is_admins_business(reason: Mapping[str, Any], failures: int) -> bool:
    """Whether a gateway that does not take what it is given is told to the admins now."""
    return reason.get("code") in SET_UP_WRONG or failures >= ADMINS_TOLD_AFTER
