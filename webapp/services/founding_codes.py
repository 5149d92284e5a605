"""The one-time code by which a firm is begun in the browser: whoever starts Dozor reads it there. It exists only while
there is no firm, and is kept as a hash."""

from __future__ import annotations

import hmac
import secrets

from sqlalchemy import delete, select

from webapp import clock
from webapp.access import sessions
from webapp.db import session
from webapp.models import FoundingCode

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is read for another
LENGTH = 12  # 60 bits, and tries are limited


def new_code() -> str:
    """The one-time code by which a firm may be begun here, in the place of any older one; kept as a hash."""
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    session().execute(delete(FoundingCode))
    session().add(FoundingCode(code_hash=sessions.hash_token(code), created_at=clock.now()))
    return "-".join(code[n : n + 4] for n in range(0, LENGTH, 4))


def is_open() -> bool:
    """Whether a firm may be begun here by a code."""
    return session().scalar(select(FoundingCode.id)) is not None


def is_code(typed: str) -> bool:
    """Whether this is the code, however it is spaced; compared in the same time whatever is typed."""
    kept = session().scalar(select(FoundingCode.code_hash)) or ""
    bare = "".join(each for each in typed.upper() if each in LETTERS)
    return hmac.compare_digest(kept, sessions.hash_token(bare)) and bool(kept)
