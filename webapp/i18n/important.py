"""Items of what matters now in their reader's words: what each is, why it stands where it does, how it was settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rules.tasks import firms_time
from rules.worktime import Delay
from webapp.i18n import N_, formats, sentences
from webapp.i18n.facts import fill, word
from webapp.i18n.isolates import gettext, ngettext
from webapp.i18n.line_ends import BETWEEN
from webapp.snapshots.setups import PersonFacts

A_MINUTE, MANY_MINUTES = 60, 120
# kind → (icon, tone, what it is called, its title)
ITEM_KINDS: Mapping[str, tuple[str, str, str, str]] = {
    "missed_call": ("bell", "now", N_("Missed call"), N_("%(contact)s called, and nobody answered")),
    "vip": ("star", "soon", N_("Important client"), N_("%(contact)s has written")),
    "late_reply": ("bell", "now", N_("Late reply"), N_("%(contact)s is waiting for a reply")),
    "acceptance": ("task", "soon", N_("Work to accept"), N_("Accept the work: %(task)s")),
    "overdue": ("clock", "now", N_("Overdue task"), N_("Overdue: %(task)s")),
    "silent": ("person", "soon", N_("Silent"), N_("%(person)s has been silent for a long time")),
    "unpaid": ("invoice", "soon", N_("Unpaid"), N_("Unpaid: %(deal)s")),
    "control": ("bell", "soon", N_("Control"), N_("%(robot)s: %(deal)s")),
    "client_silent": ("chat", "", N_("The client is silent"), N_("%(contact)s is silent: %(deal)s")),
    "no_next_step": ("clock", "", N_("No next step"), N_("No next step: %(deal)s")),
}
# what asks for a word or a choice → (its button, what is asked for)
ASKS: Mapping[str, tuple[str, str]] = {
    "send_back": (N_("Return…"), N_("What needs to be redone")),
    "explain": (N_("Explain"), N_("What happened")),
    "settle": (N_("Done"), N_("How it was settled")),
    "ask": (N_("Ask"), N_("What should be explained?")),
    "snooze": (N_("Snooze"), N_("Until when")),
    "hand_on": (N_("Hand off"), N_("To whom")),
}
REASONS: Mapping[str, str] = {
    "replied": N_("%(who)s replied after %(time)s"),
    "claimed": N_("%(who)s says they answered elsewhere, after %(time)s"),
    "paid": N_("paid after %(time)s"),
    "closed": N_("the deal was closed"),
    "deleted": N_("the deal was deleted"),
    "left_stage": N_("the deal has left the stage"),
    "gone": N_("the cause is gone"),
    "client_wrote": N_("the client has written"),
    "step_agreed": N_("a next step was set"),
    "task_accepted": N_("%(who)s accepted the work after %(time)s"),
    "task_returned": N_("%(who)s returned the work"),
    "task_submitted": N_("%(who)s submitted the work"),
    "task_done": N_("%(who)s finished the work"),
    "task_cancelled": N_("the task was cancelled"),
    "task_handed_over": N_("%(who)s handed the task over to somebody else"),
    "task_put_off": N_("the task has a new deadline"),
    "acted": N_("back at work after %(time)s"),
    "away": N_("not at work"),
    "nothing_waits": N_("nothing is waiting for them any more"),
    "done": N_("%(who)s says that it is done"),
}
OWN_REASONS: Mapping[str, str] = {  # where the reader is who did it
    "replied": N_("you replied after %(time)s"),
    "claimed": N_("you said you answered elsewhere, after %(time)s"),
    "task_accepted": N_("you accepted the work after %(time)s"),
    "task_returned": N_("you returned the work"),
    "task_submitted": N_("you submitted the work"),
    "task_done": N_("you finished the work"),
    "task_handed_over": N_("you handed the task over to somebody else"),
    "done": N_("you said that it is done"),
}
# rank → why it stands where it does
PLACES: Mapping[int, str] = {
    1: N_("near the top, because a client is waiting"),
    2: N_("after the clients, because a colleague is waiting"),
    3: N_("after those who are waiting, because work is late"),
    4: N_("after late work, because money is late"),
    5: N_("at the end, because nobody is waiting right now"),
    6: N_("last, because nothing has happened yet"),
}


def icon(kind: str) -> str:
    return ITEM_KINDS[kind][0]


def tone(kind: str) -> str:
    return ITEM_KINDS[kind][1]


def kind(key: str) -> str:
    """What items of a kind are called."""
    return gettext(ITEM_KINDS[key][2]) if key in ITEM_KINDS else key


def button(verb: str) -> str:
    """What the verb is called that asks for something."""
    return gettext(ASKS[verb][0])


def asks_for(verb: str) -> str:
    """What it asks for."""
    return gettext(ASKS[verb][1])


def title(key: str, facts: Mapping[str, Any], waiting_for: int = 0, *, is_own: bool = False) -> str:
    """What has to be acted on, in one line; of a client who waits, for how many seconds of working time. `is_own`: the
    reader is whom it is about."""
    if key not in ITEM_KINDS:
        return ""
    if key == "silent" and is_own:
        return _own_silence(waiting_for)
    if key == "late_reply" and waiting_for >= A_MINUTE:
        who = word(facts.get("contact.name")) or word(facts.get("deal.title"))
        return gettext("%(who)s has been waiting for a reply for %(time)s", who=who, time=_working(waiting_for))
    if key == "silent" and waiting_for >= A_MINUTE:
        who = word(facts.get("person.name"))
        return gettext("%(who)s has been silent for %(time)s", who=who, time=_working(waiting_for))
    deal = word(facts.get("deal.title"))
    names = {"deal": deal, "contact": word(facts.get("contact.name")) or deal, "robot": word(facts.get("robot.name"))}
    task = fill((facts.get("task.title") or {}).get("text"), facts)
    person = word(facts.get("person.name"))
    return gettext(ITEM_KINDS[key][3], task=task, person=person, **names)


def _own_silence(waiting_for: int) -> str:
    if waiting_for < A_MINUTE:
        return gettext("You have been silent for a long time")
    return gettext("You have been silent for %(time)s", time=_working(waiting_for))


def also(facts: Mapping[str, Any]) -> list[str]:
    """For which other reasons it stands there."""
    return [kind(each) for each in facts.get("item.also", ())]


def waits(facts: Mapping[str, Any]) -> str:
    """What waits for whoever is silent."""
    clients, late = int(facts.get("person.clients") or 0), int(facts.get("person.tasks") or 0)
    said = [ngettext("%(num)s client is waiting", "%(num)s clients are waiting", clients)] if clients else []
    said += [ngettext("%(num)s task is overdue", "%(num)s tasks are overdue", late)] if late else []
    return BETWEEN.join(said)


def _working(seconds: int) -> str:
    """For how long: in the accusative, where a language has cases."""
    minutes = seconds // A_MINUTE
    if minutes < MANY_MINUTES:
        return sentences.delay(Delay(minutes, "working_minutes"))
    return gettext("%(time)s of working time", time=formats.working_span(minutes * A_MINUTE))


def place(rank: int, below: int | None = None) -> str:
    """Why an item of a rank stands above the one below it; among its like the longest waits first."""
    return gettext("above the next, because it has waited longer") if rank == below else gettext(PLACES[rank])


def alike(key: str, count: int) -> str:
    """Several of a kind in one line."""
    return ngettext("%(kind)s: %(num)s deal", "%(kind)s: %(num)s deals", count, kind=kind(key))


def people(told: Iterable[PersonFacts], reader_id: int) -> str:
    """Who has an item, the reader as "you"."""
    return ", ".join(gettext("you") if each.id == reader_id else each.name for each in told)


def times(minutes: Iterable[int]) -> list[tuple[int, str]]:
    """How long a level may have, to choose from."""
    return [(each, sentences.length(Delay(each, "working_minutes"))) for each in minutes]


def times_to_accept(minutes: Iterable[int]) -> list[tuple[int | str, str]]:
    """How long an acceptor may have, to choose from."""
    own: list[tuple[int | str, str]] = [(each, sentences.length(firms_time(each))) for each in minutes]
    return [("", sentences.length(firms_time(None))), *own]


def norm(length: Delay) -> str:
    """After how long somebody is told."""
    return gettext("norm %(time)s", time=sentences.length(length))


def reason(facts: Mapping[str, Any], who: str = "", reader_id: int | None = None) -> str:
    """How it was settled; by the reader, as "you"."""
    own = OWN_REASONS.get(str(facts.get("code")))
    if own is not None and reader_id is not None and facts.get("by_id") == reader_id:
        return gettext(own, time=formats.span(facts.get("after", 0)))
    code = REASONS.get(str(facts.get("code")), N_("the cause is gone"))
    return gettext(code, who=who or gettext("Dozor"), time=formats.span(facts.get("after", 0)))
