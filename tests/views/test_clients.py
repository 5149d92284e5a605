"""Who a deal is with: chosen as one types, made anew, replaced; never a second one by mistake. Who has not written yet
can be written to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.conftest import Browser
from tests.views.scenes import HTMX, scene
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import Contact, Deal, JournalEntry, Message
from webapp.services import contacts, deals, inquiries
from webapp.snapshots import contact_ways as ways_kept

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


@pytest.fixture
def owner(app: Flask, clock: Any) -> int:
    """Somebody whose phone and e-mail the firm knows."""
    with app.app_context(), transaction():
        raw = {"name": "Old Owner", "phone": "+79163330001", "email": "owner@example.org"}
        return contacts.create(raw, company.acting("rep1")).id


def client_of(app: Flask, title: str) -> Contact:
    with app.app_context():
        of = select(Contact).join(Deal, Deal.contact_id == Contact.id).where(Deal.title == title)
        return session().scalars(of).one()


def how_many(app: Flask) -> int:
    with app.app_context():
        return session().scalar(select(func.count(Contact.id))) or 0


@pytest.mark.parametrize("quick", [{}, {"quick": "1"}], ids=["form", "quick add"])
@pytest.mark.parametrize("chosen", [{}, {"client": "new"}], ids=["typed", "somebody new"])
@pytest.mark.parametrize(
    "typed",
    [
        {"contact": "Quite Different", "phone": "8 916 333-00-01"},
        {"contact": "Quite Different <Owner@Example.org>"},
        {"contact": "quite@example.org", "phone": "8 916 333-00-01"},
        {"contact": "8 916 333-00-01", "phone": "8 916 333-00-05"},
    ],
    ids=["phone", "e-mail", "phone beside a new e-mail", "phone beside a new one"],
)
def test_a_known_phone_or_e_mail_under_another_name_is_asked_about(
    app: Flask, sign_in: SignIn, owner: int, quick: Any, chosen: Any, typed: dict[str, str]
) -> None:
    rep, before = sign_in("rep1"), how_many(app)
    sends = {"title": "Lathe", "stage": "new", **typed, **quick}
    asked = rep.post("/deals", data={**sends, **chosen}, headers=HTMX if quick else {})
    assert asked.status_code == 422
    assert "already has this phone or e-mail." in asked.text
    offered = re.findall(r'type="radio" name="client" value="(\w+)"', asked.text)
    assert (offered[0], offered[-1]) == (str(owner), "anyway"), "whoever has it comes first"
    assert how_many(app) == before
    assert (
        rep.post("/deals", data={**sends, "client": "anyway", "title": " "}).text.count('value="anyway" checked') == 1
    )
    assert rep.post("/deals", data={**sends, "client": "anyway"}).status_code == 303
    made = client_of(app, "Lathe")
    assert (made.id != owner, how_many(app)) == (True, before + 1)
    assert made.name in ("Quite Different", "quite@example.org", "+79163330001")
    assert rep.post("/deals", data={**sends, "client": str(owner), "title": "Press"}).status_code == 303
    assert client_of(app, "Press").id == owner


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"contact": "+7 916 333 00 02"}, ("+79163330002", "+79163330002", None)),
        ({"contact": "anna.new@Example.org"}, ("anna.new@example.org", None, "anna.new@example.org")),
        ({"contact": "Anna <anna.new@example.org>"}, ("Anna", None, "anna.new@example.org")),
        (
            {"contact": "anna.new@example.org", "phone": "8 916 333-00-02"},
            ("anna.new@example.org", "+79163330002", "anna.new@example.org"),
        ),
    ],
)
def test_a_phone_or_an_e_mail_typed_as_invited_is_one(
    app: Flask, sign_in: SignIn, owner: int, typed: dict[str, str], kept: tuple[Any, ...]
) -> None:
    rep, before = sign_in("rep1"), how_many(app)
    assert rep.post("/deals", data={"title": "Lathe", "stage": "new", **typed}).status_code == 303
    made = client_of(app, "Lathe")
    assert (made.name, made.phone, made.email) == kept
    with app.app_context(), transaction():
        raw = {"name": "Anna", "phone": made.phone, "email": made.email}
        deal, contact, _ = inquiries.receive("form", raw, "And when?", Actor(via="form"))
        assert (contact.id, deal.title) == (made.id, "Lathe"), "the client's own word comes to the same deal"
    assert how_many(app) == before + 1


@pytest.mark.parametrize("words", ["8 916 333-00-01", "Owner@Example.org", "Old Owner owner@example.org"])
def test_a_known_phone_or_e_mail_alone_says_who_it_is(app: Flask, sign_in: SignIn, owner: int, words: str) -> None:
    rep, before = sign_in("rep1"), how_many(app)
    assert rep.post("/deals", data={"title": "Lathe", "stage": "new", "contact": words}).status_code == 303
    assert (client_of(app, "Lathe").id, how_many(app)) == (owner, before)


def test_a_phone_and_another_beside_it_are_both_kept(app: Flask, sign_in: SignIn) -> None:
    sends = {"title": "Lathe", "stage": "new", "contact": "+7 916 333 00 02", "phone": "+7 916 333 00 03"}
    assert sign_in("rep1").post("/deals", data=sends).status_code == 303
    made = client_of(app, "Lathe")
    with app.app_context():
        assert (made.phone, ways_kept.of([made.id])[made.id]["more_phones"]) == ("+79163330002", ["+79163330003"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("+7 916 333 00", "There is no such phone number."),
        ("anna@example", "This is not an e-mail address"),
        ("+7 916 333 00 02, +7 916 333 00 03", "These are two numbers."),
    ],
)
def test_a_slip_in_a_phone_or_an_e_mail_is_no_name(app: Flask, sign_in: SignIn, words: str, says: str) -> None:
    rep, before = sign_in("rep1"), how_many(app)
    path = f"/deals/{bare_deal(app)}"
    for at, sends in (("/deals", {"title": "Lathe", "stage": "new"}), (path, {"client": "new", "was.client": ""})):
        refused = rep.post(at, data={**sends, "contact": words}, headers=HTMX)
        assert refused.status_code == 422
        assert re.search(rf'role="alert">{says}', refused.text)
    assert how_many(app) == before


def test_the_sheet_asks_in_the_same_case(app: Flask, sign_in: SignIn, owner: int) -> None:
    rep, deal_id = sign_in("rep1"), bare_deal(app)
    path, typed = f"/deals/{deal_id}", {"was.client": "", "contact": "Quite Different <owner@example.org>"}
    asked = rep.post(path, data={**typed, "client": "new"}, headers=HTMX)
    assert asked.status_code == 422
    assert "already has this phone or e-mail." in asked.text
    assert re.findall(r'<button name="client" value="(\w+)"', asked.text) == [str(owner), "anyway"]
    assert contact_of(app, deal_id) is None
    assert rep.post(path, data={**typed, "client": "anyway"}, headers=HTMX).status_code == 200
    assert contact_of(app, deal_id) == "Quite Different"


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
