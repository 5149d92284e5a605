"""A journal entry as a line of history, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rules.worktime import Delay
from webapp.db import session
from webapp.i18n import (
    calls,
    deliveries,
    elsewhere,
    field_words,
    formats,
    important,
    merges,
    paths,
    season_words,
    sentences,
)
from webapp.i18n.facts import word
from webapp.i18n.isolates import gettext, isolated
from webapp.models import Contact, JournalEntry
from webapp.snapshots.setups import SetupSnapshot


@dataclass(frozen=True, slots=True)
class Line:
    """`lead` is said in bold, then `text`; `quote` are somebody's own words."""

    at: datetime
    icon: str
    tone: str
    lead: str
    text: str
    quote: str = ""


def line(entry: JournalEntry, setup: SetupSnapshot) -> Line | None:
    """The entry in words; None for what nobody needs to read."""
    wording = WORDINGS.get(entry.event)
    return wording(entry, setup) if wording else None


def read(said: Line, at: datetime) -> Line:
    """Of a word that went out: it was read in Dozor."""
    return replace(said, text=gettext("%(state)s, read %(when)s", state=said.text, when=formats.when(at)))


def who(entry: JournalEntry, setup: SetupSnapshot) -> str:
    """Who did it: a person, or what Dozor was set off by."""
    if entry.by_id is not None:
        return setup.name_of(entry.by_id)
    if name := entry.cause.get("name"):
        is_robot = entry.cause.get("via") == "robot"
        said = formats.text(name)
        return gettext("Robot “%(name)s”", name=said) if is_robot else gettext("Trigger “%(name)s”", name=said)
    via = {"form": gettext("Web form"), "call": gettext("Telephony")}
    return via.get(entry.cause.get("via", ""), gettext("Dozor"))


