"""Many notifications in one letter: what is alike stands together, the first few by name, the others as a number."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.i18n.isolates import ngettext
from webapp.i18n.notifications import text_of
from webapp.models import Notification

NAMED = 3


def subject(count: int) -> str:
    """Of the morning's digest."""
    return str(ngettext("Your morning digest: %(num)d item", "Your morning digest: %(num)d items", count))


def body(notices: Sequence[Notification]) -> str:
    """A line each, those of one cause about one person, or of one kind, together."""
    groups: dict[str, list[Notification]] = {}
    for each in notices:
        groups.setdefault(each.about or each.kind, []).append(each)
    return "\n".join(line for group in groups.values() for line in _lines(group))


def _lines(group: Sequence[Notification]) -> list[str]:
    named = [_line(each) for each in group[:NAMED]]
    return named if len(group) <= NAMED else [*named, and_more(len(group) - NAMED)]


def _line(notice: Notification) -> str:
    said = text_of(notice)
    first = said.body.partition("\n")[0]
    return f"• {said.title}: {first}" if first else f"• {said.title}"


def and_more(count: int) -> str:
    """What is not named."""
    return str(ngettext("and %(num)d more of the same kind", "and %(num)d more of the same kind", count))


def with_others(title: str, count: int) -> str:
    """The subject of what is told together with others of its cause."""
    if not count:
        return title
    said = ngettext("%(title)s, and %(num)d more like it", "%(title)s, and %(num)d more like it", count, title=title)
    return str(said)
