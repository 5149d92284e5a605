"""Every error in one form: {error, message, …}. Codes for programs, words in the caller's language for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from webapp.access.records import (
    company_for,
    contact_for,
    conversation_for,
    deal_for,
    invoice_for,
    item_for,
    task_for,
)
from webapp.access.viewer import viewer
from webapp.api.records import calendars, companies, contacts, conversations, deals, important, invoices, tasks
from webapp.api.routes import bp
from webapp.errors import NotFound, Refused
from webapp.i18n import N_, formats
from webapp.i18n.isolates import gettext
from webapp.queries.important import one
from webapp.web import templating

CODES = {
    503: ("cannot_save", N_("Nothing can be saved right now, and nothing was saved. Try again in a moment.")),
    400: ("bad_json", N_("The body must be a JSON object.")),
    401: ("unauthorized", N_("Send a valid token: Authorization: Bearer TOKEN.")),
    404: ("not_found", N_("There is nothing here, or you may not see it.")),
    405: ("method_not_allowed", N_("This address does not support this method.")),
    413: ("too_large", N_("The request is too large.")),
    415: ("unsupported_media_type", N_("Send JSON: Content-Type: application/json. Files: multipart/form-data.")),
}
AWAY = (
    "database_away",
    N_("The database does not answer right now. Try again in a moment: with an Idempotency-Key nothing is done twice."),
)
SERVER_ERROR = ("server_error", N_("Something went wrong on our side. Nothing was saved."))


@bp.errorhandler(Refused)
def refused(error: Refused) -> tuple[Response, int]:
    """A service or a check said no."""
    body = {"error": error.reason, "message": templating.refusal(error)}
    return jsonify({**body, **_details(error)}), error.status


def _details(error: Refused) -> dict[str, Any]:
    if error.reason == "required_fields":
        return {"stage": error.facts.get("stage"), "fields": [_missing(each) for each in error.missing]}
    if error.reason == "bad_fields":
        words = templating.problems(error)
        fields = [
            {"field": each.get("key", place), "code": each["code"], "message": words[place]}
            for place, each in error.problems.items()
        ]
        return {"fields": fields}
    if error.reason == "known_contact":
        return {"contact_id": error.facts["id"]}
    if error.reason == "has_waiting_runs":
        return {"moves": calendars.moves(error.facts["moves"]).model_dump(mode="json")}
    if error.status == 409:
        known = {key: error.facts[key] for key in ("by", "at", "state") if error.facts.get(key)}
        return {**known, **_current(error)}
    return {}


def _missing(field: Any) -> dict[str, Any]:
    options = [{"key": each.key, "label": formats.text(each.label)} for each in field.options]
    label = formats.text(field.label)
    return {"entity": field.entity, "key": field.key, "label": label, "kind": field.kind, "options": options}


def _current(error: Refused) -> dict[str, Any]:
    """The record that the refusal is about, as it is now: by its own door, since the address may name another, or one
    that the caller saw when they sent it and does not see any more."""
    if error.record is None:
        return {}
    entity, record_id = error.record
    try:
        return {"current": RECORDS[entity](record_id).model_dump(mode="json")}
    except NotFound:
        return {}


RECORDS: dict[str, Callable[[int], BaseModel]] = {
    "deal": lambda id: deals.record(deal_for(id)),
    "contact": lambda id: contacts.record(contact_for(id)),
    "company": lambda id: companies.record(company_for(id)),
    "task": lambda id: tasks.record(task_for(id)),
    "conversation": lambda id: conversations.record(conversation_for(id)[0]),
    "invoice": lambda id: invoices.record(invoice_for(id)[0]),
    "important": lambda id: important.record(one(viewer().id, item_for(id))),
}


@bp.errorhandler(NotFound)
def not_found(_error: NotFound) -> tuple[Response, int]:
    """Not there, or not for this person: the same answer."""
    return _told(404), 404


@bp.errorhandler(IntegrityError)
def collided(_error: IntegrityError) -> tuple[Response, int]:
    """Two at once, and the database kept the first."""
    return refused(Refused("conflict"))


def failed(error: HTTPException, *, is_away: bool = False) -> Response:
    """What Flask itself says no to, and what broke; `is_away`: for want of a database."""
    status = error.code or 500
    answer = _said(AWAY) if is_away else _told(status)
    answer.status_code = status
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


for each in (*CODES, 500):
    bp.register_error_handler(each, failed)  # by code: the pages' handlers by code would come before one by class


def _told(status: int) -> Response:
    return _said(CODES.get(status, SERVER_ERROR))


def _said(told: tuple[str, str]) -> Response:
    code, words = told
    return jsonify({"error": code, "message": gettext(words)})
