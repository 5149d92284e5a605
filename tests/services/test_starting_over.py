"""The firm that comes in the place of the lesson's: nothing that was read of the lesson is taken for a part of it."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from tests.conftest import Clock, session_of
from webapp.db import session, transaction
from webapp.models import Department, Firm, Stage, User, UserSession
from webapp.services import starting_over
from webapp.services.founding import AdminDraft, FirmDraft

FIRM = FirmDraft("Mine", "en", "Europe/Berlin", "EUR", "DE")
VERA = AdminDraft("Vera", "vera@firm.example", "hash")


def test_what_is_still_held_of_the_lesson_is_not_found_in_the_new_firm(inside: Flask, clock: Clock) -> None:
    with transaction() as current:
        held = [row for model in (Firm, Department, Stage, User) for row in current.scalars(select(model))]
        starting_over.start_over(FIRM, VERA)
        assert current.scalars(select(Firm)).one().name == "Mine"
        assert current.scalars(select(User.email)).all() == [VERA.email]
        new = [row for model in (Firm, Department, Stage, User) for row in current.scalars(select(model))]
        assert not {id(row) for row in held} & {id(row) for row in new}


def test_people_and_their_sessions_are_numbered_on_from_the_lessons_last(inside: Flask, clock: Clock) -> None:
    session_of(inside, "rep1")
    last = {model: session().scalar(select(func.max(model.id))) or 0 for model in (User, UserSession)}
    with transaction():
        admin_id = starting_over.start_over(FIRM, VERA)
    assert admin_id == session().scalars(select(User.id)).one() == last[User] + 1
    first = session().scalars(select(UserSession)).one()
    assert (first.id, first.user_id, first.ended_at) == (last[UserSession] + 1, admin_id, clock()), "nobody's"
