"""The one gate: wherever a deal's stage or a required value changes, it is asked."""

from __future__ import annotations

from rules import gates
from rules.facts import Snapshot
from rules.fields import is_blank
from rules.gates import Missing
from rules.setup import Stage
from webapp.errors import Refused
from webapp.models import Contact, Deal
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.setups import current

LOST_REASON = Missing("deal", "lost_reason", {"en": "Why it was lost", "ru": "Почему потеряна"}, "text", ())


def lacks(stage: Stage, snapshot: Snapshot) -> tuple[Missing, ...]:
    """What a deal would have to be given to stand on `stage`."""
    if stage.kind == "lost":
        return (LOST_REASON,) if is_blank(snapshot.value("deal", "lost_reason")) else ()
    setup = current()
    stages = [each.facts for each in setup.stages_of(stage.pipeline_id)]
    return gates.missing_fields(setup.catalogue, stages, stage.id, snapshot)


def needs(deal: Deal) -> dict[str, tuple[Missing, ...]]:
    """What the deal lacks for each stage that it could be moved to, by the stage's key."""
    snapshot, stages = snapshot_of(deal), current().stages_of(deal.pipeline_id)
    others = [each for each in stages if each.id != deal.stage_id]
    return {each.key: lacks(each, snapshot.with_values("deal", {"stage": each.key})) for each in others}


def check_entry(stage: Stage, entering: Snapshot) -> None:
    """`entering` is the deal as it would stand there. Raises Refused("required_fields") with exactly what is
    missing."""
    if missing := lacks(stage, entering):
        raise Refused("required_fields", missing=missing, stage=stage.key, stage_name=dict(stage.name))


def check_edit(deal: Deal, before: Snapshot, contact: Contact | None = None) -> None:
    """After an edit: what the deal's stage requires must not have been taken away. Old gaps are let be."""
    stage = current().stages.get(deal.stage_id)
    if stage is None or stage.kind == "lost":
        return
    lacked = {(each.entity, each.key) for each in lacks(stage, before)}
    now = lacks(stage, snapshot_of(deal, contact))
    gone = tuple(each for each in now if (each.entity, each.key) not in lacked)
    if gone:
        raise Refused("required_fields", missing=gone, stage=stage.key, stage_name=dict(stage.name))
