"""Why a firing of a rehearsal is an estimate, in words."""

from __future__ import annotations

from webapp.i18n import N_, formats
from webapp.i18n.isolates import gettext
from webapp.i18n.runs import ENTITIES
from webapp.snapshots import setups

WHY = {
    "history": N_("the deal's history does not reach back to its beginning"),
    "people": N_("people, departments or calendars have changed since: they are taken as they are today"),
    "seasons": N_("seasons of that day have changed since: they are taken as they are today"),
    "acts": N_("this robot changes the deal, so what came after would have been different"),
}


def unknown(why: str) -> str:
    """A fact that was read as it is today, or what else makes it an estimate."""
    if why in WHY:
        return gettext(WHY[why])
    entity, _, key = why.partition(".")
    spec = setups.current().field_of(entity, key)
    label = formats.text(spec.label) if spec else key
    return gettext("%(entity)s · %(field)s is read as it is today", entity=gettext(ENTITIES[entity]), field=label)
