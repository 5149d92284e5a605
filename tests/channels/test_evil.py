"""Every channel against every evil of the world outside, by one table: what is told, and that nobody inside is reached.
What a delivery makes of such an answer (it waits, an admin hears of it) is shown beside each channel."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import apprise
import pytest
import trustme

from rules.messengers import OWN, OWN_SCHEMES
from rules.reach import SMS_SCHEMES
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
# scheme of a server of the firm's own → by which channel, what follows the scheme, and whom it tells
OWN_SERVERS = {
    "form": ("sms", "{}/sms", "+79125550177"),
    "smseagle": ("sms", "token@{}", "+79125550177"),
    "mmost": ("mattermost", "{}/" + "a" * 26, "anna-alerts"),
    "signal": ("signal", "{}/+15550100123", "+79125550177"),
    "matrix": ("matrix", "dozor:secret@{}", "@anna:example.org"),
    "nctalk": ("nextcloud_talk", "dozor:secret@{}", "a1b2c3d4"),
    "gotify": ("gotify", "{}", "TokenOfAnna12345"),
    "bark": (OWN, "", "bark://{}/anna"),
    "rocket": (OWN, "", "rocket://dozor:secret@{}/#anna"),
    "synology": (OWN, "", "synology://{}/token-of-anna"),
    "workflow": (OWN, "", "workflow://{}/anna/signature"),
}
ALWAYS_SAFE = ("workflow",)  # speaks TLS alone, by both of its schemes: to no server here that it could trust


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


Evil = tuple[Callable[[socket.socket], None], bool, str]
EVILS: Sequence[Evil] = ((silent, False, "timed_out"), (drips, False, "timed_out"), (untrusted(), True, "certificate"))


def parcel(channel: str, host: str, *, is_safe: bool = False) -> Parcel | Envelope:
    """A word for whoever listens there."""
    if channel in OWN_SERVERS:
        return _to_own_server(channel, host, "s" if is_safe else "")
    url = CHANNELS[channel][is_safe].format(host)
    if channel == "webhook":
        return Envelope("k1", url, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "{}", NOW)
    to = {"email": "anna@firm.example", "sms": "+79125550177", "ntfy": "anna-7f3k"}.get(channel, url)
    if channel == "push":
        return _to(channel, vapid.pair()["private"], to, "mailto:dozor@firm.example", **Pushed().keys)
    return _to(channel, url, to)


def _to_own_server(scheme: str, host: str, safe: str) -> Parcel:
    kind, rest, to = OWN_SERVERS[scheme]
    url = f"{scheme}{safe}://{rest.format(host)}" if rest else ""
    return _to(kind, url, to.format(host).replace("://", f"{safe}://"))


def _to(kind: str, url: str, to: str, sender: str = "dozor@firm.example", **keys: str) -> Parcel:
    gateway = GatewayFacts(kind=kind, url=url, sender=sender, to_clients=False, is_of_environment=False)
    return Parcel("k1", gateway, to, "Late", "Late", "", "http://dozor.example", "Firm", "en", "", NOW, keys=keys)


def test_every_scheme_that_leads_to_a_server_of_ones_own_has_its_row() -> None:
    """Whoever may name the host may name one inside."""
    led = {
        scheme
        for each in apprise.Apprise().details()["schemas"]
        if any("{port}" in template for template in each["details"]["templates"])
        for scheme in (*(each["protocols"] or ()), *(each["secure_protocols"] or ()))
    }
    rows = {*OWN_SERVERS, "json", "ntfy"}
    assert led & (SMS_SCHEMES | OWN_SCHEMES) == rows | {f"{each}s" for each in rows}


def evils(channel: str) -> Sequence[Evil]:
    """Silence is borne by one clock for all that Apprise sends: one channel of its shows it."""
    return EVILS if channel in CHANNELS else EVILS[2:] if channel in ALWAYS_SAFE else EVILS[1:]


@pytest.mark.parametrize("channel", [*CHANNELS, *OWN_SERVERS])
def test_no_evil_holds_a_channel_or_leads_it_inside(channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, wanted = dict[str, tuple[str, str]](), dict[str, tuple[str, str]]()
    for say, is_safe, code in evils(channel):
        over.clear()
        with worlds.talker(say) as port, monkeypatch.context() as patched:
            if code == "timed_out":  # the others answer, however slow the machine
                patched.setattr(outward, "SECONDS", 0.2)
            answer = outward.send(parcel(channel, f"127.0.0.1:{port}", is_safe=is_safe), ALLOWED)
            over.set()
            for each in outward.hung:
                each.join(10)
        found[say.__name__] = (answer.state, answer.reason["code"])
        wanted[say.__name__] = ("later", code)
    assert found == wanted


@pytest.mark.parametrize("channel", [*CHANNELS, *OWN_SERVERS])
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
        answer = outward.send(parcel(channel, f"evil.example:{port}"), ())
    assert ((answer.state, answer.reason["code"]), reached) == (("later", "private_address"), [])
    if channel not in ("email", *ALWAYS_SAFE):
        asked = list[bytes]()
        with worlds.talker(knocked) as within, worlds.talker(redirecting(within, asked)) as port:
            answer = outward.send(parcel(channel, f"127.0.0.1:{port}"), ALLOWED)
        assert (answer.state, bool(asked), reached) == ("later", True, [])


def redirecting(port: int, asked: list[bytes]) -> Callable[[socket.socket], None]:
    """Sends whoever comes on to another door of this machine, keeping the method."""

    def say(caller: socket.socket) -> None:
        asked.append(caller.recv(100_000))
        caller.sendall(f"HTTP/1.1 307 On\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n".encode())

    return say
