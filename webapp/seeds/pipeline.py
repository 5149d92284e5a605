"""The pipeline of a new firm: the lesson's six stages; and the lesson's two fields."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.db import session
from webapp.models import Field, FieldRequirement, Pipeline, Stage
from webapp.seeds import words

STAGE_KINDS = {"won": "won", "lost": "lost"}


def sales(department_id: int) -> dict[str, int]:
    """Pipeline `sales`, whose inquiries go to this department. Ids of its stages by key."""
    pipeline = Pipeline(key="sales", name=words.PIPELINE, department_id=department_id)
    session().add(pipeline)
    session().flush()
    stages = [
        Stage(pipeline_id=pipeline.id, key=key, name=name, position=n, kind=STAGE_KINDS.get(key, "open"), hue=n)
        for n, (key, name) in enumerate(words.STAGES.items())
    ]
    session().add_all(stages)
    session().flush()
    return {each.key: each.id for each in stages}


def fields(stages: Mapping[str, int]) -> None:
    """VIP on contacts; Equipment type on deals, required from Processing on; `stages` are ids by key."""
    options = [{"key": key, "label": label} for key, label in words.EQUIPMENT_TYPES.items()]
    equipment_type = Field(
        entity="deal", key="equipment_type", kind="select", label=words.EQUIPMENT_TYPE, options=options, shown_as="tag"
    )
    session().add(Field(entity="contact", key="vip", kind="checkbox", label=words.VIP, shown_as="mark"))
    session().add(equipment_type)
    session().flush()
    processing = session().get_one(Stage, stages["processing"])
    session().add(
        FieldRequirement(field_id=equipment_type.id, pipeline_id=processing.pipeline_id, stage_id=processing.id)
    )
