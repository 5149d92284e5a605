"""What the API answers at the product's own limits can be sent back to it: whole set-ups, lists, calendars."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from rules.setup_checks import LONGEST_LIST
from rules.setup_documents import LIMIT
from tests.api.callers import Caller
from webapp import bounds
from webapp.services.calendars import MOST_DAYS

Calling = Callable[[str], Caller]


@pytest.fixture
def admin(calling: Calling) -> Caller:
    return calling("admin")


def options(count: int) -> list[dict[str, Any]]:
    return [{"label": {"en": f"City {n}", "ru": f"Город {n}"}} for n in range(count)]


def entries(value: Any) -> int:
    """As bounds count them."""
    walk = bounds.Walk(lambda _: False, most=10**9)
    walk.over(value)
    return walk.entries


def test_the_longest_lists_are_sent_back_and_the_whole_set_up_with_them(admin: Caller) -> None:
    city = {"entity": "deal", "kind": "select", "label": {"en": "City"}, "options": options(LONGEST_LIST)}
    made = admin.post("/fields", city)
    path, kept = f"/fields/{made['id']}", [*made["options"]]
    assert len(kept) == LONGEST_LIST
    assert admin.patch(path, {"options": kept[::-1]})["options"] == kept[::-1]
    over = admin.call("PATCH", path, {"options": [*kept, *options(1)]})
    assert (over.status_code, over.json["fields"][0]["code"]) == (422, "too_many"), over.text
    assert str(LONGEST_LIST) in over.json["message"]
    (pipeline,) = admin.items("/pipelines")
    reasons = admin.patch(f"/pipelines/{pipeline['id']}", {"lost_reasons": options(LONGEST_LIST)})["lost_reasons"]
    assert admin.patch(f"/pipelines/{pipeline['id']}", {"lost_reasons": reasons})["lost_reasons"] == reasons
    whole = admin.get("/setup")["setup"]
    assert entries(whole) > 4 * bounds.ENTRIES
    assert admin.post("/setup/plans", {"setup": whole})["changes"] == []


def test_a_set_up_of_as_many_things_as_there_may_be_is_planned(admin: Caller) -> None:
    """In less than the time that a person waits: what is asked of each thing is not found out anew for each."""
    whole = admin.get("/setup")["setup"]
    some = sum(len(each) for each in whole.values() if isinstance(each, list))
    like = {"entity": "deal", "kind": "text", "label": {"en": "A field", "ru": "Поле"}}
    more = [{**like, "key": f"k{n}"} for n in range(LIMIT - some)]
    began = time.process_time()
    plan = admin.post("/setup/plans", {"setup": {**whole, "fields": [*whole["fields"], *more]}})
    assert len(plan["changes"]) == len(more)
    assert time.process_time() - began < 8, "25 s, while nobody else could write"


def test_rubbish_of_as_many_entries_as_may_be_costs_little(admin: Caller) -> None:
    key, began = {f"k{n}": n for n in range(45)}, time.process_time()
    for rubbish in ({"robots": [key] * LIMIT}, {"fields": [{"options": [{}] * 90_000}]}, {"stages": [[0]] * LIMIT}):
        plan = admin.call("POST", "/setup/plans", {"setup": rubbish})
        assert (plan.status_code, 0 < len(plan.json["problems"]) <= bounds.PROBLEMS) == (201, True)
        assert len(plan.data) < 20_000
    assert time.process_time() - began < 8


def test_a_calendar_with_as_many_days_as_it_may_have_is_sent_back(admin: Caller) -> None:
    (firms, *_) = admin.items("/calendars")
    days = [(date(2027, 1, 1) + timedelta(days=n)).isoformat() for n in range(MOST_DAYS)]
    hours = {each: [["09:00", "13:00"], ["14:00", "18:00"]] for each in days[MOST_DAYS // 2 :]}
    path = f"/calendars/{firms['id']}"
    for closed in (days, days[: MOST_DAYS // 2]):
        sent = {"closed": closed, "hours": hours if len(closed) < MOST_DAYS else {}, "waiting": "keep"}
        kept = admin.patch(path, sent)
        assert (kept["closed"], kept["hours"]) == (sent["closed"], sent["hours"])
        again = {each: kept[each] for each in ("zone", "weekly", "closed", "hours")}
        assert admin.patch(path, again) == kept


def test_who_sets_nothing_up_sends_no_more_than_before(calling: Calling) -> None:
    for who, path in (("rep1", "/setup/plans"), ("rep1", "/fields"), ("admin", "/deals")):
        refused = calling(who).call("POST", path, {"setup": [0] * bounds.ENTRIES})
        assert (refused.status_code, refused.json["fields"][0]["code"]) == (422, "too_many"), path
    more = calling("admin").call("POST", "/setup/plans", {"setup": [0] * bounds.ENTRIES_OF_SETUP})
    assert (more.status_code, more.json["fields"][0]["code"]) == (422, "too_many")
