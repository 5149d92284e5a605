"""The fields of the firm's own, for admins: to others the set-up does not exist."""

from __future__ import annotations

from webapp.access.records import require_admin
from webapp.api.records import setup as records
from webapp.api.records.setup import FieldRecord
from webapp.api.routes import reads
from webapp.api.types import Page
from webapp.queries import listings as found


@reads("/fields", Page[FieldRecord])
def fields() -> Page[FieldRecord]:
    """The firm's own fields."""
    require_admin()
    return Page[FieldRecord](items=[records.field(each) for each in found.fields()])
