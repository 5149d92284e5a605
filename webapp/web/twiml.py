"""TwiML, as providers and telephone systems speak it: is what came signed by ours, and what it is told to do.

The signature is HMAC-SHA1 over the address that the provider was given and all that it sends, in the order of names.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha1
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Response, request
from werkzeug.datastructures import MultiDict

from webapp import phones
from webapp.i18n.isolates import gettext
from webapp.models import CallLeg, Telephony

SPOKEN = {"en": "en-US", "ru": "ru-RU"}
EVENTS = "ringing answered completed"


def signature(secret: str, address: str, sent: MultiDict[str, str]) -> str:
    """As the provider signs it. Of a name that is sent several times each value counts once."""
    said = "".join(f"{name}{each}" for name in sorted(sent) for each in sorted(set(sent.getlist(name))))
    return base64.b64encode(hmac.new(secret.encode(), (address + said).encode(), sha1).digest()).decode()


def is_same(said: str, kept: str) -> bool:
    """Whether two secrets are one, in a time that does not tell."""
    return hmac.compare_digest(said.encode(), kept.encode())


def is_signed(secret: str, url: str) -> bool:
    """Whether what has just come is the provider's, who was given an address under `url`."""
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    expected = signature(secret, f"{url}{request.path}{query}", request.form)
    return is_same(request.headers.get("X-Twilio-Signature", ""), expected)


def sent(name: str) -> str:
    """What the provider says: no form of ours, so not read as one."""
    return str(request.form.get(name, ""))[:200]


def nothing() -> Response:
    return _response(Element("Response"))


def hang_up() -> Response:
    said = Element("Response")
    SubElement(said, "Hangup")
    return _response(said)


def sorry(language: str) -> Response:
    """A word to a caller whom nobody could take, then the end."""
    said = Element("Response")
    word = SubElement(said, "Say", language=SPOKEN.get(language, SPOKEN["en"]))
    word.text = gettext("Nobody can take your call right now. We can see that you called, and will call you back.")
    SubElement(said, "Hangup")
    return _response(said)


def ring(settings: Telephony, base: str, number: int, legs: Sequence[CallLeg], seconds: int) -> Response:
    """All phones of a round at the same moment; the caller hears them ring."""
    said = Element("Response")
    facts = {"timeout": str(seconds), "answerOnBridge": "true", "action": f"{base}/rounds/{number}"}
    dial = SubElement(said, "Dial", facts | ({"callerId": settings.caller_id} if settings.caller_id else {}))
    for each in legs:
        phone, extension = phones.split(each.number)
        reports = {"statusCallback": f"{base}/legs/{each.id}", "statusCallbackEvent": EVENTS}
        called = SubElement(dial, "Number", reports | ({"sendDigits": f"ww{extension}"} if extension else {}))
        called.text = phone
    return _response(said)


def _response(said: Element) -> Response:
    words = '<?xml version="1.0" encoding="UTF-8"?>' + tostring(said, encoding="unicode")
    return Response(words, content_type="text/xml; charset=utf-8")
