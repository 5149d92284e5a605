"""A field has a line that explains it, and companies have fields of their own. A text of several lines is a kind of
field by itself now: what was a text until today is one, in the versions of the set-up too.

Revision: 0021, after 0020
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("field", sa.Column("help", JSON, nullable=True))
    op.add_column("company", sa.Column("fields", JSON, nullable=False, server_default="{}"))
    op.add_column("company", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    field = sa.table("field", sa.column("kind", sa.String()))
    op.execute(field.update().where(field.c.kind == "text").values(kind="long_text"))
    _versions()


def _versions() -> None:
    """An earlier version that is brought back must not find its fields of another kind."""
    version = sa.table("setup_version", sa.column("id"), sa.column("hash"), sa.column("setup", JSON))
    for row in op.get_bind().execute(sa.select(version)).all():
        fields = [_long(each) for each in row.setup.get("fields", [])]
        if fields != row.setup.get("fields", []):
            setup = {**row.setup, "fields": fields}
            op.execute(version.update().where(version.c.id == row.id).values(setup=setup, hash=_hash(setup)))


def _long(field: dict[str, Any]) -> dict[str, Any]:
    return {**field, "kind": "long_text"} if field.get("kind") == "text" else field


def _hash(setup: dict[str, Any]) -> str:
    plain = json.dumps(setup, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()
