"""Where a person works: each change is made to what stands by then, also when two admins change the chart at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select

from tests import company
from tests.conftest import Clock
from tests.services.locks import Act, not_held, quicker
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Department, Membership, Post
from webapp.services import departments, places

pytestmark = pytest.mark.usefixtures("inside", "clock")
CHART = '"chart" app_user'
NORTH, SOUTH = "Sales North", "Sales South"


def department(name: str) -> int:
    return next(each.id for each in session().scalars(select(Department)) if each.name["en"] == name)


def two_heads(by: Actor) -> None:
    departments.set_leads(department(NORTH), [company.person("north"), company.person("rep2")], None, by)


LOSES = "of two changes of a person's places the second would put back what the first took away"


def acts() -> dict[str, Act]:
    by, rep, second, head = company.acting("admin"), *(company.person(each) for each in ("rep1", "rep2", "north"))
    north, south = department(NORTH), department(SOUTH)

    def act(why: str, holds: str, do: Callable[[], object], before: str = "read membership") -> Act:
        return Act(why, holds, do, before=before)

    return {
        "all places anew": act(LOSES, "app_user", lambda: places.set_places(rep, {south: "member"}, by)),
        "put into one": act(LOSES, CHART, lambda: places.put(rep, north, "member", by)),
        "taken out of one": act(LOSES, CHART, lambda: places.take_out(rep, north, by)),
        "asked first": act(
            "whoever stops being head meanwhile would be asked, or the order of another admin be lost",
            '"chart"',
            lambda: places.ask_first(second, north, by),
        ),
        "in another order": act(
            "of two orders the second would be that of people of whom one has gone",
            '"chart"',
            lambda: places.set_order(north, "head", [second, head], by),
            "read post",
        ),
        "other leads": act(
            "who is head by another admin's choice would be put out unseen",
            '"chart" department',
            lambda: departments.set_leads(south, [company.person("rep3")], [], by),
            "read post",
        ),
    }


def test_a_persons_places_are_read_once_nobody_else_changes_them() -> None:
    with transaction():
        two_heads(company.acting("admin"))
    assert not_held(acts()) == {}


def test_who_is_taken_out_of_one_stays_in_what_another_admin_gave_them_meanwhile(clock: Clock) -> None:
    rep, north, south = company.person("rep1"), department(NORTH), department(SOUTH)
    given = Membership.__table__.insert().values(user_id=rep, department_id=south, is_primary=False)  # type: ignore[attr-defined]
    with quicker("app_user", given), transaction():
        places.take_out(rep, north, company.acting("admin"))
    assert places.of(rep) == {south: "member"}


def test_who_leads_no_more_by_what_another_admin_did_stays_so(clock: Clock) -> None:
    rep, north = company.person("north"), department(NORTH)
    held = places.of(rep)
    with quicker("app_user", delete(Post).where(Post.user_id == rep)), transaction():
        places.put(rep, department(SOUTH), "member", company.acting("admin"))
    assert held[north] == "head"
    assert places.of(rep).get(north) != "head"


@pytest.mark.parametrize("act", ["put", "ask_first", "take_out"])
def test_a_page_that_shows_other_places_is_refused_and_changes_nothing(clock: Clock, act: str) -> None:
    with transaction():
        two_heads(company.acting("admin"))
    rep, north = company.person("rep2"), department(NORTH)
    acting = company.acting("admin")
    verbs = {
        "put": lambda: places.put(rep, north, "deputy", acting, was={north: "member"}),
        "ask_first": lambda: places.ask_first(rep, north, acting, was={north: "member"}),
        "take_out": lambda: places.take_out(rep, north, acting, was={north: "member"}),
    }
    before = places.leads_of(north)
    with pytest.raises(Refused, match="stale_chart"), transaction():
        verbs[act]()
    assert places.leads_of(north) == before


def test_the_same_places_again_are_nothing_new(clock: Clock) -> None:
    rep, acting = company.person("rep1"), company.acting("admin")
    with transaction():
        assert places.set_places(rep, places.of(rep), acting) is False
    with transaction():
        assert places.set_places(rep, {department(SOUTH): "member"}, acting) is True
