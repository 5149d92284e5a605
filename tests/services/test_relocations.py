"""A stage is archived while the deals of another are still on their way to it: they are counted, asked about and led
on. Whatever nothing leads anywhere is named."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from rules.setup_parts import ARCHIVED
from tests import company
from tests.conftest import Clock
from tests.faults import verbs
from tests.services import acts
from tests.services.test_setup_plans import DATA, PROCESSING, STANDS, edit, nothing_dangles, publish, work
from tests.services.test_setup_work import part
from webapp.background import outbox
from webapp.background.outbox import Claim
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import SetupWork, Stage
from webapp.services import setup_plans, single_changes
from webapp.services.single_changes import HasConsequences
from webapp.snapshots import relocations, setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside", "clock")]
PAYMENT = "sales/payment"
LARGE = {"equipment_type": "large"}
WAY_TO_PROCESSING = f"deals_on_stage:{PROCESSING}"


def on_their_way(count: int = 24) -> list[int]:
    """Deals of a stage that was archived; nobody has begun to lead them."""
    found = [acts.deal("data_collection", fields=LARGE) for _ in range(count)]
    edit("stage", DATA, ARCHIVED.key, True)
    publish(**{STANDS: f"move:{PROCESSING}"})
    return found


def claims() -> list[Claim]:
    """Of all that waits, the newest first."""
    ids = session().scalars(select(SetupWork.id).order_by(SetupWork.id.desc())).all()
    session().close()
    return [each for each in (outbox.claim("setup", one) for one in ids) if each is not None]


def stages(deals: list[int]) -> set[str]:
    session().expire_all()
    return {acts.stage_of(each) for each in deals}


@pytest.mark.parametrize("first", ["the newer work", "the older work"])
def test_what_is_on_its_way_to_a_stage_is_asked_about_when_that_goes_too(first: str) -> None:
    here = on_their_way()
    there = acts.deal("processing", fields=LARGE)
    edit("stage", PROCESSING, ARCHIVED.key, True)
    with transaction():
        found = {each.id: each.count for each in setup_plans.of_draft(company.acting("admin")).consequences}
    assert found[WAY_TO_PROCESSING] == 25
    with pytest.raises(Refused) as refused:
        publish()
    assert list(refused.value.problems) == [WAY_TO_PROCESSING]
    publish(**{WAY_TO_PROCESSING: f"move:{PAYMENT}"})
    assert verbs.deals_stand_on_a_board() == []
    session().close()
    for each in claims()[:: 1 if first == "the newer work" else -1]:
        while part(each) is outbox.Step.MORE:
            pass
    assert stages([*here, there]) == {"payment"}
    nothing_dangles()
    assert {each.state for each in session().scalars(select(SetupWork))} == {"done"}


def test_a_single_change_asks_about_them_and_leads_them_at_once() -> None:
    here = on_their_way(3)
    by = company.acting("admin")
    with pytest.raises(HasConsequences), transaction():
        single_changes.archive("stage", PROCESSING, by)
    session().close()
    edit("stage", PROCESSING, ARCHIVED.key, True)
    publish(**{WAY_TO_PROCESSING: f"move:{PAYMENT}"})
    with transaction():
        single_changes.follow_at_once(setup_plans.version(3))
    assert stages(here) == {"payment"}
    session().close()
    work()
    assert stages(here) == {"payment"}, "the older work finds nobody"


def test_work_whose_end_is_gone_fails_aloud_and_its_stage_is_named(clock: Clock) -> None:
    here = on_their_way(2)
    with transaction() as current:
        current.execute(update(Stage).where(Stage.key == "processing").values(archived_at=clock.at))
        setups.changed()
    (mine,) = claims()
    with pytest.raises(LookupError, match=PROCESSING):
        part(mine)
    session().rollback()
    with transaction():
        assert session().scalars(select(SetupWork)).one().state == "waiting"
    assert [(each.key, many) for each, many in relocations.stranded()] == [("data_collection", 2)]
    session().close()
    with transaction() as current:  # the stage is there again: the same work leads them
        current.execute(update(Stage).where(Stage.key == "processing").values(archived_at=None))
        current.execute(update(SetupWork).values(visible_at=clock.at))
        setups.changed()
    clock.go_on(minutes=10)
    work()
    assert stages(here) == {"processing"}
    assert relocations.stranded() == []
