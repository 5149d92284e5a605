"""A notification in its reader's words: what happened, to whom, what is expected of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.robot_kinds import kind_of
from webapp.i18n import N_, formats, important
from webapp.i18n.facts import fill, word
from webapp.i18n.isolates import gettext
from webapp.models import Notification
from webapp.snapshots import setups


@dataclass(frozen=True, slots=True)
class NotificationText:
    """`tone` is now, soon, good or calm; `icon` a name of the sprite; `source` says who or what tells."""

    title: str
    body: str
    icon: str
    tone: str
    source: str


# kind → (icon, tone, title, body); %(task)s is the task's own title, %(by)s who acted, %(deal)s the deal.
NOTIFICATION_KINDS: Mapping[str, tuple[str, str, str, str]] = {
    "task.created": ("task", "soon", N_("New task: %(task)s"), N_("Due %(due)s, assigned to %(assignee)s. %(deal)s")),
    "task.handed_over": ("task", "soon", N_("This task is yours now: %(task)s"), N_("Due %(due)s. %(deal)s")),
    "task.given_on": (
        "arrow",
        "calm",
        N_("%(assignee)s is doing it now: %(task)s"),
        N_("%(by)s delegated it. %(deal)s"),
    ),
    "task.commented": ("chat", "soon", N_("%(by)s about the task: %(task)s"), N_("%(comment)s")),
    "task.deadline_coming": ("clock", "soon", N_("Due soon: %(task)s"), N_("The deadline is %(due)s. %(deal)s")),
    "task.overdue": ("bell", "now", N_("Overdue: %(task)s"), N_("%(assignee)s was due to finish by %(due)s. %(deal)s")),
    "task.acceptance_overdue": (
        "bell",
        "now",
        N_("Still awaiting acceptance: %(task)s"),
        N_("%(assignee)s is waiting for your decision. %(deal)s"),
    ),
    "task.awaiting_acceptance": (
        "task",
        "soon",
        N_("Accept the work: %(task)s"),
        N_("%(assignee)s reports: %(result)s"),
    ),
    "task.accepted": ("check", "good", N_("Accepted: %(task)s"), N_("%(by)s accepted your work. %(deal)s")),
    "task.returned": ("return", "now", N_("Returned for rework: %(task)s"), N_("%(by)s: %(reason)s")),
    "task.done": ("check", "good", N_("Done: %(task)s"), N_("%(assignee)s finished it. %(deal)s")),
    "task.cancelled": ("close", "calm", N_("Cancelled: %(task)s"), N_("It is no longer needed. %(deal)s")),
    "important.silent": ("person", "soon", N_("%(person)s has been silent for a long time"), N_("%(waits)s")),
    "important.climbed": ("bell", "now", N_("Nobody has taken it: %(item)s"), N_("You are next in line. %(deal)s")),
    "important.handed_on": ("arrow", "soon", N_("%(by)s handed this off to you: %(item)s"), N_("%(deal)s")),
    "important.passed_on": ("arrow", "soon", N_("Now on your list: %(item)s"), N_("%(deal)s")),
    "important.asked": ("chat", "soon", N_("%(by)s asks you to explain: %(item)s"), N_("%(said)s")),
    "important.explained": ("chat", "calm", N_("%(by)s explains: %(item)s"), N_("%(said)s")),
    "absence.uncovered": (
        "person",
        "soon",
        N_("Nobody stands in for %(person)s"),
        N_("%(cover)s cannot, from %(first)s to %(last)s. To choose another colleague, record the absence again."),
    ),
    "absence.standing_in": (
        "person",
        "soon",
        N_("You stand in for %(person)s"),
        N_("From %(first)s to %(last)s you may work on their open deals and hear what happens on them."),
    ),
    "absence.standing_down": (
        "person",
        "calm",
        N_("You no longer stand in for %(person)s"),
        N_("It was to be from %(first)s to %(last)s."),
    ),
    "deal.assigned": ("deal", "calm", N_("This deal is yours now: %(deal)s"), N_("%(contact)s %(amount)s")),
    "client.wrote": (
        "chat",
        "soon",
        N_("%(contact)s is waiting for your reply: %(deal)s"),
        N_("%(words)s"),
    ),
    "client.called": (
        "bell",
        "soon",
        N_("%(contact)s called, and nobody answered: %(deal)s"),
        N_("Call back as soon as you can."),
    ),
    "note.mentioned": ("chat", "soon", N_("%(by)s mentioned you: %(deal)s"), N_("%(note)s")),
    "contact.shared": (
        "deal",
        "soon",
        N_("%(department)s has opened a deal for %(contact)s"),
        N_("This is a client of %(rep)s. %(responsible)s is responsible for the new deal: agree on who talks to them."),
    ),
    "trigger.refused": (
        "bolt",
        "soon",
        N_("%(deal)s stays where it is"),
        N_("Trigger “%(trigger)s” could not move it. First: %(missing)s"),
    ),
    "run.refused": (
        "bolt",
        "soon",
        N_("%(deal)s stays as it is"),
        N_("Robot “%(robot)s” could not change it. First: %(missing)s"),
    ),
    "run.no_way": (
        "chat",
        "soon",
        N_("No message went to the client: %(deal)s"),
        N_("Robot “%(robot)s” cannot reach them: %(no_way)s. Perhaps you know another way."),
    ),
    "worker.silent": (
        "bell",
        "now",
        N_("The worker is not responding"),
        N_("The ticker does its work, more slowly. See under Health what is late."),
    ),
    "ticker.silent": (
        "bell",
        "now",
        N_("The ticker is not responding"),
        N_("Late work is not caught up. See under Health how late it is."),
    ),
    "clock.jumped": (
        "clock",
        "now",
        N_("The machine's clock was wrong"),
        N_("Robots that started meanwhile wait for the wrong time. See under Health how to count them again."),
    ),
    "gateway.failing": ("bell", "now", N_("%(channel)s is not being sent"), N_("%(why)s")),
    "message.undelivered": (
        "bell",
        "now",
        N_("Your message did not reach the client: %(deal)s"),
        N_("%(channel)s to %(to)s. %(why)s"),
    ),
    "undelivered": ("bell", "now", N_("%(channel)s to %(to)s did not arrive"), N_("%(why)s")),
    "run.failed": ("bell", "now", N_("Robot “%(robot)s” failed"), N_("It gave up on this deal: %(deal)s.")),
    "run.too_often": (
        "bolt",
        "now",
        N_("Robot “%(robot)s” ran too often"),
        N_("Again and again today on this deal: %(deal)s. It is paused there until tomorrow."),
    ),
}

WITHOUT_DEADLINE = {  # how the body reads of a task that has none
    "task.created": N_("Assigned to %(assignee)s, no deadline. %(deal)s"),
    "task.handed_over": N_("No deadline. %(deal)s"),
}


def text_of(notice: Notification) -> NotificationText:
    """The notification in the words of whoever reads it now."""
    if notice.kind.startswith("robot."):
        return _robots_own(notice)
    icon, tone, title, body = NOTIFICATION_KINDS[notice.kind]
    words = _words(notice)
    if not words["due"]:
        body = WITHOUT_DEADLINE.get(notice.kind, body)
    by = setups.current().name_of(notice.sender_id)
    return NotificationText(gettext(title, **words), gettext(body, **words).strip(), icon, tone, by or gettext("Dozor"))


def _robots_own(notice: Notification) -> NotificationText:
    """The first line of a robot's text is the title."""
    title, _, body = fill(notice.text, notice.facts).partition("\n")
    if late := notice.facts.get("run.late_by"):
        body += "\n" + gettext("Late by %(time)s", time=formats.span(late))
    source = word(notice.facts.get("robot.name"))
    if sender := setups.current().name_of(notice.sender_id):
        source = sender
    tone = "now" if notice.urgency == "urgent" else "soon"
    icon = kind_of(notice.kind.removeprefix("robot.")).icon
    return NotificationText(title.strip(), body.strip(), icon, tone, source)


