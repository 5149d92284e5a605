"""How much of a request has arrived, without reading what it says: that is for the server, once all of it is here."""

from __future__ import annotations

from enum import Enum

from webapp.bounds import MAX_BODY, MAX_HEAD, most_bytes

END = b"\r\n\r\n"
LINE = b"\r\n"


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

    def look(self, received: bytes | bytearray, elsewhere: int = 0) -> Arrived:
        """`received` is all that has come of it, and perhaps of the next one; of a body of known length so many bytes
        more may stand elsewhere."""
        if not self.head_ends and not self._find_head(received):
            return Arrived.HEAD if len(received) <= MAX_HEAD else Arrived.TOO_MUCH
        if self.length is None:
            return self._chunks(received)
        if self.length > self.most:
            return Arrived.TOO_MUCH
        return Arrived.WHOLE if len(received) + elsewhere >= self.head_ends + self.length else Arrived.BODY

    @property
    def says_length(self) -> bool:
        """Whether it need not be looked at any more, but counted."""
        return bool(self.head_ends) and self.length is not None

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

    def _chunks(self, received: bytes | bytearray) -> Arrived:
        """Over the chunks that are here whole, up to the last, which is empty, and the lines behind it. What is no
        chunk is not waited for: the server will refuse it."""
        while len(received) - self.head_ends <= self.most:
            line_ends = received.find(LINE, self.at)
            if line_ends < 0:
                return Arrived.BODY
            try:
                size = int(bytes(received[self.at : line_ends]).partition(b";")[0], 16)
            except ValueError:
                return Arrived.WHOLE
            if size <= 0:
                return Arrived.WHOLE if received.find(END, self.at) >= 0 else Arrived.BODY
            behind = line_ends + size + 2 * len(LINE)
            if behind > len(received):
                return Arrived.BODY
            self.at = behind
        return Arrived.TOO_MUCH
