"""What in a set-up cannot work as it reads, in words that name what takes part."""

from __future__ import annotations

from rules.conflicts import Conflict
from rules.setup import Setup
from webapp.i18n import N_, formats, named
from webapp.i18n.isolates import gettext
from webapp.i18n.named import quoted
from webapp.i18n.sentences import event_name

CLAIMS = {
    "claims_wrote": N_("%(those)s: the text says that the client has written, but it also runs when they have not"),
    "claims_waits": N_("%(those)s: the text says that the client is waiting for a reply, but it also runs otherwise"),
    "claims_unpaid": N_("%(those)s: the text says that an invoice is unpaid, but it also runs when none is"),
    "claims_no_step": N_("%(those)s: the text says that there is no next step, but it also runs when there is one"),
}


def words(conflict: Conflict, value: Setup) -> str:
    """One conflict of this set-up."""
    triggers = [each for each in value.triggers if each.id in conflict.triggers]
    called = [each.name for each in value.robots if each.id in conflict.robots] + [each.name for each in triggers]
    those = gettext(" and ").join(quoted(formats.text(each)) for each in called)
    if conflict.code == "two_triggers":
        return gettext(
            "%(those)s wait for the same event, “%(event)s”: only the first ever runs",
            those=those,
            event=event_name(triggers[0].event),
        )
    if conflict.code == "circle":
        return gettext("%(those)s set each other off in a loop, which is stopped after five rounds", those=those)
    if conflict.code == "never_true":
        return gettext("%(those)s: no deal can meet this condition", those=those)
    if conflict.code in CLAIMS:
        return gettext(CLAIMS[conflict.code], those=those)
    names = named.of(value)
    specs = [names.spec(*each) for each in conflict.fields]
    fields = ", ".join(quoted(formats.text(each.label)) for each in specs if each)
    return gettext(
        "%(those)s cannot fill in %(fields)s, which its stage requires: such deals will stay where they are",
        those=those,
        fields=fields,
    )
