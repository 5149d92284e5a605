"""One door per record. A record that a person may not see is as good as absent: 404.

A door is called inside the transaction, after the lock, so that rights are those of the write itself.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from rules import rights
from webapp.access import clients, items
from webapp.access.viewer import Viewer, viewer
from webapp.db import advisory_lock, execute_core, get_core, lock_core, session
from webapp.errors import NotFound, Refused
from webapp.models import (
    Company,
    Contact,
    Conversation,
    Deal,
    ImportantItem,
    ImportantPlace,
    Invoice,
    Notification,
    Task,
)
from webapp.snapshots import setups
from webapp.snapshots import tasks as snapshots


def deal_for(deal_id: int, *, write: bool = False, for_update: bool = False) -> Deal:
    """A deal that the viewer may read (`write`: also change). Raises NotFound, or Refused("not_yours")."""
    deal = _locked(deal_id) if for_update else session().get(Deal, deal_id)
    if deal is None or deal.deleted_at is not None or not may_read_deal(deal):
        raise NotFound("deal")
    if write and not viewer().scope.may_write(deal.responsible_id, deal.department_id):
        raise Refused("not_yours")
    return deal


def _locked(deal_id: int) -> Deal | None:
    """And with it, unless that is known, which set-up holds from now on."""
    if setups.is_at_hand():
        return get_core(Deal, deal_id, for_update=True)
    deal, version = lock_core(Deal, deal_id, setups.ASKED)
    setups.of_version(version.scalar())
    return deal


# Whose it is, of a deal that nobody writes to.
_OF_DEAL = select(Deal.responsible_id, Deal.department_id, Deal.deleted_at).where(Deal.id == bindparam("deal"))


def neighbour_for(deal_id: int | None) -> int | None:
    """A card beside which another is put. One that the viewer may not see is not there (NotFound); one just deleted is
    not minded."""
    if deal_id is None:
        return None
    found = execute_core(_OF_DEAL, deal=deal_id).first()
    if found is None or not viewer().scope.may_read(found.responsible_id, found.department_id):
        raise NotFound("deal")
    return None if found.deleted_at is not None else deal_id


def may_read_deal(deal: Deal) -> bool:
    """Whether the viewer may read this deal, as far as it is there."""
    return viewer().scope.may_read(deal.responsible_id, deal.department_id)


def deleted_deal_for(deal_id: int) -> Deal:
    """A deleted deal, locked, for an admin to bring back. Raises NotFound for anybody else."""
    deal = session().get(Deal, deal_id, with_for_update=True)
    if deal is None or deal.deleted_at is None or not viewer().scope.is_admin:
        raise NotFound("deal")
    return deal


def conversation_for(conversation_id: int, *, write: bool = False) -> tuple[Conversation, Deal]:
    """A conversation by its deal's rights; with `write` the deal is locked first, then the conversation read afresh."""
    deal_id = session().scalar(select(Conversation.deal_id).where(Conversation.id == conversation_id))
    if deal_id is None:
        raise NotFound("conversation")
    deal = deal_for(deal_id, write=write, for_update=write)
    return session().get_one(Conversation, conversation_id), deal


def invoice_for(invoice_id: int, *, write: bool = False) -> tuple[Invoice, Deal]:
    """An invoice by its deal's rights; with `write` the deal is locked first, then the invoice read afresh."""
    deal_id = session().scalar(select(Invoice.deal_id).where(Invoice.id == invoice_id))
    if deal_id is None:
        raise NotFound("invoice")
    deal = deal_for(deal_id, write=write, for_update=write)
    return session().get_one(Invoice, invoice_id), deal


def contact_for(contact_id: int, *, write: bool = False) -> Contact:
    """Any employee reads a contact. With `write` its deals are locked first, then the contact (lock order)."""
    if write:
        theirs = select(Deal.id).where(Deal.contact_id == contact_id, Deal.deleted_at.is_(None)).order_by(Deal.id)
        session().execute(theirs.with_for_update()).all()
    contact = session().get(Contact, contact_id, with_for_update={"key_share": True} if write else None)
    if contact is None:
        raise NotFound("contact")
    if write:
        _check_stays(contact)
    if write and not may_write_contact(contact):
        raise Refused("another_client", who=clients.named_keepers(contact))
    return contact


