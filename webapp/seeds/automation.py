"""The lesson's five robots and two triggers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.db import session
from webapp.models import Robot, Trigger
from webapp.seeds import words

Json = dict[str, Any]
AT_ONCE: Json = {"at_once": True}
TRIGGERS = {"dialogue_taken": ("dialogue_taken", "data_collection"), "invoice_paid": ("invoice_paid_in_full", "won")}


def _after(amount: int, unit: str) -> Json:
    return {"after": {"amount": amount, "unit": unit}}


def _is(entity: str, field: str, value: Any, operator: str = "eq") -> Json:
    return {"entity": entity, "field": field, "operator": operator, "value": value}


def _all(*tests: Json) -> Json:
    return {"all": list(tests)}


VIP = _is("contact", "vip", True)
NOT_VIP = _is("contact", "vip", True, "ne")
UNPAID = _is("invoices", "unpaid", True)

ROBOTS: dict[str, Json] = {
    "reaction_control": {
        "stage": "new",
        "kind": "control",
        "timing": _after(10, "minutes"),
        "condition": _all(_is("conversation", "unanswered", True)),
        "settings": {"to": "head", "text": words.TEXTS["reaction_control"], "urgency": "urgent"},
    },
    "vip_notification": {
        "stage": "new",
        "kind": "notify",
        "starts": ["client_wrote"],
        "timing": AT_ONCE,
        "condition": _all(VIP),
        "settings": {"sender": "firm", "to": "head", "text": words.TEXTS["vip_notification"]},
    },
    "vip_task": {
        "stage": "processing",
        "kind": "task",
        "timing": AT_ONCE,
        "condition": _all(VIP, _is("deal", "equipment_type", "special")),
        "settings": {
            "title": words.TASK_TITLE,
            "text": words.TASK_TEXT,
            "creator": "head",
            "assignee": "responsible",
            "due": {"amount": 3, "unit": "days"},
            "accept": True,
            "result_required": True,
        },
    },
    "unpaid_vip": {
        "stage": "payment",
        "kind": "notify",
        "timing": _after(2, "working_days"),
        "condition": _all(UNPAID, VIP),
        "settings": {"sender": "firm", "to": "responsible", "text": words.TEXTS["unpaid_vip"]},
    },
    "unpaid_other": {
        "stage": "payment",
        "kind": "control",
        "timing": _after(3, "days"),
        "condition": _all(UNPAID, NOT_VIP),
        "settings": {"to": "head", "text": words.TEXTS["unpaid_other"]},
    },
}


def robots(stages: Mapping[str, int]) -> None:
    """The lesson's five robots on these stages (ids by key)."""
    for position, (key, raw) in enumerate(ROBOTS.items()):
        session().add(
            Robot(
                key=key,
                stage_id=stages[raw["stage"]],
                kind=raw["kind"],
                name=words.ROBOTS[key],
                position=position,
                starts=raw.get("starts", ["entered"]),
                timing=raw["timing"],
                condition=raw["condition"],
                settings=raw["settings"],
            )
        )


def triggers(stages: Mapping[str, int]) -> None:
    """Dialogue taken leads to Data collection, an invoice paid in full to Won."""
    for key, (event, stage) in TRIGGERS.items():
        session().add(Trigger(key=key, event=event, stage_id=stages[stage], name=words.TRIGGERS[key]))
