"""The facts that texts are filled from: typed, kept with the text, worded in the reader's language on reading."""

from __future__ import annotations

from rules.facts import FieldSpec, Snapshot, Text, Value
from rules.field_kinds import Fact, field_kind
from webapp import clock, phones
from webapp.db import session
from webapp.models import Deal, Invoice, RobotRun
from webapp.snapshots import setups


def of_run(run: RobotRun, deal: Deal, snapshot: Snapshot) -> dict[str, object]:
    """The facts for a robot's text: begun by an invoice, it speaks of that one and of what is owed of it."""
    facts = facts_of(deal, snapshot, run.definition["name"])
    if run.start not in ("invoice_issued", "invoice_overdue"):
        return facts
    invoice = session().get_one(Invoice, int(run.cause.removeprefix("i")))
    owed = invoice.amount_minor - invoice.paid_minor
    return facts | {
        "invoice.number": invoice.number,
        "invoice.balance": _money(owed, invoice.currency),
    }


def facts_of(deal: Deal, snapshot: Snapshot, robot_name: Text | None = None) -> dict[str, object]:
    """Facts by placeholder. Plain strings stay; others, like {"money"} or {"seconds"}, i18n/facts.py words."""
    setup = setups.current()
    stage = setup.stage_by_id(deal.stage_id)
    facts: dict[str, object] = {
        "deal.title": deal.title,
        "deal.amount": _money(deal.amount_minor, deal.currency),
        "deal.responsible": setup.name_of(deal.responsible_id),
        "deal.stage": {"text": dict(stage.name) if stage else {}},
        "deal.time_on_stage": {"seconds": int((clock.now() - deal.entered_at).total_seconds())},
        "contact.name": snapshot.value("contact", "name") or "",
        "contact.phone": _phone(snapshot),
        "company.name": snapshot.value("company", "name") or "",
        "invoice.number": snapshot.value("invoices", "number") or "",
        "invoice.balance": _money(snapshot.value("invoices", "balance"), deal.currency),
    }
    if robot_name:
        facts["robot.name"] = {"text": dict(robot_name)}
    return facts | _own_fields(snapshot, deal.currency)


def _phone(snapshot: Snapshot) -> Fact:
    """With an extension it is said in the reader's language."""
    phone = str(snapshot.value("contact", "phone") or "")
    return {"phone": phone} if phones.EXTENSION in phone else phone


def _money(minor: Value, currency: str) -> Fact:
    """Nothing is no amount: of a deal it is not known yet, of an invoice none is owed."""
    return {"money": minor, "currency": currency} if minor else ""


def _own_fields(snapshot: Snapshot, currency: str) -> dict[str, object]:
    own = [each for each in setups.current().catalogue.fields.values() if not each.is_built_in]
    return {f"{each.entity}.{each.key}": _field(each, snapshot.value(each.entity, each.key), currency) for each in own}


def _field(spec: FieldSpec, value: object, currency: str) -> Fact:
    return "" if value is None else field_kind(spec.kind).fact(spec, value, currency)
