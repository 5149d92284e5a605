"""What a new database starts with: the lesson's firm for trying and checking, or an empty firm with one admin."""

from webapp.seeds.firm import draft, empty, lesson

__all__ = ["draft", "empty", "lesson"]
