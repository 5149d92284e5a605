"""Firms with years of work behind them, for measuring: deals with their visits, runs, clients, talks and journal.

They are made once for each shape of the tables and kept; a measurement works on a copy.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Connection, Engine, Table, create_engine, func, insert, select, text

from webapp import clock, models, seeds
from webapp.app import create_app
from webapp.config import Settings
from webapp.db import Base, db, folding, session, transaction
from webapp.migrations import upgrades
from webapp.models import AT_ONCE, column_totals
from webapp.seeds.stories import STORIES
from webapp.services import accounts, definitions
from webapp.snapshots import setups
from webapp.snapshots.specs import definition

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "bench-cache"
LOCALE = "ru"  # Cyrillic weighs more
SHARES = {"new": 6, "data_collection": 14, "processing": 12, "payment": 8, "won": 30, "lost": 30}
ROAD = ("new", "data_collection", "processing", "payment")
CHUNK = 20_000
BLOCK = 20_000  # more than this many deals are copies of these, made by the database itself
REPS = 24
BULK = (
    "company",
    "contact",
    "deal",
    "stage_visit",
    "conversation",
    "message",
    "robot_run",
    "task",
    "invoice",
    "journal",
)


def digest() -> str:
    """What a kept firm depends on: the tables, the seeds, this file, and the month (what waits must not fall due)."""
    seen = hashlib.sha256(clock.now().strftime("%Y-%m").encode())
    for folder in ("webapp/models", "webapp/seeds"):
        for path in sorted((ROOT / folder).glob("*.py")):
            seen.update(path.read_bytes())
    seen.update(Path(__file__).read_bytes())
    return seen.hexdigest()[:12]


def fill(settings: Settings, size: int) -> None:
    """The lesson's firm, grown, with `size` deals, in the empty database of `settings`."""
    app = create_app(settings, doors=False)
    upgrades.upgrade(app)
    with app.app_context():
        seeds.lesson(LOCALE, with_deals=False)
        if size >= 1000:
            _hire()
        past = Past(min(size, BLOCK))
        db.session.remove()
        db.engine.dispose()
    app.extensions["dozor.redis"].close()
    engine = create_engine(settings.database_url)
    _write(engine, past, size // past.size)
    engine.dispose()


def _hire() -> None:
    """More reps, as a firm with a thousand deals has."""
    with transaction():
        homes = {row.key: row.id for row in session().scalars(select(models.Department))}
        at = clock.now() - timedelta(days=900)
        for n in range(REPS):
            who = accounts.create(
                f"rep{n + 10}@dozor.example",
                f"Сотрудник {n + 10}",
                "-",
                locale=LOCALE,
                zone="Europe/Moscow",
                at=at,
                hue=n % 8,
            )
            accounts.place(who, homes["sales_north" if n % 2 else "sales_south"])
        setups.changed()


def _write(engine: Engine, past: Past, blocks: int) -> None:
    """All rows at once: indexes are made afterwards, as by a restored backup."""
    tables = [Base.metadata.tables[name] for name in BULK]
    is_sqlite = engine.dialect.name == "sqlite"
    haste = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-300000", "temp_store=MEMORY")
    with engine.connect() as connection:
        _outside(connection, *(f"PRAGMA {each}" for each in haste if is_sqlite))
        if not is_sqlite:
            connection.exec_driver_sql("SET session_replication_role = replica")
            connection.commit()
        indexes = [index for table in tables for index in table.indexes]
        for index in indexes:
            index.drop(connection)
        for name in ("deal_come", "deal_gone", "deal_changed") if is_sqlite else ():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        _pour(connection, past)
        tops = {table.name: connection.scalar(select(func.max(table.c.id))) or 0 for table in tables}
        for table in tables:
            _copy(connection, table, tops, blocks)
        for index in indexes:
            index.create(connection)
        column_totals.recount(connection)
        for table in () if is_sqlite else tables:
            top = connection.scalar(select(func.max(table.c.id))) or 1
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {top})"))
        column_totals.install(connection)
        connection.commit()
        if is_sqlite:
            _outside(connection, "PRAGMA journal_mode=WAL")
        else:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()


def _outside(connection: Connection, *pragmas: str) -> None:
    """How a journal is kept cannot change within a transaction, and each begins with its first statement."""
    for each in pragmas:
        connection.connection.cursor().execute(each)


def _pour(connection: Connection, past: Past) -> None:
    pending: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, row in past.rows():
        pending[name].append(row)
        if len(pending[name]) == CHUNK:
            _insert(connection, Base.metadata.tables[name], pending.pop(name))
    for name, rows in pending.items():
        _insert(connection, Base.metadata.tables[name], rows)


