"""On which stages of a set-up a field is asked, and where a change makes that more: whether by another requirement, by
its condition, by the order of stages or by their kinds. Decided by the gate alone (gates.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules import gates
from rules.facts import Catalogue, FieldSpec, StageFacts
from rules.setup_documents import Document, Item


def asked_from(document: Document, firsts: Iterable[str]) -> frozenset[str]:
    """The open stages on whose deals a field is asked that is required from these on. Those that are won are asked
    nothing any more."""
    entered = asked_on_entering(document, firsts)
    return frozenset(
        each.key for each in document.of("stage") if each.key in entered and each.parts.get("kind") == "open"
    )


def asked_on_entering(document: Document, firsts: Iterable[str]) -> frozenset[str]:
    """The stages that nobody enters without a field that is required from these on: the won one too."""
    stages = document.of("stage")
    numbers = {each.key: n for n, each in enumerate(stages)}
    spec = FieldSpec("deal", "", "text", {}, required_from=tuple(numbers[each] for each in firsts if each in numbers))
    catalogue = Catalogue({("deal", ""): spec})
    facts = {each.key: StageFacts(numbers[each.key], numbers[each.key], str(each.parts.get("kind"))) for each in stages}
    return frozenset(
        each.key
        for each in stages
        if gates.asks_for(catalogue, [facts[one.key] for one in stages if one.home == each.home], numbers[each.key])
    )


def begins_at(item: Item) -> list[str]:
    """The stages from which on a field is required."""
    asked = item.parts.get("required_from")
    return list(asked) if isinstance(asked, list) else []


def newly_required(before: Document, after: Document) -> Iterator[tuple[Item, str, frozenset[str]]]:
    """Fields with each first stage from which on more may be asked of deals than was, and the stages that nobody enters
    any more without: of a requirement that only moved there may be none, but deals of a stage that goes may be led to
    where it asks."""
    stood = {each.key for each in before.of("stage")}
    for now in after.of("field"):
        was = before.get("field", now.key)
        known = was if was is not None and not was.is_archived else None
        is_same = known is not None and known.parts.get("required_if") == now.parts.get("required_if")
        had = begins_at(known) if known is not None and is_same else []
        asked = asked_on_entering(before, had)
        for stage in begins_at(now):
            more = asked_on_entering(after, [stage]) - asked
            if stage not in had:
                yield now, stage, more
            elif more & stood:  # the requirement is old: a stage that is new has no deals
                yield now, stage, more & stood
