"""What came by a form, read by the names that the form declares. No view reads a request's form by itself, nor, where
it may be wrong, what was typed into one that stands in the address."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from flask import request
from werkzeug.datastructures import MultiDict

from rules.errors import FieldError
from rules.readers import SEVERAL, read_day
from webapp.errors import Refused, invalid
from webapp.i18n.refusals import problems, refusal
from webapp.web.forms.states import BLANK, FormState

TOKEN, SENDER = "csrf_token", "sender"  # controls of every form: whether it is ours, and who had it open
WAS = "was."  # before the name of a field: what the form showed in it
OFF = "off"  # what a box sends that is not ticked
AMONG = "[]"  # what stands before the boxes of one field that takes several values


@dataclass(frozen=True, slots=True)
class Form:
    """A form as its template draws it.

    `names` are its controls, `entities` those whose own fields it carries, as "deal.equipment_type". `secret` is never
    shown again. `beside` says where a service's problem stands when the control has another name. `refusals` are
    shown in the form (None: all); any other is an answer of its own.
    """

    names: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    secret: frozenset[str] = frozenset()
    beside: Mapping[str, str] = field(default_factory=dict)
    refusals: tuple[str, ...] | None = ("bad_fields",)

    def __post_init__(self) -> None:
        if taken := {TOKEN, SENDER} & set(self.names):
            raise ValueError(f"every form has a control of this name already: {taken}")

    def posted(self) -> Posted:
        """What came, by the names of this form; anything else is passed over."""
        return self._read(request.form)

    def asked(self) -> Posted:
        """The same of a form that only asks, and stands in the address."""
        return self._read(request.args)

    def _read(self, came: MultiDict[str, str]) -> Posted:
        return Posted(self, {name: _texts(came.getlist(name)) for name in came if self._takes(name)})

    def _takes(self, name: str) -> bool:
        bare = name.removeprefix(WAS)
        entity, dot, _ = bare.partition(".")
        return bare in self.names or (dot == "." and entity in self.entities)


@dataclass(frozen=True, slots=True)
class Posted:
    """The fields of a form that came, as typed."""

    form: Form
    fields: Mapping[str, tuple[str, ...]]

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def text(self, name: str) -> str:
        """A field as typed, "" when it did not come; of a name that comes several times the last."""
        return self.fields[name][-1] if name in self.fields else ""

    def id(self, name: str) -> int | None:
        """The id in a field; None when there is none."""
        return read_id(self.text(name))

    def ids(self, name: str) -> list[int]:
        """Every id under a name."""
        return [each for each in map(read_id, self.fields.get(name, ())) if each is not None]

    def day(self, name: str) -> date | None:
        """The date in a field; None when it is blank. Raises Refused."""
        try:
            return read_day(self.text(name))
        except FieldError as error:
            raise invalid(name, error.code, **error.facts) from None

    def own(self, entity: str) -> dict[str, str]:
        """The firm's own fields of an entity by their keys: "deal.equipment_type" is the key "equipment_type"."""
        start = f"{entity}."
        return {name.removeprefix(start): self.text(name) for name in self.fields if name.startswith(start)}

    @property
    def was(self) -> Posted:
        """What the form had shown of the fields that came."""
        shown = {name.removeprefix(WAS): each for name, each in self.fields.items() if name.startswith(WAS)}
        return Posted(self.form, {name: each for name, each in shown.items() if name in self.fields})

    @property
    def without_shown(self) -> Posted:
        """As it stands, whatever was shown: what it was of is not there any more."""
        return self.without([name for name in self.fields if name.startswith(WAS)])

    @property
    def changed(self) -> Posted:
        """Only what differs from what was shown: the rest may have been changed by others meanwhile."""
        was = self.was.fields
        same = {name for name, each in self.fields.items() if was.get(name) == each}
        return self.without({*same, *(WAS + name for name in same)})

    def over(self, kept: Mapping[str, str]) -> Posted:
        """As if what is kept had come in these controls; one of them that did not come stays away."""
        return Posted(self.form, {name: (kept[name],) if name in kept else each for name, each in self.fields.items()})

    def saying(self, name: str, words: str) -> Posted:
        """As if these words had come under this name."""
        return Posted(self.form, {**self.fields, name: (words,)})

    def without(self, names: Collection[str]) -> Posted:
        """The rest."""
        return Posted(self.form, {name: each for name, each in self.fields.items() if name not in names})

    def refused(self, error: Refused, place: str = "") -> FormState:
        """The form as it goes back: what was typed, what is wrong with it. What was left as it was shown is drawn as it
        is now: sent again it would undo what others have changed meanwhile. Raises a refusal that is none of this
        form's fields. `place` tells it from others of the page."""
        if self.form.refusals is not None and error.reason not in self.form.refusals:
            raise error
        beside = {self.form.beside.get(name, name): words for name, words in problems(error).items()}
        return replace(self.again(place), problems=beside, message=refusal(error), status=error.status)

    def again(self, place: str = "") -> FormState:
        """As `refused`, where nothing is wrong: it is asked first what would follow."""
        typed = {name: each for name, each in self.changed.fields.items() if name not in self.form.secret}
        return FormState(place, {name: each[-1] for name, each in typed.items()}, every=typed)


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    """All that came under a name. A box sends a hidden "off" before it, which counts only when it is not ticked; the
    values of a field that takes several come as one text, as its kind reads them."""
    came = tuple(each.replace("\r\n", "\n") for each in values)
    if came[:1] == (AMONG,):
        return (SEVERAL.join(came[1:]),)
    return came[1:] if len(came) == 2 and came[0] == OFF else came


def asked(name: str) -> str:
    """What a question says under this name, by its address or by a form that leads back to it; else ""."""
    return request.values.get(name, "")


def asked_day(name: str) -> tuple[date | None, FormState]:
    """A date that a page is asked for by its address, and the form in which it was typed: refused where it is none."""
    typed = Form(names=(name,)).asked()
    try:
        return typed.day(name), BLANK
    except Refused as error:
        return None, typed.refused(error)


def read_id(raw: str | None) -> int | None:
    """An id, out of a form or an address: a whole number as large as one can be; None when it is not one. Sums are
    larger: read_minor."""
    return int(raw) if raw and raw.isdecimal() and len(raw) < 10 else None


def read_minor(raw: str | None) -> int | None:
    """A sum that a page wrote for itself, in minor units; None when it is not one. No shorter than what anybody may
    type, and within what a column of the database holds."""
    return int(raw) if raw and raw.isdecimal() and len(raw) < 19 else None


def posted_pairs() -> list[tuple[str, str]]:
    """Everything that came, for what is asked of all forms alike."""
    return list(request.form.items(multi=True))
