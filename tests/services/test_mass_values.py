"""One value into the blank fields of many records, of whichever kind: what is written stands in each and in the
journal."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from rules.setup_parts import ARCHIVED
from tests import company
from tests.services import acts
from tests.services.test_gate import require
from tests.services.test_setup_plans import edit, publish, work
from tests.services.test_setup_work import A_IS_GONE, FIELDS, all_have_chosen_a, records
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Company, Contact, Deal, JournalEntry, SetupAct, SetupWork
from webapp.services import deals as services
from webapp.services import mass_values

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside", "clock")]
KEY = "budget"


def filled(entity: str, value: str, *deals: int) -> mass_values.MassFillResult:
    with transaction():
        return mass_values.fill(entity, KEY, value, deals, company.acting("admin"))


def fill(entity: str, value: str, *deals: int) -> int:
    done = filled(entity, value, *deals)
    assert (done.refused, done.gone) == ([], [])
    return len(done.filled)


def of(deal_id: int, entity: str) -> Deal | Contact | Company:
    with transaction():
        found = mass_values.holder(session().get_one(Deal, deal_id), entity)
    assert found is not None
    return found


def written(record: Deal | Contact | Company) -> list[tuple[object, object, int | None]]:
    entity = record.__tablename__
    mine = select(JournalEntry).where(JournalEntry.entity == entity, JournalEntry.entity_id == record.id)
    own = session().scalars(mine.where(JournalEntry.field == KEY).order_by(JournalEntry.id))
    return [(each.old, each.new, each.by_id) for each in own]


@pytest.mark.parametrize("entity", ["deal", "contact", "company"])
def test_what_is_blank_is_filled_and_what_somebody_has_filled_in_stays(entity: str) -> None:
    require(entity, KEY)
    by = company.person("admin")
    deals = [acts.deal(of=acts.contact(f"Client {n}", f"+7900555000{n}")) for n in range(3)]
    for n, each in enumerate(deals):
        acts.company_of(of(each, "contact").id, f"Firm {n}")
    before = of(deals[0], entity).version
    assert fill(entity, "Large", deals[0]) == 1
    first = of(deals[0], entity)
    assert (first.fields[KEY], first.version) == ("Large", before + 1)
    assert written(first) == [(None, "Large", by)]
    assert fill(entity, "Small", *deals) == 2, "what one has is left alone"
    assert [of(each, entity).fields[KEY] for each in deals] == ["Large", "Small", "Small"]
    assert [written(of(each, entity))[-1] for each in deals[1:]] == [(None, "Small", by)] * 2


@pytest.mark.parametrize("entity", ["deal", "contact", "company"])
def test_a_value_is_put_in_the_place_of_another(entity: str) -> None:
    require(entity, KEY, since="won")
    contact_id = acts.contact()
    acts.company_of(contact_id)
    deal_id = acts.deal(of=contact_id)
    for old, new in ((None, "Large"), ("Large", "Small"), ("Small", None)):
        with transaction():
            record = mass_values.holder(acts.locked(deal_id), entity)
            assert record is not None
            mass_values.put(record, KEY, new, company.acting("admin"))
        found = of(deal_id, entity)
        assert found.fields.get(KEY) == new
        assert written(found)[-1] == (old, new, company.person("admin"))


@pytest.mark.parametrize("entity", ["deal", "contact", "company"])
def test_what_a_stage_requires_is_not_taken_away(entity: str) -> None:
    """Whoever it belongs to."""
    contact_id = acts.contact()
    acts.company_of(contact_id)
    deal_id = acts.deal(of=contact_id)
    require(entity, KEY, since="new")
    assert fill(entity, "Large", deal_id) == 1
    with transaction():
        record = mass_values.holder(acts.locked(deal_id), entity)
        assert record is not None
        with pytest.raises(Refused, match="required_fields"):
            mass_values.put(record, KEY, None, company.acting("admin"))
    assert of(deal_id, entity).fields[KEY] == "Large"


@pytest.mark.parametrize("entity", ["deal", "contact", "company"])
def test_a_robot_that_waited_for_the_value_goes_on(entity: str) -> None:
    require(entity, KEY, since="won")
    has_it = {"all": [{"entity": entity, "field": KEY, "operator": "eq", "value": "Large"}]}
    acts.robot("vip_notification", starts=["entered"], condition=has_it, also_later=True)
    contact_id = acts.contact()
    acts.company_of(contact_id)
    deal_id = acts.deal(of=contact_id)
    acts.work()
    assert fill(entity, "Large", deal_id) == 1
    acts.work()
    assert [each.state for each in acts.runs(deal_id, "vip_notification")] == ["condition_false", "fired"]


def test_who_works_nowhere_has_no_company_to_fill_and_it_is_said() -> None:
    require("company", KEY)
    nowhere, nobodys = acts.deal(of=acts.contact(), title="Nowhere"), acts.deal(title="Nobody's", waits=False)
    done = filled("company", "Large", nowhere, nobodys)
    assert (done.filled, done.gone) == ([], [])
    assert [(each, title, why.problems[f"company.{KEY}"]["code"]) for each, title, why in done.refused] == [
        (nowhere, "Nowhere", "no_company"),
        (nobodys, "Nobody's", "deal_without_contact"),
    ]


@pytest.mark.parametrize("entity", ["deal", "contact", "company"])
def test_what_one_refuses_keeps_none_of_the_others_back(entity: str) -> None:
    """Before it and behind it; and of the one that refuses nothing is written, nor told to robots."""
    require(entity, KEY)
    is_large = {"all": [{"entity": entity, "field": KEY, "operator": "eq", "value": "Large"}]}
    require("deal", "certificate", only_if=is_large, since="new")
    deals = [acts.deal(of=acts.contact(f"Client {n}", f"+7900555000{n}"), title=f"Deal {n}") for n in range(4)]
    for n, each in enumerate(deals):
        acts.company_of(of(each, "contact").id, f"Firm {n}")
        if n != 1:
            acts.edit(each, fields={"certificate": "Given"})
    with transaction():
        services.delete(acts.locked(deals[2]), company.acting("admin"))
    version = of(deals[1], entity).version
    done = filled(entity, "Large", *deals)
    assert (done.filled, done.gone) == ([deals[0], deals[3]], [deals[2]])
    ((refused, title, why),) = done.refused
    assert (refused, title, why.reason) == (deals[1], "Deal 1", "required_fields")
    assert [each.key for each in why.missing] == ["certificate"]
    kept = of(deals[1], entity)
    assert (kept.fields.get(KEY), kept.version, written(kept)) == (None, version, [])
    assert [of(each, entity).fields[KEY] for each in done.filled] == ["Large", "Large"]


def test_a_field_that_went_before_its_option_was_replaced_is_left_as_it_is() -> None:
    """And nothing stands among what could be taken back."""
    all_have_chosen_a()
    for each in FIELDS:
        edit("field", each, "options", A_IS_GONE)
    publish(**{f"option_chosen:{each}:a": "put:b" for each in FIELDS})
    for each in FIELDS:
        edit("field", each, ARCHIVED.key, True)
    publish()
    work()
    assert [each.fields for each in records()] == [{"one": "a", "several": ["a", "c"]}] * 3
    assert set(session().scalars(select(SetupWork.state))) == {"done"}
    assert session().scalars(select(SetupAct)).all() == []
