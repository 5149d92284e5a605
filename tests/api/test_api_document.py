"""The API describes itself, whole and in valid OpenAPI 3.1."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from time import process_time
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import create_model

from tests.api.callers import V1, Caller
from tests.api.described import Description
from tests.api.test_every_field import HOOK, Scene
from tests.held import uncollected
from tests.services import acts
from tests.views import provider
from tests.views.test_loose_calls import taken
from webapp.api.routes import Document
from webapp.api.routes import document as described

# Whatever it is asked: no JSON, no token, nothing there, no such method, wrong fields; what broke, what is away.
ANSWERS = {"400", "401", "404", "405", "422", "500", "503"}
OF_A_WRITE = {"403", "409", "413", "415"}


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get(f"{V1}/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json or {})


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method.upper(), path): each for path, item in document["paths"].items() for method, each in item.items()}


def test_every_route_is_described(app: Flask, document: dict[str, Any]) -> None:
    known = {
        (method, re.sub(r"<[^<>]*?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(V1) and rule.endpoint not in ("api.unknown", "api.specification_openapi")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert known == set(operations(document))


def test_the_document_holds_together(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Dozor"
    assert document["info"]["version"]
    assert document["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
    schemas = document["components"]["schemas"]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in schemas)
    assert {each.rpartition("/")[2] for each in references(document)} <= set(schemas)
    names = [each["operationId"] for each in operations(document).values()]
    assert len(names) == len(set(names))


def test_every_operation_says_what_it_takes_and_answers(document: dict[str, Any]) -> None:
    for (method, path), each in operations(document).items():
        declared = {one["name"] for one in each["parameters"] if one["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))
        assert set(each["responses"]) >= ANSWERS | (OF_A_WRITE if method != "GET" else set()), path
        assert any(status.startswith("2") for status in each["responses"])
        assert re.fullmatch("[^<>]+", each["summary"]), path
        headers = {one["name"] for one in each["parameters"] if one["in"] == "header"}
        assert headers == ({"Idempotency-Key"} if method == "POST" else set())
        assert ("requestBody" in each) == (method in ("POST", "PUT", "PATCH"))


def test_unknown_keys_are_ruled_out_by_the_description_too(document: dict[str, Any]) -> None:
    assert document["components"]["schemas"]["NewDeal"]["additionalProperties"] is False


def test_two_records_of_one_name_are_refused_when_they_are_declared() -> None:
    """Also where one of them stands only within another."""
    one, other = (create_model("Twin", **{key: (int, ...)}) for key in ("here", "there"))
    around = create_model("Around", twins=(list[other] | None, None))  # type: ignore[valid-type]
    fresh = Document("flask", naming_strategy=described.naming_strategy)
    fresh._add_model(one)
    fresh._add_model(one, "serialization")
    for each in (other, around):
        with pytest.raises(TypeError, match="both describe a Twin"):
            fresh._add_model(each)


NOT_SHOWN = {"/deliveries", "/tasks/{task_id}/files/{file_id}"}  # nothing went out; is no JSON


def test_what_is_read_is_as_it_is_described(app: Flask, calling: Callable[[str], Caller]) -> None:
    """Each answer, with something in it."""
    scene, description = Scene(app, calling), Description(app)
    loose = taken(app, provider.set_up(app))
    called = scene.admin.post("/triggers", {"event": "webhook", "stage": "data_collection"})["id"]
    address = scene.admin.post(f"/triggers/{called}/addresses", {})["address"]
    assert app.test_client().post(urlsplit(address).path, json={"deal_id": scene.deal}).status_code < 300
    with app.app_context():
        acts.work()
    for path in (
        f"/conversations/{scene.talk}/messages",
        f"/deals/{scene.deal}/notes",
        f"/tasks/{scene.task}/comments",
    ):
        scene.rep.post(path, {"text": "Hello"})
    scene.admin.post("/webhooks", {"name": "ERP", "url": HOOK})
    scene.rep.post(f"/invoices/{scene.invoice}/payments", {"amount": "1.00"})
    ids = {
        "rehearsal_id": scene.admin.post("/rehearsals", {"robot_id": scene.robot, "days": 7}, 202)["id"],
        "deal_id": scene.deal,
        "contact_id": scene.contact,
        "company_id": scene.company,
        "conversation_id": scene.talk,
        "invoice_id": scene.invoice,
        "task_id": scene.task,
        "robot_id": scene.robot,
        "trigger_id": called,
        "field_id": scene.type,
        "calendar_id": 1,
        "department_id": 2,
        "version_id": scene.admin.items("/setup/versions")[0]["version"],
        "user_id": scene.rep.id,
    }
    asks = {"/departments/{department_id}/told": f"?about={scene.rep.id}"}
    people = [scene.admin, scene.rep, scene.head, calling("rep2")]
    blank = []
    for template in sorted(set(description.reads()) - NOT_SHOWN):
        path = template.format(**ids) + asks.get(template, "")
        answers = [each for each in (who.call("GET", path) for who in people) if each.status_code == 200]
        assert answers, path
        for each in answers:
            assert description.wrong("GET", path, 200, each.json) == [], path
        if not any(each.json.get("items", True) for each in answers):
            blank.append(template)
    assert blank == ["/rehearsals/{rehearsal_id}"], "which has only just begun"
    assert loose in {each["id"] for each in calling("rep2").items("/calls")}


def test_the_description_is_drawn_once_and_asked_for_again_costs_little(client: FlaskClient) -> None:
    first = client.get("/api/v1/openapi.json")
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, first.mimetype, again.status_code, again.data) == (200, "application/json", 304, b"")
    with uncollected():
        started = process_time()
        for _ in range(50):
            assert client.get("/api/v1/openapi.json").data == first.data
        took = process_time() - started
    assert took < 0.5, "each took 0.02 s of a processor, of anybody without a key"
