"""What goes out and who calls, in any order, with a world that takes, refuses or hangs and a child that is killed: a
machine that Hypothesis drives. What must hold is counted anew, from the rows and from what the world says it has got.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import ColumnElement, func, select

from jobs import runner, sender
from jobs.registry import WORK, JobKind
from rules.reach import Answer
from tests import company
from tests.faults.scene import Scene, Violation
from tests.services import acts
from webapp import clock
from webapp.background import outbox, sender_process
from webapp.background.outbox import Claim
from webapp.channels import outward
from webapp.db import session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import (
    Address,
    CallLeg,
    Conversation,
    Delivery,
    Gateway,
    JournalEntry,
    Message,
    Notification,
    PhoneCall,
    User,
)
from webapp.services import calls, deliveries, delivery_plans, notifications
from webapp.services.calls import Said

PEOPLE = ("north", "rep1")
WAYS = ("email", "sms")
WENT = ("sent", "delivered")
MOODS = ("takes", "takes", "later", "refuses")
DAY = timedelta(days=1)


class World:
    """Everybody outside. `got`: how often each word arrived, by the key that came with it."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()
        self.moods = dict.fromkeys(WAYS, "takes")

    def take(self, parcel: Any, allowed: Any = ()) -> Answer:
        mood = self.moods[parcel.gateway.kind]
        if mood == "takes":
            self.got[parcel.key] += 1
            return Answer("sent")
        return Answer("later" if mood == "later" else "refused", {"code": "gateway_said", "text": mood})


class Taker(Protocol):
    """Whoever knows how often each word was taken, by its key."""

    @property
    def got(self) -> Counter[str]: ...


def told_once() -> Iterator[str]:
    """I16: of what is told to one address there is one row, sent again by an admin's hand only."""
    rows = select(Delivery.notification_id, Delivery.channel, Delivery.address).where(
        Delivery.notification_id.is_not(None), Delivery.key.not_like("%~%")
    )
    each = (Delivery.notification_id, Delivery.channel, Delivery.address)
    doubled = session().execute(rows.group_by(*each).having(func.count() > 1))
    yield from (f"notification {row[0]} goes to {row[2]} twice" for row in doubled)


def ways_are_walked(world: Taker) -> Iterator[str]:
    """I16: what is said to be sent was taken; what was taken has its row; what failed went on to the next address, and
    an admin knows."""
    rows, got = session().scalars(select(Delivery).order_by(Delivery.id)).all(), world.got
    keys = {each.key for each in rows}
    yield from (f"{each} was taken, and has no row" for each in got if each not in keys)
    about = select(JournalEntry.entity_id).where(JournalEntry.entity == "delivery")
    told = Counter(session().scalars(about))
    for each in rows:
        if (each.state in WENT) != (each.sent_at is not None):
            yield f"delivery {each.id} is {each.state}, sent {each.sent_at}"
        if each.state in WENT and not got[each.key]:
            yield f"delivery {each.id} is {each.state}, and nobody has got it"
        if (each.state == "waiting") == (each.ended_at is not None):
            yield f"delivery {each.id} is {each.state}, ended {each.ended_at}"
        is_told = each.state != "waiting" and each.reason.get("code") != "read"
        if each.deal_id is not None and told[each.id] != is_told:
            yield f"delivery {each.id} is {each.state}, its deal was told {told[each.id]} times"
        yield from went_on(each) if each.state == "failed" else ()


def went_on(row: Delivery) -> Iterator[str]:
    """What failed was tried elsewhere, unless it was read before, and an admin knows."""
    if row.notification_id is None or row.ended_at is None:
        return
    notice = session().get_one(Notification, row.notification_id)
    wanted = select(Address).where(Address.user_id == row.user_id, Address.confirmed_at.is_not(None))
    others = [each for each in session().scalars(wanted) if (each.kind, each.address) != (row.channel, row.address)]
    went = set(session().scalars(select(Delivery.channel).where(*_of_its_kind(notice), Delivery.id != row.id)))
    was_read = notice.read_at is not None and notice.read_at <= row.ended_at
    if not was_read and others and not {each.kind for each in others} & went:
        yield f"delivery {row.id} failed, and no other address was tried"
    about = select(Notification.id).where(
        Notification.kind == "undelivered", Notification.created_at > clock.now() - DAY
    )
    is_of_today = clock.now() - row.ended_at < timedelta(hours=8)
    if notice.kind != "undelivered" and is_of_today and session().scalar(about.limit(1)) is None:
        yield f"delivery {row.id} failed, and no admin knows"


