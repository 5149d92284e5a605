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
    expect(other.locator("#editor [data-meanwhile]")).to_have_text("Admin changed this in the meantime: colour.")
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
    expect(one.locator("#editor [data-meanwhile]")).to_have_text(
        "Sergey Lebedev changed this in the meantime: options."
    )
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


def test_an_editor_of_what_another_has_removed_says_so(stack: Stack, person: Callable[..., Person]) -> None:
    one, other = both(stack, person, ROBOT)
    one.locator('#editor [name="settings.text.en"]').fill("Half")
    other.locator('#editor form[action$="/deletions"] button').click()
    said = "Robot “Reaction control” is no longer in the draft: Sergey Lebedev removed it in the meantime."
    expect(one.locator("#editor [data-gone]")).to_have_text(said)
    expect(one.locator("#editor form")).to_have_count(0)
    expect(one.locator("#editor [data-unsent] blockquote")).to_have_text("Half")
    expect(one.locator('[data-key="reaction_control"]')).to_have_count(0)
    one.locator("#editor .btn.primary").click()
    expect(one.locator("[data-editor]")).to_have_count(0)


def test_an_open_editor_follows_a_draft_that_is_undone_discarded_and_published(
    stack: Stack, person: Callable[..., Person]
) -> None:
    one, other = both(stack, person, STAGE)
    mine, told = one.locator('#editor [name="name.en"]'), one.locator("#editor [data-meanwhile]")
    typed(other, "name.en", "Paperwork")
    expect(mine).to_have_value("Paperwork")
    expect(told).to_have_text("Sergey Lebedev changed this in the meantime: name.")
    pressed(other, "[data-undo-draft]")
    expect(mine).to_have_value("Processing")
    expect(told).to_have_count(0)
    typed(one, "name.en", "Papers")
    expect(other.locator('[data-setup-stage="processing"] h2')).to_have_text("Papers")
    pressed(other, "[data-draft-bar] summary", 'form[action="/setup/draft/discards"] button')
    expect(mine).to_have_value("Processing")
    expect(told).to_have_text("Sergey Lebedev changed this in the meantime: name.")
    opened(other)
    typed(other, "name.en", "Forms")
    pressed(other, "[data-publish-now]")
    expect(mine).to_have_value("Forms")
    expect(one.locator("[data-draft-bar]")).to_have_count(0)
    mine.fill("Half")
    opened(other)
    typed(other, "name.ru", "Бумаги")
    expect(one.locator('#editor [name="name.ru"]')).to_have_value("Бумаги")
    expect(mine).to_have_value("Half")


def opened(page: Page) -> None:
    page.locator('[data-setup-stage="processing"] h2 a').click()
    page.locator("[data-editor]").wait_for()


def pressed(page: Page, *buttons: str) -> None:
    """Beside the editor, which is closed for that."""
    if page.locator("[data-close-editor]").count():
        page.locator("[data-close-editor]").last.click()
    for each in buttons:
        page.locator(each).first.click()
