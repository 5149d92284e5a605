"""A client has a rep: who changes what is kept of them, where their next word goes, who is told of another's deal."""

from __future__ import annotations

from importlib import import_module

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy import select, update

from tests import company
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Contact, Deal, Field, FieldRequirement, Firm
from webapp.services import contacts, deals, inquiries
from webapp.snapshots import setups

# rep1 and rep2 are of North, rep3 of South; north leads North, head both; admin is above all.
WRITERS = {
    "own": {"rep1", "north", "head", "admin"},
    "department": {"rep1", "rep2", "north", "head", "admin"},
    "all": {"rep1", "rep2", "north", "head", "admin"},
}


def contact_of(deal_id: int) -> Contact:
    deal = session().get_one(Deal, deal_id)
    return session().get_one(Contact, deal.contact_id)


def made(contact_id: int, by: str, title: str = "A deal") -> int:
    """A deal that somebody opens for this client."""
    with transaction():
        draft = deals.DealDraft(title, company.stage("new"), company.person(by), contact_id=contact_id)
        return deals.create(draft, company.acting(by)).id


def told(name: str) -> list[str]:
    return [each.kind for each in acts.told(name, "contact.shared")]


@pytest.mark.parametrize("sees", WRITERS)
def test_a_client_is_changed_by_their_rep_colleagues_heads_and_admins(inside: Flask, sees: str) -> None:
    client = acts.contact(rep="rep1")
    made(client, "rep3")  # which gives South nothing
    with transaction() as current:
        current.execute(update(Firm).values(rep_sees=sees))
        setups.changed()
    contact = session().get_one(Contact, client)
    for name in WRITERS[sees]:
        contacts.check_may_write(contact, company.acting(name))
    for name in set(company.PEOPLE) - WRITERS[sees]:
        with pytest.raises(Refused) as refused:
            contacts.check_may_write(contact, company.acting(name))
        assert (refused.value.status, refused.value.facts["who"]) == (403, "Ivan Petrov, Anna Krylova")


def test_an_inquiry_makes_a_client_of_whoever_gets_it(inside: Flask) -> None:
    deal = acts.inquiry()
    assert contact_of(deal).responsible_id == session().get_one(Deal, deal).responsible_id


def test_whoever_makes_a_contact_is_its_rep(inside: Flask) -> None:
    with transaction():
        assert contacts.create({"name": "New"}, company.acting("rep2")).responsible_id == company.person("rep2")


def test_the_clients_next_word_stays_where_the_talk_is(inside: Flask) -> None:
    first = acts.inquiry()
    client = contact_of(first).id
    other = made(client, "rep3")
    assert acts.inquiry("And the delivery?") == first
    with transaction():
        deals.delete(acts.locked(first), company.acting("admin"))
    assert acts.inquiry("Hello?") == other, "of what is open, what there is"


def test_without_a_talk_the_clients_word_goes_to_their_own_rep(inside: Flask) -> None:
    client = acts.contact(rep="rep1")
    own, newer = made(client, "rep1"), made(client, "rep3")
    assert acts.inquiry() == own
    with transaction():
        deals.delete(acts.locked(own), company.acting("admin"))
    assert acts.inquiry("Hello?") == newer


def test_the_rep_and_the_head_are_told_when_another_department_opens_a_deal(inside: Flask) -> None:
    client = acts.contact(rep="rep1")
    deal = made(client, "rep3", "Nobody's business")
    assert told("rep1") == told("north") == ["contact.shared"]
    assert told("rep2") == told("rep3") == told("admin") == []
    (notice,) = acts.told("rep1", "contact.shared")
    assert notice.deal_id is None
    assert "Nobody's business" not in str(notice.facts)
    with transaction():
        deals.edit(acts.locked(deal), {"title": "Other"}, by=company.acting("rep3"))
    assert told("rep1") == ["contact.shared"], "once"


