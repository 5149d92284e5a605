"""The main screens of the lesson's firm, and how one comes to each: for tests that look at all and for screenshots."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import func, select, update

from rules.uploads import Upload
from tests import company, files, servers
from tests.browser import outside
from tests.stack import Stack
from webapp import clock, seeds
from webapp.db import session, transaction
from webapp.migrations import upgrades
from webapp.models import Calendar, Contact, Deal, ImportantPlace, Stage, Task, Trigger
from webapp.services import absences, calendars, seasons, sign_ins, trigger_addresses
from webapp.services.seasons import SeasonDraft
from webapp.services.trigger_addresses import Call
from webapp.snapshots import recipients, setups
from webapp.snapshots.setups import current

Step = Callable[[Page], None]


@dataclass(frozen=True)
class Screen:
    """Where it is and what is done there; `who` looks at it (nobody: a visitor)."""

    name: str
    path: str
    act: Step = lambda page: None
    who: str | None = "head"


@contextmanager
def product(locale: str) -> Iterator[Stack]:
    """The running product with the lesson's firm and its deals, and one task that waits for the head."""
    redis = servers.RedisServer()
    redis.start()
    with tempfile.TemporaryDirectory(prefix="dzp") as folder:
        stack = Stack(Path(folder), f"sqlite:///{folder}/dozor.db", redis)
        try:
            upgrades.upgrade(stack.app)
            with stack.app.app_context():
                seeds.lesson(locale)
                session().close()
            hand_in(stack, locale)
            yield stack.start()
        finally:
            stack.stop()
            redis.remove()


def hand_in(stack: Stack, locale: str) -> None:
    """A rep's piece of work, put before the head."""
    from webapp.services import task_comments, task_files, tasks

    words = RESULT[locale]
    with stack.app.app_context(), transaction():
        deal = (
            session()
            .scalars(
                select(Deal)
                .join(Stage, Stage.id == Deal.stage_id)
                .where(Stage.key == "processing", Deal.responsible_id == company.person("rep1"))
            )
            .first()
        )
        assert deal is not None
        boss = company.acting("head")
        task = tasks.create_by_hand(words[0], words[1], company.person("rep1"), boss, deal=deal, accept=True)
        rep, photo = company.acting("rep1"), Upload(words[3], files.png())
        task_files.attach(task, [photo, Upload("Offer 12-04.pdf", files.PDF)], rep)
        task_comments.write(task, words[4], boss)
        tasks.submit(task, words[2], rep)
        who = company.person("rep1")
        mine = tasks.create_by_hand(words[0], words[1], who, boss, deal=deal, working_days=3, accept=True)
        task_files.attach(mine, [photo], rep)
        task_comments.write(mine, words[4], boss)


RESULT = {
    "en": (
        "Agree on the delivery",
        "Call the client and agree on a day.",
        "Agreed: 12 December, before noon; the gate is 2.8 m wide.",
        "The gate.png",
        "Ask how wide the gate is, the press is 2.6 m.",
    ),
    "ru": (
        "Согласовать доставку",
        "Позвонить клиенту и согласовать день.",
        "Договорились: 12 декабря до полудня; ширина ворот 2,8 м.",
        "Ворота.png",
        "Спросите ширину ворот: пресс — 2,6 м.",
    ),
}


def asks(page: Page) -> None:
    """All that can be done with the first item is unfolded."""
    for each in page.locator("[data-item]").first.locator("summary").all():
        each.click()


def gives_on(page: Page) -> None:
    for each in ("[data-delegate] > summary", "[data-reminder] > summary"):
        page.locator(each).click()


def makes_a_head(page: Page) -> None:
    """A rep is about to become head beside the head."""
    page.locator('.zone[data-place="member"] .who summary').first.click()
    page.locator('.zone[data-place="member"] .who button').first.click()
    page.locator("[data-before-saving]").wait_for()


