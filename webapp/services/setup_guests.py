"""What stands beside the set-up and names parts of it (rules/setup_guests.py): how much of it there is, and how it lets
go of what is archived, in the transaction that archives it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from rules import setup_guests
from rules.consequences import Consequence, Remedy
from webapp import clock
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.models import ApiToken, BoardView, Conversation, Deal, Pipeline, Season
from webapp.services import journal
from webapp.snapshots import setup_documents, setups

USED = timedelta(days=30)
SCOPES = {"pipeline": "pipeline", "robots": "robot"}  # of a season, what its ids are of


def counts(targets: Collection[str]) -> dict[str, int]:
    """How many saved views and seasons name each of these."""
    found: Counter[str] = Counter()
    if targets:
        for _, named in _views():
            found.update(f"view {each}" for each in named & set(targets))
        for _, named in _seasons():
            found.update(f"season {each}" for each in named & set(targets))
    return dict(found)


def inquiries(pipelines: Collection[str]) -> dict[str, int]:
    """By pipeline: conversations that its form has begun of late."""
    if not pipelines:
        return {}
    since = (Conversation.channel == "form", Conversation.created_at >= clock.now() - USED)
    by_form = select(Pipeline.key, func.count().label("many")).join(Deal, Deal.pipeline_id == Pipeline.id)
    rows = by_form.join(Conversation, Conversation.deal_id == Deal.id).where(*since, Pipeline.key.in_(pipelines))
    return {row.key: row.many for row in session().execute(rows.group_by(Pipeline.key))}


def tokens() -> int:
    """How many tokens have been used of late and still open the API."""
    used = (ApiToken.ended_at.is_(None), ApiToken.used_at >= clock.now() - USED)
    return session().scalar(select(func.count()).select_from(ApiToken).where(*used)) or 0


def mend(answers: Iterable[tuple[Consequence, Remedy]], by: Actor) -> None:
    """The rows are written: what named something that is archived does without it."""
    for consequence, remedy in answers:
        target = target_of(consequence)
        if consequence.kind == "views_name":
            _let_views_go(target, remedy.verb == "forget")
        elif consequence.kind == "seasons_name":
            _let_seasons_go(target, by)
        elif consequence.kind == "form_of":
            _lead_form(consequence.about, remedy.to or None)


def target_of(consequence: Consequence) -> str:
    """What it is about, as rules write it."""
    return (
        f"option:{consequence.about}={consequence.by}" if consequence.by else f"{consequence.item}:{consequence.about}"
    )


def _views() -> Iterable[tuple[BoardView, frozenset[str]]]:
    pipelines = setups.current().all_pipelines
    for each in session().scalars(select(BoardView)):
        yield each, setup_guests.of_view(pipelines[each.pipeline_id].key, each.query)


def _seasons() -> Iterable[tuple[Season, frozenset[str]]]:
    ids = setup_documents.ids()
    keys = {(kind, row_id): key for (kind, key), row_id in ids.items()}
    for each in session().scalars(select(Season)):
        kind = SCOPES.get(each.scope.get("kind", ""), "")
        named = [keys.get((kind, row_id)) for row_id in each.scope.get("ids", ())] if kind else []
        yield each, frozenset(f"{kind}:{key}" for key in named if key)


def _let_views_go(target: str, is_whole: bool) -> None:
    """Two views of one person may read alike then: both stay, under their names."""
    for view, named in _views():
        if target in named and (is_whole or target.startswith("pipeline:")):
            session().delete(view)
        elif target in named:
            view.query = setup_guests.view_without(view.query, target)


def _let_seasons_go(target: str, by: Actor) -> None:
    """One with nothing left that it is about ends; runs that wait by it are counted as before."""
    kind, _, key = target.partition(":")
    row_id = setup_documents.ids()[kind, key]
    for season, named in _seasons():
        if target not in named:
            continue
        old: dict[str, Any] = dict(season.scope)
        left = setup_guests.season_without(old, row_id)
        if left is None:
            journal.write("season.removed", "season", season.id, by, old={"name": season.name, "scope": old})
            session().delete(season)
        else:
            journal.write("season.edited", "season", season.id, by, old={"scope": old}, new={"scope": left})
            season.scope = left
    setups.changed()


def _lead_form(key: str, to: str | None) -> None:
    """What is sent by the form of a pipeline that goes comes to another; so does what came to it from others before."""
    rows = setup_documents.rows_of("pipeline")
    target = rows[to].id if to else None
    for each in rows.values():
        if each.key == key or each.form_goes_to_id == rows[key].id:
            each.form_goes_to_id = target
    setups.changed()
