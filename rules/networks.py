"""Which addresses belong to everybody, and which to a network of somebody's own, in whatever way they are spelled."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
NAT64 = ip_network("64:ff9b::/96")
LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa")


def is_public(address: Address) -> bool:
    """Whether it is, and also every address that is wrapped in it."""
    if isinstance(address, IPv6Address):
        wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64 or address.packed[:12] == bytes(12):
            wrapped.append(IPv4Address(address.packed[12:]))
        if any(each is not None and not is_public(each) for each in wrapped):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast


def spelled(host: str) -> Address | None:
    """The address that a host is written as, in decimals, octals or hexadecimals too; None: it is a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))  # as resolvers read it: 2130706433, 0x7f.1 and 0177.0.0.1 are one
    except (OSError, UnicodeEncodeError, ValueError):
        return None


def is_private_name(host: str) -> bool:
    """Whether a host says by itself that it is of a network of somebody's own. Any other may lie: what it resolves to
    is looked at when it is connected to."""
    address = spelled(host)
    if address is not None:
        return not is_public(address)
    last = host.rstrip(".").lower()
    return "." not in last or any(last == each or last.endswith(f".{each}") for each in LOCAL_NAMES)
