"""One client is one contact, however written about; what they left is filled in or stands in their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.api.callers import Caller
from webapp.db import session, transaction
from webapp.models import Contact, JournalEntry

TEN = (
    {"phone": "+7 912 555-01-77"},
    {"phone": "8 (912) 555-01-77", "email": "vera@example.org"},
    {"phone": "\u202a+7 912 555\u201101\u221277\u202c"},
    {"phone": "tel:+79125550177"},
    {"phone": "\uff0b\uff17 912 555 01 77"},
    {"phone": "+7 912 555-01-77 доб. 12"},
    {"email": "Vera@Example.org\u200b"},
    {"email": "mailto:vera@example.org"},
    {"email": "vera@example.org."},
    {"email": "Vera <vera@example.org>", "external_id": "site-7"},
    {"external_id": " site-7\u200b"},
)


@pytest.fixture
def rep1(calling: Callable[[str], Caller]) -> Caller:
    return calling("rep1")


def inquiry(who: Caller, channel: str = "chat", text: str = "Hello", **contact: Any) -> dict[str, Any]:
    return dict(who.post("/inquiries", {"channel": channel, "contact": {"name": "Vera", **contact}, "text": text}))


def said(who: Caller, made: dict[str, Any]) -> list[str]:
    return [each["text"] for each in who.get(f"/conversations/{made['conversation_id']}")["messages"]]


def test_ten_spellings_are_one_contact_with_one_open_deal(rep1: Caller) -> None:
    channels = ("call", "form", "email", "api", "chat")
    made = [inquiry(rep1, channels[n % 5], **contact) for n, contact in enumerate(TEN)]
    assert {(each["contact_id"], each["deal_id"]) for each in made} == {(made[0]["contact_id"], made[0]["deal_id"])}
    (contact,) = rep1.items("/contacts")
    kept = (contact["phone"], contact["email"], contact["external_id"])
    assert kept == ("+79125550177", "vera@example.org", "site-7")


def test_an_address_of_any_script_is_one(rep1: Caller) -> None:
    made = [inquiry(rep1, email=each) for each in ("info@почта.рф", "info@xn--80a1acny.xn--p1ai")]
    assert made[0] == made[1]


def test_what_differs_is_not_written_over_and_stands_in_the_conversation(rep1: Caller) -> None:
    first = inquiry(rep1, phone="+7 912 555-01-77", email="vera@example.org", external_id="site-7")
    again = inquiry(rep1, text="Me again", phone="8 912 555 01 77", email="vera@home.example", external_id="shop-1")
    assert again["contact_id"] == first["contact_id"]
    assert said(rep1, again) == ["Hello", "Me again\n\nshop-1\n\nvera@home.example"]
    (contact,) = rep1.items("/contacts")
    assert (contact["email"], contact["external_id"]) == ("vera@example.org", "site-7")


def test_what_is_known_to_be_anothers_fills_no_blank(rep1: Caller) -> None:
    vera, anna = inquiry(rep1, phone="+7 912 555-01-77"), inquiry(rep1, email="anna@example.org", text="I am Anna")
    inquiry(rep1, phone="+7 912 555-01-77", email="anna@example.org", text="For Anna")
    emails = {each["id"]: each["email"] for each in rep1.items("/contacts")}
    assert emails == {vera["contact_id"]: None, anna["contact_id"]: "anna@example.org"}


@pytest.mark.parametrize(
    ("phone", "kept"),
    [("call me after six", None), ("+8 495 123-45-67", None), ("+7 912 555-01-77/78", "+79125550177")],
)
def test_a_phone_that_cannot_be_read_costs_no_words(rep1: Caller, phone: str, kept: str | None) -> None:
    made = inquiry(rep1, phone=phone, text="How much is a press?")
    assert said(rep1, made) == [f"How much is a press?\n\n{phone}"]
    assert rep1.get(f"/contacts/{made['contact_id']}")["phone"] == kept
    assert rep1.get(f"/deals/{made['deal_id']}")["title"] == "How much is a press?"


def test_filled_blanks_are_journalled(rep1: Caller) -> None:
    inquiry(rep1, phone="+7 912 555-01-77")
    inquiry(rep1, phone="+7 912 555-01-77", email="vera@example.org")
    with rep1.app.app_context():
        told = session().scalars(select(JournalEntry).where(JournalEntry.event == "contact.edited")).all()
        assert [(each.field, each.old, each.new) for each in told] == [("email", None, "vera@example.org")]


def test_a_second_contact_of_one_phone_or_e_mail_is_made_only_knowingly(rep1: Caller) -> None:
    vera = rep1.post("/contacts", {"name": "Vera", "phone": "+7 912 555-01-77", "more_emails": ["v@example.org"]})
    other = rep1.post("/contacts", {"name": "Anna"})
    for way in ({"phone": "8 912 555-01-77"}, {"email": "V@example.org"}, {"more_phones": ["8 912 555-01-77"]}):
        path = f"/contacts/{other['id']}"
        for method, at, body in (("POST", "/contacts", {"name": "Anna", **way}), ("PATCH", path, way)):
            refused = rep1.call(method, at, body)
            assert (refused.status_code, refused.json["error"]) == (422, "known_contact")
            assert (refused.json["contact_id"], "Vera" in refused.json["message"]) == (vera["id"], True)
    assert rep1.get(f"/contacts/{other['id']}")["phone"] is None
    assert (
        rep1.call("PATCH", f"/contacts/{other['id']}", {"phone": "8 912 555-01-77", "anyway": True}).status_code == 200
    )
    made = rep1.post("/contacts", {"name": "Olga", "phone": "8 912 555-01-77", "anyway": True})
    assert made["id"] not in (vera["id"], other["id"])
    same = {"name": "Olga B.", "phone": "+79125550177"}
    assert rep1.call("PATCH", f"/contacts/{made['id']}", same).status_code == 200, "nothing new is asked about"
    assert rep1.call("PATCH", f"/contacts/{vera['id']}", {"email": "v@example.org"}).status_code == 200, "its own"


def test_an_id_of_another_system_is_one_contacts_alone_whoever_is_sure_of_what(rep1: Caller) -> None:
    vera = rep1.post("/contacts", {"name": "Vera", "external_id": "crm-1"})
    other = rep1.post("/contacts", {"name": "Anna", "external_id": "crm-2"})
    path = f"/contacts/{other['id']}"
    for sure in ({}, {"anyway": True}):
        for method, at in (("POST", "/contacts"), ("PATCH", path)):
            refused = rep1.call(method, at, {"name": "Anna", "external_id": "crm-1", **sure})
            assert (refused.status_code, refused.json["error"]) == (422, "known_contact"), (method, sure)
            assert refused.json["contact_id"] == vera["id"]
            assert refused.json["message"] == "Vera already has this id of another system."
    assert {each["external_id"] for each in rep1.items("/contacts")} == {"crm-1", "crm-2"}
    assert rep1.call("PATCH", f"/contacts/{vera['id']}", {"external_id": "crm-1", "name": "V."}).status_code == 200
    assert rep1.call("PATCH", path, {"external_id": None}).status_code == 200
    assert rep1.call("PATCH", f"/contacts/{vera['id']}", {"external_id": "crm-2"}).status_code == 200, "it is free now"
    assert rep1.call("PATCH", path, {"external_id": "crm-1"}).status_code == 200, "and so is the other"
    assert inquiry(rep1, external_id="crm-1", text="For Anna")["contact_id"] == other["id"]


def test_two_who_had_one_id_before_it_was_refused_go_on(rep1: Caller) -> None:
    vera, anna = (rep1.post("/contacts", {"name": name, "external_id": name})["id"] for name in ("Vera", "Anna"))
    with rep1.app.app_context(), transaction() as current:
        current.get_one(Contact, anna).external_id = "Vera"
    assert rep1.call("PATCH", f"/contacts/{anna}", {"external_id": "Vera", "name": "A."}).status_code == 200
    assert inquiry(rep1, external_id="Vera", text="Hello")["contact_id"] == vera
    merged = rep1.call("POST", f"/contacts/{anna}/merges", {"into": vera})
    assert merged.status_code == 201
    assert rep1.call("PATCH", f"/contacts/{vera}", {"external_id": "Vera", "name": "V."}).status_code == 200


def test_an_extension_is_part_of_who_calls_and_stays_as_it_was_read(rep1: Caller) -> None:
    first = inquiry(rep1, phone="+74951234567", phone_extension="101")
    assert inquiry(rep1, phone="+7 495 123-45-67 доб. 102")["contact_id"] != first["contact_id"]
    assert inquiry(rep1, phone="+74951234567;ext=101")["contact_id"] == first["contact_id"]
    place = f"/contacts/{first['contact_id']}"
    read = rep1.get(place)
    for change, extension in (
        ({"phone": read["phone"], "more_phones": read["more_phones"]}, "101"),
        ({"phone_extension": "105"}, "105"),
        ({"phone_extension": None}, None),
        ({"phone": "+74951234567 ext. 7"}, "7"),
    ):
        said = rep1.call("PATCH", place, {**change, "anyway": True}).json
        assert (said["phone"], said["phone_extension"]) == ("+74951234567", extension)


@pytest.mark.parametrize(
    ("left", "kept", "below"),
    [
        ({"phone": "whatsapp:+79125550177"}, {"phone": "+79125550177"}, "whatsapp:+79125550177"),
        ({"phone": "8 912 555-01-77 (after six)"}, {"phone": "+79125550177"}, "8 912 555-01-77 (after six)"),
        ({"phone": "моб: 8 912 555 01 77, Анна"}, {"phone": "+79125550177"}, "моб: 8 912 555 01 77, Анна"),
        ({"email": "write to vera@example.org"}, {"email": "vera@example.org"}, None),
        ({"email": "vera@example.org, boss@example.org"}, {"email": "vera@example.org"}, None),
        ({"name": "V" * 300}, {"name": "V" * 199 + "…"}, "V" * 300),
    ],
)
def test_what_stands_beside_the_words_costs_none_of_them(
    rep1: Caller, left: dict[str, str], kept: dict[str, str | None], below: str | None
) -> None:
    made = inquiry(rep1, text="How much is a press?", **left)
    assert said(rep1, made) == [f"How much is a press?\n\n{below or next(iter(left.values()))}"]
    contact = rep1.get(f"/contacts/{made['contact_id']}")
    assert {key: contact[key] for key in kept} == kept


@pytest.mark.parametrize("name", ["", "\u3164", None])
def test_whoever_has_no_name_is_called_by_what_they_are_answered_at(rep1: Caller, name: str | None) -> None:
    named = {} if name is None else {"name": name}
    body = {"channel": "chat", "contact": {"phone": "8 912 555-01-77", **named}, "text": "Hello"}
    made = rep1.post("/inquiries", body)
    assert rep1.get(f"/contacts/{made['contact_id']}")["name"] == "+79125550177"
    nobody = {"channel": "chat", "contact": named, "text": "Hello"}
    assert rep1.call("POST", "/inquiries", nobody).status_code == 422, "whom nobody could answer or find again"


def test_a_number_that_stood_for_a_name_gives_way_to_the_name(rep1: Caller) -> None:
    called = inquiry(rep1, "call", "☎ +79125550177", phone="+79125550177", name="+79125550177")
    wrote = inquiry(rep1, "form", "How much is a press?", phone="8 912 555-01-77", name="Vera Belova")
    assert wrote["contact_id"] == called["contact_id"]
    assert rep1.get(f"/contacts/{wrote['contact_id']}")["name"] == "Vera Belova"
    assert said(rep1, wrote) == ["How much is a press?"]
    again = inquiry(rep1, "call", "☎ +79125550177", phone="+79125550177", name="+79125550177")
    assert rep1.get(f"/contacts/{again['contact_id']}")["name"] == "Vera Belova", "and never back"


def test_another_name_at_a_known_address_is_not_dropped_and_said_once(rep1: Caller) -> None:
    inquiry(rep1, phone="+7 912 555-01-77", name="Vera Belova")
    for name in ("belova, VERA", "Vera", "Oleg", "Oleg"):
        made = inquiry(rep1, phone="+7 912 555-01-77", name=name)
    assert said(rep1, made) == ["Hello", "Hello", "Hello", "Hello\n\nOleg", "Hello"]
    assert rep1.get(f"/contacts/{made['contact_id']}")["name"] == "Vera Belova"
