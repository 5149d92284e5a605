"""Of several pipelines: a client's word comes to the deal that they are talked with about, wherever that stands, unless
the sender names another place; and a place that was archived since costs no words."""

from __future__ import annotations

import pytest

from rules.setup_parts import ARCHIVED
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_setup_plans import edit, publish
from webapp.access.scopes import Actor
from webapp.db import transaction
from webapp.errors import Refused
from webapp.models import Deal
from webapp.services import inquiries, pipelines
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


@pytest.fixture(autouse=True)
def _service(inside: object, clock: Clock) -> None:
    with transaction():
        pipelines.add_pipeline({"en": "Service"}, None, company.acting("admin"))


def word(text: str, pipeline: str | None = None, phone: str = acts.PHONE, by: Actor = acts.FORM) -> Deal:
    with transaction():
        given = {"name": "Vera Belova", "phone": phone}
        return inquiries.receive("api", given, text, by, pipeline_key=pipeline)[0]


def key_of(deal: Deal) -> str:
    return setups.current().all_pipelines[deal.pipeline_id].key


def test_a_word_without_a_pipeline_goes_on_with_the_open_deal_wherever_that_stands(clock: Clock) -> None:
    repair = word("It is broken", "service")
    again = word("Is anybody coming?")
    assert again.id == repair.id
    assert key_of(word("A press, please", phone="+79005550002")) == "sales", "of somebody new it is the first"


def test_a_word_for_another_pipeline_is_another_matter(clock: Clock) -> None:
    repair, press = word("It is broken", "service"), word("A press, please", "sales")
    assert (key_of(repair), key_of(press)) == ("service", "sales")
    assert word("And by when?").id == press.id, "which was talked about last"


def test_a_program_that_names_an_archived_pipeline_comes_where_its_form_does(clock: Clock) -> None:
    edit("pipeline", "service", ARCHIVED.key, True)
    publish()
    assert key_of(word("It is broken", "service")) == "sales"
    with pytest.raises(Refused):
        word("It is broken", "no such")
