"""The builders of addresses are compiled once for all apps of a process: each test has an app of its own, and compiling
them anew took a tenth of the time of all tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

_compile = Rule._compile_builder
_known: dict[Any, Callable[..., tuple[str, str]]] = {}


def _once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
    if key not in _known:
        _known[key] = _compile(rule, append_unknown)
    return _known[key]


def compile_once() -> None:
    Rule._compile_builder = _once  # type: ignore[method-assign]
