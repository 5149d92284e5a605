"""What matters now: the caller's list, and what is done with an item of it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from webapp.access.records import item_for
from webapp.access.scopes import Actor
from webapp.access.viewer import viewer
from webapp.api.records import important as records
from webapp.api.records.important import ImportantPage, ItemRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Id, Paging, Until, cursor
from webapp.models import ImportantItem
from webapp.queries import important as found
from webapp.services import important

ONE = "/important/<int:item_id>"


class Taking(Body):
    pass


class Snoozing(Body):
    """`until` an instant of at most two working days, or "client_answers"."""

    until: Until


class Handover(Body):
    to: Id


class Question(Body):
    text: str


class Explanation(Body):
    text: str


class Settlement(Body):
    text: str = ""


@reads("/important", ImportantPage)
def index(query: Paging) -> ImportantPage:
    """What nobody has taken and what the caller has taken, newest first."""
    scope = viewer().scope
    rows, more = found.page(scope.user_id, query.limit, query.before)
    items = [records.record(each) for each in rows]
    return ImportantPage(items=items, not_shown=found.not_shown(scope), next=cursor(more))


@writes("POST", f"{ONE}/takings", ItemRecord, HTTPStatus.CREATED)
def take(item_id: int, json: Taking) -> Answer[ItemRecord]:
    """The caller sees to it: nobody else is told."""
    return _do(item_id, important.take)


@writes("POST", f"{ONE}/snoozings", ItemRecord, HTTPStatus.CREATED)
def snooze(item_id: int, json: Snoozing) -> Answer[ItemRecord]:
    """Put aside, twice at most."""
    return _do(item_id, lambda item, by: important.snooze(item, json.until, by))


@writes("POST", f"{ONE}/handovers", ItemRecord, HTTPStatus.CREATED)
def hand_on(item_id: int, json: Handover) -> Answer[ItemRecord]:
    """Somebody else, who may see what it is about, is to take it."""
    return _do(item_id, lambda item, by: important.hand_on(item, json.to, by))


@writes("POST", f"{ONE}/questions", ItemRecord, HTTPStatus.CREATED)
def ask(item_id: int, json: Question) -> Answer[ItemRecord]:
    """Ask whoever it is about to explain."""
    return _do(item_id, lambda item, by: important.ask(item, json.text, by))


@writes("POST", f"{ONE}/explanations", ItemRecord, HTTPStatus.CREATED)
def explain(item_id: int, json: Explanation) -> Answer[ItemRecord]:
    """Whoever was asked answers."""
    return _do(item_id, lambda item, by: important.explain(item, json.text, by))


@writes("POST", f"{ONE}/settlements", ItemRecord, HTTPStatus.CREATED)
def settle(item_id: int, json: Settlement) -> Answer[ItemRecord]:
    """It is done, with a word if there is one."""
    return _do(item_id, lambda item, by: important.finish(item, json.text, by))


def _do(item_id: int, act: Callable[[ImportantItem, Actor], None]) -> Answer[ItemRecord]:
    item = item_for(item_id, for_update=True)
    act(item, viewer().actor)
    return lambda: records.record(found.one(viewer().id, item))
