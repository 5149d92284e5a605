"""What the placeholders of the firm's own texts are called: "{deal.title}" reads as [Deal]."""

from __future__ import annotations

from rules import messages
from webapp.i18n import N_, formats
from webapp.i18n.isolates import gettext
from webapp.i18n.named import Named

NAMES = {
    "deal.title": N_("Deal"),
    "deal.amount": N_("Amount"),
    "deal.responsible": N_("Responsible"),
    "deal.time_on_stage": N_("Time on stage"),
    "contact.name": N_("Client"),
    "contact.phone": N_("Client's phone"),
    "company.name": N_("Company"),
    "invoice.number": N_("Invoice number"),
    "invoice.balance": N_("Balance due"),
    "robot.name": N_("Robot's name"),
}


def name(placeholder: str, names: Named) -> str:
    """One, without its braces."""
    if placeholder in NAMES:
        return str(gettext(NAMES[placeholder]))
    entity, _, key = placeholder.partition(".")
    spec = names.spec(entity, key)
    return formats.text(spec.label) if spec else placeholder


def choices(names: Named) -> list[tuple[str, str]]:
    """All that a text may name, each with what it is called."""
    return [(f"{{{each}}}", name(each, names)) for each in messages.placeholders(names.catalogue)]


def in_words(template: str, names: Named) -> str:
    """The text with the names of its placeholders; what is none stays as typed."""
    known = {each: f"[{name(each, names)}]" for each in messages.placeholders(names.catalogue)}
    return messages.render(template, known)
