"""One contact goes into another by the API: once, whoever asks, and its address leads to the one that stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.callers import Caller
from tests.services import acts


def at_once(app: Flask, *asks: Callable[[], Any]) -> list[Any]:
    with app.app_context():
        return acts.at_the_same_moment(app, *asks)


def contact(rep: Caller, name: str, **more: Any) -> int:
    return int(rep.post("/contacts", {"name": name, **more})["id"])


@pytest.mark.both_databases
def test_of_two_who_merge_at_once_one_wins_and_the_other_is_told(app: Flask, calling: Callable[[str], Caller]) -> None:
    rep1, rep2 = calling("rep1"), calling("rep2")
    goes = contact(rep1, "Vera B.", email="v@home.example")
    intos = [contact(rep1, "Vera Belova"), contact(rep1, "V. Belova")]
    deal = rep1.post("/deals", {"title": "A press", "contact_id": goes})["id"]

    def ask(who: Caller, into: int) -> Callable[[], Any]:
        return lambda: who.call("POST", f"/contacts/{goes}/merges", {"into": into})

    answers = at_once(app, ask(rep1, intos[0]), ask(rep2, intos[1]))
    assert sorted(each.status_code for each in answers) == [201, 409]
    won, lost = sorted(answers, key=lambda each: each.status_code)
    stays = won.json["id"]
    assert (won.json["email"], rep1.get(f"/deals/{deal}")["contact_id"]) == ("v@home.example", stays)
    assert (lost.json["error"], lost.json["current"]["merged_into_id"]) == ("merged", stays)
    assert won.json["name"] in lost.json["message"]
    assert rep1.get(f"/contacts/{goes}")["merged_into_id"] == stays
    assert goes not in {each["id"] for each in rep1.items("/contacts")}
    late = rep1.call("PATCH", f"/contacts/{goes}", {"name": "Vera"})
    assert (late.status_code, late.json["error"]) == (409, "merged")
    assert rep1.post("/deals", {"title": "Another", "contact_id": goes})["contact_id"] == stays


@pytest.mark.both_databases
def test_an_inquiry_that_comes_at_that_moment_is_with_the_one_that_stays(
    app: Flask, calling: Callable[[str], Caller]
) -> None:
    rep1, asks = calling("rep1"), {"channel": "chat", "text": "Hello"}
    into = contact(rep1, "Vera Belova")
    for n in range(3):
        goes = contact(rep1, "Vera B.", phone=f"+7900555010{n}")
        sent = {**asks, "contact": {"name": "V.", "phone": f"+7900555010{n}"}}
        answers = at_once(
            app,
            lambda goes=goes: rep1.call("POST", f"/contacts/{goes}/merges", {"into": into}),  # type: ignore[misc]
            lambda sent=sent: rep1.call("POST", "/inquiries", sent),  # type: ignore[misc]
        )
        assert [each.status_code for each in answers] == [201, 201], answers
        assert rep1.get(f"/deals/{answers[1].json['deal_id']}")["contact_id"] == into
    assert {each["id"] for each in rep1.items("/contacts")} == {into}


def test_a_value_is_taken_by_its_name_and_what_is_no_name_is_refused(calling: Callable[[str], Caller]) -> None:
    rep1 = calling("rep1")
    goes, into = contact(rep1, "Vera B."), contact(rep1, "Vera Belova", fields={"vip": True})
    path = f"/contacts/{goes}/merges"
    for body, code in (({"into": goes}, "same_contact"), ({"into": into, "take": ["colour"]}, "not_an_option")):
        refused = rep1.call("POST", path, body)
        assert (refused.status_code, refused.json["fields"][0]["code"]) == (422, code)
    kept = rep1.post(path, {"into": into, "take": ["name", "fields.vip"]})
    assert (kept["name"], kept["fields"]) == ("Vera B.", {"vip": True})
