"""The board, and more cards of a column."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from webapp import auth, setups
from webapp.pages import fragment, page
from webapp.queries import board
from webapp.queries.board import Filters

pages = Blueprint("boards", __name__)


def filters_of(args: MultiDict[str, str]) -> Filters:
    """The filters that the URL names; unknown ones are passed over."""
    known = {f"{spec.entity}.{spec.key}" for spec in _marks()}
    responsible = args.get("responsible", "")
    return Filters(
        mine="mine" in args,
        marks=tuple(each for each in args.getlist("mark") if each in known),
        burning="burning" in args,
        responsible_id=int(responsible) if responsible.isdecimal() and len(responsible) < 10 else None,
        text=args.get("q", "").strip()[:100],
    )


def _marks() -> list[setups.FieldSpec]:
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
    context = {"board": found, "filters": filters, "marks": _marks(), "people": people, "asks": _asks(found)}
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
    try:
        after = (float(request.args["position"]), int(request.args["id"]))
    except (KeyError, ValueError):
        abort(404)
    if stage is None:
        abort(404)
    shown, is_more = board.more(auth.viewer().scope, filters_of(request.args), stage.id, after)
    rest = filters_of(request.args).query_with()[2:]
    return fragment("board/_more.html", cards=shown, stage=stage, is_more=is_more, rest=rest)
