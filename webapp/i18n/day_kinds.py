"""What the days of a working calendar are called."""

from __future__ import annotations

from webapp.i18n import N_
from webapp.i18n.isolates import gettext

KINDS = {
    "work": N_("Working day"),
    "off": N_("Weekend"),
    "holiday": N_("Holiday"),
    "closed": N_("Day off"),
    "short": N_("Short day"),
    "moved": N_("Moved working day"),
    "own": N_("Special hours"),
}


def words() -> dict[str, str]:
    """By the kinds of rules/hours.py."""
    return {key: gettext(each) for key, each in KINDS.items()}