def contacts_to_merge(goes_id: int, into_id: int, *, for_update: bool = False) -> tuple[Contact, Contact]:
    """Two contacts of which the viewer may make one. With `for_update` nobody writes to either meanwhile: inquiries of
    both wait, then their deals are locked, then both. Raises NotFound, or Refused("merged") when somebody was
    quicker."""
    ids = sorted({goes_id, into_id})
    if for_update:
        advisory_lock(*(f"contact {each}" for each in ids))
        session().execute(select(Deal.id).where(Deal.contact_id.in_(ids)).order_by(Deal.id).with_for_update()).all()
    wanted = select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id)
    locked = wanted.with_for_update().execution_options(populate_existing=True)
    found = {each.id: each for each in session().scalars(locked if for_update else wanted)}
    if len(found) < len(ids):
        raise NotFound("contact")
    goes, into = found[goes_id], found[into_id]
    for each in (goes, into):
        _check_stays(each)
    if not clients.may_merge(viewer().scope, goes, into):
        raise NotFound("contact")
    return goes, into


def _check_stays(contact: Contact) -> None:
    if contact.merged_into_id is not None:
        into = session().get_one(Contact, contact.merged_into_id)
        raise Refused("merged", record=("contact", contact.id), name=into.name, id=into.id)


def company_for(company_id: int, *, write: bool = False) -> Company:
    """Any employee reads a company. With `write` the deals of its people are locked first (lock order). Raises
    NotFound, or Refused("another_company")."""
    if write:
        people = select(Contact.id).where(Contact.company_id == company_id)
        theirs = select(Deal.id).where(Deal.contact_id.in_(people), Deal.deleted_at.is_(None)).order_by(Deal.id)
        session().execute(theirs.with_for_update()).all()
    company = session().get(Company, company_id, with_for_update=True if write else None)
    if company is None:
        raise NotFound("company")
    if write and not clients.may_write_company(viewer().scope, company_id):
        raise Refused("another_company")
    return company


def may_write_contact(contact: Contact) -> bool:
    """Whether the viewer may change this contact."""
    return clients.may_write(viewer().scope, contact)


def task_for(task_id: int, *, for_update: bool = False) -> Task:
    """A task that the viewer may see. With `for_update` the deal is locked first, then the task (lock order)."""
    deal_id = session().scalar(select(Task.deal_id).where(Task.id == task_id))
    if for_update and deal_id is not None:
        session().get(Deal, deal_id, with_for_update=True)
    task = session().get(Task, task_id, with_for_update=True if for_update else None)
    if task is None or not may_see_task(task):
        raise NotFound("task")
    return task


def may_see_task(task: Task) -> bool:
    """Whether the viewer has to do with this task."""
    return rights.may_see_task(viewer().scope, *snapshots.snapshot_of(task))


def item_for(item_id: int, *, for_update: bool = False) -> ImportantItem:
    """An item of what matters now: of those in whose list it stands and who see what it is about, and of whoever
    is asked to explain it. With `for_update` its deal or task is locked first (lock order). With its deal it is gone
    for everybody."""
    found = session().get(ImportantItem, item_id)
    if found is None:
        raise NotFound("item")
    lock = True if for_update else None
    deal = session().get(Deal, found.deal_id, with_for_update=lock) if found.deal_id is not None else None
    if for_update and deal is None and found.task_id is not None:
        session().get(Task, found.task_id, with_for_update=True)
    item = session().get_one(ImportantItem, item_id, with_for_update=lock, populate_existing=for_update)
    told = select(ImportantPlace.id).where(ImportantPlace.item_id == item_id, ImportantPlace.user_id == viewer().id)
    is_asked = item.about_id == viewer().id and item.question is not None
    if deal is not None and deal.deleted_at is not None:
        raise NotFound("item")
    if not is_asked and not (session().scalar(told) and items.opens_to(item, viewer().scope)):
        raise NotFound("item")
    return item


def notification_for(notification_id: int) -> Notification:
    """Only one's own."""
    notification = session().get(Notification, notification_id)
    if notification is None or notification.user_id != viewer().id:
        raise NotFound("notification")
    return notification


def require_admin() -> Viewer:
    """The viewer, if an admin; to others the set-up does not exist."""
    who = viewer()
    if not who.scope.is_admin:
        raise NotFound("set-up")
    return who


def may_read_now(deal_id: int) -> bool:
    """Whether the viewer may read this deal, by whose it is in the open transaction."""
    found = execute_core(_OF_DEAL, deal=deal_id).one()
    return viewer().scope.may_read(found.responsible_id, found.department_id)
