"""Runs that ended because their robot was switched off: they go on when it is switched on again within a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from webapp import clock
from webapp.db import session
from webapp.models import Deal, Robot, RobotRun

WITHIN = timedelta(days=1)


def of(key: str, last: int = 0) -> Select[int, int]:
    """Run and deal of each whose deal is still where it was, and that nothing has been armed in the place of."""
    later = aliased(RobotRun)
    same = [getattr(later, each) == getattr(RobotRun, each) for each in ("robot_id", "deal_id", "start", "cause")]
    after = select(later.id).where(
        *same, later.id > RobotRun.id, later.visit_id.is_not_distinct_from(RobotRun.visit_id)
    )
    stands = or_(RobotRun.visit_id == Deal.visit_id, and_(RobotRun.visit_id.is_(None), Deal.closed_at.is_(None)))
    return (
        select(RobotRun.id, RobotRun.deal_id)
        .join(Robot, Robot.id == RobotRun.robot_id)
        .join(Deal, Deal.id == RobotRun.deal_id)
        .where(Robot.key == key, RobotRun.state == "called_off", RobotRun.ended_at >= clock.now() - WITHIN)
        .where(RobotRun.reason["code"].as_string() == "switched_off", Deal.deleted_at.is_(None), stands)
        .where(RobotRun.id > last, ~after.exists())
        .order_by(RobotRun.id)
    )


def counts(keys: Iterable[str]) -> dict[str, int]:
    """Of each robot."""
    return {each: _count(of(each)) for each in keys}


def _count(found: Select[int, int]) -> int:
    return session().scalar(select(func.count()).select_from(found.order_by(None).subquery())) or 0
