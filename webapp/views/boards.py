"""The board, and more cards of a column."""

from __future__ import annotations

from math import isfinite
from typing import Any

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from rules.facts import FieldSpec
from webapp import auth, setups
from webapp.pages import fragment, page, whole
from webapp.queries import board
from webapp.queries.board import Filters

pages = Blueprint("boards", __name__)


def filters_of(args: MultiDict[str, str]) -> Filters:
    """The filters that the URL names; unknown ones are passed over."""
    known = {f"{spec.entity}.{spec.key}" for spec in _marks()}
    return Filters(
        mine="mine" in args,
        marks=tuple(each for each in args.getlist("mark") if each in known),
        burning="burning" in args,
        responsible_id=whole(args.get("responsible")),
        text=args.get("q", "").strip()[:100],
    )


def _marks() -> list[FieldSpec]:
    fields = setups.current().catalogue.fields.values()
    return [spec for spec in fields if spec.shown_as == "mark" and spec.kind == "checkbox"]


@pages.get("/")
def show() -> Response:
    """The whole board, or only its columns when htmx narrows or catches up."""
    filters = filters_of(request.args)
    scope = auth.viewer().scope
    found = board.board(scope, filters, request.args.get("pipeline"))
    if found is None:
        abort(404)
    people = [each for each in setups.current().people.values() if each.is_active and (
        scope.reads_all or each.department_ids & scope.reads or each.id == scope.user_id
    )]
    context: dict[str, Any] = {"board": found, "filters": filters, "marks": _marks(), "people": people, "asks": _asks(found)}
    if request.headers.get("HX-Target") == "main#board":
        return fragment("board/_board.html", **context)
    return page("board/show.html", **context)


def _asks(found: board.Board) -> dict[str, tuple[str, ...]]:
    return {column.stage.key: board.may_be_asked(column.stage) for column in found.columns}


@pages.get("/stages/<key>/cards")
def more(key: str) -> Response:
    """The next cards of a column, below (position, id)."""
    setup = setups.current()
    pipeline = setup.pipeline_of(request.args.get("pipeline"))
    stage = setup.stage_of(pipeline.id, key) if pipeline else None
    position, last = request.args.get("position", type=float), whole(request.args.get("id"))
    if stage is None or position is None or not isfinite(position) or last is None:
        abort(404)
    shown, is_more = board.more(auth.viewer().scope, filters_of(request.args), stage.id, (position, last))
    rest = filters_of(request.args).query_with()[2:]
    return fragment("board/_more.html", cards=shown, stage=stage, is_more=is_more, rest=rest)
