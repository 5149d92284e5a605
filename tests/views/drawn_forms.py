"""Forms as a browser reads them out of a page: what each would send as it stands, and which pages there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html.parser import HTMLParser

from tests.conftest import Browser

Attributes = dict[str, str | None]
UNSEEN = ("hidden", "submit", "button", "image", "reset")
CHECKED = ("checkbox", "radio")


@dataclass(frozen=True)
class Control:
    """`value` as the browser keeps it; `sends` whether it is sent as it stands."""

    name: str
    kind: str
    value: str
    sends: bool = True
    inputmode: str = ""
    options: tuple[str, ...] = ()

    @property
    def is_seen(self) -> bool:
        return self.kind not in UNSEEN


@dataclass
class DrawnForm:
    action: str
    method: str
    controls: list[Control] = field(default_factory=list)
    is_disabled: bool = False

    @property
    def is_filled_in(self) -> bool:
        """A form with something to fill in; any other is a button, and its press is what it means."""
        return self.method == "post" and not self.is_disabled and any(each.is_seen for each in self.controls)

    @property
    def route(self) -> str:
        return re.sub(r"\d+", "N", self.action)

    def data(self, **instead: str) -> dict[str, list[str]]:
        """What it sends as it stands, with some fields filled in."""
        sent: dict[str, list[str]] = {}
        for each in self.controls:
            if each.sends and each.name and each.name != "csrf_token" and each.name not in instead:
                sent.setdefault(each.name, []).append(each.value)
        return {**sent, **{name: [value] for name, value in instead.items()}}

    def value(self, name: str) -> list[str]:
        return [each.value for each in self.controls if each.name == name and each.sends]


class FormReader(HTMLParser):
    """Reads the forms and the addresses of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[DrawnForm] = []
        self.paths: list[str] = []
        self.form: DrawnForm | None = None
        self.area: Attributes | None = None
        self.words = ""
        self.select: Attributes | None = None
        self.options: list[tuple[str, bool]] = []
        self.disabled = 0
        self.fieldsets: list[bool] = []
        self.templates = 0  # around what is read: nothing in one of them is on the page

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found: Attributes = dict(attrs)
        self.templates += tag == "template"
        if self.templates:
            return
        self.paths += [found[name] or "" for name in ("href", "hx-get") if name in found]
        if tag == "form":
            self.form = DrawnForm(found.get("action") or "", (found.get("method") or "get").lower())
            self.forms.append(self.form)
        elif tag == "fieldset":
            self.fieldsets.append("disabled" in found)
            if self.form is not None and "disabled" in found:
                self.form.is_disabled = True
        elif tag == "textarea":
            self.area, self.words = found, ""
        elif tag == "select":
            self.select, self.options = found, []
        elif tag == "option":
            self.options.append((found.get("value") or "", "selected" in found))
        elif tag == "input":
            self._add(found, _sanitized(found), (found.get("type") or "text").lower())

    def handle_endtag(self, tag: str) -> None:
        self.templates -= tag == "template"
        if self.templates:
            return
        if tag == "form":
            self.form = None
        elif tag == "fieldset":
            self.fieldsets.pop()
        elif tag == "textarea" and self.area is not None:
            self._add(self.area, self.words.removeprefix("\n").replace("\n", "\r\n"), "textarea")
            self.area = None
        elif tag == "select" and self.select is not None:
            chosen = [value for value, is_chosen in self.options if is_chosen]
            first = [value for value, _ in self.options][:1]
            for value in chosen or first:
                self._add(self.select, value, "select", tuple(each for each, _ in self.options))
            self.select = None

    def handle_data(self, data: str) -> None:
        self.words += data

    def _add(self, found: Attributes, value: str, kind: str, options: tuple[str, ...] = ()) -> None:
        if self.form is not None:
            sends = kind not in CHECKED or "checked" in found
            name, mode = found.get("name") or "", found.get("inputmode") or ""
            self.form.controls.append(Control(name, kind, value, sends, mode, options))


def _sanitized(found: Attributes) -> str:
    """An input's value as a browser keeps it: what its type does not take is blank."""
    kind, value = (found.get("type") or "text").lower(), found.get("value") or ""
    if kind in CHECKED and "value" not in found:
        return "on"
    try:
        if kind == "date" and value:
            date.fromisoformat(value)
        if kind == "datetime-local" and value and datetime.fromisoformat(value).tzinfo is not None:
            return ""
    except ValueError:
        return ""
    return value if kind == "hidden" else value.replace("\n", "").replace("\r", "")


def read(page: str) -> FormReader:
    reader = FormReader()
    reader.feed(page)
    return reader


def form_of(page: str, action: str, *names: str) -> DrawnForm:
    """The form that sends there, and asks for all of these."""
    found = [each for each in read(page).forms if each.action == action]
    return next(each for each in found if {*names} <= {one.name for one in each.controls})


def pages(who: Browser, most: int = 4, first: Sequence[str] = ("/",)) -> Iterator[tuple[str, FormReader]]:
    """Every page that one comes to from the board, or from the `first` ones, `most` of a kind."""
    waiting, seen, many = [*first], {*first}, dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        answer = who.get(path)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        found = read(answer.text)
        yield path, found
        for each in found.paths:
            kind = kind_of(each)
            if is_ours(each) and each not in seen and many.get(kind, 0) < most:
                seen.add(each)
                many[kind] = many.get(kind, 0) + 1
                waiting.append(each)


def is_ours(address: str) -> bool:
    """Whether a link leads to a page of ours."""
    return address.startswith("/") and not address.startswith(("/static", "/api"))


def kind_of(address: str) -> str:
    """The same of all addresses that differ only in what they are about."""
    return re.sub(r"\d+|=[^&]*", "N", address)


def again(page: str, form: DrawnForm) -> DrawnForm | None:
    """The same form on the page that came back."""
    return next(
        (each for each in read(page).forms if each.action == form.action and _names(each) >= _names(form)), None
    )


def _names(form: DrawnForm) -> set[str]:
    return {each.name for each in form.controls if each.is_seen}
