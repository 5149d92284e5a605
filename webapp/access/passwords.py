"""Passwords: hashed and looked at here only, a few at the same moment, and never while others wait for the write lock.

46 MiB, one pass (OWASP's first choice): from 33 MiB on the C library gives a hash's memory back to the machine each
time; 19 MiB stayed with each thread's arena. Older hashes keep their worth, and are renewed at the next sign-in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.bounds import Busy, Turns, caller
from webapp.db import is_writing
from webapp.errors import Refused, invalid
from webapp.models import people

MIN_LENGTH = 8
AT_ONCE, WAITING, WAIT_SECONDS, PER_ADDRESS = 2, 14, 2.0, 10
NONE_YET = people.NONE_YET
hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
turns = Turns(AT_ONCE, WAITING, WAIT_SECONDS, PER_ADDRESS)


def hashed(password: str, address: str | None = None) -> str:
    """As it is kept. Raises Refused("busy")."""
    with _turn(address):
        return hasher.hash(password)


def hashed_new(password: str, address: str | None = None) -> str:
    """As it is kept, of a password that somebody has thought of. Raises Refused: too short, or "busy"."""
    check_length(password)
    return hashed(password, address)


def check_length(password: str) -> None:
    """Raises Refused."""
    if len(password) < MIN_LENGTH:
        raise invalid("password", "too_short", limit=MIN_LENGTH)


def is_right(password_hash: str, password: str, address: str | None = None) -> bool:
    """Whether this is the password. Raises Refused("busy")."""
    with _turn(address):
        return _is_right(password_hash, password)


def checked(password_hash: str | None, password: str, address: str | None = None) -> str | None:
    """The hash to keep of a right password: the same, or one by today's measure; None for a wrong one. An unknown
    account (no hash) takes as long as a wrong password, and so does one without a password. Raises
    Refused("busy")."""
    with _turn(address):
        known = None if password_hash == NONE_YET else password_hash
        if not _is_right(known or no_one(), password) or known is None:
            return None
        return hasher.hash(password) if hasher.check_needs_rehash(known) else known


@cache
def no_one() -> str:
    """The hash of a password that nobody has."""
    return hasher.hash("nobody has this password")


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@contextmanager
def _turn(address: str | None) -> Iterator[None]:
    if is_writing():
        raise RuntimeError("a password is hashed before the transaction: everybody's writes would wait for it")
    try:
        with turns.taken(caller(address)):
            yield
    except Busy:
        raise Refused("busy") from None
