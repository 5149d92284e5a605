"""People and departments change at once, a draft, a plan or a version keeps how they were called when it was written:
an address, a way down from the top. Read today, each is who it was then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from sqlalchemy import select

from rules.facts import Text
from rules.setup_documents import Document, Item
from rules.setup_edits import NEW, Edit
from rules.setup_parts import KINDS, Part
from webapp import models
from webapp.db import session
from webapp.snapshots import setup_rows, setups

WITH_PEOPLE = ("condition", "settings", "timing")


def department(path: str) -> Text | None:
    """What is called so by its way down from the top: the last key is its own for ever."""
    return session().scalar(select(models.Department.name).where(models.Department.key == path.rpartition("/")[2]))


class NamesToday:
    """Asked for only where a name is not one of today's."""

    @cached_property
    def paths(self) -> dict[str, str]:
        """Keys of departments, each one's own for ever, to their paths."""
        found = setup_rows.paths(session().scalars(select(models.Department)))
        return {path.rpartition("/")[2]: path for path in found.values()}

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Earlier addresses of people, where nobody has that one today, to those they have."""
        entry, now = models.JournalEntry, {key: each.email for key, each in setups.current().people.items()}
        wanted = select(entry.old, entry.entity_id).where(entry.entity == "user", entry.event == "user.email_changed")
        old = {str(was): now[who] for was, who in session().execute(wanted.order_by(entry.id)) if who in now}
        return {was: address for was, address in old.items() if was not in set(now.values())}

    def document(self, document: Document) -> Document:
        return replace(document, items=tuple(self._item(each) for each in document.items))

    def edit(self, edit: Edit) -> Edit:
        kind = KINDS[edit.kind]
        if edit.part == NEW:
            given = edit.value if isinstance(edit.value, Mapping) else {}
            parts = {key: self._value(kind.part(key), each) for key, each in given.items()}
            return replace(edit, value=parts)
        part = kind.part(edit.part)
        return replace(edit, value=self._value(part, edit.value), was=self._value(part, edit.was))

    def _item(self, item: Item) -> Item:
        for part in KINDS[item.kind].parts:
            item = item.with_part(part.key, self._value(part, item.parts.get(part.key)))
        return item

    def _value(self, part: Part | None, value: object) -> object:
        if part is None or value is None:
            return value
        if part.shape == "department" and isinstance(value, str):
            return self.paths.get(value.rpartition("/")[2], value)
        return self._people(value) if part.shape in WITH_PEOPLE else value

    def _people(self, value: object, slot: str = "") -> object:
        if isinstance(value, Mapping):
            if value.get("field") == "email":  # a client's
                return value
            return {key: self._people(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._people(each, slot) for each in value]
        is_person = slot in ("user", "value") and isinstance(value, str) and "@" in value
        return self.addresses.get(str(value), value) if is_person else value
