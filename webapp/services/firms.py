"""What the firm is: facts that its people set once."""

from __future__ import annotations

from sqlalchemy import select

from webapp import phones
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import invalid
from webapp.models import Firm
from webapp.services import journal
from webapp.snapshots import setups


def set_country(country: str, by: Actor) -> str:
    """In which country the firm is: numbers without a country code are dialled there. Raises Refused."""
    new = country.strip().upper()
    if new not in phones.COUNTRIES:
        raise invalid("country", "no_such_country")
    firm = session().scalars(select(Firm).with_for_update()).one()
    if firm.country != new:
        journal.write("firm.edited", "firm", firm.id, by, field="country", old=firm.country, new=new)
        firm.country = new
        setups.changed()
    return new
