"""What a box runs is begun again however it ends, and what it says is kept within bounds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from webapp.box import programs

BOX = """
import os, sys, time
from pathlib import Path
from webapp.box import programs
from webapp.config import Settings

def say(line):
    os.write(1, f"{line}\\n".encode())  # whole, whoever else writes there

def short():
    say("once")

def long():
    say(f"session {os.getsid(0)} stdin {os.readlink('/proc/self/fd/0')}")
    mark(os.getpid()).touch()
    time.sleep(60)

def mark(pid):
    return Path(sys.argv[1], f"begun-{pid}")

os.environ["DOZOR_DATA"] = sys.argv[1]
mine = programs.Programs(Settings.from_env(os.environ))
mine.wanted = {"short": short, "long": long}
try:
    looks = 10
    for _ in range(looks):
        mine.look()
        time.sleep(0.1)
    first = mine.pid("long")
    os.kill(first, 9)
    while mine.pid("long") in (None, first):
        mine.look()
        looks += 1
    until = time.monotonic() + 30
    while not mark(mine.pid("long")).exists() and time.monotonic() < until:
        time.sleep(0.01)
    say(f"{first} {mine.pid('long')} {looks}")
    mine.end()
except programs.Became as new:
    run = new.run
else:
    sys.exit()
run()
"""


def run(folder: Path) -> str:
    """What a starter of a short and of a long program said."""
    done = subprocess.run(
        [sys.executable, "-c", BOX, str(folder)], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


@pytest.fixture
def said(tmp_path: Path) -> tuple[str, str]:
    """That, and what the two programs wrote."""
    return run(tmp_path), (tmp_path / "logs" / "dozor.log").read_text()


def test_where_no_log_can_be_written_all_goes_on(tmp_path: Path) -> None:
    """And there is one starter, not one for each program that could not begin."""
    (tmp_path / "logs").write_text("no folder")
    words = run(tmp_path).splitlines()
    assert words.count("once") >= 2
    assert len([each for each in words if each[0].isdigit()]) == 1


def test_what_ends_is_begun_again_at_most_once_a_look(said: tuple[str, str]) -> None:
    words, log = said
    assert 2 <= log.count("once") <= int(words.split()[2])


def test_what_is_killed_is_begun_again_and_all_ends_in_the_end(said: tuple[str, str]) -> None:
    words, log = said
    (line,) = words.splitlines()
    first, second, _ = map(int, line.split())
    assert first != second
    for each in (first, second):
        with pytest.raises(ProcessLookupError):
            os.kill(each, signal.SIG_DFL)
    assert [line.split()[1] for line in log.splitlines() if "session" in line] == [str(first), str(second)]
    assert "stdin /dev/null" in log


def test_a_log_is_turned_and_two_old_ones_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "dozor.log"
    with log.open("a") as open_all_the_while:
        for word in ("first", "second", "third", "fourth"):
            print(word, file=open_all_the_while, flush=True)
            programs.turn(log)
        print("fifth", file=open_all_the_while, flush=True)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {
        "dozor.log": "fifth\n",
        "dozor.log.1": "fourth\n",
        "dozor.log.2": "third\n",
    }


def test_a_log_is_turned_when_it_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from webapp.config import Settings

    mine = programs.Programs(Settings.from_env({"DOZOR_DATA": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:9"}))
    monkeypatch.setitem(mine.wanted, "worker", time.sleep)
    mine.running = {-1: "worker"}
    log = tmp_path / "logs" / "dozor.log"
    log.parent.mkdir()
    for size, is_turned in ((programs.LOG_BYTES, False), (programs.LOG_BYTES + 1, True)):
        log.write_bytes(b"." * size)
        mine.look()
        assert (log.with_name("dozor.log.1").exists(), log.stat().st_size) == (is_turned, 0 if is_turned else size)


def test_a_line_of_the_log_says_when_it_was_wherever_the_machine_stands(tmp_path: Path) -> None:
    words = "import logging; from webapp import log_lines; log_lines.begin(); logging.getLogger('mine').error('lost')"
    done = subprocess.run(
        [sys.executable, "-c", words],
        env={**os.environ, "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    level, at, rest = done.stderr.strip().split(" ", 2)
    assert (level, rest) == ("ERROR", "mine lost")
    assert abs(datetime.now(UTC) - datetime.fromisoformat(at)) < timedelta(minutes=2)


def test_every_program_begins_its_lines_so() -> None:
    """Each has its own beginning where it does not run in a box."""
    own = [path for folder in ("jobs", "webapp") for path in (programs.ROOT / folder).rglob("*.py")]
    assert [str(each) for each in own if "basicConfig(" in each.read_text() and each.name != "log_lines.py"] == []
