"""Why a robot has no run on a deal, in a sentence."""

from __future__ import annotations

from rules.why_not import Entry, WhyNot
from webapp.i18n import N_, formats
from webapp.i18n.isolates import gettext

PLAIN = {
    "once_per_deal": N_("it runs once per deal, and has already run"),
    "switched_off": N_("it is switched off"),
    "not_started": N_("nothing that starts it has happened"),
}


def words(why: WhyNot, stage_id: int | None) -> str:
    """`stage_id` is the robot's; who made an entry stands in it by name."""
    if why.code in PLAIN:
        return gettext(PLAIN[why.code])
    if why.code == "not_there":
        return _not_there(why.entry)
    stage = formats.stage(stage_id)
    if why.code == "not_yet":
        return gettext("the deal has not reached %(stage)s yet", stage=stage)
    never = gettext("never entered %(stage)s", stage=stage)
    return f"{never}: {_moved(why.entry)}" if why.entry else never


def _not_there(entry: Entry | None) -> str:
    """It was made, or switched on, after the deal had come."""
    if entry is None:
        return gettext("it did not exist yet, or was off")
    return gettext("when the deal came, %(when)s, it did not exist yet, or was off", when=formats.when(entry.at))


def _moved(entry: Entry) -> str:
    old, new, when = formats.stage(entry.came_from), formats.stage(entry.stage_id), formats.when(entry.at)
    if entry.came_from is None:
        return gettext("created on %(new)s at %(when)s", new=new, when=when)
    if entry.by:
        return gettext("moved %(old)s → %(new)s by %(who)s at %(when)s", old=old, new=new, who=entry.by, when=when)
    return gettext("moved %(old)s → %(new)s at %(when)s", old=old, new=new, when=when)
