"""What a kind of work of the outbox is called on the page of health."""

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


def name(kind: str) -> str:
    """In words."""
    return str(gettext(WORK[kind])) if kind in WORK else kind
