"""The rooms of people and of working time, each with what is done there, by keys alone. A new kind of act is a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.browser.keys import Keys
from webapp import clock

Step = Callable[[Keys], None]


def hit(where: str) -> Step:
    return lambda keys: keys.hit(keys.page.locator(where).first)


def fill(where: str, words: str) -> Step:
    return lambda keys: keys.fill(keys.page.locator(where), words)


def walk(where: str, *names: str) -> Step:
    return lambda keys: (keys.reach(keys.page.locator(where)), keys.press(*names))[0]


@dataclass(frozen=True)
class Act:
    """In the room at `path`, or where one is already; `shows` is what stands there afterwards."""

    path: str
    steps: tuple[Step, ...]
    shows: str

    def done(self, keys: Keys, ids: dict[str, int]) -> None:
        if self.path:
            keys.open(self.path.format(**ids))
        for step in self.steps:
            step(keys)
        expect(keys.page.locator(self.shows).first, f"{self.path} {self.shows}").to_be_visible()


CAST = """Vera Klimova, vera@firm.example, Service, head
Gleb Panin, gleb@firm.example, Service
Zoya Belova, zoya@firm.example, Fitting, head
Timur Ershov, timur@firm.example, Fitting, deputy
Lev Gusev, lev@firm.example, Fitting
Rita Somova, rita@firm.example, Fitting
Yuri Orlov, yuri@firm.example, Repairs, head
Alla Zueva, alla@firm.example, Repairs
Mark Tulin, mark@firm.example, Repairs
Nina Frolova, nina@firm.example, Repairs"""


TODAY = clock.now().date()
NEXT = TODAY.year + 1
WEEKS, DAYS = divmod((date(NEXT, 4, 30) - date(NEXT, 1, 1)).days, 7)
TO_APRIL_30 = (*["ArrowDown"] * WEEKS, *["ArrowRight"] * DAYS)  # the year is one stop of Tab


def day(ahead: int) -> str:
    """As it is typed into a field of a date."""
    return f"{TODAY + timedelta(days=ahead):%m%d%Y}"


def department(name: str, above: str) -> Act:
    steps = (
        hit("[data-add-department]"),
        fill("#new-name-en", name),
        fill("#new-parent", above),
        hit("#org .menu .btn.primary:text-is('Add')"),
    )
    return Act("/settings/org", steps, f'.dep button:text-is("{name}")')


TRIED = {  # what a new user is to do within so many seconds
    ("ten people in three nested departments, with heads and a deputy", 300): (
        department("Service", "nothing"),
        department("Fitting", "Service"),
        department("Repairs", "Fitting"),
        Act("/settings/people/lists", (fill("#list-lines", CAST), hit("text=Add, and show the links")), "[data-links]"),
        Act("", (hit("main a.primary"),), '.zone[data-called="Fitting: deputy head"]:has-text("Timur Ershov")'),
    ),
    ("next year's holidays, and a short day before one", 60): (
        Act(
            "/settings/calendars/1",
            (hit(f'#year a[href*="year={NEXT}"]'),),
            f'[data-year="{NEXT}"] [data-kind="holiday"]',
        ),
        Act("", (walk('[data-year] a[tabindex="0"]', *TO_APRIL_30, "Enter"),), f'#d-day[value="{NEXT}-04-30"]'),
        Act(
            "",
            (fill("#d-hours", "9-16"), hit('button[value="hours"]')),
            f'[data-year] a[href*="{NEXT}-04-30"]:is([data-kind="short"], [data-kind="moved"])',
        ),
    ),
    ("a leave of two weeks with cover", 30): (
        Act(
            "/people/{rep3}",
            (
                fill("#a-from", day(10)),
                fill("#a-until", day(23)),
                fill("#a-cover", "Maria"),
                hit("text=Record absence"),
            ),
            '[data-absence]:has-text("Maria Sokolova stands in")',
        ),
    ),
}
OLEG = '.zone[data-called="Sales North: head"] .who:has-text("Oleg Voronin")'
ROOMS = (
    Act("/people/{rep3}", (hit("[data-absence] button"),), '#absence:has-text("No absence is planned")'),
    Act(
        "/settings/org",
        (hit(f"{OLEG} summary"), hit(f"{OLEG} button:text-is('Make deputy head')"), hit("[data-sure]")),
        '.zone[data-called="Sales North: deputy head"]:has-text("Oleg Voronin")',
    ),
    Act("/settings/org", (fill("#told-about", "M"),), '[data-told] .hit:has-text("Anna Krylova")'),
    Act("/settings/calendars", (fill("#owner", "Anna"), hit("#new-calendar .primary")), "#removal"),
    Act("", (fill("#h-4", "9-15"), hit("#week .primary")), '#h-4[value="09:00–15:00"]'),
    Act(
        "/settings/seasons",
        (
            fill("#s-name", "Action"),
            fill("#s-from", day(40)),
            fill("#s-until", day(53)),
            fill("#s-factor", "3"),
            hit("#new-season .primary"),
        ),
        '[data-season]:has-text("Action")',
    ),
    Act("", (hit("[data-season] h2 a"),), 'h1:text-is("Action")'),
    Act("", (fill("#s-factor", "2"), hit("main .primary")), ".saved"),
    Act("/settings/firm", (fill("#f-sees", "all"), hit("main .primary")), "[data-before-saving]:focus"),
    Act("", (hit("[data-sure]"),), ".saved"),
    Act("/settings/people", (fill("#sift", "petrov"), hit("[data-people] a:visible")), "#p-phone"),
    Act("", (fill("#p-phone", "+79990001122"), hit("main .primary")), ".saved"),
    Act(
        "",
        (hit("#leaving summary"), fill("#to", "Maria"), hit("text=Hand over and close")),
        'h1:has-text("has left")',
    ),
)


def taken(page: Page, ids: dict[str, int], acts: tuple[Act, ...]) -> float:
    """Seconds of a person who does all of it."""
    keys = Keys(page)
    for act in acts:
        act.done(keys, ids)
    return keys.seconds
