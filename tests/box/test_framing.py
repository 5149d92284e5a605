"""How much of a request has arrived, told from its bytes, however they come in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.bounds import MAX_BODY, MAX_HEAD, MAX_UPLOAD
from webapp.box.framing import Arrived, Framing

POST = b"POST / HTTP/1.1\r\nHost: here\r\n"
FILE = b"POST /tasks/12/files?x HTTP/1.1\r\nHost: here\r\n"
CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"
WHOLE = {
    "no body": b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
    "a body": POST + b"content-LENGTH: 5\r\n\r\nhello",
    "a body that looks like an end": POST + b"Content-Length: 9\r\n\r\n\r\n\r\n0\r\n\r\n",
    "chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0\r\n\r\n01234\r\n0\r\n\r\n",
    "chunks and more lines": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n.\r\n0\r\nLast: line\r\n\r\n",
    "chunks, whatever else is said": POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}
OTHERS = {
    "a head without an end": (POST + b"X: " + b"x" * MAX_HEAD, Arrived.TOO_MUCH),
    "a body as large as is taken": (POST + b"Content-Length: %d\r\n\r\n" % MAX_BODY, Arrived.BODY),
    "a larger one": (POST + b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1), Arrived.TOO_MUCH),
    "a file as large as is taken": (FILE + b"Content-Length: %d\r\n\r\n" % MAX_UPLOAD, Arrived.BODY),
    "a larger file": (FILE + b"Content-Length: %d\r\n\r\n" % (MAX_UPLOAD + 1), Arrived.TOO_MUCH),
    "a file in chunks": (FILE + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK * 33, Arrived.BODY),
    "something else where files are": (
        FILE.replace(b"/files", b"/starts") + b"Content-Length: %d\r\n\r\n" % MAX_UPLOAD,
        Arrived.TOO_MUCH,
    ),
    "a length of many digits": (POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", Arrived.TOO_MUCH),
    "chunks without end": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK * 33,
        Arrived.TOO_MUCH,
    ),
    "a line of a chunk that never ends": (
        FILE + b"Transfer-Encoding: chunked\r\n\r\n" + b"5;" + b"x" * 8192,
        Arrived.TOO_MUCH,
    ),
    "last lines that never end": (
        FILE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 11_000,
        Arrived.TOO_MUCH,
    ),
    "no length that anybody can read": (POST + b"Content-Length: five\r\n\r\n", Arrived.WHOLE),
    "no chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\nfive\r\n", Arrived.WHOLE),
    "a chunk of less than nothing": (POST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", Arrived.BODY),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_request_is_whole_with_its_last_byte_and_not_before(name: str) -> None:
    sent, framing = WHOLE[name], Framing()
    seen = [framing.look(sent[:end]) for end in range(1, len(sent) + 1)]
    assert seen[-1] is Arrived.WHOLE
    assert Arrived.WHOLE not in seen[:-1]
    head = sent.index(b"\r\n\r\n") + 4
    assert set(seen[: head - 1]) == {Arrived.HEAD}
    assert set(seen[head - 1 : -1]) <= {Arrived.BODY}


@pytest.mark.parametrize("name", OTHERS)
def test_what_can_never_be_read_is_not_waited_for(name: str) -> None:
    sent, expected = OTHERS[name]
    assert Framing().look(sent) is expected


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.lists(st.integers(1, 40), max_size=8), st.binary(max_size=40))
def test_the_pieces_do_not_matter_nor_what_comes_behind(name: str, cuts: list[int], behind: bytes) -> None:
    sent, framing, end = WHOLE[name], Framing(), 0
    for cut in cuts:
        end = min(end + cut, len(sent) - 1)
        assert framing.look(sent[:end]) in (Arrived.HEAD, Arrived.BODY)
    assert framing.look(sent + behind) is Arrived.WHOLE


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_it(sent: bytes) -> None:
    assert Framing().look(sent) in Arrived
    assert Framing().look(POST + b"Transfer-Encoding: chunked\r\n\r\n" + sent) in Arrived
