"""Who may do what on every page. A page, an API route or a socket without its case here fails the build.

Nothing in here changes the firm (that is what is tested), so one firm serves all cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from tests import servers
from tests.api import test_api_rights as api
from tests.views.scenes import HTMX, Browser, Scene, browser, rows, said, scene, standing_firm, stranger
from webapp.api.routes import bp
from webapp.errors import Refused

V1 = api.V1
DEPARTMENT = "/settings/org/departments/<int:department_id>"
PERSON = "/settings/people/<int:user_id>"
HOOK = "/settings/channels/webhooks/<int:webhook_id>"
CALENDAR = "/settings/calendars/<int:calendar_id>"


@dataclass(frozen=True)
class Case:
    """`asks` for a path with ids of North's deal; what an outsider of South gets, what a colleague who only reads it
    gets. `sends` is a form that its owner could send; `says` is why a colleague may not."""

    path: str
    outsider: int
    colleague: int
    sends: dict[str, str] = field(default_factory=dict)
    says: str = ""


WRITES = 0  # what is kept of a client, colleagues change too: tests/services/test_clients_of_others.py


PUBLIC = {  # what it answers to nobody in particular
    ("GET", "/sign-in"): ("/sign-in", {200}),
    ("POST", "/sign-in"): ("/sign-in", {400}),  # no token
    ("GET", "/health"): ("/health", {200, 503}),
    ("GET", "/favicon.ico"): ("/favicon.ico", {200}),
    ("GET", "/manifest.webmanifest"): ("/manifest.webmanifest", {200}),
    ("POST", "/hooks/receipts/<secret>"): ("/hooks/receipts/not-the-secret", {404}),
    ("POST", "/hooks/triggers/<secret>"): ("/hooks/triggers/not-the-secret", {404}),
    ("POST", "/hooks/twiml/<key>/calls"): ("/hooks/twiml/not-the-key/calls", {404}),
    ("POST", "/hooks/twiml/<key>/ends"): ("/hooks/twiml/not-the-key/ends", {404}),
    ("POST", "/hooks/twiml/<key>/legs/<int:leg_id>"): ("/hooks/twiml/not-the-key/legs/1", {404}),
    ("POST", "/hooks/twiml/<key>/rounds/<int:number>"): ("/hooks/twiml/not-the-key/rounds/0", {404}),
    ("GET", "/feeds/<secret>/dozor.ics"): ("/feeds/not-the-secret/dozor.ics", {404}),
    ("GET", "/form.js"): ("/form.js", {200}),
    ("GET", "/sw.js"): ("/sw.js", {200}),
    ("GET", "/offline"): ("/offline", {200}),
    ("GET", "/form/<key>"): ("/form/sales", {200}),
    ("POST", "/form/<key>"): ("/form/sales", {422}),  # nothing was written in it
    ("GET", "/founding"): ("/founding", {404}),  # there is a firm
    ("POST", "/founding"): ("/founding", {400}),
    ("GET", "/links/<secret>"): ("/links/no-such-link", {404}),
    ("POST", "/links/<secret>"): ("/links/no-such-link", {400}),  # no token
    ("GET", "/static/<version>/<path:name>"): ("/static/0/css/app.css", {200}),
}
# Pages of whoever is signed in: what stands on them is narrowed to what they may see (below, and tests/views).
ANYBODY = {
    ("GET", "/"): "/",
    ("GET", "/pipelines/<key>"): "/pipelines/sales",
    ("GET", "/pipelines/<pipeline>/stages/<key>/cards"): "/pipelines/sales/stages/new/cards?position=0&id=0",
    ("GET", "/pipelines/<key>/next_steps"): "/pipelines/sales/next_steps",
    ("GET", "/pipelines/<key>/ages"): "/pipelines/sales/ages",
    ("GET", "/pipelines/<key>/next_steps/mine"): "/pipelines/sales/next_steps/mine",
    ("GET", "/search"): "/search?q=North",
    ("GET", "/deals"): "/deals",
    ("GET", "/deals/new"): "/deals/new",
    ("GET", "/contacts"): "/contacts",
    ("GET", "/calls"): "/calls",
    ("GET", "/contacts/choices"): "/contacts/choices?contact=North",
    ("GET", "/contacts/new"): "/contacts/new",
    ("GET", "/contacts/<int:contact_id>"): "/contacts/{contact}",
    ("GET", "/tasks"): "/tasks?list=all",
    ("GET", "/runs"): "/runs",
    ("GET", "/figures"): "/figures",
    ("GET", "/important"): "/important",
    ("GET", "/important/people"): "/important/people",
    ("GET", "/important/without_step"): "/important/without_step",
    ("GET", "/inbox"): "/inbox",
    ("GET", "/bell"): "/bell",
    ("GET", "/frame"): "/frame?seq=0",
    ("GET", "/profile"): "/profile",
    ("GET", "/profile/addresses"): "/profile/addresses",
    ("GET", "/push/key"): "/push/key",
    ("GET", "/push/token"): "/push/token",
    ("GET", "/people/<int:user_id>"): "/people/{owner}",
}
# What is made or changed here is the person's own; each has its test in tests/views.
OWN = {
    ("POST", "/deals"): ("/deals", {"title": "Mine"}),
    ("POST", "/tasks"): ("/tasks", {"title": "Mine"}),
    ("POST", "/contacts"): ("/contacts", {"name": "Mine"}),
    ("POST", "/deals/<int:deal_id>/notes"): ("/deals/{own}/notes", {"text": "Mine"}),  # whoever reads a deal may
    ("POST", "/views"): ("/views", {"name": "Mine", "query": "mine=1"}),
    ("POST", "/moves"): ("/moves", {"deal": "{deal}", "stage": "data_collection"}),  # what may not move is passed over
    ("POST", "/moves/takebacks"): ("/moves/takebacks", {"deal": "{deal}"}),  # passed over likewise
    ("POST", "/profile"): ("/profile", {"name": "Me"}),
    ("POST", "/profile/sessions/endings"): ("/profile/sessions/endings", {}),
    ("POST", "/profile/tokens"): ("/profile/tokens", {"token": "Mine"}),
    ("POST", "/profile/push"): (
        "/profile/push",
        {"endpoint": "https://push.example/mine", "p256dh": "B" + "A" * 86, "auth": "A" * 22},
    ),
    ("POST", "/profile/telling"): ("/profile/telling", {"quiet": "on", "an_hour": "6"}),
    ("POST", "/profile/calendar"): ("/profile/calendar", {}),
    ("POST", "/profile/calendar/endings"): ("/profile/calendar/endings", {}),
    ("POST", "/profile/addresses"): ("/profile/addresses", {"kind": "email", "address": "me@firm.example"}),
    ("POST", "/inbox/readings"): ("/inbox/readings", {}),
    ("POST", "/important/takings"): ("/important/takings", {"item": "{item}"}),  # what is not theirs is passed over
    ("POST", "/sign-out"): ("/sign-out", {}),
}
RULES = "/automation/<pipeline>/<any(robots, triggers):room>"
CONTROL = "/automation/sales/robots/reaction_control"
ADDRESS = "/automation/<pipeline>/triggers/<key>"
FIELDS = "/settings/fields/<any(deal, contact, company):entity>"
TYPE = "/settings/fields/deal/equipment_type"
LACKING = f"{FIELDS}/<key>/lacking/<pipeline>/<stage>"
AUTOMATION = {  # an admin's alone
    (method, rule): Case(path, 404, 404, sends)
    for method, rule, path, sends in (
        ("POST", "/automation", "/automation", {"name.en": "Mine"}),
        ("GET", "/automation/<pipeline>/settings", "/automation/sales/settings", {}),
        ("POST", "/automation/<pipeline>/settings", "/automation/sales/settings", {"name.en": "Mine"}),
        ("POST", "/automation/<pipeline>/settings/lost_reasons", "/automation/sales/settings/lost_reasons", {}),
        ("POST", "/automation/<pipeline>/undos", "/automation/sales/undos", {}),
        ("GET", "/automation/<pipeline>/rules/new", "/automation/sales/rules/new", {}),
        ("POST", RULES, "/automation/sales/robots", {"kind": "control", "stage": "new"}),
        ("GET", f"{RULES}/<key>", CONTROL, {}),
        ("GET", f"{RULES}/<key>/<part>", f"{CONTROL}/timing", {}),
        ("POST", f"{RULES}/<key>/<part>", f"{CONTROL}/timing", {"how": "at_once"}),
        ("POST", f"{RULES}/<key>/moves", f"{CONTROL}/moves", {"stage": "won"}),
        ("POST", f"{RULES}/<key>/copies", f"{CONTROL}/copies", {}),
        ("POST", f"{RULES}/<key>/switches", f"{CONTROL}/switches", {"is_on": "off"}),
        ("POST", f"{RULES}/<key>/deletions", f"{CONTROL}/deletions", {}),
        ("POST", f"{ADDRESS}/addresses", "/automation/sales/triggers/dialogue_taken/addresses", {}),
        ("POST", f"{ADDRESS}/addresses/endings", "/automation/sales/triggers/dialogue_taken/addresses/endings", {}),
        ("POST", "/setup/plans", "/setup/plans", {}),
        ("POST", "/setup/publications", "/setup/publications", {}),
        ("POST", "/rehearsals", "/rehearsals", {"robot": "reaction_control"}),
        ("GET", "/rehearsals/<int:rehearsal_id>", "/rehearsals/1", {}),
        ("POST", "/rehearsals/<int:rehearsal_id>/endings", "/rehearsals/1/endings", {}),
        ("GET", "/setup/plans/<int:plan_id>", "/setup/plans/1", {}),
        ("POST", "/setup/plans/<int:plan_id>/application", "/setup/plans/1/application", {}),
        ("POST", "/setup/draft/discards", "/setup/draft/discards", {}),
        ("POST", "/setup/draft/returns", "/setup/draft/returns", {}),
        ("POST", "/setup/draft/edits/<int:edit_id>/discards", "/setup/draft/edits/1/discards", {}),
        ("GET", "/settings/fields", "/settings/fields", {}),
        ("POST", "/settings/fields/undos", "/settings/fields/undos", {}),
        ("GET", FIELDS, "/settings/fields/deal", {}),
        ("POST", FIELDS, "/settings/fields/deal", {"kind": "text", "label.en": "Mine"}),
        ("GET", f"{FIELDS}/<key>", TYPE, {}),
        ("POST", f"{FIELDS}/<key>", TYPE, {"label.en": "Mine"}),
        ("POST", f"{FIELDS}/<key>/options", f"{TYPE}/options", {"option.+.en": "Mine"}),
        ("POST", f"{FIELDS}/<key>/requirements", f"{TYPE}/requirements", {"from.sales": "new"}),
        ("POST", f"{FIELDS}/<key>/conditions", f"{TYPE}/conditions", {"act": "test:if"}),
        ("POST", f"{FIELDS}/<key>/moves", f"{TYPE}/moves", {}),
        ("POST", f"{FIELDS}/<key>/deletions", f"{TYPE}/deletions", {}),
        ("POST", f"{FIELDS}/<key>/returns", f"{TYPE}/returns", {}),
        ("GET", LACKING, f"{TYPE}/lacking/sales/new", {}),
        ("POST", LACKING, f"{TYPE}/lacking/sales/new", {"deal_id": "{deal}", "deal.equipment_type": "large"}),
        ("GET", "/automation/<pipeline>/stages", "/automation/sales/stages", {}),
        ("POST", "/automation/<pipeline>/stages", "/automation/sales/stages", {"name.en": "Mine"}),
        ("GET", "/automation/<pipeline>/stages/<key>", "/automation/sales/stages/new", {}),
        ("POST", "/automation/<pipeline>/stages/<key>", "/automation/sales/stages/won", {"name.en": "Mine"}),
        ("POST", "/automation/<pipeline>/stages/<key>/moves", "/automation/sales/stages/won/moves", {}),
        ("POST", "/automation/<pipeline>/stages/<key>/deletions", "/automation/sales/stages/won/deletions", {}),
        ("POST", "/automation/<pipeline>/stages/<key>/returns", "/automation/sales/stages/won/returns", {}),
    )
}
# Addresses outside of Dozor are a person's own, and the admins': both sides in tests/views/test_addresses.py.
OUTSIDE = {
    ("POST", f"/profile/addresses/<int:address_id>{verb}"): Case(f"/profile/addresses/1{verb}", 404, 404, sends)
    for verb, sends in (
        *(("", {"urgent": "on"}), ("/confirmations", {"code": "000000"})),
        *((each, {}) for each in ("/codes", "/tests", "/deletions")),
    )
} | {
    (method, rule): Case(path, 404, 404, sends)
    for method, rule, path, sends in (
        ("GET", f"{PERSON}/addresses", "/settings/people/{owner}/addresses", {}),
        ("POST", f"{PERSON}/addresses", "/settings/people/{owner}/addresses", {"kind": "email"}),
        (
            "POST",
            f"{PERSON}/addresses/<int:address_id>/deletions",
            "/settings/people/{owner}/addresses/1/deletions",
            {},
        ),
        ("GET", "/settings/channels", "/settings/channels", {}),
        ("POST", "/settings/channels/email", "/settings/channels/email", {"host": "mail.example"}),
        ("POST", "/settings/channels/sms", "/settings/channels/sms", {"url": "json://example"}),
        ("POST", "/settings/channels/messengers", "/settings/channels/messengers", {"kind": "ntfy", "url": "ntfy://x"}),
        ("POST", "/settings/channels/receipts", "/settings/channels/receipts", {}),
        ("POST", "/settings/channels/telephony", "/settings/channels/telephony", {"rings": "4"}),
        ("POST", "/settings/channels/telephony/deletions", "/settings/channels/telephony/deletions", {}),
        ("POST", "/settings/channels/lines", "/settings/channels/lines", {"number": "+79120000001"}),
        ("POST", "/settings/channels/lines/<int:line_id>/deletions", "/settings/channels/lines/1/deletions", {}),
        ("POST", "/settings/health/pings", "/settings/health/pings", {"url": "https://watcher.example.com/"}),
        ("POST", "/settings/health/pings/deletions", "/settings/health/pings/deletions", {}),
        ("POST", "/settings/health/recounts", "/settings/health/recounts", {}),
        ("POST", "/runs/<int:run_id>/retries", "/runs/1/retries", {}),
        ("POST", "/settings/channels/webhooks", "/settings/channels/webhooks", {"name": "Mine"}),
        ("POST", f"{HOOK}/tests", "/settings/channels/webhooks/1/tests", {}),
        ("POST", f"{HOOK}/secrets", "/settings/channels/webhooks/1/secrets", {"overlap": "day"}),
        ("POST", f"{HOOK}/deletions", "/settings/channels/webhooks/1/deletions", {}),
        ("POST", "/calls/<int:call_id>/deals", "/calls/1/deals", {}),  # who may see a call: test_loose_calls.py
        ("POST", "/calls/<int:call_id>/contacts", "/calls/1/contacts", {"contact": "Anna"}),
        ("POST", "/calls/<int:call_id>/settlements", "/calls/1/settlements", {"how": "no_client"}),
        (
            "POST",
            "/settings/channels/<kind>/tests",
            "/settings/channels/sms/tests",
            {"address": "+79120000001"},
        ),
        (
            "POST",
            "/settings/channels/<kind>/deletions",
            "/settings/channels/sms/deletions",
            {},
        ),
        ("POST", "/deliveries/<int:delivery_id>/retries", "/deliveries/1/retries", {}),
    )
}
# What matters now is theirs in whose list it stands: a colleague who reads the deal has not got it.
IMPORTANT = {
    ("POST", f"/important/<int:item_id>/{verb}"): Case(f"/important/{{item}}/{verb}", 404, 404, sends)
    for verb, sends in (
        ("takings", {}),
        ("snoozings", {"until": "client_answers"}),
        ("handovers", {"to": "{owner}"}),
        ("questions", {"text": "Why?"}),
        ("explanations", {"text": "So"}),
        ("settlements", {}),
        ("acceptances", {}),
        ("returns", {"reason": "No"}),
    )
}
FOLLOWS = {
    **OUTSIDE,
    **IMPORTANT,
    ("GET", "/important/<int:item_id>"): Case("/important/{item}", 404, 404),
    ("GET", "/deals/<int:deal_id>"): Case("/deals/{deal}", 404, 200),
    ("POST", "/deals/<int:deal_id>"): Case("/deals/{deal}", 404, 403, {"title": "Mine now"}),
    ("POST", "/deals/<int:deal_id>/deletions"): Case("/deals/{deal}/deletions", 404, 403),
    ("POST", "/deals/<int:deal_id>/restorations"): Case("/deals/{deal}/restorations", 404, 404),
    ("GET", "/deals/<int:deal_id>/moves/new"): Case(
        "/deals/{deal}/moves/new", 404, 403, says="Ivan Petrov's deal: only they or a head can move it."
    ),
    ("GET", "/deals/<int:deal_id>/needs"): Case("/deals/{deal}/needs", 404, 200),
    ("POST", "/deals/<int:deal_id>/moves"): Case("/deals/{deal}/moves", 404, 403, {"stage": "data_collection"}),
    ("POST", "/deals/<int:deal_id>/takebacks"): Case("/deals/{deal}/takebacks", 404, 403),
    ("POST", "/deals/<int:deal_id>/next_steps"): Case(
        "/deals/{deal}/next_steps", 404, 403, {"step": "Call", "due": "2026-12-01T10:00"}
    ),
    ("POST", "/deals/<int:deal_id>/next_steps/completions"): Case("/deals/{deal}/next_steps/completions", 404, 403),
    ("POST", "/deals/<int:deal_id>/next_steps/cancellations"): Case("/deals/{deal}/next_steps/cancellations", 404, 403),
    ("POST", "/deals/<int:deal_id>/next_steps/takebacks"): Case("/deals/{deal}/next_steps/takebacks", 404, 403),
    ("POST", "/settings/next_steps"): Case("/settings/next_steps", 404, 404, {"marks": "off"}),  # an admin's
    ("POST", "/deals/<int:deal_id>/invoices"): Case("/deals/{deal}/invoices", 404, 403, {"number": "9", "amount": "1"}),
    ("POST", "/invoices/<int:invoice_id>/payments"): Case("/invoices/{invoice}/payments", 404, 403),
    ("POST", "/conversations/<int:conversation_id>/messages"): Case(
        "/conversations/{conversation}/messages", 404, 403, {"text": "Hello"}
    ),
    ("POST", "/conversations/<int:conversation_id>/answers_elsewhere"): Case(
        "/conversations/{conversation}/answers_elsewhere", 404, 403, {"how": "call"}
    ),
    ("POST", "/deals/<int:deal_id>/messages"): Case("/deals/{deal}/messages", 404, 403, {"text": "Hello"}),
    ("POST", "/contacts/<int:contact_id>"): Case("/contacts/{contact}", 403, WRITES, {"name": "Mine"}),
    ("GET", "/contacts/<int:contact_id>/merges/new"): Case("/contacts/{contact}/merges/new", 404, WRITES),
    ("POST", "/contacts/<int:contact_id>/merges"): Case(
        "/contacts/{contact}/merges", 404, WRITES, {"into": "{double}"}
    ),
    ("POST", "/deals/<int:deal_id>/tasks"): Case("/deals/{deal}/tasks", 404, 403, {"title": "Call"}),
    ("GET", "/tasks/<int:task_id>"): Case("/tasks/{task}", 404, 200),
    ("POST", "/tasks/<int:task_id>/starts"): Case("/tasks/{task}/starts", 404, 403),
    ("POST", "/tasks/<int:task_id>/submissions"): Case("/tasks/{task}/submissions", 404, 403, {"result": "Done"}),
    ("POST", "/tasks/<int:task_id>/acceptances"): Case("/tasks/{handed_in}/acceptances", 404, 403),
    ("POST", "/tasks/<int:task_id>/returns"): Case("/tasks/{handed_in}/returns", 404, 403, {"reason": "No"}),
    ("POST", "/tasks/<int:task_id>/comments"): Case("/tasks/{task}/comments", 404, WRITES, {"text": "Mine"}),
    ("POST", "/tasks/<int:task_id>/handovers"): Case("/tasks/{task}/handovers", 404, 403, {"to": "{owner}"}),
    ("POST", "/tasks/<int:task_id>/reminders"): Case("/tasks/{task}/reminders", 404, 403, {"remind": "1-hours"}),
    ("POST", "/tasks/<int:task_id>/files"): Case("/tasks/{task}/files", 404, 403),
    ("GET", "/tasks/<int:task_id>/files/<int:file_id>"): Case("/tasks/{task}/files/{file}", 404, 200),
    ("POST", "/tasks/<int:task_id>/files/<int:file_id>/deletions"): Case(
        "/tasks/{task}/files/{file}/deletions", 404, 403
    ),
    ("GET", "/form-setup"): Case("/form-setup", 404, 404),  # an admin's
    ("GET", "/automation"): Case("/automation", 404, 404),
    ("GET", "/automation/<pipeline>"): Case("/automation/sales", 404, 404),
    ("POST", "/first-steps/stages"): Case("/first-steps/stages", 404, 404, {"stage.new": "Mine"}),
    ("POST", "/first-steps/robots"): Case("/first-steps/robots", 404, 404, {"vip": "on"}),
    ("POST", "/first-steps/notes"): Case("/first-steps/notes", 404, 404, {"step": "dismissed"}),
    ("POST", "/first-steps/inquiries"): Case("/first-steps/inquiries", 404, 404),
    ("GET", "/settings/firm"): Case("/settings/firm", 404, 404),
    ("GET", "/settings/health"): Case("/settings/health", 404, 404),
    ("POST", "/settings/firm"): Case("/settings/firm", 404, 404, {"firm": "Mine"}),
    ("POST", "/people/<int:user_id>/absences"): Case(
        "/people/{owner}/absences", 403, 403, {"from_on": "2026-12-01", "until_on": "2026-12-02"}
    ),
    ("POST", "/absences/<int:absence_id>/deletions"): Case("/absences/77777/deletions", 404, 404),
    ("GET", "/settings/seasons"): Case("/settings/seasons", 404, 404),
    ("POST", "/settings/seasons"): Case("/settings/seasons", 404, 404, {"name": "Mine"}),
    ("GET", "/settings/seasons/<int:season_id>"): Case("/settings/seasons/1", 404, 404),
    ("POST", "/settings/seasons/<int:season_id>"): Case("/settings/seasons/1", 404, 404, {"name": "Mine"}),
    ("POST", "/settings/seasons/<int:season_id>/removals"): Case("/settings/seasons/1/removals", 404, 404),
    ("GET", "/settings/calendars"): Case("/settings/calendars", 404, 404),
    ("POST", "/settings/calendars"): Case("/settings/calendars", 404, 404, {"owner": "department-1"}),
    ("GET", CALENDAR): Case("/settings/calendars/1", 404, 404),
    ("POST", CALENDAR): Case("/settings/calendars/1", 404, 404, {"hours.0": "10-11"}),
    ("POST", f"{CALENDAR}/days"): Case("/settings/calendars/1/days", 404, 404, {"day": "2026-12-30", "kind": "closed"}),
    ("POST", f"{CALENDAR}/removals"): Case("/settings/calendars/1/removals", 404, 404),
    ("GET", "/settings/start-over"): Case("/settings/start-over", 404, 404),
    ("POST", "/settings/start-over"): Case("/settings/start-over", 404, 404, {"firm": "Mine"}),
    **AUTOMATION,
    ("GET", "/settings/org"): Case("/settings/org", 404, 404),
    ("GET", "/settings/org/tree"): Case("/settings/org/tree", 404, 404),
    ("POST", "/settings/org/departments"): Case("/settings/org/departments", 404, 404, {"name.en": "Mine"}),
    ("POST", "/settings/org/places"): Case("/settings/org/places", 404, 404, {"person": "{owner}", "to": "1"}),
    ("POST", f"{DEPARTMENT}"): Case("/settings/org/departments/2", 404, 404, {"name.en": "Mine"}),
    ("POST", f"{DEPARTMENT}/moves"): Case("/settings/org/departments/2/moves", 404, 404, {"parent": "3"}),
    ("POST", f"{DEPARTMENT}/archivings"): Case("/settings/org/departments/2/archivings", 404, 404),
    ("POST", f"{DEPARTMENT}/returns"): Case("/settings/org/departments/2/returns", 404, 404),
    ("GET", "/settings/versions"): Case("/settings/versions", 404, 404),
    ("POST", "/settings/versions/<int:version_id>/restorations"): Case("/settings/versions/1/restorations", 404, 404),
    ("POST", "/settings/versions/<int:version_id>/takebacks"): Case("/settings/versions/1/takebacks", 404, 404),
    ("POST", "/setup/archive/returns"): Case("/setup/archive/returns", 404, 404, {"kind": "stage", "key": "sales/new"}),
    ("GET", "/settings/people"): Case("/settings/people", 404, 404),
    ("POST", "/settings/people"): Case("/settings/people", 404, 404, {"name": "A", "email": "a@b.example"}),
    ("GET", "/settings/people/lists"): Case("/settings/people/lists", 404, 404),
    ("POST", "/settings/people/lists"): Case("/settings/people/lists", 404, 404, {"lines": "A, a@b.example"}),
    ("GET", f"{PERSON}"): Case("/settings/people/{owner}", 404, 404),
    ("POST", f"{PERSON}"): Case("/settings/people/{owner}", 404, 404, {"name": "Mine"}),
    ("POST", f"{PERSON}/links"): Case("/settings/people/{owner}/links", 404, 404),
    ("POST", f"{PERSON}/moves"): Case("/settings/people/{owner}/moves", 404, 404, {"leaves": "2", "department": "3"}),
    ("POST", f"{PERSON}/deactivations"): Case("/settings/people/{owner}/deactivations", 404, 404),
    ("POST", f"{PERSON}/activations"): Case("/settings/people/{owner}/activations", 404, 404),
    ("POST", f"{PERSON}/sessions/endings"): Case("/settings/people/{owner}/sessions/endings", 404, 404),
    ("POST", f"{PERSON}/sessions/<int:session_id>/endings"): Case(
        "/settings/people/{owner}/sessions/{session}/endings", 404, 404
    ),
    ("POST", f"{PERSON}/tokens/<int:token_id>/endings"): Case(
        "/settings/people/{owner}/tokens/{token}/endings", 404, 404
    ),
    ("POST", "/views/<int:view_id>/deletions"): Case("/views/{view}/deletions", 404, 404),
    ("POST", "/profile/sessions/<int:session_id>/endings"): Case("/profile/sessions/{session}/endings", 404, 404),
    ("POST", "/profile/tokens/<int:token_id>/endings"): Case("/profile/tokens/{token}/endings", 404, 404),
    ("POST", "/notifications/<int:notification_id>/readings"): Case("/notifications/{notification}/readings", 404, 404),
}
TOKEN = re.compile(r'(?<=csrf-token" content=")[^"]+|(?<=csrf_token" value=")[^"]+')  # it holds the time
SOCKETS = {"/live"}  # tests/live

NOBODYS = [
    *((method, path, {}) for (method, _), path in ANYBODY.items()),
    *((method, path, sends) for (method, _), (path, sends) in OWN.items()),
    *((method, case.path, case.sends) for (method, _), case in FOLLOWS.items()),
]
BY_ROUTE = [pytest.param(method, case, id=f"{method} {case.path}") for (method, _), case in FOLLOWS.items()]
# Writes with an id of another department inside: the deal is the sender's own, what it is mixed with is not.
MIXED = {
    "before another department's card": ("/deals/{own}/moves", {"stage": "new", "before": "{deal}"}, 404),
    "after another department's card": ("/deals/{own}/moves", {"stage": "new", "after": "{deal}"}, 404),
    "to a stage that is not there": ("/deals/{own}/moves", {"stage": "elsewhere"}, 404),
    "a new deal on a stage that is not there": ("/deals", {"title": "Mine", "stage": "elsewhere"}, 422),
    "a new deal in another pipeline": ("/deals", {"title": "Mine", "pipeline": "elsewhere"}, 422),
    "a next step of somebody of another department": (
        "/deals/{own}/next_steps",
        {"step": "Call", "due": "2026-12-01T10:00", "assignee": "{owner}"},
        422,
    ),
    "to somebody of another department": ("/deals/{own}", {"responsible": "{owner}"}, 422),
    "to nobody": ("/deals/{own}", {"responsible": "999999"}, 422),
}


@dataclass(frozen=True)
class Firm:
    app: Flask
    scene: Scene
    own: int
    outsider: Browser
    colleague: Browser

    def fill(self, words: str) -> str:
        return self.scene.fill(words.replace("{own}", str(self.own)))


@pytest.fixture(scope="module")
def firm(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Firm]:
    with standing_firm(templates, redis_server, tmp_path_factory.mktemp("rights")) as app:
        north, south = scene(app), scene(app, "rep3", "head", "Deal of South")
        yield Firm(app, north, south.deal, browser(app, "rep3"), browser(app, "rep2"))


def send(who: Any, firm: Firm, method: str, path: str, sends: dict[str, str], **headers: str) -> Any:
    filled = {key: firm.fill(value) for key, value in sends.items()}
    return who.open(firm.fill(path), method=method, data=filled or None, headers=headers)


def test_every_route_has_a_rights_case(app: Flask) -> None:
    known = {route for table in (PUBLIC, ANYBODY, OWN, FOLLOWS) for route in table}
    assert len(known) == sum(map(len, (PUBLIC, ANYBODY, OWN, FOLLOWS))), "a route is in two tables"
    rules = list(app.url_map.iter_rules())
    ours = [each for each in rules if not each.websocket and not each.rule.startswith(V1)]
    assert {(method, each.rule) for each in ours for method in api.methods(each)} == known
    assert {each.rule for each in rules if each.websocket} == SOCKETS
    assert api.routes(app) == set(api.REFUSED) | {("GET", path) for path in api.EMPTY} | api.FOR_ALL


@pytest.mark.parametrize("alone", ["HEAD", "OPTIONS", "TRACE"])
def test_a_route_of_an_uncommon_method_needs_its_case_too(alone: str) -> None:
    door = Flask("a door", static_folder=None)
    door.add_url_rule("/in", "in", lambda: "", methods=[alone])
    (rule,) = door.url_map.iter_rules()
    assert alone in api.methods(rule)


def test_every_rule_of_the_api_lies_behind_its_guard(app: Flask) -> None:
    rules = [each for each in app.url_map.iter_rules() if each.rule.startswith("/api")]
    assert rules
    assert all(each.rule.startswith(f"{V1}/") and each.endpoint.startswith(f"{bp.name}.") for each in rules)


@pytest.mark.parametrize("route", PUBLIC, ids=" ".join)
def test_a_public_page_needs_nobody(firm: Firm, route: tuple[str, str]) -> None:
    path, statuses = PUBLIC[route]
    assert firm.app.test_client().open(path, method=route[0]).status_code in statuses


@pytest.mark.parametrize(("method", "path", "sends"), NOBODYS, ids=[f"{each[0]} {each[1]}" for each in NOBODYS])
def test_nobody_is_led_to_the_sign_in(firm: Firm, method: str, path: str, sends: dict[str, str]) -> None:
    before, nobody = rows(firm.app), firm.app.test_client()
    answer = send(nobody, firm, method, path, sends)
    if method == "GET":
        target = firm.fill(path)
        assert answer.status_code == 303
        expected = f"/sign-in?{urlencode({'next': target}, safe='/')}" if target != "/" else "/sign-in"
        assert answer.headers["Location"] == expected
        part = send(nobody, firm, method, path, sends, **HTMX)
        assert (part.status_code, part.headers["HX-Redirect"], part.data) == (204, "/sign-in", b"")
    else:
        assert answer.status_code == 400  # it has no token of ours either
    assert rows(firm.app) == before


@pytest.mark.parametrize(("path", "sends"), [each[1:] for each in NOBODYS if each[0] == "POST"])
def test_a_token_without_a_sign_in_opens_nothing(firm: Firm, path: str, sends: dict[str, str]) -> None:
    before, nobody = rows(firm.app), stranger(firm.app)
    answer = send(nobody, firm, "POST", path, sends)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    part = send(nobody, firm, "POST", path, sends, **HTMX)
    assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/sign-in")
    assert rows(firm.app) == before


@pytest.mark.parametrize("as_part", [False, True], ids=["page", "part"])
@pytest.mark.parametrize(("method", "case"), BY_ROUTE)
def test_an_outsider_is_turned_away(firm: Firm, method: str, case: Case, as_part: bool) -> None:
    before = rows(firm.app)
    answer = send(firm.outsider, firm, method, case.path, case.sends, **(HTMX if as_part else {}))
    assert answer.status_code == case.outsider
    assert "of North" not in answer.text
    assert rows(firm.app) == before


@pytest.mark.parametrize("as_part", [False, True], ids=["page", "part"])
@pytest.mark.parametrize(("method", "case"), [each for each in BY_ROUTE if each.values[1].colleague != WRITES])
def test_a_colleague_reads_and_does_not_write(firm: Firm, method: str, case: Case, as_part: bool) -> None:
    before = rows(firm.app)
    answer = send(firm.colleague, firm, method, case.path, case.sends, **(HTMX if as_part else {}))
    assert answer.status_code == case.colleague
    if answer.status_code == 403:
        assert (case.says or said(firm.app, "en", Refused("not_yours"))) in answer.text
    assert rows(firm.app) == before


@pytest.mark.parametrize(("method", "case"), BY_ROUTE)
def test_what_is_not_there_and_what_is_hidden_are_told_alike(firm: Firm, method: str, case: Case) -> None:
    missing = replace(firm, scene=Scene(*([999_999] * 14)))
    hidden = send(firm.outsider, firm, method, case.path, case.sends)
    absent = send(firm.outsider, missing, method, case.path, case.sends)
    assert absent.status_code == 404
    if case.outsider == 404:
        assert TOKEN.sub("", absent.text) == TOKEN.sub("", hidden.text)


@pytest.mark.parametrize("path", ANYBODY.values())
def test_a_page_of_everybody_shows_an_outsider_nothing_of_north(firm: Firm, path: str) -> None:
    filled = firm.fill(path)
    for headers in ({}, HTMX):
        answer = firm.outsider.get(filled, headers=headers)
        assert answer.status_code == 200
        assert "Deal of North" not in answer.text.replace("Client of Deal of North", "")  # everybody reads contacts
        assert f"/deals/{firm.scene.deal}" not in answer.text


@pytest.mark.parametrize("mixed", MIXED)
def test_an_id_of_another_department_inside_a_form_is_refused(firm: Firm, mixed: str) -> None:
    path, sends, status = MIXED[mixed]
    before = rows(firm.app)
    for headers in ({}, HTMX):
        answer = send(firm.outsider, firm, "POST", path, sends, **headers)
        assert answer.status_code == status
        assert "of North" not in answer.text
    assert rows(firm.app) == before


def test_many_deals_at_once_are_moved_only_as_far_as_each_may_be(firm: Firm) -> None:
    before, sends = rows(firm.app), {"deal": "{deal}", "stage": "data_collection"}
    for headers in ({}, HTMX):
        hidden = send(firm.outsider, firm, "POST", "/moves", sends, **headers)
        assert hidden.status_code in (200, 303)
        assert "of North" not in hidden.text
        listed = send(firm.colleague, firm, "POST", "/moves", sends, **headers)
        assert said(firm.app, "en", Refused("not_yours")) in listed.text
    assert rows(firm.app) == before


def test_searching_and_filtering_find_an_outsider_nothing_of_north(firm: Firm) -> None:
    for query in ("q=North", f"responsible={firm.scene.owner}", "burning=1", "mark=contact.vip"):
        assert f"/deals/{firm.scene.deal}" not in firm.outsider.get(f"/?{query}").text
