"""One deal whole: its fields and what stages will ask for, its story with every robot's decision, and what comes
next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from rules import conditions, numbering, robots
from rules.facts import FieldSpec, Snapshot, Text
from rules.reach import Way
from rules.rights import Scope
from rules.robot_kinds import kind_of
from rules.setup import Stage
from webapp.access.viewer import scope_of
from webapp.db import session
from webapp.i18n import history, paths, runs, season_words
from webapp.i18n.history_lines import Line
from webapp.models import Contact, Conversation, Deal, Delivery, Invoice, JournalEntry, Message, Note, RobotRun, Task
from webapp.queries import (
    cards,
    figures,
    important,
    journal_facts,
    new_tasks,
    next_steps,
    quick_acts,
    tasks,
)
from webapp.queries.cards import Card
from webapp.queries.figures import DealFigures
from webapp.queries.important_items import ItemView
from webapp.queries.new_tasks import NewTaskAsked
from webapp.queries.next_steps import StepAsked
from webapp.queries.tasks import TaskView
from webapp.snapshots import reach, recipients, setups
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.setups import PersonFacts, SetupSnapshot

SAID = 30  # messages of a conversation at once
LINES = 60  # of history at first; more on asking
MOST_LINES = 5000
MOST_NOTES = 200


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field with its value; `required_from` names the stage ahead that will ask for it while it is empty."""

    spec: FieldSpec
    value: object
    required_from: Text | None


@dataclass(frozen=True, slots=True)
class RunLine:
    """A robot's run: waiting, or ended with its reason, the values read and the way people were found."""

    id: int
    kind: str
    name: Text
    state: str
    at: datetime | None
    due_at: datetime | None
    reason: str
    ticks: list[runs.Tick]
    path: list[str]
    is_late: bool
    error: str
    holds: bool = True  # of a waiting one: whether its condition holds as things stand
    passed: str = ""  # who was passed over on the way to whoever was told, in words
    season: str = ""  # that has changed its norm, in words
    late_by: float = 0.0  # seconds that nobody was there to do it; a moment that had passed when it was armed has none
    is_held: bool = False  # since a restore, until a person lets it go on
    who: str = ""  # is to be told, or to do it; of a waiting one alone, were it now


@dataclass(frozen=True, slots=True)
class Ahead:
    """A robot of the next stage that would not run if the deal came there as it is."""

    kind: str
    name: Text
    stage: Text
    ticks: list[runs.Tick]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Of what was said, as many messages as one page of the deal shows. `last_id` is the last of all of them."""

    conversation: Conversation
    contact: Contact  # whom it is with
    is_former: bool  # the deal is not with them any more
    messages: Sequence[Message]
    last_id: int | None
    is_more: bool
    way: Way  # how what is written here reaches the client


@dataclass(frozen=True, slots=True)
class DealSheet:
    deal: Deal
    card: Card
    stage: Stage
    stages: tuple[Stage, ...]
    contact: Contact | None
    company: str
    deal_fields: list[FieldRow]
    dialogues: list[Dialogue]
    tasks: list[TaskView]
    new_task: NewTaskAsked
    notes: Sequence[Note]  # the newest first
    readers: list[PersonFacts]  # who may be named in one
    invoices: Sequence[Invoice]
    matters: list[ItemView]  # now, on this deal
    waiting: list[RunLine]
    ahead: list[Ahead]
    figures: DealFigures
    story: list[Line | RunLine]
    lines: int  # of the story that were asked for
    is_more: bool
    may_write: bool
    step: StepAsked
    people: list[PersonFacts]  # who may be made responsible
    next_number: str  # that an invoice would follow with
    uninvoiced: int  # of the deal's amount, in minor units
    way: Way  # how a first word reaches the client
    sent: dict[int, Delivery]  # by the message: how far it came

    @property
    def is_unwritten(self) -> bool:
        """Nothing was said yet with whom the deal is with now: the first word may be ours."""
        return self.contact is not None and all(each.is_former for each in self.dialogues)

    @property
    def asked(self) -> list[int]:
        """Tasks that the viewer can accept right here: no prompt need ask for them a second time."""
        return [each.id for each in self.tasks if "accept" in each.may]


def sheet(deal: Deal, scope: Scope, lines: int = LINES, said_before: int | None = None) -> DealSheet:
    """Everything that the deal's sheet tells, of its history the newest `lines`, and of each conversation the latest
    messages, or the latest before a message."""
    setup, snapshot = setups.current(), snapshot_of(deal)
    shown = cards.card(deal.id)
    assert shown is not None
    contact = session().get(Contact, deal.contact_id) if deal.contact_id else None
    stage = setup.stage_by_id(deal.stage_id)
    story = _story(deal.id, lines + 1, setup)
    issued = session().scalars(select(Invoice).where(Invoice.deal_id == deal.id).order_by(Invoice.id)).all()
    return DealSheet(
        deal=deal,
        card=shown,
        stage=stage,
        stages=_steps(stage, setup),
        contact=contact,
        company=shown.company,
        deal_fields=_fields(deal, stage, setup),
        dialogues=_dialogues(deal, said_before),
        tasks=tasks.of_deal(scope, deal.id),
        new_task=new_tasks.asked(scope, deal),
        notes=_notes(deal.id),
        readers=_readers(deal, setup),
        invoices=issued,
        matters=important.of_deal(scope.user_id, deal.id),
        waiting=_waiting(deal, snapshot, setup),
        ahead=_ahead(stage, snapshot, setup),
        figures=figures.of_deal(deal),
        story=story[:lines],
        lines=lines,
        is_more=len(story) > lines,
        may_write=scope.may_write(deal.responsible_id, deal.department_id),
        step=next_steps.asked(deal, scope),
        people=quick_acts.takers(deal, scope),
        next_number=_next_number(),
        uninvoiced=max(deal.amount_minor - sum(each.amount_minor for each in issued), 0),
        way=reach.way_to(contact),
        sent=_sent(deal.id),
    )


def _next_number() -> str:
    """What would follow the firm's last invoice, if no other has it."""
    last = session().scalar(select(Invoice.number).order_by(Invoice.id.desc()).limit(1))
    number = numbering.following(last or "")
    return "" if session().scalar(select(Invoice.id).where(Invoice.number == number)) else number


