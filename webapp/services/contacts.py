"""Contacts: found by what identifies them, made, edited through the same gate as their deals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, or_, select

from rules import emails
from rules.errors import FieldError
from rules.facts import Raw, Value
from rules.readers import PHONE_MARKS
from rules.texts import line
from webapp import clock, phones
from webapp.access import clients
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import add_core, advisory_lock, emit, folding, session
from webapp.errors import Problems, Refused, invalid
from webapp.models import Company, Contact, Conversation, Deal
from webapp.services import companies, contact_ways, gate, journal, texts, values
from webapp.services.companies import CompanyEdit
from webapp.services.events import DealChanged
from webapp.services.identities import IDENTITY, NOBODY, find
from webapp.snapshots import contact_ways as ways_kept
from webapp.snapshots import setups
from webapp.snapshots.deals import snapshot_of

COLUMNS = ("name", "phone", "email", "external_id")
Columns = dict[str, str | None]
NAME_LIMIT = 200


def fill(contact: Contact, raw: Raw, by: Actor) -> list[str]:
    """Fill the blanks of a known contact with what they left, and name whom a number or an address stood for; nothing
    is overwritten. A second phone or e-mail is kept
    as a further one when an employee or another system of the firm tells it: a form is open to everybody, who could
    so take another's address for their own. Returns what else they left: it differs from what is kept, or is known to
    be another's, or is told by an employee whose client this is not."""
    given = dict(zip(IDENTITY, identity(clean({key: raw[key] for key in IDENTITY if raw.get(key)})), strict=True))
    has = {**contact_ways.every(contact), "external_id": [each for each in (contact.external_id,) if each]}
    news = {key: value for key, value in given.items() if value and not _is_among(has[key], key, value)}
    is_told_by_a_stranger = by.scope is not None and not clients.may_write(by.scope, contact)
    unknown = [key for key in news if not is_told_by_a_stranger and _is_nobody_elses(contact, key, news[key])]
    blanks = [key for key in unknown if _is_blank(contact, key, news[key])]
    named = [] if is_told_by_a_stranger or not _is_first_name(contact, raw, given, has) else ["name"]
    if blanks or named:
        edit(contact, {key: raw[key] for key in (*named, *blanks)}, by)
    for key in unknown if by.scope is not None else ():
        if key not in (*blanks, "external_id"):
            contact_ways.learn(contact, key, news[key], by)
    return [spoken(value) if key == "phone" else value for key, value in news.items() if key not in blanks]


def _is_first_name(contact: Contact, raw: Raw, given: Columns, has: Mapping[str, Sequence[str]]) -> bool:
    """Whether somebody who was known by a number, an address or an id alone, as a missed call leaves it, says a name
    now."""
    name = raw.get("name")
    known_by = (way for ways in (given.values(), *has.values()) for way in ways if way)
    stand_ins = {each for way in known_by for each in (way, spoken(way))}
    return contact.name in stand_ins and isinstance(name, str) and bool(name) and name not in stand_ins


def _is_among(own: Sequence[str], key: str, value: str) -> bool:
    """Nothing is to be learnt of it; neither by a number without an extension that they have with one."""
    return value in own or (key == "phone" and value in (phones.split(each)[0] for each in own))


def _is_nobody_elses(contact: Contact, key: str, value: str) -> bool:
    found = find(**{**NOBODY, key: value})
    return found is None or (key == "phone" and found is contact)


def _is_blank(contact: Contact, key: str, value: str) -> bool:
    """Of a number that they have, the extension may be."""
    if key == "phone" and contact.phone and not contact.phone_extension:
        return contact.phone == phones.split(value)[0]
    return getattr(contact, key) is None


def spoken(phone: str) -> str:
    """In the firm's language: it is kept as words."""
    number, extension = phones.split(phone)
    return f"{number} {phones.BESIDE_A_NUMBER[setups.current().firm.locale]} {extension}" if extension else number


def check_may_write(contact: Contact, by: Actor) -> None:
    """Raises Refused naming who may change this contact, when `by` may not."""
    if by.scope is not None and not clients.may_write(by.scope, contact):
        raise Refused("another_client", who=clients.named_keepers(contact))


