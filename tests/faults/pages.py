"""Real pages among the watchers: a board in Chromium whose own scripts hear the socket. What it shows at the end is
compared with the database, and with what the server would send whoever opened it now."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error, Page, sync_playwright

from tests import servers
from tests.conftest import session_of
from tests.faults.watchers import Truth, truth_of, unheard, unlike
from tests.stack import Stack

WITHIN_SECONDS = 30.0

# Each toast that was ever raised on this page, however soon it went.
REMEMBER = """
  addEventListener("DOMContentLoaded", () => {
    const since = Number(document.body.dataset.seq || 0), toasts = []
    window.told = { since, toasts }
    const place = document.querySelector("#toasts")
    if (place) new MutationObserver((changes) => {
      for (const added of changes.flatMap((each) => [...each.addedNodes])) {
        const number = Number(added.dataset?.toast) || 0 // one that came again and was taken away was not seen
        if (number && (added.isConnected || !toasts.includes(number))) toasts.push(number)
      }
    }).observe(place, { childList: true })
  })
"""
# A page in which one kind of message is not heard.
DEAF = """
  Object.defineProperty(WebSocket.prototype, "onmessage", { set(hears) {
    this.addEventListener("message", (event) => JSON.parse(event.data).kind === "%s" || hears(event))
  } })
"""
STATE = """async () => {
  const read = (page) => ({
    cards: [...page.querySelectorAll("[data-board] .card[data-deal]")].map((card) => {
      const { fuse, from, due, since, pauses } = card.querySelector("[data-fuse]")?.dataset ?? {}
      return [Number(card.dataset.deal), Number(card.dataset.version), card.closest("[data-stage]").dataset.stage,
              [fuse, from, due, since, pauses].join(" ")]
    }),
    heads: [...page.querySelectorAll("[data-board] [id^=head-]")].map((head) =>
      [Number(head.id.slice(5)), Number(head.querySelector("[data-count]").textContent)]),
    words: [...page.querySelectorAll("[data-board] [id^=head-], [id^=total-], [id^=count-]")].map((each) =>
      [each.id, each.textContent.replace(/\\s+/g, " ").trim()]),
  })
  const fresh = await (await fetch(location.href, { cache: "no-store" })).text()
  return { here: read(document), fresh: read(new DOMParser().parseFromString(fresh, "text/html")), told: window.told }
}"""


def differences(name: str, page: Page, truth: Truth) -> list[str]:
    """I9: cards in their columns, fuses, counts, sums and numbers beside the menu's words that are not true."""
    state = page.evaluate(STATE)
    here, fresh = state["here"], state["fresh"]
    cards = {deal: (version, stage) for deal, version, stage, _ in here["cards"]}
    wrong = unlike(name, cards, dict(map(tuple, here["heads"])), truth)
    wrong += [
        f"{name} has deal {deal} twice" for deal, n in Counter(each[0] for each in here["cards"]).items() if n > 1
    ]
    fuses = {deal: fuse for deal, _, _, fuse in fresh["cards"]}
    wrong += [
        f"{name}'s fuse of {deal} is {fuse!r}, not {fuses[deal]!r}"
        for deal, _, _, fuse in here["cards"]
        if fuses.get(deal, fuse) != fuse
    ]
    words = dict(map(tuple, fresh["words"]))
    wrong += [
        f"{name} reads {said!r}, not {words[at]!r} at {at}" for at, said in here["words"] if words.get(at) != said
    ]
    since, toasts = state["told"]["since"], Counter(state["told"]["toasts"])
    known = dict.fromkeys(range(1, since + 1), 1)
    return wrong + unheard(name, Counter(known) + toasts, truth)


class RealPage(threading.Thread):
    """Somebody's board in a Chromium of its own. All that is asked of it is done in its thread."""

    def __init__(self, stack: Stack, name: str) -> None:
        super().__init__(name=f"page-{name}", daemon=True)
        self.stack, self.who = stack, name
        self.asked: queue.Queue[tuple[Callable[[Page], Any], queue.Queue[Any]]] = queue.Queue()
        self.is_over, self.is_open = threading.Event(), threading.Event()
        self.connections = self.behind = 0
        self.errors: list[str] = []  # of its scripts

    def start(self) -> None:
        """Returns when its board is there."""
        super().start()
        if not self.is_open.wait(WITHIN_SECONDS):
            raise AssertionError(f"no page of {self.who}")

    def run(self) -> None:
        signed = self.stack.app.session_interface.get_signing_serializer(self.stack.app)  # type: ignore[attr-defined]
        secret = signed.dumps({"_user_id": session_of(self.stack.app, self.who), "_fresh": True})
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=servers.chromium(), args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1440, "height": 900}, service_workers="block")
            context.add_cookies([{"name": "dozor", "value": secret, "url": self.stack.url}])
            context.add_init_script(REMEMBER)
            page = context.new_page()
            page.on("websocket", self._counted)
            page.on("pageerror", lambda error: self.errors.append(f"{self.who}'s page: {error}"))
            page.goto(self.stack.url)
            page.locator('[data-live="on"]').wait_for()
            self.is_open.set()
            while not self.is_over.is_set():
                page.wait_for_timeout(100)  # meanwhile it lives
                self._answer(page)
            browser.close()

    def _counted(self, _: Any) -> None:
        self.connections += 1

    def _answer(self, page: Page) -> None:
        try:
            act, answers = self.asked.get_nowait()
        except queue.Empty:
            return
        try:
            answers.put(act(page))
        except Exception as error:  # whoever asked is told, in another thread
            answers.put(error)

    def ask(self, act: Callable[[Page], Any]) -> Any:
        """Do it with the page, and say what came of it."""
        answers: queue.Queue[Any] = queue.Queue()
        self.asked.put((act, answers))
        answer = answers.get(timeout=4 * WITHIN_SECONDS)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def blind_spots(self) -> list[str]:
        """`behind` is what the page that stayed open had wrong. What it has wrong once it has lost its connection and
        come back is a violation, and so is an error of its scripts."""
        self.behind = len(self.ask(lambda page: _settled(self.stack, self.who, page, 0)))
        return [*self.ask(lambda page: _back(self.stack, self.who, page)), *self.errors]

    def stop(self) -> None:
        self.is_over.set()
        self.join(15)


def _back(stack: Stack, name: str, page: Page) -> list[str]:
    page.evaluate("window.dispatchEvent(new Event('online'))")  # the network changed: its socket is closed, and opened
    page.wait_for_timeout(2000)
    page.locator('[data-live="on"]').wait_for(timeout=WITHIN_SECONDS * 1000)
    return _settled(stack, name, page, 10)


def _settled(stack: Stack, name: str, page: Page, seconds: float) -> list[str]:
    """What is still wrong after so long."""
    end = time.monotonic() + seconds
    while True:
        try:
            wrong = differences(name, page, truth_of(stack, name))
        except Error as error:  # it went elsewhere
            wrong = [f"{name}'s page cannot be read: {error}"]
        if not wrong or time.monotonic() > end:
            return wrong
        page.wait_for_timeout(500)
