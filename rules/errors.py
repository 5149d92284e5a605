"""What is wrong with a value that was typed or sent."""

from __future__ import annotations


class FieldError(Exception):
    """A value that the field does not take. The view words `code` with `facts`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts
