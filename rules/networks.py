"""Which addresses belong to everybody, and which to a network of somebody's own, in whatever way they are spelled.

By lists of our own, since what Python calls global is another in each of its releases: IANA's registries of special-
purpose addresses (iana-ipv4-special-registry, iana-ipv6-special-registry), multicast, and what is reserved. Of IPv6
only what has been given out as global unicast (2000::/3) is anybody's. In doubt an address is private.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa")
NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network, RFC 791
            "10.0.0.0/8",  # private, RFC 1918
            "100.64.0.0/10",  # shared behind a provider's NAT, RFC 6598
            "127.0.0.0/8",  # this machine, RFC 1122
            "169.254.0.0/16",  # this link, RFC 3927; what clouds tell their machines
            "172.16.0.0/12",  # private, RFC 1918
            "192.0.0.0/24",  # of protocols, RFC 6890; its anycasts are answered by one's own router
            "192.0.2.0/24",  # for documents, RFC 5737
            "192.88.99.0/24",  # relays of 6to4, RFC 7526
            "192.168.0.0/16",  # private, RFC 1918
            "198.18.0.0/15",  # measuring, RFC 2544
            "198.51.100.0/24",  # for documents, RFC 5737
            "203.0.113.0/24",  # for documents, RFC 5737
            "224.0.0.0/3",  # multicast, RFC 5771; reserved, RFC 1112; everybody on this link
        ),
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291; nothing beyond it is given out (iana-ipv6-unicast-assignments)
NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # of protocols, RFC 2928; Teredo within it is unwrapped
            "2001:db8::/32",  # for documents, RFC 3849
            "3fff::/20",  # for documents, RFC 9637
        ),
    )
)
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052. 64:ff9b:1::/48 (RFC 8215) is a network's own, to whatever it leads


def is_public(address: Address) -> bool:
    """Whether it is; of one that wraps others, whether all of these are."""
    if isinstance(address, IPv4Address):
        return not any(address in each for each in NOT_PUBLIC_4)
    if wrapped := _wrapped(address):
        return all(map(is_public, wrapped))
    return address in GLOBAL_UNICAST and not any(address in each for each in NOT_PUBLIC_6)


def _wrapped(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The addresses of IPv4 to which this one leads."""
    if address in NAT64:
        return (IPv4Address(address.packed[12:]),)
    one = address.ipv4_mapped or address.sixtofour
    return (one,) if one is not None else address.teredo or ()


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
