"""IANA's registries of special-purpose addresses as a table: what is nobody's to send to, whichever Python runs.

https://www.iana.org/assignments/iana-ipv4-special-registry
https://www.iana.org/assignments/iana-ipv6-special-registry
https://www.iana.org/assignments/ipv6-unicast-address-assignments (nothing is given out beyond 2000::/3)
Beside them multicast (RFC 5771, RFC 4291), site-local addresses (RFC 3879) and IPv4 within IPv6 (RFC 4291, 6052, 8215).
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from rules import networks, webhooks

# Where "Globally Reachable" says no, or N/A; and where it says yes of what the nearest router answers itself.
SPECIAL_4 = (
    "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32",
    "192.0.0.171/32", "192.0.2.0/24", "192.88.99.0/24", "192.88.99.2/32", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32", "224.0.0.0/4",
)  # fmt: skip
SPECIAL_6 = (
    "::1/128", "::/128", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:1::1/128", "2001:1::2/128",
    "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28",
    "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fd00::/8", "fe80::/10", "fec0::/10", "ff00::/8",
    "::127.0.0.1/128", "::8.8.8.8/128", "::ffff:0:8.8.8.8/128", "4000::/3", "8000::/1", "1000::/4",
)  # fmt: skip
# How an address of IPv4 is spelled within one of IPv6, and so led to.
WRAPPED = {
    "mapped": lambda raw: f"::ffff:{raw}",
    "NAT64": lambda raw: f"64:ff9b::{raw}",
    "6to4": lambda raw: f"2002:{int(ip_address(raw)) >> 16:x}:{int(ip_address(raw)) & 0xFFFF:x}::1",
    "Teredo": lambda raw: _teredo("8.8.8.8", raw),
    "Teredo's server": lambda raw: _teredo(raw, "8.8.8.8"),
}
INSIDE = (*(str(ip_network(each)[0]) for each in SPECIAL_4), "10.0.0.1", "127.0.0.1", "169.254.169.254")
PUBLIC = (
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
    "192.0.1.0", "192.31.196.1", "192.52.193.1", "192.175.48.1", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2001:200::", "2001:4860:4860::8888", "2606:4700::1111", "2620:4f:8000::1", "2a00:1450:4001::1", "3ffe::1",
)  # fmt: skip


def _teredo(server: str, client: str) -> str:
    hidden = int(ip_address(client)) ^ 0xFFFFFFFF
    whole = (0x20010000 << 96) | (int(ip_address(server)) << 64) | hidden
    return str(ip_address(whole))


@pytest.mark.parametrize("network", SPECIAL_4 + SPECIAL_6)
def test_what_is_special_is_not_public_from_its_first_to_its_last_address(network: str) -> None:
    whole = ip_network(network)
    teredo = ip_network("2001::/32")  # unwrapped: it leads to an address of IPv4
    ends = [each for each in (whole[0], whole[whole.num_addresses // 2], whole[-1]) if each not in teredo]
    assert [str(each) for each in ends if networks.is_public(each)] == []


@pytest.mark.parametrize("way", WRAPPED)
@pytest.mark.parametrize("inside", INSIDE)
def test_what_leads_inside_is_not_public_however_it_is_wrapped(way: str, inside: str) -> None:
    assert not networks.is_public(ip_address(WRAPPED[way](inside)))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_anybodys_is_public(address: str) -> None:
    assert networks.is_public(ip_address(address))


@pytest.mark.parametrize("way", WRAPPED)
def test_what_leads_to_what_is_anybodys_is_public(way: str) -> None:
    assert networks.is_public(ip_address(WRAPPED[way]("8.8.4.4")))


@pytest.mark.parametrize("host", ["[fec0::1]", "[64:ff9b:1::a00:1]", "[::10.0.0.1]", "[fe80::1%25eth0]", "192.0.0.9"])
def test_no_webhook_goes_there(host: str) -> None:
    assert webhooks.why_not(f"https://{host}/in", lambda *_: False) == "private_address"
