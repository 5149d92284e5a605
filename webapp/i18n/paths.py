"""How the people were found who were told: each look of the resolver in words, and in one line who was passed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from webapp.i18n import N_, formats
from webapp.i18n.isolates import gettext, isolated
from webapp.snapshots.setups import SetupSnapshot

POSTS = {
    "head": N_("head of %(department)s"),
    "deputy": N_("deputy head of %(department)s"),
    "fallback": N_("admin"),
    "anyone": N_("anyone available"),
    "alone": N_("nobody else works here"),
    "named": N_("named in the robot"),
    "cover": N_("stands in for the responsible"),
    "acceptor": N_("was to accept the work"),
}
VERDICTS = {
    "vacant": N_("vacant"),
    "inactive": N_("no longer works here"),
    "absent": N_("away"),
    "never_in": N_("has not come in yet"),
    "is_the_one": N_("is the one this is about"),
    "told": N_("already knew"),
    "chosen": N_("was told"),
}
PASSED_OVER = frozenset(VERDICTS) - {"chosen"}
Steps = Iterable[Mapping[str, Any]]


def path(steps: Steps, setup: SetupSnapshot) -> list[str]:
    """Every look, one line each."""
    return [_look(each, setup) for each in steps]


def passed_over(steps: Steps, setup: SetupSnapshot) -> str:
    """Whom the way went past, and why: "passed over: head of Sales North: Anna Krylova, away". "" for nobody, and where
    nobody was found at all."""
    looks = list(steps)
    past = dict.fromkeys(_look(each, setup) for each in looks if each["verdict"] in PASSED_OVER)
    found = any(each["verdict"] == "chosen" for each in looks)
    return gettext("passed over: %(people)s", people="; ".join(past)) if past and found else ""


def _look(step: Mapping[str, Any], setup: SetupSnapshot) -> str:
    department = formats.text(setup.department_names.get(step.get("department_id") or 0))
    post = gettext(POSTS.get(step["post"], step["post"]), department=department)
    verdict = gettext(VERDICTS.get(step["verdict"], step["verdict"]))
    person = setup.name_of(step.get("person_id"))
    return f"{post}: {isolated(person)}, {verdict}" if person else f"{post}: {verdict}"
