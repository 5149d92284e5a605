"""A template is compiled once on a machine; whatever lies in the folder, or none, pages come all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment

from webapp.web.compiled_templates import CompiledTemplates


class Counting(Environment):
    compiled = 0

    def compile(self, *arguments: Any, **more: Any) -> Any:
        self.compiled += 1
        return super().compile(*arguments, **more)


def rendered(folder: Path, maker: Path, template: str = "{{ 1 + 1 }}") -> tuple[str, int]:
    """What came, and how often something was compiled for it."""
    env = Counting(loader=DictLoader({"a.html": template}), bytecode_cache=CompiledTemplates(maker, folder))
    return env.get_template("a.html").render(), env.compiled


@pytest.fixture
def maker(tmp_path: Path) -> Path:
    path = tmp_path / "maker.py"
    path.write_text("trim = True")
    return path


def test_it_is_compiled_once_until_it_or_its_maker_changes(tmp_path: Path, maker: Path) -> None:
    folder = tmp_path / "kept"
    assert [rendered(folder, maker) for _ in range(3)] == [("2", 1), ("2", 0), ("2", 0)]
    assert [rendered(folder, maker, "{{ 2 + 2 }}") for _ in range(2)] == [("4", 1), ("4", 0)]
    maker.write_text("trim = False")
    assert [rendered(folder, maker, "{{ 2 + 2 }}") for _ in range(2)] == [("4", 1), ("4", 0)]


def test_what_lies_there_instead_is_passed_over(tmp_path: Path, maker: Path) -> None:
    folder = tmp_path / "kept"
    rendered(folder, maker)
    for each in folder.iterdir():
        each.write_bytes(each.read_bytes()[:-5])
    assert rendered(folder, maker) == ("2", 1)
    for each in folder.iterdir():
        each.write_bytes(b"nonsense")
    assert rendered(folder, maker) == ("2", 1)


def test_where_nothing_can_be_written_it_is_compiled_each_time(tmp_path: Path, maker: Path) -> None:
    folder = tmp_path / "kept"
    folder.write_text("a file in its place")
    assert [rendered(folder, maker) for _ in range(2)] == [("2", 1), ("2", 1)]
