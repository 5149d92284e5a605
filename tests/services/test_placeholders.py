"""What a robot's text can speak of: each placeholder has its fact, and a blank one where there is nothing to say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.i18n import notifications
from webapp.models import Notification
from webapp.services import placeholders
from webapp.snapshots import setups
from webapp.snapshots.deals import snapshot_of
from webapp.web import templating
from webapp.web.templating import Reader, reading_as

pytestmark = pytest.mark.usefixtures("inside")


def facts(deal_id: int) -> dict[str, object]:
    deal = acts.deal_of(deal_id)
    return placeholders.facts_of(deal, snapshot_of(deal))


def test_each_placeholder_says_what_stands_on_the_deal_and_around_it(clock: Clock) -> None:
    client = acts.contact(vip=True)
    acts.company_of(client, "Ost")
    deal_id = acts.deal(of=client, amount=500_000, fields={"equipment_type": "large"})
    acts.invoice(deal_id, "1031", 100_000)
    acts.pay(deal_id, 40_000)
    clock.go_on(minutes=3)
    currency = acts.deal_of(deal_id).currency
    said = facts(deal_id)
    own = {f"{each.entity}.{each.key}" for each in setups.current().catalogue.fields.values() if not each.is_built_in}
    assert own <= {*said}
    assert {each: said[each] for each in said if each not in own} == {
        "deal.title": "A press",
        "deal.amount": {"money": 500_000, "currency": currency},
        "deal.responsible": setups.current().name_of(company.person("rep1")),
        "deal.stage": {"text": dict(company.stage("new").name)},
        "deal.time_on_stage": {"seconds": int(timedelta(minutes=3).total_seconds())},
        "contact.name": "Vera Belova",
        "contact.phone": acts.PHONE,
        "company.name": "Ost",
        "invoice.number": "1031",
        "invoice.balance": {"money": 60_000, "currency": currency},
    }


def test_where_there_is_nothing_to_say_a_placeholder_is_blank(clock: Clock) -> None:
    said = facts(acts.deal(waits=False))
    around = [each for each in said if each.partition(".")[0] != "deal"]
    assert {each: said[each] for each in around} == dict.fromkeys(around, "")
    assert {"contact.name", "contact.phone", "company.name", "invoice.number", "invoice.balance"} <= {*around}


@pytest.mark.parametrize(("locale", "known"), [("en", "Vera Belova ₽5,000"), ("ru", "Vera Belova 5\u00a0000\u00a0₽")])
def test_an_amount_that_nobody_knows_yet_is_not_said_to_be_nothing(
    inside: Flask, clock: Clock, locale: str, known: str
) -> None:
    """Also of what was told before: the fact of then is worded now."""
    unknown, told = acts.deal(of=acts.contact()), acts.deal(of=acts.contact("Vera Belova 2"), amount=500_000)
    assert facts(unknown)["deal.amount"] == ""
    zero = {"money": 0, "currency": "RUB"}
    for deal_id, own, body in ((unknown, {}, "Vera Belova"), (unknown, {"deal.amount": zero}, "Vera Belova")):
        assert words(inside, locale, facts(deal_id) | own).body == body
    assert words(inside, locale, facts(told) | {"contact.name": "Vera Belova"}).body == known


def words(app: Flask, locale: str, said: dict[str, object]) -> notifications.NotificationText:
    notice = Notification(kind="deal.assigned", facts=said, text={}, sender_id=None)
    with reading_as(app, Reader(locale, "Europe/Moscow")):
        return templating.notification(notice)
