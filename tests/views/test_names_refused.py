"""A name that is empty or too long: every form of the set-up comes back as it was typed, with what is wrong beside the
name."""

from __future__ import annotations

from html import unescape

import pytest
from flask import Flask

from rules.setup_documents import Document
from tests.views.drawn_forms import DrawnForm, FormReader
from tests.views.scenes import Browser, browser
from webapp.snapshots import drafts

SALES, FIELDS = "/automation/sales", "/settings/fields"
FORMS = {  # by the address to which they are sent: what of them is a name, and what else is typed
    "/automation": ("name", {"beside": "sales"}),
    f"{SALES}/settings": ("name", {"department": "2"}),
    f"{SALES}/settings/lost_reasons": ("option.dear", {}),
    f"{SALES}/stages": ("name", {"after": "processing"}),
    f"{SALES}/stages/new": ("name", {"hue": "5"}),
    f"{SALES}/robots/reaction_control/name": ("name", {}),
    f"{SALES}/robots/reaction_control/settings.text": ("settings.text", {}),
    f"{SALES}/triggers/dialogue_taken/name": ("name", {}),
    f"{FIELDS}/deal": ("label", {"kind": "number"}),
    f"{FIELDS}/contact": ("label", {"kind": "date"}),
    f"{FIELDS}/deal/equipment_type": ("label", {"help.en": "Of which kind", "shown_as": "none"}),
    f"{FIELDS}/deal/equipment_type/options": ("option.large", {}),
    "/settings/org/departments": ("name", {"parent": "2"}),
}
NAMES = {  # what is typed, what is said of it
    "empty": (" ", "Fill this in."),
    "too long for a text": ("x" * 10_001, "Too long"),
    "too long for a line": ("x" * 3_000, "Too long"),
}


@pytest.fixture
def who(app: Flask) -> Browser:
    return browser(app, "admin")


@pytest.mark.parametrize("address", FORMS)
def test_its_form_comes_back_as_it_was_typed(app: Flask, who: Browser, address: str) -> None:
    who.post(f"{SALES}/settings/lost_reasons", data={"option.+.en": "Dear"})
    name, more = FORMS[address]
    before = document(app)
    for length, (words, wrong) in NAMES.items():
        refused = who.post(address, data={f"{name}.en": words, f"{name}.ru": " ", **more})
        assert refused.status_code == 422, length
        form = sent_to(address, refused.text)
        assert {each: form.value(each) for each in more} == {each: [value] for each, value in more.items()}
        assert form.value(f"{name}.en") == [words], length
        (said,) = said_in(refused.text, address)
        assert said.startswith(wrong), length
    assert document(app) == before


def document(app: Flask) -> Document:
    with app.app_context():
        return drafts.current().document


def sent_to(address: str, page: str) -> DrawnForm:
    reader = FormReader()
    reader.feed(page)
    (found,) = (each for each in reader.forms if each.action == address)
    return found


def said_in(page: str, address: str) -> list[str]:
    """What is said to be wrong within the form that is sent there."""
    form = unescape(page).partition(f'action="{address}"')[2].partition("</form>")[0]
    return [each.partition("</p>")[0].partition(">")[2].strip() for each in form.split('<p class="wrong"')[1:]]
