"""What goes out, in the words and the language of whoever gets it: subject, text and HTML; one short text for SMS."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from flask import current_app, render_template
from flask_babel import get_locale

from rules.reach import Wishes
from rules.texts import shortened
from webapp.config import Settings
from webapp.i18n import digests, notifications, pushes
from webapp.i18n.isolates import gettext, unmarked
from webapp.i18n.readers import reading
from webapp.models import Notification
from webapp.services.deliveries import Prepared
from webapp.services.task_shown import submission_of
from webapp.snapshots import reach as found
from webapp.snapshots import setups
from webapp.snapshots.reach import GatewayFacts

SMS_LIMIT = 300
CHAT_LIMIT = 1000
PUSH_LIMIT = 600  # signs: a push service takes 4 KB in all


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that sending needs, so that no row is read meanwhile. `key` names it to the other side, `thread` the letters
    that belong together."""

    key: str
    gateway: GatewayFacts
    to: str
    subject: str
    text: str
    html: str
    site: str
    firm: str
    language: str
    thread: str
    at: datetime
    reply_to: str = ""
    is_to_client: bool = False
    is_urgent: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        """A name for a repeat of the same word, as push services take it."""
        return urlsafe_b64encode(sha256(self.key.encode()).digest()[:24]).decode()


def compose(prepared: Prepared) -> Parcel:
    """In the open transaction of the first phase."""
    row, settings = prepared.row, current_app.config["SETTINGS"]
    person = setups.current().people.get(row.user_id or 0)
    firm = setups.current().firm
    language, zone = (person.locale, person.time_zone) if person else (firm.locale, firm.time_zone)
    with reading(language, zone):
        subject, body, link = _words(prepared, settings)
        if prepared.message is not None:
            return _to_client(prepared, subject, body, settings)
        if row.channel == "push":
            return _to_browser(prepared, subject, body, link, settings)
        short = (
            unmarked(_short(subject, body))
            if row.channel == "sms"
            else _cut("\n".join(filter(None, (subject, body))), CHAT_LIMIT)
        )
        gap = " " if row.channel == "sms" else "\n"
        is_mail = row.channel == "email"
        shown = {"subject": subject, "body": body, "link": link, "firm": firm.name, "site": settings.url}
        html = render_template("mail/letter.html", language=language, **shown)
        plain = render_template("mail/letter.txt", **shown)
    return Parcel(
        key=row.key,
        gateway=prepared.gateway,
        to=row.address,
        subject=subject,
        text=plain if is_mail else f"{short}{gap}{link}".strip(),
        html=html if is_mail else "",
        site=settings.url,
        firm=firm.name,
        language=language,
        thread=f"deal-{row.deal_id}" if row.deal_id else "",
        at=row.created_at,
        keys=prepared.keys,
    )


def _short(subject: str, body: str) -> str:
    """One line for a phone."""
    return _cut(": ".join(filter(None, (subject, body.replace("\n", " ")))), SMS_LIMIT)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _to_client(prepared: Prepared, subject: str, body: str, settings: Settings) -> Parcel:
    """Nothing but what was written, as a person would send it; the answer comes to whoever is responsible."""
    row, firm, deal = prepared.row, setups.current().firm, prepared.deal
    person = setups.current().people.get(deal.responsible_id) if deal else None
    return Parcel(
        key=row.key,
        gateway=prepared.gateway,
        to=row.address,
        subject=subject,
        text=body,
        html="",
        site=settings.url,
        firm=firm.name,
        language=firm.locale,
        thread=f"talk-{row.deal_id}",
        at=row.created_at,
        reply_to=person.email if person is not None and person.is_active else "",
        is_to_client=True,
    )


def _to_browser(prepared: Prepared, subject: str, body: str, link: str, settings: Settings) -> Parcel:
    """What sw.js shows. A locked phone may show names only where its owner has said so."""
    row, notice, task = prepared.row, prepared.notification, prepared.task
    wishes = found.wishes([row.user_id or 0]).get(row.user_id or 0, Wishes())
    asks = task is not None and task.state == "awaiting_acceptance" and notice is not None
    is_open = wishes.shows_clients or row.content == "test"
    said = {
        "title": subject if is_open else pushes.closed_title(is_asked=asks, is_urgent=row.is_urgent),
        "body": shortened(body, PUSH_LIMIT) if is_open else "",
        "url": f"/tasks/{task.id}" if task is not None else link.removeprefix(settings.url) or "/inbox",
        "tag": (notice.about if notice is not None else None) or row.key,
        "lang": str(get_locale()),
        "person": row.user_id,
        "actions": pushes.actions(is_asked=asks),
    }
    if asks and task is not None and task.submitted_at is not None:
        said |= {"task": task.id, "submission": submission_of(task), "accepted": pushes.accepted()}
    firm = setups.current().firm
    return Parcel(
        key=row.key,
        gateway=prepared.gateway,
        to=row.address,
        subject=subject,
        text=json.dumps(said, ensure_ascii=False),
        html="",
        site=settings.url,
        firm=firm.name,
        language=str(get_locale()),
        thread="",
        at=row.created_at,
        is_urgent=row.is_urgent,
        keys=prepared.keys,
    )


def _path(notice: Notification, deal_id: int | None) -> str:
    """Where it is seen to, else the deal, else the inbox."""
    if notice.item_id is not None:
        return f"/important/{notice.item_id}"
    if notice.absent_id is not None:
        return f"/people/{notice.absent_id}"
    return f"/deals/{deal_id}" if deal_id else "/inbox"


def _words(prepared: Prepared, settings: Settings) -> tuple[str, str, str]:
    """Subject, body, link."""
    row = prepared.row
    if prepared.notification is not None:
        said = notifications.text_of(prepared.notification)
        path = _path(prepared.notification, row.deal_id) if not prepared.more else "/inbox"
        others = digests.body(prepared.more)
        subject = digests.with_others(said.title, len(prepared.more))
        return subject, "\n".join(filter(None, (said.body, others))), f"{settings.url}{path}"
    if row.content == "digest":
        return digests.subject(len(prepared.more)), digests.body(prepared.more), f"{settings.url}/inbox"
    if prepared.message is not None:
        return gettext("Re: %(deal)s", deal=prepared.deal.title if prepared.deal else ""), prepared.message.text, ""
    if row.content == "code":
        code = str(row.facts.get("code", ""))
        return gettext("%(code)s is your Dozor code", code=code), gettext("It is valid for 30 minutes."), ""
    if row.content == "link":
        firm = setups.current().firm.name
        words = gettext("Use this link to set a password and sign in. It works once, within seven days.")
        return (
            gettext("Your sign-in link for Dozor: %(firm)s", firm=firm),
            words,
            f"{settings.url}/links/{row.facts['code']}",
        )
    return gettext("Dozor can reach you"), gettext("This is the test message that you asked for."), ""
