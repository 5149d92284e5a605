"""What the firm sends by, for admins: the mail server, the SMS provider, accounts with messengers. Secrets go in, and
never out."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import Field

from webapp.access.records import require_admin
from webapp.api.records import deliveries as delivery_records
from webapp.api.records import gateways as records
from webapp.api.records.deliveries import DeliveryRecord
from webapp.api.records.gateways import GatewayRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Flag, Page
from webapp.errors import NotFound
from webapp.queries import deliveries as found
from webapp.services import addresses, gateways
from webapp.services.gateways import KINDS
from webapp.snapshots import reach

ONE = "/gateways/<kind>"


class NewGateway(Body):
    """`url` as smtp://user:password@host:port, or as Apprise writes the address of the provider or the account."""

    url: str = Field(max_length=gateways.URL_LIMIT)
    sender: str = ""
    to_clients: Flag = False


class Trial(Body):
    """Where the test goes."""

    address: str


@reads("/gateways", Page[GatewayRecord])
def index() -> Page[GatewayRecord]:
    """Those that are set."""
    require_admin()
    troubles = found.troubles()
    known = reach.gateways().values()
    return Page[GatewayRecord](items=[records.record(each, troubles.get(each.kind)) for each in known])


@writes("PUT", ONE, GatewayRecord)
def replace(kind: str, json: NewGateway) -> Answer[GatewayRecord]:
    """From now on the firm sends by this."""
    by = require_admin().actor
    gateways.set_by_address(_known(kind), json.url, sender=json.sender, to_clients=json.to_clients, by=by)
    return lambda: records.record(reach.gateways()[kind], None)


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def delete(kind: str) -> None:
    """Nothing is sent by it any more."""
    by = require_admin().actor
    gateways.remove(_known(kind), by)


@writes("POST", f"{ONE}/tests", DeliveryRecord, HTTPStatus.CREATED)
def test(kind: str, json: Trial) -> Answer[DeliveryRecord]:
    """A word to any address: what becomes of it stands with the delivery."""
    by = require_admin().actor
    sent = addresses.test_gateway(_known(kind), json.address, by)
    return lambda: delivery_records.record(sent)


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound("gateway")
    return kind
