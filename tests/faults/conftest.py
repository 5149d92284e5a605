"""What the tests of faults stand on."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.faults.scene import Scene, opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def own_redis() -> Iterator[servers.RedisServer]:
    """A Redis that may be killed without harm to other tests."""
    server = servers.RedisServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def scene(database_url: str, redis_server: servers.RedisServer) -> Iterator[Scene]:
    """The lesson's firm in this process, on SQLite in memory where there is such a place, at a virtual hour."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    template = Path(database_url.removeprefix("sqlite:///"))
    logging.disable(logging.WARNING)  # Redis is away thousands of times
    with tempfile.TemporaryDirectory(dir=memory) as folder, opened(template, redis_server.url, Path(folder)) as made:
        yield made
    logging.disable(logging.NOTSET)
