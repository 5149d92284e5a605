"""The child that speaks to the world: it does what is due to be sent, each channel in a lane of its own (lanes.py), and
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
from sqlalchemy import Select, case, func, select
from sqlalchemy.exc import SQLAlchemyError

from jobs import runner
from jobs.lanes import Lanes
from webapp import clock
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


def channels_due() -> list[str]:
    """By which something is to be sent now, beginning with what is urgent."""
    is_urgent = func.max(case((Delivery.is_urgent, 1), else_=0))
    found = session().scalars(_due(select(Delivery.channel)).group_by(Delivery.channel).order_by(is_urgent.desc()))
    channels = list(found)
    session().close()
    return channels


def next_due(channel: str = "") -> int | None:
    """What is to be sent now, by this channel or by any, the urgent first."""
    wanted = _due(select(Delivery.id)).order_by(Delivery.is_urgent.desc(), Delivery.visible_at, Delivery.id)
    found = session().scalar((wanted.where(Delivery.channel == channel) if channel else wanted).limit(1))
    session().close()
    return found


def _due(wanted: Select[Any]) -> Select[Any]:
    """Nothing by a gateway, to a webhook or to a place that is left alone for a moment."""
    now = clock.now()
    resting = select(Gateway.kind).where(Gateway.rest_until > now)
    away = select(Webhook.id).where(Webhook.rest_until > now)
    wanted = wanted.where(Delivery.state == "waiting", Delivery.visible_at <= now, Delivery.channel.not_in(resting))
    wanted = wanted.where(Delivery.webhook_id.is_(None) | Delivery.webhook_id.not_in(away))
    for channel, place in silences.resting(now):
        wanted = wanted.where(~((Delivery.channel == channel) & Delivery.address.startswith(place, autoescape=True)))
    return wanted


def send_due(most: int = BATCH, channel: str = "", is_over: Callable[[], bool] = lambda: False) -> int:
    """One round, in the open app context. How many were tried."""
    for count in range(most):
        row_id = None if outward.hung or is_over() else next_due(channel)
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
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
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
                        lanes.begin("ping", ping_if_due)
                    for channel in channels_due():
                        lanes.begin(channel, partial(send_due, channel=channel, is_over=lanes.is_over.is_set))
            except SQLAlchemyError as error:
                log.warning("the database did not answer: %s", error)
            if lanes.busy() - {"ping"}:
                lanes.wait(LOOK_SECONDS)
                worked_at = time.monotonic()
            else:
                time.sleep(LOOK_SECONDS)
    lanes.end()


if __name__ == "__main__":
    main()
