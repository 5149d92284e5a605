"""Every list for every role, with each breadth of sight: whoever owns a thing finds it, and its door opens; to a
stranger it is listed nowhere, and its door says 404. Who sees what is written down here once more, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from tests import company, servers
from tests.access import firms
from tests.views.scenes import Browser, Scene, browser, scene, standing_firm
from webapp.access import sessions
from webapp.db import transaction
from webapp.models import Deal
from webapp.services import deals, tasks

NORTH, SOUTH = "Deal of North", "Deal of South"
BOTH = {NORTH, SOUTH}
# Whose deals each person reads, by what the firm lets reps see. The deals are rep1's and rep3's.
READS: dict[str, dict[str, set[str]]] = {
    "own": {
        "admin": BOTH,
        "head": BOTH,
        "north": {NORTH},
        "rep1": {NORTH},
        "rep2": set(),
        "south-deputy": {SOUTH},
        "rep3": {SOUTH},
    },
    "department": {
        "admin": BOTH,
        "head": BOTH,
        "north": {NORTH},
        "rep1": {NORTH},
        "rep2": {NORTH},
        "south-deputy": {SOUTH},
        "rep3": {SOUTH},
    },
    "all": dict.fromkeys(company.PEOPLE, BOTH),
}
# A task without a deal concerns its two sides, and the admins.
PRIVATE = "A private matter"
SEES_PRIVATE = {"rep1", "north", "admin"}


@dataclass(frozen=True)
class Listed:
    """A page's list: `path`, what stands in it for a deal of this title, and the door of that record."""

    path: str
    words: str
    door: str


PAGES = (
    Listed("/", '/deals/{deal}"', "/deals/{deal}"),
    Listed("/?q=Deal", '/deals/{deal}"', "/deals/{deal}"),
    Listed("/?responsible={owner}", '/deals/{deal}"', "/deals/{deal}"),
    Listed("/search?q=Deal", '/deals/{deal}"', "/deals/{deal}"),
    Listed("/contacts/{contact}", '/deals/{deal}"', "/deals/{deal}"),
    Listed("/contacts/{contact}", '/deals/{deal}#talk-h"', "/deals/{deal}"),
    Listed("/tasks?list=all", "Call for {title}", "/tasks/{task}"),
    Listed("/tasks?list=all&q=Draft", "Draft for {title}", "/tasks/{handed_in}"),
)
# The API's: path, the record's id, its key in the list, its own path.
RECORDS = (
    ("/deals", "deal", "id", "/deals/{deal}"),
    ("/deals?q=deal", "deal", "id", "/deals/{deal}"),
    ("/conversations", "conversation", "id", "/conversations/{conversation}"),
    ("/invoices", "invoice", "id", "/invoices/{invoice}"),
    ("/tasks", "task", "id", "/tasks/{task}"),
    ("/tasks?state=awaiting_acceptance", "handed_in", "id", "/tasks/{handed_in}"),
)


