"""The firm's own words: in the reader's language, else the firm's, else whichever there is."""

from __future__ import annotations

import pytest

from rules.facts import say

BOTH = {"en": "New", "ru": "Новая"}


@pytest.mark.parametrize(
    ("text", "locale", "fallback", "said"),
    [
        (BOTH, "en", "ru", "New"),
        (BOTH, "ru", "en", "Новая"),
        (BOTH, "de", "ru", "Новая"),
        (BOTH, "de", "fr", "New"),
        ({"ru": "Новая"}, "en", "en", "Новая"),
        ({"en": "", "ru": "Новая"}, "en", "en", "Новая"),
        ({"en": "New", "ru": ""}, "ru", "en", "New"),
        ({"en": ""}, "en", "ru", ""),
        ({}, "en", "ru", ""),
    ],
)
def test_a_text_is_said_in_the_nearest_language_that_has_it(
    text: dict[str, str], locale: str, fallback: str, said: str
) -> None:
    assert say(text, locale, fallback) == said
