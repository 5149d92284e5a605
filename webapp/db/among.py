"""Rows whose number is one of many. For PostgreSQL they are one parameter, an array: a list of parameters of its own
length would be written into the statement anew each time, and planned as if the database had never seen it. SQLite
plans only a list of parameters well."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Among(FunctionElement[bool]):
    """Of a column, and of its numbers in both ways."""

    inherit_cache = True
    _is_implicitly_boolean = True  # else SQLite is asked whether it is 1, and looks at every row
    type = Boolean()


@compiles(_Among)
def _as_list(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, listed, _ = element.clauses
    return compiler.process(column.in_(listed), **more)


@compiles(_Among, "postgresql")
def _as_array(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, _, array = (each for each in element.clauses)
    return f"{compiler.process(column, **more)} = ANY ({compiler.process(array, **more)})"


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """Whether `column` is one of the numbers that are given as `name`, a list, when the statement is executed."""
    return _Among(column, bindparam(name, expanding=True), bindparam(name, type_=ARRAY(Integer)))
