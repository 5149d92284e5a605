"""The database: how it is opened (`sqlite`, `postgresql`), written to (`session`), asked (`ready`); types, locks."""

from webapp.db import one_clock, postgresql
from webapp.db.adding import add_core, new_core
from webapp.db.among import among
from webapp.db.deadlocks import past_deadlocks
from webapp.db.giving_way import give_way, in_turns
from webapp.db.loading import all_of, get_core, hold_core, lock_core, lock_core_of
from webapp.db.locks import advisory_lock
from webapp.db.session import (
    after_commit,
    connection,
    db,
    emit,
    execute_core,
    execute_last,
    execute_later,
    execute_surely,
    execute_together,
    follow,
    instant,
    is_sqlite,
    is_writing,
    jot,
    new_transaction,
    open_transaction,
    savepoint,
    session,
    set_followers,
    transaction,
    trial,
    write_core,
)
from webapp.db.sqlite import prepare
from webapp.db.transaction import Changes, Owner, ScheduledJob, Transaction
from webapp.db.types import NUMBERS_ONCE, Base, Json, Sort, SqlRow, SqlSelect, UtcDateTime, Word

__all__ = [
    "NUMBERS_ONCE",
    "Base",
    "Changes",
    "Json",
    "Owner",
    "ScheduledJob",
    "Sort",
    "SqlRow",
    "SqlSelect",
    "Transaction",
    "UtcDateTime",
    "Word",
    "add_core",
    "advisory_lock",
    "after_commit",
    "all_of",
    "among",
    "connection",
    "db",
    "emit",
    "execute_core",
    "execute_last",
    "execute_later",
    "execute_surely",
    "execute_together",
    "follow",
    "get_core",
    "give_way",
    "hold_core",
    "in_turns",
    "instant",
    "is_sqlite",
    "is_writing",
    "jot",
    "lock_core",
    "lock_core_of",
    "new_core",
    "new_transaction",
    "one_clock",
    "open_transaction",
    "past_deadlocks",
    "postgresql",
    "prepare",
    "savepoint",
    "session",
    "set_followers",
    "transaction",
    "trial",
    "write_core",
]
