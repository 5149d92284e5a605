"""A scene of North's and one of South's on a fresh firm."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.views.scenes import Scene, scene


@pytest.fixture
def north(app: Flask, clock: Any) -> Scene:
    """rep1's deal, under north."""
    return scene(app)


@pytest.fixture
def south(app: Flask, clock: Any) -> Scene:
    """rep3's deal, under head."""
    return scene(app, "rep3", "head", "Deal of South")
