"""Where a person is told besides in Dozor: their addresses in the order in which they are tried, for themselves and for
admins."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field, model_validator

from webapp.access.viewer import viewer
from webapp.api.records import channels as records
from webapp.api.records.channels import ChannelRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Flag, Page
from webapp.errors import Counted, NotFound, invalid
from webapp.queries import deliveries as found
from webapp.services import addresses
from webapp.services.addresses import Wish
from webapp.snapshots import setups

ALL = "/users/<int:user_id>/channels"


class Channel(Body):
    """`for`: urgent, normal, digest."""

    kind: str
    address: str
    wanted_for: list[str] = Field(alias="for", max_length=10)


class Channels(Body):
    """All of a person's, the first is tried first: what is not among them is taken away, but for browsers (push), which
    are turned on and off in the browser itself. A list alone is taken too, unless it is empty."""

    items: Annotated[list[Channel], Field(max_length=50)]

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, sent: Any) -> Any:
        return {"items": sent} if isinstance(sent, list) else sent


class Proof(Body):
    """The code that came to an address; or, from an admin, that it is the person's own. Without `address`: whichever is
    not confirmed yet."""

    code: str | None = None
    vouched: Flag = False
    address: str | None = None


@reads(ALL, Page[ChannelRecord])
def index(user_id: int) -> Page[ChannelRecord]:
    """A person's addresses, the first is tried first."""
    return _page(_known(user_id))


@writes("PUT", ALL, Page[ChannelRecord])
def replace(user_id: int, json: Channels) -> Answer[Page[ChannelRecord]]:
    """Put these in the place of those that are. A code goes to each that is new."""
    wishes = [Wish(each.kind, each.address, each.wanted_for) for each in json.items]
    addresses.replace(_known(user_id), wishes, viewer().actor)
    return lambda: _page(user_id)


@writes("POST", f"{ALL}/confirmations", Page[ChannelRecord], HTTPStatus.CREATED)
def confirm(user_id: int, json: Proof) -> Answer[Page[ChannelRecord]]:
    """From now on it counts."""
    rows, by = addresses.unconfirmed(_known(user_id), json.address), viewer().actor
    if json.vouched and not viewer().scope.is_admin:
        raise invalid("vouched", "only_admins")
    if not json.vouched and json.code is None:
        raise invalid("code", "blank")
    if json.vouched:
        for each in rows:
            addresses.vouch(each, by)
    elif sum(addresses.confirm(each, json.code or "", by) for each in rows) == 0:  # each has its own tries
        raise Counted(invalid("code", "not_the_code"))
    return lambda: _page(user_id)


def _known(user_id: int) -> int:
    """One's own, and everybody's for an admin. Raises NotFound."""
    if user_id not in setups.current().people or not (viewer().scope.is_admin or viewer().id == user_id):
        raise NotFound("person")
    return user_id


def _page(user_id: int) -> Page[ChannelRecord]:
    return Page[ChannelRecord](items=[records.channel(each.row) for each in found.addresses(user_id)])
