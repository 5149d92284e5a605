"""Money asked for and money received. Paid in full, the deal's unpaid-timers are called off and its trigger goes."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import emit, instant, savepoint, session
from webapp.errors import Refused, invalid
from webapp.models import Deal, Invoice, Payment
from webapp.services import currency, journal, texts
from webapp.services.events import DealChanged, InvoiceIssued, InvoicePaid
from webapp.snapshots.setups import current

SUMS = frozenset(("invoices", key) for key in ("unpaid", "count", "balance", "nearest_due_on"))


def issue(
    deal: Deal,
    number: str,
    amount_minor: int,
    by: Actor,
    *,
    issued_on: date | None = None,
    due_on: date | None = None,
    latest_shown: int | None = None,
) -> Invoice:
    """A new invoice on a locked deal, `amount_minor` in minor units of the deal's currency. With `latest_shown`, the
    last one that the page listed (0: none), none may have been issued since: it may be for the very same."""
    _check_issued(deal, latest_shown)
    number = texts.line("number", number, 60)
    if amount_minor <= 0:
        raise invalid("amount", "not_positive")
    currency.held()
    issued_on = issued_on or instant().astimezone(ZoneInfo(current().firm.time_zone)).date()
    if due_on is not None and due_on < issued_on:
        raise invalid("due_on", "before_issued")
    invoice = Invoice(
        deal_id=deal.id,
        number=number,
        amount_minor=amount_minor,
        currency=deal.currency,
        issued_on=issued_on,
        due_on=due_on,
        created_at=instant(),
        created_by_id=by.user_id,
    )
    _number(invoice)
    journal.write(
        "invoice.issued", "invoice", invoice.id, by, deal_id=deal.id, new={"number": number, "amount": amount_minor}
    )
    emit(InvoiceIssued(deal.id, invoice.id, by))
    _sums_changed(deal, by)
    return invoice


def _check_issued(deal: Deal, latest_shown: int | None) -> None:
    if latest_shown is None:
        return
    latest = session().scalar(select(Invoice).where(Invoice.deal_id == deal.id).order_by(Invoice.id.desc()).limit(1))
    if latest is None or latest.id == latest_shown:
        return
    told = {"who": current().name_of(latest.created_by_id), "number": latest.number}
    raise Refused("stale", problems={"number": {"code": "invoiced_meanwhile", **told}}, record=("deal", deal.id))


def _number(invoice: Invoice) -> None:
    """Put it into the books; of two with the same number at once one is refused."""
    try:
        with savepoint():
            session().add(invoice)
            session().flush()
    except IntegrityError:
        raise invalid("number", "taken") from None


def pay(
    invoice: Invoice, deal: Deal, amount_minor: int | None, by: Actor, *, shown_minor: int | None = None
) -> Payment:
    """A payment on an invoice of a locked deal; None pays the whole balance. More than the balance is refused, and what
    the payer's page has not shown: with `shown_minor`, how much was paid before, none may have come since."""
    if shown_minor not in (None, invoice.paid_minor) and invoice.paid_at is None:
        raise _paid_meanwhile(invoice)
    amount = _payable(invoice, amount_minor)
    payment = Payment(invoice_id=invoice.id, amount_minor=amount, at=instant(), by_id=by.user_id)
    session().add(payment)
    invoice.paid_minor += amount
    if invoice.paid_minor == invoice.amount_minor:
        invoice.paid_at = instant()
    session().flush()
    journal.write(
        "invoice.paid", "invoice", invoice.id, by, deal_id=deal.id, new={"number": invoice.number, "amount": amount}
    )
    in_full = invoice.paid_at is not None and not _open_balance(deal.id)
    emit(InvoicePaid(deal.id, invoice.id, in_full, by))
    _sums_changed(deal, by)
    return payment


def _paid_meanwhile(invoice: Invoice) -> Refused:
    """It may be the very payment that is to be recorded."""
    balance = invoice.amount_minor - invoice.paid_minor
    told = {"who": journal.last_hand("invoice", invoice.id), "balance": balance, "currency": invoice.currency}
    return Refused("stale", problems={"amount": {"code": "paid_meanwhile", **told}}, record=("invoice", invoice.id))


def _payable(invoice: Invoice, amount_minor: int | None) -> int:
    """What may be paid on it; None asks for the whole balance."""
    balance = invoice.amount_minor - invoice.paid_minor
    if balance == 0:
        raise Refused("wrong_state", record=("invoice", invoice.id), state="paid")
    amount = balance if amount_minor is None else amount_minor
    if amount <= 0:
        raise invalid("amount", "not_positive")
    if amount > balance:
        raise invalid("amount", "over_balance", balance=balance, currency=invoice.currency)
    return amount


def _sums_changed(deal: Deal, by: Actor) -> None:
    announcements.deal_changed(deal.id, deal.stage_id)
    emit(DealChanged(deal, SUMS, by))


def _open_balance(deal_id: int) -> int:
    return int(
        session().scalar(
            select(func.coalesce(func.sum(Invoice.amount_minor - Invoice.paid_minor), 0)).where(
                Invoice.deal_id == deal_id
            )
        )
        or 0
    )
