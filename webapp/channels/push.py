"""Web push by its library, which encrypts what is said for the browser alone and signs who says it."""

from __future__ import annotations

import time

import requests
from py_vapid import VapidException
from pywebpush import WebPushException, webpush

from rules.reach import Answer
from webapp.channels.letters import Parcel
from webapp.channels.limits import SHOWN
from webapp.channels.plain_http import Straight
from webapp.channels.sms import away_from

EXPIRES_SECONDS = 12 * 3600  # a push service takes no more than a day
KEPT_SECONDS = {True: 4 * 3600, False: 24 * 3600}  # by the push service, for a phone that is off; what is urgent is old
FINAL = (400, 413)
GONE = (404, 410)


def send(parcel: Parcel) -> Answer:
    """To one browser. A repeat takes the place of what it repeats, where it has not been shown yet."""
    claims: dict[str, str | int] = {"sub": parcel.gateway.sender, "exp": int(time.time()) + EXPIRES_SECONDS}
    try:
        with Straight() as session:
            webpush(
                {"endpoint": parcel.to, "keys": {name: parcel.keys[name] for name in ("p256dh", "auth")}},
                data=parcel.text,
                vapid_private_key=parcel.gateway.url,
                vapid_claims=claims,
                ttl=KEPT_SECONDS[parcel.is_urgent],
                timeout=10,
                headers={"Topic": parcel.topic, "Urgency": "high" if parcel.is_urgent else "normal"},
                requests_session=session,
            )
        return Answer("sent")
    except WebPushException as error:
        return _refused(error)
    except requests.RequestException as error:
        return away_from(error)
    except (ValueError, VapidException) as error:  # keys that are no keys
        return Answer("refused", {"code": "gateway_said", "text": str(error)[:SHOWN]})


def _refused(error: WebPushException) -> Answer:
    status = error.response.status_code if error.response is not None else 0
    if status in GONE:
        return Answer("refused", {"code": "subscription_gone"})
    said = f"{status} {error.response.text[:SHOWN]}".strip() if error.response is not None else str(error)[:SHOWN]
    return Answer("refused" if status in FINAL or not status else "later", {"code": "gateway_said", "text": said})
