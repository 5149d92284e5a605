"""How the firm takes calls, and whom a call would ring at this moment: rows → what rules/calls.py reads."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from rules import calls, worktime
from rules.calls import Callee, Plan
from rules.worktime import CalendarError
from webapp import clock, phones
from webapp.db import session
from webapp.models import Address, PhoneLine, Telephony, User
from webapp.snapshots import recipients, setups
from webapp.snapshots.setups import PersonFacts


def settings() -> Telephony | None:
    """None: the firm takes no calls here."""
    return session().scalars(select(Telephony)).first()


def lines() -> list[PhoneLine]:
    """In the order in which they were added."""
    return list(session().scalars(select(PhoneLine).order_by(PhoneLine.id)))


def line_of(number: str) -> PhoneLine | None:
    return session().scalars(select(PhoneLine).where(PhoneLine.number == number)).first()


def house() -> dict[str, int]:
    """Phones of those who work here, in E.164, and whose each is: none of them is a client's."""
    people, country = setups.current().people, setups.current().firm.country
    listed = session().execute(select(User.id, User.phone).where(User.phone.is_not(None)))
    own = select(Address.user_id, Address.address).where(Address.kind == "sms", Address.confirmed_at.is_not(None))
    found = {phones.split(phones.first(number, country))[0]: who for who, number in (*listed, *session().execute(own))}
    return {number: who for number, who in found.items() if number and who in people and people[who].is_active}


def callees() -> dict[int, Callee]:
    """Everybody who works here: their phone, and whether they are at work now."""
    numbers = _numbers()
    return {
        each.id: Callee(numbers.get(each.id, ""), _is_at_work(each), each.department_ids)
        for each in setups.current().people.values()
        if each.is_active
    }


def plan(responsible_id: int | None, department_id: int | None, known: Mapping[int, Callee]) -> Plan:
    """Whom a call to somebody of this department rings now."""
    chart = setups.current().org
    return calls.plan(chart, known, responsible_id, department_id, recipients.today())


def _numbers() -> dict[int, str]:
    """A phone that counts (confirmed, or vouched for) comes before the one in the list of staff."""
    listed = session().execute(select(User.id, User.phone).where(User.phone.is_not(None)))
    own = select(Address.user_id, Address.address).where(Address.kind == "sms", Address.confirmed_at.is_not(None))
    counted = session().execute(own.order_by(Address.position.desc(), Address.id.desc()))
    return {row[0]: row[1] for row in (*listed, *counted)}


def _is_at_work(person: PersonFacts) -> bool:
    calendar = setups.current().calendar_for(person.department_id, person.id, recipients.today())
    try:
        return worktime.is_open(calendar, clock.now())
    except CalendarError:  # it never opens
        return False
