"""Invoices and payments."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from webapp.i18n.formats import decimal
from webapp.models import Invoice, Payment


class InvoiceRecord(BaseModel):
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


class PaymentRecord(BaseModel):
    """A payment, with its invoice as it stands after it."""

    id: int
    invoice_id: int
    deal_id: int
    amount: str
    currency: str
    at: datetime
    by_id: int | None
    invoice: InvoiceRecord


def record(row: Invoice) -> InvoiceRecord:
    return InvoiceRecord(
        id=row.id,
        deal_id=row.deal_id,
        number=row.number,
        amount=decimal(row.amount_minor, row.currency),
        paid=decimal(row.paid_minor, row.currency),
        balance=decimal(row.amount_minor - row.paid_minor, row.currency),
        currency=row.currency,
        issued_on=row.issued_on,
        due_on=row.due_on,
        paid_at=row.paid_at,
        created_at=row.created_at,
        created_by_id=row.created_by_id,
    )


def payment(row: Payment, invoice: Invoice) -> PaymentRecord:
    return PaymentRecord(
        id=row.id,
        invoice_id=invoice.id,
        deal_id=invoice.deal_id,
        amount=decimal(row.amount_minor, invoice.currency),
        currency=invoice.currency,
        at=row.at,
        by_id=row.by_id,
        invoice=record(invoice),
    )
