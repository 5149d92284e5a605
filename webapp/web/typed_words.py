"""What somebody typed into a form that is on the answer no more: what it is about was handed over, merged, archived or
deleted meanwhile. It goes back as words to copy; nothing of the record does, which may be the matter of others now."""

from __future__ import annotations

from flask import g, request
from flask_login import current_user
from markupsafe import escape

from webapp.i18n import field_words
from webapp.snapshots import setups
from webapp.web.forms import WAS, posted_pairs

SECRET = ("password", "current", "secret", "token", "key", "auth", "p256dh")
# What forms send and nobody types: chosen, ticked, or sent unseen. tests/views/test_typed_words.py compares.
NAMES = """
accept_within acceptor acceptor_id after anyway assignee assignee_id at before change client clients_to company_id
country cover_id cover_to csrf_token currency deal deal_id deals department how into into_version is_admin item kind
known latest leaves locale marks next owner paid parent person pipeline prompt query quick remind rep_sees responsible
returns row scope seen sender shown_as stage submission sure take_within taker task tasks_to theme time_zone to
to_clients unit version visit was year zone
"""
CHOSEN = frozenset(NAMES.split())


def lost_from(answer: str) -> list[str]:
    """What was typed in the form that is refused by this answer and does not stand in it, each once."""
    if not _is_ours():
        return []
    typed = (value.replace("\r\n", "\n").strip() for value in _typed())
    return [each for each in dict.fromkeys(typed) if each and escape(each) not in answer]


def _is_ours() -> bool:
    """Its token was the page's: what somebody else's page sends is not said back in ours."""
    return request.method == "POST" and bool(g.get("csrf_valid")) and current_user.is_authenticated


def _typed() -> list[str]:
    """What differs from what the form had shown."""
    pairs = posted_pairs()
    shown = {(name.removeprefix(WAS), value) for name, value in pairs if name.startswith(WAS)}
    news = [(name, value) for name, value in pairs if _is_typed(name) and (name, value) not in shown]
    return [value for name, value in news if name != "from" or not value.startswith("/")]  # a way back, or a day


def _is_typed(name: str) -> bool:
    if name.startswith(WAS) or name in CHOSEN or name.endswith(SECRET):
        return False
    entity, _, key = name.partition(".")
    spec = setups.current().field_of(entity, key)
    return spec is None or not (spec.kind == "user" or field_words.of(spec).is_chosen)
