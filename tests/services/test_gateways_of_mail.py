"""The firm's mail server: what is no server's name and no port is said at its control, and nothing is kept of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests import company
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Gateway
from webapp.services import gateways

pytestmark = pytest.mark.usefixtures("inside")
RIGHT = {"host": "mail.firm.example", "port": "587", "user": "crm", "password": "s3cret!", "sender": "crm@firm.example"}


def set_mail(**other: str) -> str:
    """The address at which it is kept."""
    with transaction():
        gateways.set_mail(**{**RIGHT, **other}, to_clients=False, by=company.acting("admin"))
    return kept()


def kept() -> str:
    return session().scalars(select(Gateway.url).where(Gateway.kind == "email")).one()


def test_what_is_no_mail_server_is_said_at_its_control_and_what_was_kept_stays() -> None:
    was = set_mail()
    hosts = {
        **dict.fromkeys(("", "  "), "blank"),
        **dict.fromkeys(("smtp://mail.firm.example", "me@firm.example", "mail.firm.example:25"), "not_a_host"),
        **dict.fromkeys(("firm.example/mail", "firm.example?a", "firm.example#a", "mail firm.example"), "not_a_host"),
    }
    ports = dict.fromkeys(("", "0", "65536", "-25", "+25", "25.0", "many", "2 5", "9" * 5000), "not_a_port")
    senders = {"": "blank", " ": "blank", "the firm": "not_a_sender", "Acme <sales>": "not_a_sender"}
    for name, at, table in (("host", "host", hosts), ("port", "port", ports), ("sender", "from", senders)):
        for typed, code in table.items():
            with pytest.raises(Refused) as refused:
                set_mail(**{name: typed})
            assert refused.value.problems == {at: {"code": code}}, (name, typed)
            session().rollback()
    with pytest.raises(Refused) as refused:
        set_mail(host="", port="", sender="")
    assert sorted(refused.value.problems) == ["from", "host", "port"], "all at once"
    session().rollback()
    assert kept() == was == "smtp://crm:s3cret%21@mail.firm.example:587"


def test_any_name_of_a_server_and_any_port_are_taken() -> None:
    assert set_mail(host=" mail.firm.example ") == "smtp://crm:s3cret%21@mail.firm.example:587", "as it was pasted"
    for host in ("mail.firm.example", "localhost", "127.0.0.1", "xn--80ak6aa92e.example"):
        for port in ("1", "25", "65535"):
            assert set_mail(host=host, port=port) == f"smtp://crm:s3cret%21@{host}:{port}"
    assert set_mail(port="0465") == "smtps://crm:s3cret%21@mail.firm.example:465", "encrypted from the first word"


def test_a_blank_password_stays_while_server_and_user_do_and_what_is_typed_takes_its_place() -> None:
    """Nobody is shown it; another server, or somebody else there, is not given it."""
    at = "mail.firm.example:587"
    for changed, address in (
        ({"password": ""}, f"crm:s3cret%21@{at}"),
        ({"password": "", "host": "MAIL.firm.example", "user": " crm "}, "crm:s3cret%21@MAIL.firm.example:587"),
        ({"password": "new"}, f"crm:new@{at}"),
        ({"password": "", "user": "anna"}, f"anna:@{at}"),
        ({"password": "", "host": "other.firm.example"}, "crm:@other.firm.example:587"),
    ):
        set_mail()
        assert set_mail(**changed) == f"smtp://{address}", changed
