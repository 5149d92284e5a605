"""Files of a task by page and by API: sent, kept, given back as an attachment; refused in words, and nothing that was
typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from rules.uploads import MAX_BYTES
from tests import files
from tests.conftest import Clock
from tests.views.scenes import HTMX, Browser, Scene, browser, rows, scene
from webapp.bounds import MAX_BODY, MAX_UPLOAD
from webapp.db import transaction
from webapp.models import User
from webapp.snapshots import setups

Sent = tuple[BytesIO, str]
V1 = "/api/v1"


def sent(content: bytes = files.PDF, name: str = "report.pdf") -> Sent:
    return BytesIO(content), name


def post(who: Browser, path: str, *which: Sent, result: str = "", htmx: bool = True) -> Any:
    data = {"files": list(which), "result": result}
    return who.post(path, data=data, content_type="multipart/form-data", headers=HTMX if htmx else {})


def listed(app: Flask, at: Scene) -> list[Any]:
    """What has come since."""
    return [each for each in rows(app)["task_file"] if each.id != at.file]


def test_a_file_is_attached_and_comes_back_as_an_attachment(app: Flask, clock: Clock) -> None:
    at, rep = scene(app), browser(app, "rep1")
    path = f"/tasks/{at.task}/files"
    answer = post(rep, path, sent(name="Отчёт <b>.pdf"))
    assert (answer.status_code, "Отчёт _b_.pdf" in answer.text) == (200, True)
    (file,) = listed(app, at)
    back = rep.get(f"{path}/{file.id}")
    assert back.data == files.PDF
    assert back.mimetype == "application/pdf"
    assert back.headers["Content-Disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''%D0%9E" in back.headers["Content-Disposition"]
    assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert back.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert back.headers["Cache-Control"] == "no-store"
    assert f"{path}/{file.id}" in rep.get(f"/tasks/{at.task}").text
    assert f"{path}/{file.id}" in rep.get(f"/deals/{at.deal}").text
    assert browser(app, "rep2").get(f"{path}/{file.id}").status_code == 200  # who reads the deal reads its files
    assert browser(app, "rep3").get(f"{path}/{file.id}").status_code == 404
    assert rep.get(f"/tasks/{at.handed_in}/files/{file.id}").status_code == 404  # of another task


def test_the_acceptor_sees_what_was_handed_in(app: Flask, clock: Clock) -> None:
    at, rep, head = scene(app), browser(app, "rep1"), browser(app, "north")
    answer = post(rep, f"/tasks/{at.task}/submissions", sent(), result="Called", htmx=False)
    assert answer.status_code == 303
    (file,) = listed(app, at)
    link = f"/tasks/{at.task}/files/{file.id}"
    assert link in head.get("/tasks?list=acceptance").text
    assert link in head.get(f"/tasks/{at.task}").text
    assert f'formaction="{link}/deletions"' not in head.get(f"/tasks/{at.task}").text
    assert post(rep, f"{link}/deletions").status_code == 409


REFUSED: dict[str, tuple[Callable[[], Sent], str]] = {
    "a page": (lambda: sent(b"<html><script>alert(1)</script>", "photo.png"), "“photo.png” was not accepted"),
    "a drawing that runs": (lambda: sent(b"<svg onload='alert(1)'/>", "a.svg"), "“a.svg” was not accepted"),
    "a bomb": (lambda: sent(files.bomb(), "plan.docx"), "“plan.docx” would be too large"),
    "nothing": (lambda: sent(b"", "empty.txt"), "“empty.txt” is empty"),
    "too much": (lambda: sent(b"a" * (MAX_BYTES + 1), "long.txt"), "“long.txt” is larger than 10 MB"),
    "a hostile name": (lambda: sent(b"\x00", "../<script>\u202e.png"), "“_script_.png” was not accepted"),
    "no file": (lambda: sent(b"", ""), "Choose a file first."),
}


@pytest.mark.parametrize(("file", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_said_beside_and_what_was_typed_stays(
    app: Flask, clock: Clock, file: Callable[[], Sent], words: str
) -> None:
    at, rep = scene(app), browser(app, "rep1")
    path = f"/tasks/{at.task}/files"
    part = post(rep, path, file(), result="What I typed")
    assert part.status_code == 422
    assert words in part.text.replace("\u2068", "").replace("\u2069", "")
    assert "textarea" not in part.text  # the report beside it is not even touched
    whole = post(rep, path, file(), result="What I typed", htmx=False)
    assert (whole.status_code, "What I typed</textarea>" in whole.text) == (422, True)
    assert not listed(app, at)


def test_without_scripts_a_file_goes_first_and_the_report_stays(app: Flask, clock: Clock) -> None:
    at, rep = scene(app), browser(app, "rep1")
    answer = post(rep, f"/tasks/{at.task}/files", sent(), result="What I typed", htmx=False)
    assert (answer.status_code, "What I typed</textarea>" in answer.text) == (200, True)
    (file,) = listed(app, at)
    off = post(rep, f"/tasks/{at.task}/files/{file.id}/deletions", result="What I typed", htmx=False)
    assert "What I typed</textarea>" in off.text
    assert not listed(app, at)


def test_a_report_with_a_file_that_is_not_taken_is_not_handed_in(app: Flask, clock: Clock) -> None:
    at, rep = scene(app), browser(app, "rep1")
    answer = post(rep, f"/tasks/{at.task}/submissions", sent(b"\x00", "x.bin"), result="Called", htmx=False)
    assert answer.status_code == 422
    assert "Called</textarea>" in answer.text
    assert "x.bin" in answer.text
    assert {each.state for each in rows(app)["task"] if each.id == at.task} == {"new"}


def test_words_are_in_the_readers_language(app: Flask, clock: Clock) -> None:
    at, rep = scene(app), browser(app, "rep1")
    with app.app_context(), transaction() as current:
        current.get_one(User, at.owner).locale = "ru"
        setups.changed()
    assert "пуст" in post(rep, f"/tasks/{at.task}/files", sent(b"", "a.txt")).text


def test_half_an_upload_leaves_nothing(app: Flask, clock: Clock) -> None:
    at, rep = scene(app), browser(app, "rep1")
    whole = (
        b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + rep.token.encode() + b"\r\n"
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n' + files.PDF
    )
    before = rows(app)
    answer = rep.open(
        f"/tasks/{at.task}/files",
        method="POST",
        data=whole,  # the end never comes
        content_type="multipart/form-data; boundary=x",
        headers=HTMX,
    )
    assert answer.status_code in (400, 422)
    assert rows(app) == before


def test_only_files_may_be_large(app: Flask, clock: Clock) -> None:
    at, rep = scene(app), browser(app, "rep1")
    answer = post(rep, f"/tasks/{at.task}/files", sent(b"a" * MAX_UPLOAD))
    assert (answer.status_code, "too large" in answer.text) == (413, True)
    words = {"text": "a" * MAX_BODY}
    assert rep.post(f"/deals/{at.deal}/notes", data=words, headers=HTMX).status_code == 413


def test_the_api_takes_and_gives_files(app: Flask, token: Any, clock: Clock) -> None:
    at, api = scene(app), app.test_client()
    path = f"{V1}/tasks/{at.task}/files"
    mine = token("rep1")
    key = {**mine, "Idempotency-Key": "one"}

    def send(*which: Sent, headers: dict[str, str] = mine) -> Any:
        return api.post(path, data={"files": list(which)}, content_type="multipart/form-data", headers=headers)

    made = send(sent(), sent(b"Terms", "terms.txt"), headers=key)
    assert made.status_code == 201
    assert [each["name"] for each in made.json["files"]] == ["terms.txt", "report.pdf", "terms.txt"]
    assert made.json["files"][2] | {"media_type": "text/plain", "size": 5} == made.json["files"][2]
    again = send(sent(), sent(b"Terms", "terms.txt"), headers=key)
    assert again.headers.get("Idempotent-Replay") == "true", (again.status_code, again.json)
    assert again.json == made.json
    assert send(sent(b"Other", "terms.txt"), headers=key).status_code == 409
    one = f"{path}/{made.json['files'][1]['id']}"
    back = api.get(one, headers=token("rep2"))
    assert (back.data, back.mimetype) == (files.PDF, "application/pdf")
    assert back.headers["Content-Disposition"] == "attachment; filename=report.pdf"
    assert api.get(one, headers=token("rep3")).status_code == 404
    assert send(sent(), headers=token("rep3")).status_code == 404
    for content in (b"<html>", files.packed_odt(broken=True)):
        refused = send(sent(content, "a.pdf"))
        assert (refused.status_code, refused.json["fields"][0]["code"]) == (422, "not_a_file_we_take")
    assert api.post(path, json={"files": "x"}, headers=mine).status_code == 415
    assert send().status_code == 422
    assert api.delete(one, headers=token("rep2")).status_code == 403
    assert api.delete(one, headers=mine).status_code == 204
    assert len(api.get(f"{V1}/tasks/{at.task}", headers=mine).json["files"]) == 2
