"""Browsers that are told by web push: each is a person's address like any other, for as long as its sign-in lasts."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Collection
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select

from webapp import clock
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import invalid
from webapp.models import Address, User
from webapp.services import journal, limits, texts
from webapp.snapshots import reach, sign_ins

MOST = 10
LENGTHS = {"p256dh": 65, "auth": 16}
LONGEST = 1000


def subscribe(
    user_id: int,
    session_id: int,
    endpoint: str,
    keys: dict[str, str],
    label: str,
    by: Actor,
    *,
    allowed: Collection[str],
    by_key: str = "",
) -> Address:
    """This browser is told from now on, by this sign-in alone: whoever it told before is told here no more. One that
    was told by this sign-in under another address keeps what it was told of. `by_key` is the firm's key by which it was
    asked: under another one it has to be asked anew. `allowed` are private hosts that may be reached all the same, also
    without TLS. Raises Refused."""
    endpoint = _checked(endpoint, allowed)
    for name, length in LENGTHS.items():
        _check_key(name, keys.get(name, ""), length)
    session().get(User, user_id, with_for_update=True)
    of_push = (Address.kind == "push",)
    session().execute(delete(Address).where(*of_push, Address.address == endpoint))
    mine = (Address.user_id == user_id, *of_push)
    before = session().scalars(select(Address).where(*mine, Address.session_id == session_id)).first()
    if before is not None:  # of this very browser, whose address has changed
        session().delete(before)
        session().flush()
    standing = select(Address.id).where(*mine, reach.stands(sign_ins.since()))
    limits.must_have_room(f"browsers of {user_id}", standing, MOST, "address")
    first = session().scalar(select(func.min(Address.position)).where(Address.user_id == user_id)) or 1
    row = Address(
        user_id=user_id,
        kind="push",
        address=endpoint,
        wanted_for=list(before.wanted_for) if before else ["urgent", "normal"],
        position=before.position if before else first - 1,
        confirmed_at=clock.now(),
        keys={**keys, "by": by_key} if by_key else dict(keys),
        session_id=session_id,
        label=texts.line("label", label, 100, required=False),
    )
    session().add(row)
    session().flush()
    journal.write("user.address_added", "user", user_id, by, new={"kind": "push"})
    return row


def _checked(endpoint: str, allowed: Collection[str]) -> str:
    """An address of a push service. What it leads to is looked at again when it is connected to."""
    try:
        parts = urlsplit(endpoint)
        is_allowed = f"{parts.hostname}:{parts.port}" in allowed
    except ValueError:
        raise invalid("endpoint", "not_an_endpoint") from None
    is_plain = parts.scheme == "http" and is_allowed
    if len(endpoint) > LONGEST or not parts.hostname or not (parts.scheme == "https" or is_plain) or parts.username:
        raise invalid("endpoint", "not_an_endpoint")
    return endpoint


def _check_key(name: str, raw: str, length: int) -> None:
    try:
        key = urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != length:
        raise invalid(name, "not_a_browsers_key")


def forget(user_id: int, endpoint: str) -> None:
    """The push service does not know this browser any more."""
    gone = (Address.user_id == user_id, Address.kind == "push", Address.address == endpoint)
    session().execute(delete(Address).where(*gone))
