"""The set-up as a file on the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from webapp.snapshots import setup_documents as documents

Type = Callable[..., Result]


@pytest.fixture
def typed(app: Flask) -> Type:
    return lambda *words: app.test_cli_runner().invoke(args=["setup", *words])


def test_a_file_is_written_planned_and_applied_as_the_plan_that_was_looked_at(
    app: Flask, typed: Type, tmp_path: Path
) -> None:
    file, other = tmp_path / "setup.json", tmp_path / "again.json"
    assert typed("export", str(file)).exit_code == 0
    assert "Nothing would change." in typed("plan", str(file)).output
    raw = json.loads(file.read_text())
    raw["stages"] = [each for each in raw["stages"] if each["key"] != "data_collection"]
    file.write_text(json.dumps(raw))
    planned = typed("plan", str(file)).output
    assert "Stage “Data collection” is archived" in planned
    found = re.search("hash: ([0-9a-f]+)", planned)
    assert found, planned
    refused = typed("apply", str(file), "--expect", "0" * 64)
    assert (refused.exit_code, "changed in the meantime" in refused.output) == (1, True)
    done = typed("apply", str(file), "--expect", found[1])
    assert (done.exit_code, done.output) == (0, f"Version 2 is live, in {tmp_path / 'dozor.db'}.\n"), done.output
    with app.app_context():
        trigger = documents.live().get("trigger", "dialogue_taken")
        assert trigger is not None
        assert trigger.parts["stage"] == "sales/processing"
    assert typed("export", str(other)).exit_code == 0
    first = other.read_text()
    assert typed("export", str(other)).exit_code == 0
    assert other.read_text() == first


def test_what_is_no_set_up_is_refused_in_a_line(typed: Type, tmp_path: Path) -> None:
    file = tmp_path / "setup.json"
    file.write_text("hello")
    done = typed("plan", str(file))
    assert done.exit_code == 1
    assert "is not a set-up file" in done.output
