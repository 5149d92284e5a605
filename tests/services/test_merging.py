"""Two contacts that turned out to be one person: nothing of either is lost, and whatever finds one finds the other."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import Base, open_transaction, session, transaction
from webapp.errors import Refused
from webapp.i18n import history
from webapp.models import Contact, Conversation, Deal, JournalEntry, PhoneCall
from webapp.queries import contacts as listed
from webapp.queries import merges
from webapp.services import clients, contacts, deals, inquiries, merging
from webapp.services.clients import ClientChoice
from webapp.snapshots import contact_ways, histories, setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]

SECOND = "+79005550002"


def known(name: str, phone: str | None, rep: str = "rep1", **more: Any) -> int:
    with transaction():
        own = {"vip": True} if more.pop("vip", False) else {}
        raw = {"name": name, "phone": phone, **more}
        return contacts.create(raw, company.acting(rep), own=own, company=more.get("company")).id


def merge(goes: int, into: int, *take: str, by: str = "rep1") -> Contact:
    with transaction():
        both = [session().get_one(Contact, each, with_for_update=True) for each in (goes, into)]
        return merging.merge(*both, take, company.acting(by))


def written(**way: Any) -> int:
    with transaction():
        return inquiries.receive("form", {"name": "Somebody", **way}, "Hello", acts.FORM)[1].id


@pytest.mark.parametrize("taken", [(), ("name",), ("phone",), ("email",), ("external_id",), ("phone", "external_id")])
def test_whatever_found_either_finds_the_one_that_stays_whichever_value_is_chosen(
    clock: Clock, taken: tuple[str, ...]
) -> None:
    its = {"name": "Vera Belova", "phone": acts.PHONE, "email": "v@work.example", "external_id": "8"}
    theirs = {"name": "Vera B.", "phone": SECOND, "email": "v@home.example", "external_id": "7"}
    goes = known(**theirs, more_phones=["+79005550003"], vip=True)
    into = known(**its)
    kept = merge(goes, into, *taken)
    assert {key: getattr(kept, key) for key in its} == {**its, **{key: theirs[key] for key in taken}}
    assert (kept.id, kept.fields["vip"]) == (into, True)
    assert {key: sorted(each) for key, each in contact_ways.of([into])[into].items()} == {
        "more_phones": sorted([(its if "phone" in taken else theirs)["phone"], "+79005550003"]),
        "more_emails": [(its if "email" in taken else theirs)["email"]],
    }
    found_by = [{key: each[key]} for each in (its, theirs) for key in ("phone", "email", "external_id")]
    for way in (*found_by, {"phone": "+79005550003"}):
        assert written(**way) == into, way
    assert [each.id for each in listed.listed("").rows] == [into]
    with transaction():
        assert clients.contact_of(ClientChoice(chosen=str(goes)), company.acting("rep1")) == into
        draft = deals.DealDraft("A press", company.stage("new"), company.person("rep1"), contact_id=goes)
        assert deals.create(draft, company.acting("rep1")).contact_id == into


def test_an_emptied_contact_is_offered_to_nobody(clock: Clock) -> None:
    into = known("Vera Belova", acts.PHONE)
    merge(known("Vera B.", SECOND), into)
    assert [each.id for each in listed.choices("Vera B.")] == []


def test_every_id_of_a_long_chain_finds_the_last(clock: Clock) -> None:
    one, two, three = (known(f"Contact {n}", f"+7900555000{n}", external_id=f"site-{n}") for n in (1, 2, 3))
    merge(one, two, "external_id")
    merge(two, three, "external_id")
    assert [written(external_id=f"site-{n}") for n in (1, 2, 3)] == [three] * 3


def test_all_that_belongs_to_it_goes_along_and_is_told_on_each_deal(clock: Clock) -> None:
    into, goes = known("Vera Belova", acts.PHONE), known("Vera B.", SECOND)
    with transaction():
        theirs, _, talk = inquiries.receive("form", {"name": "V.", "phone": SECOND}, "How much?", acts.FORM)
    its, gone = acts.deal(of=into, waits=False), acts.deal(of=goes, waits=False)
    acts.delete(gone)
    assert merges.goes_along(session().get_one(Contact, goes), company.acting("rep1").scope).deals == 1
    merge(goes, into, "name")
    session().expire_all()
    assert {session().get_one(Deal, each).contact_id for each in (theirs.id, its, gone)} == {into}
    assert session().get_one(Conversation, talk.id).contact_id == into
    for deal_id in (theirs.id, its):
        (entry,) = acts.journal(deal_id, "contact.merged")
        assert (entry.by_id, entry.at, entry.new["from"]) == (company.person("rep1"), clock.at, goes)
        assert "Vera Belova" in history.line(entry, setups.current()).quote  # the name that is kept nowhere else
    (edited,) = acts.journal(theirs.id, "deal.edited")
    assert (edited.field, edited.old, edited.new) == ("contact", goes, into)
    assert edited.cause["is_merge"], "that the two became one is said already: test_history.py"
    of_both = select(JournalEntry.entity_id).where(
        JournalEntry.event == "contact.merged", JournalEntry.deal_id.is_(None)
    )
    assert set(session().scalars(of_both)) == {goes, into}
    (told,) = histories.of_deals([session().get_one(Deal, theirs.id)])
    assert told.is_whole
    assert {each.new for each in told.happenings if each.field == "contact"} == {into}


def test_nothing_points_at_the_one_that_went_and_every_open_page_hears_of_its_deals(clock: Clock) -> None:
    into, goes, earlier = known("Vera Belova", acts.PHONE), known("Vera B.", SECOND), known("V. B.", "+79005550003")
    merge(earlier, goes)
    with transaction() as current:
        theirs = inquiries.receive("form", {"name": "V.", "phone": SECOND}, "How much?", acts.FORM)[0].id
        current.add(PhoneCall(key="call", caller=SECOND, contact_id=goes, created_at=clock.at))
    pointing = {
        column: select(func.count()).where(column == goes)
        for table in Base.metadata.tables.values()
        for column in table.c
        for key in column.foreign_keys
        if key.column is Contact.__table__.c.id
    }
    counted = {str(column): session().scalar(query) for column, query in pointing.items()}
    assert all(counted.values()), f"each has a row that could be left behind: {counted}"
    with transaction() as current:
        both = [current.get_one(Contact, each, with_for_update=True) for each in (goes, into)]
        merging.merge(*both, (), company.acting("rep1"))
        assert theirs in open_transaction().changes.deals
    assert {str(column): session().scalar(query) for column, query in pointing.items()} == dict.fromkeys(counted, 0)


def test_what_is_chosen_stays_and_the_other_phone_is_kept_beside_it(clock: Clock) -> None:
    into = known("Vera Belova", acts.PHONE, company="Ost", more_phones=[SECOND])
    goes = known("Vera B.", "+79005550003", company="West")
    kept = merge(goes, into, "phone", "company")
    assert (kept.phone, contact_ways.of([into])[into]["more_phones"]) == ("+79005550003", [SECOND, acts.PHONE])
    assert (company := listed.company_of(kept)) is not None
    assert company.name == "West"
    left = session().scalars(select(JournalEntry.new).where(JournalEntry.event == "contact.merged")).first()
    assert left["left"].keys() == {"name", "phone", "company"}


def test_who_went_into_one_that_goes_in_turn_leads_to_the_last(clock: Clock) -> None:
    one, two, three = known("One", acts.PHONE, external_id="1"), known("Two", SECOND), known("Three", "+79005550003")
    merge(one, two)
    merge(two, three)
    assert {session().get_one(Contact, each).merged_into_id for each in (one, two)} == {three}
    assert written(external_id="1") == three


def test_more_numbers_than_a_contact_has_room_for_are_refused_and_nothing_is_done(clock: Clock) -> None:
    numbers = [f"+790055510{n:02}" for n in range(10)]
    into, goes = known("Vera Belova", acts.PHONE, more_phones=numbers), known("Vera B.", SECOND)
    for problem, ask in (("too_many", ()), ("not_an_option", ("colour",))):
        with pytest.raises(Refused) as refused:
            merge(goes, into, *ask)
        assert [each["code"] for each in refused.value.problems.values()] == [problem]
    session().expire_all()
    assert session().get_one(Contact, goes).phone == SECOND
    with pytest.raises(Refused):
        merge(goes, goes)
