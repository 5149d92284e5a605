"""The points between the parts of a line ("New · 12 min"): each stays with what precedes it, so that no line begins
with one. Templates are written with plain blanks, and this is done once for all of them, as they are compiled."""

from __future__ import annotations

import re

from jinja2.ext import Extension

from webapp.i18n.line_ends import BETWEEN, NARROW

_CODE = re.compile(
    r"(<title>.*?</title>|\{%-?\s*trans\b.*?endtrans|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})|\s+·(\s*)", re.DOTALL
)


class Separators(Extension):
    """What stands within a sentence of the catalogue is let be: by its very words it is found there. So is a title:
    it stands in no line."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _CODE.sub(_tied, source)


def _tied(found: re.Match[str]) -> str:
    """A separator by itself, as it is put before what may not be there, or one in the text."""
    if found[1]:
        return found[1].replace('" · "', f'"{BETWEEN}"')
    return f"{NARROW}·{' ' if found[2] else ''}"
