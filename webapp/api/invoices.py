"""Invoices of a deal, and their payments."""

from __future__ import annotations

from http import HTTPStatus

from webapp.access.records import deal_for, invoice_for
from webapp.access.viewer import viewer
from webapp.api.records import invoices as records
from webapp.api.records.invoices import InvoiceRecord, PaymentRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Count, Day, Id, Money, Page, Paging, QueryId, cursor
from webapp.api.values import minor, own_currency
from webapp.queries import listings as found
from webapp.services import invoices

ONE = "/invoices/<int:invoice_id>"


class InvoiceFilters(Paging):
    deal_id: QueryId | None = None
    number: str | None = None


class PaymentFilters(Paging):
    deal_id: QueryId | None = None
    invoice_id: QueryId | None = None


class NewInvoice(Body):
    """With `latest_id`, the newest invoice of the deal as it was listed (0: none was): 409 when another was issued
    since, which may be for the very same."""

    deal_id: Id
    number: str
    amount: Money
    currency: str | None = None
    issued_on: Day | None = None
    due_on: Day | None = None
    latest_id: Count | None = None


class NewPayment(Body):
    """Without `amount` the whole balance is paid. With `paid`, as the invoice showed it: 409 when more came in since,
    which may be the very payment."""

    amount: Money | None = None
    currency: str | None = None
    paid: Money | None = None


@reads("/invoices", Page[InvoiceRecord])
def index(query: InvoiceFilters) -> Page[InvoiceRecord]:
    """Invoices of deals that the caller may read, newest first; no two have one `number`."""
    if query.deal_id is not None:
        deal_for(query.deal_id)
    slice_ = found.invoices(viewer().scope, query.deal_id, found.Place(query.limit, query.before), query.number)
    return Page[InvoiceRecord](items=[records.record(each) for each in slice_.rows], next=cursor(slice_.next))


@writes("POST", "/invoices", InvoiceRecord, HTTPStatus.CREATED)
def issue(json: NewInvoice) -> Answer[InvoiceRecord]:
    """A new invoice on a deal."""
    deal = deal_for(json.deal_id, write=True, for_update=True)
    own_currency(json.currency)
    by = viewer().actor
    invoice = invoices.issue(
        deal,
        json.number,
        minor(json.amount),
        by,
        issued_on=json.issued_on,
        due_on=json.due_on,
        latest_shown=json.latest_id,
    )
    return lambda: records.record(invoice)


@reads(ONE, InvoiceRecord)
def show(invoice_id: int) -> InvoiceRecord:
    """One invoice."""
    invoice, _ = invoice_for(invoice_id)
    return records.record(invoice)


@writes("POST", f"{ONE}/payments", PaymentRecord, HTTPStatus.CREATED)
def pay(invoice_id: int, json: NewPayment) -> Answer[PaymentRecord]:
    """Money received. Paid in full, what waited for it is called off."""
    invoice, deal = invoice_for(invoice_id, write=True)
    own_currency(json.currency)
    amount = None if json.amount is None else minor(json.amount)
    shown = None if json.paid is None else minor(json.paid, "paid")
    payment = invoices.pay(invoice, deal, amount, viewer().actor, shown_minor=shown)
    return lambda: records.payment(payment, invoice)


@reads("/payments", Page[PaymentRecord])
def payments(query: PaymentFilters) -> Page[PaymentRecord]:
    """All money that was received on deals that the caller may read, newest first: read on until what is known."""
    if query.deal_id is not None:
        deal_for(query.deal_id)
    if query.invoice_id is not None:
        invoice_for(query.invoice_id)
    place = found.Place(query.limit, query.before)
    slice_ = found.payments(viewer().scope, query.deal_id, query.invoice_id, place)
    of = found.invoices_of(slice_.rows)
    items = [records.payment(each, of[each.invoice_id]) for each in slice_.rows]
    return Page[PaymentRecord](items=items, next=cursor(slice_.next))
