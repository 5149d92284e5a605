"""What a line of history is made of: who did it, the facts that the journal keeps, whoever was passed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.i18n import formats, paths
from webapp.i18n.isolates import gettext
from webapp.models import JournalEntry
from webapp.snapshots.setups import SetupSnapshot


@dataclass(frozen=True, slots=True)
class Line:
    """`lead` is said in bold, then `text`; `quote` are somebody's own words."""

    at: datetime
    icon: str
    tone: str
    lead: str
    text: str
    quote: str = ""


Wording = Callable[[JournalEntry, SetupSnapshot], Line]


def who(entry: JournalEntry, setup: SetupSnapshot) -> str:
    """Who did it: a person, or what Dozor was set off by."""
    if entry.by_id is not None:
        return setup.name_of(entry.by_id)
    if name := entry.cause.get("name"):
        is_robot = entry.cause.get("via") == "robot"
        said = formats.text(name)
        return gettext("Robot “%(name)s”", name=said) if is_robot else gettext("Trigger “%(name)s”", name=said)
    via = {"form": gettext("Web form"), "call": gettext("Telephony")}
    return via.get(entry.cause.get("via", ""), gettext("Dozor"))


def new_facts(entry: JournalEntry) -> dict[str, Any]:
    """What became, where that is told by several facts."""
    return entry.new if isinstance(entry.new, dict) else {}


def old_facts(entry: JournalEntry) -> dict[str, Any]:
    """What was."""
    return entry.old if isinstance(entry.old, dict) else {}


def with_passed(text: str, entry: JournalEntry, setup: SetupSnapshot) -> str:
    """What is told, and who was passed over on the way to whoever is told."""
    passed = paths.passed_over(new_facts(entry).get("path", ()), setup)
    return f"{text}; {passed}" if passed else text


def did(text: Callable[[], str], icon: str, tone: str) -> Wording:
    """What is told of the deal itself: that it was done says all."""
    return lambda entry, setup: Line(entry.at, icon, tone, who(entry, setup), text())
