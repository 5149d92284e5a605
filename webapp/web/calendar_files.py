"""A person's tasks as an iCalendar file. The library is read when the first program asks: most webs never need it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from webapp.i18n.facts import fill
from webapp.i18n.isolates import gettext
from webapp.queries.tasks import TaskView

_WRITTEN = re.compile(rb"^DTSTAMP[^\r\n]*", re.MULTILINE)
REFRESHED = timedelta(minutes=30)  # how often a program is asked to come


def calendar(tasks: Iterable[TaskView], url: str, at: datetime) -> bytes:
    """An event for each, at its deadline; `url` is where Dozor is, and with it what makes their ids unique."""
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", "-//Dozor//Tasks//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", gettext("Tasks in Dozor"))
    made.add("refresh-interval", REFRESHED, parameters={"VALUE": "DURATION"})
    for task in tasks:
        if task.until is None:
            continue
        event, address = Event(), f"{url}/tasks/{task.id}"
        event.add("uid", address)
        event.add("dtstamp", at)
        event.add("dtstart", task.until)
        event.add("dtend", task.until)
        event.add("summary", _summary(task))
        event.add("description", f"{fill(task.text, task.facts)}\n\n{address}".strip())
        event.add("url", address)
        event.add("transp", "TRANSPARENT")  # a deadline takes nobody's time
        made.add_component(event)
    return bytes(made.to_ical())


def fingerprint(made: bytes) -> str:
    """The same as long as the events are, whenever they are asked for: each says when it was written, as it must."""
    return sha256(_WRITTEN.sub(b"", made)).hexdigest()


def _summary(task: TaskView) -> str:
    title = fill(task.title, task.facts)
    title = f"{task.deal_title}: {title}" if task.deal_title else title
    return gettext("Accept the work: %(task)s", task=title) if task.state == "awaiting_acceptance" else title
