"""How the firm takes calls, as an admin sets it. The secret goes in, and never out."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, select

from rules import calls
from rules.errors import FieldError
from webapp import phones
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import NotFound, Problems, Refused, invalid
from webapp.models import Department, PhoneLine, Telephony
from webapp.services import journal, texts
from webapp.snapshots import setups

SECRET_LEAST, SECRET_LIMIT = 16, 200  # what is shorter is no provider's, and could be guessed


def set_up(*, secret: str, rings: str, caller_id: str, by: Actor) -> None:
    """The provider's secret (blank: it stays as it was), how many rings, and what rung phones show."""
    row = session().scalars(select(Telephony).with_for_update()).first()
    wrong: Problems = {}
    secret = texts.line("secret", secret, SECRET_LIMIT, required=False)
    if secret and len(secret) < SECRET_LEAST:
        wrong["secret"] = {"code": "too_short", "limit": SECRET_LEAST}
    if not secret and row is None:
        wrong["secret"] = {"code": "blank"}
    if not rings.isdecimal() or not 1 <= int(rings) <= calls.MOST_RINGS:
        wrong["rings"] = {"code": "not_rings", "most": calls.MOST_RINGS}
    number, problem = _number(caller_id)
    if problem:
        wrong["caller_id"] = {"code": problem}
    if wrong:
        raise Refused("bad_fields", problems=wrong)
    if row is None:
        row = Telephony(key=secrets.token_urlsafe(24))
        session().add(row)
    row.secret, row.rings, row.caller_id = secret or row.secret, int(rings), number
    session().flush()
    journal.write("telephony.set", "telephony", row.id, by, new={"rings": row.rings, "caller_id": number})


def remove(by: Actor) -> None:
    """Calls are taken here no more; the address that the provider was given ends."""
    journal.write("telephony.removed", "telephony", 0, by)
    session().execute(delete(Telephony))


def add_line(number: str, department: str, by: Actor) -> None:
    """A number of the firm belongs to a department; to another one from now on, where it is known."""
    wanted, problem = _number(number)
    if problem or not wanted:
        raise invalid("number", problem or "blank")
    known = department.isdecimal() and int(department) in setups.current().departments
    # Locked, or it could be archived in this moment and still be given the number.
    held = session().get(Department, int(department), with_for_update=True, populate_existing=True) if known else None
    if held is None or held.archived_at is not None:
        raise invalid("department", "no_such_department")
    row = session().scalars(select(PhoneLine).where(PhoneLine.number == wanted)).first() or PhoneLine(number=wanted)
    row.department_id = held.id
    session().add(row)
    session().flush()
    journal.write(
        "telephony.line_set", "telephony", row.id, by, new={"number": wanted, "department": row.department_id}
    )


def remove_line(line_id: int, by: Actor) -> None:
    row = session().get(PhoneLine, line_id)
    if row is None:
        raise NotFound("line")
    journal.write("telephony.line_removed", "telephony", row.id, by, old={"number": row.number})
    session().delete(row)


def _number(raw: str) -> tuple[str, str]:
    """A number as it is kept, and what is wrong with it."""
    try:
        return phones.split(phones.read(raw, setups.current().firm.country))[0], ""
    except FieldError as error:
        return "", error.code
