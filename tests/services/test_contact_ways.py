"""A contact with several phones and e-mails is one contact: whatever finds a client finds them by any of these."""

from __future__ import annotations

from typing import Any

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_contacts import edit
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Contact, JournalEntry
from webapp.queries import contacts as found
from webapp.services import clients, contacts, inquiries
from webapp.services import contact_ways as service
from webapp.services.clients import ClientChoice
from webapp.snapshots import contact_ways

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]

SECOND = "+79125550178"


def vera(**more: Any) -> int:
    raw = {"name": "Vera", "phone": acts.PHONE, "email": "vera@example.org", **more}
    with transaction():
        return contacts.create(raw, company.acting("rep1")).id


def further(contact_id: int) -> dict[str, list[str]]:
    return contact_ways.of([contact_id])[contact_id]


def told(by: Actor, **contact: str) -> Contact:
    with transaction():
        return inquiries.receive("call", {"name": "Vera", **contact}, "Hello", by)[1]


def test_each_further_phone_and_e_mail_finds_the_client(clock: Clock) -> None:
    one = vera(more_phones=["8 (912) 555-01-78", "tel:+79125550178", acts.PHONE], more_emails="Vera@Home.Example\n")
    assert further(one) == {"more_phones": [SECOND], "more_emails": ["vera@home.example"]}
    for way in ({"phone": "\u202a+7 912 555\u201101\u221278\u202c"}, {"email": "mailto:vera@home.example"}):
        assert told(acts.FORM, **way).id == one
    with transaction():
        for typed in (
            ClientChoice(words="8 912 555 01 78"),
            ClientChoice(words="vera@home.example"),
            ClientChoice(words="vera", phone="8 912 555 01 78"),
            ClientChoice(words="Vera@Home.example", phone="8 912 555 01 78"),
            ClientChoice(phone="8 912 555 01 78"),
        ):
            assert clients.contact_of(typed, company.acting("rep2")) == one, typed
    for words in ("912 555-01-78", "8 (912) 555-01-78", "VERA@home"):
        assert [each.id for each in found.choices(words)] == [one], words


def test_a_main_one_comes_before_somebody_elses_further_one(clock: Clock) -> None:
    vera(more_phones=[SECOND])
    with transaction():
        anna = contacts.create({"name": "Anna", "phone": SECOND}, company.acting("rep1")).id
    assert told(acts.FORM, phone=SECOND).id == anna


def test_a_new_address_that_an_employee_passes_on_is_kept_and_one_off_the_street_is_not(clock: Clock) -> None:
    one = vera()
    told(acts.FORM, phone=acts.PHONE, email="thief@example.net")
    assert further(one)["more_emails"] == []
    told(company.acting("rep1"), phone=acts.PHONE, email="vera@home.example")
    assert further(one)["more_emails"] == ["vera@home.example"]
    assert told(acts.FORM, email="vera@home.example").id == one
    entry = session().query(JournalEntry).filter_by(event="contact.edited", field="more_emails").one()
    assert (entry.old, entry.new) == (None, "vera@home.example")


def test_whose_main_one_is_gone_is_reached_by_the_next(clock: Clock) -> None:
    one = vera(more_phones=["8 912 555-01-78 доб. 12"])
    kept = edit(one, {"phone": None})
    assert (kept.phone, kept.phone_extension, further(one)["more_phones"]) == (SECOND, "12", [])
    assert edit(one, {"more_emails": []}).email == "vera@example.org"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"more_phones": "12"}, "not_a_phone"),
        ({"more_emails": ["a@b..com"]}, "not_an_email"),
        ({"more_phones": [f"+7912555{n:04}" for n in range(11)]}, "too_many"),
        ({"more_emails": {"a": 1}}, "not_text"),
        ({"more_emails": [1]}, "not_text"),
    ],
)
def test_what_cannot_be_one_is_said(clock: Clock, raw: dict[str, Any], code: str) -> None:
    one = vera()
    with pytest.raises(Refused) as raised:
        edit(one, raw)
    assert {each["code"] for each in raised.value.problems.values()} == {code}
    session().rollback()
    assert further(one) == {"more_phones": [], "more_emails": []}


def test_whose_address_is_known_already_is_asked_about(clock: Clock) -> None:
    one = vera(more_phones=[SECOND])
    for raw in ({"phone": SECOND}, {"more_phones": ["+79990000001", SECOND]}, {"more_emails": "vera@example.org"}):
        with pytest.raises(Refused) as raised:
            contacts.check_unknown(raw, None, is_sure=False)
        assert raised.value.facts["id"] == one
    contacts.check_unknown({"more_phones": [SECOND]}, session().get_one(Contact, one), is_sure=False)


def numbers(first: int, count: int) -> list[str]:
    return [f"+7999000{n:04}" for n in range(first, first + count)]


def gather(contact_id: int, more: list[str]) -> None:
    with transaction():
        row = session().get_one(Contact, contact_id, with_for_update=True)
        service.gather(row, "more_phones", more, company.acting("rep1"))


def test_ten_further_ones_are_gathered_and_an_eleventh_is_refused(clock: Clock) -> None:
    one = vera(more_phones=numbers(0, 6))
    with pytest.raises(Refused) as raised:
        gather(one, numbers(6, 5))
    assert raised.value.problems == {"more_phones": {"code": "too_many", "limit": 10}}
    assert further(one)["more_phones"] == numbers(0, 6), "all of them, or none"
    gather(one, [*numbers(4, 6), acts.PHONE])  # two of them are known, and so is the main one
    assert further(one)["more_phones"] == numbers(0, 10)
