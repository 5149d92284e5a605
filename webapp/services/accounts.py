"""Accounts: who may sign in, by which address, as an admin or not, and where this person works. An admin's, or of
whoever holds the machine."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import available_timezones

from sqlalchemy import delete, func, select

from rules import emails
from rules.errors import FieldError
from webapp import clock
from webapp.access.passwords import NONE_YET
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.config import LOCALES
from webapp.db import advisory_lock, session
from webapp.errors import NotFound, Refused, invalid, not_an_option
from webapp.models import Deal, Department, Inbox, Membership, Post, Stage, User
from webapp.services import absences, journal, sign_ins, texts
from webapp.services.events import people_changed
from webapp.snapshots import recipients, setups

POSTS = ("head", "deputy")
HUES = 8  # classes of the palette


def add(
    email: str,
    name: str,
    password_hash: str,
    by: Actor,
    *,
    is_admin: bool = False,
    department_id: int | None = None,
    post: str | None = None,
) -> int:
    """A new employee, in the firm's language and zone, placed in a department and over it with `post`. Raises
    Refused."""
    if post and department_id is None:
        raise invalid("department", "post_without_department")
    name = texts.line("name", name, 100)
    firm = setups.current().firm
    user_id = create(
        free_address(email),
        name,
        password_hash,
        locale=firm.locale,
        zone=firm.time_zone,
        at=clock.now(),
        hue=(session().scalar(select(func.count(User.id))) or 0) % HUES,
        is_admin=is_admin,
    )
    if department_id is not None:
        place(user_id, department_id, post)
    journal.write("user.added", "user", user_id, by, new=address(email))
    changed(user_id)
    return user_id


def create(
    email: str,
    name: str,
    password_hash: str,
    *,
    locale: str,
    zone: str,
    at: datetime,
    hue: int = 0,
    is_admin: bool = False,
    id: int | None = None,
) -> int:
    """The rows of an employee: the person, and an empty inbox."""
    row = User(
        id=id,
        email=email,
        name=name,
        password_hash=password_hash,
        is_admin=is_admin,
        locale=locale,
        time_zone=zone,
        hue=hue,
        created_at=at,
    )
    session().add(row)
    session().flush()
    session().add(Inbox(user_id=row.id, seq=0, unread=0))
    return row.id


def place(user_id: int, department_id: int, post: str | None = None) -> None:
    """The rows of a place in a department, and with `post` over it."""
    session().add(Membership(user_id=user_id, department_id=department_id, is_primary=True))
    if post is not None:
        session().add(Post(user_id=user_id, department_id=department_id, kind=post))


def deactivate(user_id: int, by: Actor) -> int:
    """This person signs in no more; sessions, sockets and tokens end. Returns how many open deals need another
    responsible. Raises Refused("only_admin")."""
    user = apart(user_id)
    if user.is_active:
        not_the_only_admin(user)
        user.is_active = False
        sign_ins.end_all(user.id)
        journal.write("user.deactivated", "user", user.id, by)
        changed(user.id)
        absences.tell_uncovered(user.id, recipients.today(), date.max, by)
    return _open_deals(user.id)


def activate(user_id: int, by: Actor) -> bool:
    """May sign in again, with the password of before; sessions and tokens of before stay ended. Whether that is new."""
    user = locked(user_id)
    if user.is_active:
        return False
    user.is_active = True
    journal.write("user.activated", "user", user.id, by)
    changed(user.id)
    return True


def set_admin(user_id: int, by: Actor, *, is_admin: bool) -> bool:
    """Grant or take. Whether that is new. Raises Refused("only_admin")."""
    user = apart(user_id)
    if user.is_admin == is_admin:
        return False
    if not is_admin:
        not_the_only_admin(user)
    user.is_admin = is_admin
    journal.write("user.admin_changed", "user", user.id, by, old=not is_admin, new=is_admin)
    changed(user.id)
    return True


def set_email(user_id: int, email: str, by: Actor) -> str:
    """Another address to sign in by; as it is kept. A link that went to the one of before, which may be a stranger's,
    opens nothing any more. Raises Refused."""
    user = locked(user_id)
    old, new = user.email, free_address(email, user_id)
    if new != old:
        user.email = new
        sign_ins.end_links(user.id)
        journal.write("user.email_changed", "user", user.id, by, old=old, new=new)
        changed(user.id)
    return new


def set_name(user_id: int, name: str, by: Actor) -> str:
    """As it is kept. Raises Refused."""
    return _set_line(user_id, "name", texts.line("name", name, 100), by)


def set_phone(user_id: int, phone: str, by: Actor) -> str:
    """As it is kept, "" for none. Raises Refused."""
    try:
        return _set_line(user_id, "phone", setups.current().reading(by.user_id).phone(phone), by)
    except FieldError as error:
        raise invalid("phone", error.code) from None


def set_locale(user_id: int, locale: str, by: Actor) -> str:
    """In which language they read. Raises Refused."""
    if locale not in LOCALES:
        raise not_an_option("locale", LOCALES)
    return _set_line(user_id, "locale", locale, by)


def set_time_zone(user_id: int, zone: str, by: Actor) -> str:
    """In which zone they are shown times. Raises Refused."""
    if zone not in available_timezones():
        raise invalid("time_zone", "unknown_zone")
    return _set_line(user_id, "time_zone", zone, by)


def _set_line(user_id: int, field: str, new: str, by: Actor) -> str:
    user = locked(user_id)
    if new != (getattr(user, field) or ""):
        journal.write("user.edited", "user", user.id, by, field=field, old=getattr(user, field), new=new or None)
        setattr(user, field, new or None)
        changed(user.id)
    return new


def set_department(user_id: int, department_id: int, post: str | None, by: Actor) -> None:
    """This department instead of all others, and over it by `post`. Deals stay in the department that they are in."""
    user = locked(user_id)
    before = places(user.id)
    session().execute(delete(Membership).where(Membership.user_id == user.id))
    session().execute(delete(Post).where(Post.user_id == user.id))
    place(user.id, department_id, post)
    session().flush()
    now = places(user.id)
    if now != before:
        journal.write("user.department_changed", "user", user.id, by, old=before, new=now)
        changed(user.id)


def places(user_id: int) -> dict[str, list[str]]:
    """Where a person works and leads, by the departments' keys, as the journal keeps it."""
    homes = select(Department.key).join(Membership, Membership.department_id == Department.id)
    posts = select(Post.kind, Department.key).join(Department, Department.id == Post.department_id)
    return {
        "departments": list(session().scalars(homes.where(Membership.user_id == user_id).order_by(Department.key))),
        "posts": sorted(
            f"{kind} of {key}" for kind, key in session().execute(posts.where(Post.user_id == user_id)).all()
        ),
    }


