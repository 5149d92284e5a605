"""Two web processes over one database: what ends an account in one of them ends it in the other."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest
import websocket

from tests import company
from tests.conftest import session_of
from tests.stack import NotDone, Stack, standing
from webapp.changes import announcements

WEBS = ("web", "web-2")


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with standing("sqlite", tmp_path_factory.mktemp("webs")) as (made, _):
        yield made.start(*WEBS, "worker", "ticker")


def opened(stack: Stack, name: str, at: str) -> websocket.WebSocket:
    """A page of that person at that web, greeted."""
    signer = stack.app.session_interface.get_signing_serializer(stack.app)  # type: ignore[attr-defined]
    cookie = signer.dumps({"_user_id": session_of(stack.app, name), "_fresh": True})
    address = stack.address(at)
    page = websocket.create_connection(
        f"{address.replace('http', 'ws')}/live?seq=0", cookie=f"dozor={cookie}", origin=address, timeout=10
    )
    while '"frame"' not in page.recv():
        pass
    return page


def close_code(page: websocket.WebSocket) -> int:
    while True:
        code, data = page.recv_data()
        if code == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")


def status(stack: Stack, name: str, at: str) -> int:
    try:
        stack.call(name, "GET", "/users/me", at=at)
    except NotDone as refused:
        return refused.status
    return 200


def test_a_deactivated_persons_pages_and_tokens_end_at_once_in_every_web(stack: Stack) -> None:
    listening = stack.app.extensions["dozor.redis"]
    theirs, others = ([opened(stack, name, at) for at in WEBS] for name in ("rep1", "rep2"))
    assert [status(stack, name, at) for name in ("rep1", "rep2") for at in WEBS] == [200] * 4
    while listening.pubsub_numsub(announcements.channel(stack.app))[0][1] < len(WEBS):
        time.sleep(0.05)
    began = time.monotonic()
    done = stack.app.test_cli_runner().invoke(args=["user", "deactivate", company.email("rep1")])
    assert done.exit_code == 0, done.output
    assert [status(stack, "rep1", at) for at in WEBS] == [401, 401]
    assert [close_code(page) for page in theirs] == [4401, 4401]
    assert time.monotonic() - began < 10, "not at the minute's look, but at the word"
    assert [status(stack, "rep2", at) for at in WEBS] == [200, 200]
    for page in others:
        page.settimeout(0.3)
        with contextlib.suppress(websocket.WebSocketTimeoutException):
            while page.recv_data()[0] != websocket.ABNF.OPCODE_CLOSE:
                pass
            raise AssertionError("a colleague's page was closed")
