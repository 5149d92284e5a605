"""What a page needs is asked for at once, named in the page, and not one file after another."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Request

from tests.browser.conftest import Person

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
