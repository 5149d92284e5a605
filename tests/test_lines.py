"""The check of lines finds what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import lines

PLANTED = {
    "webapp/templates/deals/_sheet.html": ("<p>\n" + "ж" * 121, "deals/_sheet.html:2: 121 columns"),
    "webapp/templates/base.html": ("<p>\n" * 61, "base.html:61: 61 lines"),
    "webapp/static/css/board.css": (".card { }\n\n" + "a" * 200, "board.css:3: 200 columns"),
    "webapp/static/js/drag.js": ("a" * 121, "drag.js:1: 121 columns"),
    "webapp/services/deals.py": (
        "def f():\n" + "    pass\n" * 17 + "def g():\n" + "    pass\n" * 18,
        "webapp/services: one function in ten has 19 lines or more, at most 18",
    ),
    "rules/robots.py": ("\n" * 200, "the median file has 100.5 lines, at most 65"),
}
PASSED_OVER = {"webapp/static/vendor/htmx.min.js": "a" * 9000, "webapp/static/js/touch.js": "ж" * 120}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_too_long_is_named_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], planted: str
) -> None:
    text, place = PLANTED[planted]
    for name, content in {**PASSED_OVER, planted: text}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    assert lines.main(tmp_path) == 1
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1
    assert place in said[0]


def test_all_that_is_written_here_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines.main() == 0, capsys.readouterr().out
