"""The work that follows a version: each of its steps reaches every record that it is about, and no run a second time,
also where the set-up was changed again before its turn came."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.locks import ANEW, Act, not_held
from tests.services.test_setup_plans import asked, edit, publish, work
from webapp.background import outbox
from webapp.background.outbox import Claim, Step
from webapp.db import session, transaction
from webapp.models import Company, Contact, Deal, RobotRun, SetupWork
from webapp.services import setup_work, single_changes

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside", "clock")]
CONTROL = "reaction_control"
OPTIONS = [{"key": key, "label": {"en": key.upper()}} for key in ("a", "b", "c")]
A_IS_GONE = [{**OPTIONS[0], "is_archived": True}, *OPTIONS[1:]]
KINDS = {"one": "select", "several": "multi_select"}
FIELDS = [f"{entity}/{key}" for entity in ("deal", "contact", "company") for key in KINDS]


def records() -> list[Deal | Contact | Company]:
    """The firm's first deal, its client and where that one works."""
    session().expire_all()
    return [session().scalars(select(model).order_by(model.id)).first() for model in (Deal, Contact, Company)]


def all_have_chosen_a() -> None:
    """In a field of each kind of record that takes one option, and in one that takes several."""
    with transaction():
        for each in FIELDS:
            entity, _, key = each.partition("/")
            parts = {"kind": KINDS[key], "label": {"en": key}, "options": OPTIONS}
            single_changes.add("field", parts, company.acting("admin"), home=entity, key=key)
    client = acts.contact()
    acts.company_of(client)
    acts.deal(of=client)
    with transaction():
        for record in records():
            record.fields = {"one": "a", "several": ["a", "c"]}


@pytest.mark.parametrize(("remedy", "one", "several"), [("put:b", "b", ["b", "c"]), ("empty", None, ["c"])])
def test_every_record_of_every_field_is_given_the_option_that_was_chosen_for_it(
    remedy: str, one: str | None, several: list[str]
) -> None:
    all_have_chosen_a()
    for each in FIELDS:
        edit("field", each, "options", A_IS_GONE)
    gone = [f"option_chosen:{each}:a" for each in FIELDS]
    assert asked() == dict.fromkeys(gone, "keep_chosen")
    publish(**dict.fromkeys(gone, remedy))
    work()
    assert [(each.fields.get("one"), each.fields.get("several")) for each in records()] == [(one, several)] * 3
    done = session().scalars(select(SetupWork)).one()
    assert (done.state, done.done, done.total) == ("done", len(FIELDS), len(FIELDS))


def option_gone(entity: str) -> Claim:
    """The work of putting another in its place, which nobody has begun."""
    edit("field", f"{entity}/one", "options", A_IS_GONE)
    publish(**{f"option_chosen:{entity}/one:a": "put:b"})
    newest = session().scalars(select(SetupWork.id).order_by(SetupWork.id.desc())).first()
    session().close()
    claim = outbox.claim("setup", newest or 0)
    assert claim is not None
    return claim


def test_a_record_is_held_and_read_again_before_another_option_is_put_there() -> None:
    all_have_chosen_a()
    lost = "what somebody else is just writing into it would be lost"
    acts_ = {}
    for entity in ("deal", "contact", "company"):
        do = partial(setup_work.go_on, option_gone(entity))
        acts_[entity] = Act(lost, f"{entity} {entity}{ANEW}", do, before=f"write {entity}")
    assert not_held(acts_) == {}
    assert [each.fields["one"] for each in records()] == ["b"] * 3


def off_and_on_again(remedy: str) -> list[Claim]:
    """The control is switched off, and on before anything of that was done: the work of both, which nobody does yet."""
    edit("robot", CONTROL, "is_on", False)
    publish()
    edit("robot", CONTROL, "is_on", True)
    publish(**{f"deals_already_there:{CONTROL}": remedy})
    ids = session().scalars(select(SetupWork.id).order_by(SetupWork.id)).all()
    session().close()
    claims = [outbox.claim("setup", each) for each in ids]
    return [each for each in claims if each is not None]


def part(mine: Claim) -> Step:
    with transaction():
        return setup_work.go_on(mine)


def test_a_robot_that_is_on_again_has_nothing_called_off_and_the_work_ends() -> None:
    deal_id = acts.deal()
    (off,) = off_and_on_again("ignore")
    assert [part(off), part(off)] == [Step.MORE, Step.DONE], "one look, which finds that there is nothing to do"
    ended = session().get_one(SetupWork, off.row_id)
    assert (ended.state, ended.done) == ("done", 0)
    assert acts.run_of(deal_id, CONTROL).state == "waiting"


@pytest.mark.parametrize("remedy", ["as_entered_now", "from_true_entry"])
def test_deals_that_stand_there_are_armed_unless_one_of_their_runs_waits_still(clock: Clock, remedy: str) -> None:
    over = acts.deal(title="It has acted here")
    clock.go_on(minutes=10)
    acts.work()
    waits = acts.deal(title="It is yet to act here")
    entered = clock.at
    clock.go_on(minutes=4)
    for each in off_and_on_again(remedy):
        while part(each) is Step.MORE:
            pass

    def states(deal_id: int) -> list[str]:
        return [each.state for each in acts.runs(deal_id, CONTROL)]

    assert (states(over), states(waits)) == (["fired", "waiting"], ["waiting"])
    assert acts.run_of(waits, CONTROL).base_at == entered, "it goes on as it was"
    base = clock.at if remedy == "as_entered_now" else session().get_one(Deal, over).entered_at
    assert acts.runs(over, CONTROL)[-1].base_at == base
    waiting = select(RobotRun.id).where(RobotRun.state == "waiting")
    assert len(session().scalars(waiting).all()) == 2
