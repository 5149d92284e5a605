"""The starter set of a new firm: robots that are worth having from the first day, with the firm's own stages, times and
sums in them. What is there already is not made twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.hues import hue_for
from rules.setup_documents import Document
from rules.setup_edits import Edit
from rules.setup_parts import ARCHIVED
from webapp.access.scopes import Actor
from webapp.errors import NotFound, Problems, Refused
from webapp.services import drafts, journal, setup_editing, single_changes, values
from webapp.services.starter_words import NAMES, PAYMENT, TEXTS, VIP, Words
from webapp.snapshots import setup_documents as documents
from webapp.snapshots import setups

Json = dict[str, Any]
MOST_MINUTES, MOST_DAYS = 1440, 90


@dataclass(frozen=True, slots=True)
class StarterSet:
    """What is wanted; None or False: not. `large` in minor units of the firm's currency."""

    minutes: int | None = None
    vip: bool = False
    days: int | None = None
    large: int | None = None


def read(raw: Mapping[str, str], by: Actor) -> StarterSet:
    """As typed: `reaction`, `vip`, `unpaid`, `large` on or off, with `minutes`, `days`, `amount`. Raises Refused."""
    problems: Problems = {}
    on = {name: raw.get(name) == "on" for name in ("reaction", "vip", "unpaid", "large")}
    problems |= {name: {"code": "not_yes_or_no"} for name in on if raw.get(name, "off") not in ("on", "off")}
    minutes = _whole("minutes", raw, MOST_MINUTES, problems) if on["reaction"] else None
    days = _whole("days", raw, MOST_DAYS, problems) if on["unpaid"] else None
    large = None
    if on["large"]:
        try:
            large = values.money(raw.get("amount", ""), by)
        except Refused as error:
            problems |= {"amount": next(iter(error.problems.values()))}
        if large is None or large <= 0:
            problems.setdefault("amount", {"code": "not_positive"})
    if problems:
        raise Refused("bad_fields", problems=problems)
    return StarterSet(minutes, on["vip"], days, large)


def _whole(name: str, raw: Mapping[str, str], most: int, problems: Problems) -> int | None:
    typed = raw.get(name, "").strip()
    if typed.isdecimal() and len(typed) < 6 and 0 < int(typed) <= most:
        return int(typed)
    problems[name] = {"code": "bad_amount", "limit": most}
    return None


def take(wanted: StarterSet, by: Actor) -> None:
    """Make it, in the firm's first pipeline, as a version of the set-up."""
    drafts.lock()
    setup = setups.current()
    pipeline = setup.pipeline_of(None)
    opened = [each for each in (setup.stages_of(pipeline.id) if pipeline else ()) if each.kind == "open"]
    if pipeline is None or not opened:
        raise NotFound("pipeline")
    new, work = opened[0], opened[1:2] or opened[:1]
    made = _Made(documents.live(), pipeline.key)
    if wanted.minutes:
        _reaction(made, new.key, new.name, wanted.minutes)
        made.trigger("dialogue_taken", "dialogue_taken", work[0].key)
    if wanted.vip:
        _vip(made, new.key)
    if wanted.days:
        _unpaid(made, opened[-1].key, wanted.days)
    if wanted.large:
        _large(made, list(dict.fromkeys((new.key, work[0].key))), wanted.large)
    single_changes.make(made.edits, by, by_default=True)
    journal.write("robot.starter_set_taken", "firm", setup.firm.id, by)


class _Made:
    """What is wanted, as edits of the set-up; what is there already is left as it is."""

    def __init__(self, document: Document, pipeline: str) -> None:
        self.document, self.pipeline = document, pipeline
        self.edits: list[Edit] = []

    def add(self, kind: str, key: str, given: Json, after: str = "") -> None:
        known = self.document.get(kind, key)
        if known is None:
            self.edits += single_changes.new_edits(self.document, kind, key, given, after)
        elif known.is_archived:
            self.edits.append(Edit(kind, key, ARCHIVED.key, False))

    def stage(self, bare: str) -> str:
        return f"{self.pipeline}/{bare}"

    def robot(self, key: str, stage: str, kind: str, condition: Json, settings: Json, **more: Any) -> None:
        given = {"name": NAMES[key.removesuffix("_2")], "kind": kind, "stage": self.stage(stage), "settings": settings}
        self.add("robot", key, {**given, "condition": {"all": [condition]}, **more})

    def trigger(self, key: str, event: str, stage: str) -> None:
        self.add("trigger", key, {"name": NAMES[key], "event": event, "stage": self.stage(stage)})


def _reaction(made: _Made, stage: str, name: Mapping[str, str], minutes: int) -> None:
    unanswered = {"entity": "conversation", "field": "unanswered", "operator": "eq", "value": True}
    settings = {"to": "head", "text": _put(TEXTS["reaction_control"], name), "urgency": "urgent"}
    timing = {"after": {"amount": minutes, "unit": "minutes"}}
    made.robot("reaction_control", stage, "control", unanswered, settings, timing=timing)


def _vip(made: _Made, stage: str) -> None:
    """A mark on contacts, and whoever has it is announced whenever they write."""
    made.add("field", "contact/vip", {"kind": "checkbox", "label": VIP, "shown_as": "mark"})
    is_vip = {"entity": "contact", "field": "vip", "operator": "eq", "value": True}
    settings = {"sender": "firm", "to": "head", "text": TEXTS["vip_notification"]}
    made.robot("vip_notification", stage, "notify", is_vip, settings, starts=["client_wrote"])


def _unpaid(made: _Made, last: str, days: int) -> None:
    """A stage of its own before the end, on which a deal waits for its money; paid in full, it is won."""
    hue = hue_for("open", setup_editing.hues_of(made.document, made.pipeline))
    made.add("stage", made.stage("payment"), {"name": PAYMENT, "kind": "open", "hue": hue}, made.stage(last))
    unpaid = {"entity": "invoices", "field": "unpaid", "operator": "eq", "value": True}
    timing = {"after": {"amount": days, "unit": "working_days"}}
    settings = {"to": "head", "text": TEXTS["unpaid_invoice"]}
    made.robot("unpaid_invoice", "payment", "control", unpaid, settings, timing=timing)
    won = [each for each in made.document.stages_of(made.pipeline) if each.parts.get("kind") == "won"]
    if won:
        made.trigger("invoice_paid", "invoice_paid_in_full", won[0].key.rpartition("/")[2])


def _large(made: _Made, stages: list[str], least: int) -> None:
    """On each of the first stages, also when the amount is written later, and once for a deal."""
    is_large = {"entity": "deal", "field": "amount", "operator": "gte", "value": least}
    settings = {"sender": "firm", "to": "head", "text": TEXTS["large_deal"]}
    for key, stage in zip(("large_deal", "large_deal_2"), stages, strict=False):
        made.robot(key, stage, "notify", is_large, settings, once_per_deal=True, also_later=True)


def _put(text: Words, stage: Mapping[str, str]) -> Words:
    """The stage as the firm calls it, in the language of each text where it has that."""
    fallback = next(iter(stage.values()), "")
    return {locale: words.replace("{stage}", stage.get(locale) or fallback) for locale, words in text.items()}