def _of_its_kind(notice: Notification) -> tuple[ColumnElement[bool], ...]:
    """What says this too: repeats of one cause go out together."""
    if notice.about is None:
        return (Delivery.notification_id == notice.id,)
    repeats = select(Notification.id).where(Notification.user_id == notice.user_id, Notification.about == notice.about)
    return (Delivery.notification_id.in_(repeats),)


def whoever_is_told_is_reached() -> Iterator[str]:
    """I1: what is urgent has a delivery, unless it was read; a repeat has one that says it too, which was still to go
    when it was told."""
    reached = select(Address.user_id)
    told = select(Notification).where(Notification.kind == "note.mentioned", Notification.user_id.in_(reached))
    for each in session().scalars(told):
        in_time = Delivery.ended_at.is_(None) | (Delivery.ended_at >= each.created_at)
        if session().scalar(select(Delivery.id).where(*_of_its_kind(each), in_time).limit(1)) is None:
            yield f"notification {each.id} went nowhere"


def calls_end_once() -> Iterator[str]:
    """I2 and I3: a call that is over was answered or missed; of a missed one the client waits, once, and of another
    not. No phone rings twice in a round, whatever the provider says twice."""
    missed: Counter[int] = Counter()
    late_taken: Counter[int] = Counter()
    for each in session().scalars(select(PhoneCall)):
        wanted = "waiting" if each.ended_at is None else "answered" if each.answered_at else "missed"
        if each.state != wanted:
            yield f"call {each.id} is {each.state}, it should be {wanted}"
        if each.state == "missed":
            missed[each.deal_id or 0] += 1
        # Of who was said to have taken it only after its end, a client's word of a missed call may stand there already.
        late = select(CallLeg.id).where(CallLeg.call_id == each.id, CallLeg.answered_at == CallLeg.ended_at)
        if each.state == "answered" and session().scalar(late.limit(1)) is not None:
            late_taken[each.deal_id or 0] += 1
        open_legs = select(func.count(CallLeg.id)).where(CallLeg.call_id == each.id, CallLeg.ended_at.is_(None))
        if each.state == "missed" and session().scalar(open_legs):
            yield f"call {each.id} was missed, and a phone still rings"
    said = select(Conversation.deal_id, func.count()).join(Message, Message.conversation_id == Conversation.id)
    said = said.where(Message.kind == "call", Message.direction == "in").group_by(Conversation.deal_id)
    found = {deal_id: int(count) for deal_id, count in session().execute(said)}
    yield from (
        f"deal {each}: {missed[each]} calls missed, {found.get(each, 0)} wait for an answer"
        for each in missed.keys() | found.keys()
        if not missed[each] <= found.get(each, 0) <= missed[each] + late_taken[each]
    )
    rung = select(CallLeg.call_id, CallLeg.round, CallLeg.user_id).group_by(
        CallLeg.call_id, CallLeg.round, CallLeg.user_id
    )
    yield from (f"phone {tuple(each)} rang twice" for each in session().execute(rung.having(func.count() > 1)))


def check(world: World) -> None:
    """Raises Violation naming what does not hold now."""
    session().close()
    wrong = [*ways_are_walked(world), *told_once(), *whoever_is_told_is_reached(), *calls_end_once()]
    session().close()
    if wrong:
        raise Violation("\n".join(wrong))


