"""Everything of the set-up opens by its link on the screen: what stands open then is that very thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask

from tests.views.scenes import HTMX, Browser, browser
from webapp.snapshots import drafts
from webapp.web.setup_addresses import address_of

KINDS = ("pipeline", "stage", "robot", "trigger", "field")


def things(app: Flask, kind: str) -> Iterator[tuple[str, str]]:
    """What each is called, and where its editor stands."""
    with app.app_context():
        document = drafts.current().document
        for each in document.of(kind, archived=True):
            yield each.name["en"], address_of(kind, each.key, document)


def screens(app: Flask, who: Browser) -> list[str]:
    """The pages on which the links stand."""
    with app.app_context():
        pipelines = [f"/automation/{each.key}" for each in drafts.current().document.of("pipeline")]
    return [unescape(who.get(each).text) for each in (*pipelines, "/settings/fields")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_thing_of_the_lesson_s_firm_opens_by_its_link(app: Flask, kind: str) -> None:
    who = browser(app, "admin")
    who.post("/automation", data={"name.en": "New", "name.ru": "New"})  # whose key is a word of addresses elsewhere
    who.post("/automation/new/stages", data={"name.en": "Stages"})
    who.post("/settings/fields/contact", data={"label.en": "New", "kind": "text"})
    who.post("/automation/new/stages/in_work/deletions")
    pages, found = screens(app, who), list(things(app, kind))
    assert found
    for name, address in found:
        assert any(f'href="{address}"' in each for each in pages), f"there is no link to {name}"
        for opened in (who.get(address), who.get(address, headers=HTMX)):
            assert opened.status_code == 200
            assert name in shown_in(unescape(opened.text)), f"{address} shows something else than {name}"


def shown_in(page: str) -> list[str]:
    """What stands in the controls of the sheet, in the language of the firm; in the archive it has but a heading."""
    sheet = page.partition("data-editor")[2]
    controls = re.findall(r'name="(?:name|label)\.en"[^>]*? value="([^"]*)"', sheet)
    return controls or re.findall(r"<h2[^>]*>([^<]*)</h2>", sheet)[:1] or [sheet[:500]]


@pytest.mark.parametrize("page", ["/automation/sales", "/automation/sales/stages/new"])
def test_a_new_stage_has_its_form_beside_those_that_there_are(app: Flask, page: str) -> None:
    who = browser(app, "admin")
    links = re.findall(r'href="(/automation/sales/stages\?after=new|/automation/sales/stages)"', who.get(page).text)
    assert len(links) == 2
    for each in links:
        assert "New stage" in who.get(each).text
        assert "New stage" in who.get(each, headers=HTMX).text
    assert '<option value="new" selected>' in who.get("/automation/sales/stages?after=new", headers=HTMX).text
