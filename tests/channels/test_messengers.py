"""People are told in messengers: at each service the one recipient, refused in plain words, and no key of it shown."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import apprise
import pytest
from apprise.plugins.telegram import NotifyTelegram
from flask import Flask
from sqlalchemy import select

from jobs import sender
from rules import messengers
from rules.messengers import MESSENGERS, OWN, OWN_SCHEMES
from rules.reach import SMS_SCHEMES
from tests.channels import worlds
from tests.channels.test_letters import deliveries, tell, told
from tests.channels.worlds import Calls
from tests.conftest import Browser, Clock
from webapp.channels import apprised
from webapp.db import session
from webapp.models import Address, Delivery, JournalEntry

ACCOUNTS = {
    "telegram": f"tgram://123456789:{'A' * 35}",
    "whatsapp": f"whatsapp://token1234@{'1' * 15}",
    "signal": "signals://signal.example.org:8080/+15550100123",
    "matrix": "matrixs://dozor:secret@matrix.example.org",
    "slack": "slack://xoxb-1234567890-1234567890-abcdefghijklmnopqrstuvwx",
    "mattermost": f"mmosts://chat.example.org/{'a' * 26}",
    "zulip": f"zulip://dozor@firm/{'a' * 32}",
    "nextcloud_talk": "nctalks://dozor:secret@cloud.example.org",
    "webex": f"webex://{'a' * 80}",
    "ntfy": "ntfys://tk_secret@ntfy.example.org",
    "gotify": "gotifys://push.example.org",
}
HOSTILE = ("a/b", "a,b", "a b", "@all?mode=bot", "x&to=y", "", "a\nb", "../x", "#", "channel%2Fother", "а" * 5)


@pytest.fixture
def chat(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Calls, int]]:
    """A server of messengers on this machine, which may be reached."""
    calls = Calls(answer="{}")
    with worlds.http_gateway(calls) as port:
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        yield calls, port


def test_apprise_understands_every_address_and_its_one_recipient() -> None:
    known = {
        scheme
        for each in apprise.Apprise().details()["schemas"]
        for scheme in (*(each["protocols"] or ()), *(each["secure_protocols"] or ()))
    }
    assert (SMS_SCHEMES | OWN_SCHEMES) - known == set()
    assert set(ACCOUNTS) == set(MESSENGERS)
    for kind, account in ACCOUNTS.items():
        assert messengers.is_account(kind, account), kind
        target = MESSENGERS[kind].shown_as
        found = apprise.Apprise.instantiate(messengers.address(kind, account, target))
        assert found is not None, kind
        assert len(found) == 1, kind
        for raw in HOSTILE:
            assert not MESSENGERS[kind].target.fullmatch(raw), (kind, raw)


@pytest.mark.parametrize(
    ("kind", "account", "target", "place"),
    [
        ("ntfy", "ntfy://127.0.0.1:{port}", "anna-7f3k", lambda body: body["topic"]),
        ("mattermost", "mmost://127.0.0.1:{port}/" + "a" * 26, "anna-alerts", lambda body: body["channel"]),
        ("signal", "signal://127.0.0.1:{port}/+15550100123", "+79125550177", lambda body: body["recipients"][0]),
        ("nextcloud_talk", "nctalk://dozor:secret@127.0.0.1:{port}", "a1b2c3d4", None),
    ],
)
@pytest.mark.usefixtures("inside")
def test_a_word_comes_to_its_one_recipient(
    app: Flask,
    chat: tuple[Calls, int],
    clock: Clock,
    kind: str,
    account: str,
    target: str,
    place: Any,
) -> None:
    calls, port = chat
    worlds.reaches(app, **{kind: account.format(port=port)})
    worlds.has_address("north", kind, target, "urgent")
    calls.status = 201 if kind in ("signal", "nextcloud_talk") else 200
    tell("north")
    sender.send_due()
    assert deliveries() == [(kind, "sent", "")], session().scalars(select(Delivery)).one().reason
    (asked,) = calls.asked
    assert "A <b>press</b> & more waits" in str(asked), "as it was written"
    assert place is None or place(asked).lstrip("#") == target


@pytest.mark.usefixtures("inside")
def test_telegram_is_written_to_by_the_bot_and_what_it_refuses_is_told_without_the_token(
    app: Flask, chat: tuple[Calls, int], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, port = chat
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://127.0.0.1:{port}/bot")
    worlds.reaches(app, telegram=ACCOUNTS["telegram"])
    worlds.has_address("north", "telegram", "987654321", "urgent")
    tell("north", key="one")
    sender.send_due()
    assert (str(calls.asked[0]["chat_id"]), "&lt;b&gt;press" in calls.asked[0]["text"]) == ("987654321", True)
    calls.status = 401
    tell("north", key="two")
    sender.send_due()
    assert deliveries()[1] == ("telegram", "waiting", "key_refused")
    assert "gateway.failing" in told("admin")
    said = str([each.reason for each in session().scalars(select(Delivery))])
    assert "A" * 35 not in said


@pytest.mark.parametrize(
    ("status", "ended"),
    [(404, ("failed", "recipient_refused")), (429, ("waiting", "too_often")), (500, ("waiting", "gateway_said"))],
)
@pytest.mark.usefixtures("inside")
def test_what_a_messenger_refuses_is_told_by_its_kind(
    app: Flask, chat: tuple[Calls, int], clock: Clock, status: int, ended: tuple[str, str]
) -> None:
    calls, port = chat
    worlds.reaches(app, ntfy=f"ntfy://127.0.0.1:{port}")
    worlds.has_address("north", "ntfy", "anna-7f3k", "urgent")
    calls.status = status
    tell("north")
    sender.send_due()
    assert deliveries() == [("ntfy", *ended)]


@pytest.mark.usefixtures("inside")
def test_what_may_not_be_reached_is_not_and_a_redirect_is_not_followed(
    app: Flask, chat: tuple[Calls, int], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, port = chat
    elsewhere = Calls()
    with worlds.http_gateway(elsewhere) as other:
        worlds.reaches(app, ntfy=f"ntfy://127.0.0.1:{port}?redirect=yes")
        worlds.has_address("north", "ntfy", "anna-7f3k", "urgent")
        calls.goes_to = f"http://127.0.0.1:{other}/"
        tell("north", key="one")
        sender.send_due()
        assert (deliveries(), elsewhere.asked, elsewhere.heads) == ([("ntfy", "waiting", "redirects")], [], [])
    worlds.reaches(app, ntfy=f"ntfy://127.0.0.1:{worlds.free_port()}")
    clock.go_on(seconds=60)
    sender.send_due()
    assert deliveries() == [("ntfy", "waiting", "nobody_listens")]
    worlds.reaches(app, ntfy=f"ntfy://127.0.0.1:{port}")
    worlds.allows(app, monkeypatch)
    clock.go_on(seconds=60)
    sender.send_due()
    assert (deliveries(), len(calls.asked)) == ([("ntfy", "waiting", "private_address")], 1)


def test_what_stands_in_an_address_is_taken_out_of_words() -> None:
    url = "ntfys://user:pa%40ssword@host.example/topic-one?token=abcdef"
    said = "no entry for user pa@ssword pa%40ssword at topic-one?token=abcdef of host.example"
    assert apprised.without_secrets(said, url) == "no entry for … … … at …?… of host.example"


def test_an_admin_sets_it_up_and_a_person_proves_where_they_read(
    app: Flask, chat: tuple[Calls, int], clock: Clock, sign_in: Callable[[str], Browser]
) -> None:
    calls, port = chat
    admin, rep = sign_in("admin"), sign_in("rep1")
    account = f"gotify://127.0.0.1:{port}/"
    wrong = admin.post("/settings/channels/messengers", data={"kind": "gotify", "url": "tgram://x"})
    assert (wrong.status_code, "looks like gotifys://host" in wrong.text) == (422, True)
    assert admin.post("/settings/channels/messengers", data={"kind": "gotify", "url": account}).status_code == 303
    tried = admin.post("/settings/channels/gotify/tests", data={"address": "TokenOfTheAdmin1"})
    assert tried.status_code == 303
    bad = rep.post("/profile/addresses", data={"kind": "gotify", "address": "to/ken/of/ivan"})
    assert (bad.status_code, "looks like AbCdEfGhIjKlMnO" in bad.text) == (422, True)
    token = "TokenOfIvan12345"
    assert rep.post("/profile/addresses", data={"kind": "gotify", "address": token}).status_code == 303
    assert rep.post("/profile/addresses", data={"kind": OWN, "address": "pover://user@token"}).status_code == 422
    with app.app_context():
        sender.send_due()
        row = session().scalars(select(Address)).one()
        here = f"/profile/addresses/{row.id}"
        kept = [each.facts for each in session().scalars(select(Delivery))]
        assert [each.state for each in session().scalars(select(Delivery))] == ["sent", "sent"]
        assert "Token" not in str(kept) + str([each.new for each in session().scalars(select(JournalEntry))])
    code = next(each["message"].split()[0] for each in calls.asked if "is your Dozor code" in each["message"])
    assert {each["x-gotify-key"] for each in calls.heads} == {token, "TokenOfTheAdmin1"}
    assert rep.post(f"{here}/confirmations", data={"code": code}).status_code == 303
    assert rep.post(here, data={"urgent": "on", "digest": "on"}).status_code == 303
    page, log = rep.get("/profile/addresses").text, admin.get("/settings/channels").text
    assert "Gotify" in page
    assert token not in page
    assert "TokenOfTheAdmin1" not in log


def test_the_log_tells_neither_what_was_written_nor_by_which_key() -> None:
    """Apprise tells its programmers all of it, and is listened to while it sends; whatever logs at the root does not
    hear it. (pytest's own capture listens to each logger.)"""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    try:
        answer = apprised.send(f"ntfy://anna:secret@127.0.0.1:{worlds.free_port()}/anna-7f3k", "A press waits")
    finally:
        logging.getLogger().removeHandler(handler)
    assert (answer.state, answer.reason["code"], heard.getvalue()) == ("later", "nobody_listens", "")
