"""The toast of a move: most of it is kept for all who read one language, and what is its own is each mover's own."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

from tests.views.test_board_tools import HTMX, SignIn, made, stage_of


def moved(who: Any, deal_id: int, stage: str = "data_collection") -> str:
    answer = who.post(f"/deals/{deal_id}/moves", data={"stage": stage}, headers=HTMX)
    assert answer.status_code == 200
    return str(answer.text.rpartition('data-toast="moved"')[2])


def hidden(toast: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', toast))


def test_each_mover_takes_back_their_own_deal_with_their_own_token(app: Flask, sign_in: SignIn, clock: Any) -> None:
    deals = {name: made(app, name, f"Of {name}") for name in ("rep1", "rep2")}
    people = {name: sign_in(name) for name in deals}
    sent = {}
    for name, who in people.items():
        toast = moved(who, deals[name])
        assert f'action="/deals/{deals[name]}/takebacks"' in toast
        sent[name] = hidden(toast)
    assert not {*sent["rep1"].values()} & {*sent["rep2"].values()}
    foreign = sent["rep1"] | {"csrf_token": sent["rep2"]["csrf_token"]}
    answer = people["rep1"].post(f"/deals/{deals['rep1']}/takebacks", data=foreign)
    assert answer.status_code == 400
    for name, who in people.items():
        assert who.post(f"/deals/{deals[name]}/takebacks", data=sent[name]).status_code == 303
        assert stage_of(app, deals[name]) == "new"
