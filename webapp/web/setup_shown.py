"""The draft as the screens of the set-up read it: as a value with words, everything found by its key or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort

from rules import setup as parts
from rules.facts import Catalogue
from rules.robots import RobotSpec
from rules.setup import Pipeline, Setup, Stage
from rules.setup_documents import Document
from rules.triggers import TriggerSpec
from webapp.i18n import named
from webapp.i18n.named import Named
from webapp.snapshots import drafts, setup_documents
from webapp.snapshots.drafts import Draft


@dataclass(frozen=True, slots=True)
class Shown:
    """The draft as it stands, once a request."""

    draft: Draft
    value: Setup
    names: Named
    ids: dict[tuple[str, str], int]

    @property
    def document(self) -> Document:
        return self.draft.document

    @property
    def catalogue(self) -> Catalogue:
        return self.names.catalogue

    def pipeline(self, key: str) -> Pipeline:
        return parts.pipeline_named(self.value, key) or abort(404)

    def stage(self, pipeline: str, key: str) -> Stage:
        number = self.ids.get(("stage", f"{pipeline}/{key}"))
        return next((each for each in self.value.stages if each.id == number), None) or abort(404)

    def rule(self, kind: str, key: str) -> RobotSpec | TriggerSpec:
        number = self.ids.get((kind, key))
        rules: tuple[RobotSpec | TriggerSpec, ...] = self.value.robots if kind == "robot" else self.value.triggers
        return next((each for each in rules if each.id == number), None) or abort(404)

    def key_of(self, kind: str, number: int | None) -> str:
        return next((key for (each, key), found in self.ids.items() if (each, found) == (kind, number)), "")


def shown() -> Shown:
    draft = drafts.current()
    valued = setup_documents.value_of(draft.document)
    return Shown(draft, valued.setup, named.of(valued.setup), dict(valued.ids))
