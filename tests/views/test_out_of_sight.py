"""Every verb that may take its thing out of one's own sight, done by whoever loses it so: it is done, it is said what
became of it, and never that there is nothing here."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests import company
from tests.api.callers import Caller
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views.scenes import HTMX, browser, row, scene
from webapp.db import session, transaction
from webapp.models import Deal, Firm, Task
from webapp.services import tasks
from webapp.snapshots import setups

WORK = "Call the <bank>"
NOTHING_HERE = "There is nothing here"
NOT_HERE = "Nothing was saved: this is not here any more, or you may not see it any more."


def _task(deal_of: str | None = None) -> int:
    """Work of rep2, which north wants and accepts; on a deal, on one that rep2 may not read."""
    deal_id = acts.deal(rep=deal_of) if deal_of else None
    with transaction() as current:
        deal = current.get_one(Deal, deal_id) if deal_id else None
        by = company.acting("head" if deal else "north")
        return tasks.create_by_hand(WORK, "", company.person("rep2"), by, deal=deal, accept=True).id


def _own_deals_alone() -> int:
    """A deal of rep2, where reps see their own deals."""
    with transaction() as current:
        current.execute(update(Firm).values(rep_sees="own"))
        setups.changed()
    return acts.deal(rep="rep2", title=WORK)


@dataclass(frozen=True)
class Verb:
    """`who` does it to what `make` makes; `says` stands in the answer, or on the page that it leads to."""

    path: str
    who: str
    make: Callable[[], int]
    sends: dict[str, str]
    says: str
    list: str = "/tasks"
    becomes: tuple[str, Any] = ("", None)

    @property
    def door(self) -> str:
        return "/".join(self.path.split("/")[:3])


IVAN = "Ivan Petrov"
GIVEN_ON = Verb(
    "/tasks/{id}/handovers", "rep2", _task, {"to": "{ivan}"}, f"Who does it: {IVAN}", becomes=("assignee_id", IVAN)
)
OF_ANOTHERS_DEAL = Verb(
    "/tasks/{id}/handovers",
    "rep2",
    lambda: _task("rep3"),
    {"to": "{ivan}"},
    f"Who does it: {IVAN}",
    becomes=("assignee_id", IVAN),
)
HANDED_OVER = Verb(
    "/deals/{id}",
    "rep2",
    _own_deals_alone,
    {"responsible": "{ivan}"},
    f"Responsible: {IVAN}",
    list="/",
    becomes=("responsible_id", IVAN),
)
VERBS = {
    "given on": GIVEN_ON,
    "given on, of another's deal": OF_ANOTHERS_DEAL,
    "handed over": HANDED_OVER,
}
# Whoever may do these sees the task, or the deal, as before.
KEEPS_SIGHT = {
    *(f"/tasks/<int:task_id>/{verb}" for verb in ("starts", "submissions", "reminders", "comments", "files")),
    "/tasks/<int:task_id>/files/<int:file_id>/deletions",
    *(f"/deals/<int:deal_id>/{verb}" for verb in ("moves", "takebacks", "tasks", "notes", "messages")),
    *(f"/deals/<int:deal_id>/{verb}" for verb in ("invoices", "next_steps", "restorations")),
    *(f"/deals/<int:deal_id>/next_steps/{verb}" for verb in ("completions", "cancellations", "takebacks")),
    *(f"/tasks/<int:task_id>/{verb}" for verb in ("acceptances", "returns")),  # in somebody's stead, too
    "/deals/<int:deal_id>/deletions",  # gone for everybody: its answer is the board
}


def test_of_every_verb_of_a_task_and_a_deal_it_is_known_whether_it_may_take_it_out_of_sight(app: Flask) -> None:
    """A new one gets its line above."""
    rules = [each.rule.removeprefix("/api/v1") for each in app.url_map.iter_rules() if each.methods & {"POST", "PATCH"}]
    found = {each for each in rules if each.startswith(("/tasks/<int", "/deals/<int"))}
    known = {f"/{kind}s/<int:{kind}_id>" for kind in ("deal",)}
    known |= {each.path.replace("{id}", "<int:task_id>") for each in VERBS.values() if each is not HANDED_OVER}
    assert found == known | KEEPS_SIGHT


def _made(app: Flask, verb: Verb) -> tuple[int, dict[str, str]]:
    with app.app_context():
        made, ivan = verb.make(), company.person("rep1")
    return made, {name: value.format(ivan=ivan) for name, value in verb.sends.items()}


def _has_become(app: Flask, verb: Verb, made: int) -> bool:
    name, value = verb.becomes
    with app.app_context():
        thing: Any = session().get_one(Task if verb.door.startswith("/tasks") else Deal, made)
        return bool(getattr(thing, name) == (company.person("rep1") if value == IVAN else value))


WAYS = {
    "plain": ({}, {}),
    "by htmx": (HTMX, {}),
    "in a row": (HTMX, {"row": "due"}),
    "in a prompt": (HTMX, {"prompt": "1"}),
    "over the board": (HTMX, {"from": "board"}),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_it_is_done_and_said(app: Flask, clock: Clock, verb: Verb, way: tuple[dict[str, str], dict[str, str]]) -> None:
    made, sends = _made(app, verb)
    who, (headers, more) = browser(app, verb.who), way
    door = verb.door.format(id=made)
    assert who.get(door).status_code == 200
    answer = who.post(verb.path.format(id=made), data={**sends, **more}, headers=headers)
    assert _has_become(app, verb, made)
    goes_to = answer.headers.get("HX-Redirect") or answer.headers.get("Location")
    assert answer.status_code in ({200, 204} if headers else {303})
    if goes_to is None:
        assert who.get(door).status_code == 404, "the verb is to take it out of sight"
        assert verb.says in html.unescape(answer.text)
        assert f'task-row-{made}" hx-swap="delete' in answer.text or "row" not in more
        return
    assert goes_to == verb.list
    told = html.unescape(who.get(goes_to).text)
    assert verb.says in told
    assert WORK in told
    assert NOTHING_HERE not in told
    assert who.get(door).status_code == 404, "the verb is to take it out of sight"
    assert 'data-toast="became' not in who.get(goes_to).text, "it is said once"


@pytest.mark.locale("ru")
def test_in_russian_too(app: Flask, clock: Clock) -> None:
    made, sends = _made(app, GIVEN_ON)
    who = browser(app, "rep2")
    assert who.post(f"/tasks/{made}/handovers", data=sends).status_code == 303
    assert "Исполнитель: Иван Петров" in who.get("/tasks").text


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_the_api_answers_with_what_it_has_become(app: Flask, clock: Clock, verb: Verb) -> None:
    made, sends = _made(app, verb)
    names = {"responsible": "responsible_id"}
    body = {names.get(name, name): int(value) if value.isdecimal() else value for name, value in sends.items()}
    caller = Caller.of(app, verb.who)
    is_deal = verb is HANDED_OVER
    answer = caller.call("PATCH" if is_deal else "POST", verb.path.format(id=made), body)
    assert answer.status_code == (200 if is_deal else 201)
    with app.app_context():
        name, value = verb.becomes
        assert answer.json is not None
        assert answer.json[name] == (company.person("rep1") if value == IVAN else value)
    assert _has_become(app, verb, made)
    assert caller.call("GET", verb.door.format(id=made)).status_code == 404


def test_the_card_of_a_deal_that_was_handed_over_from_its_menu_goes(app: Flask, clock: Clock) -> None:
    made, sends = _made(app, HANDED_OVER)
    answer = browser(app, "rep2").post(f"/deals/{made}", data={**sends, "from": "board"}, headers=HTMX)
    assert f'hx-target="#deal-{made}" hx-swap="delete"' in answer.text


def test_whoever_sees_it_still_is_given_it_where_it_was_done(app: Flask, clock: Clock) -> None:
    """The acceptor, the giver, and where reps see the deals of their department."""
    at = scene(app, "rep2")
    with app.app_context():
        ivan, mine, others = company.person("rep1"), _task(), _task()
        acts.submit(mine, by="rep2")
    north, maria = browser(app, "north"), browser(app, "rep2")
    assert f'id="task-{others}"' in _done(north, f"/tasks/{others}/handovers", {"to": str(ivan)})
    accepted = _done(north, f"/tasks/{mine}/acceptances", {"row": "due"})
    assert f'<li id="task-row-{mine}"' in accepted
    assert "Accepted: Call the" in accepted
    assert 'id="deal-sheet"' in _done(maria, f"/deals/{at.deal}", {"responsible": str(ivan)})
    assert row(app, at.deal)["responsible_id"] == ivan
    plain = north.post(f"/tasks/{mine}/comments", data={"text": "Well done"})
    assert plain.headers["Location"] == f"/tasks/{mine}"
    assert (
        maria.post(f"/deals/{at.deal}/notes", data={"text": "It is yours"}).headers["Location"] == f"/deals/{at.deal}"
    )


def _done(who: Browser, path: str, sends: dict[str, str]) -> str:
    answer = who.post(path, data=sends, headers=HTMX)
    assert answer.status_code == 200
    return answer.text


def test_what_was_refused_stays_where_it_was(app: Flask, clock: Clock) -> None:
    made, _ = _made(app, GIVEN_ON)
    with app.app_context():
        stranger = company.person("rep3")
    refused = browser(app, "rep2").post(f"/tasks/{made}/handovers", data={"to": str(stranger)}, headers=HTMX)
    assert (refused.status_code, f'id="task-{made}"' in refused.text) == (422, True)
    assert not _has_become(app, GIVEN_ON, made)


def test_whoever_never_saw_it_is_still_told_that_there_is_nothing(app: Flask, clock: Clock) -> None:
    made, sends = _made(app, GIVEN_ON)
    answer = browser(app, "rep3").post(f"/tasks/{made}/handovers", data=sends)
    assert (answer.status_code, NOT_HERE in answer.text, WORK in html.unescape(answer.text)) == (404, True, False)


def test_an_admin_who_is_one_no_more_is_told_so(app: Flask, clock: Clock) -> None:
    with app.app_context(), transaction() as current:
        me, other = company.person("admin"), company.person("head")
        current.execute(update(company.User).where(company.User.id == other).values(is_admin=True))
        setups.changed()
    who = browser(app, "admin")
    answer = who.post(f"/settings/people/{me}", data={"is_admin": "off", "sure": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "You are no longer an admin" in who.get("/").text
    assert who.get(f"/settings/people/{me}").status_code == 404
