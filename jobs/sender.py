"""The child that speaks to the world: it does what is due to be sent, and ends after half a minute without work.

Only here may what is heavy to import be imported, in webapp/channels. It ends with whoever started it; in a box it is a
fork of the box, and brings to memory nothing but what it sends by.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from jobs import runner
from webapp import clock
from webapp.app import create_app
from webapp.background import heartbeats, sender_process
from webapp.channels import outward
from webapp.config import ConfigError, Settings
from webapp.db import session, transaction
from webapp.models import Delivery, Gateway, Webhook
from webapp.services import pings

log = logging.getLogger(__name__)
IDLE_SECONDS = 30.0
LOOK_SECONDS = 0.5
BATCH = 50


def next_due() -> int | None:
    """What is to be sent now, the urgent first; nothing by a gateway that is left alone for a moment."""
    now = clock.now()
    resting = select(Gateway.kind).where(Gateway.rest_until > now)
    away = select(Webhook.id).where(Webhook.rest_until > now)
    found = session().scalar(
        select(Delivery.id)
        .where(Delivery.state == "waiting", Delivery.visible_at <= now, Delivery.channel.not_in(resting))
        .where(Delivery.webhook_id.is_(None) | Delivery.webhook_id.not_in(away))
        .order_by(Delivery.is_urgent.desc(), Delivery.visible_at, Delivery.id)
        .limit(1)
    )
    session().close()
    return found


def send_due(most: int = BATCH) -> int:
    """One round, in the open app context. How many were tried."""
    for count in range(most):
        row_id = None if outward.hung else next_due()
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
    worked_at = beaten_at = time.monotonic()
    while os.getppid() == parent and time.monotonic() - worked_at < IDLE_SECONDS and not outward.hung:
        try:
            with app.app_context():
                if beaten_at == worked_at or time.monotonic() - beaten_at > heartbeats.EVERY_SECONDS:
                    heartbeats.beat("sender")
                    beaten_at = time.monotonic()
                    ping_if_due()
                if send_due():
                    worked_at = time.monotonic()
                    continue
        except SQLAlchemyError as error:
            log.warning("the database did not answer: %s", error)
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
