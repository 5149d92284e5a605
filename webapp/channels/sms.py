"""SMS by Apprise, which knows the providers; to a gateway of one's own as JSON or a form, with the key of the delivery,
by which it knows a repeat and says later what became of it."""

from __future__ import annotations

from urllib.parse import quote

import requests

from rules.reach import SMS_SCHEMES, Answer
from webapp.channels import apprised, plain_http  # noqa: F401  the latter beneath what is posted here
from webapp.channels.letters import Parcel
from webapp.channels.limits import SHOWN
from webapp.channels.mail import away

OWN = ("json", "jsons", "form", "forms")


def send(parcel: Parcel) -> Answer:
    """One text to one number."""
    scheme = parcel.gateway.url.partition("://")[0].lower()
    if scheme not in SMS_SCHEMES:
        return Answer("later", {"code": "bad_address"})
    if scheme in OWN:
        return _to_own(parcel, is_json=scheme.startswith("json"), is_safe=scheme.endswith("s"))
    return apprised.send(_address(parcel), parcel.text, parcel.to.lstrip("+"))


def _address(parcel: Parcel) -> str:
    """The provider's address with the number as its target."""
    place, mark, query = parcel.gateway.url.partition("?")
    return f"{place.rstrip('/')}/{quote(parcel.to.lstrip('+'))}{mark}{query}"


def _to_own(parcel: Parcel, *, is_json: bool, is_safe: bool) -> Answer:
    """A gateway of one's own: {to, text, id}, and the key as a header."""
    rest = parcel.gateway.url.partition("://")[2]
    facts = {"to": parcel.to, "message": parcel.text, "id": parcel.key}
    body = {"json": facts} if is_json else {"data": facts}
    try:
        answer = requests.post(
            f"{'https' if is_safe else 'http'}://{rest}",
            headers={"Idempotency-Key": parcel.key},
            timeout=10,
            allow_redirects=False,
            **body,  # type: ignore[arg-type]
        )
    except requests.RequestException as error:
        return away_from(error)
    if answer.ok and not answer.is_redirect:
        return Answer("sent")
    text = f"{answer.status_code} {answer.text[:SHOWN]}".strip()
    is_final = answer.status_code in (400, 404, 410, 422)
    return Answer("refused" if is_final else "later", {"code": "gateway_said", "text": text})


def away_from(error: BaseException) -> Answer:
    """What lies under the library's own error."""
    looked: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        each = queue.pop(0)
        if isinstance(each, BaseException) and each not in looked:
            looked.append(each)
            queue += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    if isinstance(error, requests.Timeout):
        return away(TimeoutError())
    plain = [each for each in looked if isinstance(each, OSError) and not isinstance(each, requests.RequestException)]
    return away(plain[-1]) if plain else Answer("later", {"code": "closed", "text": str(error)[:SHOWN]})
