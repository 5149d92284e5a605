"""How long deals stand on the stages of a pipeline, and whose stand still: over what the caller reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from rules.stuck import STUCK_AFTER
from webapp.access.viewer import viewer
from webapp.api.records.ages import AgesRecord, record
from webapp.api.routes import reads
from webapp.errors import invalid
from webapp.queries import ages as found
from webapp.snapshots.setups import current


class AgesQuery(BaseModel):
    """Of a pipeline by its key, else of the first."""

    model_config = ConfigDict(extra="forbid")

    pipeline: str | None = None


@reads("/ages", AgesRecord)
def index(query: AgesQuery) -> AgesRecord:
    """Stage by stage, in seconds by the clock; and person by person."""
    pipeline = current().pipeline_of(query.pipeline)
    if pipeline is None:
        raise invalid("pipeline", "unknown_pipeline")
    return record(found.ages(viewer().scope, pipeline.id), STUCK_AFTER.days)
