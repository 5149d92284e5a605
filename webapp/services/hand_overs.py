"""A hand-over as work that outlives the request: begun where somebody says who takes what, and gone on with by the
worker, a part in each transaction, until the account is closed, or all is where it belongs in another department. A
worker that is killed goes on where it was."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.background.outbox import Claim, Step
from webapp.changes import announcements
from webapp.db import session
from webapp.models import AT_ONCE, HandOver
from webapp.services import accounts, journal, leaving, moving
from webapp.services.leaving import Choices
from webapp.services.moving import Move


def begin(user_id: int, choices: Choices, by: Actor) -> bool:
    """Begin it with its first part; the rest is the worker's. Whether that was all already, as it is of most people.
    Raises Refused, as `leaving.step`."""
    accounts.apart(user_id)
    _replace(user_id)
    done, is_last = leaving.step(user_id, choices, by)
    journal.write("hand_over.begun", "user", user_id, by, new=_kept(choices))
    if not is_last:
        _arm(user_id, _kept(choices), by, done)
    return is_last


def begin_move(user_id: int, move: Move, by: Actor) -> bool:
    """To another department, likewise. Raises Refused, as `moving.place`."""
    accounts.locked(user_id)
    _replace(user_id)
    moving.place(user_id, move, by)
    done, is_last = moving.step(user_id, move, by)
    kept = {"move": asdict(move)}
    journal.write("hand_over.begun", "user", user_id, by, new=kept)
    if not is_last:
        _arm(user_id, kept, by, done)
    return is_last


def _replace(user_id: int) -> None:
    """Somebody chose otherwise: the later word counts."""
    for each in session().scalars(_open(user_id)):
        each.state, each.ended_at = "replaced", clock.now()
    session().flush()


def _arm(user_id: int, choices: dict[str, Any], by: Actor, done: int) -> None:
    now = clock.now()
    began = session().scalar(select(HandOver.id).order_by(HandOver.id.desc()).limit(1)) or 0
    work = HandOver(
        key=f"hand-over-{user_id}-{began + 1}",
        user_id=user_id,
        by_id=by.user_id,
        choices=choices,
        done=done,
        due_at=now,
        visible_at=AT_ONCE,
        created_at=now,
    )
    session().add(work)
    session().flush()
    outbox.arm("hand_over", work.id, now)


def go_on(mine: Claim) -> Step:
    """One part."""
    work = session().get_one(HandOver, mine.row_id)
    by = Actor(work.by_id, via="hand_over", facts={"hand_over": work.id})
    done, is_last = _step(work.user_id, work.choices, by)
    work.done += done
    announcements.chart_changed()
    if not is_last:
        return Step.MORE
    outbox.finish(mine, "done")
    return Step.DONE


def _step(user_id: int, choices: dict[str, Any], by: Actor) -> tuple[int, bool]:
    if "move" in choices:
        return moving.step(user_id, Move(**choices["move"]), by)
    return leaving.step(user_id, _choices(choices), by)


def fail(row_id: int, error: str) -> None:
    """Its attempts are used up: what has not gone over is still theirs, and the account is open."""
    work = session().get_one(HandOver, row_id)
    if work.state == "waiting":
        work.state, work.error = "failed", error[:2000]


def _open(user_id: int) -> Any:
    return select(HandOver).where(HandOver.user_id == user_id, HandOver.state == "waiting").with_for_update()


def _kept(choices: Choices) -> dict[str, Any]:
    posts = {f"{home}-{kind}": person for (home, kind), person in choices.posts.items()}
    return {**asdict(choices), "posts": posts}


def _choices(kept: dict[str, Any]) -> Choices:
    posts = {}
    for each, person in kept["posts"].items():
        home, _, kind = each.partition("-")
        posts[int(home), kind] = person
    return Choices(**{**kept, "posts": posts})
