"""Somebody without a mouse, who has not done it before: every control is reached by Tab, and what a person would take
for it is counted."""

from __future__ import annotations

import time

from playwright.sync_api import Locator, Page, expect

FAR = 150
KEY, THINK = 0.28, 1.35  # seconds of the keystroke-level model: a key of somebody who types slowly, and a look before


class Keys:
    """Hands on the keys of a page."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed, self.looked, self.since = page, 0, 0, time.monotonic()

    @property
    def seconds(self) -> float:
        """What a person would have taken: their keys, their looks, and what the machine let them wait."""
        return self.pressed * KEY + self.looked * THINK + time.monotonic() - self.since

    def press(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)
        self.pressed += len(names)

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)
        self.pressed += len(words)

    def open(self, path: str) -> None:
        """A page, and past its navigation."""
        address = self.page.url.split("/", 3)
        self.page.goto("/".join([*address[:3], path.lstrip("/")]))
        self.page.locator('[data-live="on"]').wait_for()
        self.press("Tab")
        expect(self.page.locator(".skip")).to_be_focused()
        self.press("Enter")

    def reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        self.looked += 1
        for _ in range(FAR):
            if target.evaluate("each => each === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not get to {target}")

    def hit(self, target: Locator, key: str = "Enter") -> None:
        self.reach(target)
        self.press(key)

    def fill(self, target: Locator, words: str) -> None:
        """In place of what stands there; of a choice the first letters, of a day month, day and year."""
        self.reach(target)
        if target.evaluate("each => each.matches('textarea, input:not([type=date])')"):
            self.press("Control+A")
        if "\n" in words:  # at once, and counted all the same: key by key a browser takes seconds
            self.page.keyboard.insert_text(words)
            self.pressed += len(words)
        else:
            self.type(words)
