"""A firm that knew its stages by key comes to know them by id, each in the pipeline that it stands in."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, NullPool, Table, create_engine, insert, select, update

from tests.rows import reflected, rows_of
from tests.test_migrations import make_empty, pour, unfolded
from webapp import seeds
from webapp.db import db
from webapp.migrations import upgrades

pytestmark = pytest.mark.both_databases
FAR = 100  # what is added to a stage's id for its namesake in the second pipeline


def asks_for(stage: Any, operator: str = "eq") -> dict[str, Any]:
    return {"any": [{"entity": "deal", "field": "stage", "operator": operator, "value": stage}]}


def make_older(connection: Connection, tables: dict[str, Table], elsewhere: int) -> None:
    """A second pipeline with the same keys, the deal `elsewhere` in it, and keys wherever an id will be."""

    def put(name: str, row_id: int, **columns: Any) -> None:
        connection.execute(update(tables[name]).where(tables[name].c.id == row_id).values(**columns))

    stages = connection.execute(select(tables["stage"])).mappings().all()
    keys = {each["id"]: each["key"] for each in stages}
    pipeline = connection.execute(select(tables["pipeline"])).mappings().one()
    second = dict(pipeline) | {"id": pipeline["id"] + 1, "key": "second", "position": 1}
    connection.execute(insert(tables["pipeline"]), [second])
    namesakes = [dict(each) | {"id": each["id"] + FAR, "pipeline_id": second["id"]} for each in stages]
    connection.execute(insert(tables["stage"]), namesakes)
    put("deal", elsewhere, pipeline_id=second["id"], stage_id=min(keys) + FAR)
    for each in connection.execute(select(tables["journal"])).mappings().all():
        if each["event"] == "deal.moved":
            put("journal", each["id"], old=keys[each["old"]], new=keys[each["new"]])
        elif each["event"] == "deal.created":
            put("journal", each["id"], new={**each["new"], "stage": keys[each["new"]["stage"]]})
    for each in connection.execute(select(tables["robot_run"])).mappings().all():
        if each["reason"].get("code") == "left_stage":
            put("robot_run", each["id"], reason={**each["reason"], "to": keys[each["reason"]["to"]]})
    connection.execute(update(tables["field"]).values(required_from="processing", required_if=asks_for("payment")))
    connection.execute(update(tables["robot"]).values(condition=asks_for(["new", "payment"], "in")))
    user = connection.execute(select(tables["app_user"].c.id)).scalars().first()
    connection.execute(insert(tables["board_view"]), [{"id": 1, "user_id": user, "name": "Mine", "query": "mine=1"}])


def test_what_stood_by_key_stands_by_the_id_of_its_own_pipelines_stage(bare: Flask) -> None:
    upgrades.upgrade(bare)
    with bare.app_context():
        seeds.lesson("en")
        db.session.remove()
        db.engine.dispose()
    engine = create_engine(bare.config["SQLALCHEMY_DATABASE_URI"], poolclass=NullPool)
    firm = unfolded(rows_of(engine))
    make_empty(engine)
    upgrades.upgrade(bare, to="0004")
    pour(engine, firm)
    elsewhere = next(each["deal_id"] for each in firm["journal"] if each["event"] == "deal.moved")
    with engine.begin() as connection:
        make_older(connection, {each.name: each for each in reflected(engine)}, elsewhere)
    upgrades.upgrade(bare)
    now = rows_of(engine)
    engine.dispose()

    def moved(kept: Any, deal_id: int) -> Any:
        return kept + FAR if deal_id == elsewhere else kept

    for was, entry in zip(firm["journal"], now["journal"], strict=True):
        if was["event"] == "deal.moved":
            wanted = [moved(was[side], was["deal_id"]) for side in ("old", "new")]
            assert [entry["old"], entry["new"]] == wanted
        elif was["event"] == "deal.created":
            assert entry["new"] == {**was["new"], "stage": moved(was["new"]["stage"], was["deal_id"])}
        else:
            assert entry == was
    for was, run in zip(firm["robot_run"], now["robot_run"], strict=True):
        if was["reason"].get("code") == "left_stage":
            assert run["reason"] == {**was["reason"], "to": moved(was["reason"]["to"], was["deal_id"])}
    ids = {each["key"]: each["id"] for each in firm["stage"]}
    processing, payment = ids["processing"], ids["payment"]
    for field in now["field"]:
        required = [each["stage_id"] for each in now["field_requirement"] if each["field_id"] == field["id"]]
        assert required == [processing, processing + FAR]
        assert field["required_if"] == asks_for([payment, payment + FAR], "in")
    assert all(each["condition"] == asks_for([ids["new"], payment], "in") for each in now["robot"])
    assert [each["pipeline_id"] for each in now["board_view"]] == [firm["pipeline"][0]["id"]]
