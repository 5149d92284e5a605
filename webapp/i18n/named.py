"""What stages, fields and people are called, so that no two of them read the same: in the set-up that is live, or in
one that is only drafted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rules import setup as parts
from rules.facts import ENTITIES as ENTITY_KEYS
from rules.facts import Catalogue, FieldSpec, Text
from rules.setup import Setup, Stage
from webapp.i18n import formats
from webapp.i18n.isolates import gettext, isolated
from webapp.i18n.runs import ENTITIES
from webapp.snapshots import setups


@dataclass(frozen=True, slots=True)
class Named:
    """The stages and fields of one set-up, archived ones too."""

    stages: Mapping[int, Stage]
    pipelines: Mapping[int, Text]
    catalogue: Catalogue
    archived_fields: Mapping[tuple[str, str], FieldSpec]
    stage_keys: Mapping[int, str]  # their whole keys, as "sales/new"

    def spec(self, entity: str, key: str) -> FieldSpec | None:
        """A field, an archived one too."""
        return self.catalogue.get(entity, key) or self.archived_fields.get((entity, key))

    def field(self, spec: FieldSpec) -> str:
        """A field with its entity; with its key where another reads the same."""
        entity = gettext(ENTITIES[spec.entity]) if spec.entity in ENTITY_KEYS else spec.entity
        return f"{entity} · {isolated(self.label(spec))}"

    def label(self, spec: FieldSpec) -> str:
        """A field by itself; with its key where another of its entity reads the same."""
        mine = formats.text(spec.label)
        others = (each for each in self.catalogue.of(spec.entity) if each.key != spec.key)
        return f"{isolated(mine)} ({spec.key})" if any(formats.text(each.label) == mine for each in others) else mine

    def stage(self, stage_id: Any) -> str:
        """A stage's name in quotes; with its pipeline where another is called the same."""
        found = self.stages.get(stage_id)
        if found is None:
            return gettext("a stage that no longer exists (%(number)s)", number=stage_id)
        name = formats.text(found.name)
        alike = [each for each in self.stages.values() if formats.text(each.name) == name]
        if len(alike) == 1:
            return quoted(name)
        pipeline = isolated(formats.text(self.pipelines.get(found.pipeline_id)))
        is_alone = all(each is found or each.pipeline_id != found.pipeline_id for each in alike)
        return f"{quoted(name)} ({pipeline})" if is_alone else f"{quoted(name)} ({pipeline}, {found.key})"

    def stage_key(self, stage_id: Any) -> str:
        """What a control sends for a kept stage; what is none stays as it is, to be refused by its name."""
        return self.stage_keys.get(stage_id, "" if stage_id is None else str(stage_id))

    def stage_by_key(self, whole: str) -> str:
        """As `stage`, of its whole key."""
        return self.stage(next((each for each, key in self.stage_keys.items() if key == whole), whole))


def live() -> Named:
    """In what runs now."""
    return of(setups.current().value)


def of(value: Setup) -> Named:
    """In this set-up."""
    pipelines = {each.id: each.key for each in value.pipelines}
    return Named(
        stages={each.id: each for each in value.stages},
        pipelines={each.id: each.name for each in value.pipelines},
        catalogue=parts.catalogue(value),
        archived_fields={(each.entity, each.key): each for each in value.archived_fields},
        stage_keys={each.id: f"{pipelines.get(each.pipeline_id, '')}/{each.key}" for each in value.stages},
    )


def person(user_id: Any) -> str:
    """A person's name; with the e-mail where two are called the same."""
    people = setups.current().people
    found = people.get(user_id)
    if found is None:
        return gettext("an unknown person (%(number)s)", number=user_id)
    is_alone = all(each.id == found.id or each.name != found.name for each in people.values())
    return found.name if is_alone else f"{isolated(found.name)} ({found.email})"


def webhook(key: Any) -> str:
    """What another system is called here, in quotes; with its key where another is called the same."""
    known = setups.current().webhooks
    if key not in known:
        return gettext("a webhook that no longer exists (%(key)s)", key=key)
    return told_apart(key, known, lambda each: quoted(known[each]))


def option(spec: FieldSpec, key: Any) -> str:
    """An option's label; with its key where another has the same."""
    labels = {each.key: formats.text(each.label) or each.key for each in spec.options}
    return told_apart(key, labels, lambda each: labels.get(each, str(each)))


def quoted(words: str) -> str:
    """In the quotation marks of the reader's language."""
    return str(gettext("“%(words)s”", words=words))


def told_apart(one: Any, all_of_them: Iterable[Any], named: Callable[[Any], str]) -> str:
    """The name of one; with its key where another has the same."""
    mine = named(one)
    return f"{mine} ({one})" if any(each != one and named(each) == mine for each in all_of_them) else mine
