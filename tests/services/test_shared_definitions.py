"""Runs of one definition share its row; what a run was armed with stays, whatever becomes of its robot."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import RobotDefinition, RobotRun
from webapp.services import definitions

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def count(model: type) -> int:
    return session().scalar(select(func.count(model.id))) or 0  # type: ignore[attr-defined]


def test_a_hundred_runs_alike_are_one_definition(clock: Clock) -> None:
    acts.inquiry()
    runs, shared = count(RobotRun), count(RobotDefinition)
    for n in range(10):
        acts.inquiry(name=f"Client {n}", phone=f"+7900555{n:04}")
    assert (count(RobotRun) > runs + 9, count(RobotDefinition)) == (True, shared)
    assert count(RobotDefinition) < 10


def test_a_run_keeps_what_it_was_armed_with(clock: Clock) -> None:
    run = acts.run_of(acts.deal(), "reaction_control")
    other = acts.run_of(acts.deal(), "reaction_control")
    before = dict(other.definition)
    with transaction():
        acts.redefine(run, settings={"to": "head"})
    now = {each: session().get_one(RobotRun, each, populate_existing=True).definition for each in (run.id, other.id)}
    assert (now[run.id]["settings"], now[other.id]) == ({"to": "head"}, before)


def test_two_who_arm_the_first_of_a_definition_at_once_make_one_row(app: Flask, clock: Clock) -> None:
    def make() -> int:
        with transaction():
            return definitions.ids_of({0: {"kind": "new", "settings": {"b": 1, "a": 2}}})[0]

    one, other = acts.at_the_same_moment(app, make, make)
    assert one == other
    assert make() == one
    with transaction():
        assert definitions.ids_of({0: {"settings": {"a": 2, "b": 1}, "kind": "new"}}) == {0: one}
