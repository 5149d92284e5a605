"""A person's address as the API tells it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field

from webapp.api.types import Record
from webapp.models import Address


class ChannelRecord(Record):
    """It counts once `confirmed_at` is set."""

    model_config = ConfigDict(serialize_by_alias=True)

    id: int
    kind: str
    address: str
    wanted_for: list[str] = Field(serialization_alias="for")
    confirmed_at: datetime | None


def channel(row: Address) -> ChannelRecord:
    """The address of a browser opens it to whoever knows it: only its service is named."""
    shown = {"address": urlsplit(row.address).hostname or ""} if row.kind == "push" else {}
    return ChannelRecord.of(row, **shown)
