"""A start that is refused says in its one line what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.box import first_start
from webapp.config import ConfigError
from webapp.migrations import upgrades


@pytest.mark.parametrize(
    ("said", "todo"),
    [
        ('FATAL:  password authentication failed for user "dozor"', "the password in DATABASE_URL"),
        ('FATAL:  database "dozor" does not exist', "createdb"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', "pg_hba.conf"),
        ("permission denied for schema public", "the owner of the database"),
        ("something that nobody knows", "the log of PostgreSQL"),
    ],
)
def test_what_a_server_says_has_its_remedy(monkeypatch: pytest.MonkeyPatch, said: str, todo: str) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://dozor@127.0.0.1/dozor")
    assert todo in first_start.remedy(said)
    assert first_start.remedy(said).endswith("then start Dozor again.")


def test_a_file_that_is_no_database_has_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "dozor.db").write_bytes(b"not a database at all, and long enough to be looked at as one" * 40)
    env = {**os.environ, "DOZOR_DATA": str(tmp_path)}
    env.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "webapp.box.first_start"], env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2, done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("dozor: the database does not answer: ")
    assert "restore FILE" in line


def test_the_database_of_a_newer_dozor_has_its_remedy() -> None:
    with pytest.raises(ConfigError, match="Bring the code up to date, or put back the backup"):
        upgrades.must_be_known("9999")
