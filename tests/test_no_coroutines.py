"""Flask asks of each hook and view, at each request, whether it is a coroutine. Dozor says that none is."""

from __future__ import annotations

from inspect import iscoroutinefunction

from flask import Flask


def test_nothing_that_a_request_passes_is_a_coroutine(app: Flask) -> None:
    passed = [*app.view_functions.values()]
    for hooks in (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs):
        passed += [each for own in hooks.values() for each in own]
    passed += [each for own in app.template_context_processors.values() for each in own]
    passed += [each for kinds in app.error_handler_spec.values() for own in kinds.values() for each in own.values()]
    passed += app.teardown_appcontext_funcs
    assert passed
    assert [each for each in passed if iscoroutinefunction(each)] == []
