"""The shapes of what comes in: bodies that refuse what they do not know, ids, money, dates and times as JSON has them,
and pages. What is wrong becomes one refusal that names every field."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from sqlalchemy.exc import SQLAlchemyError

from rules.errors import FieldError
from rules.readers import read_day, read_moment
from webapp.config import LOCALES
from webapp.errors import Refused, invalid

MAX_ID = 2**31 - 1  # what the column holds
DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,6})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Item = TypeVar("Item")

# What pydantic calls a problem → what Dozor calls it (words/refusals.py). Codes of our own pass through.
CODES = {
    "missing": "blank",
    "extra_forbidden": "unknown_field",
    "string_type": "not_text",
    "string_too_long": "too_long",
    "string_too_short": "blank",
    "int_type": "not_a_number",
    "int_parsing": "not_a_number",
    "int_parsing_size": "not_a_number",
    "int_from_float": "not_a_number",
    "float_type": "not_a_number",
    "finite_number": "not_a_number",
    "bool_type": "not_yes_or_no",
    "bool_parsing": "not_yes_or_no",
    "literal_error": "not_an_option",
    "dict_type": "not_an_object",
    "model_type": "not_an_object",
    "less_than_equal": "too_large",
    "greater_than_equal": "not_positive",
}


def refused_by(error: ValidationError) -> Refused:
    """Every problem that pydantic found, as one refusal."""
    return Refused("bad_fields", problems={_path(each): _problem(each) for each in error.errors(include_url=False)})


def _path(found: Any) -> str:
    return ".".join(str(step) for step in found["loc"]) or "body"


def _problem(found: Any) -> dict[str, Any]:
    context = found.get("ctx", {})
    code = "negative" if context.get("ge") == 0 else CODES.get(found["type"], found["type"])
    limit = context.get("max_length", context.get("le"))
    facts = {key: value for key, value in context.items() if key in ("first", "last", "options")}
    if "expected" in context:  # of a literal: "'open', 'won' or 'lost'"
        facts["options"] = re.findall(r"'([^']*)'", context["expected"])
    return {**facts, "limit": limit, "code": code}


def _decimal(raw: Any) -> str:
    if not isinstance(raw, str) or not DECIMAL.fullmatch(raw):
        raise PydanticCustomError("money_as_text", "money is a decimal string")
    return raw


def _day(raw: Any) -> date | None:
    if not isinstance(raw, str) or not _DAY.fullmatch(raw):
        raise PydanticCustomError("not_a_date", "a date is YYYY-MM-DD")
    return _read(read_day, raw)


def _moment(raw: Any) -> datetime:
    moment = _read(read_moment, raw)
    if moment.tzinfo is None:
        raise PydanticCustomError("zone_missing", "a time carries its zone")
    return moment


def _locale(raw: str) -> str:
    if raw not in LOCALES:
        raise PydanticCustomError("not_an_option", "a language", {"options": LOCALES})
    return raw


def _read(reader: Callable[[object], Item], raw: object) -> Item:
    try:
        return reader(raw)
    except FieldError as error:
        raise PydanticCustomError(error.code, "out of range", error.facts) from None


Id = Annotated[StrictInt, Field(ge=1, le=MAX_ID)]
QueryId = Annotated[int, Field(ge=1, le=MAX_ID)]
Count = Annotated[StrictInt, Field(ge=0, le=MAX_ID)]
Money = Annotated[
    str, BeforeValidator(_decimal), WithJsonSchema({"type": "string", "format": "decimal", "examples": ["1000000.00"]})
]
Locale = Annotated[str, AfterValidator(_locale), WithJsonSchema({"type": "string", "enum": list(LOCALES)})]
Words = dict[Locale, str]  # a text of the firm
Flag = Annotated[bool, Field(strict=True)]
Values = Annotated[dict[str, Any], Field(default_factory=dict)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
CLIENT_ANSWERS = "client_answers"


def _until(raw: Any) -> datetime | None:
    return None if raw == CLIENT_ANSWERS else _moment(raw)


Until = Annotated[
    datetime | None,
    BeforeValidator(_until),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"const": CLIENT_ANSWERS}]}),
]  # None: until the client answers


class Body(BaseModel):
    """What is sent. Unknown keys are refused: nobody sets an owner, a role or a version by the way."""

    model_config = ConfigDict(extra="forbid")

    @property
    def given(self) -> dict[str, Any]:
        """Only what was really sent: null is a value, silence is not."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class NothingBody(Body):
    """Nothing."""


class Record(BaseModel):
    """What goes out: the attributes of a row by their names, and beside them what the row has not or has otherwise."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, row: object, **beside: Any) -> Self:
        """The record of a row. Raises what reading it raises: its columns may be asked for only now, and the database
        have gone, which pydantic would call values that do not fit."""
        shown = _Overlaid(row, beside)
        try:
            return cls.model_validate(shown)
        except ValidationError:
            if shown._failed is not None:
                raise shown._failed from None
            raise

    def kept(self) -> Self:
        """As it may be kept for an Idempotency-Key: without what is shown once."""
        return self


class _Overlaid:
    """A row with some attributes put in the place of its own."""

    def __init__(self, row: object, beside: dict[str, Any]) -> None:
        self.__dict__.update(beside)
        self._row = row
        self._failed: SQLAlchemyError | None = None

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self._row, name)
        except SQLAlchemyError as error:
            self._failed = self._failed or error
            raise


class Archived(BaseModel):
    """`archived`: those that are archived too."""

    model_config = ConfigDict(extra="forbid")

    archived: bool = False


class Paging(Body):
    """A list's query: how many, and from where on."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None

    @property
    def before(self) -> int | None:
        """The row after which the next page starts."""
        if self.cursor is None:
            return None
        try:
            mark, _, row_id = urlsafe_b64decode(self.cursor.encode()).decode().partition(":")
            if mark != "before" or not 0 < int(row_id) <= MAX_ID:
                raise ValueError(row_id)
        except ValueError:
            raise invalid("cursor", "not_a_cursor") from None
        return int(row_id)


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is the cursor of what follows, null at the end."""

    items: list[Item]
    next: str | None = None


def cursor(row_id: int | None) -> str | None:
    """The opaque form of a place in a list."""
    return None if row_id is None else urlsafe_b64encode(f"before:{row_id}".encode()).decode()


class OptionBody(Body):
    """An option; its key is made of its name unless given."""

    key: str | None = None
    label: Words
    is_archived: Flag = False
