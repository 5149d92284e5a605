"""Whoever sits at the terminal is asked which firm an empty database gets; who chose their own is led to it by a code,
also when everything was killed in between."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from flask import Flask

from tests.box.test_box import ROOT, Box, free_port, until
from webapp.box import __main__ as box
from webapp.config import Settings
from webapp.migrations import upgrades

pytestmark = pytest.mark.faults
CODE = re.compile(r"one-time code  (\w{4}-\w{4}-\w{4})")


class Terminal:
    """`python -m webapp.box` with somebody before it."""

    def __init__(self, folder: Path) -> None:
        self.hand, theirs = pty.openpty()
        ours = ("DATABASE_URL", "REDIS_URL", "DOZOR_URL", "DOZOR_SECRET", "DOZOR_FIRM")
        clean = {name: value for name, value in os.environ.items() if name not in ours}
        environ = clean | {"DOZOR_DATA": str(folder), "DOZOR_BIND": f"127.0.0.1:{free_port()}"}
        command = [sys.executable, "-m", "webapp.box"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.said = ""

    def wait_for(self, words: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said:
            assert time.monotonic() < deadline, self.said
            if select.select([self.hand], [], [], 0.2)[0]:
                self.said += os.read(self.hand, 4096).decode(errors="replace").replace("\r\n", "\n")

    def type(self, line: str) -> None:
        os.write(self.hand, line.encode() + b"\n")


def test_ones_own_firm_is_chosen_at_the_terminal_and_waits_through_a_kill(tmp_path: Path) -> None:
    first = Terminal(tmp_path / "data")
    try:
        first.wait_for("my own firm, empty")
        first.type("2")
        first.wait_for("Ctrl-C stops everything")
        code = CODE.search(first.said)
        assert code, first.said
        assert "not well" not in first.said
    finally:
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        os.close(first.hand)
    again = Box(tmp_path / "data").wait()
    try:
        new = CODE.search(again.log.read_text())
        assert new, "a start without anybody before it does not bring the lesson's firm instead"
        assert new[1] != code[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{again.port}/", timeout=10) as answer:
            assert answer.url.endswith("/founding")
            assert b"data-founding" in answer.read()
        until(again.is_whole, again.log.read_text)
    finally:
        again.end()


@pytest.mark.parametrize(("typed", "chosen"), [("2\n", "own"), ("\n", "lesson"), ("1\n", "lesson"), ("", "lesson")])
def test_whatever_else_is_typed_is_the_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, chosen: str
) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, typed.encode())
    monkeypatch.setattr(box, "ANSWER_WITHIN_SECONDS", 0.3)
    with os.fdopen(ours) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        settings = Settings.from_env({"DOZOR_DATA": str(tmp_path)})
        assert box.Box(settings)._ask() == chosen
    os.close(theirs)


def test_the_command_begins_ones_own_firm_in_the_place_of_the_lessons(app: Flask) -> None:
    own = ["--email", "vera@firm.example", "--name", "Vera", "--password", "a long password", "--firm", "Vera & Co"]
    words = ["init", "--empty", *own, "--timezone", "Europe/Berlin"]
    run = app.test_cli_runner()
    assert run.invoke(args=words).exit_code == 1, "not without being told so"
    done = run.invoke(args=[*words, "--over-lesson"])
    assert done.exit_code == 0, done.output
    assert "is kept in" in done.output
    assert not upgrades.is_empty(app)
    shown = run.invoke(args=["user", "list"]).output
    assert "vera@firm.example" in shown
    assert "dozor.example" not in shown
    again = run.invoke(args=[*words, "--over-lesson"])
    assert again.exit_code == 1
    assert "is not the lesson's" in again.output
