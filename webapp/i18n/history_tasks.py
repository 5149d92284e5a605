"""What became of work on a deal, and of its next step, as lines of its history: a deal has several tasks, so each line
names its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rules.worktime import Delay
from webapp.db import session
from webapp.i18n import formats, sentences
from webapp.i18n.facts import fill, word
from webapp.i18n.history_lines import Line, Wording, new_facts, old_facts, who, with_passed
from webapp.i18n.isolates import gettext, isolated
from webapp.models import JournalEntry, Task
from webapp.snapshots.setups import SetupSnapshot


def _title(entry: JournalEntry) -> str:
    """As its page has it."""
    task = session().get(Task, entry.entity_id)
    return fill(task.title, task.facts) if task else formats.text(new_facts(entry).get("title"))


def _did(text: Callable[[str], str], icon: str, tone: str) -> Wording:
    """A step of the work, told with its title."""
    return lambda entry, setup: Line(entry.at, icon, tone, who(entry, setup), text(_title(entry)))


def _created(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("created the task “%(title)s”", title=_title(entry))
    return Line(entry.at, "task", "soon", who(entry, setup), with_passed(text, entry, setup))


def _acceptor_asked(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    people = ", ".join(isolated(setup.name_of(each)) for each in new_facts(entry).get("people", []))
    text = gettext("asked for acceptance of the work on “%(title)s”: %(people)s", title=_title(entry), people=people)
    return Line(entry.at, "task", "soon", who(entry, setup), with_passed(text, entry, setup))


def _reminder_set(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    new = new_facts(entry)
    length = sentences.delay(Delay(int(new.get("amount", 0)), str(new.get("unit", ""))))
    text = gettext(
        "set the reminder of the task “%(title)s”: %(delay)s before the deadline", title=_title(entry), delay=length
    )
    return Line(entry.at, "clock", "calm", who(entry, setup), text)


def _attached(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext(
        "attached “%(name)s” to the task “%(title)s”", name=new_facts(entry).get("name", ""), title=_title(entry)
    )
    return Line(entry.at, "file", "calm", who(entry, setup), text)


def _taken_off(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext(
        "removed “%(name)s” from the task “%(title)s”", name=old_facts(entry).get("name", ""), title=_title(entry)
    )
    return Line(entry.at, "file", "calm", who(entry, setup), text)


def _handed_over(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("handed the task “%(title)s” over to %(name)s", title=_title(entry), name=setup.name_of(entry.new))
    return Line(entry.at, "task", "soon", who(entry, setup), text)


def _acceptance_handed_over(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    title = _title(entry)
    text = gettext("found nobody else to accept the work on “%(title)s”", title=title)
    if entry.new is not None:
        name = setup.name_of(entry.new)
        text = gettext("handed acceptance of the work on “%(title)s” over to %(name)s", title=title, name=name)
    return Line(entry.at, "task", "soon", who(entry, setup), text)


def _step_said(text: Callable[[], str], icon: str, tone: str) -> Wording:
    """What became of the next step: its words, when it is to be, and who is to do it where that is somebody else."""

    def said(entry: JournalEntry, setup: SetupSnapshot) -> Line:
        facts = new_facts(entry)
        is_own = facts.get("assignee_id") == entry.by_id
        quote = _words({**facts, "assignee_id": None} if is_own else facts, setup)
        return Line(entry.at, icon, tone, who(entry, setup), text(), quote)

    return said


def _step_changed(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("changed the next step to “%(new)s”", new=_words(new_facts(entry), setup))
    return Line(entry.at, "edit", "calm", who(entry, setup), text, _before(entry, setup))


def _step_taken_back(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """Of what was agreed, done, changed or cancelled a moment ago: what stands now, and what stood."""
    now = _words(new_facts(entry), setup)
    if new_facts(entry).get("state") == "cancelled":
        text = gettext("undid setting the next step “%(step)s”", step=now)
        return Line(entry.at, "return", "calm", who(entry, setup), text)
    text = gettext("undid a change of the next step: it is “%(new)s” again", new=now)
    return Line(entry.at, "return", "calm", who(entry, setup), text, _before(entry, setup))


def _before(entry: JournalEntry, setup: SetupSnapshot) -> str:
    old, new = (_words(each, setup) for each in (old_facts(entry), new_facts(entry)))
    return gettext("before: %(old)s", old=old) if old not in ("", new) else ""


def _words(facts: Mapping[str, Any], setup: SetupSnapshot) -> str:
    due = word({"at": facts.get("due_at")}) if facts.get("due_at") else ""
    return ", ".join(filter(None, (facts.get("title"), due, setup.name_of(facts.get("assignee_id")))))


WORDINGS: dict[str, Wording] = {
    "task.created": _created,
    "task.handed_over": _handed_over,
    "task.commented": _did(lambda title: gettext("commented on the task “%(title)s”", title=title), "chat", "calm"),
    "task.reminder_set": _reminder_set,
    "task.file_attached": _attached,
    "task.file_taken_off": _taken_off,
    "task.acceptance_handed_over": _acceptance_handed_over,
    "task.started": _did(lambda title: gettext("started the task “%(title)s”", title=title), "task", "calm"),
    "task.submitted": _did(lambda title: gettext("submitted the work on “%(title)s”", title=title), "task", "soon"),
    "task.unaccepted": _did(
        lambda title: gettext(
            "finished “%(title)s” without acceptance: there is nobody else to accept the work", title=title
        ),
        "task",
        "soon",
    ),
    "task.acceptor_asked": _acceptor_asked,
    "task.accepted": _did(lambda title: gettext("accepted the work on “%(title)s”", title=title), "check", "good"),
    "task.returned": _did(
        lambda title: gettext("returned the work on “%(title)s” for rework", title=title), "return", "now"
    ),
    "task.cancelled": _did(lambda title: gettext("cancelled the task “%(title)s”", title=title), "close", "calm"),
    "next_step.agreed": _step_said(lambda: gettext("set the next step"), "check", "soon"),
    "next_step.changed": _step_changed,
    "next_step.done": _step_said(lambda: gettext("completed the next step"), "check", "good"),
    "next_step.cancelled": _step_said(lambda: gettext("cancelled the next step"), "close", "calm"),
    "next_step.taken_back": _step_taken_back,
}
