"""What became of a word that went out, in the reader's language: by which channel, how far it came, why it did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rules.reach import Way
from webapp.i18n import N_, formats, messengers
from webapp.i18n.isolates import gettext

CHANNELS = {"email": N_("e-mail"), "sms": N_("SMS"), "push": N_("push"), "webhook": N_("webhook")}
STATES = {
    "waiting": N_("waiting"),
    "sent": N_("sent"),
    "delivered": N_("delivered"),
    "failed": N_("failed"),
    "cancelled": N_("not needed any more"),
    "called_off": N_("dropped after a restore"),
}
CONTENTS = {
    "notification": N_("a notification"),
    "digest": N_("the morning's digest"),
    "message": N_("a word to the client"),
    "code": N_("a code"),
    "test": N_("a test"),
    "link": N_("a link to come in by"),
    "event": N_("what has happened"),
}
REASONS = {
    "read": N_("It was read in Dozor before."),
    "tried_again": N_("It was tried again."),
    "left": N_("This person does not work here any more."),
    "address_gone": N_("This address is not used any more."),
    "no_gateway": N_("There is nothing to send by: it was taken out of the settings."),
    "sign_in": N_("The server does not take the user and the password."),
    "certificate": N_("The server's certificate is not to be trusted, so nothing was told to it."),
    "private_address": N_(
        "The address lies in a private network. Whoever runs the machine may allow it by DOZOR_OUTBOUND_ALLOW."
    ),
    "no_such_host": N_("There is no server of this name, or the network is away."),
    "not_encrypted": N_("The server offers no encryption, so the password was not told to it."),
    "sender_refused": N_("The server does not take letters from this sender."),
    "bad_address": N_("The address of the provider cannot be understood."),
    "recipient_refused": N_("The server does not know this recipient, or does not take what we write to them."),
    "subscription_gone": N_("The browser does not take it any more: it was cleared, or notifications were forbidden."),
    "key_refused": N_("The other side does not take our key: it is wrong, or was withdrawn."),
    "too_often": N_("The other side asks for a pause: too much was sent."),
    "gateway_said": N_("The other side did not take it."),
    "timed_out": N_("The server did not answer in time."),
    "nobody_listens": N_("Nobody answers at the server's address: it is off, or the port is another."),
    "redirects": N_("The server sends elsewhere, which is not followed."),
    "closed": N_("The server closed the connection in the middle."),
    "broken": N_("Dozor itself failed at it. The log says why."),
}


NO_WAY = {
    "lesson": N_("This is the lesson's firm: nothing goes out to its clients. Your word stays here."),
    "no_address": N_("Nothing goes out: neither an e-mail address nor a phone number of this client is known."),
    "no_gateway": N_("Nothing goes out: an admin has to set up e-mail or SMS under Channels first."),
    "not_allowed": N_("Nothing goes out: the firm does not write to clients by the ways that there are to this one."),
}

# Why a robot did not write, as the end of a sentence.
NO_WAY_OF_ROBOT = {
    "lesson": N_("the lesson's firm writes to nobody"),
    "no_contact": N_("the deal has no client"),
    "no_address": N_("neither an e-mail address nor a phone number of the client is known"),
    "no_gateway": N_("an admin has to set up e-mail or SMS under Channels first"),
    "not_allowed": N_("the firm does not write to clients by the ways that there are to this one"),
    "blank": N_("nothing is left of its text on this deal"),
}


def no_way(code: str) -> str:
    """Why a robot could not write to the client."""
    return str(gettext(NO_WAY_OF_ROBOT[code])) if code in NO_WAY_OF_ROBOT else code


def way(found: Way) -> str:
    """How what is typed here will reach the client, or that it will not."""
    if found.why_not:
        return str(gettext(NO_WAY[found.why_not]))
    to = formats.phone(found.address) if found.channel == "sms" else found.address
    return str(gettext("Goes out by %(channel)s to %(to)s.", channel=channel(found.channel), to=to))


def webhook(name: str) -> str:
    """One by its name."""
    return str(gettext("webhook “%(name)s”", name=name))


def channel(key: str) -> str:
    """By which way."""
    return str(gettext(CHANNELS[key])) if key in CHANNELS else messengers.name(key) or key


def state(key: str) -> str:
    """How far it came."""
    return str(gettext(STATES[key])) if key in STATES else key


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
