"""How long before a deadline it is said that it is coming: what is offered, in words and as it is sent."""

from __future__ import annotations

from rules.tasks import REMINDERS
from rules.worktime import Delay
from webapp.i18n import sentences
from webapp.i18n.isolates import gettext


def key(ahead: Delay) -> str:
    """As a form sends it: "2-working_hours"."""
    return f"{ahead.amount}-{ahead.unit}"


def of_key(sent: str) -> Delay | None:
    """None: it is none of those that are offered."""
    return next((each for each in REMINDERS if key(each) == sent), None)


def offered() -> list[tuple[str, str]]:
    """To choose from."""
    return [(key(each), gettext("%(time)s before", time=sentences.delay(each))) for each in REMINDERS]
