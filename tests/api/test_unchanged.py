"""What a program has read and sends back unchanged is no change: no version, no line in the journal, no trigger. And
what stands may stay, also where nobody could choose it any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from rules.field_kinds import FIELD_KINDS
from tests import company
from tests.api.callers import Caller
from tests.services import acts
from tests.services.test_field_kinds import EXAMPLES, OPTIONS
from tests.views.scenes import HTMX, browser
from webapp.db import session, transaction
from webapp.models import Deal, Field, FieldRequirement, JournalEntry, Trigger, User
from webapp.snapshots import setups

pytestmark = pytest.mark.both_databases
Calling = Callable[[str], Caller]
KINDS = sorted(key for key, each in FIELD_KINDS.items() if each.is_own)
ENTITIES = ("deal", "contact", "company")
SENT = {
    "deals": ("title", "amount", "currency", "contact_id", "responsible_id", "stage", "fields", "version"),
    "contacts": ("name", "phone", "email", "more_phones", "more_emails", "external_id", "company", "fields", "version"),
    "companies": ("fields", "version"),
}


def add(entity: str, kind: str) -> None:
    options = OPTIONS if FIELD_KINDS[kind].has_options else []
    label = {"en": "Our own", "ru": "Своё"}
    session().add(Field(entity=entity, key=f"k_{kind}", kind=kind, label=label, options=options))


@pytest.fixture
def scene(app: Flask, calling: Calling) -> dict[str, int]:
    """A deal, its contact and their company, in a firm that has a field of every kind on each."""
    with app.app_context():
        with transaction():
            for entity in ENTITIES:
                for kind in KINDS:
                    add(entity, kind)
            setups.changed()
        contact = acts.contact()
        works_at = acts.company_of(contact)
        return {"deals": acts.deal(of=contact), "contacts": contact, "companies": works_at}


def lines(app: Flask) -> int:
    with app.app_context():
        return session().scalar(select(func.count(JournalEntry.id))) or 0


def sent_back(app: Flask, rep1: Caller, scene: dict[str, int]) -> None:
    for root, number in scene.items():
        path = f"/{root}/{number}"
        before, journal = rep1.get(path), lines(app)
        body = {name: before[name] for name in SENT[root]}
        if root == "contacts":
            body |= {"company_fields": before["company_fields"], "anyway": True}
        assert rep1.patch(path, body) == before
        assert (rep1.get(path), lines(app)) == (before, journal)


def test_a_get_sent_back_changes_nothing(app: Flask, calling: Calling, scene: dict[str, int]) -> None:
    rep1 = calling("rep1")
    sent_back(app, rep1, scene)
    rep2 = calling("rep2").id
    values = {f"k_{kind}": rep2 if kind == "user" else EXAMPLES[kind].json for kind in KINDS}
    for root, number in scene.items():
        filled = rep1.patch(f"/{root}/{number}", {"fields": values})
        assert values.items() <= filled["fields"].items()
    sent_back(app, rep1, scene)
    with app.app_context(), transaction() as current:  # and all of it goes: an option is archived, somebody leaves
        gone = [{**OPTIONS[0], "is_archived": True}, {**OPTIONS[1], "is_archived": True}]
        current.execute(update(Field).where(Field.key.in_(("k_select", "k_multi_select"))).values(options=gone))
        current.execute(update(User).where(User.id == rep2).values(is_active=False))
        setups.changed()
    sent_back(app, rep1, scene)


def test_options_in_another_order_than_when_they_were_chosen_are_the_same(
    app: Flask, calling: Calling, scene: dict[str, int]
) -> None:
    rep1 = calling("rep1")
    rep1.patch(f"/deals/{scene['deals']}", {"fields": {"k_multi_select": ["a", "b"]}})
    with app.app_context(), transaction() as current:
        current.execute(update(Field).where(Field.key == "k_multi_select").values(options=OPTIONS[::-1]))
        setups.changed()
    sent_back(app, rep1, scene)
    assert rep1.patch(f"/deals/{scene['deals']}", {"fields": {"k_multi_select": ["b"]}})["fields"][
        "k_multi_select"
    ] == ["b"]


def test_a_checkbox_that_nobody_touched_says_no_to_triggers_too(
    app: Flask, calling: Calling, scene: dict[str, int]
) -> None:
    is_no = {"entity": "deal", "field": "k_checkbox", "operator": "eq", "value": False}
    with app.app_context(), transaction() as current:
        to = company.stage("data_collection").id
        condition = {"all": [is_no]}
        current.add(Trigger(name={"en": "No"}, event="field_changed", stage_id=to, condition=condition))
        setups.changed()
    rep1, path = calling("rep1"), f"/deals/{scene['deals']}"
    for said in (False, None):
        assert rep1.patch(path, {"fields": {"k_checkbox": said}})["stage"] == "new", said
    assert rep1.patch(path, {"fields": {"k_checkbox": True}})["stage"] == "new"
    assert rep1.patch(path, {"fields": {"k_checkbox": False}})["stage"] == "data_collection", "taken away: a change"


def test_a_no_answers_a_stage_that_asks(app: Flask, calling: Calling, scene: dict[str, int]) -> None:
    """Though it says what nothing had said before."""
    with app.app_context(), transaction() as current:
        field = session().scalars(select(Field).where(Field.entity == "deal", Field.key == "k_checkbox")).one()
        first = company.stage("data_collection")
        current.add(FieldRequirement(field_id=field.id, pipeline_id=first.pipeline_id, stage_id=first.id))
        setups.changed()
    rep1, path = calling("rep1"), f"/deals/{scene['deals']}"
    assert rep1.call("POST", f"{path}/moves", {"stage": "data_collection"}).json["error"] == "required_fields"
    moved = rep1.post(f"{path}/moves", {"stage": "data_collection", "fields": {"k_checkbox": False}}, 200)
    assert moved["stage"] == "data_collection"
    rep1.patch(path, {"fields": {"k_checkbox": None}})  # which says the same, and takes no answer away
    rep1.patch(path, {"fields": {"k_text": "Two presses"}})
    assert rep1.post(f"{path}/moves", {"stage": "new"}, 200)["stage"] == "new"
    assert rep1.post(f"{path}/moves", {"stage": "data_collection"}, 200)["stage"] == "data_collection"


@pytest.mark.parametrize("root", ["deals", "contacts", "companies"])
def test_a_field_of_people_takes_whoever_works_here(
    app: Flask, calling: Calling, scene: dict[str, int], root: str
) -> None:
    rep1, rep2, rep3 = calling("rep1"), calling("rep2").id, calling("rep3").id
    path = f"/{root}/{scene[root]}"
    refused = rep1.call("PATCH", path, {"fields": {"k_user": 999}})
    assert (refused.status_code, [each["code"] for each in refused.json["fields"]]) == (422, ["no_such_person"])
    assert rep1.get(path)["fields"]["k_user"] is None
    assert rep1.patch(path, {"fields": {"k_user": rep2}})["fields"]["k_user"] == rep2
    with app.app_context(), transaction() as current:
        current.execute(update(User).where(User.id.in_((rep2, rep3))).values(is_active=False))
        setups.changed()
    assert rep1.call("PATCH", path, {"fields": {"k_user": rep3}}).status_code == 422
    kept = rep1.patch(path, {"fields": {"k_user": rep2, "k_text": "Two presses"}})["fields"]
    assert (kept["k_user"], kept["k_text"]) == (rep2, "Two presses")
    assert rep1.patch(path, {"fields": {"k_user": None}})["fields"]["k_user"] is None
    assert rep1.call("PATCH", path, {"fields": {"k_user": rep2}}).status_code == 422


def test_nobody_fills_in_a_field_of_people_for_a_stage_that_asks(
    app: Flask, calling: Calling, scene: dict[str, int]
) -> None:
    with app.app_context(), transaction() as current:
        field = session().scalars(select(Field).where(Field.entity == "deal", Field.key == "k_user")).one()
        first = company.stage("data_collection")
        current.add(FieldRequirement(field_id=field.id, pipeline_id=first.pipeline_id, stage_id=first.id))
        setups.changed()
    rep1, path = calling("rep1"), f"/deals/{scene['deals']}"
    body = {"stage": "data_collection", "fields": {"k_user": 999}}
    assert rep1.call("POST", f"{path}/moves", body).status_code == 422
    new = {"title": "A press", **body}
    assert rep1.call("POST", "/deals", new).status_code == 422
    assert rep1.post(f"{path}/moves", {**body, "fields": {"k_user": rep1.id}}, 200)["fields"]["k_user"] == rep1.id


def test_pages_take_nobody_either(app: Flask, scene: dict[str, int]) -> None:
    who = browser(app, "rep1")
    for path, name in (
        (f"/deals/{scene['deals']}", "deal.k_user"),
        (f"/contacts/{scene['contacts']}", "contact.k_user"),
    ):
        assert who.post(path, data={name: "999"}, headers=HTMX).status_code == 422


@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_lost_deal_keeps_the_reason_that_its_stage_asks_for(app: Flask, calling: Calling, blank: str | None) -> None:
    rep1 = calling("rep1")
    deal = rep1.post("/deals", {"title": "A press", "stage": "lost", "lost_reason": "Too dear"})
    path = f"/deals/{deal['id']}"
    for method, at, body in (("PATCH", path, {}), ("POST", f"{path}/moves", {"stage": "lost"})):
        refused = rep1.call(method, at, {**body, "lost_reason": blank})
        if blank is None and method == "POST":  # nothing is said
            assert refused.status_code == 200
            continue
        assert (refused.status_code, refused.json["error"]) == (422, "required_fields")
        assert [each["key"] for each in refused.json["fields"]] == ["lost_reason"]
    answer = browser(app, "rep1").post(f"{path}/moves", data={"stage": "lost", "deal.lost_reason": ""}, headers=HTMX)
    assert answer.status_code == 422
    assert rep1.get(path) == deal
    with app.app_context(), transaction():
        session().get_one(Deal, deal["id"]).lost_reason = None  # as one that came without
    assert rep1.patch(path, {"title": "A lathe", "lost_reason": None})["title"] == "A lathe"
    assert rep1.patch(path, {"lost_reason": "Too far"})["lost_reason"] == "Too far"
