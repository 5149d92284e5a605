"""In each list an item stands as something, in an order: so a list and its counts are read without its items.

Revision: 0038, after 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

STANDS = """CASE WHEN item.state = 'settled' THEN ''
 WHEN item.state = 'taken' AND item.holder_id = important_place.user_id THEN 'mine'
 WHEN item.state = 'handed_on' AND item.holder_id = important_place.user_id THEN 'open'
 ELSE item.state END"""


def upgrade() -> None:
    with op.batch_alter_table("important_place") as table:
        table.add_column(sa.Column("stands", sa.String(), nullable=True))
        table.add_column(sa.Column("rank", sa.Integer(), nullable=True))
        table.add_column(sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    for name, value in (("stands", STANDS), ("rank", "item.rank"), ("since", "item.since")):
        of_item = f"SELECT {value} FROM important_item item WHERE item.id = important_place.item_id"
        op.execute(f"UPDATE important_place SET {name} = ({of_item})")  # noqa: S608
    with op.batch_alter_table("important_place") as table:
        for name in ("stands", "rank", "since"):
            table.alter_column(name, nullable=False)
    columns = ["user_id", "stands", "rank", "since", "item_id", "at"]
    op.create_index("ix_important_place_stands", "important_place", columns)
    op.create_index("ix_important_item_left_at", "important_item", ["left_at"])
    op.create_index("ix_important_item_taken_by_id", "important_item", ["taken_by_id", "taken_at"])
