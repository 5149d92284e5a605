"""What it costs to read what nobody types: by every reader no more than a small multiple of an honest text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from time import thread_time

import pytest

from rules import amounts, emails, fields, hours, links, readers, setup_documents, texts, uploads
from rules.errors import FieldError
from rules.facts import FieldSpec, Option
from rules.field_kinds import FIELD_KINDS
from rules.parameters import check_text
from rules.worktime import CalendarError
from webapp import phones

HONEST = "Договорились о цене, ждём счёт. " * (texts.TEXT_LIMIT // 32)
TIMES = 40  # as much as that; what took the square of its length took thousands of times
MEGABYTE = 1_000_000
ALPHABETS = {
    "joiners": "\U000e0100",
    "letters and joiners": "ل\u200d",
    "letters of eighteen": "\ufdfa",
    "marks out of order": "\u0300\u0316",
    "marks that become such": "\uff9e\u0316",
    "marks and what parts them": "\u0300\u034f\u0316",
    "tags": "\U000e0020",
    "hard spaces": "\u00a0",
    "spaces": " ",
    "ends of lines": "\u2028",
    "digits of others": "\u0663",
    "digits above": "²",
    "digits": "9",
    "addresses": "a@",
    "addresses in brackets": "<a@ ",
    "commas": ",",
    "nothing assigned": "\U0003fffd",
}
CONTEXT = readers.ReadContext(UTC, 2, lambda raw: phones.read(raw, "RU"))


def _of_field(kind: str, raw: str) -> object:
    options = tuple(Option(f"option_{n}", {"en": "One"}) for n in range(50))
    return fields.parse(FieldSpec("deal", "x", kind, {"en": "X"}, options=options), raw, CONTEXT)


READERS: dict[str, Callable[[str], object]] = {
    "a line": texts.line,
    "a text": texts.text,
    "a foreign text": texts.storable,
    "a long foreign text": lambda raw: texts.storable(raw, texts.TEXT_LIMIT),
    "whether it is blank": texts.is_blank,
    "an address bare": texts.bare,
    "an e-mail": emails.read,
    "a name and an e-mail": emails.parted,
    "whether an e-mail is meant": emails.is_meant,
    "a link": links.read,
    "a number": lambda raw: amounts.read(raw, None),
    "an amount": lambda raw: amounts.read(raw, 2),
    "hours": hours.read_hours,
    "a day": readers.read_day,
    "a moment": readers.read_moment,
    "a phone": lambda raw: phones.read(raw, "RU"),
    "the first of two phones": lambda raw: phones.first(raw, "RU"),
    "whether a phone is meant": phones.is_meant,
    "a key": lambda raw: setup_documents.key_from(raw, (), "field"),
    "a text of the firm": lambda raw: check_text("name", {"en": raw}, 200),
    "a file's name": uploads.shown_name,
    **{
        f"a field: {kind}": lambda raw, kind=kind: _of_field(kind, raw)  # type: ignore[misc]
        for kind in FIELD_KINDS
    },
}


def cost(of: Callable[[str], object], raw: str) -> float:
    """The least of two: nobody else's work counts."""
    took = []
    for _ in range(2):
        began = thread_time()
        with suppress(FieldError, CalendarError, amounts.Ambiguous):
            of(raw)
        took.append(thread_time() - began)
        if took[0] > 5:
            break
    return min(took)


@pytest.fixture(scope="module")
def usual() -> float:
    return cost(texts.text, HONEST)


@pytest.mark.parametrize("reader", READERS)
def test_a_hostile_text_costs_no_more_than_a_few_honest_ones(reader: str, usual: float) -> None:
    """A megabyte, and as much as is just looked at; with a letter at its end, so that it is not blank."""
    dear = {}
    for name, signs in ALPHABETS.items():
        for length in (MEGABYTE // len(signs.encode()) * len(signs), 2 * texts.TEXT_LIMIT, 2 * texts.LINE_LIMIT):
            took = cost(READERS[reader], (signs * length)[: length - 1] + "a")
            if took > TIMES * usual:
                dear[name, length] = round(took / usual)
    assert dear == {}


def test_what_is_too_long_is_said_with_its_limit_and_blanks_around_are_forgiven() -> None:
    assert texts.line(" " * 100 + "Anna" + "\u200b" * 100, 60) == "Anna"
    assert texts.text("a" * texts.TEXT_LIMIT + "\r\n" * 1_000) == "a" * texts.TEXT_LIMIT
    for reader, limit in ((texts.line, 60), (texts.text, texts.TEXT_LIMIT)):
        with pytest.raises(FieldError) as refused:
            reader("\u200b" * MEGABYTE, limit)
        assert (refused.value.code, refused.value.facts) == ("too_long", {"limit": limit})


def test_nothing_is_read_out_of_the_beginning_of_what_is_too_long() -> None:
    """An address, a number, a day with a thousand spaces and something else behind them is none."""
    rest = " " * texts.BARE_LIMIT + "and more"
    assert amounts.read("1 000" + rest, 2) is None
    assert not phones.first("+7 912 555-01-77" + rest, "RU")
    for read in (emails.read, readers.read_day, readers.read_moment, lambda raw: phones.read(raw, "RU")):
        for good in ("anna@firm.example", "2026-11-24", "+7 912 555-01-77"):
            with pytest.raises(FieldError):
                read(good + rest)
    with pytest.raises(CalendarError):
        hours.read_hours("9-18" + rest)


def test_a_foreign_text_is_cut_and_says_so() -> None:
    assert texts.storable("Paid. " * 10, 500) == ("Paid. " * 10).strip()
    assert texts.storable("Paid" + "\u200b" * MEGABYTE + "not", 500) == "Paid…"
    assert len(texts.storable("Paid " * MEGABYTE, 500)) <= 501


def test_no_letter_has_more_marks_than_anybody_writes() -> None:
    assert texts.line("Zoë и Й") == "Zoë и Й"
    honest = "a" + "\u0316" * texts.MARKS_LIMIT
    assert texts.line(honest + "\u0316" * 5 + "b" + honest) == honest + "b" + honest
    parted = "a" + ("\u0300" * 20 + "\u034f") * 4  # what parts the marks is dropped, and they have come together
    assert len(texts.line(parted)) == len("à") + texts.MARKS_LIMIT
    assert texts.line(texts.line(parted)) == texts.line(parted)


@pytest.mark.parametrize(
    ("raw", "name", "address"),
    [
        ("Anna <anna@firm.example>", "Anna", "anna@firm.example"),
        ("Anna anna@firm.example", "Anna", "anna@firm.example"),
        ("Anna anna@firm.example>", "Anna", "anna@firm.example"),
        ("anna@firm.example", "", "anna@firm.example"),
        ("<anna@firm.example>", "", "anna@firm.example"),
        ('"Anna, of @work" <anna@firm.example>', "Anna, of @work", "anna@firm.example"),
    ],
)
def test_a_name_is_parted_from_its_address(raw: str, name: str, address: str) -> None:
    assert emails.parted(raw) == (name, address)


def test_a_number_that_is_kept_at_hand_is_short() -> None:
    phones._read.cache_clear()
    for raw in ("\U000e0020", " ", "9", "\ufdfa"):
        with pytest.raises(FieldError):
            phones.read(raw * MEGABYTE, "RU")
    assert phones._read.cache_info().currsize == phones._read.cache_info().misses == 0
    assert phones.read("8 (912) 555-01-77", "RU") == "+79125550177"
    assert phones._read.cache_info().currsize == 1
