"""Notes on a deal by the API."""

from __future__ import annotations

from typing import Any

from flask import Flask

from tests import company
from tests.views.scenes import scene


def test_a_colleague_writes_and_reads_notes_and_an_outsider_does_not(app: Flask, token: Any, clock: Any) -> None:
    at, api = scene(app), app.test_client()
    path = f"/api/v1/deals/{at.deal}/notes"
    with app.app_context():
        maria = company.person("rep2")
    made = api.post(path, json={"text": "Look, @Maria Sokolova"}, headers=token("rep1"))
    assert (made.status_code, made.json["told"]) == (201, [maria])
    assert api.post(path, json={"text": "I see"}, headers=token("rep2")).status_code == 201
    listed = api.get(path, headers=token("rep2")).json["items"]
    assert [each["text"] for each in listed] == ["I see", "Look, @Maria Sokolova"]
    assert api.get(path, headers=token("rep3")).status_code == 404
    assert api.post(path, json={"text": "Hi"}, headers=token("rep3")).status_code == 404
