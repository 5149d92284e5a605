"""How an employee says that they have answered a client outside of Dozor."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.i18n import N_
from webapp.i18n.isolates import gettext

HOW: Mapping[str, str] = {
    "call": N_("by phone"),
    "messenger": N_("in a messenger"),
    "in_person": N_("in person"),
    "email": N_("by e-mail"),
    "other": N_("in another way"),
}


def how(key: str) -> str:
    return gettext(HOW[key]) if key in HOW else key


def ways() -> list[tuple[str, str]]:
    """To choose from."""
    return [(key, how(key)) for key in HOW]
