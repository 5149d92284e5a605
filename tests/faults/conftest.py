"""What the tests of faults stand on."""

from __future__ import annotations

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
def scene(database_url: str, redis_server: servers.RedisServer, tmp_path: Path) -> Iterator[Scene]:
    """The lesson's firm in this process, on SQLite, at a virtual hour."""
    with opened(Path(database_url.removeprefix("sqlite:///")), redis_server.url, tmp_path) as made:
        yield made
