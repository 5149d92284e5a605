"""Two admins have the same editor open: neither undoes what the other has changed."""

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

STAGE = "/automation/sales/stages/processing"
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


def test_the_colour_of_one_does_not_undo_the_name_of_the_other(stack: Stack, person: Callable[..., Person]) -> None:
    one, other = both(stack, person, STAGE)
    typed(other, "name.en", "Paperwork")
    expect(one.locator('[data-setup-stage="processing"] h2')).to_have_text("Paperwork")
    one.locator("#editor label.hue-5").click()
    expect(one.locator('#editor [name="name.en"]')).to_have_value("Paperwork")
    assert drafted(stack, "stage", "sales/processing", "name")["en"] == "Paperwork"  # type: ignore[index]
    assert drafted(stack, "stage", "sales/processing", "hue") == 5


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
