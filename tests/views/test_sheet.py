"""The deal's sheet under hasty and crowded hands: nobody is stopped by themselves, nobody writes over another
unawares."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests import company
from tests.conftest import Clock
from tests.views.scenes import HTMX, Browser, Scene, scene
from webapp.db import session, transaction
from webapp.i18n import formats
from webapp.models import Deal, JournalEntry, Message, RobotRun

SignIn = Callable[[str], Browser]


@pytest.fixture
def at(app: Flask, clock: Clock) -> Scene:
    return scene(app)


def kept(app: Flask, deal_id: int) -> Deal:
    with app.app_context():
        return session().get_one(Deal, deal_id)


def edit(who: Browser, at: Scene, **sends: str) -> Any:
    body = {name.replace("was_", "was."): value for name, value in sends.items()}
    return who.post(f"/deals/{at.deal}", data=body, headers=HTMX)


def test_two_people_who_edit_different_fields_are_not_in_each_others_way(
    app: Flask, at: Scene, sign_in: SignIn
) -> None:
    rep, head = sign_in("rep1"), sign_in("north")
    assert edit(rep, at, amount="100", was_amount="0").status_code == 200
    assert edit(head, at, title="A press", was_title="Deal of North").status_code == 200
    deal = kept(app, at.deal)
    assert (deal.title, deal.amount_minor) == ("A press", 10_000)


def test_of_two_who_edit_the_same_field_the_second_is_told_and_loses_nothing(
    app: Flask, at: Scene, sign_in: SignIn
) -> None:
    rep, head = sign_in("rep1"), sign_in("north")
    edit(rep, at, amount="100", was_amount="0")
    answer = edit(head, at, amount="777", was_amount="0")
    shown = html.unescape(answer.text)
    assert answer.status_code == 409
    assert "Ivan Petrov changed this to “₽100” in the meantime." in shown
    assert 'value="777"' in shown
    assert 'name="was.amount" value="100"' in shown
    assert kept(app, at.deal).amount_minor == 10_000
    assert edit(head, at, amount="777", was_amount="100").status_code == 200
    assert kept(app, at.deal).amount_minor == 77_700


def test_what_one_changed_oneself_a_moment_ago_stops_nobody(app: Flask, at: Scene, sign_in: SignIn) -> None:
    rep = sign_in("rep1")
    assert edit(rep, at, amount="100", was_amount="0").status_code == 200
    assert edit(rep, at, amount="200", was_amount="0").status_code == 200  # typed before the first answer came
    assert kept(app, at.deal).amount_minor == 20_000


def test_a_reply_sent_twice_from_the_same_sight_is_one_reply(app: Flask, at: Scene, sign_in: SignIn) -> None:
    rep = sign_in("rep1")
    with app.app_context():
        seen = session().scalar(select(func.max(Message.id)).where(Message.conversation_id == at.conversation))
    for _ in range(2):
        answer = rep.post(
            f"/conversations/{at.conversation}/messages", data={"text": "Good day", "seen": seen}, headers=HTMX
        )
        assert answer.status_code == 200
    assert answer.text.count('<li class="out">') == 1
    rep.post(f"/conversations/{at.conversation}/messages", data={"text": "Good day", "seen": seen + 1})
    with app.app_context():  # the same words to a later message are another answer
        said = session().scalar(select(func.count(Message.id)).where(Message.text == "Good day"))
    assert said == 2


SEEN = re.compile(r'name="seen" value="(\d*)"')


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_of_two_who_answer_a_client_at_once_the_second_reads_the_first_before_theirs_goes(
    app: Flask, at: Scene, sign_in: SignIn, headers: dict[str, str]
) -> None:
    rep, head, path = sign_in("rep1"), sign_in("north"), f"/conversations/{at.conversation}/messages"
    (seen,) = SEEN.findall(head.get(f"/deals/{at.deal}").text)
    assert rep.post(path, data={"text": "A hundred", "seen": seen}, headers=headers).status_code < 400
    answer = head.post(path, data={"text": "Ninety", "seen": seen}, headers=headers)
    shown = html.unescape(answer.text)
    assert answer.status_code == 409
    assert "Ivan Petrov has replied in the meantime." in shown
    assert re.search(r"<textarea[^>]*>\s*Ninety</textarea>", shown)
    assert ">A hundred<" in shown
    again = head.post(path, data={"text": "Ninety", "seen": SEEN.findall(shown)[0]}, headers=headers)
    assert again.status_code < 400
    assert said(app, at) == ["A hundred", "Ninety"]


def test_of_two_first_words_at_once_the_second_is_held_back_likewise(app: Flask, sign_in: SignIn) -> None:
    rep, head = sign_in("rep1"), sign_in("north")
    made = rep.post("/deals", data={"title": "A press", "contact": "Vera Belova", "stage": "new", "pipeline": "sales"})
    path = f"{made.location.partition('?')[0]}/messages"
    assert rep.post(path, data={"text": "Good day", "seen": ""}, headers=HTMX).status_code == 200
    answer = head.post(path, data={"text": "Good evening", "seen": ""}, headers=HTMX)
    assert answer.status_code == 409
    assert re.search(r"<textarea[^>]*>\s*Good evening</textarea>", answer.text)
    seen = SEEN.findall(answer.text)[0]
    assert head.post(path, data={"text": "Good evening", "seen": seen}, headers=HTMX).status_code == 200


def said(app: Flask, at: Scene) -> list[str]:
    """By us, in the scene's conversation."""
    asked = select(Message.text).where(Message.conversation_id == at.conversation, Message.direction == "out")
    with app.app_context():
        return list(session().scalars(asked.order_by(Message.id)))


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_part_of_an_invoice_can_be_paid_and_a_wrong_amount_is_marked_at_that_invoice(
    at: Scene, sign_in: SignIn, headers: dict[str, str]
) -> None:
    rep, path = sign_in("rep1"), f"/invoices/{at.invoice}/payments"
    refused = html.unescape(rep.post(path, data={"amount": "5000"}, headers=headers).text)
    part, issue = f'id="part-{at.invoice}"', 'id="invoice-amount"'
    assert "More than is owed: the balance is ₽1,000." in refused
    assert 'value="5000" aria-invalid="true"' in refused[refused.index(part) : refused.index(issue)]
    assert "5000" not in refused[refused.index(issue) :]
    rep.post(path, data={"amount": "400"}, headers=headers)
    assert "₽600 left" in rep.get(f"/deals/{at.deal}").text


