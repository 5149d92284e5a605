"""Phone numbers as the people of a country write them, and as they are pasted."""

from __future__ import annotations

import pytest

from rules.errors import FieldError
from webapp import phones

READ = [
    ("BY", "8 029 123-45-67", "+375291234567"),
    ("DE", "030 1234567", "+49301234567"),
    ("DE", "030/1234567", "+49301234567"),
    ("DE", "+49 (0)30 1234567", "+49301234567"),
    ("UA", "067 123 45 67", "+380671234567"),
    ("IT", "06 1234 5678", "+390612345678"),
    ("US", "(202) 555-0143", "+12025550143"),
    ("RU", "8 912 555-01-77", "+79125550177"),
    ("RU", "0044 20 7946 0958", "+442079460958"),
    ("RU", "8 10 44 20 7946 0958", "+442079460958"),
    ("RU", "\u202a+7 912 555-01-77\u202c", "+79125550177"),
    ("RU", "+7 912 555\u201101\u221277", "+79125550177"),
    ("RU", "tel:+7-912-555-01-77", "+79125550177"),
    ("RU", "т. 8 912 555-01-77", "+79125550177"),
    ("RU", "\uff0b\uff17\u3000912\u00a0555 01 77", "+79125550177"),
    ("RU", "+7 912 555-01-77\u200b", "+79125550177"),
    ("RU", "+7 495 123-45-67 доб. 12", "+74951234567;ext=12"),
    ("US", "+7 495 123-45-67 ext 12", "+74951234567;ext=12"),
    ("RU", "+7 495 123-45-67, доб. 12345", "+74951234567;ext=12345"),
    (None, "+7 912 555-01-77", "+79125550177"),
    ("RU", "\u200b ", ""),
]
REFUSED = [
    ("RU", "+8 495 123-45-67", "no_such_country_code"),
    ("RU", "112", "not_a_phone"),
    ("US", "555-0143", "not_a_phone"),
    ("RU", "+7 000 000-00-00", "not_a_phone"),
    ("RU", "call me", "not_a_phone"),
    ("RU", "ring 8 912 555-01-77 after six!", "not_a_phone"),
    ("DE", "+49 30 1234567/68", "two_phones"),
    ("RU", "+7 912 555-01-77, +7 912 555-01-78", "two_phones"),
    ("RU", "+7 912 555-01-77 или +7 912 555-01-78", "two_phones"),
    (None, "030 1234567", "phone_without_country"),
]


@pytest.mark.parametrize(("country", "raw", "number"), READ)
def test_a_number_is_read_as_its_country_writes_it(country: str | None, raw: str, number: str) -> None:
    assert phones.read(raw, country) == number
    assert phones.read(number, country) == number


@pytest.mark.parametrize(("country", "raw", "code"), REFUSED)
def test_what_is_no_number_is_asked_about(country: str | None, raw: str, code: str) -> None:
    with pytest.raises(FieldError) as refused:
        phones.read(raw, country)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("country", "raw", "number"),
    [
        ("DE", "+49 30 1234567/68", "+49301234567"),
        ("RU", "8 912 555-01-77; 8 912 555-01-78", "+79125550177"),
        ("RU", "call me", ""),
        ("RU", "+8 495 123-45-67", ""),
        ("RU", "call +8 495 123-45-67", ""),
        ("RU", "whatsapp:+79125550177", "+79125550177"),
        ("RU", "79125550177@c.us", "+79125550177"),
        ("RU", "моб: 8 912 555 01 77, Анна", "+79125550177"),
        ("DE", "0301234567 (nach 18 Uhr)", "+49301234567"),
        ("RU", "8 912 555-01-77 доб. 12, Анна", "+79125550177;ext=12"),
        ("RU", "after 18:00, 29.11.2026", ""),
        (None, "Anna +79125550177", "+79125550177"),
        (None, "Anna 89125550177", ""),
        ("RU", "Anna " * 60 + "89125550177", ""),
    ],
)
def test_of_what_a_client_left_the_first_number_counts(country: str, raw: str, number: str) -> None:
    assert phones.first(raw, country) == number


@pytest.mark.parametrize(
    ("words", "is_meant"),
    [
        ("+7 916 333 00 01", True),
        ("(916) 333-00-01", True),
        ("tel:+79163330001", True),
        ("т. 8 916 333-00-01", True),
        ("\u202a+7 916 333\u201100\u221201\u202c", True),
        ("+7 495 123-45-67 доб. 12", True),
        ("+7 916 333-00-01 или +7 916 333-00-02", True),
        ("+7 916 333", True),  # a slip, and no name
        ("", False),
        ("Anna", False),
        ("Anna 8 916 333 00 01", False),
        ("8-800-FLOWERS", False),
        ("2024", False),
        ("1С 2000", False),
        ("ООО 12345", False),
    ],
)
def test_a_number_is_told_from_a_name(words: str, *, is_meant: bool) -> None:
    assert phones.is_meant(words) is is_meant
