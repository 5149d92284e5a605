"""What is sent to Redis is what redis-py would send."""

from __future__ import annotations

from typing import Any

import pytest
from redis import DataError
from redis.connection import Encoder, PythonRespSerializer
from rq.job import JobStatus

from webapp.background.redis_commands import CommandPacker

THEIRS = PythonRespSerializer(6000, Encoder("utf-8", "strict", False).encode)


@pytest.mark.parametrize(
    "command",
    [
        ("PING",),
        ("CONFIG GET", "save"),
        (b"PUBSUB NUMSUB", "дозор"),
        ("HSET", "rq:job:run-1", "data", b"\x00\r\n$3", "timeout", 120, "score", 1.5, "status", JobStatus.SCHEDULED),
        ("SET", "empty", "", "negative", -1, bytearray(b"ab"), memoryview(b"cd")),
        ("SET", "long", "x" * 20_000, b"y" * 20_000),
    ],
)
def test_a_command_is_written_as_redis_py_writes_it(command: tuple[Any, ...]) -> None:
    assert b"".join(CommandPacker().pack(*command)) == b"".join(map(bytes, THEIRS.pack(*command)))


@pytest.mark.parametrize("value", [None, True, {"a": 1}])
def test_what_redis_has_no_kind_of_is_refused(value: object) -> None:
    with pytest.raises(DataError):
        CommandPacker().pack("SET", "key", value)
