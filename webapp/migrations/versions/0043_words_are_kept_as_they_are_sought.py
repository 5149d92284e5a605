"""Names and titles are kept folded beside themselves: to fold them while searching took a second for 20,000 clients.

Revision: 0043, after 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rules import texts

revision = "0043"
down_revision = "0042"

FOLDED = sa.String().with_variant(sa.String(collation="C"), "postgresql")
OF = (("company", "name"), ("contact", "name"), ("deal", "title"), ("task", "title"))
PART = 5_000  # rows at once


def upgrade() -> None:
    for table, source in OF:
        op.add_column(table, sa.Column(f"{source}_folded", FOLDED, nullable=False, server_default=""))
        _fold(table, source)
    for table in ("company", "contact"):
        op.drop_index(f"ix_{table}_name", table)
        op.create_index(f"ix_{table}_name_folded", table, ["name_folded"])


def _fold(name: str, source: str) -> None:
    kind = sa.JSON() if name == "task" else sa.String()
    table = sa.table(name, sa.column("id", sa.Integer()), sa.column(source, kind), sa.column(f"{source}_folded"))
    after, connection = 0, op.get_bind()
    rows = sa.select(table.c.id, table.c[source]).where(table.c.id > sa.bindparam("after")).order_by(table.c.id)
    fill = sa.update(table).where(table.c.id == sa.bindparam("row")).values({f"{source}_folded": sa.bindparam("to")})
    while found := connection.execute(rows.limit(PART), {"after": after}).all():
        connection.execute(fill, [{"row": row, "to": _folded(words)} for row, words in found])
        after = found[-1][0]


def _folded(words: str | dict[str, str]) -> str:
    if isinstance(words, str):
        return texts.fold(words)
    return "\n".join(dict.fromkeys(texts.fold(each) for each in words.values()))
