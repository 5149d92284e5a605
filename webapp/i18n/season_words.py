"""What a season does to a norm, in words: "10 min × 3, season Action"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.seasons import HUNDREDTHS
from rules.worktime import Delay
from webapp.i18n import formats, sentences
from webapp.i18n.isolates import gettext


def of_run(kept: Mapping[str, Any]) -> str:
    """Of a run that has kept it."""
    usual = Delay(**kept["usual"])
    if "factor" in kept:
        said = sentences.length(usual)
        return gettext("%(usual)s × %(factor)s, season “%(name)s”", usual=said, factor=factor(kept), name=kept["name"])
    if "replace" in kept:
        said = sentences.length_of(usual)
        return gettext("instead of %(usual)s, season “%(name)s”", usual=said, name=kept["name"])
    return gettext("counted from the end of the season “%(name)s”", name=kept["name"])


def change(change: Mapping[str, Any]) -> str:
    """What a season does, in a list."""
    if "factor" in change:
        return f"× {factor(change)}"
    if "replace" in change:
        return sentences.length(Delay(**change["replace"]))
    return gettext("controls are paused")


def factor(change: Mapping[str, Any]) -> str:
    """A factor as its reader writes it: "3", "1.5"."""
    return formats.number(change["factor"] / HUNDREDTHS)


def typed_factor(hundredths: int) -> str:
    """A factor as its control has it."""
    return formats.typed_number(hundredths / HUNDREDTHS)
