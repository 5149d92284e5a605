"""However much was said, a deal's page shows the latest of it, and what was said before on further pages."""

from __future__ import annotations

import re

from flask import Flask

from tests.services import acts
from tests.views.scenes import browser
from webapp import clock
from webapp.db import session, transaction
from webapp.models import Conversation, Message
from webapp.queries.deals import SAID


def test_a_deal_with_very_much_said_is_a_small_page(app: Flask) -> None:
    with app.app_context():
        acts.contact(rep="rep1")
        deal = acts.inquiry()
        with transaction():
            talk = session().query(Conversation).filter_by(deal_id=deal).one()
            for n in range(536):
                text = f"message {n} " + "x" * 9_900
                session().add(Message(conversation_id=talk.id, direction="in", text=text, at=clock.now()))
    who, seen, pages = browser(app, "rep1"), [], 0
    address = f"/deals/{deal}"
    while address:
        page = who.get(address).text
        assert len(page) < 500_000
        shown = [int(each) for each in re.findall(r"message (\d+) x", page)]
        assert len(shown) <= SAID
        seen, pages = shown + seen, pages + 1
        assert 'name="seen" value="537"' in page, "a reply is to all that was said"
        more = re.search(r'href="(/deals/\d+\?before=\d+)"', page)
        address = more[1] if more else ""
    assert seen == list(range(536))
    assert pages == 18
