"""What a robot was when it armed a run: one row for all runs of the same definition, found by its hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.db import connection, execute_core, is_sqlite
from webapp.models import RobotDefinition

Key = TypeVar("Key")


def ids_of(wanted: Mapping[Key, dict[str, Any]]) -> dict[Key, int]:
    """The row of each definition, made where there is none; two who make the same at once make one."""
    hashes = {key: hash_of(each) for key, each in wanted.items()}
    there = _there(set(hashes.values()))
    missing = {hashes[key]: each for key, each in wanted.items() if hashes[key] not in there}
    if missing:
        insert = sqlite.insert if is_sqlite() else postgresql.insert
        rows = [
            {"hash": each, "body": missing[each]} for each in sorted(missing)
        ]  # one order: nobody waits in a circle
        connection().execute(insert(RobotDefinition).values(rows).on_conflict_do_nothing())
        there |= _there(set(missing))
    return {key: there[each] for key, each in hashes.items()}


def hash_of(definition: Mapping[str, Any]) -> str:
    """The same for what says the same, in whatever order its keys stand. Migration 0040 reckons it so too."""
    said = json.dumps(definition, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(said.encode()).hexdigest()


def _there(hashes: set[str]) -> dict[str, int]:
    return {row.hash: row.id for row in execute_core(_OF_HASHES, hashes=sorted(hashes))} if hashes else {}


_OF_HASHES = select(RobotDefinition.hash, RobotDefinition.id).where(
    RobotDefinition.hash.in_(bindparam("hashes", expanding=True))
)
