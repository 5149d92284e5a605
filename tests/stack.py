"""The real product for tests: web, worker and ticker as processes of their own on a free port."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import company, servers
from tests.complaints import Complaints
from tests.conftest import fill, settings_for
from tests.following_clock import FollowingClock
from tests.warm import Forked, Warm
from webapp.access import sessions
from webapp.app import create_app
from webapp.config import Settings
from webapp.db import db, transaction

ROOT = Path(__file__).parent.parent
TWO_OF_EACH = ("web", "web-2", "worker", "worker-2", "ticker", "ticker-2")
ROLES = {
    "web": ["-m", "gunicorn", "--config", "python:webapp.box.gunicorn_conf"],
    "worker": ["-m", "jobs.worker"],
    "ticker": ["-m", "jobs.ticker"],
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class NotDone(AssertionError):
    """The API answered, but not with 2xx."""

    def __init__(self, asked: str, status: int, body: str) -> None:
        super().__init__(f"{asked}: {status} {body[:2000]}")
        self.status = status


class Stack:
    """All processes over one database and one Redis. `call` asks the API as one of the cast, each web in its turn.
    A second process of a role is called "web-2", "worker-2", … What they complain of without a reason is an error."""

    def __init__(self, folder: Path, database_url: str, redis: servers.RedisServer, warm: Warm | None = None) -> None:
        self.folder, self.redis, self.warm = folder, redis, warm
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DOZOR_DATA": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis.url,
            "DOZOR_BIND": f"127.0.0.1:{self.port}",
            "DOZOR_WEB_THREADS": "120",
            "DOZOR_SECRET": "a secret of the tests, long enough",
        }
        self.app = create_app(Settings.from_env(self.environment))
        self.processes: dict[str, subprocess.Popen[bytes] | Forked] = {}
        self.ports = {"web": self.port}
        self.asked = itertools.count()
        self.tokens: dict[str, str] = {}
        self.entry = "wsgi:app"
        self.clocks: dict[str, int] = {}  # by how many seconds the clock of a process is wrong
        self.clock: FollowingClock | None = None  # by which all processes go, if not by the machine's
        self.complaints = Complaints(folder)

    def start(self, *roles: str) -> Stack:
        for role in roles or tuple(ROLES):
            self.launch(role)
        self.wait()
        return self

    def launch(self, name: str) -> None:
        """Start one process, and do not wait for it."""
        role, environment = name.partition("-")[0], self.environment
        if role == "web":
            port = self.ports[name] = self.ports.get(name) or free_port()
            environment = {**environment, "DOZOR_BIND": f"127.0.0.1:{port}"}
        command = [*ROLES[role], self.entry] if role == "web" else ROLES[role]
        if name in self.clocks:
            command = ["-m", "tests.wrong_clock", str(self.clocks[name]), *command[1:]]
        if self.clock is not None:
            command = ["-m", "tests.following_clock", str(self.clock.file), *command[1:]]
        self.processes[name] = self._process(command, environment, self.folder / f"{name}.log")

    def _process(self, command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes] | Forked:
        if self.warm is not None:
            return self.warm.start(command, environment, log)
        with log.open("ab") as out:
            return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=out, stderr=out)

    def address(self, name: str = "") -> str:
        """Of this web; else of the one whose turn it is."""
        ports = list(self.ports.values())
        return f"http://127.0.0.1:{self.ports[name] if name else ports[next(self.asked) % len(ports)]}"

    def wait(self, seconds: float = 90) -> None:
        """Until every web says that everything is well."""
        end = time.monotonic() + seconds
        for port in self.ports.values():
            self._wait_for(port, end)

    def _wait_for(self, port: int, end: float) -> None:
        seen: dict[str, Any] = {}
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                    return
            except urllib.error.HTTPError as error:
                seen = json.load(error)
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.2)
        raise AssertionError(f"not well in time: {seen}\n{self.logs()}")

    def kill(self, role: str) -> None:
        """kill -9, and its children (gunicorn's worker) with it."""
        with self.complaints.fault("killed"):
            self.send(role, signal.SIGKILL)
        self.processes.pop(role).wait(10)

    def send(self, role: str, what: signal.Signals) -> None:
        """A signal to a process and its children. It is stopped before they are listed: one that it forks in that very
        moment would outlive it, and hold its port."""
        pid = self.processes[role].pid
        if what == signal.SIGKILL:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
        for each in (pid, *map(int, children.stdout.split())):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, what)

    def stop(self) -> None:
        """Every process ends. Raises AssertionError when one has complained of what no fault explains."""
        self.end()
        self.complaints.listen(to_the_end=True)
        if found := self.complaints.unexplained():
            raise AssertionError("unexplained: " + "\n".join(found))

    def end(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        self.processes.clear()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self.app.extensions["dozor.redis"].close()

    def logs(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.folder.glob("*.log")))

    def call(self, name: str, method: str, path: str, body: Any = None, key: str | None = None, *, at: str = "") -> Any:
        """One call of the API, of the web `at`; raises with the answer when it is not 2xx."""
        if name not in self.tokens:
            with self.app.app_context(), transaction():
                self.tokens[name] = sessions.new_token(company.person(name), "tests")
        request = urllib.request.Request(
            f"{self.address(at)}/api/v1{path}",
            data=json.dumps(body).encode() if body is not None else None,
            method=method,
            headers={
                "Authorization": f"Bearer {self.tokens[name]}",
                "Content-Type": "application/json",
                **({"Idempotency-Key": key} if key else {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            said = error.read().decode()
            self.complaints.answered(f"{method} {path}", error.code, said)
            raise NotDone(f"{method} {path}", error.code, said) from None

    def robot_id(self, key: str) -> int:
        with self.app.app_context():
            return company.robot(key).id


@contextmanager
def standing(
    kind: str, folder: Path, *, with_deals: bool = False, outlives_a_crash: bool = False
) -> Iterator[tuple[Stack, servers.Postgres | None]]:
    """Redis, a database of `kind` with the lesson's firm, and a stack over them that is yet to be started."""
    redis = servers.RedisServer()
    postgres = servers.Postgres(outlives_a_crash=outlives_a_crash) if kind == "postgresql" else None
    redis.start()
    stack: Stack | None = None
    try:
        if postgres is not None:
            postgres.run("CREATE DATABASE firm")
        url = postgres.url("firm") if postgres is not None else f"sqlite:///{folder / 'dozor.db'}"
        fill(create_app(settings_for(folder, url, redis.url)), "en", with_deals=with_deals)
        stack = Stack(folder, url, redis)
        yield stack, postgres
    finally:
        if stack is not None:
            stack.stop()
        redis.remove()
        if postgres is not None:
            postgres.remove()