class Posts(RuleBasedStateMachine):
    """The head and a rep of North are reached by mail, then by SMS; one client has a deal."""

    def __init__(self, scene: Scene, world: World) -> None:
        super().__init__()
        self.scene, self.world, self.count = scene, world, itertools.count(1)
        scene.begin()
        world.__init__()  # type: ignore[misc]
        self.asleep: list[tuple[Claim, Any]] = []
        self.calls: list[tuple[str, int]] = []
        self.deal = acts.inquiry()
        with transaction() as current:
            for kind in WAYS:
                current.add(Gateway(kind=kind, url=f"{kind}://nowhere", sender="firm@example.org", to_clients=False))
            for name in PEOPLE:
                current.get_one(User, company.person(name)).phone = "+74952000001"
                for n, kind in enumerate(WAYS):
                    where = {"address": f"{kind} of {name}", "position": n, "confirmed_at": clock.now()}
                    current.add(Address(user_id=company.person(name), kind=kind, wanted_for=["urgent"], **where))

    @rule(who=st.sampled_from(PEOPLE), about=st.sampled_from((None, "late", "late")))
    def somebody_is_told(self, who: str, about: str | None = None) -> None:
        with transaction():
            notifications.tell(
                [company.person(who)],
                "note.mentioned",
                key=f"told-{next(self.count)}",
                facts={},
                urgency="urgent",
                deal_id=self.deal,
                about=about,
            )

    @rule(way=st.sampled_from(WAYS), mood=st.sampled_from(MOODS))
    def the_world_changes(self, way: str, mood: str) -> None:
        self.world.moods[way] = mood

    @rule()
    def the_child_sends(self) -> None:
        sender.send_due()

    @rule(has_sent=st.booleans())
    def a_child_falls_asleep_at_work(self, has_sent: bool) -> None:
        row_id = sender.next_due()
        mine = outbox.claim("delivery", row_id) if row_id is not None else None
        if mine is None:
            return
        with suppress(outbox.LeaseLost), transaction():
            parcel = WORK["delivery"].prepare(mine)
        if parcel is not None and has_sent:
            self.asleep.append((mine, self.world.take(parcel)))

    @rule()
    def it_wakes_and_writes_down_what_the_world_said(self) -> None:
        if self.asleep:
            mine, answer = self.asleep.pop(0)
            with suppress(outbox.LeaseLost), transaction():
                WORK["delivery"].finish(mine, answer)

    @rule(nth=st.integers(0, 3))
    def one_is_read(self, nth: int) -> None:
        unread = select(Notification).where(Notification.read_at.is_(None)).order_by(Notification.id)
        rows = session().scalars(unread.limit(4)).all()
        if rows:
            with transaction():
                found = session().get_one(Notification, rows[nth % len(rows)].id)
                notifications.read(found, company.acting("north"))

    @rule()
    def an_admin_sends_again(self) -> None:
        failed = session().scalar(select(Delivery.id).where(Delivery.state == "failed").limit(1))
        session().close()
        if failed is not None:
            with suppress(Refused), transaction():
                deliveries.retry(failed)

    @rule(seconds=st.sampled_from((6, 16, 31, 61, 301, 3601)))
    def time_goes_on(self, seconds: int) -> None:
        self.scene.go_on(seconds=seconds)
        runner.drain()

    @rule(known=st.booleans())
    def a_client_calls(self, known: bool) -> None:
        sid = f"CA{next(self.count)}"
        with transaction():
            answer = calls.came_in(sid, acts.PHONE if known else f"+7916111{next(self.count):04}", "")
        self.calls.append((sid, answer.call_id))

    @rule(nth=st.integers(0, 3), word=st.sampled_from(("ringing", "in-progress", "no-answer", "completed")))
    def the_provider_says_something_perhaps_twice(self, nth: int, word: str) -> None:
        if not self.calls:
            return
        sid, call_id = self.calls[nth % len(self.calls)]
        legs = list(session().scalars(select(CallLeg.id).where(CallLeg.call_id == call_id).order_by(CallLeg.id)))
        session().close()
        for _ in range(2):
            with suppress(NotFound), transaction():
                calls.said_of_leg(legs[-1], sid, Said(word)) if legs else calls.call_said(sid, Said("completed"))

    @rule(nth=st.integers(0, 3), number=st.integers(0, 2), is_whole=st.booleans())
    def a_round_or_the_call_is_over(self, nth: int, number: int, is_whole: bool) -> None:
        if not self.calls:
            return
        sid, _ = self.calls[nth % len(self.calls)]
        for _ in range(2):
            with suppress(NotFound), transaction():
                if is_whole:
                    calls.call_said(sid, Said("completed"))
                else:
                    calls.round_ended(sid, number, Said("no-answer"))

    @invariant()
    def nothing_is_wrong(self) -> None:
        check(self.world)

    def teardown(self) -> None:
        """Once the world takes what it is given, nothing is left lying."""
        self.world.moods = dict.fromkeys(WAYS, "takes")
        for _ in range(4):
            self.scene.go_on(hours=5)
            runner.drain()
            sender.send_due(500)
            check(self.world)
        waits = select(func.count(Delivery.id)).where(Delivery.state == "waiting", Delivery.due_at <= clock.now())
        if left := session().scalar(waits):
            raise Violation(f"I7: {left} words were never sent")
        if session().scalar(select(func.count(PhoneCall.id)).where(PhoneCall.state == "waiting")):
            raise Violation("I2: a call never ended")


def a_late_child(day: Posts) -> None:
    """It has sent, slept through its lease, and wakes when another has done all of it."""
    day.somebody_is_told("north")
    day.a_child_falls_asleep_at_work(has_sent=True)
    day.time_goes_on(61)
    day.the_child_sends()
    day.it_wakes_and_writes_down_what_the_world_said()


def a_child_that_dies(day: Posts) -> None:
    """Before it has said a word; another takes it over when its lease is over."""
    day.somebody_is_told("north")
    day.a_child_falls_asleep_at_work(has_sent=False)
    day.time_goes_on(61)
    day.the_child_sends()


def a_bad_address(day: Posts) -> None:
    """Mail is refused for good: SMS takes it."""
    day.the_world_changes("email", "refuses")
    day.somebody_is_told("north")
    day.the_child_sends()


