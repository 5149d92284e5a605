"""Databases of PostgreSQL with a firm in each, put back in order after a test and given to the next one.

To make one from a template takes most of a second, most of it for a file per table and index; to put the rows back
takes some hundredths. What a test changed but rows (a table, an index, a setting of the database) is seen, and such a
database is made anew. Each test has a name of its own: whoever outlives his test finds nothing under the old one."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier

from tests.servers import Postgres

ENDED = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
SHAPE = """
    SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
        SELECT concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull, a.attcollation,
                         pg_get_expr(d.adbin, d.adrelid)) AS line
        FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%')
          AND c.relnamespace <> 'information_schema'::regnamespace
        UNION ALL SELECT concat(pg_get_constraintdef(oid), conrelid::regclass) FROM pg_constraint
        UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid::regclass::text NOT LIKE 'pg\\_%'
        UNION ALL SELECT concat(pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT concat(proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT extname FROM pg_extension
        UNION ALL SELECT nspname FROM pg_namespace
        UNION ALL SELECT setconfig::text FROM pg_db_role_setting
                  WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) AS lines"""
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
SEQUENCES = "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"


class Made:
    """How a database was when it was made: its shape, the rows of each table that has any, where its counts stood."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.shape = _shape(connection)
        tables = [Identifier(name) for (name,) in connection.execute(TABLES)]
        self.empty = SQL("").join(SQL("DELETE FROM {};").format(table) for table in tables)
        self.rows = [(table, rows) for table in tables if (rows := _rows(connection, table))]
        counts = [(name, *_count(connection, name)) for (name,) in connection.execute(SEQUENCES).fetchall()]
        self.counts = SQL("").join(
            SQL("SELECT setval({}, {}, {});").format(f'"{name}"', at, called) for name, at, called in counts
        )

    def put_back(self, connection: psycopg.Connection[Any]) -> bool:
        """False where more than rows was changed. Triggers and keys keep still: rows come as they were."""
        if _shape(connection) != self.shape:
            return False
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(self.empty)
        for table, rows in self.rows:
            with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(table)) as into:
                into.write(rows)
        connection.execute(self.counts)
        return True


class Firms:
    """Databases of `server`; `fill(url, locale)` makes the firm of the first one in each language."""

    def __init__(self, server: Postgres, fill: Callable[[str, str], None]) -> None:
        self.server, self._fill = server, fill
        self._made: dict[str, Made] = {}
        self._free: defaultdict[str, list[str]] = defaultdict(list)

    def take(self, locale: str) -> str:
        """The name of a database that nobody has had, with the lesson's firm."""
        if locale not in self._made:
            self._make_the_first(locale)
        mine = f"t_{secrets.token_hex(6)}"
        if self._free[locale]:
            self.server.run(f"ALTER DATABASE {self._free[locale].pop()} RENAME TO {mine}")
        else:
            self.server.run(f"CREATE DATABASE {mine} TEMPLATE firm_{locale} STRATEGY FILE_COPY")
        return mine

    def give_back(self, name: str, locale: str) -> None:
        """Put in order for the next test, or away where that cannot be done."""
        try:
            with psycopg.connect(self.server.plain_url("postgres"), autocommit=True) as connection:
                connection.execute(ENDED, [name])
                connection.execute(
                    SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(name), Identifier(f"{name}_"))
                )
            with psycopg.connect(self.server.plain_url(f"{name}_")) as connection:
                in_order = self._made[locale].put_back(connection)
        except psycopg.Error:
            in_order = False
        if in_order:
            self._free[locale].append(f"{name}_")
            return
        for each in (name, f"{name}_"):
            self.server.run(f"DROP DATABASE IF EXISTS {each} WITH (FORCE)")

    def _make_the_first(self, locale: str) -> None:
        name = f"firm_{locale}"
        self.server.run(f"CREATE DATABASE {name}")
        self._fill(self.server.url(name), locale)
        with psycopg.connect(self.server.plain_url(name)) as connection:
            self._made[locale] = Made(connection)


def _shape(connection: psycopg.Connection[Any]) -> object:
    return connection.execute(SHAPE).fetchone()


def _rows(connection: psycopg.Connection[Any], table: Composable) -> bytes:
    with connection.cursor().copy(SQL("COPY {} TO STDOUT").format(table)) as out:
        return b"".join(out)


def _count(connection: psycopg.Connection[Any], sequence: str) -> tuple[int, bool]:
    found = connection.execute(SQL("SELECT last_value, is_called FROM {}").format(Identifier(sequence))).fetchone()
    assert found is not None
    return found[0], found[1]
