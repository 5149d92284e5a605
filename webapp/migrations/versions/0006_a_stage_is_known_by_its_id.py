"""A stage is known by its id: where a field is required, in the journal, in runs' reasons, in conditions, saved views.

A key means one stage in each pipeline, so what stood by key is read with the pipeline that it belonged to. A saved view
was always of the first pipeline's board.

Revision: 0005, after 0004
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Ids = Callable[[str], list[int]]  # the stages that a key means


def upgrade() -> None:
    _requirements()
    _views()
    _named_in("journal", "old", None, "event = 'deal.moved' AND field = 'stage'")
    _named_in("journal", "new", None, "event = 'deal.moved' AND field = 'stage'")
    _named_in("journal", "new", "stage", "event = 'deal.created'")
    _named_in("journal", "new", "to", "event = 'trigger.refused'")
    _named_in("robot_run", "reason", "to", "state = 'called_off'")
    _conditions()


def _requirements() -> None:
    """A field was required from every stage of that key."""
    op.create_table(
        "field_requirement",
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("pipeline_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name="fk_field_requirement_field_id_field"),
        sa.ForeignKeyConstraint(["pipeline_id"], ["pipeline.id"], name="fk_field_requirement_pipeline_id_pipeline"),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name="fk_field_requirement_stage_id_stage"),
        sa.PrimaryKeyConstraint("field_id", "pipeline_id", name="pk_field_requirement"),
    )
    op.execute(
        "INSERT INTO field_requirement (field_id, pipeline_id, stage_id)"
        " SELECT field.id, stage.pipeline_id, stage.id FROM field JOIN stage ON stage.key = field.required_from"
    )
    with op.batch_alter_table("field") as field:
        field.drop_column("required_from")


def _views() -> None:
    with op.batch_alter_table("board_view") as view:
        view.add_column(sa.Column("pipeline_id", sa.Integer(), nullable=True))
        view.create_foreign_key("fk_board_view_pipeline_id_pipeline", "pipeline", ["pipeline_id"], ["id"])
    op.execute("UPDATE board_view SET pipeline_id = (SELECT id FROM pipeline ORDER BY position, id LIMIT 1)")
    with op.batch_alter_table("board_view") as view:
        view.alter_column("pipeline_id", existing_type=sa.Integer(), nullable=False)
        view.drop_constraint("uq_board_view_user_id_name", type_="unique")
        view.create_unique_constraint("uq_board_view_user_id_pipeline_id_name", ["user_id", "pipeline_id", "name"])


def _named_in(table: str, column: str, key: str | None, where: str) -> None:
    """In a JSON column of rows that belong to a deal: the stage's id in place of its key, as a whole or under `key`."""
    whole = f'{table}."{column}"'
    if op.get_bind().dialect.name == "postgresql":
        path = f"{{{key or ''}}}"
        text, kind = f"{whole} #>> '{path}'", f"jsonb_typeof({whole} #> '{path}') = 'string'"
        put = "to_jsonb({id})" if key is None else f"jsonb_set({whole}, '{path}', to_jsonb({{id}}))"
    else:
        path = f"${'.' if key else ''}{key or ''}"
        text, kind = f"json_extract({whole}, '{path}')", f"json_type({whole}, '{path}') = 'text'"
        put = f"json_set({whole}, '{path}', {{id}})"
    found = (
        "SELECT stage.id FROM stage JOIN deal ON deal.pipeline_id = stage.pipeline_id"
        f" WHERE deal.id = {table}.deal_id AND stage.key = {text}"
    )
    changed = put.replace("{id}", f"({found})")
    op.execute(sa.text(f'UPDATE {table} SET "{column}" = {changed} WHERE {where} AND {kind} AND EXISTS ({found})'))


def _conditions() -> None:
    """Conditions that ask for the deal's stage; a robot and a trigger have their pipeline, a run its deal's."""
    run, on = "robot_run JOIN deal ON deal.id = robot_run.deal_id", "JOIN stage ON stage.id ="
    for table, column, source, pipeline in (
        ("robot", "condition", f"robot {on} robot.stage_id", "stage.pipeline_id"),
        ("trigger", "condition", f'"trigger" {on} "trigger".stage_id', "stage.pipeline_id"),
        ("field", "required_if", "field", "NULL"),
        ("robot_run", "definition", run, "deal.pipeline_id"),
        ("robot_run", "findings", run, "deal.pipeline_id"),
    ):
        of = f'"{table}"."{column}"'
        rows = op.get_bind().execute(
            sa.text(
                f'SELECT "{table}".id, CAST({of} AS TEXT), {pipeline} FROM {source}'
                f" WHERE CAST({of} AS TEXT) LIKE '%\"stage\"%'"
            )
        )
        put = sa.text(f'UPDATE "{table}" SET "{column}" = {_json(":to")} WHERE id = :id')
        for row_id, kept, pipeline_id in rows.all():
            op.get_bind().execute(put, {"id": row_id, "to": json.dumps(_by_id(json.loads(kept), _ids(pipeline_id)))})


def _json(value: str) -> str:
    return f"CAST({value} AS JSONB)" if op.get_bind().dialect.name == "postgresql" else value


def _ids(pipeline_id: int | None) -> Ids:
    rows = op.get_bind().execute(sa.text("SELECT id, pipeline_id, key FROM stage ORDER BY id")).all()
    return lambda key: [each.id for each in rows if each.key == key and pipeline_id in (None, each.pipeline_id)]


def _by_id(node: Any, ids: Ids) -> Any:
    """Conditions and findings, however deep, with ids in every test of the deal's stage."""
    if isinstance(node, list):
        return [_by_id(each, ids) for each in node]
    if not isinstance(node, dict):
        return node
    if (node.get("entity"), node.get("field")) != ("deal", "stage"):
        return {key: _by_id(each, ids) for key, each in node.items()}
    return _test(node, ids)


def _test(test: dict[str, Any], ids: Ids) -> dict[str, Any]:
    """One test; a key that means several stages makes of "is" a list of them."""
    changed = dict(test)
    for side in {"value", "expected", "actual"} & test.keys():
        kept = test[side]
        keys = kept if isinstance(kept, list) else [kept]
        found = [one for each in keys for one in (ids(each) if isinstance(each, str) else [each])]
        changed[side] = found if isinstance(kept, list) or len(found) > 1 else found[0] if found else kept
    wanted = changed.get("value", changed.get("expected"))
    if isinstance(wanted, list):
        changed["operator"] = {"eq": "in", "ne": "not_in"}.get(test["operator"], test["operator"])
    return changed
