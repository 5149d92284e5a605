"""What a change of the set-up touches, as values: a consequence with its remedies, and the counts behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Counts:
    """How many deals stand on a stage, runs of a robot wait, records have a value in a field or have chosen an option,
    deals lack what is newly required; each by key."""

    deals: Mapping[str, int] = field(default_factory=dict)
    coming: Mapping[str, int] = field(default_factory=dict)  # to a stage, led there from one that was archived before
    waiting: Mapping[str, int] = field(default_factory=dict)
    stopped: Mapping[str, int] = field(default_factory=dict)  # by robot: runs that its switching off ended within a day
    values: Mapping[str, int] = field(default_factory=dict)  # an option as "deal/equipment_type=large"
    lacking: Mapping[str, int] = field(default_factory=dict)  # by field and first stage: "deal/weight=sales/new"
    maybe_lacking: Mapping[str, int] = field(
        default_factory=dict
    )  # of these, only if their stage's deals are led there
    coming_lacking: Mapping[str, int] = field(default_factory=dict)  # of these, still on their way there
    led_lacking: Mapping[str, int] = field(default_factory=dict)  # of these, to be moved there by robots
    acts: Mapping[int, int] = field(default_factory=dict)  # by version: what its work did, and could be taken back
    guests: Mapping[str, int] = field(default_factory=dict)  # what names this from beside: "view field:deal/vip"
    inquiries: Mapping[str, int] = field(default_factory=dict)  # by pipeline: by its form on a site, in thirty days
    tokens: int = 0  # of the API, used in thirty days
    people: frozenset[str] = frozenset()  # who works here, by e-mail
    left: frozenset[str] = frozenset()  # who did
    departments: frozenset[str] = frozenset()  # by their ways down from the top
    closed: frozenset[str] = frozenset()  # those in the archive
    led: Mapping[str, int] = field(default_factory=dict)  # by trigger: deals that it moved in thirty days


@dataclass(frozen=True, slots=True)
class Remedy:
    """`key` says what is done ("move", "lead", "from", "archive", "keep", …), with `to` where something is named."""

    verb: str
    to: str = ""

    @property
    def key(self) -> str:
        return f"{self.verb}:{self.to}" if self.to else self.verb

    @property
    def takes_value(self) -> bool:
        """Whoever chooses it says a value too, as "fill:12"."""
        return self.verb == "fill" and not self.to


@dataclass(frozen=True, slots=True)
class Consequence:
    """`about` is the key of what is touched, `by` of what touches it. `chosen` is None where somebody must choose. Of
    `count`, `maybe` are touched only by some answers to the other consequences; `coming` stand elsewhere, and work that
    goes on leads them there; `led` stand elsewhere too, and robots whose runs wait are going to move them there."""

    kind: str
    item: str  # the kind of thing that `about` names
    about: str
    remedies: tuple[Remedy, ...]
    chosen: str | None
    by: str = ""
    count: int = 0
    maybe: int = 0
    coming: int = 0
    led: int = 0

    @property
    def id(self) -> str:
        return ":".join(each for each in (self.kind, self.about, self.by) if each)

    def remedy(self, key: str | None) -> Remedy | None:
        verb, _, value = (key or "").partition(":")
        if value.strip() and any(each.takes_value and each.verb == verb for each in self.remedies):
            return Remedy(verb, value)
        return next((each for each in self.remedies if each.key == key and not each.takes_value), None)