def address(email: str) -> str:
    """As it is kept. Raises Refused."""
    try:
        read = emails.read(email)
    except FieldError as error:
        raise invalid("email", error.code) from None
    if not read:
        raise invalid("email", "blank")
    return read


def free_address(email: str, user_id: int | None = None) -> str:
    """As it is kept, if nobody but this person has it. Raises Refused."""
    found = address(email)
    advisory_lock(f"address {found}")  # of two who take it at once, the second finds it taken
    if session().scalar(select(User.id).where(User.email == found, User.id != (user_id or 0))) is not None:
        raise invalid("email", "email_taken")
    return found


def locked(user_id: int) -> User:
    """The person, whose account nobody else changes meanwhile."""
    user = session().get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound("user")
    return user


def apart(user_id: int) -> User:
    """Whoever may take an admin away waits here: of two who take each other's right, the second sees the first's. So
    does whoever names them to stand in for somebody."""
    absences.lock()
    advisory_lock("admins")
    return locked(user_id)


def not_the_only_admin(user: User) -> None:
    """Whoever was invited as an admin and has no password yet cannot act as one: the link may expire unused. Raises
    Refused("only_admin"), or "only_admin_yet" naming those."""
    if not (user.is_admin and user.is_active):
        return
    others = select(User.name, User.password_hash).where(User.is_admin, User.is_active, User.id != user.id)
    found = session().execute(others.order_by(User.id)).all()
    if any(each.password_hash != NONE_YET for each in found):
        return
    if found:
        raise Refused("only_admin_yet", name=user.name, others=", ".join(each.name for each in found))
    raise Refused("only_admin", name=user.name)


def _open_deals(user_id: int) -> int:
    deals = select(func.count(Deal.id)).join(Stage, Stage.id == Deal.stage_id)
    mine = deals.where(Deal.responsible_id == user_id, Deal.deleted_at.is_(None), Stage.kind == "open")
    return session().scalar(mine) or 0


def changed(user_id: int) -> None:
    """The set-up has this person anew, and their open pages look again at what they may see."""
    setups.changed()
    announcements.rights_changed(user_id)
    announcements.chart_changed()
    people_changed()
