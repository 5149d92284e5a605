"""A pipeline goes to the archive with what lies in it: deals that its worker has not moved yet, and deleted ones, which
nobody moves. Each of them is shown, and comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import company
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views import every_page
from webapp import clock as time
from webapp.db import session, transaction
from webapp.models import Deal, Pipeline, Stage
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
OWN = (("intake", "open", "Intake"), ("repair", "open", "Repair"), ("mended", "won", "Mended"))


@pytest.fixture
def service(app: Flask, clock: Clock) -> list[int]:
    """Two deals of the pipeline Service: one at work, one that has been deleted on the stage Repair."""
    with app.app_context():
        with transaction() as current:
            own = Pipeline(key="service", name=both("Service"), position=1)
            current.add(own)
            current.flush()
            current.add_all(
                Stage(pipeline_id=own.id, key=key, name=both(name), position=n, kind=kind, hue=n)
                for n, (key, kind, name) in enumerate(OWN)
            )
            setups.changed()
        made = [acts.deal("service/repair", title=title) for title in ("At work", "Deleted")]
        acts.delete(made[1])
        return made


def both(words: str) -> dict[str, str]:
    return dict.fromkeys(("en", "ru"), words)


def archive(app: Flask, *stages: str) -> None:
    """Some stages of Service; without any the whole pipeline."""
    with app.app_context(), transaction() as current:
        if stages:
            current.execute(update(Stage).where(Stage.key.in_(stages)).values(archived_at=time.now()))
        else:
            current.execute(update(Pipeline).where(Pipeline.key == "service").values(archived_at=time.now()))
        setups.changed()


def restored(app: Flask, admin: Browser, deal_id: int) -> tuple[str, str]:
    """The page that an admin sees after bringing it back, and the history in the API."""
    assert admin.post(f"/deals/{deal_id}/restorations").status_code == 303
    return admin.get(f"/deals/{deal_id}").text, admin.get(f"/deals/{deal_id}").text


@pytest.mark.parametrize("gone", [(), ("repair",), ("intake", "repair", "mended")])
def test_what_lies_in_an_archived_part_is_shown_wherever_it_stands(
    app: Flask, service: list[int], sign_in: SignIn, gone: tuple[str, ...]
) -> None:
    archive(app, *gone)
    admin, owner = sign_in("admin"), sign_in("rep1")
    bin_ = admin.get("/deals?kind=deleted")
    assert (bin_.status_code, "Deleted" in bin_.text, "Repair" in bin_.text) == (200, True, True)
    for who in (admin, owner):
        sheet = who.get(f"/deals/{service[0]}")
        assert (sheet.status_code, "Service" in sheet.text, "Repair" in sheet.text) == (200, True, True)
    with app.app_context():
        paths = [each for each in every_page.paths(app) if not each.startswith("/api/")]
    assert {path: code for path in paths if (code := admin.get(path).status_code) >= 500} == {}


def test_a_deleted_deal_of_an_archived_pipeline_comes_to_the_first_that_is_left_and_all_are_told(
    app: Flask, service: list[int], sign_in: SignIn
) -> None:
    archive(app)
    told, later = restored(app, sign_in("admin"), service[1])
    assert "Its pipeline is archived: it is in “Equipment sales” now, on “New”" in told
    assert "Its pipeline is archived" not in later, "said once"
    assert (
        "restored the deal, from “Service\u00a0· Repair”, which was archived, to “Equipment sales\u00a0· New”" in later
    )
    assert "restored the deal, from “Service\u00a0· Repair”" in sign_in("rep1").get(f"/deals/{service[1]}").text
    with app.app_context():
        deal = acts.deal_of(service[1])
        assert (deal.deleted_at, deal.stage_id) == (None, company.stage("new").id)
        assert deal.pipeline_id == company.stage("new").pipeline_id
        acts.move(service[1], "data_collection")


def test_one_whose_stage_alone_is_archived_stays_in_its_pipeline(
    app: Flask, service: list[int], sign_in: SignIn
) -> None:
    archive(app, "repair")
    told, later = restored(app, sign_in("admin"), service[1])
    assert "Its stage is archived: it is on “Intake” now" in told
    assert "restored the deal, from “Repair”, which was archived, to “Intake”" in later


def test_one_whose_stage_stands_comes_back_to_it_without_a_word(
    app: Flask, service: list[int], sign_in: SignIn
) -> None:
    told, later = restored(app, sign_in("admin"), service[1])
    assert "archived" not in told
    assert "restored the deal, " not in later
    with app.app_context():
        standing = session().scalars(select(Stage.key).join(Deal, Deal.stage_id == Stage.id)).all()
        assert standing.count("repair") == 2


def test_where_no_open_stage_is_left_at_all_it_says_so(app: Flask, service: list[int], sign_in: SignIn) -> None:
    archive(app)
    with app.app_context(), transaction() as current:
        current.execute(update(Stage).where(Stage.kind == "open").values(archived_at=time.now()))
        setups.changed()
    answer = sign_in("admin").post(f"/deals/{service[1]}/restorations")
    assert (answer.status_code, "No open stage is left" in answer.text) == (422, True)
