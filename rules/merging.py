"""Two records turn out to be one: of each of their values, which stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rules.facts import Value


@dataclass(frozen=True, slots=True)
class Pair:
    """A value of both. `taken`: the one that stays gets the other's; what it had is `left` then, as is the other's
    where it is not taken."""

    key: str
    kept: Value
    other: Value
    is_taken: bool

    @property
    def is_choice(self) -> bool:
        """Both have something, and not the same: somebody must say which stays."""
        return not is_empty(self.kept) and not is_empty(self.other) and self.kept != self.other

    @property
    def stays(self) -> Value:
        return self.other if self.is_taken else self.kept

    @property
    def left(self) -> Value:
        """What stands nowhere any more; None when nothing is lost."""
        if not self.is_choice:
            return None
        return self.kept if self.is_taken else self.other


def is_empty(value: Value) -> bool:
    """A box that is not ticked counts as blank: a mark that one of the two has is not lost."""
    return value is None or value is False or value in ("", [])


def pairs(
    keys: Sequence[str], kept: Mapping[str, Value], other: Mapping[str, Value], take: Collection[str]
) -> list[Pair]:
    """What becomes of the values under `keys`: blanks are filled from the other, and where both have something, what
    is kept stays unless it is named in `take`."""
    return [_pair(key, kept.get(key), other.get(key), key in take) for key in keys]


def _pair(key: str, kept: Value, other: Value, is_named: bool) -> Pair:
    fills = is_empty(kept) and not is_empty(other)
    return Pair(key, kept, other, fills or (is_named and not is_empty(other) and kept != other))
