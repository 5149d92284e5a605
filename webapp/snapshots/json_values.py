"""Stored values in JSON form, as other systems have them: answered by the API, told by webhooks. Money is a decimal
string, a stage its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.facts import FieldSpec
from rules.field_kinds import field_kind
from webapp.snapshots.setups import SetupSnapshot


def shown_fields(entity: str, values: Mapping[str, Any], setup: SetupSnapshot) -> dict[str, Any]:
    """The firm's own fields of a record, each of them, in JSON form."""
    own = [spec for spec in setup.catalogue.of(entity) if not spec.is_built_in]
    return {spec.key: shown(spec, values.get(spec.key), setup) for spec in own}


def shown(spec: FieldSpec | None, stored: Any, setup: SetupSnapshot) -> Any:
    """A stored value in JSON form; an untouched checkbox says no."""
    if isinstance(stored, list):
        return [shown(spec, each, setup) for each in stored]
    if spec is not None and spec.kind == "stage":
        return setup.name_of_stage(stored) if isinstance(stored, int) else stored
    return field_kind(spec.kind).as_json(stored, setup.firm.digits) if spec else stored
