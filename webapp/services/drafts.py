"""The one draft of the set-up, shared by all admins: edited part by part, kept at once, what is live untouched.
Publishing is in setup_plans.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from rules import setup_checks, setup_edits
from rules.setup_documents import KEY, Document, key_from
from rules.setup_edits import AFTER, NEW, Edit, Unfit
from rules.setup_parts import ARCHIVED, KINDS
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import advisory_lock, instant, session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import SetupEdit
from webapp.services import currency, setup_problems
from webapp.snapshots import drafts, setup_documents, setups

KEPT_FOR = timedelta(days=1)  # what was discarded can be taken back
UNDONE, DISCARDED = "undone", "discarded"
LIMIT = 2000  # edits of one draft


class Wish(NamedTuple):
    """An edit as somebody wants it: a part of a thing that is in the draft. With NEW the value is all its parts."""

    kind: str
    key: str
    part: str
    value: object


def edit(kind: str, key: str, part: str, value: object, by: Actor) -> None:
    """Set one part. Raises NotFound for what is not there, Refused("bad_fields") for a value that cannot be kept."""
    edit_all([Wish(kind, key, part, value)], by)


def archive(kind: str, key: str, by: Actor) -> None:
    edit(kind, key, ARCHIVED.key, True, by)


def place(kind: str, key: str, after: str | None, by: Actor) -> None:
    """Put it behind another of the same home, first with None. Raises Refused for another that is not there."""
    if after is not None and drafts.current().document.get(kind, after) is None:
        raise invalid(AFTER, "unknown_key")
    edit(kind, key, AFTER, after, by)


def add(kind: str, parts: Mapping[str, object], by: Actor, *, home: str = "", key: str = "", after: str = "") -> str:
    """Something new, in a home if its kind has one in its key. Its key is made of its name unless given; `after` is
    behind which of its equals it is to stand, else it is the last. The key."""
    lock()
    draft = drafts.current()
    whole = new_key(draft.document, kind, parts, home, key)
    wishes = [Wish(kind, whole, NEW, dict(parts))]
    edit_all(wishes + ([Wish(kind, whole, AFTER, after)] if after else []), by)
    return whole


def new_key(document: Document, kind: str, parts: Mapping[str, object], home: str = "", key: str = "") -> str:
    """The whole key of something new. Raises Refused when the one given is taken. None is made of a name that the draft
    has given to something new, or had before it was discarded: brought back, that would take this one's edits."""
    taken = {each.key for each in document.of(kind, archived=True)} | set(setup_documents.rows_of(kind))
    start = f"{home}/" if KINDS[kind].is_home_in_key else ""
    if key:
        if not KEY.fullmatch(key):
            raise invalid("key", "not_a_key")
        if start + key in taken:
            raise invalid("key", "taken_key")
        return start + key
    taken |= {each.key for each in drafted() if each.kind == kind and each.part == NEW}
    words = parts.get("name", parts.get("label"))
    named = next((str(each) for each in words.values() if each), "") if isinstance(words, Mapping) else ""
    return start + key_from(named, (each.removeprefix(start) for each in taken), kind)


def edit_all(wishes: Iterable[Wish], by: Actor) -> None:
    """Several parts as one act, which is undone as one."""
    lock()
    draft = drafts.current()
    document, rows = draft.document, []
    if len(draft.edit_ids) > LIMIT:
        raise Refused("draft_too_long")
    for wish in wishes:
        made = Edit(*wish, setup_edits.part_of(document, wish.kind, wish.key, wish.part))
        if made.part != NEW and made.value == made.was:
            continue
        document, old = _made(document, made), document
        _check(old, document, made)
        if any(_is_beneath(each, made) for each in draft.unfit):
            made = setup_edits.typed_over(draft.live, made)
        _measure(made, draft.live)
        rows.append(SetupEdit(at=instant(), by_id=by.user_id, **_columns(made), act_id=0))
    if not rows:
        return
    session().add_all(rows)
    session().flush()
    for row in rows:
        row.act_id = rows[0].id
    announcements.draft_changed()


def _measure(made: Edit, live: Document) -> None:
    """What is live by now is what the draft changes there."""
    rows = {each.id: each for each in drafts.edit_rows()}
    for each in setup_edits.measured_by(live, made, [drafts.edit_of(row) for row in rows.values()]):
        rows[each.id].was = each.was


def _is_beneath(unfit: Unfit, made: Edit) -> bool:
    told = unfit.edit
    return unfit.code == "changed_beneath" and (told.kind, told.key, told.part) == (made.kind, made.key, made.part)


def _made(document: Document, made: Edit) -> Document:
    found = document.get(made.kind, made.key)
    if found is not None and found.is_archived and setup_edits.misfit(document, made):
        raise Refused("is_archived")
    try:
        return setup_edits.edited(document, made)
    except KeyError:
        raise NotFound(made.kind) from None
    except ValueError:
        raise invalid(made.part, "unknown_key") from None


def _columns(made: Edit) -> dict[str, object]:
    return {"kind": made.kind, "key": made.key, "part": made.part, "value": made.value, "was": made.was}