def check_unknown(raw: Raw, own: Contact | None, *, is_sure: bool, beside: str = "") -> None:
    """Two people may share a phone, but rarely do. Raises Refused naming who has this phone or e-mail already, unless
    the person is sure; what their `own` contact has is not asked about again. `beside`: the control that it is said
    beside. An id of another system nobody shares: who writes it down asks (`_check_id`)."""
    if is_sure:
        return
    asked = clean({key: raw[key] for key in IDENTITY if raw.get(key)})
    further: ways_kept.Ways = {**{key: [] for key in ways_kept.KINDS}, **contact_ways.read(raw)}
    _, phone, email = identity(asked)
    if own is None:
        wait_for_others(*identity(asked), *further["more_phones"], *further["more_emails"])
    for kind, main in (("phone", phone), ("email", email)):
        has = contact_ways.all_of(own, kind) if own is not None else []
        for each in dict.fromkeys(filter(None, (main, *further[f"more_{kind}s"]))):
            found = find(**{**NOBODY, kind: each}) if each not in has else None
            if found is None or found is own or (_is_near(each, has) and each not in contact_ways.all_of(found, kind)):
                continue
            facts: dict[str, Any] = {"name": found.name, "id": found.id}
            raise Refused(
                "known_contact", problems={beside: {"code": "known_contact", **facts}} if beside else {}, **facts
            )


def wait_for_others(*identifying: str | None) -> None:
    """Whoever makes or finds a client by one of these at once waits until this transaction has ended, and sees then
    whom it has made. All at once, so that nobody waits in a circle."""
    advisory_lock(*(f"client {phones.split(each)[0]}" for each in identifying if each))


def _is_near(way: str, has: Sequence[str]) -> bool:
    return any(phones.may_be_same(way, each) for each in has)


def _check_id(columns: Columns, own: Contact | None = None) -> None:
    """By its id another system finds its client: a second contact of the same would never be found, and the first would
    be taken for it. Raises Refused naming who has it, whoever is sure of what; one who has it already may keep it. Who
    writes by the same id at once waits."""
    given = columns.get("external_id")
    if not given or (own is not None and own.external_id == given):
        return
    advisory_lock(f"client {given}")
    found = find(given, None, None)
    if found is not None and found is not own:
        facts: dict[str, Any] = {"name": found.name, "id": found.id, "has": "external_id"}
        raise Refused("known_contact", **facts)


def clean(raw: Raw) -> Columns:
    """Columns of a contact as they are kept: phone in E.164 with its extension apart, e-mail in its canonical form.
    Raises Refused naming the bad."""
    result: Columns = {}
    problems: Problems = {}
    for key in COLUMNS:
        if key in raw:
            try:
                result |= _column(key, raw[key])
            except FieldError as error:
                problems[key] = {"code": error.code, **error.facts}
    if problems:
        raise Refused("bad_fields", problems=problems)
    return result


def identity(columns: Columns) -> tuple[str | None, str | None, str | None]:
    """What identifies whom these cleaned columns are of, as `find` takes it."""
    phone = phones.whole(columns.get("phone"), columns.get("phone_extension"))
    return columns.get("external_id"), phone or None, columns.get("email")


def _column(key: str, raw: object) -> Columns:
    raw = "" if raw is None else raw
    if not isinstance(raw, str):
        raise FieldError("not_text")
    if key == "phone":
        number, extension = phones.split(phones.read(raw, setups.current().firm.country))
        return {"phone": number or None, "phone_extension": extension or None}
    value = emails.read(raw) if key == "email" else line(raw, NAME_LIMIT)
    if key == "name" and not value:
        raise FieldError("blank")
    return {key: value or None}


def locked(contact_id: int) -> Contact | None:
    """A contact once nobody else is changing it: its values count at the gate. One that has gone into another is that
    one."""
    found = session().scalars(_LOCKED, {"contact": contact_id}).first()
    return found if found is None or found.merged_into_id is None else locked(found.merged_into_id)


_LOCKED = (
    select(Contact)
    .where(Contact.id == bindparam("contact"))
    .with_for_update(key_share=True)  # a deal that is written looks whether its contact is there: no reason to wait
    .execution_options(populate_existing=True)
)


def create(
    raw: Raw,
    by: Actor,
    *,
    own: Raw | None = None,
    company: str | None = None,
    responsible_id: int | None = None,
    is_nobodys: bool = False,
) -> Contact:
    """A new contact. `raw` are its columns, `own` raw values of the firm's own fields, `company` a name. Whoever makes
    it is its own rep, unless another is named, or nobody is to be (`is_nobodys`). Raises Refused where another has its
    id."""
    columns = clean(raw)
    _check_id(columns)
    contact = Contact(
        **{"name": None, **columns},
        fields={},
        created_at=clock.now(),
        created_by_id=by.user_id,
        responsible_id=None if is_nobodys else by.user_id if responsible_id is None else responsible_id,
        company_id=company_id(company),
    )
    if contact.name is None:
        raise invalid("name", "blank")
    add_core(contact)
    journal.write("contact.created", "contact", contact.id, by, new={"name": contact.name})
    if any(key in raw for key in ways_kept.KINDS):  # it has none yet
        contact_ways.write(contact, raw, by)
    values.write(contact, values.parsed("contact", own or {}, by), by)
    return contact


