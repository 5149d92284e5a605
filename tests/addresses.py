"""Addresses of routes are compiled once for all apps of a process: each test has an app of its own, and compiling them
anew took a tenth of the time of all tests."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import Rule

_compile = Rule.compile
_known: dict[Any, Rule] = {}


def _once(rule: Rule) -> None:
    key = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), rule.merge_slashes)
    first: Any = _known.get(key)
    if first is None:
        _compile(rule)
        _known[key] = rule
        return
    rule._parts, rule._trace, rule._converters = first._parts, first._trace, first._converters
    rule.arguments |= first.arguments
    rule._build = first._build.__func__.__get__(rule, None)
    rule._build_unknown = first._build_unknown.__func__.__get__(rule, None)


def compile_once() -> None:
    Rule.compile = _once  # type: ignore[method-assign]
