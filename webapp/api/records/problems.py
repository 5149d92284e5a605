"""The one form of every error."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class FieldProblem(BaseModel):
    """One field: wrong (`field`, `code`, `message`), or asked for by a stage (`entity`, `key`, `label`, …)."""

    field: str | None = None
    code: str | None = None
    message: str | None = None
    entity: str | None = None
    key: str | None = None
    label: str | None = None
    kind: str | None = None
    options: list[dict[str, str]] | None = None


class Problem(BaseModel):
    """`error` is for programs, `message` in the caller's language; `current` is the record as it is now (409),
    `contact_id` whose phone, e-mail or external_id it is (known_contact)."""

    error: str
    message: str
    fields: list[FieldProblem] | None = None
    current: dict[str, Any] | None = None
    contact_id: int | None = None
