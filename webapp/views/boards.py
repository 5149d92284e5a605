"""The board of each pipeline, and more cards of a column. The browser remembers which board was looked at last."""

from __future__ import annotations

from math import isfinite
from typing import Any

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.datastructures import MultiDict

from rules import rights
from rules.facts import FieldSpec
from rules.rights import Scope
from rules.setup import Pipeline
from rules.stuck import STUCK_AFTER
from webapp.access.viewer import viewer
from webapp.errors import Refused
from webapp.i18n import formats
from webapp.queries import ages, board, first_steps, next_steps, views
from webapp.queries.filters import SORTS, Filters
from webapp.services import values
from webapp.snapshots import setups
from webapp.web.forms import BLANK, Form, FormState, read_id, read_minor
from webapp.web.htmx import htmx
from webapp.web.responses import fragment, page, wants_fragment

pages = Blueprint("boards", __name__)
PANEL = Form(names=("amount",))  # what is typed in it and may be wrong
LAST = "last_board"  # the cookie that names the pipeline
REMEMBERED_FOR = 365 * 24 * 3600  # seconds


def filters_of(args: MultiDict[str, str]) -> Filters:
    """The filters that the URL names; unknown ones are passed over. Raises Refused: what was typed is no amount."""
    known = {f"{spec.entity}.{spec.key}" for spec in _marks()}
    return Filters(
        mine="mine" in args,
        marks=tuple(each for each in args.getlist("mark") if each in known),
        burning="burning" in args,
        step="step" in args,
        stuck="stuck" in args,
        responsible_id=read_id(args.get("responsible")),
        department_id=read_id(args.get("department")),
        tags=tuple(each for each in args.getlist("tag") if each in _tags()),
        least=_least(args),
        text=args.get("q", "").strip()[:100],
        sort=args["sort"] if args.get("sort") in SORTS else "",
    )


def _least(args: MultiDict[str, str]) -> int | None:
    """An amount as typed in the panel, or in minor units as the URL keeps it."""
    if not args.get("amount"):
        return read_minor(args.get("least"))
    return values.money(args["amount"], viewer().actor) or None


def _tags() -> dict[str, str]:
    """Options to filter by, as "deal.equipment_type:special", with their words."""
    fields = setups.current().catalogue.fields.values()
    return {
        f"{spec.entity}.{spec.key}:{option.key}": formats.text(option.label)
        for spec in fields
        if spec.shown_as == "tag"
        for option in spec.choices
    }


def _marks() -> list[FieldSpec]:
    fields = setups.current().catalogue.fields.values()
    return [spec for spec in fields if spec.shown_as == "mark" and spec.kind == "checkbox"]


@pages.get("/")
def home() -> Response:
    """The board that was looked at last, else the first."""
    setup = setups.current()
    last = setup.pipeline_of(request.cookies.get(LAST, ""))
    return _board(last or setup.pipeline_of(None) or abort(404))


@pages.get("/pipelines/<key>")
def show(key: str) -> Response:
    """A pipeline's board, which is the last one looked at from here on."""
    pipeline = setups.current().pipeline_of(key)
    if pipeline is None:
        return _away(key)
    answer = _board(pipeline)
    if request.cookies.get(LAST) != key and not wants_fragment():  # a page in the back asks again by itself
        answer.set_cookie(
            LAST, key, max_age=REMEMBERED_FOR, secure=request.is_secure, httponly=True, samesite="Lax", path="/"
        )
    return answer


def _away(key: str) -> Response:
    """To a board that stood open when its pipeline was archived: its columns go, and it says so."""
    known = (each for each in setups.current().all_pipelines.values() if each.key == key)
    archived = next(known, None) if htmx.aims_at("board") else None
    if archived is None:
        abort(404)
    return fragment("board/away.htmx.html", name=formats.text(archived.name))


def _board(pipeline: Pipeline) -> Response:
    """The whole board, or only its columns when htmx narrows or catches up. An amount that is none narrows nothing,
    and comes back in the panel with what is wrong with it."""
    filters, form = _narrowed()
    if not form.problems and ("" in request.args.values() or "amount" in request.args):  # blanks say nothing
        return redirect(request.path + filters.query_with(), 303)  # type: ignore[return-value]
    scope = viewer().scope
    found = board.board(scope, filters, pipeline, _loaded(request.args))
    people = [each for each in setups.current().people.values() if rights.may_narrow_to(scope, each)]
    context: dict[str, Any] = {
        "board": found,
        "filters": filters,
        "marks": _marks(),
        "people": people,
        "pipeline": pipeline,
        "mine": next_steps.own(scope, pipeline.id),
        "stuck_after": int(STUCK_AFTER.total_seconds()),
    }
    context |= {"tags": _tags(), "departments": _departments(scope)}
    if htmx.aims_at("board"):
        return fragment("board/board.htmx.html", **context)
    pipelines = list(setups.current().pipelines.values())
    steps = first_steps.first_steps() if scope.is_admin else []
    kept = views.of(scope.user_id)
    drawn_for = setups.current().version, scope, filters, form, [(each.id, each.name, each.query) for each in kept]
    context |= {"views": kept, "pipelines": pipelines, "first_steps": steps, "drawn_for": drawn_for, "form": form}
    return page("board/show.html", status=form.status, **context)


def _narrowed() -> tuple[Filters, FormState]:
    """By what, and the panel: refused where what was typed in it is no amount."""
    try:
        return filters_of(request.args), BLANK
    except Refused as error:
        rest = request.args.copy()
        del rest["amount"]
        return filters_of(rest), PANEL.asked().refused(error)


def _loaded(args: MultiDict[str, str]) -> dict[str, int]:
    """How far each column had been scrolled, as "new:90"."""
    found = (each.rpartition(":") for each in args.getlist("loaded"))
    return {key: read_id(many) or 0 for key, _, many in found}


def _departments(scope: Scope) -> list[tuple[int, str]]:
    """Archived ones too, which say so: deals stand there still."""
    known = setups.current().department_names
    return [(each, formats.department(each)) for each in known if rights.may_narrow_to_department(scope, each)]


@pages.get("/pipelines/<key>/ages")
def standing(key: str) -> Response:
    """How long deals have stood where they stand, and whose stand still."""
    pipeline = setups.current().pipeline_of(key) or abort(404)
    found = ages.ages(viewer().scope, pipeline.id)
    return page("board/ages.html", pipeline=pipeline, ages=found, stuck_after=STUCK_AFTER.days)


@pages.get("/pipelines/<pipeline>/stages/<key>/cards")
def more(pipeline: str, key: str) -> Response:
    """The next cards of a column, below (position, id), or after a place of a sorted one."""
    stage, filters = setups.current().stage_named(f"{pipeline}/{key}"), filters_of(request.args)
    context: dict[str, Any] = {"stage": stage, "rest": filters.query_with()[1:], "path": f"/pipelines/{pipeline}"}
    if stage is not None and filters.sort and (after := request.args.get("after")):
        shown, goes_on = board.more_sorted(viewer().scope, filters, stage.id, after)
        return fragment("board/_more.html", cards=shown, goes_on=goes_on, is_more=False, **context)
    position, last = request.args.get("position", type=float), read_id(request.args.get("id"))
    if stage is None or position is None or not isfinite(position) or last is None:
        abort(404)
    shown, is_more = board.more(viewer().scope, filters, stage.id, (position, last))
    return fragment("board/_more.html", cards=shown, goes_on="", is_more=is_more, **context)
