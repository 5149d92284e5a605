"""By which key robots name a webhook: the one that was asked for, or one made of its name. What an admin may do with
one, and with where replies go."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from webapp.db import session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import Webhook
from webapp.services import sign_ins, webhooks

URL = "https://till.firm.example/hook"


def added(name: str, key: str = "") -> str:
    """The key of a new one."""
    with transaction():
        return webhooks.add(name, URL, company.acting("admin"), key=key)[0].key


def test_a_webhook_has_the_key_that_was_asked_for_or_one_of_its_own(inside: Flask) -> None:
    assert [added("The till", "cash_desk"), added("The till"), added("The till")] == [
        "cash_desk", "the_till", "the_till_2",
    ]  # fmt: skip
    found = webhooks.standing("cash_desk")
    assert found is not None
    assert found.name == "The till"
    for key, code in (("cash_desk", "taken_key"), ("Cash desk", "not_a_key")):
        with pytest.raises(Refused) as raised:
            added("Another", key)
        assert raised.value.problems == {"key": {"code": code}}


def test_where_replies_go_gets_another_secret_and_is_otherwise_left_to_its_token(inside: Flask) -> None:
    admin = company.acting("admin")
    with transaction():
        token = sign_ins.add_token(company.person("admin"), "The site", admin)
        webhooks.answer_to(token, URL, admin)
    added("The till")
    replies, till = session().scalars(select(Webhook).order_by(Webhook.id))
    ids = {replies.id: replies.secret, till.id: till.secret}
    for each, was in ids.items():
        with transaction():
            assert webhooks.renew(each, 0, admin)[1] != was
    for verb in (webhooks.test, webhooks.end):
        with pytest.raises(NotFound), transaction():
            verb(replies.id, admin)
        with transaction():
            verb(till.id, admin)
        session().close()
    ended = session().execute(select(Webhook.id, Webhook.ended_at.is_not(None))).all()
    assert dict(map(tuple, ended)) == {replies.id: False, till.id: True}
