"""Two people behind one switchboard are two: whatever compares phones compares their extensions with them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_contacts import edit
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.i18n import formats
from webapp.models import Contact, Message, PhoneCall
from webapp.queries import contacts as listed
from webapp.services import calls, clients, contacts, identities, inquiries, merging
from webapp.services.clients import ClientChoice
from webapp.snapshots import contact_ways
from webapp.web import templating

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]

NUMBER = "+74951234567"
ANNAS, VERAS = f"{NUMBER};ext=101", f"{NUMBER};ext=102"


def known(name: str, phone: str | None, **more: Any) -> int:
    with transaction():
        return contacts.create({"name": name, "phone": phone, **more}, company.acting("rep1")).id


def written(text: str = "Hello", name: str = "Somebody", **way: Any) -> int:
    with transaction():
        return inquiries.receive("form", {"name": name, **way}, text, acts.FORM)[1].id


def kept(contact_id: int) -> tuple[str | None, str | None, list[str]]:
    row = session().get_one(Contact, contact_id, populate_existing=True)
    return row.phone, row.phone_extension, contact_ways.of([contact_id])[contact_id]["more_phones"]


def called(caller: str, key: str) -> int | None:
    with transaction():
        calls.came_in(key, caller, "")
    return session().scalars(select(PhoneCall.contact_id).where(PhoneCall.key == key)).one()


@pytest.mark.parametrize("is_further", [False, True])
def test_whoever_writes_with_an_extension_is_not_taken_for_who_has_another(clock: Clock, is_further: bool) -> None:
    own = ("+79990000001", "+79990000002") if is_further else (ANNAS, VERAS)
    more = ([ANNAS], [VERAS]) if is_further else ([], [])
    anna, vera = (known(name, *each[:1], more_phones=each[1]) for name, *each in zip("AV", own, more, strict=True))
    assert (written(phone="8 (495) 123-45-67 доб. 101"), written(phone=f"{NUMBER} ext 102")) == (anna, vera)
    assert written(phone=f"{NUMBER} доб. 103") not in (anna, vera)


def test_a_second_one_behind_the_number_is_made_and_a_known_extension_is_asked_about(clock: Clock) -> None:
    anna = known("Anna", ANNAS)
    contacts.check_unknown({"phone": VERAS, "more_phones": [f"{NUMBER};ext=103"]}, None, is_sure=False)
    vera = session().get_one(Contact, known("Vera", VERAS))
    for raw in ({"phone": ANNAS}, {"more_phones": [ANNAS]}):
        for own in (None, vera):
            with pytest.raises(Refused) as raised:
                contacts.check_unknown(raw, own, is_sure=False)
            assert raised.value.facts["id"] == anna
    contacts.check_unknown({"phone": NUMBER}, vera, is_sure=False)  # their own, said shorter


def test_the_extension_of_a_known_number_is_kept(clock: Clock) -> None:
    vera = known("Vera", NUMBER)
    assert (written(phone=VERAS), kept(vera)) == (vera, (NUMBER, "102", []))
    assert (written(phone=NUMBER), kept(vera)) == (vera, (NUMBER, "102", []))


def test_another_extension_of_a_known_client_stands_in_their_words_or_is_a_further_phone(clock: Clock) -> None:
    vera = known("Vera", VERAS, email="vera@example.org", external_id="7")
    assert written(name="Vera", external_id="7", phone=ANNAS) == vera
    last = select(Message.text).order_by(Message.id.desc()).limit(1)
    assert session().scalars(last).one() == f"Hello\n\n{NUMBER} ext. 101"
    with transaction():
        inquiries.receive("call", {"name": "V", "external_id": "7", "phone": ANNAS}, "Hi", company.acting("rep1"))
    assert kept(vera) == (NUMBER, "102", [ANNAS])


def test_a_contact_has_two_extensions_of_one_number(clock: Clock) -> None:
    vera = known("Vera", VERAS, more_phones=[ANNAS, NUMBER, VERAS, ANNAS])
    assert kept(vera) == (NUMBER, "102", [ANNAS, NUMBER])
    edit(vera, {"phone": None})
    assert kept(vera) == (NUMBER, "101", [NUMBER])


def test_merging_two_behind_one_number_keeps_both_extensions(clock: Clock) -> None:
    anna, vera = known("Anna", ANNAS, more_phones=[f"{NUMBER};ext=105"]), known("Vera", VERAS)
    with transaction():
        both = [session().get_one(Contact, each, with_for_update=True) for each in (anna, vera)]
        merging.merge(*both, ["phone"], company.acting("rep1"))
    assert kept(vera) == (NUMBER, "101", [VERAS, f"{NUMBER};ext=105"])
    assert (written(phone=ANNAS), written(phone=VERAS)) == (vera, vera)


def test_a_call_from_the_switchboard_is_of_who_wrote_last_unless_somebody_has_just_this_number(clock: Clock) -> None:
    anna, vera = known("Anna", ANNAS), known("Vera", VERAS)
    assert called(NUMBER, "CA1") == anna
    written(phone=VERAS)
    assert called(NUMBER, "CA2") == vera
    main = known("Reception", None, email="r@example.org")
    edit(main, {"phone": NUMBER})
    assert called(NUMBER, "CA3") == main


def test_an_e_mail_says_more_than_a_number_that_several_share(clock: Clock) -> None:
    known("Anna", ANNAS)
    vera = known("Vera", VERAS, email="vera@example.org")
    assert written(phone=NUMBER, email="vera@example.org") == vera
    found = identities.find(None, NUMBER, "nobody@example.org")
    assert found is not None


def test_a_number_with_its_extension_finds_its_own_alone(clock: Clock) -> None:
    anna, vera = known("Anna", ANNAS), known("Vera", "+79990000001", more_phones=[VERAS])
    for words, who in (("доб. 101", [anna]), ("ext. 102", [vera]), ("", [anna, vera])):
        assert sorted(each.id for each in listed.choices(f"8 (495) 123-45-67 {words}".strip())) == who
    with transaction():
        typed = ClientChoice(words=f"{NUMBER} доб. 102")
        assert clients.contact_of(typed, company.acting("rep1")) == vera
        new = clients.contact_of(ClientChoice(words=f"{NUMBER} доб. 103"), company.acting("rep1"))
    assert session().get_one(Contact, new).name == f"{NUMBER} ext. 103"
    assert session().scalar(select(func.count()).select_from(Contact)) == 3


@pytest.mark.parametrize(("language", "shown"), [("en", "ext. 101"), ("ru", "доб. 101")])
def test_an_extension_is_said_in_the_readers_language(inside: Flask, language: str, shown: str) -> None:
    with templating.reading_as(inside, templating.Reader(language, "Europe/Moscow")):
        for said in (formats.phone(NUMBER, "101"), formats.phone(ANNAS)):
            assert said == f"+7 495 123-45-67 {shown}"
        assert formats.phone("+12025550143;ext=101").endswith(shown)
