"""The addresses at which a person wants to be told: added, confirmed by a code or vouched for, chosen for what."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select

from rules import emails, messengers
from rules.errors import FieldError
from rules.reach import URGENCIES
from webapp import clock, phones
from webapp.access.scopes import Actor
from webapp.access.sessions import hash_token
from webapp.db import session
from webapp.errors import NotFound, Refused, invalid, not_an_option
from webapp.models import Address, Delivery, User
from webapp.services import delivery_plans, journal, limits, texts
from webapp.snapshots import reach as found
from webapp.snapshots import setups, sign_ins

CODE_FOR = timedelta(minutes=30)
CODE_TRIES = 5
AGAIN_AFTER = timedelta(seconds=30)
OWN_LIMIT = 500
TESTS_AN_HOUR = 60  # of an admin who sets up what the firm sends by, mistakes included
WORDS_AN_HOUR = 10  # codes and tests of one person: the firm pays for them, and whoever gets them may not have asked
MOST = 5
KINDS = ("email", "sms", *messengers.MESSENGERS, messengers.OWN)


@dataclass(frozen=True, slots=True)
class Wish:
    """An address, and for what: as it was written."""

    kind: str
    address: str
    wanted_for: Sequence[str]


def clean(kind: str, raw: str) -> str:
    """An e-mail address, a number in E.164, or where somebody reads in a messenger. Raises Refused."""
    if kind not in KINDS:
        raise not_an_option("kind", KINDS)
    if kind not in ("email", "sms"):
        return _in_messenger(kind, raw)
    try:
        read = emails.read(raw) if kind == "email" else phones.read(raw, setups.current().firm.country)
    except FieldError as error:
        raise invalid("address", error.code, **error.facts) from None
    if not read:
        raise invalid("address", "blank")
    return phones.split(str(read))[0] if kind == "sms" else str(read)


def _in_messenger(kind: str, raw: str) -> str:
    target = texts.line("address", raw, messengers.TARGET_LIMIT if kind in messengers.MESSENGERS else OWN_LIMIT)
    if kind == messengers.OWN and not messengers.is_own(target):
        raise invalid("address", "not_a_messenger")
    if kind in messengers.MESSENGERS and not messengers.MESSENGERS[kind].target.fullmatch(target):
        raise invalid("address", "not_a_target", example=messengers.MESSENGERS[kind].shown_as)
    return target


def add(user_id: int, kind: str, raw: str, by: Actor, *, with_code: bool = True) -> Address:
    """A new address; a code goes to it, unless somebody is about to vouch for it. Raises Refused, also when the firm
    has nothing to send by."""
    address, keys = apart(kind, clean(kind, raw))
    _must_be_open(kind, by)
    session().get(User, user_id, with_for_update=True)
    known = select(Address.id).where(Address.user_id == user_id, Address.kind != "push")
    limits.must_have_room(f"addresses of {user_id}", known, MOST, "address")
    row = _known(user_id, kind, address)
    if row is None:
        last = session().scalar(select(func.max(Address.position)).where(Address.user_id == user_id)) or 0
        row = Address(user_id=user_id, kind=kind, address=address, wanted_for=["urgent"], position=last + 1, keys=keys)
        session().add(row)
        session().flush()
        journal.write("user.address_added", "user", user_id, by, new={"kind": kind})
    if row.confirmed_at is None and with_code:
        send_code(row)
    return row


def apart(kind: str, address: str) -> tuple[str, dict[str, str]]:
    """What is shown of it, and what is kept beside it: a key of the person's is in the second alone."""
    if not messengers.has_secret(kind):
        return address, {}
    return messengers.masked(kind, address), {"to": address}


def _must_be_open(kind: str, by: Actor) -> None:
    """Whether the firm sends by it, and this person may say so. A whole address of a service leads anywhere: only an
    admin gives it. Raises Refused."""
    if kind == messengers.OWN:
        if by.scope is None or not by.scope.is_admin:
            raise invalid("kind", "only_admins_apprise")
    elif kind not in found.gateways():
        raise invalid("kind", "no_gateway")


def replace(user_id: int, wishes: Sequence[Wish], by: Actor) -> None:
    """These and no others, in this order; a code goes to each that is new. A browser that is not among them is left as
    it is. Raises Refused, with the place."""
    wanted: list[tuple[str, str]] = []
    for n, each in enumerate(wishes):
        with _at(f"items.{n}"):
            if each.kind == "push":
                wanted.append(_browser(user_id, each.address, wanted))
                continue
            known = _known(user_id, each.kind, each.address) if messengers.has_secret(each.kind) else None
            wanted.append((each.kind, known.address if known else apart(each.kind, clean(each.kind, each.address))[0]))
            if wanted[n] in wanted[:n]:
                raise invalid("address", "listed_twice")
    for row in _all(user_id):
        if row.kind in KINDS and (row.kind, row.address) not in wanted:
            remove(row, by)
    session().flush()
    for n, (each, (kind, address)) in enumerate(zip(wishes, wanted, strict=True)):
        with _at(f"items.{n}"):
            row = _known(user_id, kind, address) or add(user_id, kind, each.address, by)
            choose(row, each.wanted_for, by)
            row.position = n + 1


