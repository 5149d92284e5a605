"""A domain of any script is the one that browsers and mail servers mean by it, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import domains, emails, links
from rules.errors import FieldError

SAME = {  # as the network has it: ways to write it, the first as it is shown
    "xn--strae-oqa.de": ("straße.de", "STRAßE.de", "Stra\u1e9ee.de", "xn--strae-oqa.de", "XN--STRAE-OQA.DE"),
    "strasse.de": ("strasse.de", "STRASSE.de"),
    "xn--80a1acny.xn--p1ai": ("почта.рф", "ПОЧТА.РФ", "xn--80a1acny.xn--p1ai"),
    "xn--pxavbq.gr": ("οδοσ.gr", "ΟΔΟΣ.gr"),
    "xn--pxavbm.gr": ("οδος.gr",),
    "xn--i-7iq.ws": ("i❤.ws", "xn--i-7iq.ws"),  # of the older IDNA alone
}
LETTERS = st.text(st.sampled_from("aAßẞéЯςΣσ❤ıİﬁ日-1"), min_size=1, max_size=8)


@pytest.mark.parametrize(("wire", "written"), SAME.items())
def test_each_way_to_write_it_is_one_and_is_reached(wire: str, written: tuple[str, ...]) -> None:
    for each in written:
        assert domains.wire(each) == wire
        assert domains.shown(each) == written[0]
        assert emails.read(f"Anna@{each}") == f"anna@{written[0]}"
        assert emails.wire(emails.read(f"anna@{each}")) == f"anna@{wire}"
        link = each.lower() if each.isascii() else written[0]
        assert links.read(f"https://{each}:8080/A") == f"https://{link}:8080/A"


def test_two_that_the_older_way_took_for_one_are_two() -> None:
    assert emails.read("anna@straße.de") != emails.read("anna@strasse.de")
    assert links.read("straße.de/a") == "https://straße.de/a"


@given(LETTERS)
def test_what_is_kept_is_read_as_itself(name: str) -> None:
    for read, written in ((emails.read, f"a@{name}.de"), (links.read, f"https://{name}.de/")):
        try:
            kept = read(written)
        except FieldError:
            continue
        assert read(kept) == kept
    try:
        shown = domains.shown(f"{name}.de")
    except UnicodeError:
        return
    assert (domains.shown(shown), domains.wire(shown)) == (shown, domains.wire(f"{name}.de"))
