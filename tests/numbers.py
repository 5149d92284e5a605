"""A number that people or programs know is never given to another row. Whatever of the product deletes one of such a
table is caught in any test, whatever it is a test of."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Delete, Table

ROOT = Path(__file__).parent.parent
# Nobody names a row of these by its number: it is found by what it belongs to.
NAMELESS = frozenset(
    {
        "calendar_feed",
        "column_change",
        "contact_way",
        "founding_code",
        "idempotency_key",
        "important_place",
        "membership",
        "old_secret",
        "post",
        "rehearsed_firing",
        "setup_act",
        "task_file_part",
        "telephony",
        "trigger_call",
    }
)
# What is deleted of these is the oldest, of years ago: the newest is never among it.
OLDEST = frozenset({"robot_run"})


def is_safe(table: Table) -> bool:
    """Whether its rows may be deleted: no number of theirs comes back, or none is known."""
    numbers = [each for each in table.primary_key if table.autoincrement_column is each]
    is_known = bool(numbers) and table.name not in NAMELESS | OLDEST
    return not is_known or bool(table.dialect_options["sqlite"]["autoincrement"])


def watch() -> None:
    """From now on, in this process. No listener, which would make each statement of each connection ask for it."""
    execute = Delete._execute_on_connection

    def looked_at(self: Delete, *where: Any, **how: Any) -> Any:
        if isinstance(self.table, Table) and not is_safe(self.table) and _is_asked_by_the_product():
            raise AssertionError(
                f"rows of {self.table.name} are deleted and known by their numbers: SQLite would give the last of them "
                "once more. NUMBERS_ONCE in its model and a migration as 0045, or NAMELESS in tests/numbers.py"
            )
        return execute(self, *where, **how)

    Delete._execute_on_connection = looked_at  # type: ignore[method-assign]


def _is_asked_by_the_product() -> bool:
    """A test may delete what it likes; and when a firm starts over, all that there was goes."""
    frame, asked = sys._getframe(1), set[str]()
    while frame is not None:
        asks = Path(frame.f_code.co_filename)
        if asks.is_relative_to(ROOT) and ".venv" not in asks.parts and asks != Path(__file__):
            if asks.relative_to(ROOT).parts[0] == "tests":
                break
            asked.add(asks.name)
        frame = frame.f_back  # type: ignore[assignment]
    return bool(asked - {"session.py"}) and "starting_over.py" not in asked  # what a test deletes is flushed there
