"""What is kept of pages for all who read one language, and templates that share their globals."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.conftest import Clock
from webapp.web import kept_parts
from webapp.web.templating import Reader, reading_as

QUICK = "board/_quick_fields.html"


def test_a_part_is_kept_by_language_and_by_what_it_is_about(app: Flask) -> None:
    with reading_as(app, Reader("en", "Europe/Moscow")):
        english, other = kept_parts.kept(QUICK, 1), kept_parts.kept(QUICK, 2)
        assert kept_parts.kept(QUICK, 1) is english
    with reading_as(app, Reader("ru", "Europe/Moscow")):
        russian = kept_parts.kept(QUICK, 1)
    assert "What it is about" in english
    assert "О чём" in russian or "о чём" in russian.lower()
    assert english != other
    assert "quick-title-2" in other


def test_a_template_cannot_bring_globals_of_its_own(app: Flask) -> None:
    with pytest.raises(TypeError):
        app.jinja_env.get_template("offline.html", globals={"now": 1})


def test_what_lines_have_alike_is_drawn_once_in_a_page_and_their_own_is_text(app: Flask) -> None:
    source = '{% macro line(word, id) %}<i id="{{ id }}">{{ word }}</i>{% endmacro %}'
    macro = getattr(app.jinja_env.from_string(source).module, "line")  # noqa: B009 - macros are no attributes to mypy
    with reading_as(app, Reader("en", "Europe/Moscow")):
        drawn = [kept_parts.alike(macro, "key", {"id": own}, word) for own, word in ((7, "<b>"), ('"<8>', "not drawn"))]
    assert drawn == ['<i id="7">&lt;b&gt;</i>', '<i id="&#34;&lt;8&gt;">&lt;b&gt;</i>']
    with reading_as(app, Reader("en", "Europe/Moscow")):
        assert kept_parts.alike(macro, "key", {"id": 9}, "anew") == '<i id="9">anew</i>'


def test_a_line_is_drawn_again_for_another_language_zone_day_or_when_it_says_something_else(
    app: Flask, clock: Clock
) -> None:
    macro: Any = app.jinja_env.from_string("{% macro line(word, id) %}{{ word }} {{ id }}{% endmacro %}").module.line
    drawn: list[str] = []

    def draw(name: object, shown: object, language: str = "en", zone: str = "Europe/Moscow") -> str:
        """What is said, each time with another word: it is seen only when it is drawn anew."""
        with reading_as(app, Reader(language, zone)):
            drawn.append(str(kept_parts.lasting(macro, name, shown, {"id": "<7>"}, f"word {len(drawn)}")))
        return drawn[-1]

    first = draw("one", (1, {"a": 1}))
    assert first == "word 0 &lt;7&gt;"
    assert draw("one", (1, {"a": 1})) == first
    assert draw("two", (1, {"a": 1})) != first
    assert draw("one", (1, {"a": 1}), "ru") != first
    assert draw("one", (1, {"a": 1}), zone="Asia/Yekaterinburg") != first
    assert draw("one", (1, {"a": 1})) == first  # the others have their own
    clock.go_on(days=1)
    tomorrow = draw("one", (1, {"a": 1}))
    assert tomorrow != first
    assert draw("one", (1, {"a": 2})) != tomorrow
