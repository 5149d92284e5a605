"""The real pages that watch in the long proof: an honest one is right, and one that is deaf to a kind is found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.test_board import fill
from tests.browser.test_page_proofs import move, writes
from tests.faults.pages import DEAF, REMEMBER, differences
from tests.faults.watchers import truth_of
from tests.stack import Stack

KINDS = ("", "card", "gone", "head", "total", "frame")


def wrong_on(page: Page, stack: Stack) -> list[str]:
    return differences("north", page, truth_of(stack, "north"))


def test_a_real_page_that_does_not_hear_one_kind_of_message_is_found_out(
    stack: Stack, person: Callable[..., Any]
) -> None:
    moved, given, *_ = fill(stack, 3)
    pages: dict[str, Page] = {}
    for kind in KINDS:
        north = person("north")
        north.page.add_init_script(REMEMBER + (DEAF % kind if kind else ""))
        pages[kind] = north.open()
        pages[kind].wait_for_load_state("networkidle")
    assert {kind: wrong_on(page, stack) for kind, page in pages.items()} == {kind: [] for kind in KINDS}
    move(stack, moved, "data_collection")
    stack.call("admin", "DELETE", f"/deals/{given}")
    deal = writes(stack)
    contact = stack.call("admin", "GET", f"/deals/{deal}")["contact_id"]
    stack.call("admin", "PATCH", f"/contacts/{contact}", {"fields": {"vip": True}})
    writes(stack, "Are you there?")  # of a VIP the head is told
    pages[""].wait_for_timeout(3000)
    found = {kind: wrong_on(page, stack) for kind, page in pages.items()}
    assert found[""] == []
    assert {kind for kind, wrong in found.items() if wrong} == {*KINDS} - {""}
    assert any("never heard" in each for each in found["frame"])
