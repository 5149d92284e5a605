"""The child that speaks to the world: it does what is due to be sent, in lanes that wait for no other (lanes.py), and
ends after half a minute without work.

Only here may what is heavy to import be imported, in webapp/channels. It ends with whoever started it; in a box it is a
fork of the box, and brings to memory nothing but what it sends by.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, current_app
from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.exc import SQLAlchemyError

from jobs import runner
from jobs.lanes import Lane, Lanes
from rules import reach
from webapp import clock, log_lines
from webapp.app import create_app
from webapp.background import heartbeats, sender_process
from webapp.channels import guard, outward, silences
from webapp.config import ConfigError, Settings
from webapp.db import session, transaction
from webapp.models import Delivery, Gateway, Webhook
from webapp.services import pings

log = logging.getLogger(__name__)
IDLE_SECONDS = 30.0
LOOK_SECONDS = 0.5
BATCH = 50
MOST_PLACES = 500  # that are looked at in one round
PING = Lane("ping")


def lanes_due() -> list[Lane]:
    """In which something is to be sent now, beginning with what is urgent, and with what was never silent."""
    own = case((Delivery.channel.in_(silences.BY_THEMSELVES), Delivery.address), else_="")
    where = (Delivery.channel, own, Delivery.webhook_id)
    is_urgent = func.max(case((Delivery.is_urgent, 1), else_=0))
    order = (is_urgent.desc(), func.min(Delivery.visible_at), func.min(Delivery.id))
    found = session().execute(_due(select(*where)).group_by(*where).order_by(*order).limit(MOST_PLACES)).all()
    failing = set(session().scalars(select(Webhook.id).where(Webhook.failing_since.is_not(None))))
    session().close()
    lanes = dict.fromkeys(_lane(*row, is_failing=row[2] in failing) for row in found)
    return sorted(lanes, key=lambda each: each.is_suspect)


def _lane(channel: str, address: str, webhook_id: int | None, *, is_failing: bool) -> Lane:
    if webhook_id is not None:
        return Lane(channel, str(webhook_id), is_failing)
    place = silences.place(channel, address)
    return Lane(channel, place, silences.is_suspect(channel, place))


def next_due(lane: Lane | None = None) -> int | None:
    """What is to be sent now, in this lane or in any, the urgent first."""
    wanted = _due(select(Delivery.id)).order_by(Delivery.is_urgent.desc(), Delivery.visible_at, Delivery.id)
    found = session().scalar((wanted.where(*_within(lane)) if lane is not None else wanted).limit(1))
    session().close()
    return found


def _within(lane: Lane) -> tuple[ColumnElement[bool], ...]:
    of_it = Delivery.channel == lane.channel
    return (of_it, _is_at(lane.channel, lane.place)) if lane.place else (of_it,)


def _is_at(channel: str, place: str) -> ColumnElement[bool]:
    """SQL over Delivery of that channel."""
    if channel == "webhook":
        return Delivery.webhook_id == int(place)
    return Delivery.address.startswith(place, autoescape=True) if channel == "push" else Delivery.address == place


def _due(wanted: Select[Any]) -> Select[Any]:
    """Nothing by a gateway, to a webhook or to a place that is left alone for a moment. Where one is for longer, what
    is urgent is looked at all the same: whoever has another address is told there."""
    now = clock.now()
    resting = select(Gateway.kind).where(Gateway.rest_until > now)
    for_long = select(Gateway.kind).where(Gateway.rest_until > now + reach.BEFORE_THE_NEXT)
    away = select(Webhook.id).where(Webhook.rest_until > now)
    may_go = Delivery.channel.not_in(resting) | (Delivery.is_urgent & Delivery.channel.in_(for_long))
    wanted = wanted.where(Delivery.state == "waiting", Delivery.visible_at <= now, may_go)
    wanted = wanted.where(Delivery.webhook_id.is_(None) | Delivery.webhook_id.not_in(away))
    for channel, place in silences.resting(now):
        wanted = wanted.where(~((Delivery.channel == channel) & _is_at(channel, place)))
    return wanted


def send_due(most: int = BATCH, lane: Lane | None = None, is_over: Callable[[], bool] = lambda: False) -> int:
    """One round, in the open app context. How many were tried."""
    for count in range(most):
        row_id = None if outward.hung or is_over() else next_due(lane)
        if row_id is None:
            return count
        runner.do("delivery", row_id)
    return most


def ping_if_due() -> None:
    """A sign of life to the watcher outside, in the open app context."""
    is_due = pings.is_due()
    session().rollback()
    if not is_due:
        return
    with transaction():
        url = pings.begin()
    if url:
        answer = outward.ping(url, current_app.config["SETTINGS"].outbound_allow)
        with transaction():
            pings.answered(answer)


def main() -> None:
    """Send until there is nothing for half a minute, or whoever started this is gone."""
    log_lines.begin()
    parent = int(sys.argv[1]) if len(sys.argv) > 1 else os.getppid()
    try:
        app = create_app(Settings.from_env(os.environ), doors=False)
    except ConfigError as error:
        sys.exit(f"dozor: {error}")
    _send_to_the_end(app, parent)


def run(app: Flask) -> None:
    """The same in a fork of the box; nothing, where one that a box before this one has left behind is still at it."""
    with sender_process.alone(app.config["SETTINGS"]) as lock:
        if lock is not None:
            _send_to_the_end(app, os.getppid())


def _send_to_the_end(app: Flask, parent: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    _send_while_there_is_work(app, parent)
    os._exit(0)  # what hangs in a thread of its own is not waited for


def _send_while_there_is_work(app: Flask, parent: int) -> None:
    lanes = Lanes(app)
    worked_at = beaten_at = time.monotonic()
    with guard.thread_within():
        while os.getppid() == parent and time.monotonic() - worked_at < IDLE_SECONDS and not outward.hung:
            try:
                with app.app_context():
                    if beaten_at == worked_at or time.monotonic() - beaten_at > heartbeats.EVERY_SECONDS:
                        heartbeats.beat("sender")
                        beaten_at = time.monotonic()
                        lanes.begin(PING, ping_if_due)
                    for lane in lanes_due():
                        lanes.begin(lane, partial(send_due, lane=lane, is_over=lanes.is_over.is_set))
            except SQLAlchemyError as error:
                log.warning("the database did not answer: %s", error)
            if lanes.busy() - {PING}:
                lanes.wait(LOOK_SECONDS)
                worked_at = time.monotonic()
            else:
                time.sleep(LOOK_SECONDS)
    lanes.end()


if __name__ == "__main__":
    main()
