"""The main screens of the lesson's firm into build/screenshots: both languages, wide and narrow, light and dark.

`python -m tests.tools.screenshots [PREFIX]` starts a box of its own for each language; PREFIX keeps to names that begin so.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests import company, servers
from tests.stack import ROOT, free_port

FOLDER = ROOT / "build" / "screenshots"
SIZES = {"1440": (1440, 900), "390": (390, 844)}
THEMES = ("light", "dark")
SCREENS = {"board": "/", "inbox": "/inbox", "tasks": "/tasks", "contacts": "/contacts", "profile": "/profile"}
WHO = "head"


def main(prefix: str) -> None:
    """One file a screen, named language-screen-width-theme.png."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=servers.chromium(), args=["--no-sandbox"])
        for locale in ("en", "ru"):
            if locale.startswith(prefix[:2]):
                with box(locale) as url:
                    take(browser, url, locale, prefix)
        browser.close()


@contextmanager
def box(locale: str) -> Iterator[str]:
    """The address of a box with the lesson's firm in this language."""
    bind = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory(prefix="dzs") as data:
        environ = {**os.environ, "DOZOR_DATA": data, "DOZOR_BIND": bind, "DOZOR_LOCALE": locale}
        environ = {key: value for key, value in environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "DOZOR_URL")}
        process = subprocess.Popen([sys.executable, "-m", "webapp.box"], cwd=ROOT, env=environ, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if b"Ctrl-C" in line:
                    break
            else:
                raise RuntimeError("Dozor did not start")
            yield f"http://{bind}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def take(browser: Browser, url: str, locale: str, prefix: str) -> None:
    for width, (wide, high) in SIZES.items():
        for theme in THEMES:
            context = browser.new_context(
                viewport={"width": wide, "height": high}, locale=locale, color_scheme=theme, reduced_motion="reduce"
            )
            page = context.new_page()
            page.goto(url + "/sign-in")
            save(page, f"{locale}-sign-in-{width}-{theme}", prefix)
            sign_in(page)
            for name, path in {**SCREENS, "deal": a_deal(page)}.items():
                page.goto(url + path)
                page.locator('[data-live="on"]').wait_for(state="attached")
                save(page, f"{locale}-{name}-{width}-{theme}", prefix)
            context.close()


def sign_in(page: Page) -> None:
    page.locator('input[name="email"]').fill(company.email(WHO))
    page.locator('input[name="password"]').fill("lesson")
    page.locator('input[name="password"]').press("Enter")
    page.locator("[data-board]").wait_for()


def a_deal(page: Page) -> str:
    """One with a task: the first card on Processing."""
    card = page.locator('[data-stage="processing"] [data-deal]').first
    return f"/deals/{card.get_attribute('data-deal')}"


def save(page: Page, name: str, prefix: str) -> None:
    if name.startswith(prefix):
        page.evaluate("document.fonts.ready")
        time.sleep(0.3)  # the tick that words the fuses
        page.screenshot(path=FOLDER / f"{name}.png")
        print(f"build/screenshots/{name}.png", flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
