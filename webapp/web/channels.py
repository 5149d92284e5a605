"""The page of channels, as several rooms of forms show it: what the firm sends by, how it takes calls, what went."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from flask import Response, current_app, get_flashed_messages

from webapp.queries import deliveries as found
from webapp.queries import telephony
from webapp.snapshots import reach
from webapp.snapshots import telephony as snapshots
from webapp.web.forms import BLANK, FormState
from webapp.web.responses import page


def channels_page(form: FormState = BLANK, secret: str = "", signed: tuple[str, str] | None = None) -> Response:
    """All forms and the log; of a form that was refused what was typed. `signed`: a new webhook's name and secret."""
    known = reach.gateways()
    mail = urlsplit(known["email"].url) if "email" in known else urlsplit("")
    log, calls = found.log(), snapshots.settings()
    settings = current_app.config["SETTINGS"]
    return page(
        "channels/show.html",
        status=form.status,
        form=form,
        known=known,
        mail={"host": mail.hostname or "", "port": mail.port or 587, "user": unquote(mail.username or "")},
        troubles=found.troubles(),
        log=log,
        is_moving=found.is_moving(log),
        receipts=f"{settings.url}/hooks/receipts/{secret}" if secret else "",
        told=get_flashed_messages(),
        telephony=calls,
        lines=telephony.lines(),
        webhooks=found.webhooks(),
        signed=signed,
        webhook=f"{settings.url}/hooks/twiml/{calls.key}" if calls else "",
    )
