"""What is sent of a static file: all that a browser reads of it, and nothing that it does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from webapp.web.first_files import STYLE_IMPORT
from webapp.web.sent_files import SCRIPT_COMMENT, sent
from webapp.web.templating import STATIC

SCRIPTS = sorted((STATIC / "js").glob("*.js"))
SHEETS = ("app", "board-page", "inquiry-form")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_of_a_script_only_lines_of_comment_are_left_out(path: Path) -> None:
    written = path.read_text()
    read = sent(STATIC, f"js/{path.name}").decode()
    pairs = list(zip(written.split("\n"), read.split("\n"), strict=True))  # an error's line is still the written one
    assert all(one == other for one, other in pairs if other)
    assert all(not one or one.lstrip().startswith("//") for one, other in pairs if not other)
    for comment in SCRIPT_COMMENT.finditer(written):
        assert written[: comment.start()].count("`") % 2 == 0, f"{comment[0]} stands within a text"


@pytest.mark.parametrize("name", SHEETS)
def test_a_style_sheet_has_what_it_imports_in_its_place(name: str) -> None:
    written = (STATIC / f"css/{name}.css").read_text()
    assert written.count("@import") == len(STYLE_IMPORT.findall(written)) >= 3
    read = sent(STATIC, f"css/{name}.css").decode()
    assert "@import" not in read
    layers = [(layer, part) for part, layer in STYLE_IMPORT.findall(written)]
    at = 0
    for layer, part in layers:
        body = sent(STATIC, f"css/{part}").decode()
        at = read.index(f"@layer {layer} {{\n{body}}}", at) + 1


def test_nothing_of_others_is_touched() -> None:
    for path in (STATIC / "vendor").rglob("*"):
        if path.is_file():
            assert sent(STATIC, path.relative_to(STATIC).as_posix()) == path.read_bytes()


def test_no_comment_is_sent() -> None:
    for path in [*SCRIPTS, *(STATIC / "css").glob("*.css")]:
        read = sent(STATIC, path.relative_to(STATIC).as_posix()).decode()
        assert not re.search(r"^\s*//|/\*", read, re.MULTILINE), path.name
