"""A journal entry as a line of history, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from rules.setup import Stage
from webapp.db import session
from webapp.i18n import (
    calls,
    deliveries,
    elsewhere,
    field_words,
    formats,
    history_robots,
    history_tasks,
    important,
    merges,
)
from webapp.i18n.facts import word
from webapp.i18n.history_lines import Line, Wording, did, new_facts, who, with_passed
from webapp.i18n.isolates import gettext, isolated
from webapp.i18n.line_ends import BETWEEN
from webapp.models import Company, Contact, JournalEntry
from webapp.snapshots.setups import SetupSnapshot


def line(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """An entry in words: one of an event in WORDINGS."""
    return WORDINGS[entry.event](entry, setup)


def read(said: Line, at: datetime) -> Line:
    """Of a word that went out: it was read in Dozor."""
    return replace(said, text=gettext("%(state)s, read %(when)s", state=said.text, when=formats.when(at)))


def because(said: Line, reason: str) -> Line:
    """Of work that was returned: why, in the words of whoever returned it."""
    return replace(said, quote=reason)


def _created(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    return Line(entry.at, "plus", "calm", who(entry, setup), gettext("created the deal"))


def _moved(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("moved it from %(old)s to %(new)s", old=formats.stage(entry.old), new=formats.stage(entry.new))
    return Line(entry.at, "arrow", "calm", who(entry, setup), text)


def _restored(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """On its stage; on another where that was archived, also in another pipeline."""
    old, new = (setup.all_stages.get(each or 0) for each in (entry.old, entry.new))
    if old is None or new is None:
        return Line(entry.at, "return", "calm", who(entry, setup), gettext("restored the deal"))
    is_alien = old.pipeline_id != new.pipeline_id
    was, now = (_place(each, setup) if is_alien else formats.text(each.name) for each in (old, new))
    text = gettext("restored the deal, from “%(old)s”, which was archived, to “%(new)s”", old=was, new=now)
    return Line(entry.at, "return", "calm", who(entry, setup), text)


def _place(stage: Stage, setup: SetupSnapshot) -> str:
    names = setup.all_pipelines[stage.pipeline_id].name, stage.name
    return BETWEEN.join(isolated(formats.text(each)) for each in names)


def _called(entry: JournalEntry, _: SetupSnapshot) -> Line:
    said = entry.new if isinstance(entry.new, dict) else {}
    lead = gettext("Trigger “%(name)s”", name=formats.text(said.get("name") or {}))
    return Line(entry.at, "bolt", "calm", lead, gettext("another system called it"), said.get("text") or "")


def _merged(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    text = gettext("made one contact of this client and %(name)s", name=str(new_facts(entry).get("name", "")))
    return Line(entry.at, "person", "calm", who(entry, setup), text, merges.left(new_facts(entry).get("left") or {}))


def _edited(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    spec = setup.field_of(entry.entity, entry.field or "")
    label = formats.text(spec.label) if spec else _column(entry.field)
    if entry.field == "contact":
        old, new = client(entry.old), client(entry.new)
    elif entry.field == "company":
        old, new = _company(entry.old), _company(entry.new)
    else:
        old, new = (_shown(each, spec, setup) for each in (entry.old, entry.new))
    if not new:
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


def _company(company_id: Any) -> str:
    company = session().get(Company, company_id) if isinstance(company_id, int) else None
    return company.name if company else ""


def _column(field: str | None) -> str:
    columns = {"contact": gettext("Contact"), "company": gettext("Company"), "lost_reason": gettext("Why it was lost")}
    columns["phone_extension"] = gettext("Phone extension")
    columns |= {"more_phones": gettext("Other phones"), "more_emails": gettext("Other e-mails")}
    return columns.get(field or "", field or "")


def _shown(stored: Any, spec: Any, setup: SetupSnapshot) -> str:
    if spec is not None:
        return field_words.value(spec, stored, setup.firm.currency)
    return "" if stored is None else str(stored)


def _received(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    if new_facts(entry).get("kind") == "call":
        return Line(entry.at, "phone", "now", gettext("Client"), gettext("called, and nobody answered"))
    return Line(entry.at, "chat", "calm", gettext("Client"), gettext("wrote"), str(new_facts(entry).get("text", "")))


def _sent(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    if new_facts(entry).get("kind") == "call":
        return Line(entry.at, "phone", "good", who(entry, setup), gettext("answered the client's call"))
    return Line(entry.at, "chat", "calm", who(entry, setup), gettext("replied"), str(new_facts(entry).get("text", "")))


def _robot_wrote(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    return Line(
        entry.at,
        "chat",
        "calm",
        who(entry, setup),
        gettext("wrote to the client"),
        str(new_facts(entry).get("text", "")),
    )


def _claimed(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    facts = new_facts(entry)
    text = gettext("says they answered elsewhere: %(how)s", how=elsewhere.how(str(facts.get("how"))))
    return Line(entry.at, "chat", "soon", who(entry, setup), text, str(facts.get("text", "")))


def _noted(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    told, untold = (", ".join(map(setup.name_of, new_facts(entry).get(key, []))) for key in ("told", "untold"))
    text = gettext("wrote a note for %(people)s", people=told) if told else gettext("wrote a note")
    if untold:
        text = gettext("wrote a note; not notified, as they cannot see the deal: %(people)s", people=untold)
    return Line(entry.at, "edit", "calm", who(entry, setup), text)


def _issued(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    amount = formats.money(new_facts(entry).get("amount", 0), setup.firm.currency)
    text = gettext("issued invoice %(number)s for %(amount)s", number=new_facts(entry).get("number", ""), amount=amount)
    return Line(entry.at, "invoice", "calm", who(entry, setup), text)


def _paid(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    amount = formats.money(new_facts(entry).get("amount", 0), setup.firm.currency)
    text = gettext(
        "recorded a payment of %(amount)s for invoice %(number)s",
        number=new_facts(entry).get("number", ""),
        amount=amount,
    )
    return Line(entry.at, "invoice", "good", who(entry, setup), text)


def _taken_along(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    name = formats.text(setup.department_names.get(entry.new)) if isinstance(entry.new, int) else ""
    return Line(entry.at, "move", "calm", who(entry, setup), gettext("took the deal along to %(name)s", name=name))


def _refused(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    missing = word({"texts": new_facts(entry).get("missing", [])})
    text = gettext("could not move the deal: it needs %(missing)s", missing=missing or "—")
    return Line(entry.at, "bolt", "soon", who(entry, setup), text)


def _robot_refused(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    missing = word({"texts": new_facts(entry).get("missing", [])})
    text = gettext("could not change the deal: it needs %(missing)s", missing=missing)
    plain = gettext("could not change the deal")
    return Line(entry.at, "bolt", "soon", who(entry, setup), text if missing else plain)


def _delivered(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """A word that went out, or did not: to whom, by which way, why."""
    facts, state = new_facts(entry), entry.event.partition(".")[2]
    whom = setup.name_of(facts.get("user_id")) or facts.get("to") or gettext("the client")
    lead = gettext("%(channel)s to %(whom)s", channel=deliveries.channel(facts.get("channel", "")), whom=whom)
    tone = {"failed": "now", "delivered": "good"}.get(state, "calm")
    why = deliveries.reason(facts.get("reason", {}))
    return Line(entry.at, "chat", tone, lead[:1].upper() + lead[1:], deliveries.state(state), why)


def _rang(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    """Whose phone rang, for how long, and what came of it."""
    facts = new_facts(entry)
    outcome = str(facts.get("outcome", ""))
    tone = "good" if outcome == "answered" else "calm"
    said = calls.outcome(outcome, facts.get("seconds", 0))
    lead = gettext("%(name)s's phone", name=setup.name_of(facts.get("user_id")))
    return Line(entry.at, "phone", tone, lead, said)


def _passed_over(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    facts = new_facts(entry)
    return Line(entry.at, "phone", "calm", setup.name_of(facts.get("user_id")), calls.passed(str(facts.get("why"))))


def _talked(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    span = formats.span(new_facts(entry).get("seconds", 0))
    name = setup.name_of(new_facts(entry).get("user_id"))
    return Line(entry.at, "phone", "calm", name, gettext("talked to the client for %(span)s", span=span))


def _call_settled(entry: JournalEntry, setup: SetupSnapshot) -> Line:
    caller = formats.phone(new_facts(entry).get("caller") or "")
    return Line(entry.at, "phone", "calm", who(entry, setup), gettext("said who the call was from"), caller)


def _important(text: Callable[[str], str], icon: str, tone: str) -> Wording:
    """What became of something that matters: what it is, who is told or asked, and what was said of it."""

    def said(entry: JournalEntry, setup: SetupSnapshot) -> Line:
        facts = new_facts(entry)
        people = facts.get("people") or [each for each in (facts.get("to") or facts.get("of"),) if each]
        said = text(", ".join(isolated(setup.name_of(each)) for each in people) or "—")
        lead = gettext("%(who)s · %(what)s", who=who(entry, setup), what=important.kind(facts.get("kind", "")))
        if "code" in facts:
            said = gettext("%(what)s: %(why)s", what=said, why=important.reason(facts, who(entry, setup)))
        return Line(entry.at, icon, tone, lead, with_passed(said, entry, setup), facts.get("text", ""))

    return said


WORDINGS: dict[str, Wording] = {
    "deal.created": _created,
    "deal.moved": _moved,
    "deal.edited": _edited,
    "contact.edited": _edited,
    "contact.merged": _merged,
    "company.edited": _edited,
    "deal.taken_along": _taken_along,
    "deal.deleted": did(lambda: gettext("deleted the deal"), "close", "calm"),
    "deal.restored": _restored,
    "message.received": _received,
    "message.sent": _sent,
    "message.claimed": _claimed,
    "note.written": _noted,
    "trigger.called": _called,
    "invoice.issued": _issued,
    "invoice.paid": _paid,
    **history_tasks.WORDINGS,
    **history_robots.WORDINGS,
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
    "call.passed_over": _passed_over,
    "call.rang": _rang,
    "call.ended": _talked,
    "call.settled": _call_settled,
    "robot.refused": _robot_refused,
    "robot.wrote": _robot_wrote,
    "trigger.refused": _refused,
    **dict.fromkeys(
        ("delivery.sent", "delivery.delivered", "delivery.failed", "delivery.cancelled"),
        _delivered,
    ),
}
