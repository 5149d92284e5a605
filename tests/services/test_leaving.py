"""Somebody leaves who has much open: it goes over a part at a time, and whoever is stopped on the way goes on."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from webapp.db import session, transaction
from webapp.models import Deal, Notification, User
from webapp.services import deals, leaving

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
def test_whoever_has_nothing_open_needs_nobody_to_take_it(app: Flask, clock: Any) -> None:
    with transaction():
        assert leaving.leave(company.person("rep1"), None, company.acting("admin")) is True
