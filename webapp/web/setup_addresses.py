"""Where a thing of the set-up stands open to be changed."""

from __future__ import annotations

from rules.setup_documents import Document


def address_of(kind: str, key: str, document: Document) -> str:
    """The page of its editor in the draft. A robot of any stage, and what leads to a stage that is not there, stand in
    every pipeline: the first will do."""
    home, _, bare = key.rpartition("/")
    if kind == "field":
        return f"/settings/fields/{key}"
    if kind == "pipeline":
        return f"/automation/{key}/settings"
    if kind == "stage":
        return f"/automation/{home}/stages/{bare}"
    item = document.get(kind, key)
    wanted = str(item.parts.get("stage")).partition("/")[0] if item else ""
    pipelines = [each.key for each in document.of("pipeline")]
    return f"/automation/{wanted if wanted in pipelines else next(iter(pipelines), '')}/{kind}s/{key}"