def a_day_without_mail(day: Posts) -> None:
    """It comes back in the end."""
    day.the_world_changes("email", "later")
    day.somebody_is_told("rep1")
    day.the_child_sends()


def a_call_that_nobody_takes(day: Posts) -> None:
    """All is said twice: the first round is over, then the caller is gone."""
    day.a_client_calls(known=True)
    day.a_round_or_the_call_is_over(0, 0, is_whole=False)
    day.a_round_or_the_call_is_over(0, 0, is_whole=True)


@contextmanager
def outside(world: World) -> Iterator[None]:
    """This world takes what is sent; the child is this process."""
    with patch.object(outward, "send", world.take), patch.object(sender_process, "wake", lambda: False):
        yield


@contextmanager
def no_fence() -> Iterator[None]:
    """A child that slept through its lease writes down what the world told it."""

    def held(mine: Claim) -> Delivery:
        return session().get_one(Delivery, mine.row_id, populate_existing=True)

    def ended(mine: Claim, state: str, **columns: Any) -> bool:
        row = session().get_one(outbox.WORK_MODELS[mine.kind], mine.row_id)
        row.state, row.ended_at = state, clock.now()
        for name, value in columns.items():
            setattr(row, name, value)
        session().flush()
        return True

    with patch.object(deliveries, "_held", held), patch.multiple(outbox, finish=ended, end=ended):
        yield


@contextmanager
def whatever_it_says_is_sent() -> Iterator[None]:
    """Nobody looks at the answer."""
    finish = WORK["delivery"].finish

    def careless(mine: Claim, answer: Answer) -> Any:
        return finish(mine, Answer("sent"))

    with patch.dict(WORK, delivery=_with(finish=careless)):
        yield


def _with(**changed: Any) -> JobKind:
    return replace(WORK["delivery"], **changed)


@contextmanager
def written_down_first() -> Iterator[None]:
    """It is said to be sent before it goes."""
    prepare = WORK["delivery"].prepare

    def early(mine: Claim) -> Any:
        parcel = prepare(mine)
        if parcel is not None:
            WORK["delivery"].finish(mine, Answer("sent"))
        return parcel

    with patch.dict(WORK, delivery=_with(prepare=early)):
        yield


@contextmanager
def by_two_rows() -> Iterator[None]:
    """Nothing keeps a word from being planned again."""
    add, n = delivery_plans.add, itertools.count()

    def again(key: str, *what: Any, **more: Any) -> Delivery:
        add(f"{key}-{next(n)}", *what, **more)
        return add(key, *what, **more)

    with patch.object(delivery_plans, "add", again):
        yield


@contextmanager
def no_next_address() -> Iterator[None]:
    """What failed stays failed."""
    with patch.object(delivery_plans, "plan_next", lambda notice, due: False):
        yield


@contextmanager
def no_admin_is_told() -> Iterator[None]:
    with patch.object(deliveries, "_tell_admins", lambda row, reason: None):
        yield


@contextmanager
def put_off_for_ever() -> Iterator[None]:
    """What was not taken is never tried again."""

    def put_off(mine: Claim, until: Any, **columns: Any) -> None:
        outbox._change(mine, visible_at=clock.now() + timedelta(days=400), claimed_at=None, **columns)

    with patch.object(outbox, "put_off", put_off):
        yield


@contextmanager
def another_key_each_time() -> Iterator[None]:
    """The other side cannot know a repeat."""
    prepare, n = WORK["delivery"].prepare, itertools.count()

    def renamed(mine: Claim) -> Any:
        parcel = prepare(mine)
        return parcel and replace(parcel, key=f"{parcel.key}-{next(n)}")

    with patch.dict(WORK, delivery=_with(prepare=renamed)):
        yield


@contextmanager
def missed_and_forgotten() -> Iterator[None]:
    """A call that nobody took leaves nothing."""
    with patch.object(calls, "_miss", lambda call: None):
        yield


@contextmanager
def answered_again() -> Iterator[None]:
    """An event of a call that is said again is acted on again."""

    def always(call: PhoneCall, event: str, act: Callable[[], calls.Answer]) -> calls.Answer:
        return act()

    with patch.object(calls, "_once", always):
        yield


VARIANTS: dict[Callable[[], AbstractContextManager[None]], Callable[[Posts], None]] = {
    no_fence: a_late_child,
    another_key_each_time: a_late_child,
    written_down_first: a_child_that_dies,
    by_two_rows: a_child_that_dies,
    whatever_it_says_is_sent: a_bad_address,
    no_next_address: a_bad_address,
    no_admin_is_told: a_bad_address,
    put_off_for_ever: a_day_without_mail,
    missed_and_forgotten: a_call_that_nobody_takes,
    answered_again: a_call_that_nobody_takes,
}
