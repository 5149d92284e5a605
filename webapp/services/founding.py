"""A firm begins: its row, its calendar, one department that its first admin leads, one pipeline. Once in a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from rules.hues import hue_for
from rules.texts import line
from webapp import clock
from webapp.access.scopes import Actor
from webapp.db import advisory_lock, session
from webapp.errors import NotFound, Problems, Refused
from webapp.models import Calendar, Department, Firm, FoundingCode, Pipeline, Stage
from webapp.services import accounts, firms, journal, people, texts
from webapp.snapshots import setups

Words = dict[str, str]
WEEK = [[["09:00", "18:00"]]] * 5 + [[], []]
CALENDAR: Words = {"en": "Working week", "ru": "Рабочая неделя"}
DEPARTMENT: Words = {"en": "Sales", "ru": "Отдел продаж"}
PIPELINE: Words = {"en": "Sales", "ru": "Продажи"}
STAGES: Mapping[str, Words] = {
    "new": {"en": "New", "ru": "Новая"},
    "in_work": {"en": "In work", "ru": "В работе"},
    "won": {"en": "Won", "ru": "Успех"},
    "lost": {"en": "Lost", "ru": "Провал"},
}
ENDS = {"won": "won", "lost": "lost"}
ANOTHER = "another"  # a country that is none of those listed: said by somebody, and not left open


@dataclass(frozen=True, slots=True)
class FirmDraft:
    """What is asked of a new firm. `country` is None where it is not known."""

    name: str
    locale: str
    time_zone: str
    currency: str
    country: str | None


@dataclass(frozen=True, slots=True)
class AdminDraft:
    """The first admin, with the hash of a password that has been thought of."""

    name: str
    email: str
    password_hash: str


def found(firm: FirmDraft, admin: AdminDraft, *, user_id: int | None = None) -> int:
    """In the open transaction, in a database without a firm: of two who begin one at once, the second finds it there.
    The admin's id. Raises NotFound when there is a firm, Refused naming what is wrong."""
    advisory_lock("firm")
    if session().scalar(select(Firm.id)) is not None:
        raise NotFound("founding")
    name, email = checked(firm, admin)
    firm_id = begin(firm, first_steps={})
    home = department("sales", DEPARTMENT)
    now = clock.now()
    admin_id = accounts.create(
        email, name, admin.password_hash, locale=firm.locale, zone=firm.time_zone, at=now, is_admin=True, id=user_id
    )
    accounts.place(admin_id, home, "head")
    pipeline(PIPELINE, STAGES, home)
    session().execute(delete(FoundingCode))
    journal.write("firm.founded", "firm", firm_id, Actor(admin_id, via="page"))
    setups.changed()
    return admin_id


def checked(firm: FirmDraft, admin: AdminDraft) -> tuple[str, str]:
    """The admin's name and address as they are kept. Raises Refused naming everything that is wrong."""
    problems: Problems = dict(firms.problems(vars_of(firm)))
    name = email = ""
    try:
        name = texts.line("admin", admin.name, people.NAME_LIMIT)
    except Refused as error:
        problems |= error.problems
    try:
        email = accounts.address(admin.email)
    except Refused as error:
        problems |= error.problems
    if problems:
        raise Refused("bad_fields", problems=problems)
    return name, email


def vars_of(firm: FirmDraft) -> dict[str, str | None]:
    return {
        "firm": firm.name,
        "locale": firm.locale,
        "time_zone": firm.time_zone,
        "currency": firm.currency,
        "country": firm.country,
    }


def begin(firm: FirmDraft, *, is_lesson: bool = False, first_steps: dict[str, Any] | None = None) -> int:
    """The firm's row and its calendar: Monday to Friday, 9 to 18, with the holidays of its country where those are
    known."""
    week: dict[str, Any] = {
        "zone": firm.time_zone,
        "weekly": WEEK,
        "country": firms.with_holidays(firm.country),
        "closed": [],
        "hours": {},
    }
    calendar = Calendar(name=CALENDAR[firm.locale], definition=week)
    session().add(calendar)
    session().flush()
    row = Firm(
        name=line(firm.name, firms.NAME_LIMIT),
        locale=firm.locale,
        time_zone=firm.time_zone,
        currency=firm.currency,
        country=firm.country,
        calendar_id=calendar.id,
        is_lesson=is_lesson,
        marks_next_step="overdue" if is_lesson else "missing",  # the lesson's cards speak of its own things
        first_steps=first_steps,
    )
    session().add(row)
    session().flush()
    return row.id


def department(key: str, name: Words, parent_id: int | None = None) -> int:
    row = Department(key=key, name=name, parent_id=parent_id)
    session().add(row)
    session().flush()
    return row.id


def pipeline(name: Words, stages: Mapping[str, Words], department_id: int) -> dict[str, int]:
    """Pipeline `sales`, whose inquiries go to this department. Ids of its stages by key."""
    row = Pipeline(key="sales", name=name, department_id=department_id)
    session().add(row)
    session().flush()
    rows = [
        Stage(pipeline_id=row.id, key=key, name=words, position=n, kind=kind, hue=hue_for(kind, range(n)))
        for n, (key, words) in enumerate(stages.items())
        for kind in [ENDS.get(key, "open")]
    ]
    session().add_all(rows)
    session().flush()
    return {each.key: each.id for each in rows}