def company_id(name: str | None) -> int | None:
    """The company of this name, made when there is none."""
    name = texts.line("company", name, NAME_LIMIT, required=False)
    if not name:
        return None
    alike = select(Company.id).where(folding.equals(Company.name_folded, name))
    found = session().scalar(alike.order_by(Company.id).limit(1))
    if found is not None:
        return found
    company = Company(name=name)
    session().add(company)
    session().flush()
    return company.id


def edit(
    contact: Contact,
    raw: Raw,
    by: Actor,
    *,
    own: Raw | None = None,
    company: str | None = None,
    seen: int | None = None,
    shown: Raw | None = None,
    deal_id: int | None = None,
    of_company: CompanyEdit | None = None,
) -> Contact:
    """Change a contact (on the way of a deal's move: `deal_id`), and in one with it the values of its company, the one
    that is chosen here included (`of_company`); a value that the stage of one of its deals requires cannot be blanked,
    and the gate is asked once all is written. Its deals are locked: one that is on the way to a stage must not slip
    through unseen. `seen` is the version the editor saw; `shown` are the raw values that they saw of what they
    change."""
    if shown:
        _check_shown(contact, shown, by)
    if seen is not None and seen != contact.version:
        raise journal.stale("contact", contact.id)
    columns = clean(raw)
    _check_id(columns, contact)
    of_company = of_company if of_company and of_company.own else None
    works_at = contact.company_id if company is None else company_id(company)
    held = _locked_deals(contact.id, works_at if of_company else None)
    before = [(deal, snapshot_of(deal)) for deal in held]
    there = companies.check(contact, works_at, of_company, by) if of_company else None
    changed: values.Changed = frozenset()
    for key, value in columns.items():
        changed |= values.set_column(contact, "contact", key, value, by)
    changed |= contact_ways.write(contact, raw, by)
    changed |= values.write(contact, values.parsed("contact", own or {}, by, contact.fields), by, deal_id)
    if company is not None:
        changed |= values.set_column(contact, "contact", "company", works_at, by, column="company_id")
    if changed:
        contact.version += 1
        show_in_conversations(contact)
    changed_there = companies.put(there, of_company.own, by, deal_id) if of_company and there else frozenset()
    for deal, snapshot in before:
        its = changed_there | changed if deal.contact_id == contact.id else changed_there
        if its:
            gate.check_edit(deal, snapshot)
            announcements.deal_changed(deal.id, deal.stage_id)
            emit(DealChanged(deal, its, by))
    return contact


def show_in_conversations(contact: Contact) -> None:
    """On the pages of deals that are with somebody else by now: what was said with this contact stands there still,
    below their name and their address."""
    former = select(Conversation.deal_id).join(Deal, Deal.id == Conversation.deal_id)
    former = former.where(Conversation.contact_id == contact.id, Deal.contact_id.is_distinct_from(contact.id))
    for deal_id in session().scalars(former):
        announcements.deal_changed(deal_id)


def _locked_deals(contact_id: int, company_id: int | None) -> Sequence[Deal]:
    """The contact's, and those of everybody of a company whose values are written along, in one order."""
    theirs = Deal.contact_id == contact_id
    if company_id is not None:
        theirs = or_(theirs, companies.of_people(company_id))
    deals = select(Deal).where(theirs, Deal.deleted_at.is_(None)).order_by(Deal.id)
    return session().scalars(deals.with_for_update().execution_options(populate_existing=True)).all()


def _check_shown(contact: Contact, shown: Raw, by: Actor) -> None:
    company = session().get(Company, contact.company_id) if contact.company_id else None
    own = {key: value for key, value in shown.items() if key not in (*COLUMNS, *ways_kept.KINDS, "company")}
    saw: dict[str, Value] = {**_as_shown(shown), **values.shown("contact", own, by)}
    saw |= {key: ", ".join(each) for key, each in contact_ways.read(shown).items()}
    now: dict[str, object] = {
        **contact.fields,
        **{key: ", ".join(each) for key, each in ways_kept.of([contact.id])[contact.id].items()},
        **{key: getattr(contact, key) for key in (*COLUMNS, "phone_extension")},
        "company": company.name if company else None,
    }
    if "company" in shown:
        saw["company"] = texts.line("company", shown["company"], NAME_LIMIT, required=False)
    values.check_shown("contact", contact.id, saw, {**dict.fromkeys(saw), **now}, by)


def _as_shown(shown: Raw) -> Columns:
    """What the form showed of columns. What was kept before may not be taken today, and still is what was shown."""
    saw: Columns = {}
    for key in COLUMNS:
        if key in shown:
            try:
                saw |= _column(key, shown[key])
            except FieldError:
                kept = str(shown[key])
                saw[key] = PHONE_MARKS.sub("", kept) if key == "phone" else kept
    return saw
