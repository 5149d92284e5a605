"""Which tests run through which line of a room, and for how long: asked a file of tests at a time, only when a mutant
wants it, and kept in build/ while that file and the room stay as they are."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.tools.mutations import Mutant

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "mutants"
MOST_CASES = 3  # of one test: most have few, and those of hundreds run through the same lines
MOST_SECONDS = 40  # of the processor, that one file is asked for
OTHERS = 4  # files that say nothing of a module, and are asked all the same


class Files:
    """The files of tests of a room's folders. Those of the first are the quickest and the nearest."""

    def __init__(self, room: str, folders: list[str]) -> None:
        found = [file for folder in folders for file in sorted((ROOT / folder).rglob("test_*.py"))]
        self.texts = {str(file.relative_to(ROOT)): file.read_text() for file in found}
        self.first = folders[0]
        sources = b"".join(file.read_bytes() for file in sorted((ROOT / room).rglob("*.py")))
        self.of_room = hashlib.sha256(sources).hexdigest()

    def likeliest(self, mutant: Mutant) -> list[str]:
        """Those called like its module, those that call its function, those that say its name or the first word of it;
        then a few others."""
        related = {file: relation(mutant, file, text) for file, text in self.texts.items()}
        ordered = sorted(self.texts, key=lambda file: (-related[file], not self._is_near(file), len(self.texts[file])))
        return ordered[: sum(map(bool, related.values())) + OTHERS]

    def _is_near(self, file: str) -> bool:
        return file.startswith(self.first)

    def kept(self, file: str) -> Path:
        known = hashlib.sha256((self.of_room + self.texts[file]).encode()).hexdigest()[:16]
        return KEPT / f"{file.replace('/', '.')}-{known}.json"


def relation(mutant: Mutant, file: str, text: str) -> int:
    """How much a file of tests seems to be about a mutant's module."""
    stem, name = Path(mutant.file).stem, Path(file).stem
    first = stem.partition("_")[0].rstrip("s").removesuffix("ie").removesuffix("y")
    return (
        4 * (stem.rstrip("s") in name)
        + 3 * (f"{stem}.{mutant.where}(" in text)
        + 2 * (first in name)
        + (f"{mutant.where}(" in text)
        + (re.search(rf"\b{stem}\b|\b{first}", text) is not None)
    )


@dataclass
class Covering:
    """Tests that pass, by file and line, each with its seconds."""

    lines: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, float] = field(default_factory=dict)
    breadth: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # lines that a test runs through

    def add(self, kept: dict[str, Any]) -> None:
        self.seconds |= kept["seconds"]
        for file, lines in kept["lines"].items():
            for line, tests in lines.items():
                self.lines[file, int(line)] += tests
                for test in tests:
                    self.breadth[test] += 1

    def of(self, mutant: Mutant, tests: str) -> list[str]:
        """Those of a file of tests through any line of the mutant. First those that run through little else; of one
        test's cases the next comes after one of each other test."""
        found = {test for line in mutant.lines for test in self.lines.get((mutant.file, line), ())}
        own = sorted((test for test in found if test.startswith(f"{tests}::")), key=lambda test: self.breadth[test])
        turns: dict[str, int] = defaultdict(int)
        turned = []
        for test in own:
            turns[name := test.partition("[")[0]] += 1
            turned.append((turns[name], len(turned), test))
        return [test for _, _, test in sorted(turned)]


def asked(room: str, items: list[pytest.Item], run: Callable[[pytest.Item], bool]) -> dict[str, Any]:
    """What these tests run through, of those that pass. To be called in a process that ends with it."""
    measured = coverage.Coverage(data_file=None, source=[str(ROOT / room)], config_file=False)
    seconds: dict[str, float] = {}
    cases: dict[str, int] = defaultdict(int)
    end = time.process_time() + MOST_SECONDS
    measured.start()
    for item in items:
        begun = time.monotonic()
        cases[name := item.nodeid.partition("[")[0]] += 1
        if cases[name] > MOST_CASES or time.process_time() > end:
            continue
        measured.switch_context(item.nodeid)
        if run(item):
            seconds[item.nodeid] = round(time.monotonic() - begun, 2)
    measured.stop()
    data, lines = measured.get_data(), {}
    for file in data.measured_files():
        lines[str(Path(file).relative_to(ROOT))] = {
            line: [test for test in tests if test in seconds] for line, tests in data.contexts_by_lineno(file).items()
        }
    return {"seconds": seconds, "lines": lines}


def keep(file: Path, found: dict[str, Any]) -> None:
    """All of it or nothing."""
    making = file.with_suffix(".making")
    making.write_text(json.dumps(found))
    making.rename(file)
