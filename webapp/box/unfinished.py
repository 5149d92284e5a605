"""What has come of requests that are not here whole yet, or wait for their turn: how much of whom is held, and where.

The beginning of a request stands in memory. Of a large one the rest goes to the disk, to a file without a name, which
is gone with whoever has it open. Both have a bound in all, and one of each sender well below it:
a person who has signed in has one of their own, so that a firm behind one address has as many as it has people.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections import Counter
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import IO

from gunicorn.http.unreader import Unreader

from webapp import bounds

PIECE = 64 * 1024


class Received(Unreader):
    """What the server reads a request from: what has arrived, and then the end. No thread waits for more."""

    def __init__(self) -> None:
        super().__init__()
        self.rest: IO[bytes] | None = None  # what stands on the disk, behind what it has in memory

    def chunk(self, size_hint: int | None = None) -> bytes:
        return self.rest.read(PIECE) if self.rest is not None else b""

    def take_buffered(self) -> bytes:
        """All that is left: the beginning of the next request."""
        left = super().take_buffered()
        if self.rest is not None:
            left += self.rest.read()
        self.close()
        return left

    def close(self) -> None:
        if self.rest is not None:
            self.rest.close()
            self.rest = None


class Arrival:
    """One request. Its head is looked at in `memory`; `piece` reads any of it."""

    def __init__(self, begun: bytes, folder: Path) -> None:
        self.memory, self.on_disk, self._folder = bytearray(begun), 0, folder
        self._file: IO[bytes] | None = None

    def add(self, data: bytes, *, may_spool: bool) -> None:
        """Raises OSError when the disk takes no more. What has begun to go there goes on there: it has one order."""
        if not may_spool or len(self.memory) < bounds.IN_MEMORY:
            self.memory += data
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, "the disk is full")
        self.on_disk += len(data)

    def piece(self, at: int, size: int) -> bytes:
        """So many bytes from this place on, or as many as have come."""
        found = bytes(self.memory[at : at + size])
        if self._file is not None and len(found) < size:
            found += os.pread(self._file.fileno(), size - len(found), max(0, at - len(self.memory)))
        return found

    def hand_over(self, to: Received) -> None:
        """It is the server's now, and held here no more."""
        to.unread(bytes(self.memory))
        if self._file is not None:
            self._file.seek(0)
        to.rest, self._file, self.memory, self.on_disk = self._file, None, bytearray(), 0

    def drop(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self.memory, self.on_disk = None, bytearray(), 0


class Held:
    """Bytes in memory and on the disk, of each sender."""

    def __init__(self) -> None:
        self._memory: Counter[Hashable] = Counter()
        self._disk: Counter[Hashable] = Counter()
        self._noted: dict[object, tuple[Hashable, int, int]] = {}

    def note(self, what: object, whose: Hashable, memory: int, disk: int) -> None:
        """So much of this request is held now, in place of what was noted before."""
        self.forget(what)
        self._noted[what] = whose, memory, disk
        self._memory[whose] += memory
        self._disk[whose] += disk

    def forget(self, what: object) -> None:
        whose, memory, disk = self._noted.pop(what, (None, 0, 0))
        for counter, size in ((self._memory, memory), (self._disk, disk)):
            counter[whose] -= size
            if counter[whose] <= 0:
                del counter[whose]

    def has_too_much(self) -> Hashable | None:
        """Whoever holds the most of all, where that is beyond their share or all hold too much; None: all is well."""
        for held, share, most in (
            (self._memory, bounds.MEMORY_OF_ONE, bounds.MEMORY_OF_ALL),
            (self._disk, bounds.DISK_OF_ONE, bounds.DISK_OF_ALL),
        ):
            whose, size = _most(held)
            if size > share or held.total() > most:
                return whose
        return None


def _most(held: Mapping[Hashable, int]) -> tuple[Hashable | None, int]:
    return max(held.items(), key=lambda each: each[1], default=(None, 0))