def test_swapping_the_contact_is_opening_a_deal_too(inside: Flask) -> None:
    client = acts.contact(rep="rep1")
    for number, (of, news) in enumerate({"rep2": [], "rep1": [], "rep3": ["contact.shared"]}.items()):
        deal = made(acts.contact("Other", f"+7900555000{number}", rep=of), of)
        with transaction():
            deals.edit(acts.locked(deal), {"contact_id": client}, by=company.acting("admin"))
        assert told("rep1") == told("north") == news, of


def test_within_the_department_nobody_is_told(inside: Flask) -> None:
    client = acts.contact(rep="rep1")
    made(client, "rep2")
    made(client, "rep1")
    assert told("rep1") == told("north") == []


@pytest.fixture
def wanting(inside: Flask) -> int:
    """A deal of South with a client of North, of whom the next stage wants to know the region."""
    client = acts.contact(rep="rep1")
    with transaction():
        stage = company.stage("data_collection")
        field = Field(entity="contact", key="region", kind="text", label={"en": "Region", "ru": "Регион"})
        session().add(field)
        session().flush()
        session().add(FieldRequirement(field_id=field.id, pipeline_id=stage.pipeline_id, stage_id=stage.id))
        setups.changed()
    return made(client, "rep3")


def test_what_the_client_lacks_is_refused_with_the_name_of_who_may_give_it(wanting: int) -> None:
    to = company.stage("data_collection")
    for raw in (None, {"contact": {"region": "Perm"}}):
        with pytest.raises(Refused) as refused, transaction():
            deals.move(acts.locked(wanting), to, by=company.acting("rep3"), raw=raw)
        assert refused.value.reason == ("another_client" if raw else "client_lacks")
        assert refused.value.facts["who"] == "Ivan Petrov, Anna Krylova"
    with transaction():
        contacts.edit(contact_of(wanting), {}, company.acting("rep1"), own={"region": "Perm"})
    with transaction():
        deals.move(acts.locked(wanting), to, by=company.acting("rep3"))


def test_an_employee_who_passes_a_word_on_fills_nothing_in_of_anothers_client(inside: Flask) -> None:
    client = acts.contact(rep="rep1")
    raw = {"name": "Vera Belova", "phone": acts.PHONE, "email": "elsewhere@example.com"}
    with transaction():
        inquiries.receive("api", raw, "Please call", company.acting("rep3"))
    assert session().get_one(Contact, client).email is None
    with transaction():
        inquiries.receive("form", raw, "Please call again", acts.FORM)
    assert session().scalar(select(Contact.email).where(Contact.id == client)) == "elsewhere@example.com"


@pytest.mark.both_databases
def test_contacts_of_before_get_their_rep_by_the_migration(inside: Flask) -> None:
    """Whoever got the first inquiry, else the maker, else who had the first deal; who has one keeps it."""
    asked, dealt, kept = acts.inquiry(), acts.contact("Dealt", "+79005550002"), acts.contact("Kept", "+79005550003")
    one = acts.contact("Made", "+79005550004")
    first = made(dealt, "rep3")
    made(dealt, "rep1")
    with transaction() as current:
        ids = [acts.deal_of(asked).contact_id, dealt, one]
        current.execute(update(Contact).where(Contact.id.in_(ids)).values(responsible_id=None, created_by_id=None))
        current.execute(update(Contact).where(Contact.id == one).values(created_by_id=company.person("rep2")))
        migration = import_module("webapp.migrations.versions.0013_a_contact_has_its_own_rep")
        with Operations.context(MigrationContext.configure(current.connection())):
            migration.upgrade()
    wanted = [acts.deal_of(asked).responsible_id, acts.deal_of(first).responsible_id, company.person("rep2")]
    assert [session().scalar(select(Contact.responsible_id).where(Contact.id == each)) for each in ids] == wanted
    assert session().get_one(Contact, kept).responsible_id == company.person("rep1")
