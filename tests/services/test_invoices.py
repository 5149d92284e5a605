"""Golden 6: an unpaid invoice tells the rep of a VIP after two working days, the head of others after three days;
paid in full, both are called off and the deal is won."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Deal, ImportantItem, Invoice, Payment, Trigger
from webapp.snapshots import setups
from webapp.snapshots.deals import snapshot_of, snapshots_of
from webapp.web import templating
from webapp.web.templating import Reader, reading_as

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
FRIDAY = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)  # 15:00 in Moscow


def on_payment(*, vip: bool = False, amount: int = 100_000) -> int:
    """A deal on Payment with its invoice sent."""
    deal_id = acts.deal("processing", of=acts.contact(vip=vip), fields={"equipment_type": "large"})
    acts.invoice(deal_id, amount=amount)
    acts.move(deal_id, "payment")
    return deal_id


def outcomes(deal_id: int) -> dict[str, str]:
    return {key: acts.run_of(deal_id, key).state for key in ("unpaid_vip", "unpaid_other")}


def problems(raised: pytest.ExceptionInfo[Refused]) -> dict[str, str]:
    return {field: each["code"] for field, each in raised.value.problems.items()}


def test_a_vips_unpaid_invoice_tells_the_rep_after_two_working_days(clock: Clock) -> None:
    clock.at = FRIDAY
    deal_id = on_payment(vip=True)
    assert acts.run_of(deal_id, "unpaid_vip").due_at == datetime(2026, 12, 1, 12, 0, tzinfo=UTC)  # Tuesday 15:00
    clock.at = datetime(2026, 12, 1, 11, 59, 59, tzinfo=UTC)
    acts.work()
    assert acts.told("rep1") == []
    clock.go_on(seconds=1)
    acts.work()
    (told,) = acts.told("rep1", "robot.notify")
    assert told.facts["invoice.number"] == "1031"
    assert acts.told("north") == []
    clock.go_on(days=2)
    acts.work()
    assert outcomes(deal_id) == {"unpaid_vip": "fired", "unpaid_other": "condition_false"}


def test_anyone_elses_unpaid_invoice_tells_the_head_after_three_days(clock: Clock) -> None:
    clock.at = FRIDAY
    deal_id = on_payment()
    assert acts.run_of(deal_id, "unpaid_other").due_at == datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    clock.at = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    acts.work()
    (told,) = acts.told("north", "robot.control")
    assert (told.deal_id, told.facts["deal.responsible"]) == (deal_id, "Ivan Petrov")
    clock.go_on(days=2)
    acts.work()
    assert outcomes(deal_id) == {"unpaid_vip": "condition_false", "unpaid_other": "fired"}
    assert acts.told("rep1") == []


@pytest.mark.parametrize(("locale", "owed"), [("en", "₽600"), ("ru", "600\u00a0₽")])
def test_the_reminder_says_what_is_owed_and_not_what_the_deal_is_worth(
    inside: Flask, clock: Clock, locale: str, owed: str
) -> None:
    deal_id = on_payment()
    acts.pay(deal_id, 40_000)
    clock.go_on(days=4)
    acts.work()
    (told,) = acts.told("north", "robot.control")
    with reading_as(inside, Reader(locale, "Europe/Moscow")):
        words = templating.notification(told)
    said = f"{words.title} {words.body}"
    assert owed in said
    assert "1031" in said
    assert "₽0" not in said.replace(owed, "")


def test_paying_in_full_calls_both_off_and_wins_the_deal(clock: Clock) -> None:
    deal_id = on_payment()
    invoice_id = session().scalars(select(Invoice.id)).one()
    acts.pay(deal_id)
    assert acts.stage_of(deal_id) == "won"
    assert outcomes(deal_id) == {"unpaid_vip": "called_off", "unpaid_other": "called_off"}
    reason = acts.run_of(deal_id, "unpaid_other").reason
    assert (reason["code"], reason["invoice_id"], reason["by_id"]) == (
        "invoice_paid",
        invoice_id,
        company.person("rep1"),
    )
    clock.go_on(days=5)
    acts.work()
    assert acts.told("north") == acts.told("rep1") == []


def test_a_part_of_the_money_changes_nothing(clock: Clock) -> None:
    deal_id = on_payment()
    acts.pay(deal_id, 99_999)
    assert acts.stage_of(deal_id) == "payment"
    assert set(outcomes(deal_id).values()) == {"waiting"}
    assert session().scalars(select(Invoice)).one().paid_at is None
    acts.pay(deal_id)
    assert acts.stage_of(deal_id) == "won"
    assert session().scalars(select(Payment.amount_minor).order_by(Payment.id)).all() == [99_999, 1]


def test_one_of_two_invoices_paid_is_not_paid_in_full(clock: Clock) -> None:
    deal_id = on_payment()
    second = acts.invoice(deal_id, "1032")
    acts.pay(deal_id, invoice_id=second)
    assert acts.stage_of(deal_id) == "payment"
    assert set(outcomes(deal_id).values()) == {"waiting"}
    acts.pay(deal_id)
    assert acts.stage_of(deal_id) == "won"


def test_without_an_invoice_nothing_is_unpaid(clock: Clock) -> None:
    deal_id = acts.deal("payment", fields={"equipment_type": "large"})
    clock.go_on(days=4)
    acts.work()
    assert set(outcomes(deal_id).values()) == {"condition_false"}


def test_a_wrong_invoice_or_payment_is_refused(clock: Clock) -> None:
    deal_id = on_payment()
    for more, wrong in (
        ({"number": " "}, {"number": "blank"}),
        ({"number": "9" * 61}, {"number": "too_long"}),
        ({"amount": 0}, {"amount": "not_positive"}),
        ({"number": "1031"}, {"number": "taken"}),
        ({"issued_on": date(2026, 11, 24), "due_on": date(2026, 11, 23)}, {"due_on": "before_issued"}),
    ):
        with pytest.raises(Refused) as raised:
            acts.invoice(deal_id, **{"number": "1099", **more})
        assert problems(raised) == wrong
    for amount, code in ((0, "not_positive"), (-5, "not_positive"), (100_001, "over_balance")):
        with pytest.raises(Refused) as raised:
            acts.pay(deal_id, amount)
        assert problems(raised) == {"amount": code}
    acts.pay(deal_id)
    with pytest.raises(Refused) as raised:
        acts.pay(deal_id)
    assert raised.value.reason == "wrong_state"
    assert len(session().scalars(select(Invoice)).all()) == 1


def test_of_two_invoices_with_one_number_at_once_one_is_refused(app: Flask, clock: Clock) -> None:
    deals = [acts.deal(title=str(n)) for n in range(2)]
    outcomes = acts.at_the_same_moment(app, lambda: acts.invoice(deals[0]), lambda: acts.invoice(deals[1]))
    (refusal,) = [each for each in outcomes if isinstance(each, Exception)]
    assert isinstance(refusal, Refused)
    assert refusal.problems == {"number": {"code": "taken"}}


def test_the_same_balance_paid_twice_at_once_is_paid_once(app: Flask, clock: Clock) -> None:
    deal_id = on_payment()
    outcomes = acts.at_the_same_moment(app, lambda: acts.pay(deal_id), lambda: acts.pay(deal_id))
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "Refused"]
    assert session().scalars(select(Payment.amount_minor)).all() == [100_000]
    assert session().scalars(select(Invoice)).one().paid_minor == 100_000


def test_the_day_of_issue_is_the_firms(clock: Clock) -> None:
    clock.at = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # past midnight in Moscow
    acts.invoice(acts.deal())
    assert session().scalars(select(Invoice.issued_on)).one() == date(2026, 11, 25)


def asks(value: object, field: str = "unpaid", operator: str = "eq") -> dict[str, object]:
    return {"entity": "invoices", "field": field, "operator": operator, "value": value}


VIP = {"entity": "contact", "field": "vip", "operator": "eq", "value": True}


@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ({"all": [asks(True)]}, "called_off"),
        ({"all": [asks(False, operator="ne")]}, "called_off"),
        ({"any": [{"all": [asks(True), VIP]}, asks(True)]}, "called_off"),
        ({"all": [asks(False), asks(0, "count", "gt")]}, "fired"),  # it waits for the money
        ({"any": [VIP, asks(True)]}, "fired"),  # and this one holds without a debt
        ({"all": [asks(0, "count", "gt")]}, "fired"),
    ],
)
def test_only_what_a_debt_alone_makes_true_is_called_off_by_the_payment(
    clock: Clock, condition: dict[str, object], state: str
) -> None:
    with transaction():
        company.robot("unpaid_vip").condition = condition
        session().scalars(select(Trigger).where(Trigger.event == "invoice_paid_in_full")).one().is_on = False
        setups.changed()
    deal_id = on_payment(vip=True)
    acts.pay(deal_id)
    clock.go_on(days=4)
    acts.work()
    assert acts.run_of(deal_id, "unpaid_vip").state == state


def test_a_reminder_of_an_overdue_invoice_names_that_one_and_what_is_owed_of_it(clock: Clock) -> None:
    """Not the greatest number, nor what is owed for all."""
    clock.at = FRIDAY
    acts.robot("unpaid_other", starts=["invoice_overdue"], timing={"at_once": True}, condition=None)
    deal_id = acts.deal("payment", fields={"equipment_type": "large"})
    late = acts.invoice(deal_id, "10", 30_000, due_on=date(2026, 11, 30))
    acts.invoice(deal_id, "9", 7_000_000, due_on=date(2026, 12, 30))
    acts.pay(deal_id, 5_000, late)
    clock.go_on(days=4)
    acts.work()
    (told,) = acts.told("north", "robot.control")
    assert told.facts["invoice.number"] == "10"
    assert told.facts["invoice.balance"] == {"money": 25_000, "currency": "RUB"}


def test_of_several_invoices_the_one_due_first_is_meant(clock: Clock) -> None:
    deal_id = acts.deal("payment", fields={"equipment_type": "large"})
    for number, due in (("9", date(2026, 12, 30)), ("10", date(2026, 12, 1)), ("2", None)):
        acts.invoice(deal_id, number, due_on=due)
    found = session().get_one(Deal, deal_id)
    assert snapshot_of(found).value("invoices", "number") == "10"
    assert snapshots_of([deal_id])[deal_id].value("invoices", "number") == "10"
    acts.pay(deal_id, invoice_id=session().scalars(select(Invoice.id).where(Invoice.number == "10")).one())
    assert snapshot_of(found).value("invoices", "number") == "9"


def test_a_deal_that_was_lost_and_reopened_is_unpaid_as_any_other(clock: Clock) -> None:
    deal_id = on_payment(vip=True)
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Too expensive"}})
    acts.move(deal_id, "payment")
    clock.go_on(days=5)
    acts.work()
    kinds = session().scalars(select(ImportantItem.kind).where(ImportantItem.deal_id == deal_id))
    assert "unpaid" in set(kinds)
