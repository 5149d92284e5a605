"""The board's page asks for less than the others, and for what it has in the same order: who wins among styles, and who
hears of an event first, is the same on every page."""

from __future__ import annotations

from webapp.web import first_files
from webapp.web.templating import STATIC


def test_what_the_board_needs_is_of_what_all_pages_have_in_the_same_order() -> None:
    whole, board = (first_files.of(STATIC)[name] for name in ("app", "board-page"))
    assert [name for name in whole.styles if name in board.styles] == list(board.styles)
    assert len(board.styles) < len(whole.styles)
    first = [line for line in (STATIC / "js/board-page.js").read_text().splitlines() if line.startswith("import")]
    every = [line for line in (STATIC / "js/app.js").read_text().splitlines() if line.startswith("import")]
    assert [line for line in every if line in first] == first
    assert len(first) < len(every)


def test_each_file_stands_in_one_of_the_lists() -> None:
    alone = {"board-page", "app", "sw", "inquiry-form", "embed", "sign-in"}
    whole = first_files.of(STATIC)["app"]
    for folder, ending, known in (("css", "css", whole.styles), ("js", "js", whole.modules)):
        here = {f"{folder}/{each.name}" for each in (STATIC / folder).glob(f"*.{ending}") if each.stem not in alone}
        assert here - set(known) <= {"css/inquiry-form.css"}
