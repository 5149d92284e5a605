"""The org chart in words: who is what in a department, whom the resolver looks at, what a change would do."""

from __future__ import annotations

from collections.abc import Mapping

from rules.facts import Text
from rules.org import Resolution, Step
from webapp.i18n import N_, formats
from webapp.i18n.isolates import gettext, ngettext
from webapp.snapshots import setups

PLACES = {"head": N_("head"), "deputy": N_("deputy head"), "member": N_("works here")}
TO_PLACE = {
    "head": N_("Make %(person)s head of %(department)s"),
    "deputy": N_("Make %(person)s deputy head of %(department)s"),
    "member": N_("%(person)s works in %(department)s"),
    "first": N_("%(person)s is asked first in %(department)s"),
}
AT = {
    "vacant": N_("%(department)s: no head"),
    "inactive": N_("%(department)s: %(person)s no longer works here"),
    "absent": N_("%(department)s: %(person)s is away"),
    "never_in": N_("%(department)s: %(person)s has not come in yet"),
    "is_the_one": N_("%(department)s: %(person)s is the one this is about"),
}
CHOSEN = {
    "head": N_("%(person)s, head of %(department)s"),
    "deputy": N_("%(person)s, deputy head of %(department)s"),
    "fallback": N_("%(person)s, admin"),
    "anyone": N_("%(person)s, anyone available"),
    "alone": N_("%(person)s: nobody else works here"),
}


def department(department_id: int | None) -> str:
    """Its name, an archived one's too."""
    return formats.text(setups.current().department_names.get(department_id or 0))


def kinds() -> list[tuple[str, str]]:
    """What somebody may be in a department, to choose from."""
    order = ("member", "head", "deputy")
    return [("", gettext("not here")), *((each, gettext(PLACES[each])) for each in order)]


def place(key: str) -> str:
    return gettext(PLACES[key])


def act(person_id: int, department_id: int | None, kind: str) -> str:
    """What is about to be done, as the button says it."""
    person = setups.current().name_of(person_id)
    if department_id is None or kind not in TO_PLACE:
        return gettext("Remove %(person)s from the department", person=person)
    return gettext(TO_PLACE[kind], person=person, department=department(department_id))


def step(found: Step) -> str:
    """One look of the resolver, as it would be."""
    table = CHOSEN if found.verdict == "chosen" else AT
    words = table.get(found.post if found.verdict == "chosen" else found.verdict, "")
    above = department(found.department_id) or gettext("Admins")
    return gettext(words, person=setups.current().name_of(found.person_id), department=above) if words else ""


def people(ids: tuple[int, ...]) -> str:
    """Names of several, in one line."""
    return ", ".join(setups.current().name_of(each) for each in ids)


def told(found: Resolution) -> str:
    """Who would be told, in one line; "" for nobody."""
    return ", ".join(step(each) for each in found.path if each.verdict == "chosen")


def seen(more: int, fewer: int) -> str:
    """How many open deals more and fewer."""
    said = [ngettext("%(num)s more deal", "%(num)s more deals", more)] if more else []
    return ", ".join(said + ([ngettext("%(num)s deal fewer", "%(num)s deals fewer", fewer)] if fewer else []))


def written_places(held: Mapping[int, str]) -> str:
    """A person's places as a form carries them."""
    return ",".join(f"{each}:{place}" for each, place in sorted(held.items())) or "none"


def read_places(raw: str) -> dict[int, str] | None:
    """What `written_places` wrote; None where nothing came."""
    if not raw:
        return None
    pairs = [each.partition(":") for each in raw.split(",") if each != "none"]
    return {int(each): place for each, _, place in pairs if each.isdecimal() and len(each) < 10}


def pairs(names: Mapping[int, Text], blank: str = "") -> list[tuple[str, str]]:
    """Departments to choose from; `blank` is how none of them reads."""
    found = [(str(each), formats.text(name)) for each, name in names.items()]
    return [("", blank), *found] if blank else found
