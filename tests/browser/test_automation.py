"""An admin sets up by clicking: a stage more, a robot on it with a condition in a condition, dragged and changed."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Person
from tests.services import acts
from tests.stack import Stack
from webapp.db import session
from webapp.snapshots import drafts


def drafted(stack: Stack, kind: str) -> dict[str, dict[str, object]]:
    with stack.app.app_context():
        found = {each.key: dict(each.parts) for each in drafts.current().document.of(kind)}
        session().close()
    return found


def add_a_stage(page: Page) -> None:
    page.locator("[data-add-stage]").click()
    page.locator("#e-name-en").fill("Offer")
    page.locator("#e-after").select_option("data_collection")
    page.locator("#editor .btn.primary").click()
    expect(page.locator('[data-setup-stage="offer"]')).to_be_visible()


def test_a_robot_with_a_condition_in_a_condition_is_built_by_clicking(
    person: Callable[..., Person], stack: Stack
) -> None:
    page = person("admin").open("/automation/sales")
    add_a_stage(page)
    page.locator('[data-setup-stage="offer"] [data-add-robot]').click()
    page.get_by_role("button", name="Control", exact=True).click()
    editor = page.locator("#editor")
    expect(editor.locator("h2").first).to_contain_text("As soon as a deal enters “Offer”, control")

    editor.locator("#e-how").select_option("after")
    expect(editor.locator("h2").first).to_contain_text("10 minutes after a deal enters “Offer”")
    editor.locator("#e-amount").fill("1")
    editor.locator("#e-amount").press("Tab")
    expect(editor.locator("h2").first).to_contain_text("1 minute after")
    editor.locator("#e-unit").select_option("seconds")
    expect(editor.locator("h2").first).to_contain_text("1 second after")

    condition = editor.locator('[data-part-form="condition"]')
    condition.get_by_role("button", name="Condition").click()
    condition.locator("#if-0-field").select_option("contact.vip")
    condition.locator("#if-0-value").select_option("on")
    expect(editor.locator("h2").first).to_contain_text("if Contact · VIP is yes")
    condition.get_by_role("button", name="Group", exact=True).click()
    condition.locator("#if-1-0-field").select_option("deal.amount")
    condition.locator("#if-1-0-operator").select_option("gte")
    condition.locator("#if-1-0-value").fill("1000000")
    condition.locator("#if-1-0-value").press("Tab")
    expect(editor.locator("h2").first).to_contain_text("(Deal · Amount is at least ₽1,000,000)")
    condition.locator('[value="test:if.1"]').click()
    condition.locator("#if-1-1-field").select_option("deal.equipment_type")
    condition.locator("#if-1-1-value").select_option("special")
    expect(editor.locator("h2").first).to_contain_text("or Deal · Equipment type is “Special”)")

    page.keyboard.press("Escape")
    expect(page.locator("[data-editor]")).to_have_count(0)
    (robot,) = (each for key, each in drafted(stack, "robot").items() if each["stage"] == "sales/offer")
    assert robot["condition"] == {
        "all": [
            {"entity": "contact", "field": "vip", "operator": "eq", "value": True},
            {
                "any": [
                    {"entity": "deal", "field": "amount", "operator": "gte", "value": "1000000.00"},
                    {"entity": "deal", "field": "equipment_type", "operator": "eq", "value": "special"},
                ]
            },
        ]
    }
    assert robot["timing"] == {"after": {"amount": 1, "unit": "seconds"}}

    publish(page)
    with stack.app.app_context():
        deal = a_deal_of_a_vip()
        session().close()
    head = person("north").open("/")
    with stack.app.app_context():
        acts.move(deal, "offer")
        session().close()
    expect(head.locator("[data-toast]", has_text="A press for a VIP")).to_be_visible(timeout=30_000)


def publish(page: Page) -> None:
    page.locator("[data-draft-bar] [data-publish]").click()
    expect(page.locator("[data-impact]")).to_contain_text("Stage “Offer” is new")
    page.locator("[data-apply]").click()
    said = page.locator(".draft-bar", has_text="Published: the changes are live.")
    expect(said).to_be_visible()
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.evaluate("htmx.trigger('#setup', 'refresh')")  # as what follows the publication has it do
    page.wait_for_timeout(100)
    expect(said).to_be_visible()


def a_deal_of_a_vip() -> int:
    contact = acts.contact(phone="+79005550077", vip="on")
    return acts.deal(of=contact, title="A press for a VIP", amount=200_000_000)


def test_fields_and_robots_are_dragged_and_the_fields_stand_so_for_others(
    person: Callable[..., Person], stack: Stack
) -> None:
    stack.call("admin", "POST", "/fields", {"entity": "deal", "kind": "text", "label": {"en": "Weight"}})
    page = person("admin").open("/settings/fields")
    first, second = (page.locator(f"#field-deal-{key}") for key in ("equipment_type", "weight"))
    dragged(page, first, second, (20, 30))
    expect(page.locator("[data-orders$=deal] [data-key]").first).to_have_attribute("data-key", "weight")
    page.locator("[data-publish-now]").click()
    expect(page.locator("[data-publish-now]")).to_have_count(0)
    with stack.app.app_context():
        deal = acts.deal(title="A press", waits=False)
        session().close()
    asked = person("rep1").open(f"/deals/{deal}").locator('[name="deal.weight"], [name="deal.equipment_type"]')
    names = list(dict.fromkeys(each.get_attribute("name") for each in asked.all()))
    assert names == ["deal.weight", "deal.equipment_type"]
    page.goto(f"{stack.url}/automation/sales")
    page.get_by_label("Find a robot or a trigger").fill("reaction")
    expect(page.locator(".rule:visible")).to_have_count(1)
    expect(page.locator("[data-sifted]")).to_have_text("1")
    page.get_by_label("Find a robot or a trigger").fill("moon")
    expect(page.locator("[data-sifted]")).to_have_text("Nothing found")
    page.get_by_label("Find a robot or a trigger").fill("")
    expect(page.locator(".rule:visible")).to_have_count(7)
    card = page.locator('[data-setup-stage="new"] [data-key="reaction_control"]')
    target = page.locator('[data-setup-stage="data_collection"] [data-rules="robots"]')
    dragged(page, card, target, (60, 4))
    expect(page.locator('[data-setup-stage="data_collection"] [data-key="reaction_control"]')).to_be_visible()
    assert drafted(stack, "robot")["reaction_control"]["stage"] == "sales/data_collection"


def dragged(page: Page, card: Locator, target: Locator, at: tuple[int, int]) -> None:
    """By the mouse, to there on the target; the server has answered."""
    seen, over = card.bounding_box(), target.bounding_box()
    assert seen
    assert over
    page.mouse.move(seen["x"] + 20, seen["y"] + min(60, seen["height"] / 2))
    page.mouse.down()
    page.mouse.move(over["x"] + at[0], over["y"] + at[1], steps=12)
    page.mouse.move(over["x"] + at[0] + 2, over["y"] + at[1] + 4, steps=4)
    with page.expect_response("**/moves"):
        page.mouse.up()


def test_a_part_is_changed_by_keyboard_alone(person: Callable[..., Person], stack: Stack) -> None:
    page = person("admin").open("/automation/sales")
    slot = page.locator('[data-key="reaction_control"] [data-part="timing"]')
    slot.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#e-how")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("25")
    page.keyboard.press("Tab")
    expect(page.locator("#editor h2").first).to_contain_text("25 minutes after")
    expect(page.locator("#e-unit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-editor]")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('[data-key]')?.dataset.key") == "reaction_control"
    assert drafted(stack, "robot")["reaction_control"]["timing"] == {"after": {"amount": 25, "unit": "minutes"}}
    page.keyboard.press("Control+z")
    expect(page.locator("[data-undo-draft]")).to_have_count(0)
    assert drafted(stack, "robot")["reaction_control"]["timing"] == {"after": {"amount": 10, "unit": "minutes"}}
