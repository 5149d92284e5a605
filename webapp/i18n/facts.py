"""Kept facts put into words: what a robot's or a task's text is filled with for its reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from rules import messages
from webapp.i18n import deliveries, formats
from webapp.i18n.isolates import gettext, isolated
from webapp.snapshots import setups


def word(fact: Any) -> str:
    """One fact: a plain string, or {"money"}, {"number"}, {"seconds"}, {"text"}, {"texts"}, {"date"}, {"at"}, {"user"},
    {"phone"}, {"stage"}, {"channel"}, {"delivery_reason"}, {"no_way"}, {"webhook"}, {"yes"}. Never raises: what is no
    longer of its field's kind stands as it is."""
    if not isinstance(fact, Mapping):
        return "" if fact is None else str(fact)
    try:
        return _word(fact)
    except (ArithmeticError, TypeError, ValueError):
        return str(next(iter(fact.values()), ""))


def _word(fact: Mapping[str, Any]) -> str:
    if "money" in fact:
        return formats.money(fact["money"], fact["currency"])
    if "number" in fact:
        return formats.number(fact["number"])
    if "seconds" in fact:
        return formats.span(fact["seconds"])
    if "text" in fact:
        return formats.text(fact["text"])
    if "texts" in fact:
        return ", ".join(map(said, fact["texts"]))
    if "date" in fact:
        return formats.day(date.fromisoformat(fact["date"]))
    if "at" in fact:
        return formats.when(datetime.fromisoformat(fact["at"]))
    if "user" in fact:
        return setups.current().name_of(fact["user"]) or str(fact["user"])
    if "phone" in fact:
        return formats.phone(fact["phone"])
    if "stage" in fact:
        return formats.stage(fact["stage"])
    if "channel" in fact:
        return deliveries.channel(fact["channel"])
    if "delivery_reason" in fact:
        return deliveries.reason(fact["delivery_reason"])
    if "webhook" in fact:
        return deliveries.webhook(fact["webhook"])
    if "no_way" in fact:
        return deliveries.no_way(fact["no_way"])
    return gettext("yes") if fact.get("yes") else gettext("no")


def said(text: Mapping[str, Any]) -> str:
    """A text of the firm, which may come with the facts that it names: {"text", "facts"}."""
    return fill(text["text"], text["facts"]) if "facts" in text else formats.text(text)


def fill(template: Mapping[str, str] | None, facts: Mapping[str, Any]) -> str:
    """The firm's template in the reader's language, filled with the facts. Plain text: whoever shows it escapes it."""
    return messages.render(formats.text(template), {key: isolated(word(each)) for key, each in facts.items()})
