"""The lesson's firm, built on the pages of the set-up from an empty one: by whichever hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Expect, Locator, Page

TOLD = {
    "reaction": "{deal.responsible} has not answered {contact.name}. Клиент ждёт ответа",
    "vip": "VIP client {contact.name} has written. VIP-клиент",
    "unpaid": "{contact.name} has not paid invoice {invoice.number}.",
    "task": {"en": "Processing a deal with a VIP client", "ru": "Оформление сделки с VIP-клиентом"},
}
STAGES = {
    "data_collection": {"en": "Data collection", "ru": "Сбор данных"},
    "processing": {"en": "Processing", "ru": "Оформление"},
    "payment": {"en": "Payment", "ru": "Оплата"},
}
VIP = {"en": "VIP", "ru": "VIP"}
EQUIPMENT = {"en": "Equipment type", "ru": "Тип оборудования"}
OPTIONS = (
    {"en": "Standard", "ru": "Стандартное"},
    {"en": "Large", "ru": "Крупное"},
    {"en": "Special", "ru": "Особое"},
)

expect = Expect()
expect.set_options(timeout=30_000)  # of a machine that has other things to do
STEPS = "(each, value) => [...each.options].findIndex((one) => one.value === value) - each.selectedIndex"


@dataclass(frozen=True)
class Hand:
    """A mouse. What others do otherwise, they say."""

    page: Page

    def hit(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, words: str) -> None:
        """Type it, and go on to what comes next."""
        target.fill(words)
        target.press("Tab")

    def choose(self, target: Locator, value: str) -> None:
        target.select_option(value)

    def tick(self, target: Locator) -> None:
        self.hit(target.locator("xpath=ancestor-or-self::label"))


class Finger(Hand):
    def hit(self, target: Locator) -> None:
        target.tap()


class Keys(Hand):
    """A keyboard alone: everything is reached by Tab."""

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        for _ in range(200):
            if target.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not get to {target}")

    def hit(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, words: str) -> None:
        self._reach(target)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(words)
        self.page.keyboard.press("Tab")

    def choose(self, target: Locator, value: str) -> None:
        expect(self.page.locator("#editor .htmx-request")).to_have_count(0)
        self._reach(target)
        steps = target.evaluate(STEPS, value)
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#editor .htmx-request")).to_have_count(0)
        expect(target).to_have_value(value)

    def tick(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Space")


HANDS: dict[str, type[Hand]] = {"mouse": Hand, "finger": Finger, "keys": Keys}


class Builder:
    """What an admin does on the screens of the set-up."""

    def __init__(self, hand: Hand, locale: str) -> None:
        self.hand, self.page, self.locale = hand, hand.page, locale
        self.editor = self.page.locator("#editor")
        self.heading = self.editor.locator("h2").first

    def pictured(self, name: str) -> None:
        """For the eye, where a folder is named."""
        if folder := os.environ.get("PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.wait_for_timeout(250)
            self.page.screenshot(path=f"{folder}/{name}.png")

    def part(self, name: str) -> Locator:
        return self.editor.locator(f'[data-part-form="{name}"]')

    def close(self) -> None:
        self.hand.hit(self.editor.locator("[data-close-editor]").last)
        expect(self.page.locator("[data-editor]")).to_have_count(0)

    def says(self, name: str, words: dict[str, str], within: Locator | None = None) -> None:
        """A text in both languages, the firm's own first."""
        at = within or self.editor
        for each in sorted(words, key=lambda locale: locale != self.locale):
            self.hand.write(at.locator(f"#e-{name}-{each}"), words[each])

    def stage(self, key: str, after: str) -> None:
        self.hand.hit(self.page.locator("[data-add-stage]"))
        self.says("name", STAGES[key])
        self.hand.choose(self.editor.locator("#e-after"), after)
        self.hand.hit(self.editor.locator(".btn.primary"))
        expect(self.page.locator(f'[data-setup-stage="{key}"]')).to_have_count(1)
        self.pictured(f"stage-{key}")
        self.close()

    def archive(self, key: str) -> None:
        self.hand.hit(self.page.locator(f'[data-setup-stage="{key}"] h2 a'))
        self.hand.hit(self.editor.locator('form[action$="/deletions"] button'))
        expect(self.page.locator(f'[data-setup-stage="{key}"]')).to_have_count(0)

    def field(self, entity: str, kind: str, label: dict[str, str]) -> None:
        self.hand.hit(self.page.locator(f'[data-add-field="{entity}"]'))
        self.says("label", label)
        self.hand.choose(self.editor.locator("#e-kind"), kind)
        self.pictured(f"new-field-{entity}")
        self.hand.hit(self.editor.locator(".btn.primary"))
        expect(self.part("words")).to_be_visible()

    def option(self, words: dict[str, str], many: int) -> None:
        for each in sorted(words, key=lambda locale: locale != self.locale):
            self.hand.write(self.editor.locator(f"#e-option-new-{each}"), words[each])
        self.hand.hit(self.part("options").locator(".option").last.locator(".btn"))
        expect(self.part("options").locator("[data-option]")).to_have_count(many)

    def required_from(self, pipeline: str, stage: str) -> None:
        self.hand.choose(self.editor.locator(f"#e-from-{pipeline}"), stage)
        expect(self.page.locator("[data-field][href$='equipment_type'] + span")).to_contain_text(
            STAGES[stage][self.locale]
        )

    def add(self, stage: str, what: str, value: str) -> None:
        """A robot of this kind, or a trigger on this event; it stands open."""
        self.hand.hit(self.page.locator(f'[data-setup-stage="{stage}"] [data-add-robot]'))
        self.pictured(f"new-{what}-{value}")
        self.hand.hit(self.editor.locator(f'button[name="{what}"][value="{value}"]'))
        expect(self.part("name")).to_be_visible()

    def after(self, seconds: int) -> None:
        self.hand.choose(self.editor.locator("#e-how"), "after")
        expect(self.editor.locator("#e-unit")).to_be_visible()
        self.hand.choose(self.editor.locator("#e-unit"), "seconds")
        self.hand.write(self.editor.locator("#e-amount"), str(seconds))
        expect(self.heading).to_contain_text(str(seconds))

    def condition(self, *tests: tuple[str, str, str]) -> None:
        form = self.part("condition")
        for n, (field, operator, value) in enumerate(tests):
            self.hand.hit(form.locator('button[name="act"][value^="test:"]').first)
            self.hand.choose(form.locator(f"#if-{n}-field"), field)
            expect(form.locator(f"#if-{n}-operator")).to_be_visible()
            if operator != "eq":
                self.hand.choose(form.locator(f"#if-{n}-operator"), operator)
            self.hand.choose(form.locator(f"#if-{n}-value"), value)
        expect(form.locator(".note.soon")).to_have_count(0)
        for n, (_, operator, value) in enumerate(tests):
            expect(form.locator(f"#if-{n}-operator")).to_have_value(operator)
            expect(form.locator(f"#if-{n}-value")).to_have_value(value)

    def text(self, name: str, words: str | dict[str, str]) -> None:
        both = {"en": words, "ru": words} if isinstance(words, str) else words
        self.says(f"settings-{name}", both)

    @contextmanager
    def robot(self, stage: str, kind: str) -> Iterator[None]:
        """One more on this stage; what it is to be is said inside."""
        self.add(stage, "kind", kind)
        yield
        self.pictured(f"robot-{stage}-{kind}")
        self.close()

    def starts(self, start: str) -> None:
        """When this happens, and not when a deal enters."""
        for each in (start, "entered"):
            self.hand.tick(self.editor.locator(f'input[name="start"][value="{each}"]'))
        expect(self.heading).not_to_contain_text("\u201cNew\u201d")

    def told(self, slot: str) -> None:
        for each in (slot, "responsible"):
            self.hand.tick(self.editor.locator(f'input[name="settings.to"][value="{each}"]'))

    def ticked(self, *settings: str) -> None:
        for each in settings:
            box = self.editor.locator(f'input[type=checkbox][name="settings.{each}"]')
            if not box.is_checked():
                self.hand.tick(box)

    def review(self) -> None:
        self.hand.hit(self.page.locator("[data-draft-bar] [data-publish]"))
        expect(self.page.locator("[data-impact]")).to_be_visible()

    def remedy(self, kind: str, key: str) -> None:
        self.hand.tick(self.page.locator(f'[data-consequence^="{kind}:"] input[value="{key}"]'))

    def chosen(self, kind: str) -> str | None:
        return self.page.locator(f'[data-consequence^="{kind}:"] input:checked').get_attribute("value")

    def apply(self) -> None:
        self.hand.hit(self.page.locator("[data-apply]"))
        expect(self.page.locator(".draft-bar.good")).to_be_visible()

    def publish(self, name: str) -> None:
        self.review()
        self.pictured(f"sheet-{name}")
        self.apply()
