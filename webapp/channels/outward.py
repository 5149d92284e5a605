"""Sends a parcel by its channel, behind the guard, within a bound of time that no server can stretch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from rules.reach import Answer
from webapp.channels import guard, limits, mail, pings, silences, waits, webhooks
from webapp.channels.letters import Parcel
from webapp.channels.webhooks import Envelope

SECONDS = 20.0  # shorter than a lease
READING = 0.9  # of these is for what is read: whatever a server does, it ends there, and nothing hangs
hung: list[threading.Thread] = []  # that did not come back: the process ends soon


def send(parcel: Parcel | Envelope, allowed: Sequence[str]) -> Answer:
    """What came of it; "timed_out" when nothing has in time."""
    with guard.watching(allowed):
        answer = bounded(lambda: _by(parcel))
    if isinstance(parcel, Parcel):
        silences.heard(parcel.gateway.kind, parcel.to, answer)
    return answer


def ping(url: str, allowed: Sequence[str]) -> Answer:
    """A sign of life, within the same bounds."""
    with guard.watching(allowed):
        return bounded(lambda: pings.send(url))


def _by(parcel: Parcel | Envelope) -> Answer:
    if isinstance(parcel, Envelope):
        return webhooks.send(parcel)
    if parcel.gateway.kind == "email":
        return mail.send(parcel)
    if parcel.gateway.kind == "push":
        from webapp.channels import push

        return push.send(parcel)
    from webapp.channels import messengers, sms  # what they import is large

    return sms.send(parcel) if parcel.gateway.kind == "sms" else messengers.send(parcel)


def bounded(work: Callable[[], Answer]) -> Answer:
    """In a thread of its own: what is not read from a socket, as the look for a name, has no bound but this."""
    answers: list[Answer | BaseException] = []

    def run() -> None:
        with guard.watched_thread(), limits.bounded(SECONDS * READING), waits.listened() as heard:
            try:
                answers.append(heard.of(work()))
            except BaseException as error:
                answers.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    if not answers:
        hung.append(thread)
        return Answer("later", {"code": "timed_out"})
    if isinstance(answers[0], BaseException):
        raise answers[0]
    return answers[0]
