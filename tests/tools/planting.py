"""One mutant after the other is tried in a process that has imported everything already.

pytest collects once. For each mutant a child is forked: there the living functions of the module get the code of the
changed one, and tests run that go through it, a file at a time, the likeliest first. What changes nothing but what is
evaluated on import (a default, a class's attribute) has no such function, and is tried in a new process whose import
plants it."""

from __future__ import annotations

import gc
import importlib.machinery
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from tests.tools.covering import KEPT, ROOT, Covering, Files, asked, keep
from tests.tools.mutations import Mutant, mutants_of

ARGUMENTS = ["-m", "not postgres and not browser and not faults", "-q", "-n", "0", "-p", "no:randomly"]
ARGUMENTS += ["-p", "no:cacheprovider", "-o", "tmp_path_retention_policy=none"]
MOST = 30  # tests of one mutant,
MOST_OF_A_FILE = 8
CAUGHT, LIVES, NOTHING_LIVING = 1, 0, 3  # how a child ends


@dataclass(frozen=True)
class Shared:
    """Stands for whatever test is next: all that is not of the whole session is taken down before."""

    collectors: list[pytest.Item | pytest.Collector]

    def listchain(self) -> list[pytest.Item | pytest.Collector]:
        return self.collectors


class Warm:
    """A plugin of pytest: instead of the tests, the mutants are run."""

    def __init__(self, room: str, folders: list[str], chosen: list[Mutant], end: float) -> None:
        self.room, self.chosen, self.end = room, chosen, end
        self.files, self.covering, self.known = Files(room, folders), Covering(), set[str]()
        self.results: list[tuple[Mutant, bool]] = []
        self.items: dict[str, pytest.Item] = {}
        self.functions: dict[str, list[FunctionType]] = {}
        self.firms: list[pytest.Item] = []
        self.has_failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.has_failed = self.has_failed or not report.passed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        KEPT.mkdir(parents=True, exist_ok=True)
        self.items = {item.nodeid: item for item in session.items}
        chains = session.items[0].listchain(), session.items[-1].listchain()
        self.shared = Shared([one for one, other in zip(*chains, strict=False) if one is other])
        self._warm_up()
        self.functions = _functions()
        gc.freeze()  # or each child would copy what it collects
        for mutant in self.chosen:
            if time.monotonic() > self.end:
                break
            is_caught, tests = self._tried(mutant)
            self.results.append((mutant, is_caught))
            print("." if is_caught else f"\nlives, {tests} tests: {mutant}", end="", flush=True)
        print()
        assert self._is_sound(), "without any fault a test fails too: nothing that was caught counts"
        return True

    def _is_sound(self) -> bool:
        """Whether a test passes in a child in which nothing is planted, now."""
        (firm, *_) = self.firms
        return _in_a_child(lambda: LIVES if self._runs(firm) else CAUGHT, 120) == LIVES

    def _warm_up(self) -> None:
        """Two tests run here, in English and in Russian, so that servers and the firms that are copied are there."""
        firms: dict[bool, pytest.Item] = {}
        for item in self.items.values():
            if "app" in getattr(item, "fixturenames", ()):
                firms[item.get_closest_marker("locale") is None] = item
        self.firms = list(firms.values())
        for item in self.firms:
            self._runs(item)
        assert self._is_sound(), "a test fails without any fault"

    def _runs(self, item: pytest.Item) -> bool:
        """Whether a test passes."""
        self.has_failed = False
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=self.shared)
        return not self.has_failed

    def _tried(self, mutant: Mutant) -> tuple[bool, int]:
        """Whether it is caught, and by the how manieth test at most."""
        tried = 0
        for file in self.files.likeliest(mutant):
            self._know(file)
            names = self.covering.of(mutant, file)[: min(MOST_OF_A_FILE, MOST - tried)]
            tried += len(names)
            if names and self._is_caught(mutant, [self.items[name] for name in names if name in self.items]):
                return True, tried
        return False, tried

    def _know(self, file: str) -> None:
        """What the tests of a file run through."""
        kept = self.files.kept(file)
        if file in self.known:
            return
        if not kept.exists():
            items = [item for name, item in self.items.items() if name.startswith(f"{file}::")]
            _in_a_child(lambda: keep(kept, asked(self.room, items, self._runs)), 1200)
        if kept.exists():
            self.covering.add(json.loads(kept.read_text()))
        self.known.add(file)

    def _is_caught(self, mutant: Mutant, tests: list[pytest.Item]) -> bool:
        def tried() -> int:
            if not plant(mutant, self.functions.get(str(ROOT / mutant.file), [])):
                return NOTHING_LIVING
            return LIVES if all(self._runs(test) for test in tests) else CAUGHT

        seconds = 60 + 5 * sum(self.covering.seconds[test.nodeid] for test in tests)
        ended = _in_a_child(tried, seconds)
        if ended == NOTHING_LIVING:
            return _in_a_new_process(mutant, [test.nodeid for test in tests], seconds)
        return ended != LIVES


def _functions() -> dict[str, list[FunctionType]]:
    """All that live in this process, by the file of their text."""
    found: dict[str, list[FunctionType]] = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType):
            found[each.__code__.co_filename].append(each)
    return found


def plant(mutant: Mutant, functions: list[FunctionType]) -> bool:
    """Whether any living function of its module changed by it."""
    path = ROOT / mutant.file
    changed = compile(mutant.planted(path.read_text()), str(path), "exec")
    codes = {(code.co_qualname, code.co_firstlineno): code for code in _codes(changed)}
    has_changed = False
    for each in functions:
        code = codes.get((each.__code__.co_qualname, each.__code__.co_firstlineno))
        if code is not None and code != each.__code__:
            each.__code__ = code
            has_changed = True
    return has_changed


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def _in_a_child(act: Callable[[], int | None], seconds: float) -> int:
    """How a forked, silent child ended. One that does not is killed with all that it began, and counts as caught."""
    child = os.fork()
    if child == 0:
        os.setsid()
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        ended = CAUGHT
        try:
            ended = act() or 0
        finally:
            os._exit(ended)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        over, status = os.waitpid(child, os.WNOHANG)
        if over:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return CAUGHT


def _in_a_new_process(mutant: Mutant, tests: list[str], seconds: float) -> bool:
    run = [sys.executable, "-m", "tests.tools.planting", mutant.file, str(mutant.place), *tests]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(run, cwd=ROOT, start_new_session=True, **silent) as child:
        try:
            return child.wait(seconds) != 0
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return True


def plant_on_import(mutant: Mutant) -> None:
    """From now on the module is imported with the fault in it."""
    path, whole = ROOT / mutant.file, importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: Any, name: str) -> CodeType | None:
        if Path(loader.path) == path:
            return compile(mutant.planted(path.read_text()), str(path), "exec")
        return whole(loader, name)

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign]


if __name__ == "__main__":
    file, place, *names = sys.argv[1:]
    plant_on_import(next(each for each in mutants_of(ROOT, ROOT / file) if each.place == int(place)))
    sys.exit(pytest.main([*names, "-x", *ARGUMENTS, f"--basetemp={KEPT / 'alone'}"]))
