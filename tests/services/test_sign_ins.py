"""Which browsers stay signed in when a person ends the others."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock, session_of
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import JournalEntry, UserSession
from webapp.services import sign_ins


def signed_in() -> list[int]:
    alive = select(UserSession.id).where(UserSession.ended_at.is_(None)).order_by(UserSession.id)
    return list(session().scalars(alive))


def test_all_browsers_but_this_one_are_ended_and_from_elsewhere_all(inside: Flask, clock: Clock) -> None:
    for name in ("rep1", "rep1", "rep1", "rep2"):
        session_of(inside, name)
    rep, (_, mine, _, colleagues) = company.person("rep1"), signed_in()
    with transaction():
        assert sign_ins.end_others(rep, mine, company.acting("rep1")) == 2
    assert signed_in() == [mine, colleagues]
    with transaction():
        assert sign_ins.end_others(rep, mine, company.acting("rep1")) == 0
        assert sign_ins.end_others(rep, None, Actor(via="console")) == 1
    assert signed_in() == [colleagues]
    noted = select(JournalEntry.new).where(JournalEntry.event == "user.sessions_ended").order_by(JournalEntry.id)
    assert list(session().scalars(noted)) == [2, 1]
