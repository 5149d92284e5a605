"""One effect per Idempotency-Key: the answer is kept in the effect's transaction, per token and route, for a day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from flask import Response, request
from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp import clock
from webapp.access.viewer import viewer
from webapp.api.types import Record
from webapp.db import follow, transaction
from webapp.errors import Counted, Refused
from webapp.models import IdempotencyKey
from webapp.web.forms.files import digest_sent

KEY_TTL = timedelta(hours=24)
TRIES = 3
Action = Callable[[], Callable[[], BaseModel] | None]


class _Taken(Exception):
    """Another request with this key was first, and is committed or rolled back by now."""


def once(work: Action, status: HTTPStatus) -> Any:
    """Do the work in one transaction. With a key that was used before: give the answer given then, and do nothing."""
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key is None:
        with transaction():
            record = _outcome(work)
        return ("", status) if record is None else (_or_raise(record), status)
    said = _body_hash()
    for _ in range(TRIES):
        try:
            return _keyed(key, said, work, status)
        except _Taken:
            continue
    raise Refused("idempotency_conflict")


def _keyed(key: str, said: str, work: Action, status: HTTPStatus) -> Any:
    with transaction() as current:
        kept = _kept(current, key)
        if kept is not None:
            return _replay(kept, said)
        row = _claim(current, key, said, status)
        record = _outcome(work)
        assert record is not None
        if isinstance(record, Refused):
            current.delete(row)  # with this key it may be tried again
        else:
            row.answer = record.kept().model_dump_json() if isinstance(record, Record) else record.model_dump_json()
    return _or_raise(record), status


def _outcome(work: Action) -> BaseModel | Refused | None:
    """The record as the transaction leaves it: what follows from the work is done before it is built. A refusal is an
    outcome only when what was written before it is to stay."""
    try:
        answer = work()
    except Counted as counted:
        return counted.refusal
    if answer is None:
        return None
    follow()
    return answer()


def _or_raise(outcome: BaseModel | Refused) -> BaseModel:
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def _kept(current: Session, key: str) -> IdempotencyKey | None:
    token_id, route = _place()
    too_old = IdempotencyKey.created_at <= clock.now() - KEY_TTL
    current.execute(delete(IdempotencyKey).where(IdempotencyKey.token_id == token_id, too_old))
    return current.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.token_id == token_id, IdempotencyKey.route == route, IdempotencyKey.key == key
        )
    )


def _claim(current: Session, key: str, said: str, status: HTTPStatus) -> IdempotencyKey:
    """The key's row comes first: on PostgreSQL a second request with it waits here, before it has done anything."""
    token_id, route = _place()
    row = IdempotencyKey(
        token_id=token_id,
        route=route,
        key=key,
        body_hash=said,
        status=status.value,
        answer="",
        created_at=clock.now(),
    )
    current.add(row)
    try:
        current.flush()
    except IntegrityError as error:
        raise _Taken from error
    return row


def _replay(kept: IdempotencyKey, said: str) -> Response:
    if kept.body_hash != said:
        raise Refused("idempotency_conflict")
    return Response(kept.answer, kept.status, {"Idempotent-Replay": "true"}, mimetype="application/json")


def _place() -> tuple[int, str]:
    token_id = viewer().token_id
    assert token_id is not None
    return token_id, f"{request.method} {request.path}"


def _body_hash() -> str:
    """Of what the body says, not of how it is spaced. Reckoned before the transaction: a file takes its time."""
    if (files := digest_sent()) is not None:
        return files
    body = json.dumps(request.get_json(silent=True), sort_keys=True)
    return sha256(body.encode()).hexdigest()
