"""Deals that are counted as lacking a field are those of which the gate would ask it: of every kind of field."""

from __future__ import annotations

from typing import Any

import pytest

from rules import gates
from rules.facts import Catalogue, FieldSpec, Option, StageFacts
from rules.field_kinds import FIELD_KINDS, field_kind
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_field_kinds import EXAMPLES
from webapp.db import session, transaction
from webapp.models import Contact, Deal
from webapp.snapshots import lacking
from webapp.snapshots.deals import snapshot_of

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
OPTIONS = (Option("a", {"en": "First"}), Option("b", {"en": "Second"}))
UNSET = object()


def kept(kind: str) -> list[Any]:
    """What six records have in a field of this kind: four of them nothing, and a checkbox that was answered by no."""
    some = EXAMPLES[kind].kept
    some = company.person("rep2") if some == "{rep2}" else some
    return [UNSET, None, "", [], False if kind == "checkbox" else some, some]


@pytest.mark.parametrize("entity", ["deal", "contact"])
def test_whoever_is_counted_is_asked(clock: Clock, entity: str) -> None:
    contacts = [acts.contact(f"Client {n}", f"+7 912 555-01-7{n}") for n in range(6)]
    ids = [acts.deal(of=each) for each in contacts]
    with transaction():
        for n, deal_id in enumerate(ids):
            deal = acts.locked(deal_id)
            record = deal if entity == "deal" else session().get_one(Contact, deal.contact_id)
            values = {f"own_{kind}": kept(kind)[n] for kind in FIELD_KINDS}
            record.fields = record.fields | {key: each for key, each in values.items() if each is not UNSET}
    stage = company.stage("new").id
    for kind in FIELD_KINDS:
        options = OPTIONS if field_kind(kind).has_options else ()
        spec = FieldSpec(entity, f"own_{kind}", kind, {"en": "Our own"}, options, required_from=(stage,))
        catalogue = Catalogue.build([spec])
        snapshots = {each: snapshot_of(session().get_one(Deal, each)) for each in ids}
        place = [StageFacts(stage, 1, "open")]
        asked = [each for each in ids if gates.missing_fields(catalogue, place, stage, snapshots[each])]
        assert asked == ids[:4], kind
        assert sorted({*lacking.lacking(spec, [stage], catalogue).ids} & {*ids}) == asked, kind