@dataclass(frozen=True)
class Firm:
    app: Flask
    scenes: dict[str, Scene]
    gone: Scene
    private: int
    browsers: dict[str, Browser]
    tokens: dict[str, str]

    def api(self, name: str, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        return self.app.test_client().get(f"/api/v1{path}", headers=headers)


@pytest.fixture(scope="module")
def firm(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Firm]:
    with standing_firm(templates, redis_server, tmp_path_factory.mktemp("roles")) as app:
        scenes = {NORTH: scene(app, title=NORTH), SOUTH: scene(app, "rep3", "head", SOUTH)}
        gone = scene(app, title="Deal that is gone")
        with app.app_context(), transaction() as current:
            north = company.acting("north")
            private = tasks.create_by_hand(PRIVATE, "", company.person("rep1"), north).id
            deals.delete(current.get_one(Deal, gone.deal, with_for_update=True), north)
        secrets = {}
        for name in company.PEOPLE:
            with app.app_context(), transaction():
                secrets[name] = sessions.new_token(company.person(name), "tests")
        yield Firm(app, scenes, gone, private, {name: browser(app, name) for name in company.PEOPLE}, secrets)


ROLES = [pytest.param(sees, name, id=f"{name} sees {sees}") for sees in READS for name in company.PEOPLE]


def let_see(firm: Firm, sees: str) -> None:
    with firm.app.app_context():
        firms.see(sees)


@pytest.mark.parametrize(("sees", "name"), ROLES)
def test_a_page_lists_what_its_doors_open(firm: Firm, sees: str, name: str) -> None:
    let_see(firm, sees)
    who = firm.browsers[name]
    for title, each in firm.scenes.items():
        may = title in READS[sees][name]
        for listed in PAGES:
            words = listed.words.replace("{title}", title)
            assert (each.fill(words) in who.get(each.fill(listed.path)).text) == may, (listed.path, title)
            assert who.get(each.fill(listed.door)).status_code == (200 if may else 404), listed.door


@pytest.mark.parametrize(("sees", "name"), ROLES)
def test_the_api_lists_what_its_doors_open(firm: Firm, sees: str, name: str) -> None:
    let_see(firm, sees)
    for title, each in firm.scenes.items():
        may = title in READS[sees][name]
        for path, record, key, door in RECORDS:
            ids = {item[key] for item in firm.api(name, path).json["items"]}
            assert (getattr(each, record) in ids) == may, (path, title)
            assert firm.api(name, each.fill(door)).status_code == (200 if may else 404), door


@pytest.mark.parametrize(("sees", "name"), ROLES)
def test_a_task_without_a_deal_is_for_its_sides(firm: Firm, sees: str, name: str) -> None:
    let_see(firm, sees)
    may, who = name in SEES_PRIVATE, firm.browsers[name]
    assert (PRIVATE in who.get("/tasks?list=all").text) == may
    assert (firm.private in {each["id"] for each in firm.api(name, "/tasks").json["items"]}) == may
    for answer in (who.get(f"/tasks/{firm.private}"), firm.api(name, f"/tasks/{firm.private}")):
        assert answer.status_code == (200 if may else 404)


# Whose tasks stand under "My people's"; who leads nobody has no such list.
LEADS = {"head": BOTH, "north": {NORTH}, "south-deputy": {SOUTH}}


@pytest.mark.parametrize("name", company.PEOPLE)
def test_a_head_finds_what_their_people_have_to_do(firm: Firm, name: str) -> None:
    let_see(firm, "all")
    page = firm.browsers[name].get("/tasks?list=people").text
    assert ("list=people" in page) == (name in LEADS)
    assert PRIVATE not in page or name in SEES_PRIVATE
    for title in BOTH if name in LEADS else ():
        assert (f"Call for {title}" in page) == (title in LEADS[name]), title


@pytest.mark.parametrize("name", company.PEOPLE)
def test_what_is_gone_is_listed_nowhere_and_opens_to_nobody(firm: Firm, name: str) -> None:
    let_see(firm, "all")
    who = firm.browsers[name]
    for listed in PAGES:
        words = firm.gone.fill(listed.words.replace("{title}", "Deal that is gone"))
        assert words not in who.get(firm.gone.fill(listed.path)).text, listed.path
        assert who.get(firm.gone.fill(listed.door)).status_code == 404
    for path, record, key, door in RECORDS:
        assert getattr(firm.gone, record) not in {item[key] for item in firm.api(name, path).json["items"]}, path
        assert firm.api(name, firm.gone.fill(door)).status_code == 404


@pytest.mark.parametrize("name", company.PEOPLE)
def test_only_ones_own_notifications_are_listed(firm: Firm, name: str) -> None:
    is_own = name == "rep1"
    number = firm.scenes[NORTH].notification
    assert (f'"/notifications/{number}/readings"' in firm.browsers[name].get("/inbox").text) == is_own
    assert (number in {each["id"] for each in firm.api(name, "/notifications").json["items"]}) == is_own
