"""The soak in small, so that it does not rot: half a minute of six people."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.soak.__main__ import text
from tests.soak.soak import Soak
from tests.stack import standing
from webapp import clock
from webapp.db import session
from webapp.models import RobotRun

pytestmark = pytest.mark.faults
SECONDS = 25


@pytest.mark.timeout(240)
def test_a_short_working_day_leaves_nothing_wrong_behind(tmp_path: Path) -> None:
    with standing("sqlite", tmp_path, with_deals=True) as (stack, _):
        began, soak = clock.now(), Soak(stack, 6, SECONDS, pace=0.6, every=1.0)
        report = soak.run()
        with stack.app.app_context():
            fired = session().scalar(
                select(func.count(RobotRun.id)).where(RobotRun.state == "fired", RobotRun.ended_at > began)
            )
            session().close()
    said = text(report, "sqlite")
    assert report.wrong == [], said
    done, sockets = soak.book.done, soak.book.sockets
    assert {"sign in", "sign out", "move", "sheet", "reply", "form sent", "inquiry"} <= set(done), said
    assert min(sockets["opened"], sockets["card"], sockets["cards looked at"]) > soak.firm.target, said
    assert fired, said
