"""The table of performance: what is measured, its floor, its goal; and how it is printed and kept."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.turns import beside
from webapp import clock

Figures = Mapping[str, float]
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `floor` is the key of what the figure is set against: the goal is then of their ratio, since two
    machines of one kind differ by half in their times and hardly in their ratios. Where the floor was measured in turn
    with the figure (`tests.bench.turns`), that one counts. Without a floor the goal is of the figure itself. `goal`
    None is told, not judged; `postgres` is its goal where it differs."""

    key: str
    what: str
    unit: str
    goal: float | None = None
    floor: str = ""
    sense: str = "at most"
    postgres: float | None = None

    def goal_on(self, database: str) -> float | None:
        return self.postgres if database == "postgresql" and self.postgres is not None else self.goal


def _board(size: int) -> tuple[Line, ...]:
    name, p50 = f"board, {size:,} deals, server", f"board.{size}.p50"
    return (
        Line(p50, f"{name}, p50", "ms", 30, "hello", postgres=45),
        Line(f"board.{size}.p95", f"{name}, p95 against its p50", "ms", 1.6, p50),
    )


def _painted(size: int) -> tuple[Line, ...]:
    return (
        Line(f"static.{size}", f"floor: a static copy of it painted, {size:,} deals", "s"),
        Line(f"painted.{size}", f"painted in Chromium, {size:,} deals", "s", 1.4, f"static.{size}"),
    )


LINES = (
    Line("load", "load of the machine (1 min) while measuring", ""),
    Line("hello", "floor: hello, p50", "ms"),
    Line("rate", "floor: rate, hello of 8 clients", "/s"),
    Line("commit", "floor: commit, p50", "ms"),
    Line("render", "floor: render, a board's cards", "ms"),
    Line("publish", "floor: publish, p50", "ms"),
    *_board(100),
    *_board(1_000),
    *_board(20_000),
    *_board(200_000),
    Line("weight.html", "HTML of the board, gzipped, any size", "kB", 25),
    Line("weight.elements", "elements of the board", "", 3000),
    Line("weight.first", "first visit, all of it, gzipped", "kB", 200),
    Line("weight.again", "the next visit", "kB"),
    *_painted(100),
    *_painted(20_000),
    Line("static.first", "floor: first contentful paint of the copy, 100 deals", "s"),
    Line("first", "first contentful paint, 100 deals", "s", 1.1, "static.first"),
    Line("move.100.p50", "move, one client, 100 deals, p50", "ms", 14, "hello", postgres=22),
    Line("move.100.p95", "move, one client, 100 deals, p95", "ms"),
    Line("move.200000.p50", "move, one client, 200,000 deals, p50", "ms", 14, "hello", postgres=22),
    Line("move.200000.p95", "move, one client, 200,000 deals, p95", "ms"),
    Line("move.growth", "move, p50 at 200,000 against 100", "×", 1.25),
    Line("move.placed", "deals whose row a move writes", "", 1),
    Line("move.answer", "answer to a move", "kB", 6),
    Line("moves.rate", "moves a second, 8 clients", "/s", 0.08, "rate", LEAST),
    Line("moves.p95", "moves, 8 clients, p95", "ms"),
    Line("moves.errors", "moves, 8 clients, errors", "", 0),
    Line("inquiry.p50", "inquiry in, p50", "ms", 25, "hello", postgres=35),
    Line("inquiry.rate", "inquiries a second, 8 clients", "/s", 0.05, "rate", LEAST, postgres=0.04),
    Line("live.p50", "live, POST sent to another's socket, 20 open, p50", "ms", 30, "hello", postgres=40),
    Line("live.p95", "live, 20 open, p95", "ms"),
    Line("live.last", "live, the last of 200 sockets, p50", "ms", 60, "hello", postgres=75),
    Line("live.missed", "live, 5 moves a second to 200 sockets, missed", "", 0),
    Line("live.steady.p95", "live, 5 moves a second to 200 sockets, p95", "ms"),
    Line("live.thousand", "1,000 sockets open: memory", "MB", 120),
    Line("robots.idle.p99", "robots, lateness p99, idle", "s", 1.5),
    Line("robots.full.p99", "robots, lateness p99, 100,000 waiting", "s", 1.5),
    Line("robots.burst", "robots, 10,000 due at one moment, each", "ms", 11, "hello"),
    Line("robots.board", "floor: board page before, p50", "ms"),
    Line("robots.burst.p50", "board page meanwhile, p50", "ms", 2, "robots.board"),
    Line("robots.burst.p95", "board page meanwhile, p95", "ms"),
    Line("robots.firing", "one firing, p50", "ms", 10, "hello"),
    Line("herd.refused", "200 people sign in within a minute: refused", "", 0),
    Line("herd.p95", "their boards, p95", "ms", 120, "hello"),
    Line("setup.screen", "screen of automation, 20,000 deals, p50", "ms"),
    Line("setup.sheet", "set-up, sheet of consequences, 20,000 deals, p50", "s", 1),
    Line("setup.published", "set-up, a publication, 20,000 deals", "s", 3),
    Line("setup.before", "floor: board page before, p50", "ms"),
    Line("setup.board.p50", "board page meanwhile, p50", "ms", 2, "setup.before"),
    Line("setup.board.p95", "board page meanwhile, p95", "ms"),
    Line("setup.moved", "deals moved by what follows it", ""),
    Line("setup.followed", "all of it done in", "s"),
    Line("rehearsal", "rehearsal over 90 days, for each 10,000 deals", "s", 20),
    Line("rehearsal.deals", "deals in it", ""),
    Line("rehearsal.steps", "steps of its progress seen", "", 5, sense=LEAST),
    Line("important.p50", "important now, 5,000 open items, a head's page, p50", "ms", 40, "hello", postgres=55),
    Line("important.p95", "important now, p95", "ms"),
    Line("important.html", "its HTML, gzipped", "kB", 25),
    Line("important.list", "its list asked for again, p50", "ms"),
    Line("important.take", "an item taken, answered by the list, p50", "ms"),
    Line("alerts.untold", "1,000 alerts in a minute to 20 people: lost", "", 0),
    Line("alerts.sms", "of 25 urgent ones a person by two causes, SMS", "", 2),
    Line("alerts.board.before", "board before them, p50", "ms"),
    Line("alerts.board.p50", "board meanwhile, p50 (twice its goal)", "ms", 60, "hello", postgres=90),
    Line("alerts.board.p95", "board meanwhile, p95 (twice its goal)", "ms", 96, "hello", postgres=144),
    Line("alerts.important.before", "important now before them, p50", "ms"),
    Line("alerts.important.p50", "important now meanwhile, p50 (twice its goal)", "ms", 80, "hello", postgres=110),
    Line("alerts.important.p95", "important now meanwhile, p95", "ms"),
    Line("box.idle", "all processes, idle, PSS", "MB", 200),
    Line("box.sending", "sending by mail, SMS, messenger and push, PSS more", "MB", 90),
    Line("box.sockets", "200 sockets more", "MB"),
    Line("box.clean", "`make run` from a clean clone", "s", 60),
    Line("box.again", "`make run` again", "s", 5),
)


