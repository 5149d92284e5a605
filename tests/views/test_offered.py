"""Whatever a form offers is taken: over all forms of a firm in which departments are archived and people have left, no
choice is refused as one that is not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape

from tests import company, servers
from tests.views.drawn_forms import DrawnForm, again, read
from tests.views.scenes import browser, scene, standing_firm
from tests.views.test_every_form import Firm, full
from webapp.db import transaction
from webapp.i18n.isolates import gettext
from webapp.i18n.refusals import PROBLEMS
from webapp.services import accounts, calendars, departments, people, places, seasons
from webapp.services.seasons import SeasonDraft
from webapp.snapshots import setups
from webapp.web.templating import Reader, reading_as

GONE = (
    *("no_such_department", "no_such_person", "no_such_contact", "not_an_option", "not_one_of", "points_at_nothing"),
    *("unknown_field", "unknown_pipeline", "unknown_stage", "unknown_webhook"),
)
MOST = 40  # options of one control: what has more (zones, countries) is of the world, and nothing of it is archived
# Afterwards nothing would be there; and nobody who leaves is there for the forms that were drawn before.
LEFT_OUT = ("/settings/start-over", "/sign-out", "/settings/people/N/deactivations#leaving")


def with_what_is_gone(app: Flask) -> tuple[int, int]:
    """A branch that is archived with a season and a calendar, one that never had any; who worked there has left and is
    back, and another rep has left for good. The branch and who is back."""
    with app.app_context():
        by = company.acting("admin")
        with transaction():
            east, west = (departments.add({"en": name, "ru": name}, None, by) for name in ("East", "West"))
            person = {"email": "lena@firm.example", "name": "Lena", "places": {east: "member"}}
            lena = people.invite(person, by)  # type: ignore[arg-type]
            draft = SeasonDraft("Fair", date(2026, 12, 1), date(2026, 12, 9), "department", (east,), {"pause": True})
            seasons.create(draft, by)
            calendars.create(east, None, by)
        with transaction():
            accounts.deactivate(lena, by)
            accounts.deactivate(company.person("rep2"), by)
            departments.archive(east, by)
            departments.archive(west, by)
            accounts.activate(lena, by)
    return east, lena


@pytest.fixture(scope="module")
def firm(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Firm]:
    with standing_firm(templates, redis_server, tmp_path_factory.mktemp("offered")) as app:
        full(app, scene(app).deal)
        with_what_is_gone(app)
        yield Firm(app, "en", {name: browser(app, name) for name in ("admin", "rep1")})


def choices(firm: Firm, name: str) -> Iterator[tuple[DrawnForm, str, str]]:
    """Each choice once by the route that it is sent to, its control and what it sends."""
    seen, routes = set[tuple[str, str, str]](), firm.app.url_map.bind("localhost")
    for form in firm.forms(name):
        rule, _ = routes.match(form.action.partition("#")[0], method="POST", return_rule=True)
        for control in form.controls if form.route not in LEFT_OUT else ():
            offered = control.options if len(control.options) <= MOST else ()
            for value in offered or ([control.value] if control.kind == "radio" else []):
                if (rule.rule, control.name, value) not in seen:
                    seen.add((rule.rule, control.name, value))
                    yield form, control.name, value


def in_words(app: Flask) -> list[str]:
    """How it is said, in either language: among all that is chosen here is one's own."""
    found = []
    for locale in ("en", "ru"):
        with reading_as(app, Reader(locale, "UTC")):
            found += [str(escape(gettext(PROBLEMS[each]).partition("%")[0])) for each in GONE]
    return found


def filled_in(form: DrawnForm, number: int) -> dict[str, str]:
    """What somebody types where nothing stands: without a name nothing else of a form is looked at."""
    typed = {"name": f"No. {number}", "title": f"No. {number}", "email": f"no{number}@firm.example"}
    return {name: words for name, words in typed.items() if form.value(name) == [""]}


def is_offered(form: DrawnForm | None, name: str, value: str) -> bool:
    """Still, by the form that has come back: what was sent before may have made an end of it."""
    found = [each for each in form.controls if each.name == name] if form else []
    return any(value in (each.options or (each.value,)) for each in found)


def test_no_choice_that_is_offered_is_refused_as_one_that_is_not_there(firm: Firm) -> None:
    wrong, asked, words = [], Counter[str](), in_words(firm.app)
    for name in ("rep1", "admin"):
        who = firm.people[name]
        for form, control, value in list(choices(firm, name)):
            asked[name] += 1
            answer = who.post(form.action, data=form.data(**{**filled_in(form, asked.total()), control: value}))
            assert not answer.headers.get("Location", "").startswith("/sign-in"), (form.action, control, value)
            said = [each for each in words if each in answer.text]
            if said and answer.status_code >= 400 and is_offered(again(answer.text, form), control, value):
                wrong.append((form.action, control, value, said))
    assert min(asked["rep1"], asked["admin"]) > 50, asked
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.usefixtures("clock")
def test_who_worked_in_a_branch_that_is_archived_stays_there_on_paper_and_nobody_else_is_offered_it(app: Flask) -> None:
    east, lena = with_what_is_gone(app)
    admin = browser(app, "admin")
    people, hers = admin.get("/settings/people").text, admin.get(f"/settings/people/{lena}").text
    assert people.count("East") == 1, "in her line, and in no form"
    assert "East (archived)" in people
    assert "East (archived)" in admin.get(f"/people/{lena}").text
    assert f'name="place.{east}"' in hers
    with app.app_context():
        other = company.person("rep1")
    assert f'name="place.{east}"' not in admin.get(f"/settings/people/{other}").text
    form = next(each for each in read(hers).forms if f"place.{east}" in each.data())
    assert admin.post(form.action, data=form.data(name="Lena Orlova")).status_code == 303
    with app.app_context():
        assert (setups.current().name_of(lena), places.of(lena)) == ("Lena Orlova", {east: "member"})
    admin.post(form.action, data=form.data(**{f"place.{east}": "", "sure": "on"}))
    with app.app_context():
        assert places.of(lena) == {}


@pytest.mark.usefixtures("clock")
def test_a_season_of_a_branch_that_is_archived_stays_what_it_is_and_no_other_is_made(app: Flask) -> None:
    east, _ = with_what_is_gone(app)
    admin = browser(app, "admin")
    with app.app_context():
        (season,) = setups.current().seasons
    page = admin.get(f"/settings/seasons/{season.id}").text
    form = next(each for each in read(page).forms if "factor" in each.data())
    assert form.value("scope") == [f"department-{east}"]
    assert admin.post(form.action, data=form.data(name="Fair of spring")).status_code == 303
    with app.app_context():
        (now,) = setups.current().seasons
    assert (now.name, now.scope, now.ids) == ("Fair of spring", "department", frozenset({east}))
    for path in ("/settings/seasons", "/settings/calendars"):
        assert f'"department-{east}"' not in admin.get(path).text
    new = {**form.data(name="Another"), "scope": f"department-{east}"}
    assert admin.post("/settings/seasons", data=new).status_code == 422
