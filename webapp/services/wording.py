"""The firm's own texts as a client gets them. Services know no language: the words are made in webapp/i18n, and how is
handed in where the app is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Worded = Callable[[Mapping[str, str] | None, Mapping[str, object]], str]
_worded: list[Worded] = []


def use(worded: Worded) -> None:
    """From now on texts are filled by this."""
    _worded[:] = [worded]


def to_client(template: Mapping[str, str], facts: Mapping[str, object]) -> str:
    """Filled, in the firm's language."""
    return _worded[0](template, facts)
