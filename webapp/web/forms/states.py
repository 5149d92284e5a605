"""A form as it stands on a page: fresh, or refused with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FormState:
    """What templates know of a form as `form`. `problems` are worded, each under the name of its control; `every` has
    all that was typed under a name that several controls share."""

    place: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    status: int = 200
    every: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def at(self, place: str) -> FormState:
        """The form of this place on a page with several: the others are as fresh."""
        return self if self.place == place else BLANK

    def value(self, name: str, shown: object = "") -> object:
        """What stands in a control: what was typed, else what is kept."""
        return self.typed.get(name, shown)

    def values(self, name: str, shown: tuple[str, ...] = ()) -> tuple[str, ...]:
        """As `value`, where several controls share a name."""
        return self.every.get(name, shown)

    @property
    def over(self) -> str:
        """What is said over the form: nothing where the one thing that is wrong is said beside its control."""
        return "" if [*self.problems.values()] == [self.message] else self.message

    def problem(self, name: str) -> str:
        """What is wrong with a control, in words; "" when nothing is."""
        return self.problems.get(name, "")


BLANK = FormState()