def _sent(deal_id: int) -> dict[int, Delivery]:
    """The last try of each message that went out."""
    rows = select(Delivery).where(Delivery.deal_id == deal_id, Delivery.message_id.is_not(None)).order_by(Delivery.id)
    return {each.message_id: each for each in session().scalars(rows) if each.message_id is not None}


def _steps(here: Stage, setup: SetupSnapshot) -> tuple[Stage, ...]:
    """The stages of a deal's pipeline, and the archived one that it may still stand on, at its old place."""
    stages = setup.stages_of(here.pipeline_id)
    return tuple(sorted((*stages, here), key=lambda each: each.position)) if here.is_archived else stages


def _fields(deal: Deal, stage: Stage, setup: SetupSnapshot) -> list[FieldRow]:
    stages = {each.id: each for each in setup.stages_of(stage.pipeline_id)}
    rows = []
    for spec in setup.catalogue.of("deal"):
        if spec.is_built_in:
            continue
        first = next((stages[each] for each in spec.required_from if each in stages), None)
        lacks = first is not None and stage.kind == "open" and deal.fields.get(spec.key) in (None, "")
        rows.append(FieldRow(spec, deal.fields.get(spec.key), first.name if first is not None and lacks else None))
    return rows


def _dialogues(deal: Deal, before: int | None) -> list[Dialogue]:
    """A client of a deal has a conversation for each channel; those with whom it is with now come first."""
    found = session().scalars(select(Conversation).where(Conversation.deal_id == deal.id).order_by(Conversation.id))
    shown = [_dialogue(each, deal, before) for each in found.all()]
    return sorted(shown, key=lambda each: each.is_former)


def _dialogue(conversation: Conversation, deal: Deal, before: int | None) -> Dialogue:
    said = select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id.desc())
    part = said if before is None else said.where(Message.id < before)
    messages = session().scalars(part.limit(SAID + 1)).all()
    last = messages[0] if messages and before is None else session().scalars(said.limit(1)).first()
    return Dialogue(
        conversation,
        session().get_one(Contact, conversation.contact_id),
        conversation.contact_id != deal.contact_id,
        messages[:SAID][::-1],
        last.id if last else None,
        len(messages) > SAID,
        reach.way_in(conversation),
    )


def _notes(deal_id: int) -> Sequence[Note]:
    query = select(Note).where(Note.deal_id == deal_id).order_by(Note.id.desc()).limit(MOST_NOTES)
    return session().scalars(query).all()


def _readers(deal: Deal, setup: SetupSnapshot) -> list[PersonFacts]:
    there = [each for each in setup.people.values() if each.is_active]
    return [each for each in there if scope_of(setup, each).may_read(deal.responsible_id, deal.department_id)]


def _waiting(deal: Deal, snapshot: Snapshot, setup: SetupSnapshot) -> list[RunLine]:
    """Robots that are armed, the next first; those that wait for a date to be filled in come last."""
    rows = session().scalars(
        select(RobotRun)
        .where(RobotRun.deal_id == deal.id, RobotRun.state == "waiting")
        .order_by(RobotRun.due_at.is_(None), RobotRun.due_at, RobotRun.id)
    )
    return [_armed(each, deal, snapshot, setup) for each in rows]


