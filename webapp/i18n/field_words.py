"""How each kind of field is worded, what stands in its control, and which control that is; what it means stands in
rules/field_kinds.py, of the same kinds.

What `typed` makes of a stored value is read back as that value, in every language and zone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rules.facts import FieldSpec
from rules.field_kinds import field_kind
from rules.readers import SEVERAL
from webapp.i18n import N_, formats
from webapp.i18n.isolates import gettext
from webapp.snapshots import setups


def _plain(spec: FieldSpec, stored: Any, currency: str) -> str:
    return str(stored)


@dataclass(frozen=True, slots=True)
class FieldWords:
    """`control` is a macro of templates/_fields.html; `type` and `inputmode` are its input's. `is_chosen`: by a press,
    so that choosing again costs nothing."""

    words: Callable[[FieldSpec, Any, str], str] = _plain
    typed: Callable[[FieldSpec, Any, str], str] = _plain
    control: str = "line"
    type: str = "text"
    inputmode: str | None = None
    is_chosen: bool = False
    opens: bool = False  # what is kept is the address of a page
    blank: str = ""  # what an empty control sends


def _label(spec: FieldSpec, stored: Any, currency: str) -> str:
    return next((formats.text(each.label) for each in spec.options if each.key == stored), str(stored))


def _labels(spec: FieldSpec, stored: Any, currency: str) -> str:
    return ", ".join(_label(spec, each, currency) for each in _several(stored))


def _several(stored: Any) -> list[Any]:
    return stored if isinstance(stored, list) else [stored]


def _name(spec: FieldSpec, stored: Any, currency: str) -> str:
    return setups.current().name_of(int(stored)) or str(stored)


def _local(spec: FieldSpec, stored: Any, currency: str) -> str:
    return formats.typed_moment(datetime.fromisoformat(str(stored)))


def _figure(stored: Any) -> float:
    if isinstance(stored, bool) or not isinstance(stored, int | float):
        raise TypeError
    return stored


FIELD_WORDS: dict[str, FieldWords] = {
    "text": FieldWords(type="growing"),
    "long_text": FieldWords(control="area"),
    "number": FieldWords(
        words=lambda spec, stored, currency: formats.number(_figure(stored)),
        typed=lambda spec, stored, currency: formats.typed_number(_figure(stored)),
        inputmode="decimal",
    ),
    "money": FieldWords(
        words=lambda spec, stored, currency: formats.money(int(stored), currency),
        typed=lambda spec, stored, currency: formats.typed_money(int(stored), currency),
        inputmode="decimal",
    ),
    "checkbox": FieldWords(
        words=lambda spec, stored, currency: gettext("yes") if stored else gettext("no"),
        typed=lambda spec, stored, currency: "on" if stored else "off",
        blank="off",
        control="tick",
        is_chosen=True,
    ),
    "select": FieldWords(words=_label, control="chips", is_chosen=True),
    "multi_select": FieldWords(
        words=_labels,
        typed=lambda spec, stored, currency: SEVERAL.join(_several(stored)),
        control="ticks",
        is_chosen=True,
    ),
    "date": FieldWords(words=lambda spec, stored, currency: formats.day(date.fromisoformat(str(stored))), type="date"),
    "datetime": FieldWords(
        words=lambda spec, stored, currency: formats.when(datetime.fromisoformat(str(stored))),
        typed=_local,
        type="datetime-local",
    ),
    "phone": FieldWords(
        words=lambda spec, stored, currency: formats.phone(str(stored)),
        typed=lambda spec, stored, currency: formats.phone(str(stored)),
        type="tel",
    ),
    "email": FieldWords(type="email"),
    "link": FieldWords(inputmode="url", opens=True),
    "user": FieldWords(words=_name, control="person"),
    "stage": FieldWords(words=lambda spec, stored, currency: formats.stage(stored)),
}
UNKNOWN = FieldWords()
KINDS = {
    "text": N_("Text"),
    "long_text": N_("Long text"),
    "number": N_("Number"),
    "money": N_("Money"),
    "date": N_("Date"),
    "datetime": N_("Date and time"),
    "checkbox": N_("Yes or no"),
    "select": N_("One from a list"),
    "multi_select": N_("Several from a list"),
    "user": N_("Colleague"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "link": N_("Link"),
    "stage": N_("Stage"),
}


def kind_name(key: str) -> str:
    """What a kind of field is called."""
    return gettext(KINDS[key]) if key in KINDS else key


def of(spec: FieldSpec) -> FieldWords:
    """The words of a field's kind; of one that is there no more, plain ones."""
    return FIELD_WORDS.get(spec.kind, UNKNOWN)


def value(spec: FieldSpec, stored: Any, currency: str) -> str:
    """A field's stored value in words; blank is an empty string. Never raises: what is no longer of the field's kind
    stands as it is."""
    return "" if stored in (None, "", []) else _said(of(spec).words, spec, stored, currency)


def on_card(spec: FieldSpec, stored: Any, currency: str) -> list[str]:
    """What a card says of a field that is filled in: of a box to tick its name, of several options each."""
    if field_kind(spec.kind).is_never_empty:
        return [formats.text(spec.label)]
    return [value(spec, each, currency) for each in _several(stored)]


def typed(spec: FieldSpec, stored: Any, currency: str) -> str:
    """A field's stored value as its control sends it when it is left untouched. Never raises."""
    return of(spec).blank if stored in (None, "", []) else _said(of(spec).typed, spec, stored, currency)


def _said(words: Callable[[FieldSpec, Any, str], str], spec: FieldSpec, stored: Any, currency: str) -> str:
    try:
        return words(spec, stored, currency)
    except (TypeError, ValueError, OverflowError):
        return str(stored)
