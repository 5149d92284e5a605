"""The database takes no calls: every door still answers in its own form and in the words of who asks, and says that it
is worth asking again. What broke for another reason says that, by its own name."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError, PendingRollbackError, ProgrammingError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge, TooManyRequests

from tests.conftest import settings_for
from tests.servers import RedisServer
from webapp.api.types import Record
from webapp.app import create_app
from webapp.db import outages
from webapp.db.saving import CannotSave
from webapp.errors import Refused

NOWHERE = "postgresql+psycopg://dozor@127.0.0.1:1/dozor"
away = pytest.mark.complains("the database does not answer")


@pytest.fixture
def orphan(tmp_path: Path, redis_server: RedisServer) -> Flask:
    return create_app(settings_for(tmp_path, NOWHERE, redis_server.url))


@away
@pytest.mark.parametrize(("asked", "said"), [("ru", "База данных"), ("en", "The database"), ("fr", "The database")])
def test_the_api_answers_in_json_and_in_the_callers_language(orphan: Flask, asked: str, said: str) -> None:
    headers = {"Authorization": "Bearer dz_any", "Accept-Language": asked}
    answer = orphan.test_client().get("/api/v1/deals", headers=headers)
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["error"] == "database_away"
    assert answer.json["message"].startswith(said)
    assert answer.headers["Retry-After"]


@away
@pytest.mark.parametrize("path", ["/", "/deals/1", "/tasks", "/sign-in"])
@pytest.mark.parametrize("fragment", [False, True])
def test_a_page_says_it_and_leads_on(orphan: Flask, path: str, fragment: bool) -> None:
    browser = orphan.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = "some secret"
    headers = {"Accept-Language": "ru"} | ({"HX-Request": "true"} if fragment else {})
    answer = browser.get(path, headers=headers)
    assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)
    assert "База данных сейчас не отвечает" in answer.text
    assert fragment or "<title>Повторите через минуту · Dozor</title>" in answer.text


@away
def test_what_was_typed_is_kept(orphan: Flask) -> None:
    answer = orphan.test_client().post("/form/sales", data={"name": "Vera & sons", "password": ""})
    assert (answer.status_code, "value=" in answer.text) == (503, False), "a password is not kept for that"
    answer = orphan.test_client().post("/form/sales", data={"name": "Vera & sons"})
    assert (answer.status_code, 'value="Vera &amp; sons"' in answer.text) == (503, True)


@away
@pytest.mark.parametrize("path", ["/hooks/twiml/key/calls", "/hooks/receipts/key", "/hooks/triggers/key"])
def test_a_machine_is_told_in_a_line_to_try_again(orphan: Flask, path: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = orphan.test_client().post(path, data={"CallSid": "CA1"})
    assert (answer.status_code, answer.mimetype, answer.text.count("\n")) == (503, "text/plain", 1)
    assert answer.headers["Retry-After"]
    assert "Traceback" not in caplog.text


class Shown(Record):
    id: int
    text: str


class Unread:
    """A row whose columns are asked for when they are looked at, and no longer can be."""

    text = "Hello"

    @property
    def id(self) -> int:
        raise OperationalError("SELECT", {}, OfPostgres(None), connection_invalidated=True)


def test_a_row_that_can_no_longer_be_read_for_an_answer_is_an_outage() -> None:
    with pytest.raises(OperationalError) as caught:
        Shown.of(Unread())
    assert outages.known(caught.value) is not None


def raised(error: Exception) -> NoReturn:
    raise error


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        pytest.param(CannotSave("disk is full"), 503, marks=pytest.mark.complains("nothing was saved")),
        pytest.param(ZeroDivisionError(), 500, marks=pytest.mark.complains("Exception on ")),
        *((each(), each.code) for each in (NotFound, MethodNotAllowed, RequestEntityTooLarge, TooManyRequests)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_machine_is_answered_in_a_line_whatever_is_wrong(orphan: Flask, trouble: Exception, status: int) -> None:
    """It reads no page."""
    orphan.add_url_rule("/hooks/breaks", "founding.breaks", lambda: raised(trouble))
    orphan.before_request_funcs.clear()
    answer = orphan.test_client().get("/hooks/breaks")
    assert (answer.status_code, answer.mimetype, answer.text.count("\n")) == (status, "text/plain", 1)


@pytest.mark.complains("Exception on ")
@pytest.mark.parametrize(
    ("asked", "title"), [("ru", "Что-то сломалось"), ("en", "Something went wrong")], ids=["ru", "en"]
)
def test_what_broke_for_another_reason_is_called_so(orphan: Flask, asked: str, title: str) -> None:
    def breaks() -> NoReturn:
        raise ProgrammingError("SELECT", {}, Exception("no such column"))

    orphan.add_url_rule("/breaks", "founding.breaks", breaks)
    orphan.before_request_funcs.clear()
    answer = orphan.test_client().get("/breaks", headers={"Accept-Language": asked})
    assert (answer.status_code, f"<title>{title} · Dozor</title>" in answer.text) == (500, True)


@away
@pytest.mark.parametrize("door", ["api", "deals", "telephony"])
def test_one_that_goes_while_a_refusal_is_put_into_words_is_called_away(orphan: Flask, door: str) -> None:
    """What is missing is named in the words of the set-up, which are read after the refusal."""
    refusal = Refused("required_fields", missing=["deal.amount"], stage_name={"en": "Payment"})
    orphan.add_url_rule("/refuses", f"{door}.refuses", lambda: raised(refusal))
    orphan.before_request_funcs.clear()
    answer = orphan.test_client().get("/refuses")
    assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)


class OfPostgres(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("said by the server\nin two lines")
        self.sqlstate = sqlstate


def wrapped(cause: Exception) -> OperationalError:
    return OperationalError("SELECT", {}, cause)


def ended(app: Flask, times: int) -> int:
    """What a request is answered with whose transaction PostgreSQL ends so often to break a deadlock."""
    left = [wrapped(OfPostgres("40P01"))] * times

    def meets() -> tuple[str, int]:
        if left:
            raise left.pop()
        return "", 204

    app.add_url_rule("/meets", "founding.meets", meets)
    app.before_request_funcs.clear()
    return app.test_client().get("/meets").status_code


@pytest.mark.parametrize("times", [1, 3])
def test_what_was_ended_to_break_a_deadlock_is_begun_again(orphan: Flask, times: int) -> None:
    assert ended(orphan, times) == 204


@pytest.mark.complains("on /meets")
def test_but_not_for_ever(orphan: Flask) -> None:
    assert ended(orphan, 4) == 500


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        *((wrapped(OfPostgres(state)), True) for state in ("08006", "57P01", "57P03", "53300")),
        *((wrapped(OfPostgres(state)), False) for state in ("40P01", "42P01", "23505", "57014")),
        (wrapped(Exception("database is locked")), True),
        (wrapped(Exception("no such table: deal")), False),
        (TimeoutError("QueuePool limit"), True),
        (PendingRollbackError("Can't reconnect", code="8s2b"), True),
        (PendingRollbackError("a flush failed"), False),
    ],
)
def test_only_a_database_that_is_away_is_called_away(error: SQLAlchemyError, is_away: bool) -> None:
    found = outages.known(error)
    assert (found is not None) is is_away
    assert "\n" not in str(found)
