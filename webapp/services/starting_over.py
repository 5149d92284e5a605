"""From the lesson's firm to one's own: nothing of the lesson stays, nor in any table that will be added."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, func, select, text

from webapp import clock
from webapp.access import sessions
from webapp.changes import announcements
from webapp.db import Base, advisory_lock, execute_core, is_sqlite, session
from webapp.errors import NotFound
from webapp.models import ColumnChange, ColumnTotal, Firm, Heartbeat, User, UserSession
from webapp.services import founding
from webapp.services.founding import AdminDraft, FirmDraft

OF_THE_MACHINE = frozenset({Heartbeat.__tablename__})  # what no firm has made
COUNTED_BY_ITSELF = frozenset({ColumnTotal.__tablename__, ColumnChange.__tablename__})


def start_over(firm: FirmDraft, admin: AdminDraft) -> int:
    """An empty firm in the place of the lesson's: every account, session, token, deal, run and alarm of it is gone, and
    open pages are told. The new admin's id. Raises NotFound in a firm that is not the lesson's."""
    advisory_lock("firm")
    if not session().scalar(select(Firm.is_lesson)):
        raise NotFound("start over")
    user_id, session_id = _last_id(User) + 1, _last_id(UserSession) + 1
    _erase()
    admin_id = founding.found(firm, admin, user_id=user_id if is_sqlite() else None)
    if is_sqlite():
        _pass_over(session_id, admin_id)
    announcements.rights_changed()
    return admin_id


def _erase() -> None:
    """Every row of every table that the models know. On PostgreSQL nobody writes meanwhile: a run that ends in this
    very moment would point at people who are gone. What the database counts by itself goes last, with what it counts.
    """
    tables = [each for each in reversed(Base.metadata.sorted_tables) if each.name not in OF_THE_MACHINE]
    if not is_sqlite():
        names = ", ".join(f'"{each.name}"' for each in tables)
        execute_core(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    for table in sorted(tables, key=lambda each: each.name in COUNTED_BY_ITSELF):
        execute_core(delete(table))
    session().expunge_all()


def _last_id(model: type[User] | type[UserSession]) -> int:
    return session().scalar(select(func.max(model.id))) or 0


def _pass_over(session_id: int, user_id: int) -> None:
    """SQLite counts from one again when a table is empty: a page that is still open by session 1 of the lesson must not
    be taken for the first of the new firm. (PostgreSQL's numbers go on by themselves.)"""
    now, nobodys = clock.now(), sessions.hash_token(secrets.token_urlsafe(32))
    session().add(
        UserSession(id=session_id, token_hash=nobodys, user_id=user_id, created_at=now, seen_at=now, ended_at=now)
    )
    session().flush()
