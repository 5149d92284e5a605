"""What is made of a call: by whoever is rung, and of those that no deal came of, one by one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, request

from webapp.access.records import contact_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused, invalid
from webapp.queries import calls as found
from webapp.queries import contacts
from webapp.queries.calls import LooseCall
from webapp.services import call_acts, clients
from webapp.services.clients import ClientChoice
from webapp.web.forms import BLANK, Form, FormState, Posted
from webapp.web.responses import fragment, page, redirect_to, wants_fragment
from webapp.web.sheets import known_client
from webapp.web.turns import turn_of

pages = Blueprint("calls", __name__)
HERE = "/calls"
ONE = f"{HERE}/<int:call_id>"
CLIENT = Form(refusals=("call_settled",))
WHOSE = Form(names=("contact", "client"), refusals=None)
HOW = Form(names=("how",), refusals=("bad_fields", "call_settled"))


@pages.get(HERE)
def index() -> Response:
    """Calls that no deal came of, the newest first."""
    return _page()


@pages.post(f"{ONE}/deals")
def make_deal(call_id: int) -> Response:
    """The caller is a client: a deal of theirs."""
    try:
        with transaction():
            deal = call_acts.make_deal(call_id, viewer().actor)
    except Refused as error:
        return _refused(call_id, CLIENT.posted(), error)
    return redirect_to(f"/deals/{deal.id}")


@pages.post(f"{ONE}/contacts")
def belong(call_id: int) -> Response:
    """The caller is one of the contacts, or a new one of this name."""
    posted = WHOSE.posted()
    choice = ClientChoice(posted.text("client"), posted.text("contact"))
    try:
        with transaction():
            by = viewer().actor
            call_acts.check_seen(call_id, by)
            contact_id = clients.contact_of(choice, by)
            if contact_id is None:
                raise invalid("contact", "blank")
            call_acts.belongs_to(call_id, contact_for(contact_id), by)
    except Refused as error:
        return _refused(call_id, posted, error)
    return redirect_to(f"{HERE}{_place()}")


@pages.post(f"{ONE}/settlements")
def settle(call_id: int) -> Response:
    """Called back, or no client at all."""
    posted = HOW.posted()
    try:
        with transaction():
            call_acts.settle(call_id, posted.text("how"), viewer().actor)
    except Refused as error:
        return _refused(call_id, posted, error)
    return redirect_to(f"{HERE}{_place()}")


def _place() -> str:
    """The page of the list, as the address has it: every form carries it, so that one comes back to where one was."""
    asked = request.query_string.decode("latin-1")
    return f"?{asked}" if asked else ""


def _refused(call_id: int, posted: Posted, error: Refused) -> Response:
    """The page on which it was, and this call on it in any case: others may have come before it meanwhile."""
    return _page(posted.refused(error, f"call-{call_id}"), known_client(error), found.one(viewer().scope, call_id))


def _page(form: FormState = BLANK, known: int | None = None, refused: Sequence[LooseCall] = ()) -> Response:
    turn = turn_of(request.args)
    rows = found.listed(viewer().scope, turn)
    here = {each.row.id for each in rows.rows}
    shown = [*(each for each in refused if each.row.id not in here), *rows.rows]
    typed = {each.row.id: str(form.at(f"call-{each.row.id}").value("contact") or "") for each in shown}
    build, template = (fragment, "_list") if wants_fragment() else (page, "index")
    return build(
        f"calls/{template}.html",
        status=form.status,
        form=form,
        page_=rows,
        shown=shown,
        turn=turn,
        choices={key: contacts.choices(words, known) for key, words in typed.items() if words},
        known=known,
        place=_place(),
    )
