"""What each act holds before it decides, by what would become of two at once: the second finds what the first has left.
Acts of addresses, places, drafts, alarms and triggers' addresses stand in files of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from rules.reach import Answer, Wishes
from rules.setup_edits import Edit
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.locks import ANEW, FREE, SHARED, Act, not_held
from tests.services.test_gate import require
from tests.services.test_places import NORTH, SOUTH, department
from webapp import clock as time_source
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.background.outbox import Claim
from webapp.db import open_transaction, session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import (
    Address,
    CallLeg,
    Company,
    Contact,
    Delivery,
    Firm,
    Gateway,
    ImportantItem,
    ImportantRung,
    PhoneCall,
    Webhook,
)
from webapp.services import (
    absences,
    accounts,
    board_views,
    calendar_feeds,
    calendars,
    call_acts,
    calls,
    climbing,
    companies,
    contacts,
    deals,
    deliveries,
    delivery_plans,
    departments,
    drafts,
    firing,
    firms,
    first_steps,
    founding,
    gateways,
    hand_overs,
    important,
    inquiries,
    leaving,
    mass_values,
    merging,
    next_steps,
    notifications,
    pings,
    pipelines,
    robots,
    run_retries,
    runs,
    seasons,
    setup_editing,
    setup_plans,
    sign_ins,
    single_changes,
    starter_set,
    tasks,
    telephony,
    tellings,
    turns,
    webhooks,
)
from webapp.services.moving import Move
from webapp.services.starter_set import StarterSet
from webapp.snapshots import setups

pytestmark = pytest.mark.usefixtures("inside", "clock")
USER, SET_UP = "app_user", '"set-up"'
SECOND = "+79005550002"
Do = Callable[..., object]


def user(name: str) -> int:
    return company.person(name)


def test_an_account_is_changed_by_one_at_a_time(clock: Clock) -> None:
    by, rep, own = company.acting("admin"), user("rep1"), "the journal would say of both that they changed the same"
    out = "of two admins who take each other's right, none would be left"
    secret = "of two secrets made at once both would open, and only one is shown last"
    table = {
        "another address": Act(
            "two people would have one address",
            '"address new@dozor.example" app_user',
            lambda: accounts.set_email(rep, "new@dozor.example", by),
        ),
        "a new person": Act(
            "two people would have one address",
            '"address nina@dozor.example"',
            lambda: accounts.add("nina@dozor.example", "Nina", "x", by),
        ),
        "another name": Act(own, USER, lambda: accounts.set_name(rep, "Ivan P.", by)),
        "another department": Act(
            own, USER, lambda: accounts.set_department(rep, department(SOUTH), None, by), before="write membership"
        ),
        "signs in no more": Act(out, '"absences" "admins" app_user', lambda: accounts.deactivate(user("rep2"), by)),
        "signs in again": Act(own, USER, lambda: accounts.activate(user("rep2"), by)),
        "an admin": Act(out, '"admins" app_user', lambda: accounts.set_admin(rep, by, is_admin=True)),
        "a password": Act(
            "the browser of the other's password would stay signed in",
            USER,
            lambda: sign_ins.set_password(rep, "x", by),
        ),
        "a link": Act(secret, USER, lambda: sign_ins.give_link(rep, by)),
        "a key to the API": Act(
            "there would be more than there may be",
            USER,
            lambda: sign_ins.add_token(rep, "Till", by),
            before="read api_token",
        ),
        "a calendar's address": Act(secret, USER, lambda: calendar_feeds.make(rep, by)),
        "how to be told": Act(
            "half of it would be the one's, half the other's",
            USER,
            lambda: tellings.choose(rep, Wishes(an_hour=3), by),
            before="read telling",
        ),
        "a view of a board": Act(
            "one name would be two views",
            f'"one more of views of {rep}"',
            lambda: board_views.save(rep, company.stage("new").pipeline_id, "Mine", "mine=1"),
            before="read board_view",
        ),
    }
    assert not_held(table) == {}


def test_who_is_away_and_the_chart_are_changed_by_one_at_a_time(clock: Clock) -> None:
    by, rep, first = company.acting("admin"), user("rep1"), date(2026, 12, 7)
    twice, circle = "the same days would be noted twice", "two moves would close a circle together"
    with transaction():
        away = absences.add(user("rep2"), first, first, None, by).id
        east = departments.add({"en": "East"}, None, by)
    table = {
        "away": Act(
            twice,
            '"absences" app_user',
            lambda: absences.add(rep, first, first, None, by, known=[]),
            before="read absence",
        ),
        "away otherwise": Act(
            twice, '"absences" absence app_user', lambda: absences.change(away, first, first, user("north"), by)
        ),
        "there after all": Act(twice, '"absences" absence app_user', lambda: absences.remove(away, by)),
        "a department": Act(
            "two would have one key",
            '"chart"',
            lambda: departments.add({"en": "West"}, None, by),
            before="read department",
        ),
        "renamed": Act(
            "the other's name would be gone unseen",
            '"chart" department',
            lambda: departments.rename(east, {"en": "E"}, by),
        ),
        "moved": Act(circle, '"chart" department', lambda: departments.move(east, department(NORTH), by)),
        "archived": Act(
            "somebody who is just put there would work nowhere",
            '"chart" department',
            lambda: departments.archive(east, by),
        ),
        "brought back": Act(
            "it would hang below one that has gone", '"chart" department', lambda: departments.bring_back(east, by)
        ),
    }
    assert not_held(table) == {}


def test_whoever_leaves_or_moves_is_handed_over_by_one_at_a_time(clock: Clock) -> None:
    by, rep = company.acting("admin"), user("rep1")
    acts.deal(of=acts.contact())
    moves = Move(department(NORTH), department(SOUTH), "along")
    choices = leaving.Choices(to=user("rep2"))
    both = "two hand-overs of one person would go on at once, each to somebody else"
    table = {
        "moves": Act(both, USER, lambda: hand_overs.begin_move(rep, moves, by), before="read hand_over"),
        "deals of whoever moves": Act(
            "who takes a deal over meanwhile would lose it",
            f"deal deal{ANEW}",
            lambda _: hand_overs.begin_move(user("rep2"), moves, by),
            given=lambda: a_deal("rep2"),
            before="write deal",
        ),
        "leaves": Act(both, '"admins" app_user', lambda: hand_overs.begin(rep, choices, by), before="read hand_over"),
        "covers of whoever leaves": Act(
            "who is named to stand in meanwhile would be nobody",
            '"absences" app_user',
            lambda: leaving.leave(user("rep3"), user("rep2"), by),
            before="read absence",
        ),
    }
    assert not_held(table) == {}


def a_deal(rep: str) -> int:
    draft = deals.DealDraft("A press", company.stage("new"), user(rep))
    return deals.create(draft, company.acting(rep)).id


def test_the_firm_and_what_it_sends_by_are_set_up_by_one_at_a_time(clock: Clock) -> None:
    by, halves = company.acting("admin"), "half of it would be the one's, half the other's"
    secret = "the secret that one admin was shown would open nothing"
    with transaction():
        hook, _ = webhooks.add("Till", "https://till.firm.example/hooks", by)
        hook_id = hook.id
        gateways.row_of(pings.KIND).url = "https://watch.example/sign"
        firms.locked().first_steps = {}
        telephony.set_up(secret="x" * 20, rings="3", caller_id="", by=by)
    table = {
        "the firm": Act(halves, f"firm firm{ANEW}", lambda: firms.change({"firm": "Ost"}, by)),
        "a first step": Act(
            "a step of two that are noted would be forgotten", "firm", lambda: first_steps.note("robots")
        ),
        "a gateway": Act(
            halves, "gateway", lambda: gateways.set_sms(url="jsons://sms.example/x", to_clients=True, by=by)
        ),
        "calls": Act(halves, "telephony", lambda: telephony.set_up(secret="y" * 20, rings="2", caller_id="", by=by)),
        "another secret of a webhook": Act(secret, "webhook", lambda: webhooks.renew(hook_id, 24, by)),
        "a word to a webhook": Act(
            "it would go where nothing goes any more", "webhook", lambda: webhooks.test(hook_id, by)
        ),
        "an end of a webhook": Act(
            "it would get another secret after its end", "webhook", lambda: webhooks.end(hook_id, by)
        ),
        "a sign of life": Act("it would be given twice", "gateway", pings.begin, before="write gateway"),
    }
    assert not_held(table) == {}
    assert session().get_one(Webhook, hook_id).ended_at == clock.at


def test_the_set_up_is_changed_by_one_at_a_time(clock: Clock) -> None:
    by, lost = company.acting("admin"), "the second would be planned over what is live no more"
    with transaction():
        drafts.edit("stage", "sales/new", "hue", 6, by)
    with transaction():
        plan = setup_plans.of_draft(by).row.id

    def apply(plan_id: int) -> None:
        with pytest.raises(setup_plans.Stale):  # another version has come meanwhile
            setup_plans.apply(plan_id, {}, by)

    table = {
        "a stage in another colour": Act(
            lost, SET_UP, lambda: single_changes.change("stage", "sales/new", {"hue": 5}, by), before="read stage"
        ),
        "several parts as one version": Act(
            lost,
            SET_UP,
            lambda: single_changes.make([Edit("stage", "sales/new", "hue", 7)], by),
            before="read stage",
        ),
        "a plan is made live": Act(
            "of two plans the second would undo the first", SET_UP, lambda: apply(plan), before="read setup_plan"
        ),
    }
    assert not_held(table) == {}


def test_what_is_added_to_the_set_up_gets_a_key_of_its_own(clock: Clock) -> None:
    by, sales = company.acting("admin"), setups.current().pipeline_of("sales")
    assert sales is not None
    table = {
        "something new": Act(
            "two would have one key",
            SET_UP,
            lambda: single_changes.add("stage", {"name": {"en": "Offer"}, "kind": "open", "hue": 3}, by, home="sales"),
            before="read stage",
        ),
        "a pipeline": Act(
            "two would have one key",
            SET_UP,
            lambda: pipelines.add_pipeline({"en": "Service"}, None, by),
            before="read stage",
        ),
        "a pipeline in the draft": Act(
            "two would have one key",
            SET_UP,
            lambda: setup_editing.add_pipeline({"en": "Repairs"}, by),
            before="read setup_edit",
        ),
        "a stage": Act(
            "two would have one key",
            SET_UP,
            lambda: pipelines.add_stage(sales, pipelines.StageDraft({"en": "Visit"}, "open"), by),
            before="read firm",
        ),
        "the first robots of a new firm": Act(
            "they would be made twice",
            SET_UP,
            lambda: starter_set.take(StarterSet(minutes=30), by),
            before="read stage",
        ),
    }
    assert not_held(table) == {}


def test_a_deal_and_its_client_are_changed_by_one_at_a_time(clock: Clock) -> None:
    by, vip = company.acting("admin"), {"contact": {"vip": True}}
    contact_id, other = acts.contact(), acts.contact("Vera B.", SECOND)
    deal_id, company_id = acts.deal(of=contact_id), acts.company_of(contact_id)
    acts.deal(of=other)
    require("company", "inn")
    stage, gone = company.stage("data_collection"), "a deal would enter a stage that has just gone"
    said = "one of two values that are written at the same moment would be lost"
    client = f"contact contact{FREE} contact{ANEW}"

    def contact(of: int) -> Contact:
        return session().get_one(Contact, of, with_for_update={"key_share": True})

    table = {
        "moved": Act(
            gone,
            f"stage{SHARED} pipeline{SHARED}",
            lambda: deals.move(acts.locked(deal_id), stage, by=by),
            before="write deal",
        ),
        "moved with a value of the client": Act(
            said, client, lambda: deals.move(acts.locked(deal_id), company.stage("new"), by=by, raw=vip)
        ),
        "a client is edited": Act(
            "a deal on its way to a stage would slip through the gate",
            f"deal deal{ANEW}",
            lambda: contacts.edit(contact(contact_id), {"name": "V."}, by),
        ),
        "a company is written": Act(
            said,
            f"deal deal{ANEW} company company{ANEW}",
            lambda: companies.write(company_id, {"inn": "7707083893"}, by),
            before="write company",
        ),
        "their company is edited": Act(
            "whoever writes a deal locks it before its company: the two would wait for each other in a circle",
            f"deal deal{ANEW}",
            lambda: companies.edit(contact(contact_id), {"inn": "7707083893"}, by),
            before="read company",
        ),
        "two clients are one": Act(
            "a deal that is made meanwhile would stay with the one that went",
            f"deal deal{ANEW}",
            lambda: merging.merge(contact(other), contact(contact_id), [], by),
        ),
        "a blank of many deals is filled in": Act(
            "what somebody else has filled in meanwhile would be overwritten",
            f"deal deal{ANEW}",
            lambda: mass_values.fill("deal", "equipment_type", "large", [deal_id], by),
            before="write deal",
        ),
        "one of their clients": Act(
            said,
            f"deal deal{ANEW} {client}",
            lambda _: mass_values.fill("contact", "vip", "yes", [deal_id], by),
            given=lambda: contacts.edit(contact(contact_id), {}, by, own={"vip": None}),
            before="write contact",
        ),
        "a step is agreed on": Act(
            "two steps would be open",
            "task",
            lambda: next_steps.agree(
                acts.locked(deal_id), next_steps.StepDraft("Call", clock.at + timedelta(days=1)), by
            ),
        ),
        "a step is taken back": Act(
            "it would be taken back twice", "task", lambda: next_steps.take_back(acts.locked(deal_id), by)
        ),
    }
    assert not_held(table) == {}
    assert session().get_one(Company, company_id).name == "Ost"


def test_what_a_client_says_comes_to_one_deal(clock: Clock) -> None:
    """Named by who writes, since there may be no row yet to hold."""
    form, client = Actor(via="form"), {"name": "Vera Belova", "phone": acts.PHONE}
    twice, turn = (
        "a client who presses twice would be two clients with a deal each",
        "two inquiries would be one rep's turn",
    )

    def wrote(text: str) -> Do:
        return lambda: inquiries.receive("form", client, text, form)

    new, deal_id = f'"client {acts.PHONE}"', acts.deal()
    table = {
        "somebody new writes": Act(twice, new, wrote("How much?"), before="read contact"),
        "somebody else does": Act(
            turn,
            '"turn in pipeline *"',
            lambda: inquiries.receive("form", {"name": "Z", "phone": SECOND}, "Hello", form),
            before="write deal",
        ),
        "they write again": Act(
            "they would be merged meanwhile, and their words lost",
            f'{new} "contact *" contact contact{FREE} contact{ANEW} deal',
            wrote("And when?"),
            before="write message",
        ),
        "whose turn it is to be given a deal": Act(
            turn, '"turn of handing over in pipeline *"', lambda: turns.next_but(acts.deal_of(deal_id), form)
        ),
    }
    assert not_held(table) == {}


def test_a_call_is_one_call_however_often_the_provider_tells_of_it(clock: Clock) -> None:
    by = company.acting("admin")
    takes_calls()
    acts.deal(of=acts.contact(), waits=False)
    sid, twice = "CA1", "the provider asks again when nobody answers it at once: one call would be two"
    row, seen = f"phone_call phone_call{ANEW}", "two people would each make a deal of one call"

    def no_deal() -> None:
        with pytest.raises(Refused):  # it has one
            call_acts.settle(call_id(), "no_client", by)

    table = {
        "it comes in": Act(
            twice, f'"call {sid}"', lambda: calls.came_in(sid, acts.PHONE, SECOND), before="read phone_call"
        ),
        "no deal comes of it": Act(seen, row, no_deal, before="read call_leg"),
        "a deal comes of it": Act(seen, row, lambda: call_acts.make_deal(call_id(), by), before="read call_leg"),
        "somebody takes it": Act(
            "a deal that was just deleted would be talked of",
            f"{row} deal deal{ANEW}",
            lambda: calls.said_of_leg(leg_id(), sid, calls.Said("in-progress")),
            before="write conversation",
        ),
        "it is over": Act(twice, f'"call {sid}" {row}', lambda: calls.call_said(sid, calls.Said("completed"))),
    }
    assert not_held(table) == {}


def takes_calls() -> None:
    by = company.acting("admin")
    with transaction():
        telephony.set_up(secret="x" * 20, rings="3", caller_id="", by=by)
        telephony.add_line(SECOND, str(department(NORTH)), by)
        for n, name in enumerate(("north", "rep1", "rep2")):
            accounts.set_phone(user(name), f"+7495200000{n}", by)


def leg_id() -> int:
    return session().scalars(select(CallLeg.id).order_by(CallLeg.id)).first() or 0


def call_id() -> int:
    return session().scalars(select(PhoneCall.id)).one()


def test_what_robots_wait_for_is_put_off_and_tried_again_by_one_at_a_time(clock: Clock) -> None:
    by = company.acting("admin")
    deal_id = acts.inquiry()
    (run, *_) = acts.runs(deal_id)
    run_id = run.id
    session().rollback()
    fired = "a worker fires it at this very moment, over what nobody waits for any more"
    both, deal = f"robot_run robot_run{ANEW}", f"deal deal{ANEW}"
    table = {
        "put off": Act(fired, "deal robot_run", lambda: runs.shift({run_id: None}, timedelta(hours=1), by)),
        "given up": Act(fired, f"deal {both}", lambda: firing.fail(run_id, "broken")),
        "tried again": Act("it would be tried twice", f"{deal} {both}", lambda: run_retries.retry(run_id, by)),
    }
    assert not_held(table) == {}


def test_what_goes_out_is_ended_and_sent_again_by_one_at_a_time(clock: Clock) -> None:
    with transaction():
        made = delivery_plans.add(
            "news", "email", "ivan@home.example", "notification", due=clock.at, user_id=user("rep1")
        )
        delivery_id, key = made.id, made.key

    def stand(state: str) -> None:
        session().get_one(Delivery, delivery_id).state = state

    table = {
        "the gateway says what became of it": Act(
            "a receipt that comes twice would count twice",
            "delivery",
            lambda _: deliveries.receipt(key, "delivered"),
            given=lambda: stand("sent"),
        ),
        "given up": Act(
            "what has just been sent would be told as failed",
            "delivery",
            lambda _: deliveries.give_up(delivery_id, "broken"),
            given=lambda: stand("waiting"),
        ),
        "sent again": Act("two admins would send it twice", "delivery", lambda: deliveries.retry(delivery_id)),
    }
    assert not_held(table) == {}


def test_a_worker_ends_what_nobody_else_has_ended_meanwhile(clock: Clock) -> None:
    """It looks at its row once what it belongs to is held: whoever was quicker has called it off."""
    takes_calls()
    with transaction():
        calls.came_in("CA1", acts.PHONE, SECOND)
        letter = delivery_plans.add("news", "email", "ivan@home.example", "notification", due=clock.at).id
    run, snoozed, handed_in = acts.runs(acts.inquiry())[0].id, an_item(), a_task()
    with transaction():
        until = clock.at + timedelta(hours=1)
        important.snooze(session().get_one(ImportantItem, snoozed), until, company.acting("north"))
    acts.submit(handed_in)
    clock.go_on(days=30)
    mine = {kind: claimed(kind, *ids) for kind, ids in {"run": [run], "delivery": [letter], "call": []}.items()}
    rungs = {session().get_one(ImportantItem, item_of(each)).task_id: each for each in waiting("rung")}
    of_deal, of_task = (outbox.claim("rung", rungs[each]) for each in (None, handed_in))
    assert of_deal is not None
    assert of_task is not None
    twice, deal = "what was called off at this very moment would be done all the same", f"deal deal{ANEW}"
    item = f"important_item important_item{ANEW} important_rung{ANEW}"
    table = {
        "a run": Act(twice, f"{deal} robot_run{ANEW}", lambda: firing.fire(mine["run"])),
        "a letter": Act(
            twice, f"delivery delivery{ANEW}", lambda: deliveries.finish(mine["delivery"], Answer("sent", {}))
        ),
        "a call": Act(twice, f"phone_call phone_call{ANEW}", lambda: calls.end_silent(mine["call"])),
        "what matters of a deal": Act(twice, f"{deal} {item}", lambda: climbing.climb(of_deal)),
        "what matters of a task": Act(twice, f"task task{ANEW} {item}", lambda: climbing.climb(of_task)),
    }
    assert not_held(table) == {}


def waiting(kind: str) -> list[int]:
    found = [each.row_id for each in outbox.due(kind, time_source.now(), 100)]
    session().rollback()
    return found


def claimed(kind: str, *ids: int) -> Claim:
    found = outbox.claim(kind, next(iter(ids or waiting(kind))))
    assert found is not None
    return found


def item_of(rung_id: int) -> int:
    return session().get_one(ImportantRung, rung_id).item_id


def an_item() -> int:
    deal_id = acts.deal(of=acts.contact("Vera B.", SECOND))
    with transaction():
        cause = important.Cause("late_reply", "k", time_source.now(), user("rep1"), deal_id)
        return important.open_for([user("north")], cause, company.acting("admin")).id


def a_task() -> int:
    with transaction():
        return tasks.create_by_hand("Call them", "", user("rep1"), company.acting("north"), accept=True).id


def test_a_value_is_put_into_what_nobody_else_writes(clock: Clock) -> None:
    contact_id = acts.contact()
    deal_id, company_id = acts.deal(of=contact_id), acts.company_of(contact_id)
    said, deal, client = "the other's value would be lost", f"deal deal{ANEW}", f"contact contact{FREE} contact{ANEW}"
    read = "read firm"

    def of(entity: str) -> Do:
        def record() -> None:
            found = mass_values.living(deal_id)
            assert found is not None
            assert mass_values.holder(found, entity) is not None
            session().execute(select(Firm.id))  # whatever is decided now

        return record

    table = {
        "of the deal": Act(said, deal, of("deal"), before=read),
        "of its client": Act(said, f"{deal} {client}", of("contact"), before=read),
        "of the company": Act(said, f"{deal} {client} company company{ANEW}", of("company"), before=read),
    }
    assert not_held(table) == {}
    assert company_id


def test_a_season_a_calendar_and_a_robot_are_changed_by_one_at_a_time(clock: Clock) -> None:
    by, halves, day = company.acting("admin"), "half of it would be the one's, half the other's", date(2026, 12, 7)
    with transaction():
        draft = seasons.SeasonDraft("Before the holidays", day, day, "firm", (), {"factor": 150})
        season_id = seasons.create(draft, by).id
        calendar_id = calendars.create(None, user("rep1"), by).id
        robot_id = company.robot("reaction_control").id
    table = {
        "a season": Act(halves, "season", lambda: seasons.remove(seasons.locked(season_id), by)),
        "a calendar": Act(halves, "calendar", lambda: calendars.remove(calendars.locked(calendar_id), by)),
        "a robot, of which deals may arm runs": Act(
            halves,
            f"robot robot{FREE}",
            lambda: robots.change_robot(robots.robot(robot_id, for_update=True), {"name": {"en": "Look"}}, by),
        ),
        "a firm is begun": Act("there would be two", '"firm"', begun, before="read firm"),
    }
    assert not_held(table) == {}


def begun() -> None:
    firm = founding.FirmDraft("Ost", "en", "Europe/Moscow", "RUB", "RU")
    with pytest.raises(NotFound):
        founding.found(firm, founding.AdminDraft("A", "a@dozor.example", "x"))


def test_a_repeat_goes_out_with_what_is_not_under_way_yet(clock: Clock) -> None:
    """The letter that waits is held: either it is composed with the repeat in it, or the repeat gets one of its own."""
    with transaction() as current:
        current.add(Gateway(kind="email", url="smtp://mail.example:25", sender="Dozor"))
        own = {"wanted_for": ["normal"], "position": 1, "confirmed_at": clock.at}
        current.add(Address(user_id=user("rep1"), kind="email", address="ivan@home.example", **own))

    def tell(key: str) -> None:
        notifications.tell([user("rep1")], "task.created", key=key, facts={}, about="task-1")
        written = open_transaction().tellings
        notifications.write(written)  # as at its end
        written.clear()
        session().execute(select(Webhook.id))  # whatever comes then

    table = {
        "a repeat": Act(
            "it would be in no letter at all",
            f"delivery delivery{ANEW}",
            lambda _: tell("second"),
            given=lambda: tell("first"),
            before="read webhook",
        )
    }
    assert not_held(table) == {}
    assert session().scalars(select(Delivery.state)).all() == ["waiting"]
