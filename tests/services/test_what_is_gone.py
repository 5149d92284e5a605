"""A run whose condition asks for options that were archived says which, as the set-up names them, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from tests.conftest import Clock
from tests.services import acts
from webapp.db import transaction
from webapp.i18n import readers, runs
from webapp.i18n.isolates import unmarked
from webapp.models import Field, RobotRun
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
NAMES = {"standard": "Стандартное", "large": "Крупное", "special": "Особое"}


def options(*archived: str) -> None:
    rows = [{"key": key, "label": {"ru": name}, "is_archived": key in archived} for key, name in NAMES.items()]
    with transaction() as current:
        current.execute(update(Field).where(Field.key == "equipment_type").values(options=rows))
        setups.changed()


def ended(operator: str, value: Any, *archived: str) -> RobotRun:
    """The run of a robot that asked for these, once its time had come and some of them were archived."""
    asked = {"entity": "deal", "field": "equipment_type", "operator": operator, "value": value}
    acts.robot("vip_notification", starts=["entered"], condition={"all": [asked]})
    deal_id = acts.deal()
    options(*archived)
    acts.work()
    (run,) = acts.runs(deal_id, "vip_notification")
    assert run.state == "condition_false"
    return run


def said(run: RobotRun, reason: dict[str, Any] | None = None) -> str:
    with readers.reading("ru", "Europe/Moscow"):
        return unmarked(runs.reason(reason or run.reason, setups.current()))


def ticked(run: RobotRun) -> str:
    with readers.reading("ru", "Europe/Moscow"):
        return unmarked(runs.ticks(run.findings, setups.current())[0].gone)


BOTH = ["large", "special"]


@pytest.mark.parametrize(
    ("operator", "value", "archived", "words"),
    [
        ("not_in", BOTH, ("special",), "варианта «Особое»"),
        ("not_in", BOTH, ("special", "large"), "вариантов «Крупное», «Особое»"),
        ("in", BOTH, ("special", "large"), "вариантов «Крупное», «Особое»"),
        ("ne", "special", ("special",), "варианта «Особое»"),
    ],
)
def test_only_what_is_gone_is_named(
    clock: Clock, operator: str, value: Any, archived: tuple[str, ...], words: str
) -> None:
    run = ended(operator, value, *archived)
    whole = f"в поле «Тип оборудования» больше нет {words}"
    assert said(run) == ticked(run) == whole
    options()
    assert said(run) == ticked(run) == whole, "as it was then, though they are there again"


def test_a_run_that_kept_only_what_it_asked_for_names_what_is_gone_today(clock: Clock) -> None:
    run = ended("not_in", BOTH, "special")
    kept = {"code": "condition_false", "gone": [{k: v for k, v in run.reason["gone"][0].items() if k != "options"}]}
    assert said(run, kept).endswith("варианта «Особое»")
