"""What somebody who goes on leave has in hand, and to whom it goes meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, or_, select

from rules import absences as rules
from rules.absences import Days
from rules.tasks import OPEN
from webapp.db import session
from webapp.models import Absence, Conversation, Deal, ImportantItem, ImportantPlace, Stage, Task
from webapp.snapshots import setups
from webapp.snapshots.setups import PersonFacts

People = tuple[PersonFacts, ...]


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """How much of each there is. Of what matters now, `items` are told to the next level if they do not take them,
    `kept` are seen to by nobody else. `covers`: for whom they are to stand in, and when; `acceptances`: how many tasks
    that they are to accept these accept instead; `instead`: whom the notices of each department that they lead
    reach."""

    deals: int
    unanswered: int
    tasks: int
    items: int
    kept: int
    covers: Sequence[tuple[PersonFacts, Days]]
    acceptances: Mapping[People, int]
    instead: Mapping[int, People]


def of(user_id: int, first: date) -> Meanwhile:
    """If they are away from that day on."""
    open_deal = (Deal.responsible_id == user_id, Deal.deleted_at.is_(None), Stage.kind == "open")
    deals = select(func.count(Deal.id)).join(Stage, Stage.id == Deal.stage_id).where(*open_deal)
    asked = select(func.count(Conversation.id)).join(Deal, Deal.id == Conversation.deal_id)
    asked = asked.join(Stage, Stage.id == Deal.stage_id).where(*open_deal, Conversation.unanswered_since.is_not(None))
    tasks = select(func.count(Task.id)).where(Task.state.in_(OPEN), Task.assignee_id == user_id)
    listed = select(func.count(ImportantItem.id)).join(ImportantPlace, ImportantPlace.item_id == ImportantItem.id)
    listed = listed.where(ImportantPlace.user_id == user_id)
    untaken, climbs = ImportantPlace.stands == "open", ImportantItem.next_at.is_not(None)
    put_aside = and_(ImportantPlace.stands == "snoozed", ImportantItem.holder_id == user_id)
    kept = or_(ImportantPlace.stands == "mine", put_aside, and_(untaken, ~climbs))
    return Meanwhile(
        deals=session().scalar(deals) or 0,
        unanswered=session().scalar(asked) or 0,
        tasks=session().scalar(tasks) or 0,
        items=session().scalar(listed.where(untaken, climbs)) or 0,
        kept=session().scalar(listed.where(kept)) or 0,
        covers=_covers(user_id, first),
        acceptances=_acceptances(user_id, first),
        instead=_instead(user_id, first),
    )


def _covers(user_id: int, first: date) -> list[tuple[PersonFacts, Days]]:
    people = setups.current().people
    theirs = select(Absence).where(Absence.cover_id == user_id, Absence.until_on >= first)
    rows = session().scalars(theirs.order_by(Absence.from_on, Absence.id))
    return [(people[each.user_id], (each.from_on, each.until_on)) for each in rows if people[each.user_id].is_active]


def _acceptances(user_id: int, first: date) -> dict[People, int]:
    """Each goes to whoever the resolver names over its assignee."""
    setup = setups.current()
    groups = (
        select(Task.assignee_id, Deal.id.is_not(None).label("has_deal"), Deal.department_id, func.count(Task.id))
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .where(Task.acceptor_id == user_id, Task.state.in_(OPEN))
        .group_by(Task.assignee_id, Deal.id.is_not(None), Deal.department_id)
    )
    found: Counter[People] = Counter()
    for assignee, has_deal, department_id, count in session().execute(groups):
        home = department_id if has_deal else setup.people[assignee].department_id
        found[_people(rules.decides_instead(setup.org, user_id, assignee, home, first))] += count
    return dict(found)


def _instead(user_id: int, first: date) -> dict[int, People]:
    chart = setups.current().org
    posts = [each.id for each in chart.departments.values() if user_id in (*each.heads, *each.deputies)]
    return {each: _people(rules.told_instead(chart, user_id, each, first)) for each in posts}


def _people(ids: tuple[int, ...]) -> People:
    return tuple(setups.current().people[each] for each in ids)
