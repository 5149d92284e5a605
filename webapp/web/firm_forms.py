"""The form of the firm itself: what stands in its controls, and what can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from rules.important import FIRMS_TIMES
from rules.tasks import FIRMS_TIMES as TIMES_TO_ACCEPT
from webapp.i18n import N_, important
from webapp.i18n.isolates import gettext
from webapp.models import Firm
from webapp.services import journal
from webapp.snapshots.setups import FirmFacts
from webapp.web import own_firm
from webapp.web.forms import Form, Kept, Pairs

NAMES = ("firm", "locale", "time_zone", "country", "currency", "rep_sees", "take_within", "accept_within")
FIRM = Form(names=(*NAMES, "waiting", "sure"), refusals=("bad_fields", "has_waiting_runs", "stale"))
SIGHTS = {"own": N_("their own deals"), "department": N_("those of their department"), "all": N_("all deals")}


def controls(firm: Firm | FirmFacts) -> dict[str, str]:
    """What stands in the form's controls."""
    kept = {name: getattr(firm, "name" if name == "firm" else name) for name in NAMES}
    return {name: "" if value is None else str(value) for name, value in kept.items()}


def options() -> Mapping[str, Pairs]:
    """By control, what can be chosen and how it reads."""
    return {
        "locale": own_firm.languages(),
        "time_zone": [(each, each) for each in own_firm.zones()],
        "country": [("", gettext("another")), *own_firm.countries()],
        "currency": own_firm.currencies(),
        "rep_sees": [(key, gettext(words)) for key, words in SIGHTS.items()],
        "take_within": important.times(FIRMS_TIMES),
        "accept_within": important.times_to_accept(TIMES_TO_ACCEPT),
    }


def kept(firm: Firm) -> Kept:
    """The firm as it is now, locked."""
    line = partial(journal.last_by, "firm.edited", firm.id)
    return Kept(controls(firm), lambda name: line("name" if name == "firm" else name), options())
