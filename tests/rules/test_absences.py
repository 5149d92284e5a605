"""Who is away: what makes no sense, and on which days whoever stands in does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from rules.absences import Days, covered_days, problem
from rules.org import Org, Person

IVAN, MARIA, OLEG = 1, 2, 3
SPAN = (1, 10)


def day(number: int) -> date:
    return date(2026, 12, number)


def days(*spans: tuple[int, int]) -> tuple[Days, ...]:
    return tuple((day(first), day(last)) for first, last in spans)


def chart(
    marias: Sequence[tuple[int, int]] = (), *, is_active: bool = True, olegs: tuple[int, int] | None = None
) -> Org:
    """Ivan is away from the first to the tenth and Maria stands in; on `olegs` days Oleg was to do it first."""
    first = [(*days(olegs)[0], OLEG)] if olegs else []
    ivan = Person(IVAN, True, None, days(SPAN), (*first, (day(1), day(10), MARIA)))
    maria = Person(MARIA, is_active, None, days(*marias))
    return Org({IVAN: ivan, MARIA: maria, OLEG: Person(OLEG, True, None)}, {})


@pytest.mark.parametrize(
    ("firm", "covered"),
    [
        (chart(), days(SPAN)),
        (chart([(1, 4)]), days((5, 10))),
        (chart([(3, 4), (8, 20)]), days((1, 2), (5, 7))),
        (chart([(2, 9)]), days((1, 1), (10, 10))),
        (chart([(1, 10)]), ()),
        (chart([(11, 20)]), days(SPAN)),
        (chart(is_active=False), ()),
        (chart(olegs=(1, 3)), days((4, 10))),
    ],
)
def test_a_cover_stands_in_on_the_days_on_which_they_are_there(firm: Org, covered: tuple[Days, ...]) -> None:
    assert covered_days(firm, IVAN, MARIA, day(1), day(10)) == covered


@pytest.mark.parametrize(
    ("first", "last", "answer"),
    [
        (day(5), day(5), None),
        (day(1), day(5), None),
        (day(1), day(4), ("until_on", "absence_is_over")),
        (date(2025, 12, 6), date(2025, 12, 8), ("until_on", "absence_is_over")),
        (day(6), day(5), ("until_on", "bad_range")),
    ],
)
def test_an_absence_is_of_days_that_are_not_over(first: date, last: date, answer: tuple[str, str] | None) -> None:
    assert problem(first, last, IVAN, None, chart(), today=day(5)) == answer
