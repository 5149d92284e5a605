"""What every answer carries, and what no template may hold."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.views.scenes import HTMX, Scene, browser
from webapp import views
from webapp.app import CSP
from webapp.background import heartbeats
from webapp.web import templating
from webapp.web.sent_files import sent

TEMPLATES = sorted((Path(views.__file__).parent.parent / "templates").rglob("*.html"))
PAGES = (
    "/",
    "/?mine=1",
    "/pipelines/sales/stages/new/cards?position=-1&id=0",
    "/deals",
    "/deals/new",
    "/deals/{deal}",
    "/deals/{deal}/moves/new",
    "/deals/{deal}/needs",
    "/contacts",
    "/contacts/new",
    "/contacts/{contact}",
    "/tasks",
    "/tasks/{task}",
    "/inbox",
    "/bell",
    "/frame?seq=0",
    "/profile",
    "/search?q=North",
    "/health",
    "/favicon.ico",
    "/nothing/here",
    "/deals/999999",
    "/deals/99999999999999999999999",
    "/static/0/css/app.css",
    "/static/0/no/such.css",
    "/static/0/../app.py",
    "/static/0/%2e%2e/app.py",
    "/static/0//etc/passwd",
)
FORBIDDEN = {
    "marks text as safe": r"\|\s*safe\b|Markup|autoescape\s+false",
    "holds a style": r"<style|\sstyle\s*=",
    "holds a script": r"<script(?![^>]*\ssrc=)[^>]*>",
    "runs script in an attribute": r"\son[a-z]+\s*=|\shx-on|javascript:|hx-vals\s*=\s*['\"]js:",
    "loads from elsewhere": r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//",
    "has an attribute without quotes around a value": r"\s[a-z-]+=\{\{",
}


def test_every_answer_carries_the_headers_that_keep_a_page_shut(app: Flask, north: Scene) -> None:
    who = browser(app, "rep1")
    for path in (*PAGES, "/sign-in"):
        for headers in ({}, HTMX):
            answer = who.get(north.fill(path), headers=headers)
            assert answer.headers["Content-Security-Policy"] == CSP, path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert answer.headers["Referrer-Policy"] == "same-origin", path
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", path
            is_kept = "max-age" in answer.headers["Cache-Control"] or "no-cache" in answer.headers["Cache-Control"]
            assert is_kept == (path.startswith(("/static/0/css", "/favicon"))), path
            assert answer.status_code < 500 or path == "/health", path
            names = [name.lower() for name, _ in answer.headers if name != "Set-Cookie"]
            assert len(names) == len({*names}), path


def test_a_part_of_a_page_says_little_and_what_may_stand_alone_is_shut(app: Flask) -> None:
    version, client = app.extensions["dozor.static"], app.test_client()
    for name in ("css/app.css", "js/app.js", "fonts/onest-latin-wght-normal.woff2", "img/icon-192.png"):
        answer = client.get(f"/static/{version}/{name}", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert "immutable" in answer.headers["Cache-Control"], name
        assert len(str(answer.headers)) <= 350, f"{name}: a first visit asks for a hundred of these"
    for path in (f"/static/{version}/img/icons.svg", f"/static/{version}/no/such.js", "/sw.js", "/form.js"):
        assert client.get(path).headers["Content-Security-Policy"] == CSP, path


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    rules = dict(part.strip().split(" ", 1) for part in CSP.split(";"))
    assert {rules[each] for each in ("default-src", "script-src", "style-src", "connect-src")} == {"'self'"}
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"
    assert rules["base-uri"] == rules["form-action"] == "'self'"
    assert "unsafe" not in CSP


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda each: each.name)
def test_a_template_holds_nothing_that_the_policy_forbids(path: Path) -> None:
    source = path.read_text()
    for what, pattern in FORBIDDEN.items():
        found = re.search(pattern, source)
        assert found is None, f"{path.name} {what}: {source[found.start() : found.end() + 60]!r}" if found else what


def test_the_pages_as_sent_hold_no_inline_script_or_style(app: Flask, north: Scene) -> None:
    who = browser(app, "rep1")
    for path in (each for each in PAGES if "static" not in each and "favicon" not in each):
        text = who.get(north.fill(path)).text
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|<[^>]+\s(?:style|on[a-z]+)\s*=", text), path


def test_every_form_that_writes_carries_the_token(app: Flask, north: Scene) -> None:
    for name in ("rep1", "north"):
        who = browser(app, name)
        for path in PAGES:
            for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", who.get(north.fill(path)).text, re.S):
                assert 'name="csrf_token"' in form, (path, form[:200])


def test_static_files_are_kept_for_ever_under_their_version_only(app: Flask) -> None:
    with app.app_context():
        current = templating.asset("css/app.css")
    client = app.test_client()
    kept, old = client.get(current), client.get("/static/older/css/app.css")
    assert "immutable" in kept.headers["Cache-Control"]
    assert "max-age=31536000" in kept.headers["Cache-Control"]
    assert old.status_code == 200
    assert "immutable" not in old.headers["Cache-Control"]


def test_a_static_file_is_sent_as_small_as_it_gets_to_whoever_can_unpack_it(app: Flask) -> None:
    client = app.test_client()
    names = [
        each
        for kind in ("js", "css", "vendor")
        for each in (templating.STATIC / kind).iterdir()
        if each.suffix != ".txt"
    ]
    assert len(names) > 60
    for path in names:
        whole = sent(templating.STATIC, f"{path.parent.name}/{path.name}")
        with app.app_context():
            address = templating.asset(f"{path.parent.name}/{path.name}")
        small, plain = client.get(address, headers={"Accept-Encoding": "gzip"}), client.get(address)
        assert plain.data == whole, path.name
        assert "Content-Encoding" not in plain.headers, path.name
        if small.headers.get("Content-Encoding") == "gzip":
            assert gzip.decompress(small.data) == whole, path.name
            assert len(small.data) <= len(gzip.compress(whole, 9)), path.name
            assert int(small.headers["Content-Length"]) == len(small.data), path.name
        else:
            assert len(whole) < 300 or path.suffix not in (".js", ".css"), path.name
    assert client.head(address, headers={"Accept-Encoding": "gzip"}).status_code == 200
    part = client.get(address, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert (part.status_code, part.data) in ((206, whole[:10]), (200, small.data)), "a part is of the file itself"


def test_no_file_outside_of_static_is_served(app: Flask, tmp_path: Path) -> None:
    for name in ("../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "css/../../app.py", "css/%00", "css"):
        answer = app.test_client().get(f"/static/0/{name}")
        assert answer.status_code in (303, 308, 400, 404), name
        assert "root:" not in answer.text
        assert "def create_app" not in answer.text


def test_an_address_with_line_breaks_splits_no_header(app: Flask) -> None:
    for path in ("/a%0d%0aSet-Cookie:%20x=1", "/?q=%0d%0aSet-Cookie:%20x=1", "/%E2%80%A8", "/%ED%A0%80", "/%FF"):
        answer = app.test_client().get(path)
        assert answer.status_code == 303
        assert "x=1" not in answer.headers.get("Set-Cookie", "")
        assert answer.headers["Location"].isascii()


def test_health_is_json_for_monitors_and_503_while_something_is_ill(app: Flask, clock: Any) -> None:
    ill = app.test_client().get("/health")
    assert (ill.status_code, ill.is_json) == (503, True)
    parts = {"ok": False, "database": True, "redis": True, "worker": False, "ticker": False, "lag": 0.0}
    assert parts.items() <= (ill.json or {}).items()
    with app.app_context():
        for role in ("worker", "ticker"):
            heartbeats.beat(role)
    well = app.test_client().get("/health")
    assert (well.status_code, (well.json or {})["ok"]) == (200, True)
    clock.go_on(seconds=31)
    assert app.test_client().get("/health").status_code == 503


def test_health_says_so_when_redis_is_away(app: Flask) -> None:
    app.extensions["dozor.breaker"].trip(RuntimeError("for the test"))
    answer = app.test_client().get("/health")
    assert (answer.status_code, (answer.json or {})["redis"]) == (503, False)


def test_cookies_that_are_no_words_are_nobodys(app: Flask) -> None:
    """What others have set for the same name, and bytes that are no text."""
    who = app.test_client(use_cookies=False)
    for carried in ("", "dozor", "dozor=", "dozor=\xff\xfe; x=\xc3\x28", "a=1; dozor=x.y.z; =; ;;", '"dozor=1"'):
        answer = who.get("/", headers={"Cookie": carried})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in"), carried
