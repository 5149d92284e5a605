"""One normal form of words, and how they are sought."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import emails, texts
from rules.errors import FieldError
from rules.reach import Answer

GHOSTS = (
    "\u200b",
    "\u2060",
    "\ufeff",
    "\u200e",
    "\u202e",
    "\u2066",
    "\u00ad",
    "\u3164",
    "\u115f",
    "\u180e",
    "\u200d",
    "\ufe0f",
    "\U000e0041",
    "\U000e0081",
    "\U000e0fff",
)
SPACES = ("\u00a0", "\u2003", "\u202f", "\u3000", "\t", "  ")


@pytest.mark.parametrize("ghost", GHOSTS)
def test_what_nobody_sees_is_dropped(ghost: str) -> None:
    assert texts.line(f"{ghost}Sever{ghost}mash{ghost}") == "Severmash"
    assert texts.text(f"Sever{ghost}mash\n{ghost}") == "Severmash"
    assert texts.is_blank(ghost + " " + ghost)
    assert texts.line(ghost * 3) == ""


@pytest.mark.parametrize("space", SPACES)
def test_spaces_are_spaces(space: str) -> None:
    assert texts.line(f"{space}Anna{space}Krylova{space}") == "Anna Krylova"


@pytest.mark.parametrize(
    "kept",
    ["👨‍👩‍👧", "❤️", "1️⃣", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "می‌خواهم", "Ёлка – «Ost» ½"],
)
def test_what_somebody_sees_stays(kept: str) -> None:
    assert texts.line(kept) == kept


NEW_SIGNS = ("\U0001fadf", "\U0003abcd", "\ue000", "\U000f1234", "\u0378")  # of some nobody knows what they will be


@pytest.mark.parametrize("sign", NEW_SIGNS)
def test_a_sign_that_pythons_tables_do_not_know_is_seen(sign: str) -> None:
    assert not texts.is_blank(sign)
    assert texts.line(f" {sign} ") == texts.text(sign) == texts.storable(sign) == sign


@pytest.mark.parametrize("emoji", ["\U0003abcd\ufe0f", "\U0003abcd\u200d\U0003abcd", "\U0003abcd\u200d\u2642\ufe0f"])
def test_an_emoji_that_pythons_tables_do_not_know_keeps_its_joiners(emoji: str) -> None:
    assert texts.line(emoji) == emoji


@pytest.mark.parametrize("nothing", ["\u0301", "\u20e3\u0300", " \u2800\u3000", "\t\r\n\x85", "\u0600"])
def test_lone_marks_spaces_and_controls_are_nothing(nothing: str) -> None:
    assert texts.is_blank(nothing)
    assert texts.text(nothing) == ""


def test_letters_are_in_one_piece_and_lines_end_alike() -> None:
    assert texts.text("и\u0306од\r\nе\u0308ж\u2028x\ry") == "йод\nёж\nx\ny"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Артем", "АРТЁМ"),
        ("и\u0306од", "йод"),
        ("Andre\u0301", "andre"),
        ("Ost – West", "ost - west"),
        ("ООО «Север»", "ооо \"север\""),
        ("\uff33evermash", "severmash"),
        ("two\u00a0 words", "two words"),
        ("Sever\u200bmash", "SEVERMASH"),
    ],
)  # fmt: skip
def test_words_are_found_however_they_are_written(one: str, other: str) -> None:
    assert texts.fold(one) == texts.fold(other)


def test_a_letter_of_its_own_is_no_accent() -> None:
    assert texts.fold("йод") != texts.fold("иод")


@given(st.text())
def test_what_is_normal_stays_as_it_is(raw: str) -> None:
    try:
        words = texts.text(raw)
    except FieldError:
        return
    assert texts.text(words) == words
    assert texts.fold(texts.fold(raw)) == texts.fold(raw)
    assert (words == "") == texts.is_blank(raw)


CANONICAL = [
    ("hello@example.com\u200b", "hello@example.com"),
    (" Hello@Example.COM ", "hello@example.com"),
    ("mailto:hello@example.com?subject=Hi", "hello@example.com"),
    ("hello@example.com.", "hello@example.com"),
    ("Anna <hello@example.com>", "hello@example.com"),
    ("info@xn--80a1acny.xn--p1ai", "info@почта.рф"),
    ("info@почта.рф", "info@почта.рф"),
    ("andre\u0301@example.org", "andré@example.org"),
    ("\uff48ello@example.com", "hello@example.com"),
    ("ann+tools@example.org", "ann+tools@example.org"),
    ("\u200b", ""),
]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("bad \x00 thing", "bad \ufffd thing"),
        ("bad \ud83d", "bad \ufffd"),
        ("\ude00 bad", "\ufffd bad"),
        (" two\r\nlines\u202e ", "two lines"),
        ("x" * 2_000_000, "x" * (texts.LINE_LIMIT - 1) + "…"),
        ("\U0001f600" * texts.LINE_LIMIT + "x", "\U0001f600" * (texts.LINE_LIMIT - 1) + "…"),
        ("", ""),
    ],
)
def test_what_the_other_side_says_is_made_such_as_can_be_kept(said: str, kept: str) -> None:
    assert texts.storable(said) == kept
    answer = Answer("later", {"code": "gateway_said", "text": said, "times": 3})
    assert answer.reason == {"code": "gateway_said", "text": kept, "times": 3}


@pytest.mark.parametrize(("raw", "address"), CANONICAL)
def test_an_address_has_one_form(raw: str, address: str) -> None:
    assert emails.read(raw) == address
    assert emails.read(address) == address


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("anna.new@example.org", ("", "anna.new@example.org")),
        ("mailto:Anna@Example.org?subject=Hello there", ("", "anna@example.org")),
        ("Anna <anna@example.org>\u200b", ("Anna", "anna@example.org")),
        ('"Anna «Titan»" <anna@example.org>', ("Anna «Titan»", "anna@example.org")),
        ("Anna Petrova anna@example.org", ("Anna Petrova", "anna@example.org")),
        ("Acme, Inc. <sales@acme.org>", ("Acme, Inc.", "sales@acme.org")),
        ('"Acme, Inc." <sales@acme.org>', ("Acme, Inc.", "sales@acme.org")),
        ("ООО «Ромашка», отдел продаж <sales@acme.org>", ("ООО «Ромашка», отдел продаж", "sales@acme.org")),
        ('ООО "Ромашка" <sales@acme.org>', ('ООО "Ромашка"', "sales@acme.org")),
        (r'"The \"Best\", Ltd" <sales@acme.org>', ('The "Best", Ltd', "sales@acme.org")),
        ("O'Brien & Sons <sales@acme.org>", ("O'Brien & Sons", "sales@acme.org")),
        ('"Anna, anna@example.org', ("Anna", "anna@example.org")),
        ("Sales @ Acme <sales@acme.org>", ("Sales @ Acme", "sales@acme.org")),
        ("<sales@acme.org>", ("", "sales@acme.org")),
        ("anna@example.org, vera@example.org", "not_an_email"),
        ("anna@titan", "not_an_email"),
        ("@anna", None),
        ("Anna @ Titan", None),
        ("Anna", None),
        ("", None),
    ],
)
def test_an_address_is_told_from_a_name_and_keeps_the_name_before_it(words: str, parts: object) -> None:
    assert emails.is_meant(words) is (parts is not None)
    if isinstance(parts, str):
        with pytest.raises(FieldError, match=parts):
            emails.parted(words)
    elif parts is not None:
        assert emails.parted(words) == parts


def test_a_server_is_given_an_address_of_any_domain_in_ascii() -> None:
    assert emails.wire("info@почта.рф") == "info@xn--80a1acny.xn--p1ai"
    for other in ("anna@example.org", "мария@client.example", "", "none", "a@b..c"):
        assert emails.wire(other) == other


@pytest.mark.parametrize(
    "raw", ["a@b..com", "a..b@c.org", ".a@c.org", "a@b", "a@-b.org", "a b@c.org", "a@b.org, c@d.org", "@b.org", "a@1.2"]
)
def test_a_broken_address_is_refused(raw: str) -> None:
    with pytest.raises(FieldError):
        emails.read(raw)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Anna Krylova", "AK"),
        ("Cher", "C"),
        ("\U0001f1e9\U0001f1ea Berlin", "\U0001f1e9\U0001f1eaB"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 Family of three", "\U0001f468\u200d\U0001f469\u200d\U0001f467F"),
        ("и\u0306од Ёлкин", "ЙЁ"),
        ("q\u0323\u0307 x", "Q\u0323\u0307X"),
        ("\U0001f44d\U0001f3fd ok", "\U0001f44d\U0001f3fdO"),
        ("  ", ""),
    ],
)
def test_the_letters_of_a_badge_are_whole(name: str, shown: str) -> None:
    assert texts.initials(name) == shown


FAMILY, FLAG = "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea"


@pytest.mark.parametrize(
    ("words", "limit", "shown"),
    [
        ("Ten letters", 11, "Ten letters"),
        ("Ten letters", 10, "Ten lette…"),
        ("Ten letters", 5, "Ten…"),
        (f"ab{FLAG}cd", 5, f"ab{FLAG}…"),
        (f"ab{FLAG}cd", 4, "ab…"),
        (f"ab{FAMILY}c", 7, "ab…"),
        ("cafe\u0323\u0301 au lait", 6, "caf…"),
        (f"{FAMILY}{FAMILY}", 3, "…"),
        (FLAG * 9, 8, f"{FLAG * 3}…"),
    ],
)
def test_what_is_cut_ends_with_a_whole_letter(words: str, limit: int, shown: str) -> None:
    assert texts.shortened(words, limit) == shown


@pytest.mark.parametrize(("read", "limit"), [(texts.line, 500), (texts.text, 10_000)])
def test_the_longest_is_taken_and_one_letter_more_is_not(read: Callable[[str], str], limit: int) -> None:
    for length in (501, 9_999, limit):
        if length <= limit:
            assert read("я" * length) == "я" * length
    with pytest.raises(FieldError) as refused:
        read("я" * (limit + 1))
    assert (refused.value.code, refused.value.facts["limit"]) == ("too_long", limit)


@given(st.text(st.sampled_from("aB.@ \t<>,;:\u00adп\u2100x"), max_size=300))
def test_what_is_looked_for_by_an_address_is_looked_for_by_what_that_gives(typed: str) -> None:
    """Or whoever asks twice, once to count and once to find, would ask for two."""
    for each in (typed, "a@b.example" + typed + " " * 250 + "x"):
        assert emails.sought(emails.sought(each)) == emails.sought(each)
