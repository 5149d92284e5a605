"""The gate: what a deal must have before it may stand on a stage. Who may move it is not asked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules import conditions, fields
from rules.facts import Catalogue, FieldSpec, Option, Snapshot, StageFacts, Text


@dataclass(frozen=True, slots=True)
class Missing:
    """A field that the small form asks for."""

    entity: str
    key: str
    label: Text
    kind: str
    options: tuple[Option, ...]  # that can be chosen


def missing_fields(
    catalogue: Catalogue, stages: Sequence[StageFacts], to: int, snapshot: Snapshot
) -> tuple[Missing, ...]:
    """What the deal lacks for stage `to`, in the catalogue's order. The snapshot is the deal as it would be: with the
    values that come along with the move.

    Raises KeyError when `to` is none of the pipeline's stages.
    """
    return tuple(
        Missing(spec.entity, spec.key, spec.label, spec.kind, spec.choices)
        for spec in asks_for(catalogue, stages, to)
        if fields.is_blank(snapshot.value(spec.entity, spec.key))
        and conditions.evaluate(spec.required_if, snapshot, catalogue).holds
    )


def asks_for(catalogue: Catalogue, stages: Sequence[StageFacts], to: int) -> tuple[FieldSpec, ...]:
    """Every field that stage `to` may ask for, before anything is known of the deal: the hint over a column."""
    by_id = {stage.id: stage for stage in stages}
    target = by_id[to]
    return tuple(
        spec
        for spec in catalogue.fields.values()
        if spec.required_from  # which most have none of
        and any(each in by_id and _holds_on(by_id[each], target) for each in spec.required_from)
    )


def _holds_on(first: StageFacts, target: StageFacts) -> bool:
    """Required from `first` on: there, on every later open stage and in Won wherever it stands; Lost asks nothing."""
    if target.kind == "lost":
        return False
    if target.kind == "won":
        return first.kind != "lost"
    return first.kind == "open" and first.position <= target.position
