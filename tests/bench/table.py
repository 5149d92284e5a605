"""The table of performance: what is measured, its floor, its goal; and how it is printed and kept."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webapp import clock

Figures = Mapping[str, float]
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `floor` is the key of what it is set against; `goal` None is told, not judged."""

    key: str
    what: str
    unit: str
    goal: float | None = None
    floor: str = ""
    sense: str = "at most"

    def holds(self, figure: float) -> bool | None:
        if self.goal is None:
            return None
        return figure >= self.goal if self.sense == LEAST else figure <= self.goal


def _board(size: int, p50: float, p95: float) -> tuple[Line, ...]:
    name = f"board, {size:,} deals, server"
    return (
        Line(f"board.{size}.p50", f"{name}, p50", "ms", p50, "hello"),
        Line(f"board.{size}.p95", f"{name}, p95", "ms", p95, "hello"),
    )


LINES = (
    Line("load", "load of the machine (1 min) while measuring", ""),
    Line("hello", "floor: hello, p50", "ms"),
    Line("commit", "floor: commit, p50", "ms"),
    Line("render", "floor: render, 180 cards", "ms"),
    Line("publish", "floor: publish, p50", "ms"),
    *_board(100, 20, 40),
    *_board(1_000, 35, 70),
    *_board(20_000, 35, 70),
    *_board(200_000, 60, 120),
    Line("board.ratio", "board, worst p50 against hello", "×", 60),
    Line("weight.html", "HTML of the board, gzipped, any size", "kB", 40),
    Line("weight.elements", "elements of the board", "", 5000),
    Line("weight.first", "first visit, all of it, gzipped", "kB", 220),
    Line("weight.again", "the next visit", "kB"),
    Line("painted.100", "painted in Chromium, 100 deals", "s", 0.8),
    Line("painted.20000", "painted in Chromium, 20,000 deals", "s", 0.8),
    Line("move.100.p50", "move, one client, 100 deals, p50", "ms", 12, "commit"),
    Line("move.100.p95", "move, one client, 100 deals, p95", "ms", 30, "commit"),
    Line("move.200000.p50", "move, one client, 200,000 deals, p50", "ms", 12, "commit"),
    Line("move.200000.p95", "move, one client, 200,000 deals, p95", "ms", 30, "commit"),
    Line("move.growth", "move, p50 at 200,000 against 100", "×", 1.3),
    Line("move.placed", "deals whose row a move writes", "", 1),
    Line("move.answer", "answer to a move", "kB", 6),
    Line("moves.rate", "moves a second, 8 clients", "/s", 150, sense=LEAST),
    Line("moves.p95", "moves, 8 clients, p95", "ms", 150),
    Line("moves.errors", "moves, 8 clients, errors", "", 0),
    Line("inquiry.p50", "inquiry in, p50", "ms", 20, "commit"),
    Line("inquiry.rate", "inquiries a second, 8 clients", "/s", 80, sense=LEAST),
    Line("live.p50", "live, POST sent to another's socket, 20 open, p50", "ms", 25, "publish"),
    Line("live.p95", "live, 20 open, p95", "ms", 75, "publish"),
    Line("live.last", "live, the last of 200 sockets, p50", "ms", 150),
    Line("live.missed", "live, 5 moves a second to 200 sockets, missed", "", 0),
    Line("live.steady.p95", "live, 5 moves a second to 200 sockets, p95", "ms"),
    Line("robots.idle.p99", "robots, lateness p99, idle", "s", 2),
    Line("robots.full.p99", "robots, lateness p99, 100,000 waiting", "s", 2),
    Line("robots.burst", "robots, 10,000 due at one moment, done in", "s", 90),
    Line("robots.burst.p50", "board page meanwhile, p50", "ms", 70),
    Line("robots.burst.p95", "board page meanwhile, p95", "ms", 140),
    Line("robots.firing", "one firing, p50", "ms", 8, "commit"),
    Line("box.idle", "all processes, idle, PSS", "MB", 256),
    Line("box.sockets", "200 sockets more", "MB", 40),
    Line("box.clean", "`make run` from a clean clone", "s", 120),
    Line("box.again", "`make run` again", "s", 6),
)


def text(database: str, figures: Figures, *, is_quick: bool) -> str:
    """The table as it is printed and kept."""
    rows = [("what", "figure", "floor", "ratio", "goal", "verdict")]
    rows += [_row(line, figures) for line in LINES if line.key in figures]
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


def _row(line: Line, figures: Figures) -> tuple[str, ...]:
    figure, floor = figures[line.key], figures.get(line.floor)
    holds = line.holds(figure)
    return (
        line.what,
        f"{_short(figure)} {line.unit}".rstrip(),
        line.floor,
        f"{figure / floor:.0f}×" if floor else "",
        "" if line.goal is None else f"{'≥' if line.sense == LEAST else '≤'} {_short(line.goal)} {line.unit}".rstrip(),
        "" if holds is None else "holds" if holds else f"missed ({_miss(line, figure)})",
    )


def _miss(line: Line, figure: float) -> str:
    assert line.goal is not None
    return f"{figure / line.goal:.1f} of it" if line.goal else _short(figure)


def _short(figure: float) -> str:
    return (
        f"{figure:,.0f}"
        if abs(figure) >= 100 or figure == int(figure)
        else f"{figure:.1f}"
        if abs(figure) >= 2
        else f"{figure:.2f}"
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
