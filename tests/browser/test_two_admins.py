"""Two admins have the same editor open: each sees what the other changes, neither undoes it, and what one is typing
stays."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import update

from tests import company
from tests.browser.conftest import Person
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.models import User
from webapp.snapshots import drafts, setups

STAGE, FIELD = "/automation/sales/stages/processing", "/settings/fields/deal/equipment_type"
ROBOT = "/automation/sales/robots/reaction_control"


def both(stack: Stack, person: Callable[..., Person], path: str) -> tuple[Page, Page]:
    with stack.app.app_context():
        with transaction():
            session().execute(update(User).where(User.id == company.person("head")).values(is_admin=True))
            setups.changed()
        session().close()
    return person("admin").open(path), person("head").open(path)


def typed(page: Page, name: str, words: str) -> None:
    control = page.locator(f'#editor [name="{name}"]')
    control.fill(words)
    control.press("Tab")


def drafted(stack: Stack, kind: str, key: str, part: str) -> object:
    with stack.app.app_context():
        found = drafts.current().document.get(kind, key)
        session().close()
    assert found is not None
    return found.parts[part]


def test_an_open_editor_follows_the_other_and_undoes_nothing(stack: Stack, person: Callable[..., Person]) -> None:
    one, other = both(stack, person, STAGE)
    typed(other, "name.en", "Paperwork")
    expect(one.locator('[data-setup-stage="processing"] h2')).to_have_text("Paperwork")
    expect(one.locator('#editor [name="name.en"]')).to_have_value("Paperwork")
    one.locator("#editor label.hue-5").click()
    expect(other.locator('#editor [name="hue"][value="5"]')).to_be_checked()
    expect(other.locator('#editor [name="name.en"]')).to_have_value("Paperwork")
    assert drafted(stack, "stage", "sales/processing", "name")["en"] == "Paperwork"  # type: ignore[index]
    assert drafted(stack, "stage", "sales/processing", "hue") == 5


def test_what_one_is_typing_stays_and_who_is_second_to_it_is_told(stack: Stack, person: Callable[..., Person]) -> None:
    one, other = both(stack, person, FIELD)
    mine = one.locator('#editor [name="option.large.en"]')
    mine.fill("Mine")
    typed(other, "option.large.en", "Theirs")
    typed(other, "option.special.en", "Rare")
    expect(one.locator('#editor [name="option.special.en"]')).to_have_value("Rare")
    expect(mine).to_have_value("Mine")
    expect(mine).to_be_focused()
    mine.press("Tab")
    expect(one.locator("#editor .wrong")).to_contain_text("changed this to “Theirs” in the meantime")
    expect(mine).to_have_value("Mine")
    expect(other.locator('#editor [name="option.large.en"]')).to_have_value("Theirs")
    one.locator('#editor [data-option="large"]').locator('[name="option.large.en"]').press("Enter")
    expect(other.locator('#editor [name="option.large.en"]')).to_have_value("Mine")
    expect(one.locator("#editor .wrong")).to_have_count(0)
    words = {each["key"]: each["label"]["en"] for each in drafted(stack, "field", "deal/equipment_type", "options")}  # type: ignore[attr-defined]
    assert (words["large"], words["special"]) == ("Mine", "Rare")


def test_a_hurried_hand_is_not_taken_for_no_change(stack: Stack, person: Callable[..., Person]) -> None:
    """Ticked and unticked before the first answer has come."""
    page = person("admin").open(f"{ROBOT}/options")
    page.route("**/options", lambda route: (page.wait_for_timeout(300), route.continue_())[1])
    box = page.locator('#editor [name="once_per_deal"][type=checkbox]')
    before = box.is_checked()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        box.click()
        box.click()
    page.wait_for_timeout(1500)
    assert box.is_checked() == before
    assert drafted(stack, "robot", "reaction_control", "once_per_deal") == before


def test_a_condition_that_is_being_built_stays_while_another_changes_the_draft(
    stack: Stack, person: Callable[..., Person]
) -> None:
    one, other = both(stack, person, ROBOT)
    condition = one.locator('#editor [data-part-form="condition"]')
    condition.get_by_role("button", name="Condition", exact=True).click()
    expect(condition.locator(".test")).to_have_count(2)
    typed(other, "settings.text.en", "Look at it")
    expect(one.locator('#editor [name="settings.text.en"]')).to_have_value("Look at it")
    expect(condition.locator(".test")).to_have_count(2)


def test_an_editor_of_what_another_has_removed_closes(stack: Stack, person: Callable[..., Person]) -> None:
    one, other = both(stack, person, ROBOT)
    other.locator('#editor form[action$="/deletions"] button').click()
    expect(one.locator("[data-editor]")).to_have_count(0)
    expect(one.locator('[data-key="reaction_control"]')).to_have_count(0)
