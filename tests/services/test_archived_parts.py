"""What is archived is still read by its id: rows keep the ids of stages and pipelines that no longer stand."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIVE_BY_ID = re.compile(r"(?:setup|setups\.current\(\)|current\(\)|setup\(\)|self)\.(?:stages|pipelines)\[")


def test_no_row_is_put_into_words_by_the_parts_that_stand_alone() -> None:
    """`stages` and `pipelines` of the set-up are to choose from: whoever has an id reads `stage_by_id`,
    `all_stages`, `all_pipelines`, or asks by `.get` and goes on without."""
    files = [
        each for room in ("webapp", "jobs") for kind in ("py", "html") for each in (ROOT / room).rglob(f"*.{kind}")
    ]
    assert len(files) > 400
    assert [str(each.relative_to(ROOT)) for each in files if LIVE_BY_ID.search(each.read_text())] == []
