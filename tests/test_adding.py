"""Rows that are written past the mapper's flush are as those that it writes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, inspect, null, select

from tests.services import acts
from webapp import clock
from webapp.db import Base, add_core, connection, new_core, savepoint, session, transaction, trial
from webapp.models import Contact, Conversation, Notification

IS_NOTHING = Notification.text.is_(null())

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def client(name: str = "Zoë Ånt") -> Contact:
    return Contact(name=name, phone="+79001112233", created_at=clock.now())


def _fail_after(row: Base) -> None:
    add_core(row)
    _ = 1 / 0


def kept(row: Base) -> dict[str, Any]:
    table = row.__table__
    found = connection().execute(select(table).where(table.c.id == inspect(row).identity[0])).one()
    return {name: value for name, value in found._mapping.items() if name != "id"}


def test_it_stands_as_a_flush_would_have_written_it() -> None:
    with transaction() as current:
        mine, other = client(), client()
        other.created_at = mine.created_at
        add_core(mine)
        current.add(other)
        current.flush()
        assert kept(mine) == kept(other)
        attributes = [each.key for each in inspect(Contact).column_attrs if each.key != "id"]
        assert [getattr(mine, each) for each in attributes] == [getattr(other, each) for each in attributes]
        assert (mine.fields, mine.version, mine.name_folded) == ({}, 1, "zoe ant")


def test_the_session_holds_it_and_writes_what_becomes_of_it() -> None:
    with transaction() as current:
        mine = client()
        add_core(mine)
        assert current.get(Contact, mine.id) is mine
        assert mine not in current.dirty
        mine.name, mine.fields = "Ann", {"size": 3}
    with transaction() as current:
        found = current.get_one(Contact, mine.id)
        assert (found.name, found.name_folded, found.fields) == ("Ann", "ann", {"size": 3})


def test_one_that_was_made_without_the_mapper_is_as_one_that_was_made_with_it() -> None:
    given = {"user_id": 1, "kind": "deal.assigned", "facts": {"deal.title": "A press"}, "created_at": clock.now()}
    with transaction() as current:
        mine, other = new_core(Notification, seq=901, key="a", **given), Notification(seq=902, key="b", **given)
        add_core(mine)
        add_core(other)
        same = [each.key for each in inspect(Notification).column_attrs if each.key not in ("id", "seq", "key")]
        assert [getattr(mine, each) for each in same] == [getattr(other, each) for each in same]
        assert current.get(Notification, mine.id) is mine
        assert mine not in current.dirty
        mine.read_at = clock.now()
    session().close()
    read = select(Notification.key).where(Notification.key.in_(("a", "b")), Notification.read_at.is_not(None))
    assert session().scalars(read).all() == ["a"]


def test_a_beginning_that_is_a_list_or_a_set_of_values_is_shared_by_no_two() -> None:
    with transaction():
        one, other = client(), client()
        add_core(one)
        add_core(other)
        assert one.fields is not other.fields


def test_of_what_is_taken_back_nothing_is_left_though_its_number_is_given_again() -> None:
    with transaction() as current:
        before = current.scalar(select(func.count(Contact.id)))
        gone = client("Gone")
        with pytest.raises(ZeroDivisionError), savepoint():
            _fail_after(gone)
        assert gone not in current
        with trial():
            tried = client("Tried")
            add_core(tried)
        assert tried not in current
        stays = client("Stays")
        add_core(stays)
        assert current.get(Contact, stays.id) is stays
        assert current.scalar(select(func.count(Contact.id))) == (before or 0) + 1
    assert session().get_one(Contact, stays.id).name == "Stays"


def test_a_refused_row_is_refused_as_by_a_flush() -> None:
    deal = acts.deal()
    talk = Conversation(deal_id=deal, contact_id=99999999, channel="chat", created_at=clock.now())
    with pytest.raises(Exception, match=r"(?i)foreign key"), transaction():
        add_core(talk)


@pytest.mark.parametrize("text", [None, {"en": "Look"}])
def test_nothing_in_a_column_of_json_is_the_nothing_of_the_database(text: dict[str, str] | None) -> None:
    with transaction() as current:
        told = Notification(user_id=1, seq=901, key="k", kind="deal.assigned", text=text, created_at=clock.now())
        add_core(told)
        found = current.scalar(select(func.count(Notification.id)).where(Notification.seq == 901, IS_NOTHING))
        assert found == (text is None)
        assert (told.text, told.facts) == (text, {})
