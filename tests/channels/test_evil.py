"""Every channel against every evil of the world outside, by one table: what is told, and that nobody inside is reached.
What a delivery makes of such an answer (it waits, an admin hears of it) is shown beside each channel."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import trustme

from tests.channels import worlds
from tests.channels.worlds import Pushed
from webapp.channels import outward, vapid
from webapp.channels.letters import Parcel
from webapp.channels.webhooks import Envelope
from webapp.services.deliveries import GatewayFacts

over = threading.Event()  # what hung comes back, so that it says nothing into the next word
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ALLOWED = ("127.0.0.0/8",)
# channel → its address without TLS, and with
CHANNELS = {
    "email": ("smtp://{}", "smtps://{}"),
    "sms": ("json://{}/sms", "jsons://{}/sms"),
    "ntfy": ("ntfy://{}", "ntfys://{}"),
    "push": ("http://{}/p", "https://{}/p"),
    "webhook": ("http://{}/w", "https://{}/w"),
}


def silent(caller: socket.socket) -> None:
    """Says nothing until it is over."""
    over.wait(30)


def drips(caller: socket.socket) -> None:
    """A byte now and then: no patience for a single word ever ends."""
    while not over.wait(0.02):
        caller.send(b"2")


def untrusted() -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return worlds.with_certificate(context)


EVILS = ((silent, 0, "timed_out"), (drips, 0, "timed_out"), (untrusted(), 1, "certificate"))


def parcel(channel: str, url: str) -> Parcel | Envelope:
    """A word for whoever listens there."""
    if channel == "webhook":
        return Envelope("k1", url, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "{}", NOW)
    to = {"email": "anna@firm.example", "sms": "+79125550177", "ntfy": "anna-7f3k"}.get(channel, url)
    keys = dict[str, str]()
    if channel == "push":
        url, keys = vapid._pair()["private"], Pushed().keys
    sender = "mailto:dozor@firm.example" if channel == "push" else "dozor@firm.example"
    gateway = GatewayFacts(kind=channel, url=url, sender=sender, to_clients=False, is_of_environment=False)
    return Parcel("k1", gateway, to, "Late", "Late", "", "http://dozor.example", "Firm", "en", "", NOW, keys=keys)


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_evil_holds_a_channel_or_leads_it_inside(channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, wanted = dict[str, tuple[str, str]](), dict[str, tuple[str, str]]()
    for say, is_safe, code in EVILS:
        over.clear()
        with worlds.talker(say) as port, monkeypatch.context() as patched:
            if code == "timed_out":  # the others answer, however slow the machine
                patched.setattr(outward, "SECONDS", 0.2)
            answer = outward.send(parcel(channel, CHANNELS[channel][is_safe].format(f"127.0.0.1:{port}")), ALLOWED)
            over.set()
            for each in outward.hung:
                each.join(10)
        found[say.__name__] = (answer.state, answer.reason["code"])
        wanted[say.__name__] = ("later", code)
    assert found == wanted


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_name_that_turns_inward_and_a_redirect_reach_nobody(channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is public when it is first asked for, of this machine ever after; a letter has no redirect."""
    reached = list[bytes]()

    def knocked(caller: socket.socket) -> None:
        reached.append(caller.recv(1))

    with worlds.talker(knocked) as port, monkeypatch.context() as patched:
        answers = iter(("8.8.8.8", *["127.0.0.1"] * 20))

        def resolve(host: str, asked: int, *_: object, **__: object) -> list[tuple[object, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), asked))]

        patched.setattr(socket, "getaddrinfo", resolve)
        assert socket.getaddrinfo("evil.example", port)[0][4] == ("8.8.8.8", port)
        answer = outward.send(parcel(channel, CHANNELS[channel][0].format(f"evil.example:{port}")), ())
    assert ((answer.state, answer.reason["code"]), reached) == (("later", "private_address"), [])
    if channel != "email":
        with worlds.talker(knocked) as within, worlds.talker(redirecting(within)) as port:
            there = CHANNELS[channel][0].format(f"127.0.0.1:{port}")
            answer = outward.send(parcel(channel, there), ALLOWED)
        assert (answer.state, reached) == ("later", [])


def redirecting(port: int) -> Callable[[socket.socket], None]:
    """Sends whoever comes on to another door of this machine, keeping the method."""

    def say(caller: socket.socket) -> None:
        caller.recv(100_000)
        caller.sendall(f"HTTP/1.1 307 On\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n".encode())

    return say
