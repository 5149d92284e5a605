"""Looking again at what the people behind open sockets may see: every minute, and when a role or a session changes.

A page goes on in the language and the zone in which it was drawn, or it would mix two: where its person has chosen
others since, it is told to load itself anew."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.access import sessions
from webapp.access.viewer import scope_of
from webapp.live.sockets import SIGNED_OUT, Socket
from webapp.snapshots import setups
from webapp.web.templating import Reader


def look_again(sockets: Sequence[Socket]) -> None:
    """Close what belongs to a session that has ended or grown too old; give the others their rights as of now."""
    ids = {each.session_id for each in sockets}
    if not ids:
        return
    alive = sessions.alive(ids)
    setup = setups.current()
    for each in sockets:
        person = setup.people.get(each.user_id)
        if each.session_id not in alive or person is None:
            each.end(SIGNED_OUT)
            continue
        if Reader(person.locale, person.time_zone) != each.reader:
            each.push("redraw")
        scope = scope_of(setup, person)
        if scope != each.scope:
            each.scope = scope
            each.push("resync", writes_as=scope.writes_as)
