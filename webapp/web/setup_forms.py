"""What the forms of the automation screen say, as the product keeps it: timings, settings of robots, texts in two
languages, conditions. Nothing is judged here: the draft refuses what cannot be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rules import condition_typing, conditions, fields
from rules.condition_typing import TypedGroup
from rules.errors import FieldError
from rules.facts import Catalogue, FieldSpec
from rules.field_kinds import field_kind
from rules.fields import ReadContext
from rules.parameters import Parameter
from rules.readers import SEVERAL
from rules.setup_documents import Document
from rules.texts import TEXT_LIMIT, is_blank, text
from webapp.config import LOCALES
from webapp.errors import invalid
from webapp.snapshots import setups
from webapp.web.forms import Form, Posted, read_id

FORM = Form(
    names=("how", "amount", "unit", "field", "when", "start", "event", "stage", "after", "act", "only", "kind", "hue",
           "once_per_deal", "also_later",
        "may_go_back", "is_on", "department", "condition"),
    entities=("if", "settings", "name", "option"),
    refusals=None,
)  # fmt: skip
SIDES = {"before_field", "after_field"}


def words(posted: Posted, name: str) -> dict[str, str]:
    """A text of the firm, as name.en and name.ru; blank ones are left out. Raises Refused naming the one that is
    wrong."""
    said = {}
    for locale in LOCALES:
        try:
            said[locale] = text(posted.text(f"{name}.{locale}"), TEXT_LIMIT)
        except FieldError as error:
            raise invalid(f"{name}.{locale}", error.code, **error.facts) from None
    return {each: found for each, found in said.items() if not is_blank(found)}


def delay(posted: Posted, start: str = "") -> dict[str, Any]:
    """What is no number stays as it was typed, for the draft to refuse: a nought would mean at once."""
    typed = posted.text(f"{start}amount").strip()
    amount = read_id(typed)
    return {"amount": typed if amount is None else amount, "unit": posted.text(f"{start}unit") or "minutes"}


def timing(posted: Posted) -> dict[str, Any]:
    how = posted.text("how")
    if how == "after":
        return {"after": delay(posted)}
    if how in SIDES:
        entity, _, key = posted.text("field").partition(".")
        return {how: {"entity": entity, "field": key, **delay(posted)}}
    return {"at_once": True}


def many(posted: Posted, name: str) -> list[str]:
    """What is ticked among several boxes, whether they came as one text or each by itself."""
    return [each for came in posted.fields.get(name, ()) for each in came.split(SEVERAL) if each]


def typed(posted: Posted, catalogue: Catalogue) -> TypedGroup:
    """The builder as it stands, after the press that sent it."""
    group = condition_typing.suited(condition_typing.read(posted.fields), catalogue)
    return condition_typing.pressed(group, posted.text("act"))


def condition(
    group: TypedGroup, catalogue: Catalogue, document: Document, reading: ReadContext
) -> dict[str, object] | None:
    """The condition that has been built, in which stages stand by their whole keys: what is only in the draft has no id
    that means the same when somebody else adds something. Raises ConditionError while something is left to say."""
    keys = {each.key for each in document.of("stage", archived=True)}
    raw = condition_typing.as_raw(group)
    return conditions.dump(conditions.parse(raw, catalogue, replace(reading, stages=keys)))


def setting(parameter: Parameter, posted: Posted, spec: FieldSpec | None = None) -> Any:
    """The value of one setting; None: there is none. `spec` is the field that a robot sets."""
    if parameter.kind == "value" and spec is not None:
        return _value(spec, posted, f"settings.{parameter.key}")
    read = SETTINGS.get(parameter.kind, lambda each, form, name: form.text(name) or None)
    return read(parameter, posted, f"settings.{parameter.key}")


def _value(spec: FieldSpec, posted: Posted, name: str) -> Any:
    """As the field keeps it. Raises Refused."""
    raw = many(posted, name) if field_kind(spec.kind).element else posted.text(name)
    try:
        kept = fields.parse(spec, raw or None, setups.current().reading(None))
    except FieldError as error:
        raise invalid(name, error.code, **error.facts) from None
    return None if fields.is_blank(kept) else kept


def _person(raw: str) -> Any:
    start, _, number = raw.partition(":")
    return {"user": read_id(number)} if start == "user" else raw or None


def _people(parameter: Parameter, posted: Posted, name: str) -> Any:
    found = [_person(each) for each in many(posted, name)]
    return found[0] if len(found) == 1 else found or None


def _duration(parameter: Parameter, posted: Posted, name: str) -> Any:
    is_none = not posted.text(f"{name}.amount").strip()
    return None if is_none and not parameter.required else delay(posted, f"{name}.")


SETTINGS: dict[str, Callable[[Parameter, Posted, str], Any]] = {
    "text": lambda parameter, posted, name: words(posted, name) or None,
    "textarea": lambda parameter, posted, name: words(posted, name) or None,
    "checkbox": lambda parameter, posted, name: posted.text(name) == "on",
    "person": lambda parameter, posted, name: _person(posted.text(name)),
    "sender": lambda parameter, posted, name: _person(posted.text(name)),
    "people": _people,
    "duration": _duration,
}
