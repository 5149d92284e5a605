"""Whoever begins work that outlives the request has a worker woken for it at the commit: nobody waits for the ticker,
which looks only now and then."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select

from tests import company
from tests.services import acts
from tests.services.test_setup_acts import LACK, weight_is_asked_for
from tests.services.test_setup_plans import publish
from webapp.background import scheduled_jobs
from webapp.background.outbox import WORK_MODELS
from webapp.db import session, transaction
from webapp.models import Calendar
from webapp.services import calendars, hand_overs, leaving, rehearsals, setup_acts, tasks
from webapp.services.leaving import Choices
from webapp.services.recounts import ANEW
from webapp.snapshots import specs

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("clock")]


def a_deal_enters_a_stage() -> None:
    acts.deal()


def work_is_handed_in() -> None:
    """Whoever is to accept it has so much time."""
    with transaction():
        task = tasks.create_by_hand("Call", "", company.person("rep1"), company.acting("head"), accept=True)
        tasks.submit(task, "Called", company.acting("rep1"))


def a_version_is_published() -> None:
    acts.deal("data_collection")
    weight_is_asked_for()
    publish(**{LACK: "fill:7"})


def what_a_version_did_is_taken_back() -> None:
    deal = acts.deal("data_collection")
    weight_is_asked_for()
    number = publish(**{LACK: "fill:7"})
    acts.work()
    acts.move(deal, "new")  # where it is not required
    session().rollback()
    with transaction():
        setup_acts.begin(number, company.acting("admin"))


def working_time_is_changed() -> None:
    with transaction():
        row = calendars.locked(session().scalars(select(Calendar.id).order_by(Calendar.id)).first() or 0)
        calendars.edit(row, {"weekly": [[["15:00", "18:00"]]] * 5 + [[], []]}, company.acting("admin"), ANEW)


def a_robot_is_rehearsed() -> None:
    with transaction():
        rehearsals.begin(specs.robot_spec(company.robot("reaction_control")), 7, company.acting("admin"))


def somebody_leaves() -> None:
    for n in range(leaving.PART + 1):
        acts.deal(title=f"Deal {n}")
    with transaction():
        hand_overs.begin(company.person("rep1"), Choices(company.person("rep2")), company.acting("admin"))


BEGUN: dict[Callable[[], None], str] = {
    what_a_version_did_is_taken_back: "setup",
    working_time_is_changed: "recount",
    somebody_leaves: "hand_over",
    a_robot_is_rehearsed: "rehearsal",
    work_is_handed_in: "alarm",
    a_deal_enters_a_stage: "run",
    a_version_is_published: "setup",
}


@pytest.mark.parametrize(("act", "kind"), BEGUN.items(), ids=[each.__name__ for each in BEGUN])
def test_work_that_waits_has_a_job_at_its_time(
    inside: Flask, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None], kind: str
) -> None:
    monkeypatch.setattr(leaving, "PART", 2)
    act()
    has_a_job_at_its_time(inside, kind)


def has_a_job_at_its_time(app: Flask, kind: str) -> None:
    """All that waits of this kind."""
    queue = Queue(scheduled_jobs.QUEUE, connection=app.extensions["dozor.redis"], serializer=JSONSerializer)
    session().rollback()
    model = WORK_MODELS[kind]
    rows = session().scalars(select(model).where(model.state == "waiting", model.due_at.is_not(None))).all()
    wanted = {f"{kind}-{each.id}-{int(each.due_at.timestamp())}" for each in rows}
    assert wanted
    assert wanted <= {*queue.job_ids, *queue.scheduled_job_registry.get_job_ids()}
