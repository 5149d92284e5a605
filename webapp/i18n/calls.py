"""Calls in the reader's language: how one stands for whoever it rings, and what came of each phone."""

from __future__ import annotations

from webapp.i18n import N_, formats
from webapp.i18n.isolates import gettext

STATES = {"ringing": N_("is calling"), "talking": N_("you are talking"), "over": N_("you have talked")}
OUTCOMES = {
    "answered": N_("rang for %(span)s, then was taken"),
    "no-answer": N_("rang for %(span)s, and nobody took it"),
    "busy": N_("was busy"),
    "failed": N_("could not be reached"),
    "canceled": N_("rang for %(span)s, then stopped"),
}

PASSED = {
    "absent": N_("was not rung: away"),
    "no_phone": N_("was not rung: no phone number"),
    "off_hours": N_("was not rung: not at work then"),
    "inactive": N_("was not rung: does not work here any more"),
}


def passed(why: str) -> str:
    """Why somebody was not rung whose turn it was."""
    return str(gettext(PASSED.get(why, PASSED["absent"])))


def state(key: str) -> str:
    return str(gettext(STATES[key]))


def outcome(key: str, seconds: float) -> str:
    """What the provider said, after how long."""
    return str(gettext(OUTCOMES.get(key, OUTCOMES["canceled"]), span=formats.span(seconds)))
