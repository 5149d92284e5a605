"""What the environment says wrongly is one line that names it; what is right is taken as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.config import NAMES, ConfigError, Settings, redis_socket

ROOT = Path(__file__).parents[2]
DEEP = "a-folder-with-quite-a-long-name/" * 4


def test_a_short_runtime_folder_is_ones_own_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a shared place anybody may have made a folder of that name first, or a link to one of theirs."""
    shared = tmp_path / "tmp"
    shared.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(shared))
    folder = redis_socket(tmp_path / DEEP).parent
    assert (folder.parent, folder.stat().st_mode & 0o777) == (shared, 0o700)
    assert redis_socket(tmp_path / DEEP).parent == folder, "and again"
    folder.chmod(0o770)
    with pytest.raises(ConfigError, match="not this user's alone"):
        redis_socket(tmp_path / DEEP)
    folder.rmdir()
    (tmp_path / "another").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "another")
    with pytest.raises(ConfigError, match="not this user's alone"):
        redis_socket(tmp_path / DEEP)
    folder.unlink()
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(ConfigError, match="not this user's alone"):
        redis_socket(tmp_path / DEEP)


WRONG = [
    ("DOZOR_BIND", "everywhere"),
    ("DOZOR_BIND", "127.0.0.1:99999"),
    ("DOZOR_BIND", ":8000"),
    ("DOZOR_URL", "crm.example.com"),
    ("DOZOR_URL", "https://"),
    ("DOZOR_URL", "https://crm.example.com:abc"),
    ("DOZOR_URL", "https://crm.example.com/crm"),
    ("DOZOR_URL", "http://[::1"),
    ("DATABASE_URL", "mysql://firm"),
    ("DATABASE_URL", "sqlite:///"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "postgresql://dozor:secret@host:abc/firm"),
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "redis://localhost:abc/0"),
    ("REDIS_URL", "redis://localhost:6379/zero"),
    ("REDIS_URL", "redis://[::1"),
    ("REDIS_URL", "unix://"),
    ("DOZOR_LOCALE", "fr"),
    ("DOZOR_TIMEZONE", "Mars/Base"),
    ("DOZOR_TIMEZONE", "Europe"),
    ("DOZOR_TIMEZONE", "../../etc/passwd"),
    ("DOZOR_WEB_PROCESSES", "0"),
    ("DOZOR_WEB_PROCESSES", "two"),
    ("DOZOR_WEB_THREADS", "49"),
    ("DOZOR_WEB_THREADS", "many"),
    ("DOZOR_PROXY_HOPS", "-1"),
    ("DOZOR_WITHOUT_BACKUP", "yes"),
]
RIGHT = [
    ("DATABASE_URL", "postgres://dozor:p#s/s:w@[::1]:5432/firm?sslmode=require"),
    ("DATABASE_URL", "postgresql+psycopg://dozor@/firm?host=/run/postgresql"),
    ("DATABASE_URL", "sqlite:////srv/dozor/firm.db"),
    ("DATABASE_URL", "sqlite:///firm.db"),
    ("REDIS_URL", "redis://:secret@localhost:6379/2"),
    ("REDIS_URL", "rediss://localhost"),
    ("REDIS_URL", "unix:///run/redis/redis.sock?db=1"),
    ("DOZOR_URL", "https://crm.example.com:8443/"),
    ("DOZOR_BIND", "[::1]:8000"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_one_line_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=rf"\A{name}: [^\n]+\Z"):
        Settings.from_env({"DOZOR_DATA": str(tmp_path), name: value})


SLIPS = {
    "DOZOR_DTA": "DOZOR_DATA",
    "DOZOR_PROXY_HOP": "DOZOR_PROXY_HOPS",
    "DOZOR_ULR": "DOZOR_URL",
    "DOZOR_SMTP_URL": "DOZOR_SMS_URL",
    "DOZOR_TIME_ZONE": "DOZOR_TIMEZONE",
}


@pytest.mark.parametrize("given", SLIPS)
def test_a_slip_in_a_name_is_told_and_not_passed_over(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigError, match=rf"\A{given}: there is no such setting. Do you mean {SLIPS[given]}\?\Z"):
        Settings.from_env({"DOZOR_DATA": str(tmp_path), given: "1"})


def test_every_setting_that_is_read_or_written_about_is_known_and_what_is_somebody_elses_is_let_be(
    tmp_path: Path,
) -> None:
    words = [*ROOT.glob("webapp/**/*.py"), *ROOT.glob("docs/*.md"), ROOT / "README.md"]
    named = {each for file in words for each in re.findall(r"\bDOZOR_[A-Z_]+\b", file.read_text())}
    assert "DOZOR_PROXY_HOPS" in named
    assert named <= NAMES | {"DOZOR_"}
    Settings.from_env({"DOZOR_DATA": str(tmp_path), "DOZOR_API_TOKEN": "x", "DOZOR_HOST": "x"})


@pytest.mark.parametrize("name", ["DOZOR_LOCALE", "DOZOR_DTA"])
def test_a_command_too_says_what_is_wrong_in_one_line(tmp_path: Path, name: str) -> None:
    typed = [sys.executable, "-m", "flask", "--app", "wsgi", "doctor"]
    environment = {**os.environ, "DOZOR_DATA": str(tmp_path), name: "fr"}
    done = subprocess.run(typed, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert re.fullmatch(rf"dozor: {name}: [^\n]+\n", done.stderr), done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("name", "value"), RIGHT)
def test_a_right_value_is_taken(tmp_path: Path, name: str, value: str) -> None:
    Settings.from_env({"DOZOR_DATA": str(tmp_path), name: value})


def test_a_path_that_begins_nowhere_is_the_same_file_for_every_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = Settings.from_env({"DOZOR_DATA": str(tmp_path), "DATABASE_URL": "sqlite:///firm.db"})
    assert found.database_url == f"sqlite:///{tmp_path / 'firm.db'}"


@pytest.mark.parametrize("place", ["a file", "a file/within"])
def test_a_data_folder_that_cannot_be_one_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(ConfigError, match="DOZOR_DATA: cannot write"):
        Settings.from_env({"DOZOR_DATA": str(tmp_path / place)})


def test_a_secret_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    os.mkdir(tmp_path / "secret")
    with pytest.raises(ConfigError, match="secret: "):
        Settings.from_env({"DOZOR_DATA": str(tmp_path)})
