"""The profile's list of browsers and keys: what stands there, what is ended there, what is shown once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from rules import browsers
from tests import company
from tests.conftest import session_of
from tests.views.scenes import Browser, browser, said
from webapp.db import session, transaction
from webapp.errors import invalid
from webapp.models import ApiToken, UserSession

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
YANDEX = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/138.0 YaBrowser/25.8 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1"


@pytest.mark.parametrize(
    ("agent", "names"),
    [
        (FIREFOX, ("Firefox", "Linux")),
        (YANDEX, ("Yandex Browser", "Windows")),
        (SAFARI, ("Safari", "iPhone")),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", ("Chrome", "Android")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/140.0 Safari/537.36 Edg/140.0", ("Edge", "macOS")),
        ("curl/8.9", ("", "")),
        (None, ("", "")),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str | None, names: tuple[str, str]) -> None:
    assert browsers.names(agent) == names


def another(app: Flask, name: str, agent: str | None = None, address: str | None = None) -> int:
    session_of(app, name)
    with app.app_context(), transaction() as current:
        row_id = current.scalars(select(UserSession.id).order_by(UserSession.id.desc())).first()
        row = update(UserSession).where(UserSession.id == row_id)
        current.execute(row.values(user_agent=agent, address=address))
    assert row_id is not None
    return row_id


def listed(who: Browser) -> list[str]:
    """The entries of both lists, as read."""
    text = who.get("/profile").text
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", each)) for each in re.findall(r"<li>.*?</li>", text, re.DOTALL)]


def test_browsers_are_listed_with_where_and_when_and_only_ones_own(app: Flask, clock: Any) -> None:
    who = browser(app, "rep1")
    another(app, "rep1", FIREFOX, "10.1.2.3")
    another(app, "rep2", YANDEX, "10.9.9.9")
    text = " ".join(listed(who))
    assert "Firefox on Linux" in text
    assert "from 10.1.2.3" in text
    assert "this browser" in text
    assert "Yandex" not in text
    assert "10.9.9.9" not in text
    clock.go_on(days=31)
    assert "Firefox" not in " ".join(listed(browser(app, "rep1")))


def test_one_browser_is_ended_and_then_all_others(app: Flask, clock: Any) -> None:
    who, second, third, colleague = (browser(app, name) for name in ("rep1", "rep1", "rep1", "rep2"))
    with app.app_context():
        mine = session().scalars(select(UserSession.id).order_by(UserSession.id)).all()
    assert who.post(f"/profile/sessions/{mine[1]}/endings").headers["Location"] == "/profile#ways-in"
    assert "Signed out there" in who.get("/profile").text
    assert (second.get("/profile").status_code, third.get("/profile").status_code) == (303, 200)
    assert who.post("/profile/sessions/endings").status_code == 303
    assert third.get("/profile").status_code == 303
    assert (who.get("/profile").status_code, colleague.get("/profile").status_code) == (200, 200)
    assert "End all others" not in who.get("/profile").text


def test_a_key_is_shown_once_named_and_ended(app: Flask, clock: Any) -> None:
    who = browser(app, "rep1")
    made = who.post("/profile/tokens", data={"token": " The  till "})
    assert made.status_code == 200
    (secret,) = re.findall(r"dz_[\w-]{40,}", made.text)
    assert made.headers["Cache-Control"] == "no-store"
    headers = {"Authorization": f"Bearer {secret}"}
    assert app.test_client().get("/api/v1/users/me", headers=headers).json["email"] == company.email("rep1")
    again = who.get("/profile").text
    assert secret not in again
    assert any("The till" in each and "last used" in each for each in listed(who))
    with app.app_context():
        token = session().scalars(select(ApiToken.id)).one()
    assert who.post(f"/profile/tokens/{token}/endings").status_code == 303
    assert app.test_client().get("/api/v1/users/me", headers=headers).status_code == 401
    assert not any("The till" in each for each in listed(who))


def test_keys_are_fifty_at_most(app: Flask, clock: Any) -> None:
    who = browser(app, "rep1")
    with app.app_context(), transaction() as current:
        rep = company.person("rep1")
        current.add_all(ApiToken(token_hash=f"{n}", user_id=rep, name="till", created_at=clock.at) for n in range(50))
    refused = who.post("/profile/tokens", data={"token": "One <more>"})
    assert refused.status_code == 422
    assert said(app, "en", invalid("token", "too_many_tokens", limit=50)) in refused.text
    assert 'value="One &lt;more&gt;"' in refused.text
