"""Static files that are answered before the rest of the application is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from webapp.web.kept_files import KeptFiles
from webapp.web.sent_files import sent
from webapp.web.templating import STATIC

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
HEADERS = [("Content-Type", "text/css"), ("Cache-Control", "public")]


def test_every_file_is_answered_again_as_it_was_the_first_time(app: Flask) -> None:
    client, version = app.test_client(), app.extensions["dozor.static"]
    names = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()]
    assert len(names) > 90
    for name in names:
        first, again = (client.get(f"/static/{version}/{name}", headers=GZIP) for _ in range(2))
        whole = client.get(f"/static/{version}/{name}")
        assert first.status_code == again.status_code == whole.status_code == 200, name
        assert again.data == first.data, name
        assert [each for each in again.headers if each[0] != "Date"] == [
            each for each in first.headers if each[0] != "Date"
        ], name
        assert whole.data == sent(STATIC, name), "who cannot unpack is sent the same"


def answering(status: str, headers: list[tuple[str, str]]) -> tuple[list[str], Client]:
    """An application of which everything is asked, and a client of what keeps its answers below /kept/."""
    asked: list[str] = []

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        start_response(status, headers)
        return [b"one, ", b"two"]

    return asked, Client(KeptFiles(application, "/kept/", most=2))


def test_an_answer_for_everybody_is_asked_for_once() -> None:
    asked, client = answering("200 OK", HEADERS)
    for _ in range(3):
        answer = client.get("/kept/a.css?anything", headers=GZIP)
        assert (answer.data, answer.headers["Content-Type"]) == (b"one, two", "text/css")
    assert asked == ["/kept/a.css"]


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("HEAD", "/kept/a.css", {}),
        ("POST", "/kept/a.css", {}),
        ("GET", "/other/a.css", {}),
        ("GET", "/kept/a.css", {"Accept-Encoding": ""}),
        ("GET", "/kept/a.css", {"Accept-Encoding": "gzip;q=0"}),
        ("GET", "/kept/a.css", {"Range": "bytes=0-3"}),
        ("GET", "/kept/a.css", {"If-Range": '"x"'}),
        ("GET", "/kept/a.css", {"If-None-Match": '"x"'}),
        ("GET", "/kept/a.css", {"If-Modified-Since": "Sat, 28 Nov 2026 10:00:00 GMT"}),
    ],
)
def test_whatever_is_not_a_plain_file_is_asked_of_the_application(method: str, path: str, more: dict[str, str]) -> None:
    asked, client = answering("200 OK", HEADERS)
    client.get("/kept/a.css", headers=GZIP)
    for _ in range(2):
        client.open(path, method=method, headers={**GZIP, **more})
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("404 NOT FOUND", HEADERS),
        ("304 NOT MODIFIED", HEADERS),
        ("503 SERVICE UNAVAILABLE", HEADERS),
        ("200 OK", [*HEADERS, ("Set-Cookie", "dozor=somebody")]),
    ],
)
def test_what_is_no_file_or_is_meant_for_one_reader_is_not_kept(status: str, headers: list[tuple[str, str]]) -> None:
    asked, client = answering(status, headers)
    for _ in range(2):
        client.get("/kept/a.css", headers=GZIP)
    assert len(asked) == 2


def test_no_more_is_kept_than_there_are_files() -> None:
    asked, client = answering("200 OK", HEADERS)
    for _ in range(2):
        for n in range(5):
            client.get(f"/kept/{n}.css", headers=GZIP)
    assert len(asked) == 8, "two of five were kept"
