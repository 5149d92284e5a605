"""To which addresses of other systems Dozor speaks, and how much it says at once."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from rules import networks

URL_LIMIT = 1000
MOST_BYTES = 64 * 1024
EVENTS = ("robot.fired", "message.sent", "test")
PORTS = {"https": 443, "http": 80}


def why_not(url: str, is_allowed: Callable[[str, int], bool]) -> str:
    """What is wrong with an address, as far as it can be told without asking anybody; "" when nothing is. `is_allowed`:
    whether whoever runs the machine lets this host and port be reached though it is private, or without TLS."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return "not_a_url"
    if parts.scheme not in PORTS or not host or _is_odd(url, parts):
        return "not_a_url"
    if is_allowed(host, port):
        return ""
    if networks.is_private_name(host):
        return "private_address"
    return "" if parts.scheme == "https" else "not_https"


def _is_odd(url: str, parts: SplitResult) -> bool:
    """With a name and a password, which would be said aloud in logs; or with what no address has."""
    return "@" in parts.netloc or not url.isascii() or any(each <= " " or each in '\\"<>' for each in url)
