"""Few and grouped: repeats of one cause go out together, an hour holds so much, and the rest stands in the digest of
the person's morning. Nothing is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from jobs import sender
from jobs.registry import WORK
from rules import reach
from tests import company
from tests.channels import worlds
from tests.channels.test_letters import ANNA, body, deliveries, tell
from tests.channels.worlds import Calls, Post
from tests.conftest import Clock
from tests.faults.posts import told_once, went_on
from tests.services import acts
from webapp import clock as time_source
from webapp.background import outbox
from webapp.db import session, transaction
from webapp.models import Delivery, DigestLine, Notification, Telling
from webapp.services import deliveries as deliveries_of
from webapp.services import notifications

pytestmark = pytest.mark.usefixtures("inside")
PHONE = "+79125550177"
SMS = {"sms": True}


def late_deals(clock: Clock, count: int, *, minutes: float) -> None:
    """So many clients of one rep write within these minutes, and nobody answers; what fires goes out as it comes."""
    for n in range(count):
        acts.deal(title=f"Deal {n}")
        clock.go_on(minutes=minutes / count)
    clock.go_on(minutes=10 - minutes)
    for _ in range(count):
        acts.work()
        sender.send_due()
        clock.go_on(minutes=minutes / count)
    acts.work()
    sender.send_due()


def unread(name: str) -> Sequence[Notification]:
    mine = Notification.user_id == company.person(name)
    return session().scalars(select(Notification).where(mine, Notification.read_at.is_(None))).all()


def test_thirty_late_deals_of_one_rep_are_one_sms_and_a_vip_among_them_comes_alone(
    app: Flask, calls: Calls, clock: Clock
) -> None:
    post = Post()
    worlds.has_address("north", "sms", PHONE, position=1)
    worlds.has_address("north", "email", ANNA, "urgent", position=2)
    for key in ("reaction_control", "vip_notification"):
        acts.robot(key, settings={**company.robot(key).settings, **SMS})
    with worlds.mail_server(post) as port:
        worlds.reaches(app, email=f"smtp://127.0.0.1:{port}")
        late_deals(clock, 30, minutes=5)
        assert [each["to"] for each in calls.asked] == [PHONE], "one, within the five minutes"
        assert len(unread("north")) == 30, "in Dozor each has its line"
        assert len(post.letters) == 1
        acts.contact("Olga Sedova", "+79005550099", vip=True)
        acts.inquiry(name="Olga Sedova", phone="+79005550099")
        acts.work()
        sender.send_due()
        assert [("Sedova" in each["message"], "more" in each["message"]) for each in calls.asked[1:]] == [(True, False)]
        clock.go_on(minutes=55)
        sender.send_due()
        clock.go_on(minutes=5)
        sender.send_due()
    assert "29 more like it" in calls.asked[-1]["message"], "after an hour in which nobody has read"
    assert "and 26 more of the same kind" in body(post.letters[-1], "plain")
    assert (len(calls.asked), len(post.letters)) == (3, 2)


def test_who_reads_one_of_many_still_gets_the_others(calls: Calls, clock: Clock) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    for n in range(4):
        tell("north", key=f"k{n}", about="late")
        sender.send_due()
    assert len(calls.asked) == 1
    waiting = session().scalars(select(Delivery).where(Delivery.state == "waiting")).one()
    with transaction():
        notifications.read(session().get_one(Notification, waiting.notification_id), company.acting("north"))
    clock.go_on(minutes=61)
    sender.send_due()
    assert calls.asked[-1]["message"].startswith("A <b>press</b> & more waits, and 2 more like it")
    with transaction():
        notifications.read_all(company.person("north"), company.acting("north"))
    tell("north", key="again", about="late")
    clock.go_on(minutes=3)
    sender.send_due()
    assert len(calls.asked) == 2, "not five minutes since the last one"
    clock.go_on(minutes=2)
    sender.send_due()
    assert len(calls.asked) == 3
    assert set(deliveries()) == {("sms", "sent", "")}


def by_sms_then_by_mail() -> None:
    worlds.has_address("north", "sms", PHONE, "urgent", position=1)
    worlds.has_address("north", "email", ANNA, "urgent", position=2)


def reads_the_first() -> None:
    with transaction():
        first = session().scalars(select(Notification).order_by(Notification.id).limit(1)).one()
        notifications.read(first, company.acting("north"))


@pytest.mark.both_databases
def test_a_repeat_that_goes_instead_of_what_was_read_is_not_sent_again_to_the_number_that_refused_it(
    calls: Calls, post: Post, clock: Clock
) -> None:
    calls.refused = (PHONE,)
    by_sms_then_by_mail()
    for key in ("first", "repeat"):
        tell("north", key=key, about="late")
    reads_the_first()
    sender.send_due()
    assert (len(calls.asked), len(post.letters)) == (1, 1), "at once to the next address"
    clock.go_on(minutes=30)
    sender.send_due()
    assert deliveries()[:2] == [("sms", "failed", "gateway_said"), ("email", "sent", "")]
    assert (len(calls.asked), list(told_once())) == (1, [])


@pytest.mark.both_databases
def test_a_repeat_that_goes_by_itself_has_the_turn_of_what_was_read_and_goes_once(calls: Calls, clock: Clock) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    tell("north", key="first", about="late")
    row_id = sender.next_due()
    assert row_id is not None
    assert outbox.claim("delivery", row_id)  # by a sender that is killed before it has composed anything
    tell("north", key="repeat", about="late")
    reads_the_first()
    clock.go_on(minutes=1)
    sender.send_due()
    sender.send_due()
    assert deliveries() == [("sms", "cancelled", "read"), ("sms", "sent", "")]
    tell("north", key="a third one", about="late")
    clock.go_on(hours=2)
    sender.send_due()
    assert (len(calls.asked), list(told_once())) == (2, [])


def test_what_its_gateway_says_it_took_goes_to_no_number_twice_and_on_to_the_next_when_nobody_reads_it(
    calls: Calls, post: Post, clock: Clock
) -> None:
    """The answer itself was lost: the sender was killed before it came."""
    by_sms_then_by_mail()
    tell("north")
    row_id = sender.next_due()
    assert row_id is not None
    assert outbox.claim("delivery", row_id)
    with transaction() as current:
        deliveries_of.receipt(current.get_one(Delivery, row_id).key, "delivered")
    clock.go_on(minutes=1)
    sender.send_due()
    assert (calls.asked, post.letters) == ([], [])
    assert deliveries() == [("sms", "delivered", ""), ("email", "waiting", "")]
    clock.at += reach.UNSEEN_AFTER
    sender.send_due()
    assert (len(calls.asked), len(post.letters)) == (0, 1)


class ReadMeanwhile(Clock):
    """A clock at whose nth look somebody reads the newest notice in Dozor, a millisecond later."""

    def __init__(self, clock: Clock, looks: int) -> None:
        super().__init__(clock.at)
        self.looks, self.looked, self.is_read = looks, 0, False

    def __call__(self) -> datetime:
        now = super().__call__()
        self.looked += 1
        if self.looked >= self.looks and not self.is_read and session().open is not None:
            self.is_read, self.at = True, now + timedelta(milliseconds=1)
            newest = select(func.max(Notification.id)).where(Notification.kind == "robot.control").scalar_subquery()
            read = update(Notification).where(Notification.id == newest, Notification.read_at.is_(None))
            session().connection().execute(read.values(read_at=self.at))
        return now


@pytest.mark.both_databases
def test_whenever_it_is_read_what_a_number_refuses_goes_on_unless_it_was_read_before(
    calls: Calls, post: Post, clock: Clock
) -> None:
    calls.refused = (PHONE,)
    by_sms_then_by_mail()
    for looks in range(1, 60):
        tell("north", key=f"n{looks}")
        meanwhile = ReadMeanwhile(clock, looks)
        with time_source.running_on(meanwhile):
            sender.send_due()
        clock.at = meanwhile.at + timedelta(minutes=10)
        failed = session().scalars(select(Delivery).where(Delivery.state == "failed")).all()
        assert [complaint for each in failed for complaint in went_on(each)] == []
        session().close()
        if not meanwhile.is_read:
            break
    assert len(post.letters) > 1, "read after it had gone on"
    assert len(failed) > len(post.letters), "read before"


@pytest.mark.both_databases
def test_an_hour_holds_six_and_the_rest_is_read_in_the_morning_once_although_killed(post: Post, clock: Clock) -> None:
    worlds.has_address("north", "email", ANNA, "urgent", "normal")
    for n in range(10):
        tell("north", "normal", key=f"n{n}")
        tell("north", "urgent", key=f"u{n}")
    sender.send_due()
    assert len(post.letters) == 6 + 10, "what is urgent counts against nobody's hour"
    clock.go_on(hours=23)  # Wednesday, 09:00
    row_id = sender.next_due()
    assert row_id is not None
    mine = outbox.claim("delivery", row_id)
    assert mine is not None
    with transaction():
        parcel = WORK["delivery"].prepare(mine)
    assert WORK["delivery"].send is not None
    WORK["delivery"].send(parcel)  # and it is killed before it can write down that the letter is taken
    session().close()
    tell("north", "normal", key="meanwhile")
    clock.go_on(seconds=60)
    sender.send_due()
    digests = [each for each in post.letters if "Your morning" in each["Subject"]]
    assert [each["Subject"] for each in digests] == ["Your morning digest: 4 items"] * 2
    assert len({each["Message-ID"] for each in digests}) == 1
    assert "and 1 more of the same kind" in body(digests[0], "plain")
    assert len(session().scalars(select(DigestLine)).all()) == 4


def test_the_morning_is_the_persons_own_and_an_empty_digest_is_not_sent(post: Post, clock: Clock) -> None:
    worlds.has_address("north", "email", ANNA, "digest")
    worlds.has_address("rep1", "email", "ivan@north.example", "digest")
    acts.away("north", date(2026, 11, 25), date(2026, 11, 27))  # until Friday
    tell("north", "normal")
    tell("rep1", "normal")
    with transaction():
        notifications.read_all(company.person("rep1"), company.acting("rep1"))
    clock.go_on(days=5, hours=22, minutes=59)  # Monday, 08:59
    sender.send_due()
    assert (post.letters, deliveries()) == ([], [("email", "waiting", ""), ("email", "cancelled", "read")])
    clock.go_on(minutes=1)
    sender.send_due()
    assert [each["To"] for each in post.letters] == [ANNA]
    clock.go_on(days=3)
    sender.send_due()
    assert len(post.letters) == 1


def test_a_digest_that_does_not_come_through_goes_to_the_next_address_whole(
    app: Flask, calls: Calls, clock: Clock
) -> None:
    post = Post()
    worlds.has_address("north", "sms", PHONE, "digest", position=1)
    worlds.has_address("north", "email", ANNA, "digest", position=2)
    calls.status, calls.answer = 422, "no such number"
    with worlds.mail_server(post) as port:
        worlds.reaches(app, email=f"smtp://127.0.0.1:{port}")
        tell("north", "normal", key="one")
        tell("north", "normal", key="two")
        clock.go_on(days=1)
        sender.send_due()
        assert [each["Subject"] for each in post.letters] == ["Your morning digest: 2 items"]
        assert deliveries() == [("sms", "failed", "gateway_said"), ("email", "sent", "")]


def test_quiet_hours_are_ones_own_wish_and_an_hour_may_hold_nothing(post: Post, clock: Clock) -> None:
    clock.go_on(hours=12)  # Tuesday, 22:00
    worlds.has_address("north", "email", ANNA, "normal")
    worlds.has_address("rep1", "email", "ivan@north.example", "normal")
    with transaction() as current:
        current.add(Telling(user_id=company.person("north"), has_quiet_hours=False, an_hour=1))
        current.add(Telling(user_id=company.person("rep1"), has_quiet_hours=False, an_hour=0))
    for name in ("north", "rep1"):
        tell(name, "normal", key="one")
        tell(name, "normal", key="two")
    sender.send_due()
    assert [each["To"] for each in post.letters] == [ANNA]
    clock.go_on(hours=11)
    sender.send_due()
    assert sorted(each["Subject"] for each in post.letters[1:]) == [
        "Your morning digest: 1 item", "Your morning digest: 2 items",
    ]  # fmt: skip
