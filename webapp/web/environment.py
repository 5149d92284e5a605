"""Jinja's environment for templates that share all their globals."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment


class SharedGlobals(Environment):
    """No template is loaded with globals of its own: the environment's own dictionary stands for all, where Jinja
    would look through a chain of two in Python, forty names at each import of a macro. A board imports twenty."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's. Raises TypeError for a template that would have more: others would see them."""
        if d:
            raise TypeError("a template has no globals of its own")
        return self.globals
