"""Versions of the set-up, each to be brought back, and what is archived, to be taken out. For admins; to others there
are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, flash, request

from rules import setup_changes as rules
from rules.setup_documents import Document, load
from rules.setup_parts import ARCHIVED, KINDS
from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import NotFound, Refused
from webapp.i18n import setup_changes
from webapp.i18n.line_ends import BETWEEN
from webapp.i18n.refusals import refusal
from webapp.models import SetupVersion
from webapp.queries import setup_versions as found
from webapp.queries.setup_versions import LeftAlone, Work
from webapp.services import drafts, setup_acts, setup_plans
from webapp.snapshots import drafts as snapshots
from webapp.snapshots import setups
from webapp.web.forms import Form, read_id
from webapp.web.responses import page, redirect_to

pages = Blueprint("versions", __name__)
HERE = "/settings/versions"
SHOWN = 20
NOTHING = Form()
THING = Form(names=("kind", "key"), refusals=None)


@dataclass(frozen=True, slots=True)
class VersionCard:
    number: int
    by: str
    at: datetime
    note: str
    changes: list[str]
    is_newest: bool
    is_first: bool
    acts: int  # what its remedies did to records, and could be taken back
    works: list[Work]  # what follows it and has not come to its end
    left: LeftAlone | None  # what its last work was refused

    @property
    def goes_on(self) -> bool:
        return any(not each.is_failed for each in self.works)


@dataclass(frozen=True, slots=True)
class ArchivedThing:
    kind: str
    key: str
    words: str


@pages.get(HERE)
def index() -> Response:
    """Newest first."""
    require_admin()
    before = read_id(request.args.get("before", ""))
    rows, older = found.versions(before, SHOWN)
    draft = snapshots.current()
    newest = rows[0].id if rows and before is None else None
    return page(
        "versions/index.html",
        versions=_cards(rows, newest),
        older=older,
        draft=draft,
        refusal=refusal,
        discarded=drafts.discarded(),
        archived=_archived(draft.document),
    )


@pages.post(f"{HERE}/<int:version_id>/restorations")
def restore(version_id: int) -> Response:
    """A plan that brings it back; its sheet stands open."""
    who = require_admin()
    NOTHING.posted()
    with transaction():
        plan_id = setup_plans.of_version(version_id, who.actor).row.id
    return redirect_to(f"/setup/plans/{plan_id}")


@pages.post(f"{HERE}/<int:version_id>/takebacks")
def take_back(version_id: int) -> Response:
    """What its remedies did to records goes back, where nobody has touched it since."""
    who = require_admin()
    NOTHING.posted()
    try:
        with transaction():
            setup_acts.begin(version_id, who.actor)
    except Refused as error:
        flash(refusal(error))
    return redirect_to(HERE)


@pages.post("/setup/archive/returns")
def take_out() -> Response:
    """Out of the archive, into the draft."""
    who = require_admin()
    posted = THING.posted()
    if posted.text("kind") not in KINDS:
        raise NotFound("kind")
    with transaction():
        drafts.edit(posted.text("kind"), posted.text("key"), ARCHIVED.key, False, who.actor)
    return redirect_to(HERE)


def _cards(rows: Sequence[SetupVersion], newest: int | None) -> list[VersionCard]:
    ids = [each.id for each in rows]
    acts, works, left = setup_acts.offered(ids), found.works(ids), found.left_alone(ids)
    return [_card(each, newest, acts.get(each.id, 0), works.get(each.id, []), left.get(each.id)) for each in rows]


def _card(row: SetupVersion, newest: int | None, acts: int, works: list[Work], left: LeftAlone | None) -> VersionCard:
    changes = setup_changes.changes([rules.load(each) for each in row.changes], load(row.setup))
    is_first = row.cause.get("via") == "beginning"
    by = setups.current().name_of(row.by_id)
    return VersionCard(row.id, by, row.at, row.note, changes, row.id == newest, is_first, acts, works, left)


def _archived(document: Document) -> list[ArchivedThing]:
    """As the draft has it."""
    return [
        ArchivedThing(each.kind, each.key, _words(document, each.kind, each.key))
        for each in document.items
        if each.is_archived
    ]


def _words(document: Document, kind: str, key: str) -> str:
    item = document.get(kind, key)
    words = setup_changes.thing(kind, key, item.name if item else {})
    home = document.get("pipeline", key.partition("/")[0]) if kind == "stage" else None
    return f"{words}{BETWEEN}{setup_changes.thing('pipeline', home.key, home.name)}" if home else words
