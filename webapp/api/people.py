"""Who works here, and where. Every employee may read the people."""

from __future__ import annotations

from http import HTTPStatus

from webapp.access.viewer import viewer
from webapp.api.records import people as records
from webapp.api.records.people import MeRecord, TokenRecord, UserRecord
from webapp.api.routes import reads, writes
from webapp.api.types import Page
from webapp.queries.sign_ins import open_tokens
from webapp.services import sign_ins
from webapp.snapshots import recipients
from webapp.snapshots.setups import current


@reads("/users/me", MeRecord)
def me() -> MeRecord:
    """Whose token this is."""
    return records.me(viewer())


@reads("/users/me/tokens", Page[TokenRecord])
def tokens() -> Page[TokenRecord]:
    """One's own keys to the API, newest first."""
    return Page[TokenRecord](items=[records.token(each) for each in open_tokens(viewer().id)])


@writes("DELETE", "/users/me/tokens/<int:token_id>", None, HTTPStatus.NO_CONTENT)
def end_token(token_id: int) -> None:
    """One of one's own keys opens nothing any more; also the one that asks."""
    sign_ins.end_token(viewer().id, token_id, viewer().actor)


@reads("/users", Page[UserRecord])
def index() -> Page[UserRecord]:
    """Everybody who works here."""
    away = recipients.away()
    active = [each for each in current().people.values() if each.is_active]
    return Page[UserRecord](items=[records.record(each, away) for each in active])
