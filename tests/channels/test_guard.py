"""No way of writing an address, and no trick of names, leads to a host that is not public."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from rules.reach import Answer
from tests.channels import worlds
from tests.channels.worlds import Calls
from webapp.channels import guard, outward

SPELLINGS = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "0.0.0.0", "10.1.2.3",
    "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00::1]", "[::127.0.0.1]",
    "[fec0::1]", "[64:ff9b:1::7f00:1]", "[::ffff:0:127.0.0.1]",
)  # fmt: skip


@pytest.fixture
def gateway() -> Iterator[tuple[Calls, int]]:
    calls = Calls()
    with worlds.http_gateway(calls) as port:
        yield calls, port


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_host_that_is_not_public_is_not_connected_to(gateway: tuple[Calls, int], host: str) -> None:
    calls, port = gateway
    with guard.watching(()), pytest.raises((requests.RequestException, OSError)):
        requests.post(f"http://{host}:{port}/", json={}, timeout=5)
    assert calls.asked == []


def test_what_is_allowed_by_name_and_port_is_reached_and_its_neighbour_is_not(gateway: tuple[Calls, int]) -> None:
    calls, port = gateway
    with guard.watching((f"localhost:{port}",)):
        requests.post(f"http://127.0.0.1:{port}/", json={"n": 1}, timeout=5)
        with pytest.raises(guard.NotPublic):
            socket.create_connection(("127.0.0.1", port + 1 if port < 65535 else port - 1), timeout=5)
    assert calls.asked == [{"n": 1}]


def test_a_redirect_to_a_private_host_is_not_followed(gateway: tuple[Calls, int]) -> None:
    calls, port = gateway
    target = Calls()
    with worlds.http_gateway(target) as inner:
        calls.goes_to = f"http://127.0.0.1:{inner}/"
        with guard.watching((f"127.0.0.1:{port}",)), pytest.raises(requests.RequestException):
            requests.post(f"http://127.0.0.1:{port}/", json={}, timeout=5)
    assert (len(calls.asked), target.asked) == (1, [])


@pytest.mark.parametrize("public", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public_is_let_through(public: str) -> None:
    guard.check(public, 443)


def test_what_hangs_is_watched_also_after_nobody_waits_for_it(
    gateway: tuple[Calls, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow server may send a thread on to a private address when the next letter is under way, or none is."""
    calls, port = gateway
    monkeypatch.setattr(outward, "SECONDS", 0.05)
    monkeypatch.setattr(outward, "hung", [])
    go_on, said = threading.Event(), list[str]()

    def work() -> Answer:
        go_on.wait(10)
        try:
            requests.post(f"http://127.0.0.1:{port}/", json={}, timeout=5)
            said.append("sent")
        except OSError as error:
            said.append(type(error).__name__)
        return Answer("sent")

    with guard.watching(()):
        assert outward.bounded(work).state == "later"
    (thread,) = outward.hung
    go_on.set()
    thread.join(10)
    assert (calls.asked, said) == ([], ["ConnectionError"])
    requests.post(f"http://127.0.0.1:{port}/", json={}, timeout=5)  # this thread was never watched
