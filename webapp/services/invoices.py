"""Money asked for and money received. Paid in full, the deal's unpaid-timers are called off and its trigger goes."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from webapp import clock, realtime
from webapp.actors import Actor
from webapp.db import happened, savepoint, session
from webapp.errors import Refused, bad
from webapp.events import DealChanged, InvoicePaid
from webapp.models import Deal, Invoice, Payment
from webapp.services import journal
from webapp.setups import current

SUMS = frozenset(("invoices", key) for key in ("unpaid", "count", "balance", "nearest_due_on"))


def issue(
    deal: Deal, number: str, amount_minor: int, by: Actor, *, issued_on: date | None = None, due_on: date | None = None
) -> Invoice:
    """A new invoice on a locked deal, `amount_minor` in minor units of the deal's currency."""
    number = " ".join(number.split())
    if not number:
        raise bad("number", "blank")
    if len(number) > 60:
        raise bad("number", "too_long", limit=60)
    if amount_minor <= 0:
        raise bad("amount", "not_positive")
    issued_on = issued_on or clock.now().astimezone(ZoneInfo(current().firm.time_zone)).date()
    if due_on is not None and due_on < issued_on:
        raise bad("due_on", "before_issued")
    invoice = Invoice(
        deal_id=deal.id,
        number=number,
        amount_minor=amount_minor,
        currency=deal.currency,
        issued_on=issued_on,
        due_on=due_on,
        created_at=clock.now(),
        created_by_id=by.user_id,
    )
    _number(invoice)
    journal.write(
        "invoice.issued", "invoice", invoice.id, by, deal_id=deal.id, new={"number": number, "amount": amount_minor}
    )
    realtime.deal_changed(deal.id, deal.stage_id)
    happened(DealChanged(deal.id, SUMS, by))
    return invoice


def _number(invoice: Invoice) -> None:
    """Put it into the books; of two with the same number at once one is refused."""
    try:
        with savepoint():
            session().add(invoice)
            session().flush()
    except IntegrityError:
        raise bad("number", "taken") from None


def pay(invoice: Invoice, deal: Deal, amount_minor: int | None, by: Actor) -> Payment:
    """A payment on an invoice of a locked deal; None pays the whole balance. More than the balance is refused."""
    balance = invoice.amount_minor - invoice.paid_minor
    if balance == 0:
        raise Refused("wrong_state", state="paid")
    amount = balance if amount_minor is None else amount_minor
    if amount <= 0:
        raise bad("amount", "not_positive")
    if amount > balance:
        raise bad("amount", "over_balance", balance=balance, currency=invoice.currency)
    payment = Payment(invoice_id=invoice.id, amount_minor=amount, at=clock.now(), by_id=by.user_id)
    session().add(payment)
    invoice.paid_minor += amount
    if invoice.paid_minor == invoice.amount_minor:
        invoice.paid_at = clock.now()
    session().flush()
    journal.write(
        "invoice.paid", "invoice", invoice.id, by, deal_id=deal.id, new={"number": invoice.number, "amount": amount}
    )
    realtime.deal_changed(deal.id, deal.stage_id)
    in_full = invoice.paid_at is not None and not _open_balance(deal.id)
    happened(InvoicePaid(deal.id, invoice.id, in_full, by))
    happened(DealChanged(deal.id, SUMS, by))
    return payment


def _open_balance(deal_id: int) -> int:
    return int(
        session().scalar(
            select(func.coalesce(func.sum(Invoice.amount_minor - Invoice.paid_minor), 0)).where(
                Invoice.deal_id == deal_id
            )
        )
        or 0
    )
