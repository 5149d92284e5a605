"""No word of an address stands where a key of the firm's may stand: a stage whose key is that word could not be
opened."""

from __future__ import annotations

import re
from itertools import permutations

from flask import Flask
from werkzeug.routing import Rule

from rules.robot_kinds import ROBOT_KINDS
from tests.api.test_api_rights import methods
from webapp.services import gateways
from webapp.web.setup_screens import LAST_PARTS, ROBOT_PARTS, TRIGGER_PARTS

SETTINGS = {f"settings.{each.key}" for kind in ROBOT_KINDS.values() for each in kind.parameters}
# Names in addresses whose values are all the product's own: no firm makes one more.
OURS = {"<part>": {*ROBOT_PARTS, *LAST_PARTS, *TRIGGER_PARTS, *SETTINGS}, "<kind>": {*gateways.KINDS}}
NUMBER = "0"


def test_no_fixed_word_of_an_address_stands_where_a_key_may_stand(app: Flask) -> None:
    rules = [each for each in app.url_map.iter_rules() if not each.websocket]
    found = [
        f"{one} takes {sorted(words)} from {other}"
        for one, other in permutations(rules, 2)
        if methods(one) & methods(other) and (words := hidden(one, other))
    ]
    assert found == []


def test_a_word_in_the_place_of_a_key_is_found() -> None:
    key, word = Rule("/rooms/<room>/things/<key>"), Rule("/rooms/<room>/things/new")
    assert hidden(word, key) == {"new"}
    assert hidden(key, word) == set()
    assert hidden(Rule("/rooms/<room>/things/<int:number>"), key) == {NUMBER}
    assert hidden(Rule("/rooms/<room>/others/new"), key) == set()
    assert hidden(Rule("/rooms/<room>/things/new/<key>"), key) == set()
    assert hidden(Rule("/<any(rooms, halls):place>/<room>/things/new"), key) == {"new"}


def hidden(one: Rule, other: Rule) -> set[str]:
    """Words that the first has where the second takes any name, if all else of the two can be alike."""
    mine, theirs = ([taken(step) for step in each.rule.split("/")] for each in (one, other))
    steps = list(zip(mine, theirs, strict=False))
    if len(mine) != len(theirs) or any(a is not None and b is not None and not a & b for a, b in steps):
        return set()
    return {word for a, b in steps if a is not None and b is None for word in a}


def taken(step: str) -> set[str] | None:
    """What stands in this place of an address; None: any name."""
    if step in OURS or not step.startswith("<"):
        return OURS.get(step, {step})
    if offered := re.match(r"<any\((.*)\)", step):
        return set(re.split(r",\s*", offered[1]))
    if step.startswith("<path:"):  # whatever is no address of anything
        return set()
    return {NUMBER} if step.startswith("<int:") else None
