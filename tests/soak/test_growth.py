"""The instrument is worth something: a leak is noticed, and only a leak."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.soak import growth, table
from tests.soak.samples import held
from tests.soak.table import Line

SAMPLES = 180  # half an hour, every ten seconds
GREEDY = """
import sys, threading
kept = []
for line in sys.stdin:
    kept.append((b"x" * 8_000_000, open("/dev/null"), threading.Thread(target=threading.Event().wait, daemon=True)))
    kept[-1][2].start()
    print(len(kept), flush=True)
"""


def noise(n: int, width: float) -> float:
    return random.Random(n).uniform(-width, width)


def slowly(n: int) -> float:
    return 120 + 40 * n / SAMPLES  # 12 MB a third


def slowly_and_unevenly(n: int) -> float:
    return slowly(n) + noise(n, 6)


def since_half_time(n: int) -> float:
    return 120 + max(0, n - SAMPLES / 2) * 0.3


def evenly(n: int) -> float:
    return 120 + noise(n, 6)


def until_the_bound_is_reached(n: int) -> float:
    return 120 + min(n, SAMPLES / 3)


def by_one_burst(n: int) -> float:
    return 120 + (40 if n > SAMPLES * 0.6 else 0)


def for_a_moment(n: int) -> float:
    return 120 + (60 if n in (100, 140, 141, 170) else 0)


def downwards(n: int) -> float:
    return 200 - n / 2


@pytest.mark.parametrize("goes", [slowly, slowly_and_unevenly, since_half_time], ids=lambda each: each.__name__)
def test_what_grows_with_the_work_is_a_leak(goes: Callable[[int], float]) -> None:
    found = growth.of([goes(n) for n in range(SAMPLES)])
    assert found
    assert growth.is_leak(found, 6)


@pytest.mark.parametrize(
    "goes",
    [evenly, until_the_bound_is_reached, by_one_burst, for_a_moment, downwards],
    ids=lambda each: each.__name__,
)
def test_what_comes_to_an_end_is_none(goes: Callable[[int], float]) -> None:
    found = growth.of([goes(n) for n in range(SAMPLES)])
    assert found
    assert not growth.is_leak(found, 6)


def test_the_table_names_the_leak_and_nothing_else() -> None:
    series = {"web.memory": [slowly(n) for n in range(SAMPLES)], "web.threads": [30.0] * SAMPLES}
    lines, wrong = table.rows(series, {"web.memory": 140.0, "web.threads": 30.0})
    assert [(line[0], line[-1]) for line in lines[1:]] == [
        ("web, memory (PSS), MB", "grows"),
        ("web, threads", "holds"),
    ]
    assert wrong == ["web, memory (PSS), MB: grows"]
    assert "grows" in table.text(lines)


def test_a_bound_that_was_passed_once_is_named() -> None:
    wal = [4.0] * (SAMPLES - 1) + [65.0]
    assert table.rows({"db.wal": wal}, {})[1] == ["SQLite, write-ahead log, MB: 65 once (≤ 64)"]


def test_a_socket_that_is_left_over_at_rest_is_named() -> None:
    line = Line("web.sockets", "web, TCP connections", 12, rest=0)
    assert table.judge(line, [30.0] * SAMPLES, 0.0) == ("holds", True)
    assert table.judge(line, [30.0] * SAMPLES, 1.0) == ("not at rest (≤ 0)", False)


def test_a_short_run_says_nothing_of_growth() -> None:
    assert table.judge(Line("web.memory", "web", 6), [float(n) for n in range(20)], None) == ("too short", True)


def test_what_a_process_takes_more_of_is_seen_from_outside() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", GREEDY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as greedy:
        assert greedy.stdin
        assert greedy.stdout
        looks = []
        for _ in range(3):
            greedy.stdin.write("more\n")
            greedy.stdin.flush()
            greedy.stdout.readline()
            looks.append(held(greedy.pid))
        greedy.stdin.close()
    for before, after in itertools.pairwise(looks):
        assert after["memory"] - before["memory"] > 7
        assert after["threads"] - before["threads"] == 1
        assert after["files"] - before["files"] == 1
