"""One word by Apprise, which knows the services; and what its words mean. It says little of why: most stands in what
it says to programmers, of which only the meaning is taken, for secrets stand there too."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import apprise
from apprise.conversion import convert_between

from rules.reach import Answer
from webapp.channels import plain_http  # noqa: F401  beneath what Apprise sends by

STATUS = re.compile(r"error=(\d{3})")
SHORTEST_SECRET = 4
MOST_HEARD = 2_000  # signs of one line
# What stands in the words of what lies below: the first that fits.
SIGNS = (
    ("not_public", "private_address"),  # of our guard
    ("CERTIFICATE_VERIFY_FAILED", "certificate"),
    ("certificate verify failed", "certificate"),
    ("Exceeded 0 redirects", "redirects"),
    ("name resolution", "no_such_host"),
    ("Name or service not known", "no_such_host"),
    ("No address associated", "no_such_host"),
    ("nodename nor servname", "no_such_host"),
    ("Connection refused", "nobody_listens"),
    ("timed out", "timed_out"),
    ("said too much", "said_too_much"),
    ("Connection aborted", "closed"),
    ("Connection reset", "closed"),
)
# What it says while it is listened to names addresses with their keys, and what was written: for no log of ours.
SAYS = logging.getLogger("apprise")
SAYS.propagate = False
SAYS.setLevel(logging.DEBUG)
SAYS.addHandler(logging.NullHandler())
PLAIN = apprise.NotifyFormat.TEXT
QUIET = apprise.AppriseAsset(async_mode=False, http_redirects=False, app_id="Dozor", app_desc="", image_url_mask="")


def send(url: str, text: str, must_name: str = "") -> Answer:
    """By this address. `must_name`: the recipient that Apprise must have understood, or nothing is sent: some services
    otherwise tell the room that their key belongs to."""
    service = apprise.Apprise.instantiate(url, asset=QUIET)
    if service is None:
        return Answer("later", {"code": "bad_address"})
    if must_name and must_name not in unquote(service.url(privacy=False)):
        return Answer("refused", {"code": "recipient_refused"})
    service.redirects = False  # whatever the address says
    with _heard() as said:
        # Not by `Apprise`, whose threads the guard would lose sight of once nobody waits for them.
        body = convert_between(PLAIN, service.resolve_format(PLAIN), text)
        taken = service.notify(body=body, title="", body_format=PLAIN)
    return Answer("sent") if taken else _meaning("\n".join(said), url)


class _Ear(logging.Handler):
    """Hears what is said in its own thread: other channels send at the same time, by other keys."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.thread, self.said = threading.get_ident(), list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.said.append(f"{record.levelname} {record.getMessage()}"[:MOST_HEARD])


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What Apprise says to programmers meanwhile."""
    ear = _Ear()
    SAYS.addHandler(ear)
    try:
        yield ear.said
    finally:
        SAYS.removeHandler(ear)


def _meaning(words: str, url: str) -> Answer:
    """In the order of what says most."""
    loud = [line.partition(" ")[2] for line in words.splitlines() if line.startswith(("WARNING ", "ERROR "))]
    text = without_secrets(" ".join(loud), url)
    found = STATUS.findall(text)
    status = int(found[-1]) if found else 0
    if status == 401:
        return Answer("later", {"code": "key_refused", "text": text})
    if status == 429:
        return Answer("later", {"code": "too_often", "text": text})
    if 300 <= status < 400:
        return Answer("later", {"code": "redirects"})
    if status in (400, 403, 404, 410, 422):
        return Answer("refused", {"code": "recipient_refused", "text": text})
    code = next((code for sign, code in SIGNS if sign in words), "")
    if code and not status:
        return Answer("later", {"code": code})
    return Answer("later", {"code": "gateway_said", "text": text})


def without_secrets(text: str, url: str) -> str:
    """What the library says of an address is told to people, but not what opens it."""
    parts = urlsplit(url)
    kept = {parts.username or "", parts.password or "", *parts.path.split("/"), *parts.query.split("&"), parts.netloc}
    for each in sorted({unquote(part) for part in kept} | kept, key=len, reverse=True):
        if len(each) >= SHORTEST_SECRET:
            text = text.replace(each, "…")
    return text