def _armed(run: RobotRun, deal: Deal, snapshot: Snapshot, setup: SetupSnapshot) -> RunLine:
    """A waiting run with whom it would reach, and what its condition reads now."""
    verdict = conditions.evaluate(conditions.load(run.definition["condition"]), snapshot, setup.catalogue)
    found = runs.ticks([setups.finding_facts(each) for each in verdict.findings], setup)
    return replace(run_line(run, setup), who=_who(run, deal, setup), holds=verdict.holds, ticks=found)


def _who(run: RobotRun, deal: Deal, setup: SetupSnapshot) -> str:
    on = max(recipients.today(), recipients.day_of(run.due_at)) if run.due_at else None
    people = recipients.reached(run.definition["kind"], run.definition["settings"], deal, on).people
    return ", ".join(map(setup.name_of, people))


def run_line(run: RobotRun, setup: SetupSnapshot) -> RunLine:
    """One run in words."""
    return RunLine(
        id=run.id,
        kind=run.definition["kind"],
        name=run.definition["name"],
        state=run.state,
        at=run.ended_at,
        due_at=run.due_at,
        reason=runs.reason(run.reason, setup),
        ticks=runs.ticks(run.findings, setup),
        path=paths.path(run.path, setup),
        passed=paths.passed_over(run.path, setup),
        is_late=run.is_late,
        error=run.error or "",
        season=season_words.of_run(run.season) if run.season else "",
        late_by=_late_by(run),
        is_held=run.is_held,
    )


def _late_by(run: RobotRun) -> float:
    if not run.is_late or run.ended_at is None or run.due_at is None:
        return 0.0
    seconds = (run.ended_at - run.due_at).total_seconds()
    return seconds if seconds > robots.LATE_SECONDS else 0.0


def _ahead(stage: Stage, snapshot: Snapshot, setup: SetupSnapshot) -> list[Ahead]:
    """Robots of the next open stage whose condition does not hold yet, with the values that decide it."""
    later = [
        each for each in setup.stages_of(stage.pipeline_id) if each.position > stage.position and each.kind == "open"
    ]
    if stage.kind != "open" or not later:
        return []
    found = []
    for spec in setup.robots_on(later[0].id):
        verdict = conditions.evaluate(spec.condition, snapshot, setup.catalogue)
        if spec.is_on and kind_of(spec.kind).foretold and not verdict.holds:
            found.append(
                Ahead(
                    spec.kind,
                    spec.name,
                    later[0].name,
                    runs.ticks([setups.finding_facts(f) for f in verdict.findings], setup),
                )
            )
    return found


def _story(deal_id: int, most: int, setup: SetupSnapshot) -> list[Line | RunLine]:
    """Journal and ended runs in one stream, the newest first. What no line tells is left out by the database: else
    fewer lines came than are asked for, and nobody would know that there are more, nor what is missing between."""
    told_alone = JournalEntry.cause["is_merge"].as_boolean().is_not(True)  # that two became one is a line of its own
    own = select(JournalEntry).where(
        JournalEntry.deal_id == deal_id, JournalEntry.event.in_(history.WORDINGS), told_alone
    )
    entries = session().scalars(own.order_by(JournalEntry.id.desc()).limit(most)).all()
    ended = session().scalars(
        select(RobotRun)
        .where(RobotRun.deal_id == deal_id, RobotRun.state != "waiting")
        .order_by(RobotRun.ended_at.desc(), RobotRun.id.desc())
        .limit(most)
    )
    told: list[Line | RunLine] = lines(entries, setup)
    told += [run_line(each, setup) for each in ended]
    return sorted(told, key=lambda each: each.at.timestamp() if each.at else 0.0, reverse=True)[:most]


def lines(entries: Sequence[JournalEntry], setup: SetupSnapshot) -> list[Line | RunLine]:
    """In words; the last that is known of a word that went out says also when it was read, returned work why."""
    later = journal_facts.of(entries)
    held = [*_named(Task, "task", entries), *_named(RobotRun, "run", entries)]
    said: list[Line | RunLine] = []
    for each in entries:
        line, facts = history.line(each, setup), later.get(each.id, journal_facts.NONE)
        line = history.read(line, facts.read_at) if facts.read_at is not None else line
        said.append(history.because(line, facts.reason) if facts.reason is not None else line)
    held.clear()
    return said


def _named(model: type[Task] | type[RobotRun], entity: str, entries: Sequence[JournalEntry]) -> list[object]:
    """What lines name, in one statement: as long as these are held, nobody asks for each by itself."""
    ids = {each.entity_id for each in entries if each.entity == entity}
    return list(session().scalars(select(model).where(model.id.in_(ids)))) if ids else []
