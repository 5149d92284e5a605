"""Two contacts side by side: their values in words, and what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.facts import Value
from rules.merging import Pair
from webapp import phones
from webapp.db import session
from webapp.i18n import N_, field_words, formats
from webapp.i18n.isolates import gettext
from webapp.i18n.line_ends import BETWEEN
from webapp.models import Company, Contact
from webapp.snapshots import contact_ways, setups

LABELS = {
    "name": N_("Full name"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "external_id": N_("Id in another system"),
    "company": N_("Company"),
}
WAYS = {"more_phones": N_("Other phones"), "more_emails": N_("Other e-mails")}
BESIDE = {
    "phone": N_("The other one stays among the other phones."),
    "email": N_("The other one stays among the other e-mails."),
    "external_id": N_("Whoever sends the other one finds this contact too."),
}
ELSE = N_("The other one is told in the history of the deals.")


@dataclass(frozen=True, slots=True)
class Row:
    """`key` names what is chosen, "" where there is nothing to choose; `note` is what becomes of the rest."""

    label: str
    stays: str
    goes: str
    key: str = ""
    note: str = ""


def rows(goes: Contact, into: Contact, pairs: Sequence[Pair]) -> list[Row]:
    """What either of the two has; what neither has is no row."""
    found = [_row(each) for each in pairs]
    ways = contact_ways.of([goes.id, into.id])
    for key, label in WAYS.items():
        own, other = (
            ", ".join(formats.phone(*phones.split(way)) if key == "more_phones" else way for way in has)
            for has in (ways[into.id][key], ways[goes.id][key])
        )
        found.append(Row(gettext(label), own, other))
    return [each for each in found if each.stays or each.goes]


def left(values: dict[str, Value]) -> str:
    """What a merge left nowhere but in the journal, in words."""
    said = ((_label(key), _shown(key, value)) for key, value in values.items() if key in LABELS or "." in key)
    return BETWEEN.join(gettext("%(field)s: %(value)s", field=label, value=shown) for label, shown in said)


def _row(pair: Pair) -> Row:
    label, stays, goes = _label(pair.key), _shown(pair.key, pair.kept), _shown(pair.key, pair.other)
    if not pair.is_choice:
        return Row(label, stays, goes)
    return Row(label, stays, goes, pair.key, gettext(BESIDE.get(pair.key, ELSE)))


def _label(key: str) -> str:
    spec = setups.current().field_of("contact", key.partition(".")[2]) if key not in LABELS else None
    return formats.text(spec.label) if spec else gettext(LABELS.get(key, key))


def _shown(key: str, value: Value) -> str:
    if value is None:
        return ""
    if key == "phone":
        return formats.phone(*phones.split(str(value)))
    if key == "company":
        company = session().get(Company, value)
        return company.name if company else ""
    spec = setups.current().field_of("contact", key.partition(".")[2]) if key not in LABELS else None
    return field_words.value(spec, value, setups.current().firm.currency) if spec else str(value)
