"""What differs between two set-ups, in words: a line for each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.setup_changes import Change
from rules.setup_documents import Document, Item
from rules.setup_edits import Unfit
from rules.setup_parts import KINDS
from webapp.i18n import N_, formats
from webapp.i18n.catalogue import language
from webapp.i18n.isolates import gettext, isolated
from webapp.i18n.line_ends import BETWEEN
from webapp.snapshots import names_today

THINGS = {
    "pipeline": N_("Pipeline “%(name)s”"),
    "stage": N_("Stage “%(name)s”"),
    "field": N_("Field “%(name)s”"),
    "robot": N_("Robot “%(name)s”"),
    "trigger": N_("Trigger “%(name)s”"),
}
CODES = {
    "added": N_("%(thing)s is new"),
    "archived": N_("%(thing)s is archived"),
    "brought_back": N_("%(thing)s is back from the archive"),
    "moved": N_("%(thing)s has moved"),
}
PARTS = {
    "name": N_("name"),
    "department": N_("department"),
    "kind": N_("kind"),
    "hue": N_("colour"),
    "label": N_("name"),
    "help": N_("help"),
    "options": N_("options"),
    "lost_reasons": N_("reasons for losing a deal"),
    "required_from": N_("required from"),
    "required_if": N_("required if"),
    "shown_as": N_("on the card"),
    "stage": N_("stage"),
    "is_on": N_("on or off"),
    "starts": N_("what starts it"),
    "timing": N_("when"),
    "when": N_("at what hours"),
    "condition": N_("condition"),
    "settings": N_("settings"),
    "once_per_deal": N_("once per deal"),
    "also_later": N_("also if the condition becomes true later"),
    "event": N_("event"),
}
LANGUAGES = {"en": N_("English"), "ru": N_("Russian")}
UNFIT = {
    "gone": N_("%(thing)s no longer exists"),
    "exists": N_("%(thing)s already exists"),
    "changed_beneath": N_("%(thing)s was changed by somebody else in the meantime"),
}
SAID = ("text", "flag", "stage", "stages", "department")  # shapes whose values are short enough to be said


def changes(found: Iterable[Change], document: Document) -> list[str]:
    """A line for each; `document` knows the stages that they name."""
    return [change(each, document) for each in found]


def change(found: Change, document: Document) -> str:
    """One change in a line."""
    named = thing(found.kind, found.key, found.name)
    if found.code != "changed":
        return gettext(CODES[found.code], thing=named)
    if found.part == "is_on":
        return gettext("%(thing)s is on", thing=named) if found.new else gettext("%(thing)s is off", thing=named)
    part, value = gettext(PARTS.get(found.part, found.part)), _value(found, document)
    if found.part == "required_from":
        return _required(named, value)
    if (other := _other_language(found)) is not None:
        language, words = other
        return gettext(
            "%(thing)s: %(part)s (%(language)s) is now %(value)s",
            thing=named,
            part=part,
            language=language,
            value=words,
        )
    if value:
        return gettext("%(thing)s: %(part)s is now %(value)s", thing=named, part=part, value=value)
    return gettext("%(thing)s: %(part)s changed", thing=named, part=part)


def _required(named: str, stages: str) -> str:
    if not stages:
        return gettext("%(thing)s: no longer required on any stage", thing=named)
    return gettext("%(thing)s: required from %(stages)s on", thing=named, stages=stages)


def _other_language(found: Change) -> tuple[str, str] | None:
    """Which language a text has changed in, and to what, where that is not the reader's: they would read it as it
    was."""
    old, new = (each if isinstance(each, Mapping) else {} for each in (found.old, found.new))
    changed = [each for each in LANGUAGES if old.get(each, "") != new.get(each, "")]
    if not new or language() in changed or not changed:
        return None
    return gettext(LANGUAGES[changed[0]]), _quoted(new.get(changed[0], ""))


def _quoted(words: str) -> str:
    return gettext("“%(words)s”", words=words) if words else gettext("none")


def unfit(found: Unfit) -> str:
    """What an edit of the draft has met."""
    named = thing(found.edit.kind, found.edit.key, found.name)
    part = PARTS.get(found.edit.part)
    words = gettext(UNFIT[found.code], thing=named)
    return gettext("%(what)s (%(part)s)", what=words, part=gettext(part)) if part else words


def thing(kind: str, key: str, name: Mapping[str, str]) -> str:
    """What kind of thing it is and what the firm calls it."""
    return gettext(THINGS.get(kind, THINGS["field"]), name=formats.text(name) or key.rpartition("/")[2])


def stage_name(key: object, document: Document) -> str:
    """A stage by its whole key, as the firm calls it."""
    found: Item | None = document.get("stage", str(key))
    return formats.text(found.name) if found else str(key)


def place_name(key: str, document: Document) -> str:
    """A stage with its pipeline, where there are several."""
    pipeline = document.get("pipeline", key.partition("/")[0])
    name = stage_name(key, document)
    return (
        f"{isolated(formats.text(pipeline.name))}{BETWEEN}{isolated(name)}"
        if pipeline and len(document.of("pipeline")) > 1
        else name
    )


def _value(found: Change, document: Document) -> str:
    shape = next((each.shape for each in KINDS[found.kind].parts if each.key == found.part), "")
    if shape not in SAID:
        return ""
    if found.new is None or found.new == []:
        return "" if found.part == "required_from" else gettext("none")
    if shape == "flag":
        return gettext("yes") if found.new else gettext("no")
    if shape == "text" and isinstance(found.new, Mapping):
        return _quoted(formats.text(found.new))
    if shape == "department":
        return _department(str(found.new))
    stages = found.new if isinstance(found.new, list) else [found.new]
    return ", ".join(_quoted(stage_name(each, document)) for each in stages)


def _department(path: str) -> str:
    """As the firm calls it; the path where it is no more."""
    name = names_today.department(path)
    return formats.text(name) if name else path
