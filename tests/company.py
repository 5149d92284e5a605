"""The cast of the lesson's firm, by the names that tests use, and how to find what the seed made."""

from __future__ import annotations

from sqlalchemy import select

from webapp.access.scopes import Actor
from webapp.access.viewer import scope_of
from webapp.db import session
from webapp.models import Robot, User
from webapp.snapshots import setups

PEOPLE = ("admin", "head", "north", "south-deputy", "rep1", "rep2", "rep3")


def email(name: str) -> str:
    return f"{name}@dozor.example"


def person(name: str) -> int:
    """The id of one of PEOPLE."""
    found = session().scalar(select(User.id).where(User.email == email(name)))
    assert found is not None, name
    return found


def acting(name: str) -> Actor:
    """That person, acting by page."""
    setup = setups.current()
    card = setup.people[person(name)]
    return Actor(card.id, scope_of(setup, card), "page")


def stage(key: str) -> setups.Stage:
    setup = setups.current()
    pipeline = setup.pipeline_of("sales")
    assert pipeline is not None
    found = setup.stage_of(pipeline.id, key)
    assert found is not None, key
    return found


def robot(key: str) -> Robot:
    return session().scalars(select(Robot).where(Robot.key == key)).one()
