"""Changing what is live on a large board: the sheet of consequences, the publication, the work that follows it, what
whoever opens the board waits meanwhile; a rehearsal of a robot over three months."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select

from tests import company
from tests.bench.boards import MS, percentile
from tests.bench.places import Place
from tests.bench.visitors import Visitor, browser, caller
from tests.stack import Stack
from webapp.db import session
from webapp.models import SetupWork

SIZE, DAYS = 20_000, 90
STAGE = "sales/data_collection"
REHEARSED = 10_000  # deals, to which the goal of a rehearsal belongs
LONGEST, QUICKLY = 1800, 20  # seconds to wait for what follows; a quick measurement does not wait for the end


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """A stage with thousands of deals is archived, as an admin does it by the API; then a robot is rehearsed."""
    with place.stack(SIZE) as stack:
        admin = caller(stack, "admin")
        looked = browser(stack, "admin")
        screens = [looked.get("/automation/sales").seconds * MS for _ in range(10)]
        before = [looked.get("/").seconds * MS for _ in range(10)]
        figures = {"setup.screen": statistics.median(screens), "setup.before": statistics.median(before)}
        figures |= _published(stack, admin, is_quick=is_quick)
        return figures | _rehearsed(stack, admin)


def _published(stack: Stack, admin: Visitor, *, is_quick: bool) -> dict[str, float]:
    wanted = _asked(admin, "GET", "/api/v1/setup")["setup"]
    _without_stage(wanted)
    sheets = []
    for _ in range(3 if is_quick else 8):
        started = time.perf_counter()
        plan = _asked(admin, "POST", "/api/v1/setup/plans", {"setup": wanted})
        sheets.append(time.perf_counter() - started)
    chosen = {each["id"]: each["remedies"][0]["key"] for each in plan["consequences"] if each["chosen"] is None}
    assert chosen, "a stage with deals on it asks where they go"
    with _board_meanwhile(stack) as waited:
        started = time.perf_counter()
        _asked(admin, "POST", f"/api/v1/setup/plans/{plan['id']}/application", {"remedies": chosen})
        published = time.perf_counter() - started
        done = _followed(stack, QUICKLY if is_quick else LONGEST)
        followed = time.perf_counter() - started
    return {
        "setup.sheet": statistics.median(sheets),
        "setup.published": published,
        "setup.followed": followed,
        "setup.moved": done,
        "setup.board.p50": statistics.median(waited) * MS,
        "setup.board.p95": percentile(waited, 0.95) * MS,
    }


def _without_stage(setup: dict[str, Any]) -> None:
    """A set-up in its JSON form, with the stage in the archive; what led there leads on."""
    (stage,) = [each for each in setup["stages"] if f"{each['pipeline']}/{each['key']}" == STAGE]
    stage["is_archived"] = True


def _asked(by: Visitor, method: str, path: str, body: Any = None) -> Any:
    answer = by.ask(method, path, json.dumps(body) if body is not None else None)
    assert answer.status < 300, answer.text
    return json.loads(answer.text)


@contextmanager
def _board_meanwhile(stack: Stack) -> Iterator[list[float]]:
    """A head looks at the board again and again: how long each time took."""
    visitor, waited, over = browser(stack, "head"), [], threading.Event()

    def look() -> None:
        while not over.is_set():
            answer = visitor.get("/")
            assert answer.status == 200, answer.status
            waited.append(answer.seconds)
            time.sleep(0.05)

    visitor.get("/")
    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield waited
    finally:
        over.set()
        thread.join()


def _followed(stack: Stack, longest: float) -> float:
    """Wait for the work; how many deals it has moved."""
    until, done = time.monotonic() + longest, 0
    with stack.app.app_context():
        while time.monotonic() < until:
            waiting = session().scalar(select(func.count()).select_from(SetupWork).where(SetupWork.state == "waiting"))
            done = session().scalar(select(func.max(SetupWork.done))) or 0
            session().close()
            if not waiting:
                break
            time.sleep(0.1)
    assert longest < LONGEST or not waiting, "the work that follows does not end"
    return float(done)


def _rehearsed(stack: Stack, admin: Visitor) -> dict[str, float]:
    with stack.app.app_context():
        robot = company.robot("reaction_control").id
        session().close()
    started = time.perf_counter()
    made = _asked(admin, "POST", "/api/v1/rehearsals", {"robot_id": robot, "days": DAYS})["id"]
    steps: set[int] = set()
    while True:
        found = _asked(admin, "GET", f"/api/v1/rehearsals/{made}")
        steps.add(found["done"])
        if found["state"] != "waiting":
            break
        assert time.perf_counter() - started < LONGEST, "the rehearsal does not end"
        time.sleep(0.2)
    spent = time.perf_counter() - started
    assert found["state"] == "done", found["state"]
    assert found["of"], "nothing was rehearsed"
    return {
        "rehearsal": spent * REHEARSED / found["of"],
        "rehearsal.deals": found["of"],
        "rehearsal.steps": len(steps),
    }
