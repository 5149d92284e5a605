"""Whatever the code can raise, tell or write down has words: its sources are searched for every code, kind and
event."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from rules.tasks import DONE
from webapp.api import types
from webapp.errors import STATUS
from webapp.i18n import deliveries, history, important, notifications, refusals, runs
from webapp.models import Notification
from webapp.web import templating

ROOT = Path(__file__).parents[1]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")

# Who takes a code, and as which argument.
RAISING = {
    "FieldError": 0, "TimingError": 0, "CalendarError": 0, "ConditionError": 0, "PydanticCustomError": 0,
    "bad": 1, "Problem": 1, "_read_moment": 1, "invalid": 1, "Unfit": 0,
}  # fmt: skip
ADDED = {"Unfit": {"file"}}  # by whoever takes it on
FROM_OTHERS = {"changed_meanwhile": {"now"}, "held_by_task": {"stage"}}  # by refusals.py, of the facts that come along
OF_CHART = {"name", "who", "way", "holders"}  # of which refusals.py makes those that are not given
SENTENCES = {"required_fields", "client_lacks", "stale", "wrong_state", "call_settled"}  # composed from their facts
SAID_BY_STATE = {"told", "task_open", "condition_false", "once_per_deal", *runs.COMPOSED}
ROBOTS_OWN = {"robot.control", "robot.notify"}  # in the firm's words
# Not for a deal's history: what is done with contacts, accounts and robots themselves.
SILENT = {
    "absence.cover_changed",
    "contact.created",
    "contact.handed_over",
    "gateway.removed",
    "gateway.set",
    "firm.edited",
    "firm.founded",
    "pipeline.inquiry_turn_taken",
    "pipeline.turn_taken",
    "robot.starter_set_taken",
    "runs.counted_anew",
    "clock.counted_again",
    "setup.published",
    "telephony.line_removed",
    "telephony.line_set",
    "telephony.removed",
    "telephony.set",
    "trigger.address_ended",
    "trigger.address_made",
    "webhook.added",
    "webhook.secret_renewed",
    "webhook.removed",
    "webhook.tested",
}
SILENT_ENTITIES = ("user.", "department.", "hand_over.", "calendar.", "absence.", "season.")

ITEMS = (
    "opened",
    "taken",
    "snoozed",
    "came_back",
    "handed_on",
    "asked",
    "explained",
    "climbed",
    "passed_on",
    "settled",
)

# What an argument that is put together at run time can be.
COMPOSED = {
    "f'{role}.silent'": {"worker.silent", "ticker.silent"},
    "f'{entity}.edited'": {"deal.edited", "contact.edited", "company.edited"},
    "f'task.{rules.DONE[verb]}'": {f"task.{done}" for done in DONE.values()},
    "f'task.{alarm.kind}'": {"task.deadline_coming", "task.overdue", "task.acceptance_overdue"},
    "f'task.{state}'": {"task.done", "task.cancelled"},
    "f'next_step.{done}'": {f"next_step.{each}" for each in ("agreed", "changed", "done", "cancelled", "taken_back")},
    "f'important.{done}'": {f"important.{each}" for each in ITEMS},
    "f'delivery.{state}'": {f"delivery.{each}" for each in ("sent", "delivered", "failed", "cancelled")},
    "kind": set(),  # handed on as it came
}


@cache
def scripts() -> dict[str, str]:
    """Our JavaScript without its comments."""
    folder = ROOT / "webapp" / "static" / "js"
    return {path.name: re.sub(r"(?m)^\s*//.*$|\s// .*$", "", path.read_text()) for path in folder.glob("*.js")}


@cache
def sources(*folders: str) -> tuple[ast.Module, ...]:
    return tuple(ast.parse(path.read_text()) for each in folders for path in sorted((ROOT / each).rglob("*.py")))


@cache
def calls(*folders: str) -> tuple[tuple[str, ast.Call], ...]:
    """Every call by a plain or dotted name, with that name."""
    found = (node for tree in sources(*folders) for node in ast.walk(tree) if isinstance(node, ast.Call))
    return tuple((ast.unparse(each.func), each) for each in found if isinstance(each.func, ast.Name | ast.Attribute))


def meant(argument: ast.expr) -> set[str]:
    return {argument.value} if isinstance(argument, ast.Constant) else COMPOSED[ast.unparse(argument)]


def raised() -> Iterator[tuple[str, set[str] | None]]:
    """Codes, each with the names of the facts that come along; None: these are known when it runs."""
    for name, call in calls("rules", "webapp"):
        taker = name.split(".")[-1]
        at = RAISING.get(taker)
        if at is None or len(call.args) <= at or not isinstance(code := call.args[at], ast.Constant):
            continue
        kept = named_in(call)
        for each in call.args[at + 1 :]:
            found = keys_of(each) if isinstance(each, ast.Dict) else None
            kept = kept | found if kept is not None and found is not None else None
        yield code.value, kept if kept is None else kept | ADDED.get(taker, set())


def named_in(call: ast.Call) -> set[str] | None:
    names = [each.arg for each in call.keywords]
    return None if None in names else {each for each in names if each}


def keys_of(facts: ast.Dict) -> set[str] | None:
    return {ast.literal_eval(key) for key in facts.keys if key} if None not in facts.keys else None


def refused() -> Iterator[tuple[str, set[str] | None]]:
    """Reasons of refusals, each with the names of its facts."""
    for name, call in calls("webapp"):
        if name == "Refused" and _is_named(call):
            yield call.args[0].value, named_in(call)  # type: ignore[attr-defined]  # _is_named


def noted() -> Iterator[tuple[str, set[str] | None]]:
    """Codes that stand in facts, {"code": …}, each with the names of those beside it."""
    for tree in sources("webapp/services", "webapp/views", "webapp/api"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "code" and isinstance(value, ast.Constant):
                        yield value.value, keys_of(node)


def told() -> set[str]:
    found: set[str] = set()
    for name, call in calls("webapp/services", "jobs"):
        if name in ("notifications.tell", "task_notices.tell", "_tell", "_end"):
            kind = call.args[3 if len(call.args) > 4 else 1]
            found |= meant(kind)
        if name == "_warn":
            found |= meant(call.args[0])
    return found


def written() -> set[str]:
    found: set[str] = set()
    for name, call in calls("webapp", "jobs"):
        if name == "journal.write":
            found |= meant(call.args[0])
        if name == "_end":
            found |= {"task.cancelled"} & meant(call.args[1])
    return found


def test_every_problem_of_a_field_has_words_and_their_facts() -> None:
    for code, facts in raised():
        assert code in refusals.PROBLEMS, code
        assert lacking(refusals.PROBLEMS, code, facts) == set(), code


def lacking(words: Mapping[str, str], code: str, facts: set[str] | None) -> set[str]:
    """Placeholders of a sentence that nothing at the place that raises it fills: a KeyError for whoever is refused."""
    return set() if facts is None else {*PLACEHOLDER.findall(words[code])} - facts - FROM_OTHERS.get(code, set())


def test_every_problem_and_refusal_brings_the_facts_of_its_words() -> None:
    for code, facts in noted():
        assert code not in refusals.PROBLEMS or lacking(refusals.PROBLEMS, code, facts) == set(), code
    for reason, facts in refused():
        known = facts if reason not in refusals.CHART or facts is None else facts | OF_CHART
        assert reason in SENTENCES or lacking(refusals.REASONS, reason, known) == set(), reason


def test_what_the_api_finds_wrong_has_words() -> None:
    for code in types.CODES.values():
        assert set(PLACEHOLDER.findall(refusals.PROBLEMS[code])) <= {"limit"}, code


def test_every_code_in_kept_facts_has_words() -> None:
    known = refusals.PROBLEMS.keys() | runs.REASONS.keys() | deliveries.REASONS.keys() | important.REASONS.keys()
    assert {code for code, _ in noted()} <= known | SAID_BY_STATE


def test_every_refusal_has_a_sentence() -> None:
    may = next(each for each in sources("rules") for each in each.body if getattr(each, "name", "") == "may")
    answers = [each for each in ast.walk(may) if isinstance(each, ast.Return)]
    reasons = {each.value for answer in answers for each in ast.walk(answer) if isinstance(each, ast.Constant)}
    reasons |= {reason for reason, _ in refused()}
    assert reasons - {None} | STATUS.keys() <= refusals.REASONS.keys() | SENTENCES


def _is_named(call: ast.Call) -> bool:
    return isinstance(call.args[0], ast.Constant)


def test_every_kind_of_notification_is_worded_and_none_in_vain() -> None:
    assert told() - ROBOTS_OWN == set(notifications.NOTIFICATION_KINDS)


def test_every_event_of_the_journal_is_worded_or_silent_on_purpose() -> None:
    heard = {each for each in written() - SILENT if not each.startswith(SILENT_ENTITIES)}
    assert heard == set(history.WORDINGS)


@pytest.mark.parametrize(("language", "letters"), [("en", "[A-Za-z]"), ("ru", "[А-Яа-я]")])
def test_a_notification_is_worded_whatever_facts_it_has(inside: Flask, language: str, letters: str) -> None:
    with templating.reading_as(inside, templating.Reader(language, "Europe/Moscow")):
        for kind in notifications.NOTIFICATION_KINDS:
            words = templating.notification(Notification(kind=kind, facts={}, text=None))
            assert re.search(letters, words.title + words.body), kind


def test_a_translation_keeps_every_placeholder() -> None:
    with (ROOT / "webapp/translations/ru/LC_MESSAGES/messages.po").open("rb") as file:
        for message in read_po(file, locale="ru"):
            said = message.id[-1] if isinstance(message.id, tuple) else message.id
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(
                sorted(PLACEHOLDER.findall(said)) == sorted(PLACEHOLDER.findall(form)) for form in forms if form
            ), said


@pytest.mark.parametrize("name", scripts())
def test_no_script_knows_a_language(name: str) -> None:
    """Whatever a page says by itself comes with it, in data- attributes: a new language changes no script."""
    assert scripts()[name].isascii()
    assert not re.search(r"""[!=]==? *["'](en|ru)\b|["'](en|ru)["'] *[!=:]==?""", scripts()[name])
