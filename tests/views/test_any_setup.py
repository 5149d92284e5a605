"""Nothing that is stored raises on reading, whatever the set-up: over random ones, of which random parts are archived
beneath what lives there. SETUP_EXAMPLES=200 looks longer (a few seconds each)."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests import company, servers
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from tests.views import any_setup, every_page
from tests.views.scenes import browser, standing_firm
from webapp import clock as time_source
from webapp.access import sessions
from webapp.db import session, transaction
from webapp.models import RobotRun, User
from webapp.snapshots import setups

EXAMPLES = int(os.environ.get("SETUP_EXAMPLES", "1"))
ENDS = {"fired", "condition_false", "called_off", "no_recipient"}


@pytest.fixture(scope="module")
def firm_of(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Any]:
    return lambda: standing_firm(templates, redis_server, tmp_path_factory.mktemp("setup"))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a smaller seed is no simpler firm
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32))
def test_whatever_is_archived_of_whatever_set_up_everything_goes_on(firm_of: Callable[[], Any], seed: int) -> None:
    chance, mine = Random(seed), Clock(TUESDAY)
    with firm_of() as app, time_source.running_on(mine):
        with app.app_context():
            any_setup.make(chance)
            any_setup.live(chance)
            any_setup.archive(chance)
        look(app, chance)
        with app.app_context():
            any_setup.go_on(chance)
            for _ in range(3):
                mine.go_on(days=15)
                acts.work()
            check_runs(mine)
            any_setup.close()
            session().close()
        look(app, chance)


def look(app: Flask, chance: Random) -> None:
    """Every page, by everybody, in either language; and the API."""
    with app.app_context():
        with transaction() as current:
            for user in current.scalars(select(User)):
                user.locale = chance.choice(("en", "ru"))
            setups.changed()
            headers = {"Authorization": f"Bearer {sessions.new_token(company.person('admin'), 'tests')}"}
        pages = every_page.paths(app)
        here = [name for name in ("rep1", "head", "admin") if setups.current().people[company.person(name)].is_active]
        session().close()
    asked = app.test_client()
    answers = {("nobody", path): asked.get(path).status_code for path in ("/sign-in", "/", "/form/sales")}
    answers |= {("API", path): asked.get(path, headers=headers).status_code for path in pages if "/api/" in path}
    for name in here:
        who = browser(app, name)
        answers |= {(name, path): who.get(path).status_code for path in pages if "/api/" not in path}
    assert {at: status for at, status in answers.items() if status >= 500} == {}
    assert [answers["nobody", "/sign-in"], answers["admin", "/tasks"], answers["API", "/api/v1/deals"]] == [200] * 3


def check_runs(clock: Clock) -> None:
    """Each run that was due has ended once, and says why."""
    for run in session().scalars(select(RobotRun)):
        is_due = run.due_at is not None and run.due_at <= clock()
        assert run.state in (ENDS if is_due else ENDS | {"waiting"}), (run.id, run.state, run.definition)
        assert run.state in ("waiting", "fired") or run.reason.get("code"), (run.id, run.state, run.definition)