def _copy(connection: Connection, table: Table, tops: Mapping[str, int], blocks: int) -> None:
    """The same again, `blocks` times in all: older deals, lower in their columns."""
    for n in range(1, blocks):
        columns = [_nth(column, tops, n).label(column.name) for column in table.c]
        block = select(*columns).where(table.c.id <= tops[table.name])
        connection.execute(insert(table).from_select([each.name for each in table.c], block))


def _nth(column: Column[Any], tops: Mapping[str, int], n: int) -> ColumnElement[Any]:
    """A column in the n-th copy: ids are shifted, what must be unique gets an end of its own."""
    parents = {key.column.table.name for key in column.foreign_keys} | (
        {"stage_visit"} if column.name == "visit_id" else set()
    )
    parent = column.table.name if column.primary_key else next(iter(parents), "")
    if parent in tops:
        return column + n * tops[parent]
    if column.name in ("position", "left_position"):
        return column + n * BLOCK * 1024.0
    if column.name in ("key", "number"):
        return column.concat(f"-{n}")
    return column


def _insert(connection: Any, table: Table, rows: list[dict[str, Any]]) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), rows)
        return
    rows = [row | folding.beside(table, row) for row in rows]
    rows = [_defaults(table, row) | row for row in rows]
    names = list(rows[0])
    are_json = [isinstance(table.c[name].type, JSON) for name in names]
    copy = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    with connection.connection.driver_connection.cursor() as cursor, cursor.copy(copy) as stream:
        for row in rows:
            stream.write_row([_copied(row[name], is_json) for name, is_json in zip(names, are_json, strict=True)])


