"""Runs of one definition share its row: each had a copy, which was more than half of what a deal takes.

Revision: 0040, after 0039
"""

from __future__ import annotations

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AT_ONCE = 2000
RUN = sa.table("robot_run", sa.column("id"), sa.column("definition", JSON), sa.column("definition_id"))
SHARED = sa.table("robot_definition", sa.column("id"), sa.column("hash"), sa.column("body", JSON))


def upgrade() -> None:
    op.create_table(
        "robot_definition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_robot_definition"),
        sa.UniqueConstraint("hash", name="uq_robot_definition_hash"),
    )
    op.add_column("robot_run", sa.Column("definition_id", sa.Integer(), nullable=True))
    _share()
    with op.batch_alter_table("robot_run") as run:
        run.alter_column("definition_id", existing_type=sa.Integer(), nullable=False)
        run.create_foreign_key(
            "fk_robot_run_definition_id_robot_definition", "robot_definition", ["definition_id"], ["id"]
        )
        run.drop_column("definition")


def _share() -> None:
    """In pieces: a large firm has millions of runs."""
    connection = op.get_bind()
    ids: dict[str, int] = {}
    last = 0
    while True:
        piece = sa.select(RUN.c.id, RUN.c.definition).where(RUN.c.id > last).order_by(RUN.c.id).limit(AT_ONCE)
        rows = connection.execute(piece).all()
        if not rows:
            return
        pairs = []
        for row in rows:
            said = json.dumps(row.definition, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            key = sha256(said.encode()).hexdigest()
            if key not in ids:
                connection.execute(sa.insert(SHARED).values(hash=key, body=row.definition))
                ids[key] = connection.scalar(sa.select(SHARED.c.id).where(SHARED.c.hash == key))
            pairs.append({"run": row.id, "shared": ids[key]})
        connection.execute(
            sa.update(RUN).where(RUN.c.id == sa.bindparam("run")).values(definition_id=sa.bindparam("shared")), pairs
        )
        last = rows[-1].id
