"""What a page is told of who may write says the same as the rule itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.rights import Scope, writers_of

IDS = st.integers(1, 30)
SETS = st.frozensets(IDS, max_size=4)
SCOPES = st.builds(Scope, user_id=IDS, is_admin=st.booleans(), reads=SETS, leads=SETS, home=SETS)


@given(SCOPES, IDS, st.none() | IDS)
def test_who_writes_a_deal_is_told_to_pages_as_the_rule_has_it(
    scope: Scope, responsible: int, department: int | None
) -> None:
    named = set(writers_of(responsible, department).split())
    assert bool(named & set(scope.writes_as.split())) == scope.may_write(responsible, department)
