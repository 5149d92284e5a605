"""How much of a request has arrived, without reading what it says: that is for the server, once all of it is here."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from webapp.bounds import MAX_BODY, MAX_HEAD, most_bytes

END = b"\r\n\r\n"
LINE = b"\r\n"
A_LINE = 8 * 1024  # bytes before a chunk: how large it is. Servers take none longer
Piece = Callable[[int, int], bytes]


class Arrived(Enum):
    """`TOO_MUCH` is answered without its rest, and nothing can be read behind it."""

    HEAD = "part of the head"
    BODY = "the head, and part of the body"
    WHOLE = "all of it"
    TOO_MUCH = "more than is taken"


class Framing:
    """One request. `look` as often as something has come; bytes that were looked at are not looked at again."""

    def __init__(self) -> None:
        self.head_ends = self.at = 0
        self.most = MAX_BODY
        self.length: int | None = None  # of the body; None: it comes in chunks
        self.expects = False  # the sender waits for "100 Continue" before the body

    def look(self, received: bytes | bytearray, elsewhere: int = 0, piece: Piece | None = None) -> Arrived:
        """`received` is all that has come of it, and perhaps of the next one; so many bytes more of a body may stand
        elsewhere, where `piece` reads any of all of them, from a place so many."""
        if not self.head_ends and not self._find_head(received):
            return Arrived.HEAD if len(received) <= MAX_HEAD else Arrived.TOO_MUCH
        if self.length is None:
            return self._chunks(len(received) + elsewhere, piece or (lambda at, size: bytes(received[at : at + size])))
        if self.length > self.most:
            return Arrived.TOO_MUCH
        return Arrived.WHOLE if len(received) + elsewhere >= self.head_ends + self.length else Arrived.BODY

    @property
    def may_be_large(self) -> bool:
        """Whether its body may be larger than most are: a file."""
        return (self.most if self.length is None else self.length) > MAX_BODY

    def _find_head(self, received: bytes | bytearray) -> bool:
        found = received.find(END, max(0, self.at - len(END)))
        self.at = len(received)
        if found < 0:
            return False
        self.at = self.head_ends = found + len(END)
        self.length = 0
        first, *lines = bytes(received[:found]).split(LINE)
        self.most = most_bytes(b"".join(first.split()[1:2]).partition(b"?")[0].decode("latin-1"))
        for line in map(bytes.lower, lines):
            name, _, value = line.partition(b":")
            self._note(name.strip(), value.strip())
        return True

    def _note(self, name: bytes, value: bytes) -> None:
        if name == b"transfer-encoding":
            self.length = None
        elif name == b"content-length" and self.length is not None and value.isdigit():
            self.length = int(value[:20])
        elif name == b"expect":
            self.expects = value == b"100-continue"

    def _chunks(self, total: int, piece: Piece) -> Arrived:
        """Over the chunks that are here whole, up to the last, which is empty, and the lines behind it. What is no
        chunk is not waited for: the server will refuse it. Of what came only the lines between chunks are read."""
        start, lines = self.at, b""  # a piece of it, which in small chunks has many of these lines
        while total - self.head_ends <= self.most:
            line_ends = lines.find(LINE, self.at - start)
            if line_ends < 0:
                start, lines = self.at, piece(self.at, A_LINE)
                line_ends = lines.find(LINE)
            if line_ends < 0:
                return Arrived.BODY if len(lines) < A_LINE else Arrived.TOO_MUCH
            try:
                size = int(lines[self.at - start : line_ends].partition(b";")[0], 16)
            except ValueError:
                return Arrived.WHOLE
            if size <= 0:
                return self._last_lines(piece)
            behind = start + line_ends + size + 2 * len(LINE)
            if behind > total:
                return Arrived.BODY
            self.at = behind
        return Arrived.TOO_MUCH

    def _last_lines(self, piece: Piece) -> Arrived:
        lines = piece(self.at, MAX_HEAD)
        if END in lines:
            return Arrived.WHOLE
        return Arrived.BODY if len(lines) < MAX_HEAD else Arrived.TOO_MUCH
