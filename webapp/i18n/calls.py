"""Calls in the reader's language: how one stands for whoever it rings, and what came of each phone."""

from __future__ import annotations

from webapp.i18n import N_, formats
from webapp.i18n.isolates import gettext

STATES = {"ringing": N_("is calling"), "talking": N_("you are on the call"), "over": N_("the call is over")}
OUTCOMES = {
    "answered": N_("rang for %(span)s, then was answered"),
    "no-answer": N_("rang for %(span)s, no answer"),
    "busy": N_("was busy"),
    "failed": N_("could not be reached"),
    "canceled": N_("rang for %(span)s, then stopped"),
}

PASSED = {
    "absent": N_("was not called: away"),
    "no_phone": N_("was not called: no phone number"),
    "off_hours": N_("was not called: outside working hours"),
    "inactive": N_("was not called: no longer works here"),
}


def passed(why: str) -> str:
    """Why somebody was not rung whose turn it was."""
    return str(gettext(PASSED.get(why, PASSED["absent"])))


def state(key: str) -> str:
    return str(gettext(STATES[key]))


def outcome(key: str, seconds: float) -> str:
    """What the provider said, after how long."""
    return str(gettext(OUTCOMES.get(key, OUTCOMES["canceled"]), span=formats.span(seconds)))
