"""Words as they are sought and sorted: kept beside them, folded, in a column of their own (rules/texts.py), so that a
database looks for them by itself, in one way on both, and never asks Python row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, case, event, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from rules import texts

LONGEST = texts.LINE_LIMIT  # of what is sought: no name is longer, and SQLite takes no pattern of more than 50 kB
# By the letters' codes, whatever the database's own language.
Folded = String().with_variant(String(collation="C"), "postgresql")


def folded(source: str, *, index: bool = False) -> Mapped[str]:
    """A column that keeps the words of the column `source` as they are sought; of a text in several languages, those
    of all. `keep` has it follow."""

    def beginning(context: Any) -> str:
        return _folded(context.get_current_parameters()[source])

    return mapped_column(Folded, default=beginning, server_default="", index=index, info={"folds": source})


def keep(*models: type[DeclarativeBase]) -> None:
    """Folded columns of these models follow what they fold, whenever it is written through an object."""
    for model in models:
        for column in model.__table__.c:
            if source := column.info.get("folds"):
                event.listen(getattr(model, source), "set", _follower(column.key))


def _follower(name: str) -> Callable[[Any, Any, Any, Any], None]:
    def follow(target: Any, words: Any, _before: Any, _initiator: Any) -> None:
        if words is not None:  # nothing, for a moment: what has no name is refused before it is written
            setattr(target, name, _folded(words))

    return follow


def beside(table: FromClause, row: Mapping[str, Any]) -> dict[str, str]:
    """The folded columns of a row of this table, as far as what they fold is in it."""
    sources = {column.key: column.info["folds"] for column in table.c if "folds" in column.info}
    return {name: _folded(row[source]) for name, source in sources.items() if source in row}


def _folded(words: str | Mapping[str, str]) -> str:
    if isinstance(words, str):
        return texts.fold(words)
    return "\n".join(dict.fromkeys(texts.fold(each) for each in words.values()))


def contains(column: Any, words: str) -> ColumnElement[bool]:
    """Whether a folded column mentions the words, however both are written."""
    found: ColumnElement[bool] = column.contains(texts.fold(words[:LONGEST]), autoescape=True)
    return found


def equals(column: Any, words: str) -> ColumnElement[bool]:
    """Whether a folded column says the same words, however both are written."""
    found: ColumnElement[bool] = column == texts.fold(words[: LONGEST + 1])
    return found


def alphabetical(column: Any, locale: str) -> ColumnElement[Any]:
    """A folded column in the order of a reader's alphabet: the twin of `place_in_alphabet` of rules/texts.py."""
    cyrillic, others = ("a", "b") if locale == "ru" else ("b", "a")
    is_cyrillic = func.substr(column, 1, 1).between(*texts.CYRILLIC)
    return case((column < "a", column), (is_cyrillic, cyrillic + column), else_=others + column)
