"""What can happen in a story, each through the services, so that journal, timers and notifications are right by
construction. A verb runs in an open transaction, at the instant that the clock tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from rules.setup import Stage
from webapp import clock
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.models import Contact, Conversation, Deal, Invoice, Task
from webapp.seeds import lines
from webapp.seeds.stories import Story
from webapp.services import contacts, conversations, deals, inquiries, invoices, tasks
from webapp.snapshots.setups import current

CHANNELS = ("form", "chat", "email")
FIRST_INVOICE = 1031
PAY_WITHIN = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Scene:
    """A story on stage: its number `n`, the language, and the ids of the people by key."""

    n: int
    story: Story
    locale: str
    people: dict[str, int]

    @property
    def rep(self) -> Actor:
        return Actor(self.people[self.story.rep], via="page")

    @property
    def channel(self) -> str:
        return CHANNELS[self.n % len(CHANNELS)]

    @property
    def phone(self) -> str:
        return f"+7900555{self.n:04}"

    def deal(self) -> Deal:
        """The story's deal, locked."""
        found = select(Deal).join(Contact, Contact.id == Deal.contact_id).where(Contact.phone == self.phone)
        return session().scalars(found.with_for_update(of=Deal)).one()

    def stage(self, key: str) -> Stage:
        setup = current()
        found = setup.stage_of(self.deal().pipeline_id, key)
        assert found is not None
        return found

    def task(self) -> Task:
        return session().scalars(select(Task).where(Task.deal_id == self.deal().id)).one()


def meet(scene: Scene) -> None:
    """The client is known before the story begins."""
    story, company = scene.story, scene.story.company
    contacts.create(
        {"name": story.client[scene.locale], "phone": scene.phone, "email": f"client{scene.n}@example.com"},
        Actor(scene.people["admin"], via="page"),
        own={"vip": True} if story.is_vip else {},
        company=company[scene.locale] if company else None,
        responsible_id=scene.people[story.rep],
    )


def asks(scene: Scene) -> None:
    title, by = scene.story.title[scene.locale], Actor(via="form")
    text = lines.turn(lines.OPENINGS, scene.n, scene.locale).replace("{title}", title)
    deal, _, _ = inquiries.receive(scene.channel, {"name": "?", "phone": scene.phone}, text, by)
    deals.edit(deal, {"title": title, "amount_minor": scene.story.amount * 100}, by=by)


def writes(scene: Scene) -> None:
    text = lines.turn(lines.MORE, scene.n, scene.locale)
    inquiries.receive(scene.channel, {"name": "?", "phone": scene.phone}, text, Actor(via="form"))


def answers(scene: Scene) -> None:
    found = select(Conversation).where(Conversation.deal_id == scene.deal().id)
    conversations.reply(session().scalars(found).one(), lines.turn(lines.ANSWERS, scene.n, scene.locale), scene.rep)


def learns(scene: Scene) -> None:
    deals.edit(scene.deal(), {"fields": {"equipment_type": scene.story.kind}}, by=scene.rep)


def processing(scene: Scene) -> None:
    raw = {"deal": {"equipment_type": scene.story.kind}}
    deals.move(scene.deal(), scene.stage("processing"), by=scene.rep, raw=raw)


def payment(scene: Scene) -> None:
    number = FIRST_INVOICE + (session().scalar(select(func.count(Invoice.id))) or 0)
    due_on = (clock.now() + PAY_WITHIN).date()
    invoices.issue(scene.deal(), str(number), scene.story.amount * 100, scene.rep, due_on=due_on)
    agrees(scene)


def agrees(scene: Scene) -> None:
    """To Payment without an invoice yet."""
    deals.move(scene.deal(), scene.stage("payment"), by=scene.rep)


def pays(scene: Scene, share: int = 1) -> None:
    deal = scene.deal()
    invoice = session().scalars(select(Invoice).where(Invoice.deal_id == deal.id)).one()
    invoices.pay(invoice, deal, invoice.amount_minor // share, scene.rep)


def pays_half(scene: Scene) -> None:
    pays(scene, share=2)


def loses(scene: Scene) -> None:
    raw = {"deal": {"lost_reason": lines.turn(lines.LOST_REASON, scene.n, scene.locale)}}
    deals.move(scene.deal(), scene.stage("lost"), by=scene.rep, raw=raw)


def takes(scene: Scene) -> None:
    tasks.start(scene.task(), scene.rep)


def reports(scene: Scene) -> None:
    tasks.submit(scene.task(), lines.RESULT[scene.locale], scene.rep)


def accepts(scene: Scene) -> None:
    task = scene.task()
    tasks.accept(task, Actor(task.acceptor_id, via="page"))


def returns(scene: Scene) -> None:
    task = scene.task()
    tasks.send_back(task, lines.RETURN_REASON[scene.locale], Actor(task.acceptor_id, via="page"))


VERBS: dict[str, Callable[[Scene], None]] = {
    each.__name__: each
    for each in (
        asks,
        writes,
        answers,
        learns,
        processing,
        payment,
        agrees,
        pays,
        pays_half,
        loses,
        takes,
        reports,
        accepts,
        returns,
    )
}
