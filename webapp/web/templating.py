"""What templates may call: words, money, time, versioned static files; and how a fragment is rendered for a reader."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g
from markupsafe import Markup

from rules import uploads
from rules.facts import FieldSpec, Option
from rules.hours import say_hours
from rules.readers import SEVERAL
from webapp import clock
from webapp.i18n import (
    calls,
    catalogue,
    day_kinds,
    deliveries,
    elsewhere,
    field_words,
    formats,
    important,
    readers,
    reminders,
    runs,
    season_words,
    work_words,
)
from webapp.i18n.facts import fill, word
from webapp.i18n.formats import money, text
from webapp.i18n.isolates import gettext, in_template, isolated, isolating
from webapp.i18n.notifications import NotificationText
from webapp.i18n.notifications import text_of as notification
from webapp.i18n.refusals import STATES, problem, problems, refusal
from webapp.snapshots.setups import current
from webapp.web import card_cache, first_files, kept_parts
from webapp.web.compiled_templates import CompiledTemplates
from webapp.web.forms import BLANK, senders
from webapp.web.kept_files import KeptFiles
from webapp.web.separators import Separators
from webapp.web.settings_frame import settings_rooms

__all__ = [
    "Reader",
    "NotificationText",
    "asset",
    "fill",
    "money",
    "notification",
    "problem",
    "problems",
    "reading_as",
    "refusal",
    "text",
    "word",
]

STATIC = Path(__file__).parents[1] / "static"


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a shared fragment is rendered: readers of one language and one zone read the same."""

    locale: str
    time_zone: str


@contextmanager
def reading_as(app: Flask, reader: Reader) -> Iterator[None]:
    """Render for `reader` outside any request: what is pushed to sockets."""
    with app.app_context():
        g.reader = reader
        yield


def kept_options(spec: FieldSpec, value: object) -> tuple[Option, ...]:
    """The options of a field that can be chosen, and what is kept in it though it be none of them any more."""
    known = {each.key: each for each in spec.options}
    offered = [each.key for each in spec.choices]
    kept = [each for each in chosen(value) if each not in offered]
    return (*spec.choices, *(known.get(each) or Option(each, {}) for each in kept))


def chosen(value: object) -> list[str]:
    """The keys in a control of options, of one or of several."""
    return [each for each in value.split(SEVERAL) if each] if isinstance(value, str) else []


def asset(name: str) -> str:
    """The address of a static file, with the version in it: modules and styles that it imports share the version."""
    return f"/static/{current_app.extensions['dozor.static']}/{name}"


def icon(name: str, title: str | None = None) -> Markup:
    """An icon of the sprite; without a title it is decoration."""
    return _icon(asset("img/icons.svg"), name, title)


@functools.lru_cache(maxsize=512)
def _icon(sprite: str, name: str, title: str | None) -> Markup:
    role = Markup('role="img" aria-label="{}"').format(title) if title else Markup('aria-hidden="true"')
    return Markup('<svg class="i" {}><use href="{}#{}"></use></svg>').format(role, sprite, name)


FILTERS: dict[str, Any] = {  # how a template says a value
    "card": card_cache.card,
    "cards": card_cache.cards,
    "words": formats.text,
    "department": formats.department,
    "money": formats.money,
    "typed_money": formats.typed_money,
    "disk_size": formats.disk_size,
    "file_size": formats.file_size,
    "percent": formats.percent,
    "phone": formats.phone,
    "when": formats.when,
    "moment": formats.moment,
    "coming": formats.coming,
    "typed_moment": formats.typed_moment,
    "day": formats.day,
    "span": formats.span,
    "working_span": formats.working_span,
    "hours": say_hours,
    "month": formats.month,
    "day_of_month": formats.day_of_month,
    "day_of_chart": formats.day_of_chart,
    "burning": formats.burning,
    "countdown": formats.countdown,
    "weekday_time": formats.weekday_time,
    "epoch": lambda at: int(at.timestamp() * 1000),
    "fill": fill,
    "to_client": readers.to_client,
    "in_alphabet": formats.in_alphabet,
    "isolated": isolated,
    "merged": lambda first, second: {k: v for k, v in {**first, **second}.items() if v},
    "kept_options": kept_options,
    "chosen": chosen,
    "norm": season_words.of_run,
    "value": field_words.value,
    "typed_value": field_words.typed,
    "control": field_words.of,
    "on_card": field_words.on_card,
    "parts_of": work_words.parts,
    "task_state": lambda state: gettext(STATES[state]),
    "compact_json": lambda value: json.dumps(value, separators=(",", ":")),
}

VOCABULARY: dict[str, Any] = {  # what a template may ask for
    "asset": asset,
    "first_files": first_files.of(STATIC),
    "form": BLANK,
    "sender": senders.sender,
    "settings_rooms": settings_rooms,
    "icon": icon,
    "kept_part": kept_parts.kept,
    "alike": kept_parts.alike,
    "lasting": kept_parts.lasting,
    "now": clock.now,
    "setup": current,
    "language": catalogue.language,
    "zone": catalogue.zone,
    "told": notification,
    "units": formats.units,
    "weekdays": formats.weekdays,
    "day_kinds": day_kinds.words,
    "words_of": runs,
    "sending": deliveries,
    "calling": calls,
    "items": important,
    "reminders": reminders,
    "elsewhere": elsewhere,
    "on_hold": work_words.on_hold,
    "accepted_files": ",".join(uploads.ACCEPTED),
    "most_upload": uploads.MAX_BYTES,
}


def register(app: Flask) -> None:
    """Give templates their vocabulary."""
    app.extensions["dozor.static"] = _version(STATIC)
    app.jinja_env.bytecode_cache = CompiledTemplates(Path(__file__))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.add_extension(Separators)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.said, catalogue.said_of, newstyle=True, pgettext=catalogue.said_in
    )
    app.jinja_env.globals |= {"_": in_template, "gettext": in_template}
    app.jinja_env.globals["ngettext"] = isolating(app.jinja_env.globals["ngettext"])  # type: ignore[arg-type]
    app.jinja_env.filters |= FILTERS
    app.jinja_env.globals |= VOCABULARY


def keep_files(app: Flask) -> None:
    """Answer for static files of this version before the rest of the application is asked."""
    most = sum(1 for each in STATIC.rglob("*") if each.is_file())
    prefix = f"/static/{app.extensions['dozor.static']}/"
    app.wsgi_app = KeptFiles(app.wsgi_app, prefix, most)  # type: ignore[method-assign]


@functools.cache
def _version(folder: Path) -> str:
    """One short name for all static files as they are now, so that they may be cached for ever."""
    seen = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        seen.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return seen.hexdigest()[:10]
