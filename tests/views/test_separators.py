"""On no page does a line break before a separating point: it stays with what precedes it, and none begins a line."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from jinja2 import DictLoader, Environment

from tests.views import every_page
from tests.views.scenes import browser, scene
from webapp.web.separators import Separators

# "Contact · VIP" is what a field is called, one word of a sentence.
NAMES = "".join(f"(?<!{each})" for each in ("Deal", "Contact", "Company", "Invoices", "Conversation"))
BREAKS = re.compile(rf"{NAMES}[ \n\t]\u00a0*·")
WRITTEN = re.compile(r"<(textarea|option|title|script|style)\b.*?</\1>", re.DOTALL)  # what people wrote, and no lines


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a · b", "a\u00a0· b"),
        ("{{ 1 }}\n   · b", "1\u00a0· b"),
        ("a ·\n   {{ 1 }}", "a\u00a0· 1"),
        ("a ·\n   {%- if 1 %} b{% endif %}", "a\u00a0· b"),
        ('{{ "a" ~ " · " ~ "b" }}', "a\u00a0· b"),
        ('{{ _("a · b") }}', "a · b"),  # the catalogue does it: by its very words the sentence is found there
        ("{% trans %}a · b{% endtrans %}", "a · b"),
        ("{# a · b #}·", "·"),
    ],
)
def test_it_is_tied_to_what_precedes_it(written: str, shown: str) -> None:
    env = Environment(loader=DictLoader({"a": written}), extensions=["jinja2.ext.i18n", Separators], lstrip_blocks=True)
    env.install_null_translations()  # type: ignore[attr-defined]
    assert env.get_template("a").render() == shown


def test_no_page_begins_a_line_with_one(app: Flask, clock: object) -> None:
    scene(app)
    with app.app_context():
        paths = [each for each in every_page.paths(app) if not each.startswith(("/api", "/hooks"))]
    who, found, seen = browser(app, "admin"), set[str](), 0
    for path in paths:
        answer = who.get(path)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            seen += answer.text.count("·")
            text = re.sub(r"<[^>]*>", "", WRITTEN.sub("", answer.text))
            found |= {text[each.start() - 30 : each.end() + 30] for each in BREAKS.finditer(text)}
    assert seen > 100
    assert not found, "\n\n".join(sorted(found))
