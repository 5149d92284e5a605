"""The list of first steps on the board of a new firm: what an admin says of it. Whether a step is done, facts tell
(webapp/queries/first_steps.py); what no fact can tell is noted."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Update, select, update

from rules.setup import Stage
from rules.setup_edits import Edit
from webapp import clock
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import NotFound, Problems, Refused
from webapp.models import Firm
from webapp.services import inquiries, pipelines, single_changes, texts
from webapp.snapshots import setups

NOTED = ("stages", "robots", "people", "form", "dismissed")
STAGE_LIMIT = 60
TEST_CLIENT = {"en": "Test client", "ru": "Проверочный клиент"}
TEST_WORDS = {
    "en": "This is a test inquiry: it shows how a client's question arrives, and when you are reminded of it.",
    "ru": "Это проверочное обращение: так приходит вопрос клиента, и так о нём напомнят.",
}


def note(step: str) -> None:
    """An admin says that this step is done, or needs not be. Raises NotFound where there is no list."""
    firm = session().scalars(select(Firm).with_for_update(key_share=True)).one()
    if firm.first_steps is None or step not in NOTED:
        raise NotFound("first step")
    if step not in firm.first_steps:
        firm.first_steps = {**firm.first_steps, step: clock.now().isoformat()}
        setups.changed()


def name_stages(names: Mapping[str, str], by: Actor) -> None:
    """The stages of the first pipeline as the firm calls them, by key. Raises Refused under `stage.KEY`."""
    setup = setups.current()
    pipeline = setup.pipeline_of(None)
    locale, problems, edits = setup.firm.locale, Problems(), []
    for each in setup.stages_of(pipeline.id) if pipeline else ():
        try:
            if each.key in names:
                name = texts.line(f"stage.{each.key}", names[each.key], STAGE_LIMIT)
                edits += _renamed(each, name, locale)
        except Refused as error:
            problems |= error.problems
    if problems:
        raise Refused("bad_fields", problems=problems)
    single_changes.make(edits, by)
    note("stages")


def _renamed(stage: Stage, name: str, locale: str) -> list[Edit]:
    """Only in the firm's language, once it is another: what it was called in the other says something else."""
    old = stage.name.get(locale) or next(iter(stage.name.values()), "")
    return [Edit("stage", pipelines.key_of(stage), "name", {locale: name})] if name != old else []


def send_test_inquiry() -> None:
    """A client who is none writes by the web form. Raises NotFound where there is no list."""
    locale = setups.current().firm.locale
    if setups.current().firm.first_steps is None:
        raise NotFound("first step")
    client = {"name": TEST_CLIENT[locale], "external_id": "test-inquiry"}
    inquiries.receive("form", client, TEST_WORDS[locale], Actor(via="form"))


def seen_on_a_site() -> Update | None:
    """The statement that notes that the web form was opened inside of a page of the firm's site; None when that is
    known, or nobody waits for it."""
    firm = setups.current().firm
    if firm.first_steps is None or "form" in firm.first_steps:
        return None
    noted = {**firm.first_steps, "form": clock.now().isoformat()}
    return update(Firm).values(first_steps=noted, config_version=setups.new_version())
