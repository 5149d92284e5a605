"""Calls that no deal came of, through the API."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests.api.callers import Caller
from tests.conftest import Clock
from tests.views import provider
from tests.views.test_loose_calls import taken

Calling = Callable[[str], Caller]


def test_loose_calls_are_listed_and_each_is_settled_once(app: Flask, clock: Clock, calling: Calling) -> None:
    path = provider.set_up(app)
    first, second, third = (taken(app, path, f"CA{n}", f"+7916111223{n}") for n in range(3))
    rep, other = calling("rep2"), calling("rep3")
    page = rep.get("/calls?limit=2")
    assert ([each["id"] for each in page["items"]], other.get("/calls")["items"]) == ([third, second], [])
    assert [each["id"] for each in rep.get(f"/calls?limit=2&cursor={page['next']}")["items"]] == [first]
    assert other.call("POST", f"/calls/{first}/settlements", {"how": "no_client"}).status_code == 404
    assert rep.call("POST", f"/calls/{first}/settlements", {"how": "sung"}).status_code == 422
    assert rep.post(f"/calls/{first}/settlements", {"how": "called_back"})["settled_as"] == "called_back"
    deal = rep.post(f"/calls/{second}/deals", {})
    assert rep.post(f"/calls/{second}/deals", {})["id"] == deal["id"], "once"
    contact = rep.post("/contacts", {"name": "Anna Ivanova"})
    assert rep.post(f"/calls/{third}/contacts", {"contact_id": contact["id"]})["contact_id"] == contact["id"]
    assert rep.get(f"/contacts/{contact['id']}")["phone"] == "+79161112232"
    assert rep.get("/calls")["items"] == []


def test_a_call_that_is_settled_is_not_made_anything_else(app: Flask, clock: Clock, calling: Calling) -> None:
    path = provider.set_up(app)
    call_id = taken(app, path)
    rep, head = calling("rep2"), calling("north")
    contact = head.post("/contacts", {"name": "Anna Ivanova"})
    said = rep.post(f"/calls/{call_id}/settlements", {"how": "no_client"})
    assert rep.post(f"/calls/{call_id}/settlements", {"how": "no_client"}) == said, "said again alike"
    for verb, body in (
        ("deals", {}),
        ("contacts", {"contact_id": contact["id"]}),
        ("settlements", {"how": "called_back"}),
    ):
        refused = head.call("POST", f"/calls/{call_id}/{verb}", body)
        assert (refused.status_code, refused.json["error"]) == (409, "call_settled")
        assert "Maria Sokolova" in refused.json["message"]
        assert "not a client" in refused.json["message"]
    assert head.get(f"/contacts/{contact['id']}")["phone"] is None, "nothing is filled in by a call that is not theirs"
    assert calling("rep3").call("POST", f"/calls/{call_id}/deals", {}).status_code == 404
    other = taken(app, path, "CA2", "+79161112255")
    mine = rep.post(f"/calls/{other}/contacts", {"contact_id": contact["id"]})
    assert rep.post(f"/calls/{other}/contacts", {"contact_id": contact["id"]}) == mine, "said again alike"
    vera = rep.post("/contacts", {"name": "Vera Belova"})
    refused = head.call("POST", f"/calls/{other}/contacts", {"contact_id": vera["id"]})
    assert (refused.status_code, "Anna Ivanova" in refused.json["message"]) == (409, True)
