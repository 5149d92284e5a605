"""A firm as in life, for the oracle: a department with hours and a zone of its own, a holiday, seasons that overlap, a
head on leave with a deputy, a rep on leave with a cover, a robot that keeps to the working hours of whom it tells."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from rules.calendars import calendar_from
from tests import company
from tests.faults.scene import Scene
from tests.services import acts
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import Absence, Calendar, Department, Robot, Season
from webapp.services import recounts
from webapp.snapshots import setups

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, 23) + timedelta(days=n) for n in range(5))
URALS = {  # two hours ahead of Moscow; a break; the Wednesday closed, a short Thursday
    "zone": "Asia/Yekaterinburg",
    "weekly": [[["09:00", "13:00"], ["14:00", "18:00"]]] * 5 + [[], []],
    "country": "RU",
    "closed": [WEDNESDAY.isoformat()],
    "hours": {THURSDAY.isoformat(): [["10:00", "13:00"]]},
}
EARLY = {"zone": "Europe/Moscow", "weekly": [[["07:00", "11:00"]]] * 7}
LATE = {"zone": "Europe/Moscow", "weekly": [[["15:00", "23:00"]]] * 6 + [[]], "country": "RU"}


def hours(of: dict[str, Any], *, department: str | None = None, person: str | None = None) -> None:
    """Working hours of a department's, or a person's, own."""
    calendar_from(of)
    with transaction() as current:
        place = current.scalars(select(Department.id).where(Department.key == department)).first()
        owner = {"department_id": place, "user_id": company.person(person) if person else None}
        current.add(Calendar(name=department or person or "", definition=of, **owner))
        setups.changed()


def season(first: date, last: date, change: dict[str, Any], kind: str = "firm", *ids: int) -> None:
    with transaction() as current:
        scope = {"kind": kind, "ids": list(ids)} if ids else {"kind": kind}
        current.add(Season(name="Action", from_on=first, until_on=last, scope=scope, change=change))
        setups.changed()


def leave(name: str, first: date, last: date, cover: str | None = None) -> None:
    with transaction() as current:
        stands_in = company.person(cover) if cover else None
        current.add(Absence(user_id=company.person(name), from_on=first, until_on=last, cover_id=stands_in))
        setups.changed()


def client(n: int, rep: str = "rep1", *, vip: bool = False) -> int:
    """Somebody new, who is this rep's, writes. The deal."""
    phone = f"+79005551{n:03}"
    acts.contact(f"Client {n}", phone, rep=rep, vip=vip)
    return acts.inquiry(name=f"Client {n}", phone=phone)


def invoice_waits(n: int, rep: str, *, vip: bool) -> None:
    deal = client(n, rep, vip=vip)
    acts.invoice(deal, number=f"B-{n}")
    acts.move(deal, "payment", by="admin", raw={"deal": {"equipment_type": "standard"}})


def set_up() -> None:
    hours(URALS, department="sales_north")
    hours(EARLY, person="rep2")
    hours(LATE, person="head")
    minutes = {"after": {"amount": 150, "unit": "working_minutes"}}
    acts.robot("reaction_control", timing=minutes, fires_when="working_hours")
    acts.robot("vip_notification", fires_when="working_hours")
    acts.robot("unpaid_vip", timing={"after": {"amount": 2, "unit": "working_days"}})


def seasons_come_and_go(scene: Scene) -> None:
    """Ten o'clock on Tuesday in Moscow is noon in the Urals; next week norms are as ever."""
    set_up()
    client(1)
    client(2, "rep2")
    client(3, "rep3", vip=True)
    invoice_waits(4, "rep1", vip=True)
    scene.settle()
    scene.go_on(hours=4)  # six in the evening in the Urals, four in Moscow
    client(5, vip=True)
    scene.check()
    _seasons_overlap(scene)
    _hours_change(scene)
    scene.go_on(days=5)
    client(6)
    client(7, "rep3", vip=True)
    scene.settle()


def _seasons_overlap(scene: Scene) -> None:
    control = company.robot("reaction_control").id
    north = session().scalars(select(Department.id).where(Department.key == "sales_north")).one()
    season(TUESDAY, FRIDAY, {"factor": 300})
    client(11, "rep3")
    scene.check()
    season(TUESDAY, FRIDAY, {"replace": {"amount": 45, "unit": "minutes"}}, "department", north)
    client(12)
    scene.check()
    season(TUESDAY, WEDNESDAY, {"pause": True}, "robots", control)
    season(THURSDAY, FRIDAY, {"pause": True}, "robots", control)  # it goes on
    client(13)
    invoice_waits(14, "rep3", vip=False)
    scene.settle()


def _hours_change(scene: Scene) -> None:
    """The Urals close at noon from now on, and what waits is counted anew."""
    with transaction() as current:
        row = current.scalars(select(Calendar).where(Calendar.department_id.is_not(None))).one()
        row.definition = {**row.definition, "weekly": [[["09:00", "12:00"]]] * 5 + [[], []]}
        setups.changed()
        recounts.settle(recounts.ANEW, {"what": "calendar", "id": row.id}, Actor(company.person("admin")))
    scene.settle()


def some_are_on_leave(scene: Scene) -> None:
    """From Wednesday: the heads of North and, for a day, of all; Maria stands in for Ivan, nobody for Oleg."""
    set_up()
    client(1, vip=True)
    leave("north", WEDNESDAY, FRIDAY)
    leave("head", THURSDAY, THURSDAY)
    leave("rep1", WEDNESDAY, FRIDAY, cover="rep2")
    leave("rep3", WEDNESDAY, FRIDAY)
    client(2, vip=True)
    scene.settle()
    scene.go_on(days=1)
    for n, rep in enumerate(("rep1", "rep2", "rep3"), 10):
        client(n, rep, vip=True)
        invoice_waits(n + 10, rep, vip=True)
    for _ in range(3):  # to Saturday
        scene.go_on(hours=24)
        scene.settle()


def some_of_it(today: date) -> None:
    """For minutes of real time, whatever the hour: North works two minutes of each three, a season makes one robot
    slower, a head is on leave, a rep is covered."""
    spans = [[f"{n // 60:02}:{n % 60:02}", f"{n // 60:02}:{n % 60 + 2:02}"] for n in range(0, 24 * 60 - 3, 3)]
    days = (today - timedelta(days=1), today + timedelta(days=1))
    hours({"zone": "Europe/Moscow", "weekly": [spans] * 7}, department="sales_north")
    season(*days, {"factor": 150}, "robots", company.robot("unpaid_other").id)
    leave("north", *days)
    leave("rep1", *days, cover="rep2")
    with transaction() as current:
        current.add(
            Robot(
                stage_id=company.stage("data_collection").id,
                kind="control",
                name={"en": "A working minute"},
                position=20,
                starts=["entered"],
                timing={"after": {"amount": 1, "unit": "working_minutes"}},
                settings={"to": "head", "text": {"en": "{deal.title} waits"}, "urgency": "normal"},
            )
        )
        setups.changed()
