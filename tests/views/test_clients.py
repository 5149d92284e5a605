"""Who a deal is with: chosen as one types, made anew, replaced; never a second one by mistake. Who has not written yet
can be written to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.conftest import Browser
from tests.views.scenes import HTMX, scene
from webapp.db import session, transaction
from webapp.models import Contact, Deal, JournalEntry, Message
from webapp.services import contacts, deals

SignIn = Callable[[str], Browser]


@pytest.fixture
def vera(app: Flask, clock: Any) -> int:
    """A known VIP without a phone."""
    with app.app_context(), transaction():
        raw = {"name": "Vera Orlova", "email": "vera@example.com"}
        return contacts.create(raw, company.acting("rep1"), own={"vip": True}, company="Titan").id


def bare_deal(app: Flask, stage: str = "new") -> int:
    with app.app_context(), transaction():
        by = company.acting("rep1")
        assert by.user_id is not None
        fields = {"equipment_type": "special"} if stage == "processing" else {}
        draft = deals.DealDraft("A press", company.stage(stage), by.user_id, values=fields)
        return deals.create(draft, by).id


def contact_of(app: Flask, deal_id: int) -> Any:
    with app.app_context():
        return session().scalar(
            select(Contact.name).join(Deal, Deal.contact_id == Contact.id).where(Deal.id == deal_id)
        )


def called_vera(app: Flask) -> int:
    with app.app_context():
        return session().scalar(select(func.count(Contact.id)).where(Contact.name == "Vera Orlova")) or 0


@pytest.mark.parametrize("words", ["vera", "ORLOVA", "vera@exam", "titan"])
def test_who_could_be_meant_is_shown_as_one_types(app: Flask, sign_in: SignIn, vera: int, words: str) -> None:
    shown = sign_in("rep2").get("/contacts/choices", query_string={"contact": words}).text
    assert f'value="{vera}"' in shown
    assert "Vera Orlova" in shown
    assert "vera@example.com" in shown
    assert "VIP" in shown
    assert 'value="new"' in shown
    assert "Vera" not in sign_in("rep2").get("/contacts/choices?contact=Nobody").text
    assert sign_in("rep2").get("/contacts/choices?contact=").text.strip() == ""


@pytest.mark.parametrize("quick", [{}, {"quick": "1"}], ids=["form", "quick add"])
def test_a_second_one_of_a_name_is_made_only_knowingly(app: Flask, sign_in: SignIn, vera: int, quick: Any) -> None:
    rep = sign_in("rep1")
    sends = {"title": "Lathe", "stage": "new", "contact": "vera orlova", **quick}
    asked = rep.post("/deals", data=sends, headers=HTMX if quick else {})
    assert asked.status_code == 422
    assert "There is already a contact with this name." in asked.text
    assert f'name="client" value="{vera}"' in asked.text
    assert called_vera(app) == 1
    assert rep.post("/deals", data={**sends, "client": str(vera)}).status_code == 303
    assert called_vera(app) == 1
    assert rep.post("/deals", data={**sends, "contact": "Vera Orlova", "client": "new"}).status_code == 303
    assert called_vera(app) == 2


def test_a_deal_without_a_contact_gets_one_and_a_wrong_one_is_replaced(app: Flask, sign_in: SignIn, vera: int) -> None:
    rep, deal_id = sign_in("rep1"), bare_deal(app)
    path = f"/deals/{deal_id}"
    found = rep.post(path, data={"was.client": "", "contact": "Orlova"}, headers=HTMX)
    assert found.status_code == 422  # Enter, or a page without scripts: the words choose nobody by themselves
    assert f'<button name="client" value="{vera}"' in found.text
    assert contact_of(app, deal_id) is None
    assert rep.post(path, data={"was.client": "", "client": str(vera)}, headers=HTMX).status_code == 200
    assert contact_of(app, deal_id) == "Vera Orlova"
    new = {"was.client": str(vera), "contact": "Petr Sidorov", "client": "new"}
    sheet = rep.post(path, data=new, headers=HTMX)
    assert contact_of(app, deal_id) == "Petr Sidorov"
    assert "changed Contact from Vera Orlova to Petr Sidorov" in sheet.text


def test_of_two_who_choose_a_contact_the_second_is_told(app: Flask, sign_in: SignIn, vera: int) -> None:
    deal_id = bare_deal(app)
    path, other = f"/deals/{deal_id}", {"was.client": "", "contact": "Petr", "client": "new"}
    assert sign_in("north").post(path, data={"was.client": "", "client": str(vera)}).status_code == 303
    late = sign_in("rep1").post(path, data=other, headers=HTMX)
    assert late.status_code == 409
    assert "changed this to “Vera Orlova” in the meantime" in late.text
    assert contact_of(app, deal_id) == "Vera Orlova"
    with app.app_context():
        assert session().scalar(select(Contact.id).where(Contact.name == "Petr")) is None


def test_a_foreign_contact_number_is_refused(app: Flask, sign_in: SignIn) -> None:
    deal_id = bare_deal(app)
    for wrong in ("77777", "-1", "x" * 30):
        answer = sign_in("rep1").post(f"/deals/{deal_id}", data={"client": wrong}, headers=HTMX)
        assert answer.status_code == 422
        assert "There is no such contact." in answer.text


def test_a_client_who_has_not_written_is_written_to(app: Flask, sign_in: SignIn, vera: int) -> None:
    rep, deal_id = sign_in("rep1"), bare_deal(app)
    path = f"/deals/{deal_id}/messages"
    refused = rep.post(path, data={"text": "Good day"}, headers=HTMX)
    assert refused.status_code == 422
    rep.post(f"/deals/{deal_id}", data={"client": str(vera)})
    assert f'action="{path}"' in rep.get(f"/deals/{deal_id}").text
    assert rep.post(path, data={"text": " "}, headers=HTMX).status_code == 422
    sheet = rep.post(path, data={"text": "Good day, Vera"}, headers=HTMX)
    assert "Good day, Vera" in sheet.text
    with app.app_context():
        assert session().get_one(Deal, deal_id).stage_id == company.stage("data_collection").id
        assert session().scalar(select(func.count(JournalEntry.id)).where(JournalEntry.event == "message.sent")) == 1


def test_by_the_api_too_and_a_second_first_word_joins_the_conversation(
    app: Flask, token: Any, vera: int, clock: Any
) -> None:
    at, api = scene(app), app.test_client()
    for text in ("Good day", "One thing more"):
        answer = api.post(f"/api/v1/deals/{at.deal}/messages", json={"text": text}, headers=token("rep1"))
        assert answer.status_code == 201
        assert answer.json["conversation_id"] == at.conversation
    with app.app_context():
        said = select(func.count(Message.id)).where(Message.conversation_id == at.conversation)
        assert session().scalar(said.where(Message.direction == "out")) == 2
    outsider = api.post(f"/api/v1/deals/{at.deal}/messages", json={"text": "Hello"}, headers=token("rep3"))
    assert outsider.status_code == 404
