"""One guard on every connect of this process while it sends: libraries resolve a name by themselves, perhaps twice, and
follow where a server sends them. So it is the address that is connected to which is looked at, and not the name."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, ClassVar

from rules import domains
from rules.networks import is_public


class NotPublic(OSError):
    """The other side is not public, and nobody has allowed it."""


class _Guard:
    open = 0  # so many are sending
    lock = threading.Lock()
    within: ClassVar[set[int]] = set()  # threads of ours, which speak to our own database and Redis
    watched: ClassVar[set[int]] = set()  # threads, for as long as they live
    is_hooked = False
    allowed: Sequence[str] = ()


@contextmanager
def watching(allowed: Sequence[str]) -> Iterator[None]:
    """While this is open, here or in another thread, no connection is made but to public addresses, and to `allowed`
    ones."""
    with _Guard.lock:
        if not _Guard.is_hooked:
            sys.addaudithook(_look)  # for good: an audit hook cannot be taken away
            _Guard.is_hooked = True
        _Guard.allowed = allowed
        _Guard.open += 1
    try:
        yield
    finally:
        with _Guard.lock:
            _Guard.open -= 1


@contextmanager
def thread_within() -> Iterator[None]:
    """This thread sends nothing itself: while others do, it may reach what is our own. Whatever is sent is sent by
    threads that are watched."""
    mine = threading.get_ident()
    _Guard.within.add(mine)
    try:
        yield
    finally:
        _Guard.within.discard(mine)


@contextmanager
def watched_thread() -> Iterator[None]:
    """This thread is watched until it leaves here, also when whoever opened `watching` no longer waits for it."""
    mine = threading.get_ident()
    _Guard.watched.add(mine)
    try:
        yield
    finally:
        _Guard.watched.discard(mine)


def _look(event: str, words: tuple[Any, ...]) -> None:
    if event not in ("socket.connect", "socket.sendto"):
        return
    mine = threading.get_ident()
    if mine in _Guard.watched or (_Guard.open and mine not in _Guard.within):
        peer = words[1]
        if not isinstance(peer, tuple):  # a unix socket, by which nothing here is reached
            raise NotPublic("not_public", str(peer))
        check(str(peer[0]), int(peer[1]))


def check(host: str, port: int) -> None:
    """Raises NotPublic. `host` is what a socket is given: a name here would be resolved after this look."""
    try:
        address = ip_address(host)
    except ValueError:
        raise NotPublic("not_public", host) from None
    if not is_public(address) and not _is_allowed(address, port):
        raise NotPublic("not_public", f"{host}:{port}")


def _is_allowed(address: IPv4Address | IPv6Address, port: int) -> bool:
    return any(_names(each, address, port) for each in _Guard.allowed)


def _names(allowed: str, address: IPv4Address | IPv6Address, port: int) -> bool:
    try:
        return address in ip_network(allowed)
    except ValueError:
        host, _, wanted = allowed.rpartition(":")
    if wanted != str(port):
        return False
    try:
        found = socket.getaddrinfo(domains.host(host.strip("[]")), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return str(address) in {str(each[4][0]) for each in found}
