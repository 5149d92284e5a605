"""What a version's work did is kept of contacts and companies too, so that it can be taken back; the form of a pipeline
that is archived leads to another.

Revision: 0037, after 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    with op.batch_alter_table("setup_act") as act:
        act.add_column(sa.Column("entity", sa.String(), nullable=False, server_default="deal"))
        act.drop_constraint("fk_setup_act_deal_id_deal", type_="foreignkey")
        act.alter_column("deal_id", new_column_name="record_id", existing_type=sa.Integer())
        act.drop_column("record_version")
    with op.batch_alter_table("pipeline") as pipeline:
        pipeline.add_column(sa.Column("form_goes_to_id", sa.Integer(), nullable=True))
        pipeline.create_foreign_key("fk_pipeline_form_goes_to_id_pipeline", "pipeline", ["form_goes_to_id"], ["id"])
