"""Many deals to one stage: what can move moves, what cannot is listed with what it lacks. Each goes through the
gate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from rules.setup import Stage
from webapp.access.scopes import Actor
from webapp.db import savepoint, session
from webapp.errors import NotFound, Refused
from webapp.models import Deal
from webapp.services import deals, undo

MOST = 200


@dataclass(frozen=True, slots=True)
class MassMoveResult:
    """`begun` are the visits that the moves began, `left` the ids of stages that moved deals came from; `gone` are
    those that `find` did not open: deleted meanwhile, or handed over."""

    moved: list[int] = field(default_factory=list)
    begun: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    refused: list[tuple[int, str, Refused]] = field(default_factory=list)  # id, title, why
    gone: list[int] = field(default_factory=list)

    def __add__(self, more: MassMoveResult) -> MassMoveResult:
        return MassMoveResult(
            self.moved + more.moved,
            self.begun | more.begun,
            self.left | more.left,
            self.refused + more.refused,
            self.gone + more.gone,
        )


def move(ids: Iterable[int], find: Callable[[int], Deal], stage: Callable[[Deal], Stage], by: Actor) -> MassMoveResult:
    """Move each deal that `find` opens (it authorises and locks) to the stage that `stage` names for it."""

    def act(deal: Deal) -> None:
        target = stage(deal)
        if target.id != deal.stage_id:
            deals.move(deal, target, by=by)

    return _each(ids, find, act)


def take_back(
    ids: Iterable[int], find: Callable[[int], Deal], by: Actor, begun: Collection[int] | None = None
) -> MassMoveResult:
    """Take back one's own last move of each deal that `find` opens for writing; only where it began one of these
    visits, unless none are named."""
    return _each(ids, find, lambda deal: undo.undo(deal, by, begun))


def _each(few: Iterable[int], find: Callable[[int], Deal], act: Callable[[Deal], object]) -> MassMoveResult:
    """All are locked before the first is moved: they move at one instant, and whoever moved the last of them meanwhile
    came before it."""
    done, ids = MassMoveResult(), list(few)
    session().execute(select(Deal.id).where(Deal.id.in_(ids)).order_by(Deal.id).with_for_update()).all()
    for deal_id in ids:
        deal: Deal | None = None
        try:
            with savepoint():
                deal = find(deal_id)
                was, title = deal.stage_id, deal.title
                act(deal)
                if deal.stage_id != was:
                    assert deal.visit_id is not None
                    done.moved.append(deal_id)
                    done.left.add(was)
                    done.begun.add(deal.visit_id)
        except NotFound:
            if deal is None:
                done.gone.append(deal_id)
        except Refused as refusal:
            done.refused.append((deal_id, title if deal is not None else str(deal_id), refusal))
    return done
