"""Which browsers stay signed in when a person ends the others; how many keys to the API a person has."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock, session_of
from tests.services.test_subscriptions import KEYS
from webapp.access import sessions
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import ApiToken, JournalEntry, UserSession
from webapp.queries import deliveries
from webapp.queries import sign_ins as queries
from webapp.services import sign_ins, subscriptions
from webapp.snapshots import reach


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


def test_each_person_has_room_for_so_many_tokens_and_one_that_is_ended_makes_room(inside: Flask, clock: Clock) -> None:
    def add(name: str) -> None:
        with transaction():
            sign_ins.add_token(company.person(name), "A script", company.acting(name))

    for _ in range(sessions.TOKENS):
        add("rep1")
    with pytest.raises(Refused) as raised:
        add("rep1")
    assert raised.value.problems == {"token": {"code": "too_many_tokens", "limit": sessions.TOKENS}}
    add("rep2")
    with transaction() as current:
        mine = current.scalars(select(ApiToken).where(ApiToken.user_id == company.person("rep1"))).all()
        mine[0].ended_at = clock()
    add("rep1")


@pytest.mark.both_databases
@pytest.mark.parametrize("is_ended", [False, True])
@pytest.mark.parametrize("days", [0, 29, 30, 31])
def test_every_place_agrees_how_long_a_sign_in_counts(inside: Flask, clock: Clock, days: int, is_ended: bool) -> None:
    session_of(inside, "rep1")
    rep, (mine,), endpoint = company.person("rep1"), signed_in(), "https://push.example.org/1"
    with transaction():
        subscriptions.subscribe(rep, mine, endpoint, KEYS, "", company.acting("rep1"), allowed=())
    clock.go_on(days=days)
    with transaction() as current:
        row = current.get_one(UserSession, mine)
        row.seen_at, row.ended_at = clock(), clock() if is_ended else None  # used every day
    agreed = [
        sessions.alive([mine]) == {mine},
        [each.id for each in queries.open_sessions(rep)] == [mine],
        [each.address for each in reach.places([rep])] == [endpoint],
        [each.row.address for each in deliveries.addresses(rep)] == [endpoint],
    ]
    with transaction():
        agreed.append(sign_ins.end_others(rep, None, company.acting("rep1")) == 1)
    assert agreed == [days < 30 and not is_ended] * 5
