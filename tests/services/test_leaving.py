"""Somebody leaves who has much open: it goes over a part at a time, and whoever is stopped on the way goes on."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import or_, select

from tests import company
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Contact, Deal, Notification, Task, User
from webapp.services import deals, leaving, tasks

pytestmark = pytest.mark.both_databases
MANY = leaving.PART + 7


def owners() -> Counter[int]:
    return Counter(session().scalars(select(Deal.responsible_id)))


@pytest.mark.usefixtures("inside")
def test_work_goes_over_in_parts_and_the_account_closes_with_the_last(clock: Any) -> None:
    rep, to, by = company.person("rep1"), company.person("rep2"), company.acting("admin")
    with transaction():
        for n in range(MANY):
            deals.create(deals.DealDraft(title=f"Deal {n}", stage=company.stage("new"), responsible_id=rep), by)
    with transaction():
        assert leaving.leave(rep, to, by) is False
    assert owners() == {to: leaving.PART, rep: MANY - leaving.PART}
    assert session().get_one(User, rep).is_active, "a process killed here has left nothing ownerless"
    with transaction():
        assert leaving.leave(rep, to, by) is True
    assert owners() == {to: MANY}
    assert not session().get_one(User, rep).is_active
    told = select(Notification.kind).where(Notification.user_id == to)
    assert list(session().scalars(told)).count("deal.assigned") == MANY


@pytest.mark.usefixtures("inside")
def test_a_part_is_never_larger_whatever_it_is_of(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deals, tasks, work to accept and clients are counted together."""
    north, to, by = company.person("north"), company.person("rep2"), company.acting("admin")
    monkeypatch.setattr(leaving, "PART", 5)
    for n in range(4):
        acts.deal(rep="north", title=f"Deal {n}")
        acts.contact(f"Client {n}", f"+7900555{n:04}", rep="north")
        with transaction():
            tasks.create_by_hand("Call", "", north, company.acting("head"), accept=True)
            tasks.create_by_hand("Write", "", company.person("rep1"), company.acting("north"), accept=True)
    parts = []
    while not (parts and parts[-1][1]):
        with transaction():
            parts.append(leaving.step(north, leaving.Choices(to), by))
    assert parts == [(5, False), (5, False), (5, False), (1, True)]
    assert not session().get_one(User, north).is_active
    assert owners() == {to: 4}
    assert set(session().scalars(select(Contact.responsible_id).where(Contact.name.like("Client%")))) == {to}
    assert session().scalar(select(Task.id).where(or_(Task.assignee_id == north, Task.acceptor_id == north))) is None


@pytest.mark.usefixtures("inside")
def test_whoever_has_nothing_open_needs_nobody_to_take_it(app: Flask, clock: Any) -> None:
    with transaction():
        assert leaving.leave(company.person("rep1"), None, company.acting("admin")) is True
