"""A deal that work holds on its stage: the board puts the card back and says why, so does the API."""

from __future__ import annotations

from typing import Any

from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import HTMX, browser

WORDS = "stays on Processing until this is done: Processing a deal with a VIP client. It is up to Anna Krylova."


def test_the_card_goes_back_with_words_and_the_api_says_the_same(app: Flask, token: Any, clock: Clock) -> None:
    with app.app_context():
        settings = {**company.robot("vip_task").settings, "holds_stage": True}
        acts.robot("vip_task", settings=settings)
        deal_id = acts.deal(of=acts.contact(vip=True))
        acts.vip_task(deal_id)
    rep = browser(app, "rep1")
    by_drag = rep.post(f"/deals/{deal_id}/moves", data={"stage": "payment"}, headers=HTMX)
    assert (by_drag.status_code, f'data-deal="{deal_id}"' in by_drag.text) == (409, True)
    assert WORDS in by_drag.text.replace("\u2068", "").replace("\u2069", "")
    by_form = rep.post(f"/deals/{deal_id}/moves", data={"stage": "payment", "from": "deal"})
    assert (by_form.status_code, "It is up to Anna Krylova" in by_form.text) == (409, True)
    api = app.test_client()
    answer = api.post(f"/api/v1/deals/{deal_id}/moves", json={"stage": "payment"}, headers=token("rep1"))
    assert (answer.status_code, answer.json["error"]) == (409, "held_by_task")
    assert answer.json["current"]["stage"] == "processing"
    edited = api.patch(f"/api/v1/deals/{deal_id}", json={"stage": "payment"}, headers=token("rep1"))
    assert edited.status_code == 409
    with app.app_context():
        assert acts.stage_of(deal_id) == "processing"


def test_work_whose_title_names_the_deal_is_told_by_it(app: Flask, token: Any, clock: Clock) -> None:
    """The default title of a robot's task is "{deal.title}"."""
    with app.app_context():
        settings = {**company.robot("vip_task").settings, "holds_stage": True, "title": {"en": "{deal.title}, today"}}
        acts.robot("vip_task", settings=settings)
        acts.robot("reaction_control", kind="move", settings={"stage": company.stage("payment").id}, condition=None)
        deal_id = acts.deal(of=acts.contact(vip=True))
        acts.vip_task(deal_id)
        title = acts.deal_of(deal_id).title
        clock.go_on(days=7)
        acts.work()
    rep, api, as_rep = browser(app, "rep1"), app.test_client(), token("rep1")
    by_drag = rep.post(f"/deals/{deal_id}/moves", data={"stage": "payment"}, headers=HTMX)
    answer = api.post(f"/api/v1/deals/{deal_id}/moves", json={"stage": "payment"}, headers=as_rep)
    story = api.get(f"/api/v1/deals/{deal_id}/journal", headers=as_rep)
    pages = [rep.get(each).text for each in (f"/deals/{deal_id}", "/inbox", "/tasks", "/important")]
    for said in (by_drag.text, answer.text, *pages):
        assert "{deal" not in said
    assert f"until this is done: {title}, today" in by_drag.text.replace("\u2068", "").replace("\u2069", "")
    assert answer.json["message"].count(f"{title}, today") == 1, answer.json
    assert story.status_code == 200
