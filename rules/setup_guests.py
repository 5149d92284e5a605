"""What stands beside the set-up and names parts of it: saved views of boards, seasons, forms on the firm's own site,
programs that use the API. Whatever they name and is archived is a consequence, and they let go of it.

A target is written as "field:deal/vip", "option:deal/size=large", "pipeline:sales", "robot:control".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlencode

from rules.consequences import Consequence, Counts, Remedy
from rules.setup_documents import Document, Item
from rules.setup_pointers import spec_of


def options_gone(before: Document, after: Document) -> Iterator[tuple[Item, str]]:
    """Fields that stay, each with an option that can be chosen no more."""
    for was in before.of("field"):
        now = after.get("field", was.key)
        if now is None or now.is_archived:
            continue
        left = {each.key for each in spec_of(now).choices}
        for each in spec_of(was).choices:
            if each.key not in left:
                yield now, each.key


def gone(before: Document, after: Document) -> Iterator[str]:
    """Every target that is live no more."""
    for kind in ("pipeline", "field", "robot"):
        for each in before.of(kind):
            now = after.get(kind, each.key)
            if now is None or not after.is_live(now):
                yield f"{kind}:{each.key}"
    for item, option in options_gone(before, after):
        yield f"option:{item.key}={option}"


def consequences(before: Document, after: Document, counts: Counts) -> Iterator[Consequence]:
    """Of views and seasons for each target, of forms for each pipeline; of programs only that there are some."""
    targets = list(gone(before, after))
    for target in targets:
        kind, _, key = target.partition(":")
        item = "field" if kind == "option" else kind
        about, _, option = key.partition("=")
        for guest in ("view", "season"):
            if count := counts.guests.get(f"{guest} {target}", 0):
                remedies = _remedies(guest, kind)
                yield Consequence(f"{guest}s_name", item, about, remedies, remedies[0].key, option, count)
        if kind == "pipeline":
            yield _form(after, key, counts)
    if counts.tokens and (any(not each.startswith("robot:") for each in targets) or _stages_gone(before, after)):
        yield Consequence("tokens_used", "token", "api", (Remedy("leave"),), "leave", count=counts.tokens)


def _remedies(guest: str, kind: str) -> tuple[Remedy, ...]:
    """A view is of one pipeline, and nothing without it."""
    if guest == "season":
        return (Remedy("let_go"),)
    return (Remedy("forget"),) if kind == "pipeline" else (Remedy("let_go"), Remedy("forget"))


def _form(after: Document, key: str, counts: Counts) -> Consequence:
    """A form stands on a site that Dozor does not know: what is sent there goes on to another pipeline."""
    others = tuple(Remedy("goes_to", each.key) for each in after.of("pipeline"))
    remedies = (*others, Remedy("close"))
    return Consequence("form_of", "pipeline", key, remedies, remedies[0].key, count=counts.inquiries.get(key, 0))


def _stages_gone(before: Document, after: Document) -> bool:
    left = {each.key for each in after.of("stage")}
    return any(each.key not in left for each in before.of("stage"))


# How each of them names a target, and does without it.


def of_view(pipeline: str, query: str) -> frozenset[str]:
    """What a saved view names, by the query of its board's address."""
    found = {f"pipeline:{pipeline}"}
    for name, value in parse_qsl(query):
        field, _, option = value.partition(":")
        entity, _, key = field.partition(".")
        if name in ("mark", "tag"):
            found.add(f"field:{entity}/{key}")
        if name == "tag":
            found.add(f"option:{entity}/{key}={option}")
    return frozenset(found)


def view_without(query: str, target: str) -> str:
    """The query without the filters that name it."""
    kept = [each for each in parse_qsl(query) if target not in of_view("", urlencode([each]))]
    return urlencode(kept)


def season_without(scope: Mapping[str, object], row_id: int) -> dict[str, object] | None:
    """A season's scope without a robot or a pipeline; None: nothing is left that it is about."""
    ids = scope.get("ids")
    left = [each for each in ids if each != row_id] if isinstance(ids, list) else []
    return {**scope, "ids": left} if left else None
