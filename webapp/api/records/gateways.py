"""What the firm sends by, without its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.api.types import Record
from webapp.i18n import deliveries as words
from webapp.snapshots.reach import GatewayFacts


class GatewayRecord(Record):
    """`trouble`: why it does not take what it is given, in words; "" while it does."""

    kind: str
    host: str
    sender: str
    to_clients: bool
    is_of_environment: bool
    trouble: str


def record(facts: GatewayFacts, trouble: Mapping[str, Any] | None) -> GatewayRecord:
    return GatewayRecord.of(facts, host=facts.host, trouble=words.reason(trouble or {}))
