"""The catalogues hold every text of the product: `python -m tests.tools.catalogues` says what lacks, `--update`
writes it in.

English texts stand in the code itself; every other language is a catalogue that must be whole.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "webapp" / "translations"
TEMPLATE = ROOT / "build" / "messages.pot"
LANGUAGES = ("ru",)


def main(arguments: list[str]) -> int:
    """0 when all is there; else every lack in a line."""
    extract()
    if "--update" in arguments:
        for language in LANGUAGES:
            update(language)
    lacks = [line for language in LANGUAGES for line in missing(language)]
    print("\n".join(lacks) or f"Catalogues complete: {', '.join(LANGUAGES)}.")
    return 1 if lacks else 0


def extract() -> None:
    """What the code and the templates say today."""
    TEMPLATE.parent.mkdir(exist_ok=True)
    options = ["-F", "pyproject.toml", "-k", "N_", "--sort-by-file", "--no-location", "--project", "Dozor"]
    _pybabel("extract", *options, "--copyright-holder", "The Dozor authors", "-o", str(TEMPLATE), ".")


def update(language: str) -> None:
    """Bring a catalogue up to date; nothing is guessed from texts that look alike."""
    verb = (
        ["update", "--no-fuzzy-matching", "--ignore-obsolete", "--omit-header"] if _po(language).exists() else ["init"]
    )
    _pybabel(*verb, "-i", str(TEMPLATE), "-d", str(FOLDER), "-l", language)


def missing(language: str) -> Iterator[str]:
    """One line for each text that a reader of this language would see untranslated, or that would break a page."""
    if not _po(language).exists():
        yield f"{language}: no catalogue: run `make translations`"
        return
    written, said = _read(_po(language), language), _read(TEMPLATE, None)
    for message in said:
        if message.id and (lack := _lack(written.get(message.id, message.context), written)):
            yield f"{language}: {lack}: {message.id!r}"


def _lack(message: Message | None, catalogue: Catalog) -> str:
    if message is None:
        return "missing"
    if message.fuzzy:
        return "fuzzy"
    forms = message.string if isinstance(message.string, list | tuple) else [message.string]
    if not all(forms):
        return "empty"
    return "; ".join(str(error) for error in message.check(catalogue))


def _read(path: Path, language: str | None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _po(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def _pybabel(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", "--quiet", *words], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
