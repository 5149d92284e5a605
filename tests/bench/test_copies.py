"""The static copy, which is the floor of what Chromium paints, is taken by a browser as the page is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import copies, hello
from tests.conftest import Browser

OF_THIS_ANSWER = {"Date", "Dozor-Person", "Set-Cookie"}


def test_a_copy_comes_under_all_headers_of_the_page(
    sign_in: Callable[[str], Browser], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = sign_in("head").get("/", headers={"Accept-Encoding": "gzip"})
    (tmp_path / "0").write_bytes(page.data)
    known = {copies.PAGE: {"file": "0", "headers": copies.kept_headers(dict(page.headers))}}
    (tmp_path / "index.json").write_text(json.dumps(known))
    monkeypatch.setattr(hello, "COPY", tmp_path)
    copy = hello.app.test_client().get(copies.PAGE)
    assert copy.data == page.data
    assert dict(copy.headers) == {name: each for name, each in page.headers.items() if name not in OF_THIS_ANSWER}
    assert "Cross-Origin-Opener-Policy" in copy.headers
