"""What kinds of work of the outbox, and parts of Dozor itself, are called."""

from __future__ import annotations

from webapp.i18n import N_
from webapp.i18n.isolates import gettext

WORK = {
    "run": N_("Robots"),
    "alarm": N_("Task deadlines"),
    "setup": N_("Set-up changes"),
    "hand_over": N_("Handing over deals"),
    "recount": N_("Recounting timers"),
    "delivery": N_("Outgoing messages"),
    "rung": N_("Important items nobody has taken"),
    "rehearsal": N_("Rehearsals"),
    "call": N_("Calls"),
}
PARTS = {"redis": N_("Redis"), "worker": N_("Worker"), "ticker": N_("Ticker")}


def name(kind: str) -> str:
    """In words."""
    return str(gettext(WORK[kind])) if kind in WORK else kind


def on_hold() -> str:
    """Of one that a restore has held back: it goes on when whoever runs the machine lets it."""
    return str(gettext("on hold since a restore from backup"))


def parts(trouble: str) -> str:
    """Those that a page says are not running, in words."""
    return ", ".join(str(gettext(PARTS[each])) if each in PARTS else each for each in trouble.split(", "))
