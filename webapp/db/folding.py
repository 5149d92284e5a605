"""Words as they are sought and sorted, in SQL: the twins of `fold` and `place_in_alphabet` of rules/texts.py. On SQLite
they are these very functions, PostgreSQL is told them in SQL; a test compares the two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from rules import texts


class _Folded(FunctionElement[str]):
    type = String()
    inherit_cache = True
    name = "fold"


class _Alphabet(FunctionElement[str]):
    type = String()
    inherit_cache = True
    name = "place_in_alphabet"
    first = "latin"


class _CyrillicAlphabet(_Alphabet):
    inherit_cache = True
    first = "cyrillic"


def contains(column: Any, words: str) -> ColumnElement[bool]:
    """Whether a column mentions the words, however both are written."""
    found: ColumnElement[bool] = _Folded(column).contains(texts.fold(words), autoescape=True)
    return found


def equals(column: Any, words: str) -> ColumnElement[bool]:
    """Whether a column says the same words, however both are written."""
    found: ColumnElement[bool] = _Folded(column) == texts.fold(words)
    return found


def alphabetical(column: Any, locale: str) -> ColumnElement[Any]:
    """A column in the order of a reader's alphabet."""
    return (_CyrillicAlphabet if locale == "ru" else _Alphabet)(column)


def register(connection: Any) -> None:
    """Give a connection of SQLite these functions."""
    connection.create_function("fold", 1, _or_null(texts.fold), deterministic=True)
    connection.create_function("place_in_alphabet", 2, _or_null(texts.place_in_alphabet), deterministic=True)


def _or_null(function: Any) -> Any:
    return lambda text, *more: function(text, *more) if isinstance(text, str) else text


@compiles(_Folded, "sqlite")
def _sqlite_folded(element: _Folded, compiler: SQLCompiler, **more: Any) -> str:
    return f"fold({compiler.process(element.clauses, **more)})"


@compiles(_Alphabet, "sqlite")
def _sqlite_alphabet(element: _Alphabet, compiler: SQLCompiler, **more: Any) -> str:
    return f"place_in_alphabet({compiler.process(element.clauses, **more)}, '{element.first}')"


@compiles(_Alphabet, "postgresql")
def _postgresql_alphabet(element: _Alphabet, compiler: SQLCompiler, **more: Any) -> str:
    folded = _in_postgresql(compiler.process(element.clauses, **more))
    initial = f'left({folded}, 1) COLLATE "C"'
    cyrillic, other = ("a", "b") if element.first == "cyrillic" else ("b", "a")
    first, last = texts.CYRILLIC
    script = (
        f"CASE WHEN {initial} < 'a' THEN '' WHEN {initial} BETWEEN '{first}' AND '{last}' THEN '{cyrillic}' "
        f"ELSE '{other}' END"
    )
    return f'({script} || {folded}) COLLATE "C"'


@compiles(_Folded, "postgresql")
def _postgresql_folded(element: _Folded, compiler: SQLCompiler, **more: Any) -> str:
    return _in_postgresql(compiler.process(element.clauses, **more))


def _in_postgresql(column: str) -> str:
    seen = f"regexp_replace({column}, '[{_escaped(texts.UNSEEN)}]', '', 'g')"
    alike = f"translate(normalize({seen}, NFKC), {_quoted(texts.ALIKE_FROM)}, {_quoted(texts.ALIKE_TO)})"
    bare = f"regexp_replace(normalize(lower({alike}), NFKD), '{_escaped(texts.MARKS)}', '', 'g')"
    return f"btrim(regexp_replace(normalize({bare}, NFC), '\\s+', ' ', 'g'))"


def _escaped(pattern: str) -> str:
    return "".join(each if each.isascii() else f"\\U{ord(each):08x}" for each in pattern)


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
