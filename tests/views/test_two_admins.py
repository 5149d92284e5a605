"""Two admins have the same form open. Each field of each form, found as it is drawn: whoever saves second is told who
has changed it and to what; nothing typed is lost, what they left alone stays as the first has it, and saved once more
it stands."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pytest
from flask import Flask

from tests import company, servers
from tests.conftest import Clock
from tests.services.test_setup_races import beside, is_somebody_waiting
from tests.views.drawn_forms import Control, DrawnForm, read
from tests.views.scenes import browser, rows, standing_firm
from webapp.db import session, transaction
from webapp.models import User
from webapp.services import seasons
from webapp.services.seasons import SeasonDraft
from webapp.snapshots import setups

SEASON = {"name": "Action", "from_on": "2027-02-01", "until_on": "2027-02-05", "scope": "firm"}
SEASON |= {"change": "factor", "factor": "3", "waiting": "keep"}
TYPED = {  # what two people may type; of what is chosen, the first two others
    "firm": ("Arsenal", "Weston & Sons", "Weston"),
    "name": ("Ivan P.", "Ivan <b> of us", "Ivan"),
    "email": tuple(f"{each}@dozor.example" for each in ("one", "two", "three")),
    "phone": tuple(f"+7 912 000-00-3{n}" for n in range(3)),
    "from_on": tuple(f"2027-01-2{n}" for n in range(3)),
    "until_on": tuple(f"2027-02-2{n}" for n in range(3)),
    "factor": ("2", "2.5", "4"),
}
TYPED |= {f"hours.{n}": ("10:00–17:00", "", "11:00–15:00") for n in (0, 6)}  # the days between are like one of these
TYPED |= {f"name.{each}": (f"{each} North", f"{each} <b>", each) for each in ("en", "ru")}
TYPED |= {
    f"{name}.{each}": ("One", "Other <b>", "Third")
    for name in ("label", "help", "option.large", "option.special")
    for each in ("en", "ru")
}
TYPED |= {f"settings.text.{each}": ("Look", "Take {deal.title}", "See") for each in ("en", "ru")}
SCREENS = {"en": ("calendar", "season", "field", "options"), "ru": ("firm", "person", "department", "stage", "text")}
if "EVERY_FIRM" in os.environ:
    SCREENS = dict.fromkeys(SCREENS, (*SCREENS["en"], *SCREENS["ru"]))
FIELD, ROBOT = "/settings/fields/deal/equipment_type", "/automation/sales/robots/reaction_control"
ALONE = {"amount", "unit"}  # mean something only with another choice beside them
BARE = ("replace",)  # so does this choice
ASKS = {"waiting": "keep", "sure": "on"}


@dataclass(frozen=True)
class Firm:
    app: Flask
    locale: str
    name: str  # of the first
    people: dict[int, str]
    first: Any
    second: Any


@pytest.fixture(scope="module", params=["en", "ru"])
def firm(
    request: pytest.FixtureRequest,
    templates: dict[str, Any],
    redis_server: servers.RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Firm]:
    with standing_firm(templates, redis_server, tmp_path_factory.mktemp("two"), request.param) as app:
        with app.app_context(), transaction():
            session().get_one(User, company.person("head")).is_admin = True
            setups.changed()
            people = {each.id: each.name for each in setups.current().people.values()}
            name = people[company.person("admin")]
        made = Firm(app, request.param, name, people, browser(app, "admin"), browser(app, "head"))
        made.first.post("/settings/seasons", data=SEASON)
        yield made


def place_of(firm: Firm, what: str) -> tuple[str, str]:
    """The page, and how the action of its form begins."""
    rep = next(each for each, name in firm.people.items() if name in ("Ivan Petrov", "Иван Петров"))
    with firm.app.app_context():
        season = setups.current().seasons[-1].id
    pages = {"firm": "/settings/firm", "calendar": "/settings/calendars/1", "season": f"/settings/seasons/{season}"}
    pages |= {"person": f"/settings/people/{rep}", "department": "/settings/org"}
    pages |= {"field": FIELD, "options": FIELD, "stage": "/automation/sales/stages/processing", "text": ROBOT}
    actions = {
        "department": "/settings/org/departments/",
        "options": f"{FIELD}/options",
        "text": f"{ROBOT}/settings.text",
    }
    return pages[what], actions.get(what, pages[what])


def drawn(who: Any, place: tuple[str, str]) -> DrawnForm:
    page, action = place
    return next(each for each in read(who.get(page).text).forms if each.action.startswith(action) and shows(each))


def shows(form: DrawnForm) -> list[Control]:
    """The controls of which the form says what it has shown."""
    said = {each.name.removeprefix("was.") for each in form.controls if each.name.startswith("was.")}
    return [each for each in form.controls if each.is_seen and each.name in said - ALONE]


def others(control: Control) -> tuple[str, ...]:
    """What two people may put there; of a choice of two there is only one other."""
    choices = TYPED.get(control.name, ()) if control.kind != "select" else control.options
    return tuple(each for each in choices if each not in (control.value, *BARE))[:2]


def test_the_second_is_told_what_the_first_has_changed(firm: Firm) -> None:
    asked = {}
    for what in SCREENS[firm.locale]:
        place = place_of(firm, what)
        for name in [each.name for each in shows(drawn(firm.second, place)) if len(others(each)) == 2]:
            asked[what, name] = list(amiss(firm, place, name))
    assert {where: found for where, found in asked.items() if found} == {}
    assert {what for what, _ in asked} == set(SCREENS[firm.locale])
    assert len(asked) >= 3 * len(SCREENS[firm.locale])


def amiss(firm: Firm, place: tuple[str, str], name: str) -> Iterator[str]:
    stale = drawn(firm.second, place)
    control = next(each for each in shows(stale) if each.name == name)
    beside = next(each for each in shows(stale) if each.name != name and others(each))
    (mine, theirs), now = others(control), others(beside)[0]
    first = firm.first.post(stale.action, data=stale.data(**{name: mine, beside.name: now}, **ASKS))
    if first.status_code != 303:
        yield f"the first is answered with {first.status_code}"
    before = rows(firm.app)
    late = firm.second.post(stale.action, data=stale.data(**{name: theirs}, **ASKS))
    if (late.status_code, rows(firm.app) == before) != (409, True):
        yield f"the second is answered with {late.status_code}"
        return
    if firm.name not in late.text.partition('class="wrong"')[2] or f'<html lang="{firm.locale}"' not in late.text:
        yield "who it was is not said"
    kept = next(each for each in read(late.text).forms if each.action == stale.action)
    if (kept.value(name), kept.value(beside.name)) != ([theirs], [now]):
        yield f"{kept.value(name)} and {kept.value(beside.name)} stand there"
    if firm.second.post(kept.action, data=kept.data(**ASKS)).status_code != 303:
        yield "saved once more it is refused"
    stands = drawn(firm.second, place)
    if (stands.value(name), stands.value(beside.name)) != ([theirs], [now]):
        yield f"{stands.value(name)} and {stands.value(beside.name)} are kept"


def test_a_day_of_a_calendar_a_leave_and_ones_own_name_are_told_too(firm: Firm) -> None:
    day, me = "/settings/calendars/1?day=2027-03-10", company_id(firm, "head")
    stale = one(firm.second, day, "/settings/calendars/1/days#day")
    firm.first.post(stale.action, data=stale.data(kind="closed", **ASKS))
    late = firm.second.post(stale.action, data=stale.data(kind="hours", hours="9-12", **ASKS))
    assert (late.status_code, firm.name in late.text, 'value="9-12"' in late.text) == (409, True, True)
    again = one_of(late.text, stale.action)
    assert firm.second.post(again.action, data=again.data(kind="hours", **ASKS)).status_code == 303

    leave, mine = f"/people/{me}", {"from_on": "2027-06-07", "until_on": "2027-06-18"}
    stale = one(firm.second, leave, f"{leave}/absences#absence")
    cover = company_id(firm, "rep2")
    firm.first.post(stale.action, data=stale.data(from_on="2027-06-01", until_on="2027-06-14", cover_id=str(cover)))
    late = firm.second.post(stale.action, data=stale.data(**mine))
    assert (late.status_code, late.text.count(firm.name) > 0, 'value="2027-06-07"' in late.text) == (422, True, True)
    assert firm.people[cover] in late.text.partition('class="wrong"')[2].partition("</p>")[0]
    again = one_of(late.text, stale.action)
    assert firm.second.post(again.action, data=again.data()).status_code == 303, "another absence it is"
    taken = next(each for each in read(late.text).forms if each.action.endswith("/deletions"))
    for who in (firm.first, firm.second):
        assert who.post(taken.action, data=taken.data()).headers["Location"] == leave

    stale = one(firm.second, "/profile", "/profile")
    person = one(firm.first, f"/settings/people/{me}", f"/settings/people/{me}")
    firm.first.post(person.action, data=person.data(name="Sergey L.", time_zone="Asia/Omsk"))
    late = firm.second.post(stale.action, data=stale.data(name="Serge"))
    assert (late.status_code, 'value="Serge"' in late.text) == (409, True)
    again = one_of(late.text, stale.action)
    assert again.value("time_zone") == ["Asia/Omsk"], "what was left alone is not put back"
    assert firm.second.post(again.action, data=again.data(name=person.value("name")[0])).status_code == 303


def test_what_the_first_has_removed_is_said_and_what_was_typed_stays(firm: Firm) -> None:
    owner = f"person-{company_id(firm, 'rep2')}"
    calendar = firm.first.post("/settings/calendars", data={"owner": owner}).headers["Location"]
    firm.first.post("/settings/seasons", data={**SEASON, "name": "Sale"})
    with firm.app.app_context():
        season = f"/settings/seasons/{setups.current().seasons[-1].id}"
    hours, edited = one(firm.second, calendar, f"{calendar}#week"), one(firm.second, season, season)
    for who in (firm.first, firm.second):  # the second of two is told that it is as they wished
        for path in (calendar, season):
            assert who.post(f"{path}/removals", data=ASKS).status_code == 303
    late = firm.second.post(hours.action, data=hours.data(**{"hours.1": "11-15"}))
    assert (late.status_code, firm.name in late.text, ": 11-15</p>" in late.text) == (409, True, True)
    late = firm.second.post(edited.action, data=edited.data(factor="2.5"))
    anew = one_of(late.text, "/settings/seasons#new-season")
    assert (late.status_code, anew.value("name"), anew.value("factor")) == (409, ["Sale"], ["2.5"])
    assert firm.second.post(anew.action, data=anew.data(**ASKS)).status_code == 303
    rep = browser(firm.app, "rep3")
    for path in (calendar, season, f"{calendar}/removals", f"{season}/removals"):
        assert rep.post(path, data=edited.data()).status_code == 404, "to others it does not exist"
    for path in ("/settings/calendars/777", "/settings/seasons/777"):
        assert firm.second.post(f"{path}/removals", data=ASKS).status_code == 404, "there never was one"
        assert firm.second.post(path, data={"name": "Mine"}).status_code == 404


@pytest.mark.postgres
def test_whoever_waits_for_the_other_sees_what_they_have_saved(app: Flask, clock: Clock) -> None:
    """The second has read the set-up, and waits for the row: what they left alone is not put back."""
    admin = browser(app, "admin")
    admin.post("/settings/seasons", data=SEASON)
    with app.app_context():
        season = setups.current().seasons[-1].id
    form = one(admin, f"/settings/seasons/{season}", f"/settings/seasons/{season}")
    with app.app_context(), ExitStack() as open_, transaction():
        row = seasons.locked(season)
        late = partial(admin.post, form.action, data=form.data(factor="2", **ASKS))
        found = open_.enter_context(beside(app, late))
        while not found and not is_somebody_waiting():
            time.sleep(0.02)
        longer = SeasonDraft("Action", row.from_on, date(2027, 2, 28), "firm", (), {"factor": 300})
        seasons.edit(row, longer, company.acting("head"), "keep")
    assert found[0].status_code == 303  # type: ignore[attr-defined]
    with app.app_context():
        (kept,) = setups.current().seasons
    assert (kept.factor, kept.last) == (200, date(2027, 2, 28))


def one(who: Any, path: str, action: str) -> DrawnForm:
    return one_of(who.get(path).text, action)


def one_of(page: str, action: str) -> DrawnForm:
    return next(each for each in read(page).forms if each.action == action)


def company_id(firm: Firm, name: str) -> int:
    with firm.app.app_context():
        return company.person(name)
