"""A finger on a phone's glass, by events of the browser itself."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)
LONG_MS = 350  # the hand's: longer than what lifts a card


class Finger:
    """Pressed, moved in steps, lifted or interrupted."""

    def __init__(self, page: Page) -> None:
        self.page, self.at = page, (0.0, 0.0)
        self.browser = page.context.new_cdp_session(page)

    def _say(self, kind: str, *points: tuple[float, float]) -> None:
        touches: list[Any] = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        self.browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def press(self, x: float, y: float) -> None:
        self.at = (x, y)
        self._say("touchStart", self.at)

    def hold(self, x: float, y: float) -> None:
        """Long enough to lift what is there."""
        self.press(x, y)
        self.page.wait_for_timeout(LONG_MS)

    def slide(self, x: float, y: float, steps: int = 10, ms: int = 20) -> None:
        (x0, y0) = self.at
        for n in range(1, steps + 1):
            self.at = (x0 + (x - x0) * n / steps, y0 + (y - y0) * n / steps)
            self._say("touchMove", self.at)
            self.page.wait_for_timeout(ms)

    def lift(self) -> None:
        self._say("touchEnd")

    def second(self) -> None:
        """Another finger comes to the first one, and both go."""
        self._say("touchStart", self.at, (60, 600))
        self.page.wait_for_timeout(60)
        self._say("touchEnd", (60, 600))
        self._say("touchEnd")

    def interrupt(self) -> None:
        """The system takes the touch away: a call comes in."""
        self._say("touchCancel")
