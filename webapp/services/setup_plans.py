"""A change of the set-up in two steps: a plan that says what it touches, and its application, tied to it by a hash.

Applying is one short transaction that switches the version. What follows it, deal by deal, is work of its own
(setup_work.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from rules import fields, impact, setup_changes, setup_documents
from rules.consequences import Consequence, Counts, Remedy
from rules.parameters import Problem
from rules.setup_documents import Document, DocumentError, changed_whole
from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.changes import announcements
from webapp.db import instant, session
from webapp.errors import NotFound, Refused, not_an_option
from webapp.models import AT_ONCE, SetupEdit, SetupPlan, SetupVersion, SetupWork
from webapp.services import drafts as editing
from webapp.services import journal, setup_guests, setup_problems, setup_writing, texts, values
from webapp.services.setup_counts import counts, lacking_by
from webapp.snapshots import drafts, relocations
from webapp.snapshots import setup_documents as documents
from webapp.snapshots.names_today import NamesToday

NOTE_LIMIT = 500
NOT_ANSWERED: Mapping[str, str] = {}
# Remedies that are work on records and runs.
WORKS = {"move", "call_off", "rearm", "wake", "as_entered_now", "from_true_entry", "put", "empty", "fill", "take_back"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it stands now: what it would change and touch, and what is wrong with it. `consequences` are all, with
    those of the answers that are chosen beforehand or were given."""

    row: SetupPlan
    before: Document
    after: Document
    consequences: tuple[Consequence, ...]
    problems: tuple[Problem, ...]

    @property
    def changes(self) -> tuple[setup_changes.Change, ...]:
        return setup_changes.changes(self.before, self.after)


def of_setup(raw: object, by: Actor, note: str = "", source: Mapping[str, Any] | None = None) -> Plan:
    """A plan for a whole set-up in its JSON form; what it leaves out is archived. What cannot be read at all is among
    the plan's problems, and so it cannot be applied."""
    live = documents.live()
    try:
        wanted = changed_whole(live, _read(raw))
    except DocumentError as error:
        return _made(live, live, tuple(error.problems), by, note, source or {"via": by.via}, ())
    problems = tuple(setup_problems.problems(live, wanted, may_name_who_is_gone=True))
    return _made(live, wanted, problems, by, note, source or {"via": by.via}, ())


def of_document(
    live: Document, wanted: Document, by: Actor, note: str = "", source: Mapping[str, Any] | None = None
) -> Plan:
    problems = tuple(setup_problems.problems(live, wanted))
    return _made(live, wanted, problems, by, note, source or {"via": by.via}, ())


def of_draft(by: Actor, note: str = "") -> Plan:
    """A plan that publishes the draft as it stands."""
    draft = drafts.current()
    problems = tuple(setup_problems.problems(draft.live, draft.document))
    return _made(draft.live, draft.document, problems, by, note, {"via": "draft"}, draft.edit_ids)


def of_version(number: int, by: Actor) -> Plan:
    """A plan that brings an earlier version back, beside the draft."""
    return of_setup(version(number).setup, by, source={"via": "restoration", "version": number})


def version(number: int) -> SetupVersion:
    found = session().get(SetupVersion, number)
    if found is None:
        raise NotFound("version")
    return found


def _made(
    live: Document,
    wanted: Document,
    problems: tuple[Problem, ...],
    by: Actor,
    note: str,
    source: Mapping[str, Any],
    edit_ids: Sequence[int],
) -> Plan:
    found = () if problems else _touched(live, wanted, source)
    row = SetupPlan(
        at=instant(),
        by_id=by.user_id,
        note=texts.text("note", note, NOTE_LIMIT, required=False),
        source=dict(source),
        base_hash=live.hash,
        hash=impact.hash_with(live, wanted, found),
        setup=setup_documents.dump(wanted),
        edit_ids=list(edit_ids),
        consequences=[each.id for each in found],
    )
    session().add(row)
    session().flush()
    return Plan(row, live, wanted, found, problems)


def _touched(
    live: Document, wanted: Document, source: Mapping[str, Any], chosen: Mapping[str, str] = NOT_ANSWERED
) -> tuple[Consequence, ...]:
    found = impact.impact(live, wanted, counts(live, wanted, _back_to(source)))
    return impact.as_answered(live, wanted, found, chosen, lacking_by)