def _words(notice: Notification) -> dict[str, Any]:
    facts = notice.facts
    amount = facts.get("deal.amount")
    return {
        "task": fill(notice.text, facts),
        "item": important.title(str(facts.get("item.kind", "")), facts, is_own=notice.kind == "important.asked"),
        "person": word(facts.get("person.name")),
        "waits": important.waits(facts),
        "cover": word(facts.get("cover.name")),
        "first": word(facts.get("absence.first")),
        "last": word(facts.get("absence.last")),
        "said": word(facts.get("item.text")),
        "deal": word(facts.get("deal.title")),
        "contact": word(facts.get("contact.name")),
        "department": word(facts.get("deal.department")),
        "rep": word(facts.get("contact.rep")) or "—",
        "responsible": word(facts.get("deal.responsible")),
        "amount": word(amount) if amount and amount.get("money") else "",  # none is known: also of what was told before
        "assignee": word(facts.get("task.assignee")),
        "by": word(facts.get("task.by")) or setups.current().name_of(notice.sender_id) or gettext("Dozor"),
        "due": word(facts.get("task.due_at")),
        "result": word(facts.get("task.result")) or "—",
        "reason": word(facts.get("task.reason")),
        "comment": word(facts.get("task.comment")),
        "trigger": word(facts.get("trigger.name")),
        "words": word(facts.get("message.text")),
        "note": word(facts.get("note.text")),
        "missing": word(facts.get("trigger.missing")) or gettext("see its history"),
        "robot": word(facts.get("robot.name")),
        "channel": _capital(word(facts.get("delivery.channel"))),
        "to": word(facts.get("delivery.to")),
        "why": word(facts.get("delivery.reason")),
        "no_way": word(facts.get("way")),
    }


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
