"""Web push is the firm's: whichever of its machines asks a browser, sends to it, or is put back from a backup."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from rules.reach import Answer
from tests.conftest import Browser, application
from webapp.background import push_keys
from webapp.db import session, transaction
from webapp.models import Gateway
from webapp.services import gateways
from webapp.snapshots import reach

BOXES = 3


@pytest.fixture
def boxes(app: Flask, tmp_path: Path) -> Iterator[list[Flask]]:
    """Machines of one firm, each with a folder of its own."""
    with ExitStack() as stack:
        made = []
        for number in range(BOXES):
            folder = tmp_path / f"box{number}"
            folder.mkdir()
            made.append(stack.enter_context(application(replace(app.config["SETTINGS"], data=folder))))
        yield made


def keys_of(box: Flask) -> push_keys.PushKeys:
    with box.app_context():
        return push_keys.kept(box.config["SETTINGS"].data)


@pytest.mark.both_databases
def test_boxes_that_start_at_once_have_one_pair_of_keys(boxes: list[Flask]) -> None:
    found, together = list[push_keys.PushKeys](), threading.Barrier(BOXES)

    def start(box: Flask) -> None:
        together.wait()
        found.append(keys_of(box))

    starting = [threading.Thread(target=start, args=(box,)) for box in boxes]
    for each in starting:
        each.start()
    for each in starting:
        each.join()
    assert len(found) == BOXES
    assert len(set(found)) == 1, "a browser that one machine asks is told by every other"
    with boxes[0].app_context():
        assert session().scalar(select(func.count()).select_from(Gateway).where(Gateway.kind == push_keys.KIND)) == 1
        sends = reach.by("push")
        assert sends is not None
        assert sends.url == found[0].private
        assert not reach.is_by_another_key({"by": found[0].public})
        assert reach.is_by_another_key({"by": "another"})


def test_the_pair_that_a_machine_had_of_its_own_becomes_the_firms(boxes: list[Flask]) -> None:
    first, second, _ = boxes
    for box, pair in ((first, {"private": "one", "public": "ONE"}), (second, {"private": "two", "public": "TWO"})):
        (box.config["SETTINGS"].data / "vapid").write_text(json.dumps(pair))
    assert keys_of(first) == keys_of(second) == push_keys.PushKeys("one", "ONE")


def test_what_cannot_be_read_in_the_folder_is_no_pair(boxes: list[Flask]) -> None:
    (boxes[0].config["SETTINGS"].data / "vapid").write_text("[]")
    assert len(keys_of(boxes[0]).public) == 87


def test_the_private_key_is_shown_to_nobody(
    app: Flask, sign_in: Callable[[str], Browser], token: Callable[[str], dict[str, str]]
) -> None:
    private = keys_of(app).private
    admin = sign_in("admin")
    for path in ("/push/key", "/settings/channels", "/settings/health", "/profile/addresses", "/settings/versions"):
        assert private not in admin.get(path).text
    program = app.test_client()
    for path in ("/api/v1/gateways", "/api/v1/setup"):
        answer = program.get(path, headers=token("admin"))
        assert (answer.status_code, private in answer.text) == (200, False)


@pytest.mark.both_databases
def test_trouble_that_was_noted_before_there_were_keys_is_no_pair_of_keys(boxes: list[Flask]) -> None:
    box = boxes[0]
    with box.app_context(), transaction():
        gateways.answered("push", Answer("later", {"code": "nobody_listens"}), failures=1)
    with box.app_context():
        assert push_keys.known() is None
        assert reach.by("push") is None
    found = keys_of(box)
    assert found.private
    assert found.public
    assert keys_of(boxes[1]) == found
    with box.app_context():
        row = session().scalars(select(Gateway).where(Gateway.kind == push_keys.KIND)).one()
        assert row.failing_since is not None, "what was noted of it stays"