def plan(plan_id: int, chosen: Mapping[str, str] = NOT_ANSWERED) -> Plan:
    """A plan that was made, looked at again: over what is live now, and with these answers."""
    row = _row(plan_id)
    live, wanted = documents.live(), _read(row.setup)
    is_edited = row.source.get("via") == "draft"
    problems = tuple(setup_problems.problems(live, wanted, may_name_who_is_gone=not is_edited))
    found = () if problems else _touched(live, wanted, row.source, chosen)
    return Plan(row, live, wanted, found, problems)


def is_stale(found: Plan) -> bool:
    """Whether applying it would be refused as stale. What such a plan would change is not to be shown as anybody's
    wish: compared with what is live now, it undoes what others have published since."""
    return _has_moved(found) or _touches_more(found)


def _has_moved(found: Plan) -> bool:
    return found.before.hash != found.row.base_hash or _is_draft_another(found.row)


def _touches_more(found: Plan) -> bool:
    return impact.hash_with(found.before, found.after, found.consequences) != found.row.hash


def new_since(found: Plan, earlier_id: int) -> frozenset[str]:
    """Consequences that an earlier plan, which this one stands in for, did not have. Raises NotFound."""
    return frozenset(each.id for each in found.consequences) - set(_row(earlier_id).consequences)


def _back_to(source: Mapping[str, Any]) -> int | None:
    """The version that a plan brings back."""
    return int(source["version"]) if source.get("via") == "restoration" else None


def _read(raw: object) -> Document:
    return NamesToday().document(setup_documents.load(raw))


def _row(plan_id: int) -> SetupPlan:
    row = session().get(SetupPlan, plan_id)
    if row is None:
        raise NotFound("plan")
    return row


def apply(plan_id: int, chosen: Mapping[str, str], by: Actor) -> SetupVersion:
    """Make a plan live. Raises Refused: stale_plan with a fresh plan's id (something changed meanwhile, or it was
    applied before), bad_fields, remedy_needed."""
    editing.lock()
    setup_writing.hold(documents.live(), _read(_row(plan_id).setup))
    found = plan(plan_id)  # with whoever was just entering a stage that goes
    row = found.row
    if row.version_id is not None or _has_moved(found):
        raise stale(found, by)
    if found.problems:
        raise Refused("bad_fields", problems={each.path: {"code": each.code, **each.facts} for each in found.problems})
    if _touches_more(found):
        raise stale(found, by)
    said = {each.id for each in found.consequences}
    found = plan(plan_id, chosen) if chosen else found
    if unknown := {each for each in chosen.keys() - said if not _may_follow(found, each)}:
        asked = [each.id for each in found.consequences]
        wrong = (not_an_option(f"remedies.{each}", asked).problems for each in sorted(unknown))
        raise Refused("bad_fields", problems={name: each for one in wrong for name, each in one.items()})
    unseen = [each for each in found.consequences if each.id not in said | chosen.keys()]
    if lacking := [*impact.unanswered(found.consequences, chosen), *unseen]:
        raise Refused("remedy_needed", problems={each.id: {"code": "blank"} for each in lacking})
    answers = impact.answered(found.consequences, chosen)
    after = impact.remedied(found.after, answers)
    if any(each.kind not in DONE_BY_WORK for each in impact.impact(after, after, Counts())):
        raise Refused("remedy_needed")
    _check_values(after, answers, by)
    answers += _ended(found.before, after, {each.id for each, _ in answers})
    row.version_id = switch(found.before, after, answers, by, row.note, row.source).id
    _published(row, by)
    return version(row.version_id)


def _may_follow(found: Plan, name: str) -> bool:
    """Whether this may be a consequence of some answer: it was asked, and another answer has been given since."""
    kind, _, about = name.partition(":")
    field, _, stage = about.partition(":")
    is_there = found.after.get("field", field) is not None and found.after.get("stage", stage) is not None
    return kind == "deals_lack" and is_there


DONE_BY_WORK = {"deals_on_stage"}


def _ended(before: Document, after: Document, known: set[str]) -> list[tuple[Consequence, Remedy]]:
    """A robot that a remedy archives has runs that wait, and seasons that name it: they end too, as those of one that
    the admin archived."""
    more = [each for each in impact.impact(before, after, counts(before, after)) if each.id not in known]
    return impact.answered([each for each in more if each.kind in ("runs_called_off", "seasons_name")], {})


class Stale(Refused):
    """A plan that fits no longer; `plan` is a fresh one, `new` the consequences that the old one did not have."""

    def __init__(self, plan: Plan, new: frozenset[str]) -> None:
        super().__init__("stale_plan")
        self.plan, self.new = plan, new

    @property
    def status(self) -> int:
        return 409