def asks_of_a_person(page: Page) -> None:
    """What a move to another department would do, and the sheet on which somebody who leaves hands over."""
    page.locator("[data-moving] button").click()
    page.locator("[data-before-saving]").wait_for()
    page.locator("#leaving details > summary").click()
    page.locator("[data-hand-over] button").wait_for()


def stands_in() -> int:
    """The head of North has everything that can be handed over: deals, tasks, work to accept, clients, a post; stands
    in for a rep, and has a calendar of their own."""
    who, by = company.person("north"), company.acting("admin")
    if session().scalar(select(Calendar.id).where(Calendar.user_id == who)) is None:
        with transaction():
            calendars.create(None, who, by)
            days = recipients.today() + timedelta(days=300), recipients.today() + timedelta(days=310)
            absences.add(company.person("rep1"), *days, who, by)
    return who


def season() -> int:
    """One that is over, so that it changes nothing here."""
    with transaction():
        draft = SeasonDraft("Action", date(2026, 1, 1), date(2026, 1, 9), "firm", (), {"factor": 300})
        return seasons.create(draft, company.acting("admin"), "keep").id


def till() -> None:
    """A trigger that another system has called."""
    if session().scalar(select(Trigger.id).where(Trigger.key == "till")) is not None:
        return
    with transaction():
        row = Trigger(key="till", stage_id=company.stage("won").id, event="webhook", name={"en": "Till", "ru": "Касса"})
        session().add(row)
        session().flush()
        setups.changed()
        trigger_addresses.make(row.id, company.acting("admin"))
        for call in (Call(3, "", "Paid at the checkout"), Call(None, "client-7")):
            trigger_addresses.take(row, call)


