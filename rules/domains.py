"""Domains of any script, as browsers read them today: IDNA 2008, by which straße.de and strasse.de are two, with what
is written alike made one (UTS 46). What only the older IDNA of Python's own codec has, as a heart, is reached
by that."""

from __future__ import annotations

from functools import lru_cache

import idna

KEPT = 256  # names; a client's is read five times on its way to their record, and most are of few providers


@lru_cache(maxsize=KEPT)
def wire(domain: str) -> str:
    """As the network takes it, in ASCII. Raises UnicodeError for what is none."""
    try:
        return idna.encode(domain, uts46=True).decode().lower()
    except idna.IDNAError:
        return domain.encode("idna").decode().lower()


@lru_cache(maxsize=KEPT)
def shown(domain: str) -> str:
    """In its own script, as people read it; one form for all that are one. Raises UnicodeError for what is none."""
    name = wire(domain)
    try:
        return idna.decode(name)
    except idna.IDNAError:
        return name.encode().decode("idna").lower()


def formerly(domain: str) -> str:
    """As IDNA 2003 had it: strasse.de for straße.de. Raises UnicodeError for what was none."""
    return domain.encode("idna").decode("idna").lower()


def host(name: str) -> str:
    """What a server is looked up by: a domain of another script as `wire`, a number or a short name as it is. Raises
    UnicodeError."""
    return name if name.isascii() else wire(name)
