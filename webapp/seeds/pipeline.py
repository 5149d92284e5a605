"""The lesson's pipeline with its six stages, and its two fields."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.db import session
from webapp.models import Field, FieldRequirement, Stage
from webapp.seeds import words
from webapp.services import founding


def sales(department_id: int) -> dict[str, int]:
    """The lesson's pipeline and stages. Ids of its stages by key."""
    return founding.pipeline(words.PIPELINE, words.STAGES, department_id)


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
