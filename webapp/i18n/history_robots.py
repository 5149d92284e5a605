"""What became of robots and their timers, as lines of a deal's history: each names its robot. What robots did stands
beside, as runs."""

from __future__ import annotations

from collections.abc import Callable

from webapp.db import session
from webapp.i18n import formats, season_words
from webapp.i18n.facts import word
from webapp.i18n.history_lines import Line, Wording, new_facts, who
from webapp.i18n.isolates import gettext
from webapp.models import JournalEntry, Robot, RobotRun, Trigger
from webapp.snapshots.setups import SetupSnapshot


def _name(entry: JournalEntry, setup: SetupSnapshot) -> str:
    """As its run froze it, or as it is called now, in the archive too."""
    if entry.entity == "run":
        run = session().get(RobotRun, entry.entity_id)
        return formats.text(run.definition["name"]) if run else ""
    known = setup.definitions.get(entry.entity_id)
    row = session().get(Robot, entry.entity_id) if known is None else None
    return formats.text(known["name"] if known else row.name if row else None)


def _did(text: Callable[[str], str], tone: str) -> Wording:
    return lambda entry, setup: Line(entry.at, "bolt", tone, who(entry, setup), text(_name(entry, setup)))


def _held_back(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """By Dozor, in whose name the journal has the robot itself."""
    text = gettext("held back the robot “%(name)s”: it has run too often on this deal today", name=_name(entry, setup))
    return Line(entry.at, "bolt", "soon", gettext("Dozor"), text)


def _season(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    norm = season_words.of_run(new_facts(entry))
    text = gettext("robot “%(name)s”: %(norm)s", name=_name(entry, setup), norm=norm)
    return Line(entry.at, "clock", "calm", who(entry, setup), text)


def _recounted(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """A date of the deal, a calendar or a season has changed, or a clock was wrong: the same timer, elsewhere."""
    old, new = (word({"at": at}) if isinstance(at, str) else "" for at in (entry.old, entry.new))
    name = _name(entry, setup)
    text = gettext("moved the timer of “%(name)s” to %(new)s", name=name, new=new)
    if not new:
        text = gettext("stopped the timer of “%(name)s”: its date was cleared", name=name)
    return Line(entry.at, "clock", "calm", who(entry, setup), text, gettext("before: %(old)s", old=old) if old else "")


def _cut(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """Before what would have come next."""
    facts = new_facts(entry)
    next_ = session().get(Robot, facts.get("robot_id") or 0) or session().get(Trigger, facts.get("trigger_id") or 0)
    text = gettext(
        "stopped a chain of triggers and robots that had grown too long, before “%(name)s”",
        name=formats.text(next_.name) if next_ else "",
    )
    return Line(entry.at, "bolt", "soon", gettext("Dozor"), text)


WORDINGS: dict[str, Wording] = {
    "robot.skipped": _did(
        lambda name: gettext("skipped the robot “%(name)s”: it runs once per deal", name=name), "calm"
    ),
    "robot.held_back": _held_back,
    "robot.norm_changed": _season,
    "run.recomputed": _recounted,
    "run.tried_again": _did(lambda name: gettext("retried the robot “%(name)s” after a failure", name=name), "calm"),
    "chain.cut": _cut,
}