def _created(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    return Line(entry.at, "plus", "calm", who(entry, setup), gettext("created the deal"))


def _moved(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("moved it from %(old)s to %(new)s", old=formats.stage(entry.old), new=formats.stage(entry.new))
    return Line(entry.at, "arrow", "calm", who(entry, setup), text)


def _called(entry: JournalEntry, _: SetupSnapshot) -> Line:
    said = entry.new if isinstance(entry.new, dict) else {}
    lead = gettext("Trigger “%(name)s”", name=formats.text(said.get("name") or {}))
    return Line(entry.at, "bolt", "calm", lead, gettext("another system called it"), said.get("text") or "")


def _merged(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("made one contact of this client and %(name)s", name=str(_new(entry).get("name", "")))
    return Line(entry.at, "person", "calm", who(entry, setup), text, merges.left(_new(entry).get("left") or {}))


def _edited(entry: JournalEntry, setup: SetupSnapshot) -> Line | None:
    if entry.cause.get("is_merge"):
        return None  # that the two became one is a line of its own
    spec = setup.field_of(entry.entity, entry.field or "")
    label = formats.text(spec.label) if spec else _column(entry.field)
    if entry.field == "contact":
        old, new = client(entry.old), client(entry.new)
    else:
        old, new = (_shown(each, spec, setup) for each in (entry.old, entry.new))
    if entry.field == "company":  # ids say nothing to a reader
        text = gettext("changed %(field)s", field=label)
    elif not new:
        text = gettext("cleared %(field)s (it was %(old)s)", field=label, old=old)
    elif not old:
        text = gettext("set %(field)s to %(new)s", field=label, new=new)
    else:
        text = gettext("changed %(field)s from %(old)s to %(new)s", field=label, old=old, new=new)
    return Line(entry.at, "edit", "calm", who(entry, setup), text)


def client(contact_id: Any) -> str:
    """The name of a contact by what a deal keeps of it; "" for nobody."""
    contact = session().get(Contact, contact_id) if isinstance(contact_id, int) else None
    return contact.name if contact else ""


def _column(field: str | None) -> str:
    columns = {"contact": gettext("Contact"), "company": gettext("Company"), "lost_reason": gettext("Why it was lost")}
    columns["phone_extension"] = gettext("Phone extension")
    columns |= {"more_phones": gettext("Other phones"), "more_emails": gettext("Other e-mails")}
    return columns.get(field or "", field or "")


def _shown(stored: Any, spec: Any, setup: SetupSnapshot) -> str:
    if spec is not None:
        return field_words.value(spec, stored, setup.firm.currency)
    return "" if stored is None else str(stored)


def _new(entry: JournalEntry) -> dict[str, Any]:
    return entry.new if isinstance(entry.new, dict) else {}


def _received(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    if _new(entry).get("kind") == "call":
        return Line(entry.at, "phone", "now", gettext("Client"), gettext("called, and nobody answered"))
    return Line(entry.at, "chat", "calm", gettext("Client"), gettext("wrote"), str(_new(entry).get("text", "")))


def _sent(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    if _new(entry).get("kind") == "call":
        return Line(entry.at, "phone", "good", who(entry, setup), gettext("answered the client's call"))
    return Line(entry.at, "chat", "calm", who(entry, setup), gettext("replied"), str(_new(entry).get("text", "")))


def _robot_wrote(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    return Line(
        entry.at, "chat", "calm", who(entry, setup), gettext("wrote to the client"), str(_new(entry).get("text", ""))
    )


def _claimed(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    facts = _new(entry)
    text = gettext("says they answered elsewhere: %(how)s", how=elsewhere.how(str(facts.get("how"))))
    return Line(entry.at, "chat", "soon", who(entry, setup), text, str(facts.get("text", "")))


def _noted(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    told, untold = (", ".join(map(setup.name_of, _new(entry).get(key, []))) for key in ("told", "untold"))
    text = gettext("wrote a note for %(people)s", people=told) if told else gettext("wrote a note")
    if untold:
        text = gettext("wrote a note; not notified, as they cannot see the deal: %(people)s", people=untold)
    return Line(entry.at, "edit", "calm", who(entry, setup), text)


def _issued(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    amount = formats.money(_new(entry).get("amount", 0), setup.firm.currency)
    text = gettext("issued invoice %(number)s for %(amount)s", number=_new(entry).get("number", ""), amount=amount)
    return Line(entry.at, "invoice", "calm", who(entry, setup), text)


def _paid(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    amount = formats.money(_new(entry).get("amount", 0), setup.firm.currency)
    text = gettext(
        "recorded a payment of %(amount)s for invoice %(number)s", number=_new(entry).get("number", ""), amount=amount
    )
    return Line(entry.at, "invoice", "good", who(entry, setup), text)


def _task_created(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    title = formats.text(_new(entry).get("title"))
    text = gettext("created the task “%(title)s”", title=title)
    return Line(entry.at, "task", "soon", who(entry, setup), _with_passed(text, entry, setup))


def _acceptor_asked(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    people = ", ".join(isolated(setup.name_of(each)) for each in _new(entry).get("people", []))
    text = gettext("asked for acceptance: %(people)s", people=people)
    return Line(entry.at, "task", "soon", who(entry, setup), _with_passed(text, entry, setup))


def _with_passed(text: str, entry: JournalEntry, setup: SetupSnapshot) -> str:
    """What is told, and who was passed over on the way to whoever is told."""
    passed = paths.passed_over(_new(entry).get("path", ()), setup)
    return f"{text}; {passed}" if passed else text


def _commented(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    return Line(entry.at, "chat", "calm", who(entry, setup), gettext("commented on the task"))


def _reminder_set(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    new = _new(entry)
    length = sentences.delay(Delay(int(new.get("amount", 0)), str(new.get("unit", ""))))
    text = gettext("set the reminder: %(delay)s before the deadline", delay=length)
    return Line(entry.at, "clock", "calm", who(entry, setup), text)


def _attached(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("attached “%(name)s”", name=_new(entry).get("name", ""))
    return Line(entry.at, "file", "calm", who(entry, setup), text)


def _taken_off(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("removed “%(name)s”", name=(entry.old or {}).get("name", ""))
    return Line(entry.at, "file", "calm", who(entry, setup), text)


def _handed_over(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("handed the task over to %(name)s", name=setup.name_of(entry.new))
    return Line(entry.at, "task", "soon", who(entry, setup), text)


def _acceptance_handed_over(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    if entry.new is None:
        return Line(entry.at, "task", "soon", who(entry, setup), gettext("found nobody else to accept the work"))
    text = gettext("handed acceptance of the work over to %(name)s", name=setup.name_of(entry.new))
    return Line(entry.at, "task", "soon", who(entry, setup), text)


def _taken_along(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    name = formats.text(setup.department_names.get(entry.new)) if isinstance(entry.new, int) else ""
    return Line(entry.at, "move", "calm", who(entry, setup), gettext("took the deal along to %(name)s", name=name))


def _step(text: Callable[[], str], icon: str, tone: str) -> Callable[[JournalEntry, SetupSnapshot], Line]:
    """What became of the next step: its words, and when it is to be."""

    def said(entry: JournalEntry, setup: SetupSnapshot) -> Line:
        facts = _new(entry)
        due = word({"at": facts.get("due_at")}) if facts.get("due_at") else ""
        return Line(entry.at, icon, tone, who(entry, setup), text(), ", ".join(filter(None, (facts.get("title"), due))))

    return said


def _did(text: Callable[[], str], icon: str, tone: str) -> Callable[[JournalEntry, SetupSnapshot], Line]:
    return lambda entry, setup: Line(entry.at, icon, tone, who(entry, setup), text())


def _refused(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    missing = word({"texts": _new(entry).get("missing", [])})
    text = gettext("could not move the deal: it needs %(missing)s", missing=missing or "—")
    return Line(entry.at, "bolt", "soon", who(entry, setup), text)


def _robot_refused(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    missing = word({"texts": _new(entry).get("missing", [])})
    text = gettext("could not change the deal: it needs %(missing)s", missing=missing)
    plain = gettext("could not change the deal")
    return Line(entry.at, "bolt", "soon", who(entry, setup), text if missing else plain)


def _delivered(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """A word that went out, or did not: to whom, by which way, why."""
    facts, state = _new(entry), entry.event.partition(".")[2]
    whom = setup.name_of(facts.get("user_id")) or facts.get("to") or gettext("the client")
    lead = gettext("%(channel)s to %(whom)s", channel=deliveries.channel(facts.get("channel", "")), whom=whom)
    tone = {"failed": "now", "delivered": "good"}.get(state, "calm")
    why = deliveries.reason(facts.get("reason", {}))
    return Line(entry.at, "chat", tone, lead[:1].upper() + lead[1:], deliveries.state(state), why)


def _rang(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """Whose phone rang, for how long, and what came of it."""
    facts = _new(entry)
    outcome = str(facts.get("outcome", ""))
    tone = "good" if outcome == "answered" else "calm"
    said = calls.outcome(outcome, facts.get("seconds", 0))
    lead = gettext("%(name)s's phone", name=setup.name_of(facts.get("user_id")))
    return Line(entry.at, "phone", tone, lead, said)


def _passed_over(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    facts = _new(entry)
    return Line(entry.at, "phone", "calm", setup.name_of(facts.get("user_id")), calls.passed(str(facts.get("why"))))


def _talked(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    span = formats.span(_new(entry).get("seconds", 0))
    name = setup.name_of(_new(entry).get("user_id"))
    return Line(entry.at, "phone", "calm", name, gettext("talked to the client for %(span)s", span=span))


def _season(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    return Line(entry.at, "clock", "calm", who(entry, setup), season_words.of_run(_new(entry)))


def _recounted(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """A date of the deal, a calendar or a season has changed, or a clock was wrong: the same timer, elsewhere."""
    old, new = (word({"at": at}) if isinstance(at, str) else "" for at in (entry.old, entry.new))
    text = gettext("moved a timer to %(new)s", new=new) if new else gettext("stopped a timer: its date was cleared")
    return Line(entry.at, "clock", "calm", who(entry, setup), text, gettext("before: %(old)s", old=old) if old else "")


def _important(text: Callable[[str], str], icon: str, tone: str) -> Callable[[JournalEntry, SetupSnapshot], Line]:
    """What became of something that matters: what it is, who is told or asked, and what was said of it."""

    def said(entry: JournalEntry, setup: SetupSnapshot) -> Line:
        facts = _new(entry)
        people = facts.get("people") or [each for each in (facts.get("to") or facts.get("of"),) if each]
        said = text(", ".join(isolated(setup.name_of(each)) for each in people) or "—")
        lead = gettext("%(who)s · %(what)s", who=who(entry, setup), what=important.kind(facts.get("kind", "")))
        if "code" in facts:
            said = gettext("%(what)s: %(why)s", what=said, why=important.reason(facts, who(entry, setup)))
        return Line(entry.at, icon, tone, lead, _with_passed(said, entry, setup), facts.get("text", ""))

    return said


WORDINGS: dict[str, Callable[[JournalEntry, SetupSnapshot], Line | None]] = {
    "deal.created": _created,
    "deal.moved": _moved,
    "deal.edited": _edited,
    "contact.edited": _edited,
    "contact.merged": _merged,
    "company.edited": _edited,
    "deal.taken_along": _taken_along,
    "deal.deleted": _did(lambda: gettext("deleted the deal"), "close", "calm"),
    "deal.restored": _did(lambda: gettext("restored the deal"), "return", "calm"),
    "message.received": _received,
    "message.sent": _sent,
    "message.claimed": _claimed,
    "note.written": _noted,
    "trigger.called": _called,
    "invoice.issued": _issued,
    "invoice.paid": _paid,
    "task.created": _task_created,
    "task.handed_over": _handed_over,
    "task.commented": _commented,
    "task.reminder_set": _reminder_set,
    "task.file_attached": _attached,
    "task.file_taken_off": _taken_off,
    "task.acceptance_handed_over": _acceptance_handed_over,
    "next_step.agreed": _step(lambda: gettext("set the next step"), "check", "soon"),
    "next_step.changed": _step(lambda: gettext("changed the next step"), "edit", "calm"),
    "next_step.done": _step(lambda: gettext("completed the next step"), "check", "good"),
    "next_step.cancelled": _step(lambda: gettext("cancelled the next step"), "close", "calm"),
    "next_step.taken_back": _step(lambda: gettext("undid a change of the next step"), "return", "calm"),
    "important.opened": _important(
        lambda p: gettext("added to “Important now” for %(people)s", people=p), "bell", "soon"
    ),
    "important.taken": _important(lambda _: gettext("took it"), "check", "calm"),
    "important.snoozed": _important(lambda _: gettext("snoozed it"), "pause", "calm"),
    "important.came_back": _important(lambda _: gettext("put it back on the list"), "bell", "soon"),
    "important.handed_on": _important(lambda p: gettext("handed it off to %(people)s", people=p), "arrow", "soon"),
    "important.passed_on": _important(lambda p: gettext("is now on the list of %(people)s", people=p), "arrow", "calm"),
    "important.asked": _important(lambda p: gettext("asked %(people)s for an explanation", people=p), "chat", "soon"),
    "important.explained": _important(lambda _: gettext("explained it"), "chat", "calm"),
    "important.climbed": _important(
        lambda p: gettext("nobody took it, told next: %(people)s", people=p), "bell", "now"
    ),
    "important.settled": _important(lambda _: gettext("settled it"), "check", "good"),
    "task.started": _did(lambda: gettext("started the task"), "task", "calm"),
    "task.submitted": _did(lambda: gettext("submitted the work"), "task", "soon"),
    "task.unaccepted": _did(
        lambda: gettext("finished it without acceptance: there is nobody else to accept the work"), "task", "soon"
    ),
    "task.acceptor_asked": _acceptor_asked,
    "task.accepted": _did(lambda: gettext("accepted the work"), "check", "good"),
    "task.returned": _did(lambda: gettext("returned the work for rework"), "return", "now"),
    "task.cancelled": _did(lambda: gettext("cancelled the task"), "close", "calm"),
    "robot.skipped": _did(lambda: gettext("skipped a robot that runs once per deal"), "bolt", "calm"),
    "robot.held_back": _did(
        lambda: gettext("held back a robot that has run too often on this deal today"), "bolt", "soon"
    ),
    "call.passed_over": _passed_over,
    "call.rang": _rang,
    "call.ended": _talked,
    "call.settled": _did(lambda: gettext("said who the call was from"), "phone", "calm"),
    "robot.norm_changed": _season,
    "run.recomputed": _recounted,
    "run.tried_again": _did(lambda: gettext("retried a failed robot"), "bolt", "calm"),
    "robot.refused": _robot_refused,
    "robot.wrote": _robot_wrote,
    "trigger.refused": _refused,
    **dict.fromkeys(
        ("delivery.sent", "delivery.delivered", "delivery.failed", "delivery.cancelled"),
        _delivered,
    ),
    "chain.cut": _did(
        lambda: gettext("stopped a chain of triggers and robots that had grown too long"), "bolt", "soon"
    ),
}
