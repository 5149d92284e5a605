"""Whether a statement failed because the database is not there: stopped, starting, its connection cut, too busy to
answer. Nothing is wrong with what was asked then: it may be asked again."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, PendingRollbackError, SQLAlchemyError, TimeoutError

GONE = ("08", "57P", "53300")  # PostgreSQL: the connection's own states, an end by its owner, too many connections
SIGNS = ("database is locked", "unable to open")  # SQLite
NOT_RECONNECTED = "8s2b"  # SQLAlchemy's name for what is asked of a connection that broke a moment ago


class DatabaseAway(SQLAlchemyError):
    """The database does not answer now, for the reason in the text."""


def known(error: SQLAlchemyError) -> DatabaseAway | None:
    """This failure as an outage; None for any other failure."""
    if isinstance(error, TimeoutError) or (isinstance(error, PendingRollbackError) and error.code == NOT_RECONNECTED):
        return DatabaseAway(str(error).partition("\n")[0])
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    said, state = str(error.orig).lower(), getattr(error.orig, "sqlstate", "")
    if state is None:  # the driver itself, before the server said anything
        is_gone = type(error.orig).__name__ == "OperationalError"
    else:
        is_gone = state.startswith(GONE) or any(each in said for each in SIGNS)
    if not (is_gone or error.connection_invalidated):
        return None
    cause = type(error.orig)
    return DatabaseAway(f"{cause.__module__}.{cause.__name__}: {str(error.orig).partition(chr(10))[0]}")
