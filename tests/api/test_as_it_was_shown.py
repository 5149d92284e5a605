"""An act decides on what somebody has seen: each writing verb of the API takes what its page sends along, refuses when
another hand was quicker, and holds without it. A verb that takes none says here why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from tests.api.callers import Caller
from tests.api.test_api_rights import routes

Calling = Callable[[str], Caller]
DAY = "2027-03-01T10:00:00+03:00"
STEP = {"title": "Ask again", "due_at": DAY}


@dataclass
class Scene:
    rep: Caller
    head: Caller

    def deal(self, **more: Any) -> Any:
        return self.rep.post("/deals", {"title": "A press", **more})

    def invoice(self) -> Any:
        given = {"number": f"N-{self.deal()['id']}", "amount": "100.00", "due_on": "2027-01-01"}
        return self.rep.post("/invoices", {"deal_id": self.deal()["id"], **given})

    def task(self, *, handed_in: bool = False) -> Any:
        made = self.head.post("/tasks", {"title": "Call", "assignee_id": self.rep.id, "accept": True})
        return self.rep.post(f"/tasks/{made['id']}/submissions", {"result": "Done"}) if handed_in else made

    def contact(self, name: str) -> Any:
        return self.rep.post("/contacts", {"name": name, "company": "Ost"})


@dataclass
class Case:
    """What one sends, with what was shown; what another does meanwhile; and what is sent by whoever has looked
    again."""

    path: str
    body: dict[str, Any]
    shown: dict[str, Any]
    meanwhile: Callable[[], object]
    looked: Callable[[], dict[str, Any]]
    who: Caller
    code: str = "stale"
    status: int = 409


def edit(s: Scene) -> Case:
    path = f"/deals/{s.deal()['id']}"
    return Case(
        path,
        {"title": "Mine"},
        {"version": s.rep.get(path)["version"]},
        lambda: s.head.patch(path, {"title": "Theirs"}),
        lambda: {"version": s.rep.get(path)["version"]},
        s.rep,
    )


def move(s: Scene) -> Case:
    path = f"/deals/{s.deal()['id']}"
    return Case(
        f"{path}/moves",
        {"stage": "data_collection"},
        {"version": s.rep.get(path)["version"]},
        lambda: s.head.patch(path, {"title": "Theirs"}),
        lambda: {"version": s.rep.get(path)["version"]},
        s.rep,
    )


def step_shown(s: Scene, path: str) -> dict[str, Any]:
    step = s.rep.get(path)["next_step"]
    return {"task_id": step["task_id"], "version": step["version"]}


def step(s: Scene) -> Case:
    path = f"/deals/{s.deal(next_step=STEP)['id']}"
    return Case(
        f"{path}/next_steps",
        {**STEP, "title": "Mine"},
        step_shown(s, path),
        lambda: s.head.post(f"{path}/next_steps", {**STEP, "title": "Theirs"}),
        lambda: step_shown(s, path),
        s.rep,
    )


def first_step(s: Scene) -> Case:
    path = f"/deals/{s.deal()['id']}"
    return Case(
        f"{path}/next_steps",
        {**STEP, "title": "Mine"},
        {"task_id": 0},
        lambda: s.head.post(f"{path}/next_steps", {**STEP, "title": "Theirs"}),
        lambda: step_shown(s, path),
        s.rep,
    )


def step_of_an_edit(s: Scene) -> Case:
    path = f"/deals/{s.deal(next_step=STEP)['id']}"
    mine = {**STEP, "title": "Mine"}
    return Case(
        path,
        {"next_step": mine},
        {"next_step": {**mine, **step_shown(s, path)}},
        lambda: s.head.post(f"{path}/next_steps", {**STEP, "title": "Theirs"}),
        lambda: {"next_step": {**mine, **step_shown(s, path)}},
        s.rep,
    )


def completion(s: Scene) -> Case:
    path = f"/deals/{s.deal(next_step=STEP)['id']}"
    return Case(
        f"{path}/next_steps/completions",
        {},
        step_shown(s, path),
        lambda: s.head.post(f"{path}/next_steps", {**STEP, "title": "Theirs"}),
        lambda: step_shown(s, path),
        s.rep,
    )


def contact(s: Scene) -> Case:
    path = f"/contacts/{s.contact('Vera')['id']}"
    return Case(
        path,
        {"name": "Mine"},
        {"version": s.rep.get(path)["version"]},
        lambda: s.head.patch(path, {"name": "Theirs"}),
        lambda: {"version": s.rep.get(path)["version"]},
        s.rep,
    )


def merge(s: Scene) -> Case:
    goes, into = (s.contact(each) for each in ("Vera B.", "Vera Belova"))
    path = f"/contacts/{goes['id']}"
    return Case(
        f"{path}/merges",
        {"into": into["id"]},
        {"version": goes["version"], "into_version": into["version"]},
        lambda: s.head.patch(path, {"name": "Theirs"}),
        lambda: {"version": s.rep.get(path)["version"]},
        s.rep,
    )


def company(s: Scene) -> Case:
    admin = Caller.of(s.rep.app, "admin")
    if not any(each["key"] == "size" for each in admin.items("/fields")):
        admin.post("/fields", {"entity": "company", "kind": "number", "label": {"en": "Size"}})
    path = f"/companies/{s.contact('Vera')['company_id']}"
    return Case(
        path,
        {"fields": {"size": 7}},
        {"version": s.rep.get(path)["version"]},
        lambda: s.head.patch(path, {"fields": {"size": 8}}),
        lambda: {"version": s.rep.get(path)["version"]},
        s.rep,
    )


def issue(s: Scene) -> Case:
    deal = s.deal()["id"]
    given = {"deal_id": deal, "amount": "100.00", "due_on": "2027-01-01"}

    def latest() -> dict[str, Any]:
        return {"latest_id": next((each["id"] for each in s.rep.items(f"/invoices?deal_id={deal}")), 0)}

    return Case(
        "/invoices",
        {**given, "number": f"M-{deal}"},
        latest(),
        lambda: s.head.post("/invoices", {**given, "number": f"T-{deal}"}),
        latest,
        s.rep,
    )


def payment(s: Scene) -> Case:
    path = f"/invoices/{s.invoice()['id']}"
    return Case(
        f"{path}/payments",
        {"amount": "10.00"},
        {"paid": s.rep.get(path)["paid"]},
        lambda: s.head.post(f"{path}/payments", {"amount": "20.00"}),
        lambda: {"paid": s.rep.get(path)["paid"]},
        s.rep,
    )


def submission(s: Scene) -> Case:
    path = f"/tasks/{s.task()['id']}"

    def back() -> None:
        s.rep.post(f"{path}/submissions", {"result": "Early"})
        s.head.post(f"{path}/returns", {"reason": "No stamp"})

    return Case(
        f"{path}/submissions",
        {"result": "Mine"},
        {"returns": len(s.rep.get(path)["returns"])},
        back,
        lambda: {"returns": len(s.rep.get(path)["returns"])},
        s.rep,
        "returned_anew",
    )


def decision(noun: str, body: dict[str, Any]) -> Callable[[Scene], Case]:
    def case(s: Scene) -> Case:
        path = f"/tasks/{s.task(handed_in=True)['id']}"

        def anew() -> None:
            s.head.post(f"{path}/returns", {"reason": "No stamp"})
            s.rep.post(f"{path}/submissions", {"result": "Other"})

        return Case(
            f"{path}/{noun}",
            body,
            {"submission": s.head.get(path)["submission"]},
            anew,
            lambda: {"submission": s.head.get(path)["submission"]},
            s.head,
            "handed_in_anew",
        )

    return case


def handover(s: Scene) -> Case:
    path = f"/tasks/{s.task()['id']}"
    rep2 = Caller.of(s.rep.app, "rep2").id
    return Case(
        f"{path}/handovers",
        {"to": s.head.id},
        {"assignee_id": s.rep.id},
        lambda: s.head.post(f"{path}/handovers", {"to": rep2}),
        lambda: {"assignee_id": s.head.get(path)["assignee_id"]},
        s.head,
    )


def reply(s: Scene) -> Case:
    given = {"channel": "form", "contact": {"name": "Oleg", "external_id": "x-1"}, "text": "Hello"}
    path = f"/conversations/{s.rep.post('/inquiries', given)['conversation_id']}/messages"

    def last() -> dict[str, Any]:
        return {"seen": s.rep.items(path)[0]["id"]}

    return Case(path, {"text": "A hundred."}, last(), lambda: s.head.post(path, {"text": "Ninety."}), last, s.rep)


def first_word(s: Scene) -> Case:
    one, other = (s.contact(each)["id"] for each in ("Vera", "Anna"))
    path = f"/deals/{s.deal(contact_id=one)['id']}"
    return Case(
        f"{path}/messages",
        {"text": "Good day"},
        {"contact_id": one},
        lambda: s.head.patch(path, {"contact_id": other}),
        lambda: {"contact_id": s.rep.get(path)["contact_id"]},
        s.rep,
        "bad_fields",
        422,
    )


def first_word_of_two(s: Scene) -> Case:
    path = f"/deals/{s.deal(contact_id=s.contact('Vera')['id'])['id']}"

    def last() -> dict[str, Any]:
        (talk,) = s.rep.items(f"/conversations?deal_id={path.removeprefix('/deals/')}")
        return {"seen": s.rep.items(f"/conversations/{talk['id']}/messages")[0]["id"]}

    by_another = lambda: s.head.post(f"{path}/messages", {"text": "Ninety."})  # noqa: E731
    return Case(f"{path}/messages", {"text": "A hundred."}, {"seen": 0}, by_another, last, s.rep)


CASES: dict[tuple[str, str], list[Callable[[Scene], Case]]] = {
    ("PATCH", "/deals/<deal_id>"): [edit, step_of_an_edit],
    ("POST", "/deals/<deal_id>/moves"): [move],
    ("POST", "/deals/<deal_id>/next_steps"): [step, first_step],
    ("POST", "/deals/<deal_id>/next_steps/completions"): [completion],
    ("POST", "/deals/<deal_id>/messages"): [first_word, first_word_of_two],
    ("POST", "/conversations/<conversation_id>/messages"): [reply],  # and below
    ("PATCH", "/contacts/<contact_id>"): [contact],
    ("POST", "/contacts/<contact_id>/merges"): [merge],
    ("PATCH", "/companies/<company_id>"): [company],
    ("POST", "/invoices"): [issue],
    ("POST", "/invoices/<invoice_id>/payments"): [payment],
    ("POST", "/tasks/<task_id>/submissions"): [submission],
    ("POST", "/tasks/<task_id>/acceptances"): [decision("acceptances", {})],
    ("POST", "/tasks/<task_id>/returns"): [decision("returns", {"reason": "No date"})],
    ("POST", "/tasks/<task_id>/handovers"): [handover],
}
WHY_NOT = {
    "it makes something new, or adds a word": (
        "POST /deals",
        "POST /tasks",
        "POST /contacts",
        "POST /inquiries",
        "POST /absences",
        "POST /deals/<deal_id>/notes",
        "POST /tasks/<task_id>/comments",
        "POST /tasks/<task_id>/files",
        "POST /users",
        "POST /users/<user_id>/links",
        "POST /departments",
        "POST /calendars",
        "POST /seasons",
        "POST /webhooks",
        "POST /rehearsals",
        "POST /gateways/<kind>/tests",
    ),
    "a second one comes true already, or is refused by what became of it": (
        "DELETE /deals/<deal_id>",
        "DELETE /tasks/<task_id>/files/<file_id>",
        "POST /important/<item_id>/",
        "POST /calls/<call_id>/",
        "POST /deliveries/<delivery_id>/retries",
        "POST /notifications/<notification_id>/readings",
        "POST /conversations/<conversation_id>/answers_elsewhere",
        "DELETE /rehearsals/<rehearsal_id>",
        "DELETE /webhooks/<webhook_id>",
        "DELETE /users/me/tokens/<token_id>",
        "DELETE /absences/<absence_id>",
    ),
    "what it asks for is one's own, or its page sends nothing along either": (
        "POST /tasks/<task_id>/reminders",
        "PUT /users/<user_id>/channels",
        "POST /users/<user_id>/channels/confirmations",
        "PUT /users/<user_id>/telling",
        "POST /webhooks/<webhook_id>/secrets",
        "PUT /gateways/<kind>",
        "DELETE /gateways/<kind>",
    ),
    "the set-up: a version of its own, or a plan that is tied to what it read": (
        *(f"{verb} /{each}" for verb in ("POST", "PATCH", "DELETE") for each in ("pipelines", "stages", "fields")),
        *(f"{verb} /{each}" for verb in ("POST", "PATCH", "DELETE") for each in ("robots", "triggers", "setup")),
    ),
    "settings, by admins: only what is given is written, and a program has no form that stands open": (
        "PATCH /users/<user_id>",
        "POST /users/<user_id>/moves",
        "PATCH /firm",
        "PATCH /calendars/<calendar_id>",
        "DELETE /calendars/<calendar_id>",
        "PATCH /seasons/<season_id>",
        "DELETE /seasons/<season_id>",
        "PATCH /departments/<department_id>",
        "DELETE /departments/<department_id>",
        "PATCH /absences/<absence_id>",
    ),
}
OPEN_AT_THE_END = ("/", "pipelines", "stages", "fields", "robots", "triggers", "setup")


def is_told(verb: str) -> bool:
    return any(
        verb == each or (each.endswith(OPEN_AT_THE_END) and verb.startswith(each))
        for told in WHY_NOT.values()
        for each in told
    )


def test_every_writing_verb_takes_what_was_shown_or_says_why_not(app: Flask) -> None:
    writes = {(method, rule) for method, rule in routes(app) if method != "GET"}
    assert len(writes) > 70
    assert CASES.keys() <= writes
    assert sorted(f"{method} {rule}" for method, rule in writes - CASES.keys() if not is_told(f"{method} {rule}")) == []


def read(case: Case) -> Any:
    """All that the act could change, as it stands now."""
    rooms = ("/deals", "/tasks", "/contacts", "/invoices", "/conversations")
    return [case.who.call("GET", path).json for path in rooms]


@pytest.mark.parametrize(
    "make", [each for cases in CASES.values() for each in cases], ids=lambda each: each.__qualname__
)
def test_who_was_shown_something_else_is_told_and_who_says_nothing_is_not_asked(
    calling: Calling, clock: Any, make: Callable[[Scene], Case]
) -> None:
    scene = Scene(calling("rep1"), calling("north"))
    method = next(key[0] for key, cases in CASES.items() if make in cases)

    def met() -> Case:
        case = make(scene)
        clock.go_on(seconds=1)
        case.meanwhile()
        clock.go_on(seconds=1)
        return case

    case = met()
    before = read(case)
    refused = case.who.call(method, case.path, {**case.body, **case.shown})
    assert (refused.status_code, refused.json["error"]) == (case.status, case.code), refused.text
    assert case.status != 409 or "current" in refused.json
    assert read(case) == before
    looked = case.who.call(method, case.path, {**case.body, **case.looked()})
    assert looked.status_code < 300, looked.text
    unasked = met()
    answer = unasked.who.call(method, unasked.path, unasked.body)
    assert answer.status_code < 300, answer.text


def test_a_reply_that_is_sent_twice_is_one_and_whoever_has_seen_it_says_it_again(calling: Calling) -> None:
    rep1 = calling("rep1")
    rep1.post("/contacts", {"name": "Oleg", "external_id": "x-1"})
    given = {"channel": "form", "contact": {"name": "Oleg", "external_id": "x-1"}, "text": "Hello"}
    path = f"/conversations/{rep1.post('/inquiries', given)['conversation_id']}/messages"
    (asked,) = rep1.items(path)
    said = rep1.post(path, {"text": "A hundred.", "seen": asked["id"]})
    assert rep1.post(path, {"text": "A hundred.", "seen": asked["id"]}) == said
    assert rep1.post(path, {"text": "A hundred.", "seen": said["id"]}) != said
    rep1.post(path, {"text": "A hundred."})
    assert [each["text"] for each in rep1.items(path)] == ["A hundred."] * 3 + ["Hello"]
