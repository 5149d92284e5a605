"""Stories of work in three phases, over kinds that only tests know: a parcel that is sent, a listing that is long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from jobs import runner
from tests.faults.scene import Scene, Violation
from tests.jobs import parcels
from tests.jobs.parcels import Line, PostOffice, Receipt
from webapp.background import outbox
from webapp.db import session


@contextmanager
def _office(before_answer: Callable[[], None]) -> Iterator[PostOffice]:
    with parcels.known(), PostOffice().open() as office:
        office.before_answer = before_answer
        yield office


def nobody_waits_for_a_stranger(scene: Scene) -> None:
    """While the other side takes its time, the write lock is free."""
    url = parcels.address_of_database()
    with _office(lambda: parcels.nothing_is_open(url)) as office:
        runner.do("parcel", parcels.parcel(office.address))
    if office.failures or not office.keys:
        raise Violation(f"held while sending: {office.failures or 'and so it was not sent'}")


def who_lost_the_lease_while_sending_writes_nothing(scene: Scene) -> None:
    """The answer takes longer than the lease: another sends it again, and both come back."""

    def another_takes_it() -> None:
        office.before_answer = lambda: None
        scene.go_on(seconds=31)
        with scene.app.app_context():
            runner.do("parcel", row_id)

    with _office(another_takes_it) as office:
        row_id = parcels.parcel(office.address)
        runner.do("parcel", row_id)
    times = session().scalar(select(func.count()).select_from(Receipt))
    session().close()
    if (times, set(office.keys), office.failures) != (1, {"parcel-1"}, []):
        raise Violation(f"finished {times} times, sent by {office.keys}, {office.failures}")


def a_long_work_is_nobody_elses(scene: Scene) -> None:
    """Each part takes 20 seconds, all of them longer than a lease."""

    def slowly(point: str) -> None:
        scene.go_on(seconds=20)
        if point == "going on":
            with scene.app.app_context():
                stolen.append(outbox.claim("listing", row_id))

    stolen: list[outbox.Claim | None] = []
    with parcels.known(), parcels.watched(slowly):
        row_id = parcels.listing(4 * parcels.PART)
        runner.do("listing", row_id)
    lines = session().scalar(select(func.count()).select_from(Line))
    session().close()
    if any(stolen) or lines != 4 * parcels.PART:
        raise Violation(f"two workers at one long work: {stolen}, {lines} lines")


STORIES: dict[str, Callable[[Scene], None]] = {
    "sends_inside": nobody_waits_for_a_stranger,
    "finishes_without_fence": who_lost_the_lease_while_sending_writes_nothing,
    "more_without_renewal": a_long_work_is_nobody_elses,
}
