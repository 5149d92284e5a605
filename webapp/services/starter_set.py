"""The starter set of a new firm: robots that are worth having from the first day, with the firm's own stages, times and
sums in them. What is there already is not made twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from webapp.access.scopes import Actor
from webapp.db import advisory_lock, session
from webapp.errors import NotFound, Problems, Refused
from webapp.models import Field, Robot, Stage, Trigger
from webapp.services import journal, values
from webapp.services.starter_words import NAMES, PAYMENT, TEXTS, VIP, Words
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
    """Make it, in the firm's first pipeline."""
    advisory_lock("starter set")
    setup = setups.current()
    pipeline = setup.pipeline_of(None)
    new = setup.first_open_stage(pipeline.id) if pipeline else None
    if pipeline is None or new is None:
        raise NotFound("pipeline")
    work = [each for each in setup.stages_of(pipeline.id) if each.kind == "open"][1:2] or [new]
    if wanted.minutes:
        _reaction(new.id, new.name, wanted.minutes)
        _trigger("dialogue_taken", "dialogue_taken", work[0].id)
    if wanted.vip:
        _vip(new.id)
    if wanted.days:
        _unpaid(pipeline.id, wanted.days)
    if wanted.large:
        _large([new.id] if new.id == work[0].id else [new.id, work[0].id], wanted.large)
    session().flush()
    journal.write("robot.starter_set_taken", "firm", setup.firm.id, by)
    setups.changed()


def _reaction(stage_id: int, stage: Mapping[str, str], minutes: int) -> None:
    unanswered = {"entity": "conversation", "field": "unanswered", "operator": "eq", "value": True}
    settings = {"to": "head", "text": _put(TEXTS["reaction_control"], stage), "urgency": "urgent"}
    timing = {"after": {"amount": minutes, "unit": "minutes"}}
    _robot("reaction_control", stage_id, "control", timing, unanswered, settings)


def _vip(stage_id: int) -> None:
    """A mark on contacts, and whoever has it is announced whenever they write."""
    if session().scalar(select(Field.id).where(Field.entity == "contact", Field.key == "vip")) is None:
        session().add(Field(entity="contact", key="vip", kind="checkbox", label=VIP, shown_as="mark"))
    is_vip = {"entity": "contact", "field": "vip", "operator": "eq", "value": True}
    settings = {"sender": "firm", "to": "head", "text": TEXTS["vip_notification"]}
    _robot("vip_notification", stage_id, "notify", {"at_once": True}, is_vip, settings, starts=["client_wrote"])


def _unpaid(pipeline_id: int, days: int) -> None:
    """A stage of its own before the end, on which a deal waits for its money; paid in full, it is won."""
    stage_id = _payment_stage(pipeline_id)
    unpaid = {"entity": "invoices", "field": "unpaid", "operator": "eq", "value": True}
    timing = {"after": {"amount": days, "unit": "working_days"}}
    _robot("unpaid_invoice", stage_id, "control", timing, unpaid, {"to": "head", "text": TEXTS["unpaid_invoice"]})
    won = select(Stage.id).where(Stage.pipeline_id == pipeline_id, Stage.kind == "won").order_by(Stage.position)
    _trigger("invoice_paid", "invoice_paid_in_full", session().scalars(won).first())


def _payment_stage(pipeline_id: int) -> int:
    known = select(Stage).where(Stage.pipeline_id == pipeline_id)
    stage = session().scalars(known.where(Stage.key == "payment")).first()
    if stage is not None:
        return stage.id
    last = select(func.max(Stage.position)).where(Stage.pipeline_id == pipeline_id, Stage.kind == "open")
    position = (session().scalar(last) or 0) + 1
    for each in session().scalars(known.where(Stage.position >= position)).all():
        each.position += 1
    hue = session().scalar(select(func.count(Stage.id)).where(Stage.pipeline_id == pipeline_id)) or 0
    stage = Stage(pipeline_id=pipeline_id, key="payment", name=PAYMENT, position=position, kind="open", hue=hue)
    session().add(stage)
    session().flush()
    return stage.id


def _large(stage_ids: list[int], least: int) -> None:
    """On each of the first stages, also when the amount is written later, and once for a deal."""
    is_large = {"entity": "deal", "field": "amount", "operator": "gte", "value": least}
    settings = {"sender": "firm", "to": "head", "text": TEXTS["large_deal"]}
    for n, stage_id in enumerate(stage_ids):
        key = "large_deal" if n == 0 else f"large_deal_{n + 1}"
        _robot(key, stage_id, "notify", {"at_once": True}, is_large, settings, once=True, name="large_deal")


def _robot(
    key: str,
    stage_id: int,
    kind: str,
    timing: Json,
    condition: Json,
    settings: Json,
    *,
    starts: list[str] | None = None,
    once: bool = False,
    name: str = "",
) -> None:
    if session().scalar(select(Robot.id).where(Robot.key == key)) is not None:
        return
    session().add(
        Robot(
            key=key,
            stage_id=stage_id,
            kind=kind,
            name=NAMES[name or key],
            position=session().scalar(select(func.count(Robot.id))) or 0,
            starts=starts or ["entered"],
            timing=timing,
            condition={"all": [condition]},
            settings=settings,
            once_per_deal=once,
            also_later=once,
        )
    )
    session().flush()


def _trigger(key: str, event: str, stage_id: int | None) -> None:
    if stage_id is not None and session().scalar(select(Trigger.id).where(Trigger.key == key)) is None:
        session().add(Trigger(key=key, event=event, stage_id=stage_id, name=NAMES[key]))


def _put(text: Words, stage: Mapping[str, str]) -> Words:
    """The stage as the firm calls it, in the language of each text where it has that."""
    fallback = next(iter(stage.values()), "")
    return {locale: words.replace("{stage}", stage.get(locale) or fallback) for locale, words in text.items()}
