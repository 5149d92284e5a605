"""The API describes itself, whole and in valid OpenAPI 3.1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.api.callers import V1

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
