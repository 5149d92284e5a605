"""A person's calendar at its secret address, for programs that know nothing else of Dozor; and the address itself."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, g, make_response, request

from webapp import clock
from webapp.access.viewer import scope_of, viewer
from webapp.db import transaction
from webapp.queries import calendar_feeds as query
from webapp.services import calendar_feeds
from webapp.snapshots import setups
from webapp.web.calendar_files import calendar, fingerprint
from webapp.web.profiles import profile_page
from webapp.web.rate_limits import PASSWORDS_PER_ADDRESS, limiter
from webapp.web.responses import redirect_to
from webapp.web.templating import Reader

pages = Blueprint("calendar_feeds", __name__)
ASKED = "60 per minute"  # by one address


@pages.get("/feeds/<secret>/dozor.ics")
@limiter.limit(ASKED)
@limiter.limit(PASSWORDS_PER_ADDRESS, deduct_when=lambda answer: answer.status_code == 404)
def read(secret: str) -> Response:
    """In its person's language. Whoever does not know the secret finds nothing."""
    person = calendar_feeds.person_of(secret)
    if person is None:
        abort(404)
    setup = setups.current()
    g.reader = Reader(person.locale, person.time_zone)
    found = query.due(scope_of(setup, setup.people[person.id]))
    answer = make_response(calendar(found, current_app.config["SETTINGS"].url, clock.now()))
    answer.mimetype = "text/calendar"
    answer.headers.set("Content-Disposition", "attachment", filename="dozor.ics")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.set_etag(fingerprint(answer.get_data()))
    answer.make_conditional(request)
    return answer


@pages.post("/profile/calendar")
def make() -> Response:
    """A new address: it stands on this answer, and nowhere else ever."""
    with transaction():
        secret = calendar_feeds.make(viewer().id, viewer().actor)
    return profile_page(feed=f"{current_app.config['SETTINGS'].url}/feeds/{secret}/dozor.ics")


@pages.post("/profile/calendar/endings")
def end() -> Response:
    """It opens nothing any more."""
    with transaction():
        calendar_feeds.end(viewer().id, viewer().actor)
    return redirect_to("/profile#calendar")
