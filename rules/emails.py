"""E-mail addresses in one canonical form: as people read them, in small letters, a domain of any script spelled out.

What stands before the @ keeps its plus and its points: ann+tools@ and ann@ may be two people.
"""

from __future__ import annotations

import re
import unicodedata

from rules import domains
from rules.errors import FieldError
from rules.texts import bare, is_storable, line

LIMIT = 254
NOBODYS = (".example", ".test", ".invalid", ".localhost", ".local", ".example.com", ".example.net", ".example.org")
_NAMED = re.compile(r"[^<>]*<([^<>]+)>")  # Anna <anna@example.org>
_MAILTO = re.compile(r"mailto:([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_BETWEEN = re.compile(r"[\s<>]")  # a name and its address, which stands in brackets or not
_QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'([^']*)'""")
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"]+")
_AMONG_WORDS = re.compile(r"[^\s@<>()\[\]\\,;:\"']+@[^\s@<>()\[\]\\,;:\"']+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def read(raw: object) -> str:
    """The canonical form, "" when blank. Raises FieldError."""
    if not isinstance(raw, str) or not is_storable(raw):
        raise FieldError("not_an_email")
    typed = bare(raw)
    if named := _NAMED.fullmatch(typed):
        typed = named[1].strip()
    typed = unicodedata.normalize("NFC", _MAILTO.sub(r"\1", typed)).rstrip(".,;")
    if not typed:
        return ""
    local, _, domain = typed.rpartition("@")
    local = local.lower().replace("ς", "σ")  # in a domain the two are two letters
    if len(typed) > LIMIT or not _is_local(local):
        raise FieldError("not_an_email")
    return f"{local}@{_domain(domain)}"


def first(raw: str) -> str:
    """The first address among what a client left, for nobody is there to be asked; "" when there is none."""
    try:
        return read(raw)
    except FieldError:
        return next(filter(None, map(_or_none, _AMONG_WORDS.findall(bare(raw)))), "")


def _or_none(raw: str) -> str:
    try:
        return read(raw)
    except FieldError:
        return ""


def sought(raw: str) -> str:
    """What something kept by its address is looked for by: a browser sends a domain of another script as machines write
    it. Where that is no address, what was typed, in small letters: nothing is found by it, and it is no error; "" where
    it is too long for one. Whoever looks for what this gives looks for the same: tries are counted by it."""
    try:
        return read(raw)
    except FieldError:
        typed = bare(raw).lower()
        return typed if len(typed) <= LIMIT else ""


def kept_as(raw: str) -> tuple[str, ...]:
    """What `sought` gives, and where that differs how the same was kept before domains were read as today (domains.py).
    Nobody is taken for another by the second alone: whose account it is, a password says, and who a client is, whoever
    looks."""
    found = sought(raw)
    local, at, domain = found.rpartition("@")
    try:
        former = f"{local}{at}{domains.formerly(domain)}"
    except UnicodeError:
        return (found,)
    return tuple(dict.fromkeys((found, former)))


def is_meant(raw: str) -> bool:
    """Whether somebody who types this where a name may stand as well means an address, be it a wrong one: "@anna" is
    what she is called elsewhere."""
    return re.search(r"[^\s@<]@[^\s@>]", bare(raw)) is not None


def parted(raw: str) -> tuple[str, str]:
    """The name, if any, and the address of "Anna <anna@example.org>", which people copy whole. Raises FieldError."""
    words = line(raw).removesuffix(">")
    address = _BETWEEN.split(words)[-1]
    name = words.removesuffix(address).removesuffix("<")
    if "@" not in address[1:-1] or is_meant(name):
        return "", read(raw)
    return _name(name), read(address)


def wire(address: str) -> str:
    """As a mail server takes it: a domain of any script in ASCII, which asks nothing of the servers on the way."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{domains.wire(domain)}"
    except UnicodeError:
        return address


def is_real(address: str) -> bool:
    """Whether somebody may read what is sent there: not a domain that is kept for examples and tests."""
    domain = address.rpartition("@")[2].lower()
    return "." in domain and not domain.endswith(NOBODYS) and f".{domain}" not in NOBODYS


def _name(raw: str) -> str:
    """Out of the quotes around it, as programs write it; those inside are the firm's own."""
    name = raw.strip(" ,;:")
    if quoted := _QUOTED.fullmatch(name):
        return re.sub(r"\\(.)", r"\1", quoted[1] or quoted[2] or "").strip(" ,;:")
    for mark in "\"'":
        name = name.strip(mark) if name.count(mark) == 1 else name
    return name.strip()


def _is_local(local: str) -> bool:
    return (
        0 < len(local.encode()) <= 64
        and bool(_LOCAL.fullmatch(local))
        and not (local.startswith(".") or local.endswith(".") or ".." in local)
    )


def _domain(domain: str) -> str:
    """The domain in its own script: почта.рф and xn--80a1acny.xn--p1ai are one."""
    try:
        wire, shown = domains.wire(domain), domains.shown(domain)
    except UnicodeError:
        raise FieldError("not_an_email") from None
    labels = wire.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_LABEL.fullmatch(each) for each in labels):
        raise FieldError("not_an_email")
    return shown