def _check(before: Document, after: Document, made: Edit) -> None:
    """Only what this edit itself sets is refused at once; what the whole lacks is said on the sheet."""
    item = after.get(made.kind, made.key)
    if item is None or made.part in (AFTER, ARCHIVED.key):
        return
    own = setup_checks.path_of(item)
    found = {
        each.path.removeprefix(f"{own}."): {"code": each.code, **each.facts}
        for each in setup_problems.problems(before, after)
        if each.path.startswith(f"{own}.")
    }
    if found:
        raise Refused("bad_fields", problems=found)


def undo(by: Actor) -> bool:
    """Take back one's own last change. Whether there was one. Raises Refused("built_on") where other edits need it."""
    lock()
    own = select(SetupEdit).where(SetupEdit.state == "draft", SetupEdit.by_id == by.user_id)
    last = session().scalars(own.order_by(SetupEdit.id.desc()).limit(1)).first()
    if last is None:
        return False
    _take_out([each for each in drafts.edit_rows() if each.act_id == last.act_id], by)
    return True


def discard(by: Actor) -> None:
    """Let go of the whole draft, for a day in a way that can be taken back."""
    lock()
    _let_go(drafts.edit_rows(), DISCARDED, by)


def drafted() -> list[SetupEdit]:
    """The edits of the draft, and all that can be taken back into it."""
    return [*drafts.edit_rows(), *drafts.edit_rows(DISCARDED, clock.now() - KEPT_FOR)]


class Discarded(NamedTuple):
    """A draft that was discarded within a day. `id` is its first edit's."""

    id: int
    at: datetime
    changes: int  # how many it was
    by_ids: tuple[int, ...]  # whose they were, each once


def discarded() -> list[Discarded]:
    """Every draft that can be taken back, the last one first."""
    found = _discards()
    live = setup_documents.live() if found else Document()
    return [Discarded(rows[0].id, at, *drafts.weighed(live, rows)) for at, rows in found.items()]


def _discards() -> dict[datetime, list[SetupEdit]]:
    """The edits of each by the instant at which they were let go, the last one first."""
    found: dict[datetime, list[SetupEdit]] = {}
    for each in drafts.edit_rows(DISCARDED, clock.now() - KEPT_FOR):
        if each.ended_at is not None:
            found.setdefault(each.ended_at, []).append(each)
    return dict(sorted(found.items(), reverse=True))


def take_back_discarded(by: Actor, which: int | None = None) -> bool:
    """Put the edits of a discarded draft back, the last one's unless it is said `which`. Whether there were any: a
    colleague may have been quicker."""
    lock()
    found = [rows for rows in _discards().values() if which in (None, rows[0].id)]
    for each in found[0] if found else ():
        each.state, each.ended_at, each.ended_by_id = "draft", None, None
    announcements.draft_changed()
    return bool(found)


def drop(edit_id: int, by: Actor) -> bool:
    """Let go of one edit that no longer fits, whoever made it. Whether it does not."""
    lock()
    is_unfit = edit_id in {each.edit.id for each in drafts.current().unfit}
    if is_unfit:
        _take_out([each for each in drafts.edit_rows() if each.id == edit_id], by)
    return is_unfit


def _take_out(rows: list[SetupEdit], by: Actor) -> None:
    """Out of the draft, of which the rest must still stand: whoever used what goes would be left with something that
    nobody can publish, and only others could mend."""
    ids = {each.id for each in rows}
    hanging = {(each.kind, each.key): dict(each.name) for each in drafts.left_hanging_without(ids)}
    if hanging:
        others = [each for each in drafts.edit_rows() if each.id not in ids and (each.kind, each.key) in hanging]
        who = dict.fromkeys(setups.current().name_of(each.by_id) for each in others if each.by_id is not None)
        things = [{"kind": kind, "key": key, "name": name} for (kind, key), name in hanging.items()]
        raise Refused("built_on", things=things, who=list(who))
    _let_stand_without(rows, ids)
    _let_go(rows, UNDONE, by)


def _let_stand_without(rows: list[SetupEdit], ids: set[int]) -> None:
    """What was made over them stands, as if it had found what they had found; what they made room for, where it
    stood."""
    left = {each.id: each for each in drafts.edit_rows() if each.id not in ids}
    for moved in drafts.placed_without(ids):
        left[moved.id].value = moved.value
    for row in reversed(rows):
        later = [drafts.edit_of(each) for each in left.values() if each.id > row.id]
        for each in setup_edits.found_without(drafts.edit_of(row), later):
            left[each.id].was = each.was


def _let_go(rows: list[SetupEdit], state: str, by: Actor) -> None:
    """All at one instant, by which those that were let go together are told from others."""
    for each in rows:
        each.state, each.ended_at, each.ended_by_id = state, instant(), by.user_id
    announcements.draft_changed()


def lock() -> None:
    """Who changes draft or set-up waits for whoever does: each finds what the other has left. Conditions and settings
    may hold amounts, so the currency is held too."""
    advisory_lock("set-up")
    currency.held()
