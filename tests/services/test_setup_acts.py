"""What the remedies of a version did to records: filled in deal by deal, journalled, and taken back as one act."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from rules.setup_parts import ARCHIVED
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_setup_plans import DATA, PROCESSING, STANDS, asked, edit, publish, work
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Contact, Deal, SetupAct, SetupWork
from webapp.queries import setup_versions
from webapp.services import setup_acts, setup_plans, single_changes

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside", "clock")]
LACK = "deals_lack:deal/weight:sales/data_collection"


def weight_is_asked_for() -> None:
    with transaction():
        label = {"en": "Weight"}
        single_changes.add("field", {"kind": "number", "label": label}, company.acting("admin"), home="deal")
    edit("field", "deal/weight", "required_from", [DATA])


def weights(*deals: int) -> list[object]:
    session().expire_all()
    return [session().get_one(Deal, each).fields.get("weight") for each in deals]


def brought_back(number: int, **chosen: str) -> None:
    by = company.acting("admin")
    with transaction():
        plan = setup_plans.of_version(number, by)
        setup_plans.apply(plan.row.id, chosen, by)
    work()


def test_deals_past_a_stage_are_filled_with_one_value_and_it_is_taken_back_where_nobody_changed_it() -> None:
    here = [acts.deal("data_collection") for _ in range(3)]
    before, won = acts.deal("new"), acts.deal("won", fields={"equipment_type": "large"})
    weight_is_asked_for()
    assert asked() == {LACK: "let"}
    with pytest.raises(Refused) as refused:
        publish(**{LACK: "fill:heavy"})
    assert list(refused.value.problems) == [LACK], "what is typed is no number"
    number = publish(**{LACK: "fill:12.5"})
    assert weights(*here) == [None] * 3, "it is work that follows"
    work()
    assert weights(*here, before, won) == [12.5] * 3 + [None] * 2
    line = acts.journal(here[0], "deal.edited")[-1]
    assert (line.field, line.new, line.cause) == ("weight", 12.5, {"via": "setup", "version": number})
    session().rollback()

    acts.edit(here[1], fields={"weight": 40})
    acts.edit(here[2], title="Another name")
    brought_back(number - 1, **{f"acts_done:{number}": "take_back"})
    assert weights(*here) == [None, 40, None], "whoever has changed it meanwhile is left alone"
    assert setup_acts.offered([number]) == {}


def test_deals_that_were_moved_go_back_when_their_stage_is_brought_back() -> None:
    here = [acts.deal("data_collection", fields={"equipment_type": "large"}) for _ in range(2)]
    edit("stage", DATA, ARCHIVED.key, True)
    number = publish(**{STANDS: f"move:{PROCESSING}"})
    assert setup_acts.offered([number]) == {}, "not while it is under way"
    work()
    assert setup_acts.offered([number]) == {}, "their stage is in the archive"
    acts.move(here[1], "payment")
    brought_back(number - 1)
    assert [acts.stage_of(each) for each in here] == ["processing", "payment"]
    session().rollback()
    with transaction():
        assert setup_acts.begin(number, company.acting("admin")) == 2
    work()
    session().expire_all()
    assert [acts.stage_of(each) for each in here] == ["data_collection", "payment"]
    with pytest.raises(Refused, match="nothing_to_take_back"):
        setup_acts.begin(number, company.acting("admin"))


def test_after_thirty_days_nothing_is_taken_back(clock: Clock) -> None:
    deal = acts.deal("data_collection")
    weight_is_asked_for()
    number = publish(**{LACK: "fill:7"})
    work()
    acts.move(deal, "new")  # where it is not required
    assert setup_acts.offered([number]) == {number: 1}
    clock.go_on(days=31)
    assert setup_acts.offered([number]) == {}
    brought_back(number - 1)
    assert weights(deal) == [7]
    assert len(session().scalars(select(SetupAct)).all()) == 1


def test_what_a_stage_still_requires_is_not_offered_and_what_is_refused_is_named() -> None:
    """One deal stands where the value is asked, the other has gone back since to where it is not."""
    asked_of, elsewhere = acts.deal("data_collection"), acts.deal("data_collection")
    weight_is_asked_for()
    number = publish(**{LACK: "fill:12.5"})
    work()
    assert setup_acts.offered([number]) == {}, "to blank it, the stage forbids"
    acts.move(elsewhere, "new")
    assert setup_acts.offered([number]) == {number: 1}
    session().rollback()
    with transaction():
        assert setup_acts.begin(number, company.acting("admin")) == 1
    work()
    assert weights(asked_of, elsewhere) == [12.5, None]
    done = session().scalars(select(SetupWork).order_by(SetupWork.id.desc())).first()
    assert done is not None
    assert (done.state, done.done) == ("done", 1)
    left = setup_versions.left_alone([number])[number]
    assert (left.count, [(each.path, each.title, each.why.reason) for each in left.named]) == (
        1,
        [(f"/deals/{asked_of}", "A press", "required_fields")],
    )
    assert [each.key for each in left.named[0].why.missing] == ["weight"]
    with pytest.raises(Refused, match="nothing_to_take_back"):
        setup_acts.begin(number, company.acting("admin"))


def test_deals_without_a_client_are_not_taken_for_filled() -> None:
    client = acts.contact()
    with_client, without = acts.deal("data_collection", of=client), acts.deal("data_collection", waits=False)
    with transaction():
        single_changes.add("field", {"kind": "text", "label": {"en": "City"}}, company.acting("admin"), home="contact")
    edit("field", "contact/city", "required_from", [DATA])
    number = publish(**{"deals_lack:contact/city:sales/data_collection": "fill:Omsk"})
    work()
    session().expire_all()
    assert session().get_one(Contact, client).fields["city"] == "Omsk"
    (left,) = setup_versions.left_alone([number])[number].named
    assert left.path == f"/deals/{without}" != f"/deals/{with_client}"
    assert left.why.problems["contact.city"]["code"] == "deal_without_contact"
    assert setup_acts.offered([number]) == {}, "the client's deal stands where it is asked"
    done = session().scalars(select(SetupWork)).one()
    assert (done.state, done.done, done.total) == ("done", 1, 2)
