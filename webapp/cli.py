"""Stub."""  # stub

from __future__ import annotations

from typing import Any


def register(app: Any, *rest: Any) -> None:
    pass
