"""What became of a word that went out, in the reader's language: by which channel, how far it came, why it did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rules.reach import Way
from webapp.i18n import N_, formats, messengers
from webapp.i18n.isolates import gettext
from webapp.i18n.work_words import on_hold
from webapp.models import Delivery

CHANNELS = {"email": N_("e-mail"), "sms": N_("SMS"), "push": N_("push"), "webhook": N_("webhook")}
STATES = {
    "waiting": N_("waiting"),
    "sent": N_("sent"),
    "delivered": N_("delivered"),
    "failed": N_("failed"),
    "cancelled": N_("no longer needed"),
    "called_off": N_("dropped after a restore from backup"),
}
CONTENTS = {
    "notification": N_("a notification"),
    "digest": N_("a morning digest"),
    "message": N_("a message to the client"),
    "code": N_("a code"),
    "test": N_("a test"),
    "link": N_("a sign-in link"),
    "event": N_("an event"),
}
REASONS = {
    "read": N_("It had already been read in Dozor."),
    "tried_again": N_("It was tried again."),
    "left": N_("This person no longer works here."),
    "address_gone": N_("This address is no longer used."),
    "link_ended": N_("The link in it was no longer valid."),
    "no_gateway": N_("The channel was removed from the settings."),
    "no_address": N_("This client has no e-mail address and no phone number any more."),
    "not_allowed": N_("The firm no longer writes to clients by the channels that reach this one."),
    "lesson": N_("The lesson firm writes to nobody."),
    "sign_in": N_("The server rejected the user name and password. Check them under Channels."),
    "certificate": N_("The server's certificate cannot be trusted, so nothing was sent."),
    "private_address": N_(
        "This address is in a private network. Whoever runs the machine can allow it with DOZOR_OUTBOUND_ALLOW."
    ),
    "no_such_host": N_("There is no server with this name, or the network is down."),
    "not_encrypted": N_("The server offers no encryption, so the password was not sent."),
    "sender_refused": N_("The server does not accept mail from this sender."),
    "bad_sender": N_("No sender is set, or it has no address. Enter one under Channels."),
    "bad_address": N_("The provider's address could not be read."),
    "recipient_refused": N_("The server does not know this recipient, or rejects what we send them."),
    "recipient_unsupported": N_(
        "Our mail server cannot send to an address with accented or non-Latin letters before the @."
        " Ask for another one."
    ),
    "subscription_gone": N_("The browser no longer accepts it: its data was cleared, or notifications were blocked."),
    "key_refused": N_("The other side rejects our key: it is wrong or was revoked."),
    "too_often": N_("The other side asks us to wait: too much was sent."),
    "gateway_said": N_("The other side did not accept it."),
    "timed_out": N_("The server did not answer in time."),
    "said_too_much": N_("The server's answer was too long to be read."),
    "nobody_listens": N_("Nothing answers at the server's address: it is off, or the port is wrong."),
    "redirects": N_("The server redirects elsewhere, and Dozor does not follow."),
    "closed": N_("The server closed the connection midway."),
    "broken": N_("Something failed in Dozor itself. The log says why."),
}


NO_WAY = {
    "lesson": N_("This is the lesson firm: nothing is sent to its clients. Your message stays here."),
    "no_address": N_("Nothing will be sent: this client has neither an e-mail address nor a phone number."),
    "no_gateway": N_("Nothing will be sent: an admin has to set up e-mail or SMS under Channels first."),
    "not_allowed": N_("Nothing will be sent: the firm does not write to clients by the channels that reach this one."),
}

# Why a robot did not write, as the end of a sentence.
NO_WAY_OF_ROBOT = {
    "lesson": N_("the lesson firm writes to nobody"),
    "no_contact": N_("the deal has no client"),
    "no_address": N_("the client has neither an e-mail address nor a phone number"),
    "no_gateway": N_("an admin has to set up e-mail or SMS under Channels first"),
    "not_allowed": N_("the firm does not write to clients by the channels that reach this one"),
    "blank": N_("its text comes out empty for this deal"),
}


def no_way(code: str) -> str:
    """Why a robot could not write to the client."""
    return str(gettext(NO_WAY_OF_ROBOT[code])) if code in NO_WAY_OF_ROBOT else code


def way(found: Way) -> str:
    """How what is typed here will reach the client, or that it will not."""
    if found.why_not:
        return str(gettext(NO_WAY[found.why_not]))
    to = formats.phone(found.address) if found.channel == "sms" else found.address
    return str(gettext("Will be sent by %(channel)s to %(to)s.", channel=channel(found.channel), to=to))


def webhook(name: str) -> str:
    """One by its name."""
    return str(gettext("webhook “%(name)s”", name=name))


def channel(key: str) -> str:
    """By which way."""
    return str(gettext(CHANNELS[key])) if key in CHANNELS else messengers.name(key) or key


def state(key: str) -> str:
    """How far it came."""
    return str(gettext(STATES[key])) if key in STATES else key


def standing(row: Delivery) -> str:
    """How far it has come, or that it goes no further by itself."""
    return on_hold() if row.is_held else state(row.state)


def address(kind: str, raw: str) -> str:
    """Where it went. The address of a browser opens it to whoever knows it: only its service is named."""
    if kind == "sms":
        return formats.phone(raw)
    return (urlsplit(raw).hostname or "") if kind == "push" else raw


def content(key: str) -> str:
    """What it was."""
    return str(gettext(CONTENTS[key])) if key in CONTENTS else key


def reason(kept: Mapping[str, Any]) -> str:
    """Why, with the other side's own words after ours; "" when there is nothing to say."""
    code = kept.get("code")
    if not code:
        return ""
    said = gettext(REASONS[code]) if code in REASONS else str(code)
    return f"{said} ({kept['text']})" if kept.get("text") else str(said)