def text(database: str, figures: Figures, *, is_quick: bool) -> str:
    """The table as it is printed and kept."""
    rows = [("what", "figure", "floor", "ratio", "goal", "verdict")]
    rows += [_row(line, line.goal_on(database), figures) for line in LINES if line.key in figures]
    widths = [max(len(row[n]) for row in rows) for n in range(6)]
    shown = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join((f"### {database}{', a short pass' if is_quick else ''}", "", _where(), "", *shown, ""))


def _where() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    chip = names[0].partition(": ")[2] if names else platform.machine()
    return f"{clock.now():%d %B %Y}; {os.cpu_count()} cores ({chip}), Python {platform.python_version()}."


def _row(line: Line, goal: float | None, figures: Figures) -> tuple[str, ...]:
    figure, floor = figures[line.key], figures.get(beside(line.key, line.floor), figures.get(line.floor))
    ratio = figure / floor if floor else None
    if line.floor and ratio is None:
        goal = None  # measured without its floor: there is nothing to judge by
    judged, unit = (ratio, "×") if ratio is not None else (figure, f" {line.unit}".rstrip())
    return (
        line.what,
        f"{_short(figure)} {line.unit}".rstrip(),
        line.floor,
        "" if ratio is None else f"{_short(ratio)}×",
        "" if goal is None else f"{'≥' if line.sense == LEAST else '≤'} {_short(goal)}{unit}",
        "" if goal is None else _verdict(judged, goal, line.sense),
    )


def _verdict(judged: float, goal: float, sense: str) -> str:
    if judged >= goal if sense == LEAST else judged <= goal:
        return "holds"
    return f"missed ({judged / goal:.2f} of it)" if goal else f"missed ({_short(judged)})"


def _short(figure: float) -> str:
    return (
        f"{figure:,.0f}"
        if abs(figure) >= 100 or figure == int(figure)
        else f"{figure:.1f}"
        if abs(figure) >= 2
        else f"{figure:.2f}"
        if abs(figure) >= 0.2
        else f"{figure:.3f}"
    )


def write(tables: Sequence[str]) -> None:
    """Keep the tables in docs/performance.md, between its two marks."""
    head, _, rest = PAGE.read_text().partition("<!-- figures -->\n")
    _, _, tail = rest.partition("<!-- end of figures -->\n")
    kept = {each.partition("\n")[0]: each for each in _known(rest.partition("<!-- end of figures -->")[0])}
    kept |= {each.partition("\n")[0]: each for each in tables}
    PAGE.write_text(head + "<!-- figures -->\n" + "\n".join(kept.values()) + "<!-- end of figures -->\n" + tail)


def _known(kept: str) -> list[str]:
    return [f"### {part.strip()}\n" for part in kept.split("### ") if part.strip()]
