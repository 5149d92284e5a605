"""Who works here, and where. Every employee may read the people; the org chart is the admin's."""

from __future__ import annotations

from webapp.access.records import require_admin
from webapp.access.viewer import viewer
from webapp.api.records import people as records
from webapp.api.records.people import DepartmentRecord, MeRecord, UserRecord
from webapp.api.routes import reads
from webapp.api.types import Page
from webapp.queries import listings as found
from webapp.snapshots import recipients
from webapp.snapshots.setups import current


@reads("/users/me", MeRecord)
def me() -> MeRecord:
    """Whose token this is."""
    return records.me(viewer())


@reads("/users", Page[UserRecord])
def index() -> Page[UserRecord]:
    """Everybody who works here."""
    away = recipients.away()
    active = [each for each in current().people.values() if each.is_active]
    return Page[UserRecord](items=[records.record(each, away) for each in active])


@reads("/departments", Page[DepartmentRecord])
def departments() -> Page[DepartmentRecord]:
    """The org chart."""
    require_admin()
    keys, chart = found.department_keys(), current().org.departments
    return Page[DepartmentRecord](items=[records.department(chart[each], key) for each, key in keys.items()])