def test_a_long_history_comes_in_pages_and_loses_nothing(app: Flask, at: Scene, clock: Clock, sign_in: SignIn) -> None:
    with app.app_context(), transaction() as current:
        for n in range(300):
            current.add(
                JournalEntry(
                    at=clock.at - timedelta(days=1, minutes=n),
                    event="deal.edited",
                    entity="deal",
                    entity_id=at.deal,
                    deal_id=at.deal,
                    field="amount",
                    old=n * 100,
                    new=n * 100 + 100,
                    by_id=at.owner,
                    cause={},
                )
            )
    rep = sign_in("rep1")
    first = rep.get(f"/deals/{at.deal}").text
    story = first[first.index('id="story-h"') : first.index('<dialog id="sheet"')]
    assert story.count('<span class="ic') == 60
    assert f'href="/deals/{at.deal}?lines=160"' in story
    whole = rep.get(f"/deals/{at.deal}?lines=460").text
    assert "changed Amount from ₽299 to ₽300" in whole
    assert "Earlier" not in whole
    assert f'hx-get="/deals/{at.deal}?lines=460"' in whole  # a refresh keeps what was opened


def test_a_robot_that_waits_says_whom_it_will_tell_and_when_in_the_readers_zone(
    at: Scene, app: Flask, sign_in: SignIn
) -> None:
    head = sign_in("north")
    page = html.unescape(head.get(f"/deals/{at.deal}").text)
    assert "Control</b> <q>Reaction control</q> → <bdi>Anna Krylova</bdi>" in page
    assert "\u00a0· <small" in page
    assert ">10:10<" in page
    me = {"name": "Anna Krylova", "locale": "en", "theme": "auto", "time_zone": "Asia/Omsk"}
    head.post("/profile", data=me)
    assert ">13:10<" in head.get(f"/deals/{at.deal}").text


def test_only_admins_read_what_broke_a_robot(app: Flask, at: Scene, sign_in: SignIn) -> None:
    with app.app_context(), transaction() as current:
        failed = {
            "state": "failed",
            "reason": {"code": "failed"},
            "error": "OperationalError: away",
            "ended_at": RobotRun.created_at,
        }
        current.execute(update(RobotRun).where(RobotRun.deal_id == at.deal).values(**failed))
    for name, reads in (("rep1", False), ("admin", True)):
        page = sign_in(name).get(f"/deals/{at.deal}").text
        assert "the admins were notified" in page
        assert ("OperationalError" in page) == reads


def test_where_a_task_itself_asks_no_prompt_asks_again(at: Scene, sign_in: SignIn) -> None:
    head, prompt = sign_in("north"), f'data-approval="{at.handed_in}"'
    for path, is_hidden in (
        (f"/tasks/{at.handed_in}", True),
        (f"/deals/{at.deal}", True),
        ("/", False),
        ("/tasks", False),
    ):
        assert (f"{prompt} hidden" in head.get(path).text) == is_hidden, path
        assert prompt in head.get(path).text


def test_another_departments_deal_is_a_designed_page_that_tells_nothing(app: Flask, at: Scene, sign_in: SignIn) -> None:
    answer = sign_in("rep3").get(f"/deals/{at.deal}")
    assert answer.status_code == 404
    assert "There is nothing here, or you may not see it." in answer.text
    assert "Deal of North" not in answer.text
    assert company.email("rep3") in answer.text


def test_a_sheet_says_how_fast_its_client_was_answered(app: Flask, at: Scene, sign_in: SignIn, clock: Clock) -> None:
    rep, head, stranger = sign_in("rep1"), sign_in("north"), sign_in("rep3")
    assert "First reply" not in figures_on(rep, at)
    clock.go_on(minutes=12)
    rep.post(f"/conversations/{at.conversation}/messages", data={"text": "Good morning!"}, headers=HTMX)
    clock.go_on(hours=3)
    for each in (rep, head):
        assert figures_on(each, at) == "First reply after 12 min of working time · New 12 min · Data collection 3 h"
    assert stranger.get(f"/deals/{at.deal}").status_code == 404


def figures_on(who: Browser, at: Scene) -> str:
    found = re.search(r"<p[^>]* data-figures>(.*?)</p>", who.get(f"/deals/{at.deal}").text, re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", "", html.unescape(found[1])).split())


def test_working_time_has_no_days(app: Flask) -> None:
    with app.test_request_context():
        said = [formats.working_span(each) for each in (0, 720, 86399, 86400, 97800)]
    words = ("0 s", "12 min", "23 h 59 min", "24 h", "27 h 10 min")
    assert [each.replace("\u00a0", " ") for each in said] == [*words]