def screens(stack: Stack) -> list[Screen]:
    """All of them, with the ids of this firm."""
    with stack.app.app_context():
        deal = (
            session()
            .scalars(
                select(Deal.id)
                .join(Stage, Stage.id == Deal.stage_id)
                .where(Stage.key == "processing")
                .order_by(Deal.id)
            )
            .first()
        )
        task, contact = session().scalar(select(Task.id).limit(1)), session().scalar(select(Contact.id).limit(1))
        other = session().scalar(select(func.max(Contact.id)))
        by_hand = Task.assignee_id == company.person("rep1"), Task.creator_id.is_not(None), Task.due_at.is_not(None)
        mine = session().scalar(select(func.max(Task.id)).where(*by_hand))
        theirs = ImportantPlace.user_id == company.person("north"), ImportantPlace.stands == "open"
        item = session().scalar(select(ImportantPlace.item_id).where(*theirs).limit(1))
        assert current().firm.is_lesson
        over, leaver = season(), stands_in()
        with transaction():
            secret = sign_ins.give_link(company.person("rep2"), company.acting("admin"))
        till()
    outside.is_spoken_to(stack)
    return [
        Screen("sign-in", "/sign-in", who=None),
        Screen("form", "/form/sales", who=None),
        Screen("form-refused", "/form/sales", refused_form, who=None),
        Screen("form-thanks", "/form/sales?sent=1", who=None),
        Screen("board", "/"),
        Screen("board-lifted", "/", lift),
        Screen("required", "/", ask_for_fields),
        Screen("sheet", "/", open_sheet),
        Screen("move-to", "/", move_to),
        Screen("filters", "/", presses("details:has(.form-panel [name=q]) > summary")),
        Screen("bell", "/", opens("[data-bell]"), who="north"),
        Screen("account", "/", opens(".bar .menu:last-child > summary")),
        Screen("keys", "/", lambda page: page.keyboard.press("?")),
        Screen("search", "/search?q=a"),
        Screen("deal-new", "/deals/new"),
        Screen("deals-closed", "/deals"),
        Screen("ages", "/pipelines/sales/ages"),
        Screen("important", "/important", asks, who="north"),
        Screen("important-hidden", "/important?list=taken"),
        Screen("important-people", "/important?list=people"),
        Screen("important-one", f"/important/{item}", who="north"),
        Screen("important-today", "/important/people", who="north"),
        Screen("tasks", "/tasks?list=all"),
        Screen("tasks-acceptance", "/tasks?list=acceptance"),
        Screen("tasks-people", "/tasks?list=people"),
        Screen("task-new", "/tasks", presses("[data-new-task] > summary")),
        Screen("task", f"/tasks/{task}"),
        Screen("task-mine", f"/tasks/{mine}", who="rep1"),
        Screen("task-given-on", f"/tasks/{mine}", gives_on, who="rep1"),
        Screen("inbox", "/inbox", who="north"),
        Screen("contacts", "/contacts"),
        Screen("contact", f"/contacts/{contact}"),
        Screen("contact-new", "/contacts/new"),
        Screen("contact-same", f"/contacts/{contact}/merges/new?q=a", who="admin"),
        Screen("contact-merge", f"/contacts/{contact}/merges/new?into={other}", who="admin"),
        Screen("profile", "/profile", make_a_key),
        Screen("form-setup", "/form-setup", who="admin"),
        Screen("automation", "/automation/sales", who="admin"),
        Screen("automation-robot", "/automation/sales/robots/reaction_control", who="admin"),
        Screen("fields", "/settings/fields", who="admin"),
        Screen("automation-if", "/automation/sales/robots/unpaid_vip/condition", who="admin"),
        Screen("automation-stage", "/automation/sales/stages/processing", who="admin"),
        Screen("automation-pipeline", "/automation/sales/settings", who="admin"),
        Screen("automation-address", "/automation/sales/triggers/till", who="admin"),
        Screen("automation-new", "/automation/sales/rules/new?stage=processing", who="admin"),
        Screen("runs", "/runs"),
        Screen("figures", "/figures"),
        Screen("calls", "/calls", presses("[data-loose-call] summary"), who="north"),
        Screen("channels", "/settings/channels", who="admin"),
        Screen("addresses", "/profile/addresses", who="rep1"),
        Screen("health", "/settings/health", who="admin"),
        Screen("runs-deal", f"/runs?deal={deal}", who="admin"),
        Screen("calendars", "/settings/calendars", who="admin"),
        Screen("calendar", "/settings/calendars/1?day=2027-01-07", who="admin"),
        Screen("seasons", "/settings/seasons", who="admin"),
        Screen("season", f"/settings/seasons/{over}", who="admin"),
        Screen("person-away", "/people/3"),
        Screen("people", "/settings/people", who="admin"),
        Screen("people-list", "/settings/people/lists", who="admin"),
        Screen("person", f"/settings/people/{leaver}", asks_of_a_person, who="admin"),
        Screen("link", f"/links/{secret}", who=None),
        Screen("firm", "/settings/firm", who="admin"),
        Screen("org", "/settings/org", makes_a_head, who="admin"),
        Screen("rehearsal", "/automation/sales/robots/reaction_control", rehearse, who="admin"),
        Screen("problem", "/deals/999999"),
        Screen("found", "/", find),
        Screen("found-none", "/search?q=zzz"),
        Screen("return", "/", presses("[data-return]")),
        Screen("quick", "/", presses('[data-stage="new"] .add')),
        Screen("lost", "/", presses('[data-kind="lost"] > header')),
        Screen("picked", "/", pick),
        Screen("deal", f"/deals/{deal}", presses("details.adds:has(#invoice-number) > summary")),
        Screen("why-lost", "/", lose),
        Screen("undo", "/", move_on),
        Screen("stayed", "/", cannot_move),
    ]


EMPTY = Screen("board-empty", "/")


def make_a_key(page: Page) -> None:
    """The secret stands on the answer; and another way in is about to be ended."""
    page.locator("#p-token").fill("The till / Касса")
    page.locator(".new-key .btn").click()
    page.locator(".snippet").wait_for()
    presses(".ways .ends > summary")(page)
    page.locator(".snippet").scroll_into_view_if_needed()