def stale(found: Plan, by: Actor) -> Stale:
    """Something changed meanwhile: the same wish over what is live now, with what is new about it."""
    if found.row.source.get("via") == "draft":
        fresh = of_draft(by, found.row.note)
    else:
        fresh = of_setup(found.row.setup, by, found.row.note, found.row.source)
    return Stale(fresh, new_since(fresh, found.row.id))


def _is_draft_another(row: SetupPlan) -> bool:
    """An edit that the plan would publish has been undone, discarded or published since."""
    wanted = set(row.edit_ids)
    return not wanted <= {each.id for each in drafts.edit_rows()}


def switch(
    before: Document,
    after: Document,
    answers: Sequence[tuple[Consequence, Remedy]],
    by: Actor,
    note: str = "",
    cause: Mapping[str, Any] | None = None,
) -> SetupVersion:
    """Another version from now on: its rows, its place among the versions, the work that follows."""
    if session().scalar(select(SetupVersion.id).limit(1)) is None:
        _version(before, before, (), Actor(), "", {"via": "beginning"})
    setup_writing.write(before, after)
    made = _version(before, documents.live(), answers, by, note, cause or {"via": by.via})
    journal.write("setup.published", "setup", made.id, by, new={"version": made.id})
    setup_guests.mend(answers, by.by("setup", version=made.id))
    _follow(made, answers, by)
    announcements.setup_changed()
    return made


def _version(
    before: Document,
    after: Document,
    answers: Sequence[tuple[Consequence, Remedy]],
    by: Actor,
    note: str,
    cause: Mapping[str, Any],
) -> SetupVersion:
    made = SetupVersion(
        at=instant(),
        by_id=by.user_id,
        note=note,
        cause=dict(cause),
        hash=after.hash,
        setup=setup_documents.dump(after),
        changes=[each.as_json for each in setup_changes.changes(before, after)],
        consequences=[{"id": each.id, "count": each.count, "chosen": remedy.key} for each, remedy in answers],
    )
    session().add(made)
    session().flush()
    return made


def _follow(made: SetupVersion, answers: Sequence[tuple[Consequence, Remedy]], by: Actor) -> None:
    steps = [
        {"do": remedy.verb, "item": each.item, "about": about, "by": each.by, "to": _to(each, remedy, by)}
        for each, remedy in answers
        if remedy.verb in WORKS and (each.item == "stage" or remedy.verb != "move")
        for about in _led_by(each)
    ]
    if not steps:
        return
    total = sum(each.count for each, remedy in answers if remedy.verb in WORKS)
    work = SetupWork(
        key=f"setup-{made.id}",
        version_id=made.id,
        by_id=by.user_id,
        steps=steps,
        total=total,
        due_at=clock.now(),
        visible_at=AT_ONCE,
        created_at=clock.now(),
    )
    session().add(work)
    session().flush()
    outbox.arm("setup", work.id, clock.now())


def _led_by(consequence: Consequence) -> list[str]:
    """What a remedy is about: of a stage that goes also those whose deals are still on their way to it."""
    if consequence.kind != "deals_on_stage":
        return [consequence.about]
    return [consequence.about, *relocations.sources(consequence.about, relocations.unfinished())]


def _check_values(after: Document, answers: Sequence[tuple[Consequence, Remedy]], by: Actor) -> None:
    """Values that were typed are such as their fields take. Raises Refused."""
    typed = [(each, remedy) for each, remedy in answers if remedy.verb == "fill"]
    if not typed:
        return
    specs = {f"{each.entity}/{each.key}": each for each in documents.value_of(after).setup.fields}
    for each, remedy in typed:
        try:
            fields.parse(specs[each.about], remedy.to, values.reading(by))
        except fields.FieldError as error:
            raise Refused("bad_fields", problems={each.id: {"code": error.code, **error.facts}}) from None


def _to(consequence: Consequence, remedy: Remedy, by: Actor) -> Any:
    """Where it leads; a value that was typed, as its field keeps it."""
    entity, _, key = consequence.about.partition("/")
    return values.parsed(entity, {key: remedy.to}, by)[key] if remedy.verb == "fill" else remedy.to


def _published(row: SetupPlan, by: Actor) -> None:
    session().execute(
        update(SetupEdit)
        .where(SetupEdit.id.in_(row.edit_ids))
        .values(state="published", ended_at=instant(), ended_by_id=by.user_id)
    )
