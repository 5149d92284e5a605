"""Where what has come of a request is kept, and whose is too much."""

from __future__ import annotations

from pathlib import Path

import pytest

from webapp import bounds
from webapp.box.framing import Arrived, Framing
from webapp.box.shares import Shares
from webapp.box.unfinished import PIECE, Arrival, Held, Received


@pytest.mark.parametrize("mb", [0, 1, 5])
def test_what_is_read_is_what_was_sent_and_what_comes_behind_is_the_next_request(tmp_path: Path, mb: int) -> None:
    body, behind = bytes(range(256)) * (4096 * mb), b"GET /next HTTP/1.1\r\n"
    head = b"POST /tasks/1/files HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
    sent, framing, here, stage = head + body + behind, Framing(), Arrival(b"", tmp_path), Arrived.HEAD
    for at in range(0, len(sent), PIECE):
        here.add(sent[at : at + PIECE], may_spool=bool(framing.head_ends))
        stage = framing.look(here.memory, here.on_disk)
    assert stage is Arrived.WHOLE
    assert len(here.memory) <= bounds.IN_MEMORY + PIECE
    assert len(here.memory) + here.on_disk == len(sent)
    read = Received()
    here.hand_over(read)
    assert read.read(len(head) + len(body)) == head + body
    assert read.take_buffered() == behind
    assert list(tmp_path.iterdir()) == [], "the file has no name"


@pytest.mark.parametrize(("size", "count"), [(PIECE, 40), (1_000_003, 3), (900, 1_500), (3, 90_000)])
def test_what_comes_in_chunks_stands_on_the_disk_too_and_is_known_to_end(tmp_path: Path, size: int, count: int) -> None:
    chunk, behind = b"%x\r\n%b\r\n" % (size, b"\r\n0" * (size // 3) + b"x" * (size % 3)), b"GET /next HTTP/1.1\r\n"
    head = b"POST /tasks/1/files HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent, framing, here, stages = (
        head + chunk * count + b"0\r\nLast: line\r\n\r\n",
        Framing(),
        Arrival(b"", tmp_path),
        [],
    )
    pieces = [sent[at : at + 50_021] for at in range(0, len(sent), 50_021)]
    for each in [*pieces[:-1], pieces[-1] + behind]:
        here.add(each, may_spool=bool(framing.head_ends))
        stages.append(framing.look(here.memory, here.on_disk, here.piece))
        assert len(here.memory) <= bounds.IN_MEMORY + PIECE
    assert stages[-1] is Arrived.WHOLE
    assert set(stages[:-1]) <= {Arrived.BODY}
    assert here.on_disk > 0
    read = Received()
    here.hand_over(read)
    assert read.read(len(sent)) == sent
    assert read.take_buffered() == behind


def test_a_file_in_chunks_is_as_large_as_one_that_says_its_length(tmp_path: Path) -> None:
    here, framing, stage, pieces = Arrival(b"", tmp_path), Framing(), Arrived.HEAD, 0
    here.add(b"POST /tasks/1/files HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", may_spool=False)
    while stage is not Arrived.TOO_MUCH:
        stage = framing.look(here.memory, here.on_disk, here.piece)
        here.add(b"10000\r\n" + bytes(PIECE) + b"\r\n", may_spool=bool(framing.head_ends))
        pieces += 1
    assert bounds.MAX_UPLOAD <= here.on_disk + len(here.memory) <= bounds.MAX_UPLOAD + 3 * PIECE
    assert framing.may_be_large


def test_whoever_holds_the_most_has_too_much_and_not_who_has_the_largest() -> None:
    held, mb = Held(), 1024 * 1024
    for n in range(4):
        for part in range(38):
            held.note((n, part), f"attacker {n}", 0, 2 * mb)
    held.note("a file", "a rep", 0, 10 * mb)
    held.note("another", "a colleague", 0, 10 * mb)
    assert str(held.has_too_much()).startswith("attacker")
    for n in range(4):
        for part in range(38):
            held.forget((n, part))
    assert held.has_too_much() is None
    for n in range(8):
        held.note(n, "one sender", 0, 11 * mb)
    assert held.has_too_much() == "one sender", "beyond their share, though there is room"
    held.note(0, "one sender", 0, 0)
    assert held.has_too_much() is None


def test_a_turn_that_was_given_up_never_comes() -> None:
    shares: Shares[str] = Shares()
    assert [shares.begin("who", 1, each) for each in "abc"] == [True, False, False]
    shares.leave("who", "b")
    assert shares.end("who") == "c"
    assert shares.end("who") is None
