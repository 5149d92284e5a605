"""What is watched, how far it may grow, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.soak import growth

Series = Mapping[str, Sequence[float]]
HEADER: tuple[str, ...] = (
    "what",
    "start",
    "1st third",
    "2nd third",
    "3rd third",
    "at rest",
    "grew by",
    "may",
    "verdict",
)


@dataclass(frozen=True, slots=True)
class Line:
    """`tolerance` a third; None is told, not judged. `most` is a bound for every sample, `rest` for the last look."""

    key: str
    what: str
    tolerance: float | None = None
    most: float | None = None
    rest: float | None = None


def _role(name: str, memory: float, threads: float, sockets: float) -> tuple[Line, ...]:
    return (
        Line(f"{name}.memory", f"{name}, memory (PSS), MB", memory),
        Line(f"{name}.threads", f"{name}, threads", threads),
        Line(f"{name}.files", f"{name}, open files and sockets", sockets),
        Line(f"{name}.sockets", f"{name}, TCP connections", sockets, rest=0),
    )


LINES = (
    *_role("web", 10, 8, 12),
    *_role("worker", 3, 1, 2),
    *_role("ticker", 3, 1, 2),
    *_role("redis", 3, 1, 4),
    Line("redis.keys", "Redis, keys but for alarms that wait", 25),
    Line("redis.alarms", "Redis, alarms that wait for their time"),
    Line("redis.memory", "Redis, its own count of memory, MB", 1),
    Line("redis.clients", "Redis, connections", 4),
    Line("db.wal", "SQLite, write-ahead log, MB", 4, most=64),
    Line("db.sessions", "PostgreSQL, connections", 4),
    Line("db.oldest", "PostgreSQL, oldest transaction, s", 1, most=20),
    Line("db.size", "database, MB"),
    Line("late", "rows that are due and wait", 5, rest=0),
    Line("deals", "open deals on the board", 15),
)


def judge(line: Line, samples: Sequence[float], rested: float | None) -> tuple[str, bool]:
    """The verdict in a word or two, and whether it holds."""
    if line.rest is not None and rested is not None and rested > line.rest:
        return f"not at rest (≤ {_short(line.rest)})", False
    if line.most is not None and max(samples, default=0) > line.most:
        return f"{_short(max(samples))} once (≤ {_short(line.most)})", False
    found = growth.of(samples)
    if line.tolerance is None:
        return "", True
    if found is None:
        return "too short", True
    return ("grows", False) if growth.is_leak(found, line.tolerance) else ("holds", True)


def rows(
    series: Series, rested: Mapping[str, float], lines: Sequence[Line] = LINES
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The table's rows, and what does not hold."""
    found, wrong = [HEADER], list[str]()
    for line in lines:
        samples = series.get(line.key)
        if not samples:
            continue
        verdict, holds = judge(line, samples, rested.get(line.key))
        if not holds:
            wrong.append(f"{line.what}: {verdict}")
        may = "" if line.tolerance is None else _short(line.tolerance)
        *thirds, grew = _figures(samples)
        found.append((line.what, *thirds, _shown(rested.get(line.key)), grew, may, verdict))
    return found, wrong


def _figures(samples: Sequence[float]) -> tuple[str, ...]:
    """The four columns of the run, and what it grew by from the second third to the last."""
    found = growth.of(samples)
    if found is None:
        return (_short(samples[0]), "", "", _short(samples[-1]), "")
    thirds = (found.start, found.first, found.middle, found.last)
    return (*map(_short, thirds), f"{found.of_a_third:+.1f}")


def text(table: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]))]
    lines = []
    for first, *others in table:
        cells = [each.rjust(width) for each, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join((first.ljust(widths[0]), *cells)).rstrip())
    return "\n".join((lines[0], "-" * len(lines[0]), *lines[1:]))


def _shown(figure: float | None) -> str:
    return "" if figure is None else _short(figure)


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= 100 or figure == int(figure) else f"{figure:.1f}"