def _defaults(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """What an insert would fill in by itself, where COPY fills in nothing."""
    wanting: dict[str, Any] = {each.name: each.default for each in table.c if each.default and each.name not in row}
    return {name: default.arg(None) if default.is_callable else default.arg for name, default in wanting.items()}


def _copied(value: Any, is_json: bool) -> Any:
    return value if value is None or not is_json else json.dumps(value, ensure_ascii=False)


@dataclass
class Past:
    """The rows of a firm's past. The latest deals are the last; each column's latest arrival stands on top."""

    size: int
    ids: dict[str, Iterator[int]] = field(default_factory=lambda: {name: itertools.count(1) for name in BULK})

    def __post_init__(self) -> None:
        setup = setups.current()
        self.chance = random.Random(self.size)
        self.now = clock.now().astimezone(UTC)
        self.stages = {each.key: each for each in setup.stages.values()}
        leaders = {person for each in setup.org.departments.values() for person in (*each.heads, *each.deputies)}
        self.reps = [each for each in setup.people.values() if each.department_id and each.id not in leaders]
        self.heads = sorted(leaders)
        self.robots = {row.key: (row.id, definition(row)) for row in session().scalars(select(models.Robot))}
        with transaction():
            self.shared = definitions.ids_of({key: frozen for key, (_, frozen) in self.robots.items()})
        self.currency = setup.firm.currency
        self.step = timedelta(days=700) / self.size

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Table and row, parents first within a deal."""
        shares = [key for key, share in SHARES.items() for _ in range(share)]
        self.chance.shuffle(shares)
        for n in range(max(self.size // 4, 1)):
            yield "company", {"id": next(self.ids["company"]), "name": f"ООО «{_title(n)[:14]}-{n + 1}»"}
        for n in range(self.size):
            yield from self._deal(n, shares[n % len(shares)])

    def _deal(self, n: int, stands_on: str) -> Iterator[tuple[str, dict[str, Any]]]:
        chance, deal_id = self.chance, next(self.ids["deal"])
        created = self.now - (self.size - n) * self.step
        rep, story = chance.choice(self.reps), STORIES[n % len(STORIES)]
        is_vip, is_special = chance.random() < 0.1, chance.random() < 0.15
        contact_id = next(self.ids["contact"])
        yield "contact", self._contact(contact_id, story, n, is_vip, created)
        road = [*ROAD[: ROAD.index(stands_on)], stands_on] if stands_on in ROAD else self._whole_road(stands_on)
        instants = [created + each * self.step * 2 / 3 for each in range(len(road))]
        visits = [next(self.ids["stage_visit"]) for _ in road]
        yield "deal", {
            "id": deal_id, "title": f"{story.title[LOCALE]} № {n + 1}",
            "amount_minor": chance.randrange(50, 4000) * 100_000,
            "currency": self.currency, "pipeline_id": self.stages["new"].pipeline_id,
            "stage_id": self.stages[stands_on].id,
            "position": -1024.0 * n, "contact_id": contact_id, "responsible_id": rep.id,
            "department_id": rep.department_id,
            "fields": {"equipment_type": "special" if is_special else chance.choice(("standard", "large"))}
            if len(road) > 2 else {},
            "source": chance.choice(("chat", "form", "email", "api", "manual")), "version": len(road),
            "lost_reason": "Выбрали другого поставщика" if stands_on == "lost" else None, "visit_id": visits[-1],
            "entered_at": instants[-1], "created_at": created, "created_by_id": None, "deleted_at": None,
            "closed_at": instants[-1] if stands_on in ("won", "lost") else None,
        }  # fmt: skip
        yield from self._visits(deal_id, road, instants, visits, rep)
        yield from self._talk(n, deal_id, contact_id, stands_on, created, rep)
        yield from self._runs(n, deal_id, road, instants, visits, rep, is_vip, is_special)
        if "payment" in road:
            yield "invoice", self._invoice(deal_id, stands_on, instants)

    def _whole_road(self, end: str) -> list[str]:
        return [*ROAD[: 4 if end == "won" else self.chance.randrange(1, 4)], end]

    def _contact(self, contact_id: int, story: Any, n: int, is_vip: bool, at: datetime) -> dict[str, Any]:
        return {
            "id": contact_id, "name": f"{story.client[LOCALE]} {n + 1}", "phone": f"+79{n:09d}",
            "email": f"client{n}@example.ru",
            "external_id": f"ext-{n}" if n % 3 == 0 else None,
            "company_id": n // 4 + 1 if n // 4 < self.size // 4 and n % 3 else None,
            "fields": {"vip": True} if is_vip else {}, "responsible_id": None, "created_by_id": None,
            "created_at": at, "version": 1,
        }  # fmt: skip

    def _visits(
        self, deal_id: int, road: list[str], instants: list[datetime], visits: list[int], rep: Any
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        last = len(road) - 1
        yield (
            "journal",
            self._journal(
                instants[0],
                "deal.created",
                "deal",
                deal_id,
                deal_id,
                None,
                None,
                {"title": "…", "stage": self.stages[road[0]].id},
                None,
            ),
        )
        for n, (key, at, visit_id) in enumerate(zip(road, instants, visits, strict=True)):
            left = instants[n + 1] if n < last else None
            yield "stage_visit", {
                "id": visit_id, "deal_id": deal_id, "stage_id": self.stages[key].id, "entered_at": at, "left_at": left,
                "left_position": None if left is None else float(-deal_id),
            }  # fmt: skip
            if n:
                ids = (self.stages[road[n - 1]].id, self.stages[key].id)
                yield (
                    "journal",
                    self._journal(at, "deal.moved", "deal", deal_id, deal_id, "stage", *ids, rep.id),
                )
            if key == "processing":
                yield (
                    "journal",
                    self._journal(at, "deal.edited", "deal", deal_id, deal_id, "equipment_type", None, "large", rep.id),
                )

    def _journal(
        self,
        at: datetime,
        event: str,
        entity: str,
        entity_id: int,
        deal_id: int | None,
        name: str | None,
        old: Any,
        new: Any,
        by: int | None,
    ) -> dict[str, Any]:
        return {
            "id": next(self.ids["journal"]), "at": at, "event": event, "entity": entity, "entity_id": entity_id,
            "deal_id": deal_id,
            "field": name, "old": old, "new": new, "by_id": by, "cause": {"via": "page"},
        }  # fmt: skip

    def _talk(
        self, n: int, deal_id: int, contact_id: int, stands_on: str, at: datetime, rep: Any
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        talk_id = next(self.ids["conversation"])
        is_fresh = n > self.size - 1500
        waits = is_fresh and (stands_on == "new" or (stands_on in ROAD and self.chance.random() < 0.1))
        yield "conversation", {
            "id": talk_id, "deal_id": deal_id, "contact_id": contact_id, "channel": "chat", "created_at": at,
            "replied_at": None if stands_on == "new" else at + self.step / 2, "unanswered_since": at if waits else None,
        }  # fmt: skip
        said = ("in",) if stands_on == "new" else ("in", "out", "in", "out") if n % 3 == 0 else ("in", "out")
        for k, way in enumerate(said):
            message_id = next(self.ids["message"])
            yield "message", {
                "id": message_id, "conversation_id": talk_id, "direction": way, "at": at + k * self.step / 9,
                "text": "Добрый день! Пришлите, пожалуйста, цену и срок поставки.",
                "by_id": rep.id if way == "out" else None,
            }  # fmt: skip
            event = "message.received" if way == "in" else "message.sent"
            yield (
                "journal",
                self._journal(at, event, "message", message_id, deal_id, None, None, {"text": "Добрый день!"}, None),
            )

    def _runs(
        self,
        n: int,
        deal_id: int,
        road: list[str],
        instants: list[datetime],
        visits: list[int],
        rep: Any,
        is_vip: bool,
        is_special: bool,
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        last = len(road) - 1
        told = {"code": "told", "people": [self.chance.choice(self.heads)]}
        for k, (key, at, visit_id) in enumerate(zip(road, instants, visits, strict=True)):
            stays = k == last
            if key == "new":
                waits = stays and n % 3 == 0 and n > self.size - 2000
                state = "waiting" if waits else "fired" if stays or self.chance.random() < 0.3 else "called_off"
                yield self._run("reaction_control", deal_id, visit_id, at, timedelta(minutes=10), state, told)
                if is_vip:
                    yield self._run("vip_notification", deal_id, visit_id, at, timedelta(0), "fired", told)
            elif key == "processing":
                state = "fired" if is_vip and is_special else "condition_false"
                name, run = self._run("vip_task", deal_id, visit_id, at, timedelta(0), state, {"code": state})
                yield name, run
                if state == "fired":
                    yield "task", self._task(deal_id, run, at, rep, stays)
            elif key == "payment":
                robot = "unpaid_vip" if is_vip else "unpaid_other"
                yield self._run(
                    robot,
                    deal_id,
                    visit_id,
                    at,
                    timedelta(days=3),
                    "waiting" if stays else "called_off",
                    {"code": "left_stage"},
                )

    def _run(
        self, key: str, deal_id: int, visit_id: int, at: datetime, delay: timedelta, state: str, reason: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        run_id, (robot_id, _) = next(self.ids["robot_run"]), self.robots[key]
        waits = state == "waiting"
        due = self.now + timedelta(days=30 + self.chance.random() * 30) if waits else at + delay
        night = self.now.replace(hour=15, minute=0).timestamp()
        return "robot_run", {
            "id": run_id, "key": f"v{visit_id}-r{robot_id}", "state": state,
            "attempts": 1 if state == "fired" else 0, "due_at": due,
            "visible_at": due if waits or delay else AT_ONCE, "claimed_at": due if state == "fired" else None,
            "ended_at": None if waits else due,
            "created_at": at, "error": None, "robot_id": robot_id, "deal_id": deal_id, "visit_id": visit_id,
            "message_id": None,
            "definition_id": self.shared[key], "base_at": at, "is_late": False, "reason": {} if waits else reason,
            "findings": [], "path": [],
            "pauses": [[night + k * 86400, night + k * 86400 + 54000] for k in range(3)]
            if waits and key == "unpaid_vip" else [],
        }  # fmt: skip

    def _task(self, deal_id: int, run: dict[str, Any], at: datetime, rep: Any, is_open: bool) -> dict[str, Any]:
        task_id = next(self.ids["task"])
        settings = next(frozen["settings"] for robot_id, frozen in self.robots.values() if robot_id == run["robot_id"])
        return {
            "id": task_id, "key": f"run-{run['id']}", "deal_id": deal_id, "robot_id": run["robot_id"],
            "run_id": run["id"],
            "title": settings["title"], "text": settings["text"], "facts": {},
            "state": "in_progress" if is_open else "done",
            "assignee_id": rep.id, "creator_id": self.heads[0],
            "acceptor_id": self.heads[task_id % len(self.heads)], "acceptor_path": [],
            "accept": True, "result_required": True, "due_at": self.now + timedelta(days=30), "result": None,
            "submitted_at": None,
            "acceptance_due_at": None, "returns_count": 0, "created_at": at, "ended_at": None if is_open else at,
            "version": 1,
        }  # fmt: skip

    def _invoice(self, deal_id: int, stands_on: str, instants: list[datetime]) -> dict[str, Any]:
        invoice_id, is_paid = next(self.ids["invoice"]), stands_on == "won"
        return {
            "id": invoice_id, "deal_id": deal_id, "number": f"2026-{invoice_id}", "amount_minor": 1_000_000,
            "currency": self.currency,
            "paid_minor": 1_000_000 if is_paid else 0, "issued_on": instants[-1].date(), "due_on": None,
            "created_by_id": None,
            "paid_at": instants[-1] if is_paid else None, "created_at": instants[-1],
        }  # fmt: skip


def _title(n: int) -> str:
    return STORIES[n % len(STORIES)].title[LOCALE]
