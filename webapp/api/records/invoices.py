"""Invoices and payments."""

from __future__ import annotations

from datetime import date, datetime

from webapp.api.types import Record
from webapp.i18n.formats import decimal
from webapp.models import Invoice, Payment


class InvoiceRecord(Record):
    id: int
    deal_id: int
    number: str
    amount: str
    paid: str
    balance: str
    currency: str
    issued_on: date
    due_on: date | None
    paid_at: datetime | None
    created_at: datetime
    created_by_id: int | None


class PaymentRecord(Record):
    """A payment, with its invoice as it stands now."""

    id: int
    invoice_id: int
    deal_id: int
    amount: str
    currency: str
    at: datetime
    by_id: int | None
    invoice: InvoiceRecord


def record(row: Invoice) -> InvoiceRecord:
    return InvoiceRecord.of(
        row,
        amount=decimal(row.amount_minor, row.currency),
        paid=decimal(row.paid_minor, row.currency),
        balance=decimal(row.amount_minor - row.paid_minor, row.currency),
    )


def payment(row: Payment, invoice: Invoice) -> PaymentRecord:
    return PaymentRecord.of(
        row,
        deal_id=invoice.deal_id,
        amount=decimal(row.amount_minor, invoice.currency),
        currency=invoice.currency,
        invoice=record(invoice),
    )
