"""What kinds of work of the outbox, and parts of Dozor itself, are called."""

from __future__ import annotations

from webapp.i18n import N_
from webapp.i18n.isolates import gettext

WORK = {
    "run": N_("Robots"),
    "alarm": N_("Deadlines of tasks"),
    "setup": N_("Changes of the set-up"),
    "hand_over": N_("Hand-overs of deals"),
    "recount": N_("Timers to be counted anew"),
    "delivery": N_("Messages to the world"),
    "rung": N_("Important things that nobody took"),
    "rehearsal": N_("Rehearsals"),
    "call": N_("Calls"),
}
PARTS = {"redis": N_("Redis"), "worker": N_("Worker"), "ticker": N_("Ticker")}


def name(kind: str) -> str:
    """In words."""
    return str(gettext(WORK[kind])) if kind in WORK else kind


def parts(trouble: str) -> str:
    """Those that a page says are not running, in words."""
    return ", ".join(str(gettext(PARTS[each])) if each in PARTS else each for each in trouble.split(", "))
