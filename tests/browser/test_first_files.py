"""What a page needs is asked for at once, named in the page, and not one file after another; its styles in one."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Request

from tests.browser.conftest import Person
from webapp.web.first_files import STYLE_IMPORT
from webapp.web.sent_files import sent
from webapp.web.templating import STATIC

RULES = """
(text) => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  const layers = [...sheet.cssRules].filter((each) => each instanceof CSSLayerBlockRule)
  return [
    [...sheet.cssRules].map((each) => each.cssText),
    layers.map((each) => [each.name, [...each.cssRules].map((rule) => rule.cssText)]),
  ]
}
"""
NAMED = re.compile(r'<(?:link|script)\b[^>]*?(?:href|src)="([^"]+\.(?:css|js))"')


def test_a_page_names_every_style_and_module_that_it_loads_and_no_other(person: Callable[..., Person]) -> None:
    who, loaded = person("rep1"), set()

    def asked(request: Request) -> None:
        if request.resource_type in ("stylesheet", "script"):
            loaded.add(request.url.removeprefix(who.url))

    who.page.on("request", asked)
    who.open("/")
    named = NAMED.findall(who.page.request.get(who.url + "/").text())
    assert len(named) == len(set(named)) > 40
    assert loaded == set(named)


def test_what_is_sent_of_the_styles_says_what_is_written(person: Callable[..., Person]) -> None:
    page = person("rep1").open("/")
    for path in (STATIC / "css").glob("*.css"):
        written = path.read_text()
        parts = STYLE_IMPORT.findall(written)
        rules, layers = page.evaluate(RULES, sent(STATIC, f"css/{path.name}").decode())
        if not parts:
            assert rules == page.evaluate(RULES, written)[0], path.name
            continue
        read = [[layer, page.evaluate(RULES, (STATIC / "css" / part).read_text())[0]] for part, layer in parts]
        assert layers[: len(read)] == read, path.name
