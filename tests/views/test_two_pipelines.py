"""A firm with two pipelines whose stages have the same keys: whatever the door, a deal stays in its own."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views.scenes import HTMX, browser, scene
from webapp.db import session, transaction
from webapp.models import Conversation, Deal, Field, FieldRequirement, Pipeline, Stage, Trigger
from webapp.services import board_views, inquiries
from webapp.snapshots import setups

STAGES = (
    ("new", "open", "Intake"),
    ("data_collection", "open", "Visit agreed"),
    ("processing", "open", "Repair"),
    ("won", "won", "Repaired"),
    ("lost", "lost", "Given up"),
)
Token = Callable[[str], dict[str, str]]


@pytest.fixture
def service(app: Flask, clock: Clock) -> None:
    """The pipeline "Service": the keys of Sales with names of its own; no trigger; the type of equipment is required
    from "Visit agreed" on, a stage earlier than in Sales."""
    with app.app_context():
        with transaction() as current:
            sales = current.scalars(select(Pipeline)).one()
            own = Pipeline(key="service", name=both("Service"), department_id=sales.department_id, position=1)
            current.add(own)
            current.flush()
            rows = [
                Stage(pipeline_id=own.id, key=key, name=both(name), position=n, kind=kind, hue=n)
                for n, (key, kind, name) in enumerate(STAGES)
            ]
            current.add_all(rows)
            current.flush()
            asked = current.scalars(select(Field.id).where(Field.key == "equipment_type")).one()
            current.add(FieldRequirement(field_id=asked, pipeline_id=own.id, stage_id=rows[1].id))
            setups.changed()
        session().close()


def both(words: str) -> dict[str, str]:
    return dict.fromkeys(("en", "ru"), words)


@dataclass(frozen=True)
class Doors:
    app: Flask
    page: Browser
    api: Any
    auth: dict[str, str]

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.api.post(f"/api/v1{path}", json=body, headers=self.auth)


@pytest.fixture
def doors(app: Flask, service: None, token: Token) -> Doors:
    return Doors(app, browser(app, "rep1"), app.test_client(), token("rep1"))


def made(doors: Doors) -> Deal:
    """The newest deal."""
    with doors.app.app_context():
        found = session().scalars(select(Deal).order_by(Deal.id.desc()).limit(1)).one()
        session().expunge(found)
        return found


def standing(doors: Doors, deal_id: int) -> tuple[str, str]:
    """Pipeline and stage of a deal, by key."""
    with doors.app.app_context():
        deal = acts.deal_of(deal_id)
        setup = setups.current()
        found = setup.pipelines[deal.pipeline_id].key, setup.all_stages[deal.stage_id].key
        session().close()
        return found


def in_service(doors: Doors, title: str = "A broken press", stage: str = "new", **more: Any) -> int:
    body = {"title": title, "pipeline": "service", "stage": stage, **more}
    answer = doors.post("/deals", body)
    assert answer.status_code == 201, answer.text
    return int(answer.json["id"])


def by_form(doors: Doors) -> Any:
    return doors.page.post("/deals", data={"title": "A broken press", "stage": "service/new"})


def by_pipeline_and_stage(doors: Doors) -> Any:
    return doors.page.post("/deals", data={"title": "A broken press", "pipeline": "service", "stage": "new"})


def by_quick_line(doors: Doors) -> Any:
    board = doors.page.get("/pipelines/service").text
    names = re.findall(r'name="stage" value="([^"]+)"', board)
    data = {"title": "A broken press", "stage": names[0], "quick": "1"}
    return doors.page.post("/deals", data=data, headers=HTMX)


def by_api(doors: Doors) -> Any:
    return doors.post("/deals", {"title": "A broken press", "pipeline": "service"})


def by_inquiry_of_the_api(doors: Doors) -> Any:
    contact = {"name": "Vera", "phone": "+79005550007"}
    body = {"channel": "api", "pipeline": "service", "contact": contact, "text": "It is broken"}
    return doors.api.post("/api/v1/inquiries", json=body, headers=doors.auth)


def by_service(doors: Doors) -> Any:
    with doors.app.app_context(), transaction():
        raw = {"name": "Vera", "phone": "+79005550007"}
        inquiries.receive("form", raw, "It is broken", acts.FORM, pipeline_key="service")


WAYS_IN = (by_form, by_pipeline_and_stage, by_quick_line, by_api, by_inquiry_of_the_api, by_service)


@pytest.mark.parametrize("way", WAYS_IN, ids=lambda each: each.__name__)
def test_a_deal_is_made_in_the_pipeline_that_was_meant(doors: Doors, way: Callable[[Doors], Any]) -> None:
    answer = way(doors)
    assert answer is None or answer.status_code < 400, answer.text
    assert standing(doors, made(doors).id) == ("service", "new")


def test_the_form_of_a_new_deal_offers_each_stage_once_under_its_pipeline(doors: Doors) -> None:
    page = html.unescape(doors.page.get("/deals/new").text)
    select_ = re.search(r'<select[^>]*id="new-stage".*?</select>', page, re.DOTALL)
    assert select_
    offered = re.findall(r'<option value="([^"]+)"', select_[0])
    assert len(offered) == len(set(offered))
    assert {"sales/new", "service/new", "sales/processing", "service/processing", "payment"} <= set(offered)
    assert {"sales/lost", "service/lost"}.isdisjoint(offered)
    assert '<optgroup label="Service">' in select_[0]


def test_the_gate_is_the_pipelines_own(doors: Doors) -> None:
    """In Service the type is asked for from the second stage on; in Sales not yet there."""
    assert doors.post("/deals", {"title": "A", "pipeline": "service", "stage": "data_collection"}).status_code == 422
    assert doors.post("/deals", {"title": "A", "pipeline": "sales", "stage": "data_collection"}).status_code == 201
    asked = doors.page.post("/deals", data={"title": "A", "stage": "service/data_collection"})
    assert (asked.status_code, "Equipment type" in asked.text) == (422, True)
    ours = in_service(doors)
    assert doors.page.post(f"/deals/{ours}/moves", data={"stage": "data_collection"}, headers=HTMX).status_code == 422
    assert standing(doors, ours) == ("service", "new")


def by_page(doors: Doors, deal_id: int) -> Any:
    return doors.page.post(f"/deals/{deal_id}/moves", data={"stage": "processing"}, headers=HTMX)


def by_api_move(doors: Doors, deal_id: int) -> Any:
    return doors.post(f"/deals/{deal_id}/moves", {"stage": "processing"})


def by_api_patch(doors: Doors, deal_id: int) -> Any:
    return doors.api.patch(f"/api/v1/deals/{deal_id}", json={"stage": "processing"}, headers=doors.auth)


def many_at_once(doors: Doors, deal_id: int) -> Any:
    return doors.page.post("/moves", data={"deal": str(deal_id), "stage": "service/processing"}, headers=HTMX)


WAYS_ON = (by_page, by_api_move, by_api_patch, many_at_once)


@pytest.mark.parametrize("way", WAYS_ON, ids=lambda each: each.__name__)
def test_a_deal_moves_within_its_own_pipeline_and_its_history_names_its_own_stages(
    doors: Doors, way: Callable[[Doors, int], Any]
) -> None:
    ours = in_service(doors, fields={"equipment_type": "large"})
    assert way(doors, ours).status_code < 400
    assert standing(doors, ours) == ("service", "processing")
    sheet = html.unescape(doors.page.get(f"/deals/{ours}").text)
    assert "from Intake to Repair" in sheet
    assert "Processing" not in sheet
    (moved,) = [
        each
        for each in doors.api.get(f"/api/v1/deals/{ours}/journal", headers=doors.auth).json["items"]
        if each["event"] == "deal.moved"
    ]
    assert (moved["old"], moved["new"]) == ("new", "processing")


def test_a_move_is_undone_into_its_own_pipeline(doors: Doors) -> None:
    ours = in_service(doors, fields={"equipment_type": "large"})
    by_page(doors, ours)
    assert doors.page.post(f"/deals/{ours}/takebacks", headers=HTMX).status_code == 200
    assert standing(doors, ours) == ("service", "new")


def test_many_at_once_takes_no_deal_across(doors: Doors) -> None:
    ours = in_service(doors, fields={"equipment_type": "large"})
    answer = doors.page.post("/moves", data={"deal": str(ours), "stage": "sales/processing"}, headers=HTMX)
    assert answer.status_code < 500
    assert standing(doors, ours) == ("service", "new")


@pytest.mark.parametrize("of_service", [False, True])
def test_a_trigger_moves_only_deals_of_its_own_pipeline(doors: Doors, of_service: bool) -> None:
    """Sales has "dialogue taken leads to Data collection"; Service has none, or one that leads to Repair."""
    with doors.app.app_context(), transaction() as current:
        if of_service:
            to = next(each for each in setups.current().stages.values() if formats_en(each.name) == "Repair")
            current.add(Trigger(key="ours", event="dialogue_taken", stage_id=to.id, name=both("Taken")))
        setups.changed()
    by_service(doors)
    ours = made(doors).id
    doors.page.post(f"/deals/{ours}", data={"deal.equipment_type": "large", "version": "1"})
    with doors.app.app_context():
        talk = session().scalars(select(Conversation.id).where(Conversation.deal_id == ours)).one()
        session().close()
    answer = doors.post(f"/conversations/{talk}/messages", {"text": "We are coming"})
    assert answer.status_code == 201
    assert standing(doors, ours) == ("service", "processing" if of_service else "new")


def formats_en(name: Any) -> str:
    return str(name["en"])


def test_each_board_shows_and_counts_its_own(doors: Doors) -> None:
    ours = in_service(doors, amount="1000.00")
    theirs = doors.post("/deals", {"title": "A new press", "amount": "5.00"}).json["id"]
    for key, mine, other in (("service", ours, theirs), ("sales", theirs, ours)):
        page = doors.page.get(f"/pipelines/{key}").text
        assert f'id="deal-{mine}"' in page
        assert f'id="deal-{other}"' not in page
        assert "1 open deal" in page
    found = doors.api.get("/api/v1/deals?pipeline=service", headers=doors.auth).json["items"]
    assert [each["id"] for each in found] == [ours]
    found = doors.api.get("/api/v1/deals?stage=new&pipeline=sales", headers=doors.auth).json["items"]
    assert [each["id"] for each in found] == [theirs]


def test_the_board_that_was_looked_at_last_is_found_at_the_root(doors: Doors) -> None:
    in_service(doors)
    doors.page.get("/pipelines/service")
    assert "A broken press" in doors.page.get("/").text
    doors.page.get("/pipelines/sales")
    assert "A broken press" not in doors.page.get("/").text
    assert doors.page.get("/pipelines/elsewhere").status_code == 404


def test_a_saved_view_keeps_its_pipeline(doors: Doors) -> None:
    kept = doors.page.post("/views", data={"name": "Mine", "pipeline": "service", "query": "mine=1"})
    assert kept.headers["Location"] == "/pipelines/service?mine=1"
    doors.page.post("/views", data={"name": "Mine", "pipeline": "sales", "query": "mine=1"})
    for key in ("sales", "service"):
        page = doors.page.get(f"/pipelines/{key}").text
        assert {"/pipelines/sales?mine=1", "/pipelines/service?mine=1"} <= set(re.findall(r'href="([^"]+)"', page))
        narrowed = doors.page.get(f"/pipelines/{key}?mine=1").text
        assert re.findall(r'href="([^"]+)" aria-current="page">', narrowed).count(f"/pipelines/{key}?mine=1") == 1
    with doors.app.app_context(), transaction():
        sales = company.stage("new").pipeline_id
        assert board_views.save(company.person("rep1"), sales, "Mine", "q=1").query == "q=1"


def test_the_closed_deals_and_the_search_name_the_stage_of_each(doors: Doors) -> None:
    ours = in_service(doors, "A broken lathe")
    doors.page.post(f"/deals/{ours}/moves", data={"stage": "lost", "deal.lost_reason": "Too old"}, headers=HTMX)
    assert standing(doors, ours) == ("service", "lost")
    assert "A broken lathe" in doors.page.get("/deals?kind=lost").text
    assert "A broken lathe" in doors.page.get("/search?q=lathe").text


def test_every_page_of_both_opens(doors: Doors) -> None:
    ours, theirs = in_service(doors), scene(doors.app).deal
    for path in ("/", "/pipelines/service", "/pipelines/sales", f"/deals/{ours}", f"/deals/{theirs}", "/deals/new"):
        assert doors.page.get(path).status_code == 200, path
