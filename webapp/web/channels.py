"""The page of channels, as several rooms of forms show it: what the firm sends by, how it takes calls, what went."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from flask import Response, current_app, get_flashed_messages, request

from rules.messengers import MESSENGERS
from webapp.access.viewer import viewer
from webapp.i18n import messengers as words
from webapp.queries import deliveries as found
from webapp.queries import telephony
from webapp.queries.paging import Turn
from webapp.snapshots import reach, setups
from webapp.snapshots import telephony as snapshots
from webapp.web.forms import BLANK, FormState
from webapp.web.responses import page


@dataclass(frozen=True, slots=True)
class MessengerView:
    """A service, and whether the firm has an account there."""

    kind: str
    is_set: bool

    @property
    def name(self) -> str:
        return words.name(self.kind)

    @property
    def option(self) -> tuple[str, str]:
        return self.kind, self.name

    @property
    def example(self) -> str:
        return MESSENGERS[self.kind].example

    @property
    def looks(self) -> str:
        return words.looks(self.kind)

    @property
    def needs(self) -> str:
        return words.account(self.kind)


def channels_page(form: FormState = BLANK, secret: str = "", signed: tuple[str, str] | None = None) -> Response:
    """All forms and the log; of a form that was refused what was typed. `signed`: a new webhook's name and secret."""
    known = reach.gateways()
    mail = urlsplit(known["email"].url) if "email" in known else urlsplit("")
    shows = "failed" if request.args.get("log") == "failed" else ""
    turn = Turn(request.args.get("after", ""), request.args.get("before", ""))
    log, calls, tests = found.log(turn, is_failed=bool(shows)), snapshots.settings(), found.tests(viewer().id)
    settings = current_app.config["SETTINGS"]
    return page(
        "channels/show.html",
        status=form.status,
        form=form,
        known=known,
        mail={"host": mail.hostname or "", "port": mail.port or 587, "user": unquote(mail.username or "")},
        troubles=found.troubles(),
        tests=tests,
        under_way={kind for kind, each in tests.items() if found.is_moving([each])},
        own=setups.current().people[viewer().id],
        log=log,
        shows=shows,
        turn=turn,
        is_moving=found.is_moving(log.rows),
        receipts=f"{settings.url}/hooks/receipts/{secret}" if secret else "",
        told=get_flashed_messages(),
        telephony=calls,
        lines=telephony.lines(),
        messengers=[MessengerView(each, each in known) for each in MESSENGERS],
        webhooks=found.webhooks(),
        signed=signed,
        webhook=f"{settings.url}/hooks/twiml/{calls.key}" if calls else "",
    )
