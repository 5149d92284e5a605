"""A client is a person and the company they speak for: whichever of the two the firm marks, what is told of them comes
by itself, and stands among what matters as a VIP's word does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Company, Contact, Field, ImportantItem
from webapp.services import companies
from webapp.snapshots import setups

pytestmark = pytest.mark.usefixtures("inside", "clock")
# Of what the field is, how it stands on the card → whether a tick in it marks the client.
MARKS = [("company", "mark", True), ("contact", "mark", True), ("company", "tag", False), ("deal", "mark", False)]


def field(entity: str, shown_as: str) -> None:
    with transaction() as current:
        label = {"en": "Key client", "ru": "Ключевой клиент"}
        current.add(Field(entity=entity, key="key_client", kind="checkbox", label=label, shown_as=shown_as))
        setups.changed()


def ticked(entity: str) -> int:
    """A client with a company; the field is ticked where it stands. The deal."""
    contact_id = acts.contact()
    acts.company_of(contact_id)
    if entity == "contact":
        acts.mark(contact_id, key_client=True)
    if entity == "company":
        with transaction():
            companies.edit(session().get_one(Contact, contact_id), {"key_client": True}, company.acting("admin"))
        assert session().scalars(select(Company.fields)).all() == [{"key_client": True}]
    return acts.deal(of=contact_id, fields={"key_client": True} if entity == "deal" else None)


@pytest.mark.parametrize(("entity", "shown_as", "comes_alone"), MARKS)
def test_what_is_told_of_a_marked_client_is_in_no_group(
    clock: Clock, entity: str, shown_as: str, comes_alone: bool
) -> None:
    field(entity, shown_as)
    ticked(entity)
    clock.go_on(minutes=10)
    acts.work()
    (told,) = acts.told("north", "robot.control")
    assert (told.about is None) == comes_alone


@pytest.mark.parametrize("entity", ["contact", "company", "deal"])
def test_a_robot_that_asks_for_a_mark_of_the_client_opens_a_vips_item(entity: str) -> None:
    field(entity, "mark")
    asked = {"entity": entity, "field": "key_client", "operator": "eq", "value": True}
    acts.robot("vip_notification", condition={"all": [asked]})
    ticked(entity)
    acts.inquiry()
    acts.work()
    kinds = session().scalars(select(ImportantItem.kind).where(ImportantItem.ended_at.is_(None))).all()
    assert ("vip" in kinds) == (entity != "deal")
