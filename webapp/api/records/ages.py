"""How long deals stand, stage by stage and person by person."""

from __future__ import annotations

from pydantic import BaseModel

from webapp.queries.ages import Ages


class StageAgesRecord(BaseModel):
    """`median` and `oldest` are seconds that open deals have stood on this stage."""

    stage: str
    deals: int
    median: int | None
    oldest: int | None
    stuck: int
    no_next_step: int


class PersonAgesRecord(BaseModel):
    person_id: int
    stuck: int
    no_next_step: int


class AgesRecord(BaseModel):
    """A deal is stuck that has stood on its stage for `stuck_after_days`; `people` are those who have any such, or
    deals without a next step."""

    items: list[StageAgesRecord]
    people: list[PersonAgesRecord]
    stuck_after_days: int
    next: str | None = None


def record(found: Ages, days: int) -> AgesRecord:
    return AgesRecord(
        items=[
            StageAgesRecord(
                stage=each.stage.key,
                deals=each.deals,
                median=each.median,
                oldest=each.oldest,
                stuck=each.stuck,
                no_next_step=each.no_next_step,
            )
            for each in found.stages
        ],
        people=[
            PersonAgesRecord(person_id=each.person.id, stuck=each.stuck, no_next_step=each.no_next_step)
            for each in found.people
        ],
        stuck_after_days=days,
    )
