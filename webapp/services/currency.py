"""The firm's one currency, held while money is written down in it: an amount is read in minor units, of which each
currency has its own, and must not be kept in another that has come meanwhile."""

from __future__ import annotations

from sqlalchemy import select, update

from webapp.db import execute_core, is_sqlite, session
from webapp.errors import SetupMoved
from webapp.models import Deal, Firm
from webapp.snapshots.setups import current

# Held in a way that keeps nobody waiting but whoever changes the currency (`take`): other facts of the firm, and the
# version of its set-up, are written beside it.
_HELD = select(Firm.currency).with_for_update(read=True, key_share=True)


def held() -> str:
    """Until this transaction ends it stays what it is. Raises SetupMoved where it is another by now than this
    transaction has read amounts in. On SQLite a writer is alone."""
    known = current().firm.currency
    if not is_sqlite() and execute_core(_HELD).scalar_one() != known:
        raise SetupMoved("currency")
    return known


def take() -> None:
    """Nobody writes money down until this transaction ends; whoever does just now is let finish. Deals come first:
    whoever edits one holds it before its currency."""
    if not is_sqlite():
        session().execute(select(Deal.id).order_by(Deal.id).with_for_update(key_share=True)).all()
        session().execute(select(Firm.id).with_for_update()).all()


def replace(other: str) -> None:
    """In all deals, deleted ones too: the first amount that is written down will be of this one."""
    session().execute(update(Deal).values(currency=other))
