"""The addresses at which a person is told: in which form they are kept, in which order, and how many there may be, also
when two are added at once."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import sender
from tests import company
from tests.conftest import Clock
from tests.services.locks import Act, not_held
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Address, Delivery, Gateway, UserSession
from webapp.services import addresses, delivery_plans, subscriptions
from webapp.snapshots import reach

pytestmark = pytest.mark.usefixtures("inside", "clock")
PHONE, MAIL = "+79005550001", "ivan@home.example"


@pytest.fixture(autouse=True)
def _the_firm_sends(inside: Flask) -> None:
    with transaction() as current:
        current.add_all(
            Gateway(kind=kind, url=f"{kind}://gateway.example", sender="Dozor") for kind in ("email", "sms")
        )


def add(kind: str = "email", address: str = MAIL, name: str = "rep1") -> Address:
    return addresses.add(company.person(name), kind, address, company.acting(name))


def one(name: str = "rep1") -> Address:
    row_id = session().scalar(select(Address.id).where(Address.user_id == company.person(name)))
    return addresses.one(company.person(name), row_id or 0)


def confirmed(name: str = "rep1") -> Address:
    made = add(name=name)
    addresses.vouch(made, company.acting("admin"))
    return made


def signed_in(name: str) -> int:
    at = time_source.now()
    row = UserSession(token_hash="x", user_id=company.person(name), created_at=at, seen_at=at)
    session().add(row)
    session().flush()
    return row.id


def key(length: int) -> str:
    return urlsafe_b64encode(bytes(length)).decode()


ACTS = {
    "one is added": Act(
        "of two that are added at once each would find room for one more",
        "app_user",
        lambda: add(),
        before="read address",
    ),
    "a code goes to it again": Act(
        "of two who ask at once each would find one word left in this hour, and the firm pays for both",
        "app_user address",
        lambda _: addresses.send_code(one("rep2")),
        given=lambda: setattr(add(name="rep2"), "code_at", None),
        before="read delivery",
    ),
    "a word is sent to it": Act(
        "the same",
        "app_user",
        lambda _: addresses.test(one("rep3")),
        given=lambda: confirmed("rep3"),
        before="read delivery",
    ),
    "an admin tries what the firm sends by": Act(
        "the same",
        "app_user",
        lambda: addresses.test_gateway("sms", PHONE, company.acting("admin")),
        before="read delivery",
    ),
    "a browser is told from now on": Act(
        "of two browsers that begin at once each would find room for one more",
        "app_user",
        lambda session_id: subscriptions.subscribe(
            company.person("rep1"),
            session_id,
            "https://push.example/1",
            {"p256dh": key(65), "auth": key(16)},
            "Firefox",
            company.acting("rep1"),
            allowed=(),
        ),
        given=lambda: signed_in("rep1"),
        before="read address",
    ),
    "a code is typed": Act(
        "of many who guess at once each would be the first",
        "address",
        lambda _: addresses.confirm(one("north"), "1", company.acting("north")),
        given=lambda: add(name="north"),
    ),
    "all of them are listed anew": Act(
        "what somebody else adds meanwhile would be kept besides, or taken away unseen",
        "address",
        lambda _: addresses.replace(
            company.person("head"), [addresses.Wish("sms", PHONE, ["urgent"])], company.acting("head")
        ),
        given=lambda: add(name="head"),
    ),
}


def test_who_is_told_where_is_decided_by_one_at_a_time() -> None:
    assert not_held(ACTS) == {}


def test_a_new_address_is_tried_after_those_that_were_there(clock: Clock) -> None:
    wanted = [("email", MAIL), ("sms", PHONE), ("email", "ivan@north.example")]
    for kind, address in wanted:
        with transaction():
            addresses.vouch(add(kind, address), company.acting("admin"))
    assert [(each.kind, each.address) for each in reach.places([company.person("rep1")])] == wanted


def test_a_new_address_stands_behind_those_that_were_put_in_another_order(clock: Clock) -> None:
    rep, first, second = company.person("rep1"), f"1{MAIL}", f"2{MAIL}"
    with transaction():
        addresses.replace(
            rep, [addresses.Wish("email", each, ["urgent"]) for each in (second, first)], company.acting("rep1")
        )
        for n in range(4):
            add(address=f"{n}@north.example", name="north")
    with transaction():
        assert add().position == 3
        addresses.replace(
            rep, [addresses.Wish("email", each, ["urgent"]) for each in (MAIL, second)], company.acting("rep1")
        )
    rows = session().execute(select(Address.address, Address.position).where(Address.user_id == rep)).all()
    assert sorted(rows, key=lambda row: row.position) == [(MAIL, 1), (second, 2)]


def test_each_person_has_five_addresses_and_those_of_others_do_not_count(clock: Clock) -> None:
    for name in ("rep1", "rep2"):
        for n in range(addresses.MOST):
            with transaction():
                add(address=f"{name}{n}@home.example", name=name)
        with pytest.raises(Refused) as raised, transaction():
            add(address=f"{name}@home.example", name=name)
        assert raised.value.problems == {"address": {"code": "too_many", "limit": addresses.MOST}}


@pytest.mark.parametrize(
    ("kind", "raw", "kept"),
    [
        ("sms", "8 (900) 555-00-01 доб. 12", PHONE),  # no message reaches an extension
        ("email", "Ivan@Home.example", MAIL),
    ],
)
def test_an_address_is_kept_as_the_words_are_to_go_there(kind: str, raw: str, kept: str) -> None:
    assert addresses.clean(kind, raw) == kept


def test_a_code_goes_out_ahead_of_what_is_not_urgent(clock: Clock) -> None:
    """Somebody sits and waits for it."""
    with transaction():
        delivery_plans.add("news", "email", MAIL, "digest", due=clock.at, user_id=company.person("rep1"))
        add()
    assert session().get_one(Delivery, sender.next_due()).content == "code"
