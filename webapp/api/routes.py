"""How a route is declared: what it takes and answers, described and checked by one library; and, if it writes,
in one transaction that also keeps the answer for an Idempotency-Key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import wraps
from http import HTTPStatus
from threading import Lock
from typing import Any, TypeVar, get_args, get_type_hints

from flask import Blueprint
from pydantic import BaseModel, Field
from spectree import Response, SecurityScheme, SpecTree
from spectree.config import ModeEnum
from spectree.models import SecureType, SecuritySchemeData

from webapp.api import idempotency
from webapp.api.records.problems import Problem
from webapp.api.types import refused_by

bp = Blueprint("api", __name__, url_prefix="/api/v1")
View = Callable[..., Any]
Made = TypeVar("Made", bound=BaseModel)
Answer = Callable[[], Made]  # what a write answers, asked for once all that follows from it is done
REFUSALS = dict.fromkeys((f"HTTP_{status}" for status in (400, 401, 404, 405, 422, 500, 503)), Problem)
OF_A_WRITE = dict.fromkeys((f"HTTP_{status}" for status in (403, 409, 413, 415)), Problem)


class Headers(BaseModel):
    """What a POST may carry besides its body."""

    idempotency_key: str | None = Field(default=None, alias="Idempotency-Key", min_length=1, max_length=200)


def _check(_request: Any, _response: Any, error: Any, _instance: Any, _adapter: Any) -> None:
    if error is not None:
        raise refused_by(error)


def _name(model: type) -> str:
    return re.sub(r"\W+", "_", model.__name__).strip("_")


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models_in(each)


class Document(SpecTree):
    """Draws records when the description is first asked for: at once it took half of a web's start."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._named: dict[str, type[BaseModel]] = {}
        self._undrawn: dict[tuple[type[BaseModel], Any], None] = {}
        self._drawing = Lock()
        super().__init__(*arguments, **more)

    def _add_model(self, model: type[BaseModel], mode: Any = "validation") -> str:
        self._must_be_named_apart(model)
        self._undrawn[model, mode] = None
        return str(self.naming_strategy(model))

    def _must_be_named_apart(self, model: type[BaseModel]) -> None:
        """The description knows a class by its bare name: of two by one name, one would be described as the other."""
        if (known := self._named.setdefault(_name(model), model)) is not model:
            raise TypeError(f"{model.__module__} and {known.__module__} both describe a {model.__name__}")
        for field in model.model_fields.values():
            for each in _models_in(field.annotation):
                if self._named.get(_name(each)) is not each:
                    self._must_be_named_apart(each)

    @property
    def spec(self) -> dict[str, Any]:
        with self._drawing:
            while self._undrawn:
                super()._add_model(*next(iter(self._undrawn)))
                self._undrawn.pop(next(iter(self._undrawn)))
            drawn: dict[str, Any] = super().spec
            return drawn


document = Document(
    "flask",
    before=_check,
    validation_error_model=Problem,
    naming_strategy=_name,
    nested_naming_strategy=lambda _parent, child: child,
    mode=ModeEnum.strict,
    page_templates={},
    openapi_version="3.1.0",
    title="Dozor",
    version="1",
    security_schemes=[SecurityScheme(name="bearer", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))],
    security={"bearer": []},
)


def reads(path: str, answer: type[BaseModel] | None) -> Callable[[View], View]:
    """A GET that answers this record; None: what it answers is no JSON."""

    def declare(view: View) -> View:
        return _open(view, "GET", path, Response(HTTP_200=answer, **REFUSALS))

    return declare


def writes(
    method: str, path: str, answer: type[BaseModel] | None, status: HTTPStatus = HTTPStatus.OK
) -> Callable[[View], View]:
    """A write: the view runs in one transaction, and returns how its answer is built (idempotency.once). A POST honours
    Idempotency-Key."""
    resp = Response(**{f"HTTP_{status.value}": answer}, **OF_A_WRITE, **REFUSALS)

    def declare(view: View) -> View:
        @wraps(view)
        def written(**arguments: Any) -> Any:
            return idempotency.once(lambda: view(**arguments), status)

        written.__annotations__ = get_type_hints(view)  # spectree would look their names up here, not in the view
        return _open(written, method, path, resp)

    return declare


def _open(view: View, method: str, path: str, resp: Response) -> View:
    room = view.__module__.rpartition(".")[2]
    name = f"{room}_{view.__name__}"
    checked: View = document.validate(
        resp=resp, headers=Headers if method == "POST" else None, tags=[room], operation_id=name
    )(view)
    bp.add_url_rule(path, name, checked, methods=[method])
    return view
