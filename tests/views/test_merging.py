"""On a contact's page it is said that they are the same person as another: seen side by side, asked once."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

from flask import Flask
from sqlalchemy import select

from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import browser, rows, scene
from webapp.db import session, transaction
from webapp.models import Contact
from webapp.services import inquiries


def test_a_client_whose_address_was_kept_by_the_older_reading_of_domains_is_found_and_offered_by_the_new(
    app: Flask, clock: Clock
) -> None:
    """They write from straße.de, are new by that, and the one from before is who they may be."""
    with app.app_context():
        kept = acts.contact("Jana Groß", None)
        with transaction():
            session().get_one(Contact, kept).email = "jana@strasse.de"
            inquiries.receive("email", {"name": "J. G.", "email": "jana@xn--strae-oqa.de"}, "Hello", acts.FORM)
        new = session().scalars(select(Contact.id).where(Contact.email == "jana@straße.de")).one()
    who = browser(app, "admin")
    assert new != kept, "another firm may own the other domain, and what is answered goes to the address that is kept"
    for typed in ("jana@straße.de", "jana@xn--strae-oqa.de", "jana@strasse.de"):
        assert f'href="/contacts/{kept}"' in who.get(f"/contacts?q={quote(typed)}").text, typed
    assert f'href="/contacts/{kept}/merges/new?into={new}"' in who.get(f"/contacts/{new}/merges/new").text


def test_two_contacts_are_found_seen_side_by_side_and_made_one(app: Flask, clock: Clock) -> None:
    at, who = scene(app), browser(app, "rep1")
    with app.app_context():
        vera, namesake = acts.contact("Vera Belova", vip=True), acts.contact("vera  BELOVA", "+79005550002")
        acts.deal(of=namesake, waits=False)
    page = who.get(f"/contacts/{vera}").text
    (link,) = re.findall(r'href="([^"]+)">The same person as…', page)
    assert f'href="/contacts/{namesake}/merges/new?into={vera}"' in who.get(link).text
    assert f'href="/contacts/{at.double}/merges/new?into={vera}"' in who.get(f"{link}?q=doub").text
    beside = who.get(f"/contacts/{namesake}/merges/new?into={vera}").text
    assert "+7 900 555-00-01" in beside
    assert "Moves along: 1 deal, 0 conversations, 0 calls" in beside
    chosen = dict.fromkeys(re.findall(r'type="radio" name="([^"]+)" value="goes"', beside), "goes")
    assert chosen.keys() == {"name", "phone"}
    hidden = dict(re.findall(r'type="hidden" name="(into|version|into_version)" value="(\d+)"', beside))
    answer = who.post(f"/contacts/{namesake}/merges", data={**hidden, **chosen})
    assert answer.headers["Location"] == f"/contacts/{vera}"
    kept = html.unescape(who.get(f"/contacts/{vera}").text)
    assert all(each in kept for each in ("Now it is one contact", "+7 900 555-00-02", "+7 900 555-00-01"))
    assert who.get(f"/contacts/{namesake}").headers["Location"] == f"/contacts/{vera}"


def test_whoever_comes_late_is_told_and_nothing_more_is_done(app: Flask, clock: Clock) -> None:
    at, who, other = scene(app), browser(app, "rep1"), browser(app, "north")
    path, sends = f"/contacts/{at.contact}/merges", {"into": str(at.double), "version": "1", "into_version": "1"}
    wrong = who.post(path, data={**sends, "name": "both"})
    assert (wrong.status_code, "Choose one of these: stays, goes" in html.unescape(wrong.text)) == (422, True)
    other.post(f"/contacts/{at.contact}", data={"name": "Client of it", "version": "1"})
    stale = who.post(path, data={**sends, "name": "goes"})
    assert (stale.status_code, "Anna Krylova changed it in the meantime" in stale.text) == (409, True)
    assert re.search(r'name="name" value="goes"[^>]* checked', stale.text)  # what was chosen stands
    assert "Client of it" in stale.text
    assert who.post(path, data={"into": str(at.double)}).status_code == 303
    before = rows(app)
    for late in (
        who.post(path, data={"into": str(at.double)}),
        who.post(f"/contacts/{at.contact}", data={"name": "Mine", "was.name": "Client of it"}),
        who.get(f"{path}/new?into={at.double}"),
    ):
        assert late.status_code == 409
        assert "become one with Double" in html.unescape(late.text).replace("\u2068", "").replace("\u2069", "")
    assert who.get(f"{path}/new").headers.get("Location") == f"/contacts/{at.double}"
    assert who.post(path, data={"into": str(at.contact)}).status_code == 404
    assert rows(app) == before
