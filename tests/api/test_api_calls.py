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
