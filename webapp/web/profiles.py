"""A person's own settings as an answer, as several rooms of forms show them."""

from __future__ import annotations

from flask import Response, get_flashed_messages

from webapp.access.viewer import viewer
from webapp.queries import calendar_feeds
from webapp.queries import sign_ins as found
from webapp.web import own_firm
from webapp.web.forms import BLANK, FormState
from webapp.web.responses import page


def profile_page(
    form: FormState = BLANK, key: FormState = BLANK, secret: str = "", signing: str = "", feed: str = ""
) -> Response:
    """The whole of it; `secret` and `feed` are what was made just now, and is shown this once."""
    return page(
        "profile.html",
        status=max(form.status, key.status),
        form=form,
        zones=own_firm.zones(),
        key=key,
        secret=secret,
        signing=signing,
        answers=found.answers(viewer().id),
        ways="/profile",
        is_mine=True,
        told=get_flashed_messages(),
        sessions=found.open_sessions(viewer().id),
        tokens=found.open_tokens(viewer().id),
        feed=feed,
        feed_made_at=calendar_feeds.made_at(viewer().id),
    )
