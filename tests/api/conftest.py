"""Callers of the API, each with a token of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.callers import Caller


@pytest.fixture
def calling(app: Flask, clock: Any) -> Callable[[str], Caller]:
    """`calling("rep1")` calls the API as that person."""
    return lambda name: Caller.of(app, name)
