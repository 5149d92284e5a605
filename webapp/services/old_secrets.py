"""How long a secret counts after it was replaced: not at all, or for some hours, at most three days. Only the last one
is kept, so that a secret that leaked is gone for good by being replaced twice, or at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from webapp import clock
from webapp.db import session
from webapp.errors import invalid
from webapp.models import OldSecret

MOST_HOURS = 72
A_DAY = 24


def replaced(kind: str, owner_id: int, value: str | None, hours: int) -> None:
    """This one was replaced now, and counts for so many hours more. Raises Refused."""
    if not 0 <= hours <= MOST_HOURS:
        raise invalid("overlap_hours", "out_of_range", least=0, most=MOST_HOURS)
    forget(kind, owner_id)
    if value and hours:
        ends_at = clock.now() + timedelta(hours=hours)
        session().add(OldSecret(kind=kind, owner_id=owner_id, value=value, ends_at=ends_at))
        session().flush()


def forget(kind: str, owner_id: int) -> None:
    """None of these counts any more."""
    session().execute(delete(OldSecret).where(OldSecret.kind == kind, OldSecret.owner_id == owner_id))


def counting(kind: str, owner_id: int) -> str:
    """The one that still counts, or ""."""
    mine = (OldSecret.kind == kind, OldSecret.owner_id == owner_id, OldSecret.ends_at > clock.now())
    return session().scalar(select(OldSecret.value).where(*mine)) or ""


def owner_of(kind: str, value: str) -> int | None:
    """Whose it is, while it counts."""
    known = (OldSecret.kind == kind, OldSecret.value == value, OldSecret.ends_at > clock.now())
    return session().scalar(select(OldSecret.owner_id).where(*known))


def forget_old(now: datetime) -> None:
    """Those that count no more."""
    session().execute(delete(OldSecret).where(OldSecret.ends_at <= now))
