"""Addresses of pages as people paste them: only of the web, so that a click can do no more than open a page."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from rules import domains, texts
from rules.errors import FieldError

LIMIT = 2000
SCHEMES = ("http", "https")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?![0-9]+(?:[/?#]|$))")  # what follows a host is a port
_HOST = re.compile(r"(?:[\w-]|[^\x00-\x7f])+(?:\.(?:[\w-]|[^\x00-\x7f])+)*\.?|\[[0-9a-fA-F:.]+\]")
_UNFIT = re.compile(r"[\s\"<>\\^`{|}]")


def read(raw: object) -> str:
    """The whole address, https unless said otherwise; "" when blank. Raises FieldError: not_a_link, too_long."""
    if not isinstance(raw, str) or not texts.is_storable(raw):
        raise FieldError("not_a_link")
    typed = texts.line(raw, LIMIT)
    if not typed:
        return ""
    found = _split(typed if _SCHEME.match(typed) else f"https://{typed}")
    return urlunsplit(found._replace(scheme=found.scheme.lower(), netloc=_host(found.netloc)))


def _host(netloc: str) -> str:
    """In the one form that a browser reads out of it, where it is no plain name."""
    name, colon, port = netloc.rpartition(":") if not netloc.isascii() and ":" in netloc else (netloc, "", "")
    try:
        return (netloc if netloc.isascii() else f"{domains.shown(name)}{colon}{port}").lower()
    except UnicodeError:
        raise FieldError("not_a_link") from None


def _split(address: str) -> SplitResult:
    try:
        found = urlsplit(address)
        host, _ = found.hostname or "", found.port
    except ValueError:
        raise FieldError("not_a_link") from None
    bare = found.netloc.rpartition(":")[0] if found.port is not None else found.netloc
    is_whole = found.scheme.lower() in SCHEMES and _HOST.fullmatch(bare) and ("." in host or host == "localhost")
    if not is_whole or _UNFIT.search(address):
        raise FieldError("not_a_link")
    return found
