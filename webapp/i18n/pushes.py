"""What a browser shows that is told by web push: on a locked phone nothing that names anybody, unless it may."""

from __future__ import annotations

from webapp.i18n.isolates import gettext


def closed_title(*, is_asked: bool, is_urgent: bool) -> str:
    """What may be read by anybody beside the phone."""
    if is_asked:
        return str(gettext("Work is waiting for your acceptance"))
    return str(gettext("Something urgent in Dozor") if is_urgent else gettext("News in Dozor"))


def actions(*, is_asked: bool) -> list[dict[str, str]]:
    """The buttons below it."""
    opens = {"action": "open", "title": str(gettext("Open"))}
    return [{"action": "accept", "title": str(gettext("Accept"))}, opens] if is_asked else [opens]


def accepted() -> str:
    """After the work was accepted from there."""
    return str(gettext("Accepted"))