def rehearse(page: Page) -> None:
    """A robot over the last month, to the end."""
    page.locator("[data-rehearse]").click()
    page.locator('[data-rehearsal][data-state="done"]').wait_for()


def come(page: Page, stack: Stack, screen: Screen) -> None:
    """Stand before a screen, with everything on it at rest."""
    page.mouse.up()  # whatever the screen before it held in the air; what it is over refuses it
    page.goto(stack.url + screen.path)
    if screen.who:
        page.locator('[data-live="on"]').wait_for(state="attached")
    screen.act(page)
    page.evaluate("document.fonts.ready")


@contextmanager
def emptied(stack: Stack) -> Iterator[None]:
    """No deal is on the board; afterwards they are again."""
    for deleted_at in (clock.now(), None):
        with stack.app.app_context(), transaction() as now_open:
            now_open.execute(update(Deal).values(deleted_at=deleted_at))
        if deleted_at:
            yield


def opens(selector: str) -> Step:
    def act(page: Page) -> None:
        page.locator(selector).click()
        page.wait_for_load_state("networkidle")

    return act


def presses(selector: str) -> Step:
    """As by key: whatever lies over it."""
    return lambda page: page.locator(selector).first.dispatch_event("click")


def refused_form(page: Page) -> None:
    page.locator("form").evaluate("form => form.noValidate = true")
    page.locator("#phone").fill("12")
    page.locator("form .btn").click()
    page.locator(".wrong").first.wait_for()


def lift(page: Page) -> None:
    """A card in the air over a stage that will ask for something."""
    card = page.locator('[data-stage="data_collection"] [data-deal]').first
    target = page.locator('[data-stage="processing"]')
    card.scroll_into_view_if_needed()
    seen = card.bounding_box()
    assert seen is not None
    page.mouse.move(seen["x"] + 60, seen["y"] + 24)
    page.mouse.down()
    page.mouse.move(seen["x"] + 70, seen["y"] + 40, steps=4)
    page.locator(".col.blocked").first.wait_for()
    over = target.bounding_box()
    assert over is not None
    wide = page.viewport_size
    assert wide is not None
    for down in (150, 170, 190, 200):
        page.mouse.move(min(over["x"] + 60, wide["width"] - 20), over["y"] + down, steps=4)
        page.wait_for_timeout(60)


def move_to(page: Page, of: str = "data_collection") -> None:
    page.locator(f'[data-stage="{of}"] [data-move-to]').first.dispatch_event("click")
    page.locator("[data-move-form] h2").wait_for()


def choose(page: Page, stage: str, of: str = "data_collection") -> None:
    move_to(page, of)
    page.locator(f'#ask label:has(input[value="{stage}"])').click()
    page.locator("#ask .btn.primary").click()


def ask_for_fields(page: Page) -> None:
    choose(page, "processing")
    page.locator("[data-required-form]").wait_for()


def lose(page: Page) -> None:
    choose(page, "lost")
    page.locator("#ask-lost").wait_for()


def move_on(page: Page) -> None:
    """A move that may be taken back."""
    choose(page, "data_collection", of="new")
    page.locator("[data-undo]").wait_for()


def find(page: Page) -> None:
    page.locator("#search").press_sequentially("a")
    page.locator("#found a").first.wait_for()


def pick(page: Page) -> None:
    page.locator("[data-select]").dispatch_event("click")
    page.locator('[data-stage="data_collection"] .card').first.dispatch_event("click")
    page.locator("#picked").wait_for()


def cannot_move(page: Page) -> None:
    """Many at once, of which one lacks something."""
    pick(page)
    page.locator('#picked [value="processing"]').click()
    page.locator("#ask .lines").wait_for()


def open_sheet(page: Page) -> None:
    page.locator('[data-stage="processing"] [data-sheet]').first.click()
    page.locator("#deal-sheet").wait_for()
