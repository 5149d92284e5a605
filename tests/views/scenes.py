"""A deal with all that belongs to it, and browsers that look at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from rules.uploads import Upload
from tests import company, servers
from tests.conftest import TUESDAY, Browser, _sqlite, application, session_of, settings_for
from webapp import clock
from webapp.access.scopes import SYSTEM
from webapp.db import Base, session, transaction
from webapp.errors import Refused
from webapp.i18n import refusals
from webapp.models import ApiToken, BoardView, Deal, ImportantItem, Notification, User, UserSession
from webapp.services import board_views, contacts, deals, important, inquiries, invoices, task_files, tasks
from webapp.services.important import Cause
from webapp.snapshots import setups
from webapp.web.templating import Reader, reading_as

HTMX = {"HX-Request": "true"}
ZONE = "Europe/Moscow"


@dataclass(frozen=True)
class Scene:
    """Ids. `task` is the owner's, `handed_in` waits for the head; `notification`, `session` and `token` are the owner's
    own."""

    owner: int
    deal: int
    version: int
    contact: int
    double: int  # another contact of the owner
    conversation: int
    invoice: int
    task: int
    handed_in: int
    view: int
    session: int
    token: int
    file: int  # of the owner's task
    notification: int = 0
    item: int = 0  # of what matters now: something about the deal, of which the head asks its owner
    handed_in_item: int = 0  # the same of the work that waits for the head

    def fill(self, words: str) -> str:
        """A path or a value with ids in place of {deal} and the like."""
        return words.format(**asdict(self)) if "{" in words else words


def scene(app: Flask, owner: str = "rep1", head: str = "north", title: str = "Deal of North") -> Scene:
    """A new deal in the first stage with a client, a conversation, an invoice, two tasks and a notification."""
    with app.app_context():
        made = _scene(owner, head, title)
        with transaction() as current:
            deal = current.get_one(Deal, made.deal, with_for_update=True)
            item = late(deal, head)
            important.ask(item, "How is it?", company.acting(head))
            item_id = item.id
            waits = current.scalars(select(ImportantItem.id).where(ImportantItem.task_id == made.handed_in)).one()
            told = select(Notification.id).where(Notification.user_id == made.owner, Notification.deal_id == made.deal)
            first = current.scalars(told.order_by(Notification.id).limit(1)).one()
        return replace(made, item=item_id, handed_in_item=waits, notification=first)


def late(deal: Deal, head: str) -> ImportantItem:
    """Something about a deal that matters now to this head, in the open transaction."""
    facts = {"deal.title": deal.title, "robot.name": {"text": {"en": "Look", "ru": "Look"}}}
    cause = Cause("control", f"d{deal.id}", clock.now(), deal.responsible_id, deal.id, facts=facts)
    return important.open_for([company.person(head)], cause, SYSTEM)


def _scene(owner: str, head: str, title: str) -> Scene:
    with transaction() as current:
        by, boss = company.acting(owner), company.acting(head)
        name = f"Client of {title}"
        contact = contacts.create({"name": name, "external_id": title}, by, responsible_id=by.user_id)
        double = contacts.create({"name": "Double"}, by)
        assert by.user_id is not None
        draft = deals.DealDraft(
            title=title, stage=company.stage("new"), responsible_id=by.user_id, contact_id=contact.id
        )
        deal = deals.create(draft, by)
        raw = {"name": name, "external_id": title}
        _, _, conversation = inquiries.receive("chat", raw, f"Question about {title}", SYSTEM)
        invoice = invoices.issue(deal, f"N-{deal.id}", 100_000, by)
        task = tasks.create_by_hand(f"Call for {title}", "Soon", by.user_id, boss, deal=deal, accept=True)
        handed_in = tasks.create_by_hand(f"Draft for {title}", "", by.user_id, boss, deal=deal, accept=True)
        tasks.submit(handed_in, "It is written", by)
        (file,) = task_files.attach(task, [Upload("terms.txt", f"Terms for {title}".encode())], by)
        views = current.scalars(select(BoardView).where(BoardView.user_id == by.user_id).order_by(BoardView.id)).all()
        for each in views[1:] if len(views) > 20 else ():  # a person may keep thirty, a firm here has more scenes
            current.delete(each)
        current.flush()
        view = board_views.save(by.user_id, company.stage("new").pipeline_id, title, "mine=1")
        at = clock.now()
        signed_in = UserSession(token_hash=f"of {deal.id}", user_id=by.user_id, created_at=at, seen_at=at)
        key = ApiToken(token_hash=f"of {deal.id}", user_id=by.user_id, name=f"Key {deal.id}", created_at=at)
        current.add_all([signed_in, key])
        current.flush()
        return Scene(
            owner=by.user_id,
            deal=deal.id,
            version=deal.version,
            contact=contact.id,
            double=double.id,
            conversation=conversation.id,
            invoice=invoice.id,
            task=task.id,
            handed_in=handed_in.id,
            view=view.id,
            session=signed_in.id,
            token=key.id,
            file=file.id,
        )


def browser(app: Flask, name: str) -> Browser:
    """A browser of one of the cast, signed in, with the token of its page."""
    app.test_client_class = Browser
    made = app.test_client()
    assert isinstance(made, Browser)
    secret = session_of(app, name)
    with made.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = secret, True
    made.token = token_of(made.get("/deals/new"))
    return made


def stranger(app: Flask) -> Browser:
    """A browser that stands at the sign-in page: it has a token and nobody behind it."""
    app.test_client_class = Browser
    made = app.test_client()
    assert isinstance(made, Browser)
    made.token = token_of(made.get("/sign-in"))
    return made


def token_of(page: TestResponse) -> str:
    """The token that a page hands to its forms."""
    found = re.search(r'name="csrf(?:-token" content|_token" value)="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


def said(app: Flask, locale: str, refused: Refused) -> str:
    """How a refusal reads in a language."""
    with reading_as(app, Reader(locale, ZONE)):
        return refusals.refusal(refused)


def row(app: Flask, deal_id: int) -> dict[str, Any]:
    """A deal as the database holds it."""
    with app.app_context():
        deal = session().get_one(Deal, deal_id)
        return {column.key: getattr(deal, column.key) for column in Deal.__table__.columns}


def rows(app: Flask) -> dict[str, list[Any]]:
    """Everything that the database holds, sign-ins aside."""
    tables = (table for table in Base.metadata.sorted_tables if table.name != UserSession.__tablename__)
    with app.app_context():
        return {table.name: list(session().execute(select(table)).all()) for table in tables}


@contextmanager
def standing_firm(
    templates: dict[str, Any], redis: servers.RedisServer, folder: Path, locale: str = "en"
) -> Iterator[Flask]:
    """One firm for many tests: for those that are about what changes nothing."""
    settings = settings_for(folder, _sqlite(templates, redis.url, folder, locale), redis.url, locale)
    with application(settings) as app, clock.running_on(lambda: TUESDAY):
        app.testing = True
        yield app


def second_admin(app: Flask) -> Browser:
    """Of the head, who may set up as well from now on."""
    with app.app_context(), transaction():
        session().execute(update(User).where(User.id == company.person("head")).values(is_admin=True))
        setups.changed()
    return browser(app, "head")
