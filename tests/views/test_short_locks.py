"""Nothing slow is done while others wait to write: whatever a door is sent, it holds the lock about as long as for what
it is usually sent. Nor does a stranger make this process reckon for long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from statistics import median
from time import thread_time
from typing import Any

import pytest
from flask import Flask

from rules.uploads import FIELD, MAX_BYTES
from tests import servers
from tests.api.callers import Caller, File
from tests.held import held, uncollected
from tests.views.scenes import HTMX, Browser, Scene, browser, scene, standing_firm, stranger
from tests.views.test_litany import FORMS, PEOPLE, Form
from webapp import bounds
from webapp.db import db
from webapp.services import contact_ways
from webapp.views import PUBLIC

TIMES = 10
HOSTILE = "\U000e0100" * 20_000 + "\ufdfa" * 8_000 + "\u0300\u0316" * 10_000 + "a"
NUMBERS = "\n".join(f"+7912{n:07}" for n in range(40_000))
ADDRESSES = "\n".join(f"a{n}@firm.example" for n in range(20_000))
LIVE = b"1 " + b"<" * (MAX_BYTES - 100)  # of which each sign could begin a page
CALM = b"%PDF-" + b"<" * (MAX_BYTES - 100)  # as large, and known by its beginning


class Firm:
    """One firm for all, with a browser for each of its people."""

    def __init__(self, app: Flask) -> None:
        self.app, self.who = app, {name: browser(app, name) for name in PEOPLE}
        self.scene = scene(app, title="Deal of short locks")

    def holds(self, send: Callable[[], Any]) -> float:
        """How long a request holds the lock."""
        with self.app.app_context():
            engine = db.engine
        with held(engine) as found:
            self.answer = send()
        assert self.answer.status_code < 500
        return found.seconds


@pytest.fixture(scope="module")
def firm(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Firm]:
    with standing_firm(templates, redis_server, tmp_path_factory.mktemp("locks")) as app:
        yield Firm(app)


@pytest.fixture(scope="module")
def usual(firm: Firm) -> float:
    """What most honest forms hold."""
    took = []
    for number, form in enumerate(list(FORMS.values())[:20]):
        at = scene(firm.app, title=f"Honest {number}")
        sent = {key: at.fill(value) for key, value in form.sends.items()}
        took.append(firm.holds(lambda: firm.who[form.who].post(at.fill(form.path), data=sent)))  # noqa: B023
    return median(took)


# Words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_no_form_reads_long_words_while_others_wait(firm: Firm, usual: float, form: Form) -> None:
    at, who = firm.scene, firm.who[form.who]
    names = sorted({*form.sends, *(name for sends, _ in form.refused for name in sends)})
    dear = {}
    for name in names:
        sent = {key: at.fill(value) for key, value in form.sends.items()} | {name: HOSTILE}
        took = firm.holds(lambda: who.post(at.fill(form.path), data=sent, headers=HTMX))  # noqa: B023
        if took > TIMES * usual:
            dear[name] = round(took / usual)
    assert dear == {}


@pytest.mark.parametrize("key", contact_ways.KINDS)
@pytest.mark.parametrize("path", ["/contacts", "/contacts/{contact}"])
def test_no_list_is_read_beyond_its_bound_while_others_wait(firm: Firm, usual: float, path: str, key: str) -> None:
    who, at = firm.who["rep1"], scene(firm.app, title=f"Deal of {path} {key}")  # whose contact is nobody else's
    sent = {"name": "Anna of many", key: NUMBERS if key == "more_phones" else ADDRESSES}
    assert firm.holds(lambda: who.post(at.fill(path), data=sent)) < TIMES * usual
    assert firm.answer.status_code == 422
    assert "at most 10" in firm.answer.text
    assert (
        firm.holds(lambda: who.post(at.fill(path), data={**sent, key: "+7 912 555-01-77\n" * 30_000})) < TIMES * usual
    )


def test_no_list_of_people_is_read_beyond_its_bound_while_others_wait(firm: Firm, usual: float) -> None:
    for lines in ("Anna, a@x.org\n" * 100_000, "," * 1_000_000, "a," * 500_000):
        sent = {"lines": lines}
        took = firm.holds(lambda: firm.who["admin"].post("/settings/people/lists", data=sent))  # noqa: B023
        assert took < TIMES * usual
        assert firm.answer.status_code == 422


def test_no_list_of_the_api_is_read_beyond_its_bound_while_others_wait(firm: Firm, usual: float) -> None:
    caller = Caller.of(firm.app, "rep1")
    for numbers in (NUMBERS.split()[: bounds.ENTRIES - 9], [HOSTILE[:9_000]] * 10):
        body = {"name": "Anna of many", "more_phones": numbers}
        assert firm.holds(lambda: caller.call("POST", "/contacts", body)) < TIMES * usual  # noqa: B023
        assert firm.answer.status_code == 422


@pytest.mark.parametrize("words", [HOSTILE, HOSTILE[:20_000], "\U000e0100" * 20_000 + "a"], ids=len)
def test_an_inquiry_of_a_program_is_read_in_bounds(firm: Firm, usual: float, words: str) -> None:
    caller = Caller.of(firm.app, "rep1")
    client = {"name": "Vera", "phone": "+79125550177", "email": "vera@firm.example", "external_id": "v"}
    for text, who in [(words, client), *(("Hello", {**client, key: words}) for key in client)]:
        body = {"channel": "chat", "contact": who, "text": text}
        assert firm.holds(lambda: caller.call("POST", "/inquiries", body)) < TIMES * usual  # noqa: B023


# Files ---------------------------------------------------------------------------------------------------------------

UPLOADS: dict[str, Callable[[Firm, Scene, bytes], Any]] = {
    "/tasks/<int:task_id>/files": lambda firm, at, content: _attach(
        firm.who["rep1"], f"/tasks/{at.task}/files", content
    ),
    "/tasks/<int:task_id>/submissions": lambda firm, at, content: _attach(
        firm.who["rep1"], f"/tasks/{at.task}/submissions", content
    ),
    "/api/v1/tasks/<int:task_id>/files": lambda firm, at, content: Caller.of(firm.app, "rep1").call(
        "POST", f"/tasks/{at.task}/files", File("a.txt", content), Idempotency_Key=f"k{len(content)}"
    ),
}


def _attach(who: Browser, path: str, content: bytes) -> Any:
    sent = {FIELD: (BytesIO(content), "a.txt"), "result": "Done"}
    return who.post(path, data=sent, content_type="multipart/form-data")


def test_every_door_for_files_is_looked_at(app: Flask) -> None:
    posted = {each.rule for each in app.url_map.iter_rules() if "POST" in (each.methods or ())}
    takes = {each for each in posted if bounds.most_bytes(re.sub("<[^>]*>", "1", each)) == bounds.MAX_UPLOAD}
    assert takes == set(UPLOADS)


@pytest.mark.parametrize("door", UPLOADS)
def test_no_file_is_judged_while_others_wait(firm: Firm, door: str) -> None:
    """One whose every sign must be looked at is held for as long as one that is known at once."""
    took = {}
    for name, content in (("calm", CALM), ("live", LIVE), ("refused", LIVE[:-20] + b"<html>")):
        at = scene(firm.app, title=f"Deal of {name} {door}")
        took[name] = firm.holds(lambda: UPLOADS[door](firm, at, content))  # noqa: B023
        assert (firm.answer.status_code == 422) == (name == "refused"), firm.answer.status_code
    assert took["live"] < 2 * took["calm"] + 0.05
    assert took["refused"] < took["calm"]


# Without an account --------------------------------------------------------------------------------------------------

OPEN_DOORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sign_in.create": ("/sign-in", ("email", "password", "next")),
    "inquiry_form.create": ("/form/sales", ("name", "phone", "email", "text", "token", "website")),
    "links.create": ("/links/nobodys", ("password", "again")),
    "founding.create": ("/founding", ("firm", "name", "email", "password", "time_zone", "currency")),
    "hooks.receipt": ("/hooks/receipts/nobodys", ("id", "state", "text")),
    "hooks.trigger": ("/hooks/triggers/nobodys", ("external_id", "text")),
    "twiml.come_in": ("/hooks/twiml/nobodys/calls", ("CallSid", "From", "To")),
    "twiml.end": ("/hooks/twiml/nobodys/ends", ("CallSid", "From", "To")),
    "twiml.end_round": ("/hooks/twiml/nobodys/rounds/0", ("CallSid", "CallStatus")),
    "twiml.leg": ("/hooks/twiml/nobodys/legs/1", ("CallSid", "ParentCallSid")),
}


def test_every_door_without_an_account_is_looked_at(app: Flask) -> None:
    posted = {each.endpoint for each in app.url_map.iter_rules() if "POST" in (each.methods or ())}
    assert posted & PUBLIC == set(OPEN_DOORS)


@pytest.mark.parametrize("door", OPEN_DOORS)
def test_a_stranger_makes_nobody_reckon_for_long(firm: Firm, door: str) -> None:
    """What is hostile costs about as much as an honest one, in each field of each door, also when the answer is that
    it was too often."""
    path, names = OPEN_DOORS[door]
    for signs in ("\U000e0100", "\ufdfa", "\u0300\u0316", "\U000e0020"):
        hostile = signs * (400_000 // len(signs.encode())) + "a"
        for name in names:
            cost = {words[:1]: _cost(firm.app, path, {name: words}) for words in ("я" * 200_000, hostile)}
            assert cost[hostile[:1]] < 4 * cost["я"] + 0.1, (name, signs.encode("unicode_escape"), cost)


def _cost(app: Flask, path: str, sent: dict[str, str]) -> float:
    who = stranger(app)
    with uncollected():
        began = thread_time()
        assert who.post(path, data=sent, content_type="multipart/form-data").status_code < 500
        return thread_time() - began
