"""A browser is told by web push: encrypted for it alone, signed by the firm, for as long as its sign-in lasts."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from jobs import sender
from tests import company
from tests.channels import worlds
from tests.channels.test_letters import deliveries, tell, told
from tests.channels.worlds import Calls, Pushed
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views.scenes import token_of
from webapp.background import push_keys
from webapp.box import doctor
from webapp.db import session, transaction
from webapp.models import Address, Gateway, Task, Telling, User, UserSession
from webapp.services import tasks
from webapp.snapshots import reach, setups

SignIn = Callable[[str], Browser]


@pytest.fixture
def pushed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pushed]:
    """A push service on loopback, allowed by its host and port."""
    found = Pushed()
    with app.app_context():
        push_keys.kept(app.config["SETTINGS"].data)
    with worlds.push_service(found) as port:
        worlds.allows(app, monkeypatch, f"127.0.0.1:{port}")
        found.endpoint = f"http://127.0.0.1:{port}/push/one"
        yield found


def subscribe(who: Browser, pushed: Pushed, **other: str) -> Any:
    return who.post("/profile/push", data={"endpoint": pushed.endpoint, **pushed.keys, **other})


def alert(app: Flask, urgency: str = "urgent", **more: Any) -> None:
    with app.app_context():
        tell("north", urgency, **more)
        sender.send_due()


def an_admin_reads_letters() -> None:
    with transaction() as current:
        current.execute(update(User).where(User.id == company.person("admin")).values(email="boss@dozor-crm.org"))
        setups.changed()


def subscribed(app: Flask) -> list[int]:
    """Whose browsers are told."""
    with app.app_context():
        found = list(session().scalars(select(Address.user_id).where(Address.kind == "push")))
        session().close()
    return found


def company_id(app: Flask, name: str) -> int:
    with app.app_context():
        return company.person(name)


def test_a_browser_is_told_what_only_it_can_read_and_names_nobody_unless_it_may(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn
) -> None:
    anna = sign_in("north")
    key = anna.get("/push/key").text
    assert len(urlsafe_b64decode(key + "=")) == 65
    assert subscribe(anna, pushed).status_code == 204
    with app.app_context():
        an_admin_reads_letters()
    alert(app)
    (said,), (head,) = pushed.said, pushed.heads
    assert (said["title"], said["body"]) == ("Something urgent in Dozor", "")
    assert b"press" not in pushed.bodies[0]
    assert (head["Urgency"], head["Content-Encoding"]) == ("high", "aes128gcm")
    token, public = (each.partition("=")[2] for each in head["Authorization"].removeprefix("vapid ").split(","))
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert public == key
    assert claims["aud"] == pushed.endpoint.removesuffix("/push/one")
    assert 0 < claims["exp"] - time.time() < 24 * 3600
    assert claims["sub"] == "mailto:boss@dozor-crm.org"
    with app.app_context(), transaction() as current:
        current.add(Telling(user_id=company.person("north"), shows_clients=True))
    alert(app, key="two")
    assert pushed.said[1]["title"] == "A <b>press</b> & more waits"
    page = anna.get("/profile/addresses").text
    assert pushed.endpoint not in page


def test_who_signs_out_is_told_there_no_more_and_neither_is_whoever_leaves(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn
) -> None:
    anna, ivan = sign_in("north"), sign_in("rep1")
    subscribe(ivan, pushed)
    subscribe(anna, pushed)
    with app.app_context():
        assert subscribed(app) == [company.person("north")], "of one browser the last one who signed in is told"
    anna.post("/sign-out")
    assert subscribed(app) == []
    anna = sign_in("north")
    subscribe(anna, pushed)
    with app.app_context(), transaction() as current:
        current.execute(update(UserSession).values(seen_at=clock.at))
    clock.go_on(days=31)
    alert(app)
    assert pushed.said == [], "a sign-in that has run out"


def runs_out(app: Flask, who: Browser, clock: Clock) -> None:
    """Thirty days of daily use."""
    clock.go_on(days=31)
    with app.app_context(), transaction() as current:
        current.execute(update(UserSession).values(seen_at=clock.at))
    assert who.get("/").headers["Location"].startswith("/sign-in")


def signs_in(who: Browser, name: str) -> None:
    who.token = token_of(who.get("/sign-in"))
    assert who.post("/sign-in", data={"email": company.email(name), "password": "lesson"}).status_code == 303
    who.token = token_of(who.get("/profile"))


def listed(who: Browser, pushed: Pushed) -> bool:
    """Whether the page takes this browser for one that is told."""
    return sha256(pushed.endpoint.encode()).hexdigest() in who.get("/profile/addresses").text


def test_a_browser_whose_sign_in_has_run_out_is_told_again_once_its_person_is_in_again(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn
) -> None:
    anna = sign_in("north")
    subscribe(anna, pushed)
    runs_out(app, anna, clock)
    elsewhere = sign_in("north")
    alert(app)
    assert (pushed.said, listed(elsewhere, pushed)) == ([], False), "nobody is signed in there"
    signs_in(anna, "north")
    alert(app, key="two")
    assert (len(pushed.said), listed(anna, pushed), listed(elsewhere, pushed)) == (1, True, True)
    anna.post("/sign-out")
    alert(app, key="three")
    assert (len(pushed.said), subscribed(app), listed(elsewhere, pushed)) == (1, [], False)


def test_a_browser_goes_on_telling_nobody_else_and_nothing_that_was_ended(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn
) -> None:
    anna = sign_in("north")
    subscribe(anna, pushed)
    runs_out(app, anna, clock)
    signs_in(anna, "rep1")
    alert(app)
    assert (pushed.said, subscribed(app)) == ([], []), "it is Ivan's browser now"
    subscribe(anna, pushed)
    assert subscribed(app) == [company_id(app, "rep1")]
    runs_out(app, anna, clock)
    assert sign_in("rep1").post("/profile/sessions/endings").status_code == 303
    signs_in(anna, "rep1")
    assert (subscribed(app), listed(anna, pushed)) == ([], False), "all other browsers were signed out"


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn, status: int
) -> None:
    subscribe(sign_in("north"), pushed)
    pushed.status = status
    alert(app)
    assert subscribed(app) == []
    with app.app_context():
        assert deliveries() == [("push", "failed", "subscription_gone")]


def test_a_browser_whose_address_changes_keeps_what_it_is_told_of(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn, token: Callable[[str], dict[str, str]]
) -> None:
    anna = sign_in("north")
    subscribe(anna, pushed)
    me = anna.get("/push/token").get_json()["person"]
    ours, by = f"/api/v1/users/{me}/channels", {"headers": token("north")}
    shown = app.test_client().get(ours, **by).json["items"]
    sent = [{**{key: each[key] for key in ("kind", "address")}, "for": ["urgent"]} for each in shown]
    kept = app.test_client().put(ours, json=sent, **by)
    assert (kept.status_code, kept.json["items"][0]["for"]) == (200, ["urgent"]), "what is listed may be sent back"
    assert app.test_client().put(ours, json={"items": []}, **by).status_code == 200
    assert app.test_client().put(ours, json=[{**sent[0], "address": "other.example"}], **by).status_code == 422
    assert subscribed(app) == [me], "left as it is"
    assert subscribe(anna, pushed, endpoint=f"{pushed.endpoint}-again").status_code == 204
    with app.app_context():
        rows = session().execute(select(Address.address, Address.wanted_for)).all()
        assert [tuple(each) for each in rows] == [(f"{pushed.endpoint}-again", ["urgent"])]


def test_a_browser_that_was_asked_by_another_key_is_forgotten_unasked(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn
) -> None:
    subscribe(sign_in("north"), pushed)
    with app.app_context():
        with transaction() as current:
            current.execute(delete(Gateway).where(Gateway.kind == push_keys.KIND))
        push_keys.kept(app.config["SETTINGS"].data)
    alert(app)
    assert (pushed.said, subscribed(app)) == ([], [])
    with app.app_context():
        assert deliveries() == [("push", "failed", "subscription_gone")]


@pytest.mark.parametrize(("status", "state"), [(429, "waiting"), (500, "waiting"), (413, "failed"), (400, "failed")])
def test_a_push_service_that_does_not_take_it(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn, status: int, state: str
) -> None:
    subscribe(sign_in("north"), pushed)
    pushed.status = status
    alert(app)
    assert len(subscribed(app)) == 1
    with app.app_context():
        assert deliveries() == [("push", state, "gateway_said")]
        assert ("undelivered" in told("admin")) == (state == "failed")


def test_an_endpoint_that_is_not_public_is_not_reached_and_a_redirect_not_followed(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, inner = sign_in("north"), Calls()
    subscribe(anna, pushed)
    worlds.allows(app, monkeypatch, "127.0.0.0/8")  # so that nothing but our own refusal keeps it from there
    with worlds.http_gateway(inner) as port:
        pushed.goes_to = f"http://127.0.0.1:{port}/"
        alert(app, key="redirected")
    assert (len(pushed.said), inner.heads) == (1, []), "also not by GET, which a redirect makes of it"
    worlds.allows(app, monkeypatch)
    alert(app, key="private")
    assert len(pushed.said) == 1
    with app.app_context():
        assert deliveries()[-1] == ("push", "waiting", "private_address")


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example/one"}, {"endpoint": "ftp://push.example/one"}, {"endpoint": "https://"},
        {"endpoint": "https://[::1"}, {"endpoint": "https://me@push.example/"}, {"endpoint": "https://x/" + "x" * 1001},
        {"p256dh": "short"}, {"p256dh": "Ж"}, {"auth": ""}, {"endpoint": "https://x.org:port/"},
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_refused(app: Flask, pushed: Pushed, sign_in: SignIn, wrong: dict[str, str]) -> None:
    assert subscribe(sign_in("rep1"), pushed, **wrong).status_code == 422
    assert subscribed(app) == []


def test_work_is_accepted_from_the_notification_as_it_was_shown_there_and_never_by_a_get(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: SignIn
) -> None:
    anna = sign_in("north")
    subscribe(anna, pushed)
    with app.app_context():
        task_id = acts.vip_task()
        acts.submit(task_id, "First.")
        sender.send_due()
        first = next(each for each in pushed.said if each.get("task") == task_id)
        assert [each["action"] for each in first["actions"]] == ["accept", "open"]
        assert (first["title"], first["url"]) == ("Work is waiting for your acceptance", f"/tasks/{task_id}")
        clock.go_on(minutes=1)
        acts.on_task(task_id, tasks.send_back, "north", "Once more.")
        acts.submit(task_id, "Second.")
    here = f"/tasks/{task_id}/acceptances"
    assert anna.get(here).status_code == 405
    assert anna.post(here, data={"submission": first["submission"]}).status_code == 409, "it was handed in anew"
    said = anna.get("/push/token").json
    with app.app_context():
        row = session().get_one(Task, task_id)
        assert (row.state, said["person"]) == ("awaiting_acceptance", first["person"])
        sender.send_due()
    assert anna.post(here, data={"submission": pushed.said[-1]["submission"]}).status_code in (200, 303)
    with app.app_context():
        assert session().get_one(Task, task_id).state == "done"


def test_push_services_are_given_somebody_to_write_to_and_the_doctor_says_whom_they_lack(
    app: Flask, inside: Any
) -> None:
    def said() -> list[str]:
        return [each.what for each in doctor._without_push_contact()]

    assert reach.push_contact() == "", "nobody reads what is sent to the lesson's people"
    assert said() == [], "nobody is told by push"
    worlds.has_address("north", "push", "https://push.example.org/one")
    (nobody,) = said()
    assert "take nothing" in nobody
    assert nobody in [each.what for each in doctor.examine(app)]
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, url="https://crm.dozor-crm.org")
    (by_site,) = said()
    assert "given https://crm.dozor-crm.org" in by_site
    app.config["SETTINGS"] = settings
    an_admin_reads_letters()
    assert reach.push_contact() == "mailto:boss@dozor-crm.org"
    assert said() == []