def _browser(user_id: int, shown: str, listed: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """A browser as it is listed: by its service alone. It is turned on in the browser itself. Raises Refused."""
    for row in _all(user_id):
        is_it = row.kind == "push" and shown in (row.address, urlsplit(row.address).hostname)
        if is_it and ("push", row.address) not in listed:
            return "push", row.address
    raise invalid("kind", "only_browsers")


@contextmanager
def _at(place: str) -> Iterator[None]:
    """What is refused in it is said with its place."""
    try:
        yield
    except Refused as error:
        placed = {f"{place}.{name}": problem for name, problem in error.problems.items()}
        raise Refused(error.reason, problems=placed, **error.facts) from None


def unconfirmed(user_id: int, raw: str | None) -> Sequence[Address]:
    """Those that do not count yet, or the one among them. Raises NotFound."""
    rows = [each for each in _all(user_id) if each.confirmed_at is None and (raw is None or _is_at(each, raw))]
    if not rows:
        raise NotFound("address")
    return rows


def _is_at(row: Address, raw: str) -> bool:
    """Whether this is the address that somebody writes: in any way in which it could have been added."""
    try:
        return row.address == apart(row.kind, clean(row.kind, raw))[0]
    except Refused:
        return row.address == raw


def _all(user_id: int) -> Sequence[Address]:
    own = select(Address).where(Address.user_id == user_id, found.stands(sign_ins.since()))
    own = own.order_by(Address.position, Address.id)
    return session().scalars(own.with_for_update()).all()


def _known(user_id: int, kind: str, address: str) -> Address | None:
    return next((each for each in _all(user_id) if (each.kind, each.address) == (kind, address)), None)


def send_code(row: Address) -> None:
    """A new code to the address; one in half a minute, so that nobody is flooded by somebody else's wish."""
    now = clock.now()
    if row.code_at is not None and now - row.code_at < AGAIN_AFTER:
        raise Refused("code_was_sent")
    _must_be_few(row.user_id)
    code = f"{secrets.randbelow(10**6):06d}"
    row.code_hash, row.code_at, row.code_tries = hash_token(f"{row.id}-{code}"), now, 0
    key = f"code-{row.id}-{secrets.token_hex(6)}"
    delivery_plans.add(
        key, row.kind, row.address, "code", due=now, user_id=row.user_id, is_urgent=True, facts={"code": code}
    )


def confirm(row: Address, code: str, by: Actor) -> bool:
    """Whether this is the code that was sent there. False counts as a try, which is kept."""
    is_open = row.code_at is not None and clock.now() - row.code_at < CODE_FOR and row.code_tries < CODE_TRIES
    row.code_tries += 1
    if not is_open or not secrets.compare_digest(row.code_hash or "", hash_token(f"{row.id}-{code.strip()}")):
        return False
    row.confirmed_at, row.code_hash = clock.now(), None
    journal.write("user.address_confirmed", "user", row.user_id, by, new={"kind": row.kind})
    return True


def vouch(row: Address, by: Actor) -> None:
    """An admin knows that this is the person's own."""
    row.confirmed_at, row.vouched_by_id = row.confirmed_at or clock.now(), by.user_id
    journal.write("user.address_confirmed", "user", row.user_id, by, new={"kind": row.kind, "vouched": True})


def choose(row: Address, wanted_for: Sequence[str], by: Actor) -> None:
    """For what it is used. Raises Refused."""
    if any(each not in URGENCIES for each in wanted_for):
        raise not_an_option("for", URGENCIES)
    new = [each for each in URGENCIES if each in wanted_for]
    if new != row.wanted_for:
        journal.write("user.address_chosen", "user", row.user_id, by, old=row.wanted_for, new=new)
        row.wanted_for = new


def remove(row: Address, by: Actor) -> None:
    journal.write("user.address_removed", "user", row.user_id, by, old={"kind": row.kind})
    session().delete(row)


def test(row: Address) -> Delivery:
    """A word to one's own address."""
    if row.confirmed_at is None:
        raise Refused("not_confirmed")
    return _test(row.kind, row.address, row.user_id)


def test_gateway(kind: str, raw: str, by: Actor) -> Delivery:
    """An admin sends a word to any address, to see whether it comes. Raises Refused."""
    if kind not in found.gateways():
        raise Refused("no_gateway")
    assert by.user_id is not None
    address, keys = apart(kind, clean(kind, raw))
    delivery_plans.cancel_tests(by.user_id, kind)
    return _test(kind, address, by.user_id, keys, TESTS_AN_HOUR)


def _must_be_few(user_id: int, most: int = WORDS_AN_HOUR) -> None:
    """Counted by what went out and not by addresses, which may be taken away and added again. Raises Refused."""
    session().get(User, user_id, with_for_update=True)
    lately = Delivery.created_at > clock.now() - timedelta(hours=1)
    sent = select(func.count(Delivery.id)).where(
        Delivery.user_id == user_id, Delivery.content.in_(("code", "test")), lately
    )
    if (session().scalar(sent) or 0) >= most:
        raise Refused("words_enough", limit=most)


def _test(
    kind: str, address: str, user_id: int, keys: dict[str, str] | None = None, most: int = WORDS_AN_HOUR
) -> Delivery:
    _must_be_few(user_id, most)
    key = f"test-{kind}-{secrets.token_hex(6)}"
    return delivery_plans.add(
        key, kind, address, "test", due=clock.now(), user_id=user_id, is_urgent=True, facts=keys or {}
    )


def one(user_id: int, address_id: int) -> Address:
    """One of a person's, locked. Raises NotFound."""
    mine = select(Address).where(Address.id == address_id, Address.user_id == user_id, found.stands(sign_ins.since()))
    row = session().scalars(mine.with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound("address")
    return row


def known_phone(user_id: int) -> str:
    """The number that stands with the person."""
    return session().scalar(select(User.phone).where(User.id == user_id)) or ""
