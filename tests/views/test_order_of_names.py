"""People and countries stand in the order of the reader's alphabet, wherever a page lists them by name."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import Browser, browser
from webapp.db import transaction
from webapp.models import User
from webapp.snapshots import setups

NAMES = {
    "rep1": "Юлия", "rep2": "Ёлкин", "rep3": "Ежов", "north": "Женя", "head": "Étienne", "south-deputy": "Zoe",
    "admin": "Яна",
}  # fmt: skip
ORDER = {
    "ru": ["Ежов", "Ёлкин", "Женя", "Юлия", "Яна", "Étienne", "Zoe"],
    "en": ["Étienne", "Zoe", "Ежов", "Ёлкин", "Женя", "Юлия", "Яна"],
}
BY_NAME = {"in_order", "in_alphabet", "place_in_alphabet", "alphabetical"}


@pytest.fixture(params=ORDER)
def reader(request: pytest.FixtureRequest, app: Flask, clock: Clock) -> Browser:
    """The admin, in one of the languages; each has a deal in whose stage time passes."""
    with app.app_context():
        for name in ("rep1", "rep2", "rep3", "head"):
            acts.deal(rep=name)
        clock.go_on(days=30)
        with transaction() as current:
            for name, called in NAMES.items():
                who = User.id == company.person(name)
                current.execute(update(User).where(who).values(name=called, locale=request.param))
            setups.changed()
    made = browser(app, "admin")
    made.environ_base["lang"] = request.param
    return made


def listed(page: str, part: str) -> list[str]:
    """Names within the first element that the pattern begins, each once."""
    found = re.search(part, html.unescape(page), re.DOTALL)
    assert found, part
    return list(dict.fromkeys(re.findall("|".join(NAMES.values()), found[0])))


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/settings/people", r"<main.*?</table>"),
        ("/tasks", r'<select[^>]*name="assignee_id".*?</select>'),
        ("/figures?by=person", r"<main.*?</table>"),
        ("/pipelines/sales/ages", r"<table(?!.*<table).*?</table>"),
    ],
)
def test_people_stand_in_the_readers_order(reader: Browser, path: str, part: str) -> None:
    found = listed(reader.get(path).text, part)
    wanted = ORDER[reader.environ_base["lang"]]
    assert len(found) > 2
    assert found == [each for each in wanted if each in found]


def test_countries_stand_in_the_readers_order(reader: Browser) -> None:
    page = html.unescape(reader.get("/settings/firm").text)
    (chosen,) = re.findall(r'<select[^>]*name="country".*?</select>', page, re.DOTALL)
    names = re.findall(r'<option value="[A-Z]{2}"[^>]*>([^<]+)</option>', chosen)
    near = {"en": ("Albania", "Åland Islands", "Afghanistan"), "ru": ("Австрия", "Азербайджан", "Албания")}
    at = [names.index(each) for each in near[reader.environ_base["lang"]]]
    assert max(at) < 15, [names[each] for each in at]


def sorts(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("sorted", "sort", "order_by"):
            said = ast.unparse(node)
            if re.search(r"\.name\b|\.title\b|\.label\b|casefold|\.lower\(", said.partition("key=")[2]):
                yield node.lineno, said


def test_nothing_is_sorted_by_the_codes_of_letters() -> None:
    rooms = ("queries", "views", "web", "api", "i18n")
    places = [path for room in rooms for path in Path("webapp", room).rglob("*.py")]
    assert len(places) > 100
    found = [(str(path), line, said) for path in places for line, said in sorts(path)]
    assert [each for each in found if not any(name in each[2] for name in BY_NAME)] == []
