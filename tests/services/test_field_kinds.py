"""Every kind of field at every place where it is seen: form, sheet, card, filter, API, a robot's text. A new kind is
one entry among the rules and one among the words."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from rules.facts import FieldSpec, Value
from rules.field_kinds import FIELD_KINDS, FieldKind, field_kind
from rules.fields import FieldError, ReadContext
from tests import company
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views.scenes import HTMX, ZONE, browser
from webapp.db import session, transaction
from webapp.i18n.facts import fill
from webapp.i18n.field_words import FIELD_WORDS, FieldWords
from webapp.models import Contact, Deal, Field, User
from webapp.queries.filters import Filters, within
from webapp.services import placeholders
from webapp.snapshots import setups
from webapp.snapshots.deals import snapshot_of
from webapp.web.templating import Reader, reading_as


@dataclass(frozen=True)
class Example:
    """What a rep in Moscow types, how that is kept, shown in the control, worded for an English and a Russian reader,
    and in JSON."""

    typed: str
    kept: object
    control: str
    en: str
    ru: str
    json: object


EXAMPLES = {
    "text": Example(
        "Two  presses\u200b", "Two presses", 'value="Two presses"', "Two presses", "Two presses", "Two presses"
    ),
    "long_text": Example(
        "Two  presses\u200b", "Two  presses", ">\nTwo  presses<", "Two  presses", "Two  presses", "Two  presses"
    ),
    "link": Example(
        "Example.org/a?b=1",
        "https://example.org/a?b=1",
        'href="https://example.org/a?b=1" target="_blank" rel="noopener noreferrer"',
        "https://example.org/a?b=1",
        "https://example.org/a?b=1",
        "https://example.org/a?b=1",
    ),
    "multi_select": Example("b,a", ["a", "b"], 'value="b" checked', "First, Second", "Первый, Второй", ["a", "b"]),
    "number": Example("1 000,5", 1000.5, 'value="1000.5"', "1,000.5", "1\u00a0000,5", 1000.5),
    "money": Example("1 000,50", 100050, 'value="1\u00a0000.50"', "₽1,000.50", "1\u00a0000,50\u00a0₽", "1000.50"),
    "checkbox": Example("on", True, 'value="on" checked', "yes", "да", True),
    "select": Example("b", "b", 'value="b" checked', "Second", "Второй", "b"),
    "date": Example("2026-12-31", "2026-12-31", 'value="2026-12-31"', "31 Dec 2026", "31 дек. 2026", "2026-12-31"),
    "datetime": Example(
        "2026-12-31T14:30",
        "2026-12-31T11:30:00+00:00",
        'value="2026-12-31T14:30"',
        "31 Dec, 14:30",
        "31 дек., 14:30",
        "2026-12-31T11:30:00+00:00",
    ),
    "phone": Example(
        "8 912 555-01-77",
        "+79125550177",
        'value="+7 912 555-01-77"',
        "+7 912 555-01-77",
        "+7 912 555-01-77",
        "+79125550177",
    ),
    "email": Example(
        "Ann@Example.org.",
        "ann@example.org",
        'value="ann@example.org"',
        "ann@example.org",
        "ann@example.org",
        "ann@example.org",
    ),
    "user": Example("{rep2}", "{rep2}", 'value="{rep2}" selected', "Maria Sokolova", "Maria Sokolova", "{rep2}"),
    "stage": Example("4", 4, 'value="4"', "Payment", "Оплата", "payment"),
}
OPTIONS = [
    {"key": "a", "label": {"en": "First", "ru": "Первый"}},
    {"key": "b", "label": {"en": "Second", "ru": "Второй"}},
]


def test_rules_and_words_know_the_same_kinds() -> None:
    assert set(FIELD_KINDS) == set(FIELD_WORDS) == set(EXAMPLES)


def _add(app: Flask, entity: str, kind: str) -> None:
    with app.app_context(), transaction() as current:
        options = OPTIONS if field_kind(kind).has_options else []
        current.add(Field(entity=entity, key="own", kind=kind, label={"en": "Our own", "ru": "Своё"}, options=options))
        setups.changed()


@pytest.fixture(params=sorted(EXAMPLES))
def kind(request: pytest.FixtureRequest, app: Flask, clock: Clock) -> str:
    """A kind, with a field of it on deals and on contacts."""
    for entity in ("deal", "contact"):
        _add(app, entity, request.param)
    return str(request.param)


def _example(app: Flask, kind: str) -> Example:
    with app.app_context():
        person = company.person("rep2")
    found = {key: person if value == "{rep2}" else value for key, value in vars(EXAMPLES[kind]).items()}
    return Example(**{key: each.replace("{rep2}", str(person)) if isinstance(each, str) else each for key, each in
                      found.items()} | {"typed": str(found["typed"])})  # fmt: skip


def _inputs(page: str, name: str) -> list[tuple[str, str]]:
    """What a browser would send of one field, untouched."""
    form = next(each for each in re.findall("<form.*?</form>", page, re.DOTALL) if f'name="{name}"' in each)
    sent = []
    for tag in re.findall(r"<(?:input|textarea|select)[^>]*>(?:[^<]*</textarea>|.*?</select>)?", form, re.DOTALL):
        key = re.search(r'name="([^"]+)"', tag)
        if key is None or key[1] not in (name, f"was.{name}", f"was.deal.{name}"):
            continue
        if 'value="[]"' in tag:
            sent.append((key[1], "[]"))
        elif 'type="radio"' in tag or 'type="checkbox"' in tag:
            if " checked" in tag:
                sent.append((key[1], _value(tag)))
        elif tag.startswith("<select"):
            sent.append((key[1], _value(next(o for o in re.findall("<option[^>]*>", tag) if " selected" in o))))
        elif tag.startswith("<textarea"):
            sent.append((key[1], html.unescape(tag.partition(">\n")[2].removesuffix("</textarea>"))))
        else:
            sent.append((key[1], _value(tag)))
    return sent


def _value(tag: str) -> str:
    found = re.search(r'value="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def _kept(app: Flask, model: type[Deal] | type[Contact], record_id: int, key: str = "own") -> object:
    with app.app_context():
        return session().get_one(model, record_id).fields.get(key)


def _post(who: Browser, path: str, sent: list[tuple[str, str]]) -> int:
    data: dict[str, Any] = {}
    for key, each in sent:
        data.setdefault(key, []).append(each)
    return who.post(path, data=data, headers=HTMX).status_code


def test_a_field_is_the_same_at_every_place(app: Flask, kind: str, token: Callable[[str], dict[str, str]]) -> None:
    wanted, who = _example(app, kind), browser(app, "rep1")
    with app.app_context():
        deal_id = acts.deal()
    assert _post(who, f"/deals/{deal_id}", [("deal.own", wanted.typed)]) == 200
    assert _kept(app, Deal, deal_id) == wanted.kept

    page = who.get(f"/deals/{deal_id}").text
    assert wanted.control in page
    assert _post(who, f"/deals/{deal_id}", _inputs(page, "deal.own")) == 200, "saved untouched"
    assert _kept(app, Deal, deal_id) == wanted.kept

    shown = app.test_client().get(f"/api/v1/deals/{deal_id}", headers=token("rep1")).json["fields"]["own"]
    assert shown == wanted.json
    sent = app.test_client().patch(
        f"/api/v1/deals/{deal_id}", json={"fields": {"own": shown}, "amount": "1"}, headers=token("rep1")
    )
    assert (sent.status_code, sent.json["fields"]["own"]) == (200, wanted.json)

    for locale, words in (("en", wanted.en), ("ru", wanted.ru)):
        with app.app_context():
            deal = session().get_one(Deal, deal_id)
            facts = placeholders.facts_of(deal, snapshot_of(deal))
        with reading_as(app, Reader(locale, ZONE)):
            assert fill({"en": "{deal.own}"}, facts) == words
    if kind != "checkbox":  # one that says no reads as one untouched
        assert wanted.en in html.unescape(who.get(f"/deals/{deal_id}").text)


def test_a_contacts_form_saved_untouched_changes_nothing(app: Flask, kind: str) -> None:
    wanted, who = _example(app, kind), browser(app, "rep1")
    with app.app_context():
        contact_id = acts.contact()
    path = f"/contacts/{contact_id}"
    assert _post(who, path, [("contact.own", wanted.typed)]) == 204
    assert _kept(app, Contact, contact_id) == wanted.kept
    page = who.get(path).text
    assert wanted.control in page
    assert _post(who, path, [("name", "Vera"), *_inputs(page, "contact.own")]) == 204
    assert _kept(app, Contact, contact_id) == wanted.kept


def test_a_card_says_what_is_kept(app: Flask, kind: str) -> None:
    wanted, who = _example(app, kind), browser(app, "rep1")
    with app.app_context(), transaction() as current:
        current.execute(update(Field).where(Field.entity == "deal", Field.key == "own").values(shown_as="tag"))
        setups.changed()
    with app.app_context():
        deal_id = acts.deal()
    assert _post(who, f"/deals/{deal_id}", [("deal.own", wanted.typed)]) == 200
    said = ["Our own"] if kind == "checkbox" else wanted.en.split(", ") if kind == "multi_select" else [wanted.en]
    card = re.search(rf'<article class="card[^>]*data-deal="{deal_id}".*?</article>', who.get("/").text, re.DOTALL)
    assert card is not None
    assert re.findall(r'class="tag">([^<]+)<', html.unescape(card[0])) == said


@pytest.mark.both_databases
@pytest.mark.parametrize(("kept", "is_found"), [(["a", "b"], True), (["ab"], False), (["a"], False), (None, False)])
def test_one_of_several_options_is_filtered_by(app: Flask, clock: Clock, kept: object, is_found: bool) -> None:
    _add(app, "deal", "multi_select")
    with app.app_context():
        deal_id = acts.deal()
        with transaction() as current:
            current.execute(update(Field).where(Field.key == "own").values(shown_as="tag"))
            current.get_one(Deal, deal_id).fields = {"own": kept}
            setups.changed()
        found = session().scalars(select(Deal.id).where(within(Filters(tags=("deal.own:b",)), 1)))
        assert (deal_id in set(found)) == is_found


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (("deal.equipment_type:large", "deal.equipment_type:special"), {"large of a", "special of b", "bare large"}),
        (("deal.own:a", "deal.own:b", "deal.equipment_type:large"), {"large of a"}),
        (("deal.own:a", "deal.equipment_type:special", "deal.own:b", "deal.equipment_type:large"), {
            "large of a", "special of b",
        }),
        (("deal.own:a", "deal.equipment_type:special"), set[str]()),
    ],
)  # fmt: skip
def test_any_tag_of_one_field_is_filtered_by_and_all_of_several(
    app: Flask, clock: Clock, tags: tuple[str, ...], found: set[str]
) -> None:
    """A deal has one type of equipment: those of two types at once were none, ever."""
    _add(app, "deal", "multi_select")
    kept = {"large of a": ("large", ["a"]), "special of b": ("special", ["b"]), "bare large": ("large", None)}
    with app.app_context():
        made = {title: acts.deal(title=title) for title in (*kept, "bare")}
        with transaction() as current:
            current.execute(update(Field).where(Field.key == "own").values(shown_as="tag"))
            for title, (size, own) in kept.items():
                current.get_one(Deal, made[title]).fields = {"equipment_type": size, "own": own}
            setups.changed()
        chosen = select(Deal.title).where(Deal.id.in_(made.values()), within(Filters(tags=tags), 1))
        assert set(session().scalars(chosen)) == found


def test_an_archived_option_is_read_and_chosen_no_more(app: Flask, clock: Clock) -> None:
    who = browser(app, "rep1")
    for kind, kept in (("select", "b"), ("multi_select", ["b"])):
        options = [OPTIONS[0], {**OPTIONS[1], "is_archived": True}]
        with app.app_context():
            deal_id, other = acts.deal(), acts.deal()
            with transaction() as current:
                own = Field(entity="deal", key=kind, kind=kind, label={"en": kind}, options=options, shown_as="tag")
                current.add(own)
                current.get_one(Deal, deal_id).fields = {kind: kept}
                setups.changed()
        page = who.get(f"/deals/{deal_id}").text
        assert ">Second</label>" in page, "where it was chosen"
        assert ">Second</label>" not in who.get("/deals/new").text
        assert "Second" in who.get("/").text
        assert _post(who, f"/deals/{other}", [(f"deal.{kind}", "b")]) == 422
        assert _post(who, f"/deals/{deal_id}", [(f"deal.{kind}", "b")]) == 200, "it stays where it stands"
        assert _kept(app, Deal, deal_id, kind) == kept
        assert _post(who, f"/deals/{deal_id}", [(f"deal.{kind}", "a"), (f"was.deal.{kind}", "b")]) == 200


def _percent(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    if not isinstance(raw, str | int) or not str(raw).rstrip("%").isdecimal():
        raise FieldError("not_a_number")
    return int(str(raw).rstrip("%"))


PERCENT = FieldKind(
    "percent",
    _percent,
    ("eq", "gt"),
    lambda value: value if isinstance(value, int) else None,
    as_json=lambda value, digits: None if value is None else f"{value}%",
    fact=lambda spec, value, currency: f"{value} %",
)
PERCENT_WORDS = FieldWords(
    words=lambda spec, stored, currency: f"{stored} of a hundred",
    typed=lambda spec, stored, currency: f"{stored}%",
    inputmode="numeric",
)


@pytest.fixture
def percent() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FIELD_KINDS, "percent", PERCENT)
        patch.setitem(FIELD_WORDS, "percent", PERCENT_WORDS)
        patch.setitem(EXAMPLES, "percent", Example("12%", 12, 'value="12%"', "12 %", "12 %", "12%"))
        yield


def test_a_new_kind_is_known_everywhere(
    app: Flask, clock: Clock, percent: None, token: Callable[[str], dict[str, str]]
) -> None:
    for entity in ("deal", "contact"):
        _add(app, entity, "percent")
    who = browser(app, "rep1")
    with app.app_context():
        deal_id = acts.deal()
    assert 'inputmode="numeric"' in who.get("/deals/new").text
    assert _post(who, f"/deals/{deal_id}", [("deal.own", "12%")]) == 200
    assert _post(who, f"/deals/{deal_id}", [("deal.own", "many")]) == 422
    assert _kept(app, Deal, deal_id) == 12
    page = who.get(f"/deals/{deal_id}").text
    assert 'value="12%"' in page
    assert "12 of a hundred" in page, "the history says it"
    assert app.test_client().get(f"/api/v1/deals/{deal_id}", headers=token("rep1")).json["fields"]["own"] == "12%"
    test_a_contacts_form_saved_untouched_changes_nothing(app, "percent")


def test_a_kind_that_is_there_no_more_breaks_no_page(app: Flask, clock: Clock) -> None:
    _add(app, "deal", "gone")
    with app.app_context():
        deal_id = acts.deal()
        with transaction() as current:
            current.get_one(Deal, deal_id).fields = {"own": "something"}
    page = browser(app, "rep1").get(f"/deals/{deal_id}")
    assert (page.status_code, "something" in page.text) == (200, True)


SMALL_AND_LARGE = {
    "0,00001": ("0.00001", "0,00001"),
    "1234567.25": ("1234567.25", "1\u00a0234\u00a0567,25"),
    "-4": ("-4", "-4"),
    "100000000000000": ("100000000000000", "100\u00a0000\u00a0000\u00a0000\u00a0000"),
}


@pytest.mark.parametrize("typed", SMALL_AND_LARGE)
def test_a_number_is_told_with_all_its_digits_and_read_back_from_its_control(
    app: Flask, clock: Clock, typed: str
) -> None:
    _add(app, "deal", "number")
    with app.app_context(), transaction() as current:
        current.execute(update(User).values(locale="ru"))
        current.execute(update(Field).where(Field.key == "own").values(shown_as="tag"))
        setups.changed()
    control, words = SMALL_AND_LARGE[typed]
    who = browser(app, "rep1")
    with app.app_context():
        deal_id = acts.deal()
    assert _post(who, f"/deals/{deal_id}", [("deal.own", typed)]) == 200
    kept, page = _kept(app, Deal, deal_id), html.unescape(who.get(f"/deals/{deal_id}").text)
    assert f'value="{control}"' in page
    assert re.search(rf"<[^>]*>[^<]*{re.escape(words)}[^<]*<", page.partition("history")[2]), "the history says it"
    assert f'class="tag">{words}<' in html.unescape(who.get("/").text)
    assert _post(who, f"/deals/{deal_id}", _inputs(page, "deal.own")) == 200, "saved untouched"
    assert _post(who, f"/deals/{deal_id}", [("deal.own", control)]) == 200, "typed anew"
    assert _kept(app, Deal, deal_id) == kept


def test_a_limit_is_told_as_its_reader_writes_numbers(app: Flask, clock: Clock) -> None:
    with app.app_context(), transaction() as current:
        current.execute(update(User).values(locale="ru"))
        setups.changed()
    with app.app_context():
        deal_id = acts.deal()
    refused = browser(app, "rep1").post(f"/deals/{deal_id}", data={"amount": "100000000000000"}, headers=HTMX)
    assert "не больше 10\u00a0000\u00a0000\u00a0000\u00a0000" in html.unescape(refused.text)
