"""The main screens of the lesson's firm into build/screenshots: both languages, wide and narrow, light and dark.

`python -m tests.tools.screenshots [PREFIX]` keeps to names that begin with PREFIX, as in en-board; the English board
also becomes the picture of the README.
"""

from __future__ import annotations

import sys

from playwright.sync_api import Browser, Page, sync_playwright

from tests import servers
from tests.browser.conftest import Person
from tests.browser.screens import EMPTY, Screen, come, emptied, product, screens
from tests.stack import ROOT, Stack

FOLDER = ROOT / "build" / "screenshots"
PICTURE = ROOT / "docs" / "board.png"
SIZES = {1440: 900, 390: 844}
THEMES = ("light", "dark")
LOCALES = ("en", "ru")


def main(prefix: str) -> None:
    """One file a screen, named language-screen-width-theme.png."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=servers.chromium(), args=["--no-sandbox"])
        for locale in LOCALES:
            if locale.startswith(prefix[:2]):
                with product(locale) as stack:
                    for width in SIZES:
                        take(browser, stack, locale, width, screens(stack), prefix)
                    with emptied(stack):
                        for width in SIZES:
                            take(browser, stack, locale, width, [EMPTY], prefix)
        browser.close()


def take(browser: Browser, stack: Stack, locale: str, width: int, wanted: list[Screen], prefix: str) -> None:
    """All screens at one width, each in both themes without loading it anew."""
    people = {who: looker(browser, stack, who, locale, width) for who in {each.who for each in wanted}}
    for screen in wanted:
        name = f"{locale}-{screen.name}-{width}"
        if f"{name}-dark".startswith(prefix) or f"{name}-light".startswith(prefix) or prefix.startswith(name):
            page = people[screen.who]
            come(page, stack, screen)
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                page.screenshot(path=FOLDER / f"{name}-{theme}.png")
            if name == "en-board-1440":
                draw(page)
            print(f"build/screenshots/{name}-*.png", flush=True)
    for page in people.values():
        page.context.close()


def draw(page: Page) -> None:
    """The README's picture: the board on a lower window, which keeps the file small."""
    PICTURE.parent.mkdir(exist_ok=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 810})
    page.screenshot(path=PICTURE)
    page.set_viewport_size({"width": 1440, "height": 900})


def looker(browser: Browser, stack: Stack, who: str | None, locale: str, width: int) -> Page:
    """A page of one of the cast, or of nobody."""
    sees = {"viewport": {"width": width, "height": SIZES[width]}, "locale": locale, "reduced_motion": "reduce"}
    if who is None:
        return browser.new_context(**sees).new_page()
    return Person(browser, stack, who, **sees).page


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
