"""A condition that came from its builder, against what the builder had shown and what stands in the draft by now."""

from __future__ import annotations

from webapp.access.scopes import Actor
from webapp.services import drafts, setup_editing
from webapp.snapshots import drafts as snapshots
from webapp.web.forms import WAS, Posted
from webapp.web.setup_controls import CONDITION, condition_text, typed_over


def is_meant(posted: Posted, kind: str, key: str, part: str, wanted: object, by: Actor) -> bool:
    """Whether what was built is to be kept: it is not what was shown. Raises Refused("stale") where somebody else has
    changed the condition since."""
    drafts.lock()
    names = setup_editing.names_of(snapshots.current().document)
    said = posted.saying(CONDITION, condition_text(setup_editing.written(kind, part, wanted, names)))
    typed_over(said, kind, key, part, by)
    return CONDITION in said.changed


def shown_by(posted: Posted) -> str:
    """What the builder has shown, which stays so while it is being built."""
    return posted.text(WAS + CONDITION)
