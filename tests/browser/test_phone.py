"""Dozor on a phone's home screen: without a connection it shows what this person saw last and says so, work is accepted
from a notification, and whoever signs out leaves nothing behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Worker, expect

from tests import company
from tests.browser.test_prompts import submit
from tests.stack import Stack
from webapp.db import session
from webapp.models import Task
from webapp.services.tasks import submission_of

KEPT = "caches.keys().then(all => all.filter(each => each.startsWith('pages of')))"
KEPT_PATHS = """caches.keys().then(async names => {
  const pages = await caches.open(names.find(each => each.startsWith("pages of")))
  return (await pages.keys()).map(each => new URL(each.url).pathname) })"""
COMES_BACK_ON_LEAVING = "addEventListener('beforeunload', () => setTimeout(() => dispatchEvent(new Event('online'))))"
SHOWN = "() => registration.getNotifications().then(all => all.map(each => each.title))"


@pytest.fixture
def chromium(whole_chromium: Browser) -> Browser:
    """One that shows notifications."""
    return whole_chromium


def worker_of(page: Page, path: str) -> Worker:
    """The worker beside the pages, which has kept this one."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.goto(path)
    page.wait_for_function(f"{KEPT_PATHS}.then(all => all.includes('/inbox'))")
    return page.context.service_workers[0]


def test_a_phone_shows_what_it_knew_accepts_work_and_forgets(stack: Stack, person: Callable[..., Any]) -> None:
    north = person(
        "north", service_workers="allow", permissions=["notifications"], viewport={"width": 390, "height": 844}
    )
    page: Page = north.open()
    task_id = submit(stack, "Lathe")
    worker = worker_of(page, f"{north.url}/inbox")

    page.context.set_offline(True)
    page.goto(f"{north.url}/inbox")
    expect(page.locator("#kept")).to_contain_text("No connection. This page is from")
    expect(page.locator("#inbox")).to_be_visible()
    page.evaluate(COMES_BACK_ON_LEAVING)
    page.goto(f"{north.url}/figures")
    expect(page.locator("h1")).to_have_text("No connection")
    page.context.set_offline(False)
    page.goto(f"{north.url}/inbox")
    expect(page.locator("#kept")).to_be_hidden()

    with stack.app.app_context():
        submission, me = submission_of(session().get_one(Task, task_id)), company.person("north")
        session().close()
    said = {"title": "Work waits", "body": "", "tag": "t", "lang": "en", "actions": [], "url": f"/tasks/{task_id}"}
    said |= {"person": me, "task": task_id, "submission": submission, "accepted": "Accepted"}
    worker.evaluate("said => show(said)", said)
    assert worker.evaluate(SHOWN) == ["Work waits"]
    worker.evaluate("said => accept(said)", said)
    assert worker.evaluate(SHOWN) == ["Accepted"]
    with stack.app.app_context():
        assert session().get_one(Task, task_id).state == "done"
        session().close()

    browser = {"endpoint": "https://push.example.com/one", "keys": {"p256dh": "A" * 87, "auth": "A" * 22}}
    assert worker.evaluate("made => tell(made).then(answer => answer.status)", browser) == 204, (
        "its address has changed"
    )
    page.add_init_script(f"PushManager.prototype.getSubscription = async () => ({json.dumps(browser)})")
    page.goto(f"{north.url}/profile/addresses")
    expect(page.locator("[data-address]")).to_have_count(1)
    expect(page.locator("[data-push]")).to_be_hidden()
    page.locator("[data-address] form[action$='deletions'] button").click()
    expect(page.locator("[data-push] [data-says='off']")).to_contain_text("They are off here")
    page.goto(f"{north.url}/inbox")

    assert page.evaluate(KEPT) == [f"pages of {me}"]
    page.locator("form[action='/sign-out'] button").first.evaluate("button => button.form.requestSubmit()")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.wait_for_function(f"{KEPT}.then(all => all.length === 0)")
