"""A person's address as the API tells it."""

from __future__ import annotations

from datetime import datetime

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
    return ChannelRecord.of(row)
