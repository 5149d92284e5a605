"""An item of what matters now, in its reader's words."""

from __future__ import annotations

from datetime import datetime

from webapp.api.types import Page, Record
from webapp.i18n import important as words
from webapp.queries.important_items import ItemView


class NextLevel(Record):
    """Who is told then, if nobody takes it."""

    person_id: int
    at: datetime


class ItemRecord(Record):
    """`about` says what has to be acted on, `about_id` who could explain it; `also` are further reasons why it
    stands there, by kind, less grave than `kind`; `is_held`: what would follow waits, since a restore, until whoever
    runs the machine lets it go on."""

    id: int
    kind: str
    also: list[str]
    deal_id: int | None
    task_id: int | None
    about: str
    about_id: int | None
    since: datetime
    opened_at: datetime
    state: str
    holder_id: int | None
    level: int
    times: int
    next: NextLevel | None
    is_held: bool
    taken_at: datetime | None
    snoozed_until: datetime | None
    question: str | None
    explanation: str | None
    word: str | None
    ended_at: datetime | None


class ImportantPage(Page[ItemRecord]):
    """`not_shown` counts what is put aside, handed on, or taken by others, and deals without a next step."""

    not_shown: dict[str, int]


def record(item: ItemView) -> ItemRecord:
    row = item.row
    above = None
    if item.next is not None:
        above = NextLevel(person_id=item.next.people[0].id, at=item.next.at)
    about, also = words.title(row.kind, row.facts, is_own=item.is_own), list(row.facts.get("item.also", ()))
    return ItemRecord.of(row, about=about, also=also, next=above, is_held=item.is_held)
