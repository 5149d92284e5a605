"""Kinds of robots, each declared in one piece: what it is set up with, whom it is about to reach, how it is named and
drawn, what a card says while it waits. Whether a robot is right as a whole: rules/robot_checks.py. What it does when
its time has come: its effect in webapp/services/firing.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules import fields
from rules.facts import Catalogue, FieldSpec, Raw, Text
from rules.fields import FieldError, ReadContext
from rules.parameters import Parameter, Problem

URGENCIES = ("normal", "urgent")


@dataclass(frozen=True, slots=True)
class Known:
    """What the settings of a robot may point at. `stages` are those that deals can be led to: id → (id of its pipeline,
    kind); `webhooks` the keys of those that there are."""

    catalogue: Catalogue
    context: ReadContext
    stages: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    webhooks: Collection[str] = ()


Check = Callable[[Raw, Known], list[Problem]]


@dataclass(frozen=True, slots=True)
class RobotKind:
    """`addressee` is the parameter that says whom it reaches. `waits` and `acts` are what a card says before its time
    and at it, with {who} and {left}; `icon` stands in the history, `clock` on the card.

    `calls`: once it has acted, somebody has to act, and the card says so for as long as the deal stays. `foretold`: a
    deal's page tells beforehand that it would not run on the next stage. `acts_on`: it changes something, so that
    others may act in turn, and too deep a chain of these is cut; one that only tells people is heard at any depth.
    `speaks_to_client`: its text is read by the client, in the firm's language.
    """

    key: str
    name: Text
    icon: str
    waits: Text
    acts: Text
    parameters: tuple[Parameter, ...]
    addressee: str | None = None
    is_about_the_responsible: bool = False
    reaches_one: bool = False  # of several people the first
    clock: str = "clock"
    calls: bool = False
    foretold: bool = False
    acts_on: bool = False
    speaks_to_client: bool = False
    sentence: Text = field(default_factory=dict)
    check: Check | None = None  # of what the settings point at, once each is of its parameter's kind

    def get(self, key: str) -> Parameter | None:
        return next((each for each in self.parameters if each.key == key), None)

    @property
    def speaks_outward(self) -> bool:
        """To clients or to other systems: what has not gone out in time is not sent by the way."""
        return self.speaks_to_client or any(each.kind == "webhook" for each in self.parameters)

    def slot(self, settings: Mapping[str, Any], responsible_id: int) -> Any:
        """Whom such a robot reaches: "responsible", "head", {"user": id}, a list of these; None: nobody. What is about
        the responsible is never told to themselves, but to their head."""
        parameter = self.get(self.addressee) if self.addressee else None
        if parameter is None:
            return None
        slot = settings.get(parameter.key) or parameter.default or "responsible"
        is_about_oneself = self.is_about_the_responsible and slot == {"user": responsible_id}
        return "head" if is_about_oneself else slot


_TEXT = Parameter("text", "textarea", label={"en": "Text", "ru": "Текст"})
_URGENCY = Parameter(
    "urgency",
    "choice",
    required=False,
    default="normal",
    choices=URGENCIES,
    label={"en": "Urgency", "ru": "Срочность"},
    says={"en": "{value}", "ru": "{value}"},
    names={"normal": {"en": "not urgent", "ru": "не срочно"}, "urgent": {"en": "urgently", "ru": "срочно"}},
)
_SMS = Parameter(
    "sms",
    "checkbox",
    required=False,
    default=False,
    label={"en": "Also by SMS", "ru": "Также по SMS"},
    says={"en": "also by SMS", "ru": "также по SMS"},
)
_TAKE_WITHIN = Parameter(
    "take_within",
    "duration",
    required=False,
    label={
        "en": "If nobody takes it, the next level is told after",
        "ru": "Если никто не взял, следующий узнаёт через",
    },
    says={"en": "the next level after {value}", "ru": "следующий уровень через {value}"},
)
_TO: Text = {"en": "Tell", "ru": "Кому"}

NOTIFY = RobotKind(
    "notify",
    name={"en": "Notification", "ru": "Уведомление"},
    icon="star",
    waits={"en": "Reminder in {left}", "ru": "Напомним через {left}"},
    acts={"en": "Reminding", "ru": "Напоминаем"},
    sentence={"en": "tell {to} {text}", "ru": "уведомление → {to}: {text}"},
    parameters=(
        Parameter("to", "people", slots=("responsible", "head"), label=_TO),
        _TEXT,
        Parameter(
            "sender",
            "sender",
            required=False,
            default="firm",
            slots=("firm",),
            label={"en": "Sender", "ru": "От кого"},
            says={"en": "sent by {value}", "ru": "отправитель — {value}"},
        ),
        _URGENCY,
        _SMS,
        _TAKE_WITHIN,
    ),
    addressee="to",
)
# A Control has no sender: that is what makes it one (as in the lesson).
CONTROL = RobotKind(
    "control",
    name={"en": "Control", "ru": "Контроль"},
    icon="bell",
    waits={"en": "{who} is told in {left}", "ru": "Через {left} узнает {who}"},
    acts={"en": "{who} is being told", "ru": "{who} узнаёт об этом"},
    sentence={"en": "control: tell {to} {text}", "ru": "контроль: узнаёт {to} — {text}"},
    parameters=(
        Parameter("to", "person", required=False, default="head", slots=("head",), label=_TO),
        _TEXT,
        _URGENCY,
        _SMS,
        _TAKE_WITHIN,
    ),
    addressee="to",
    is_about_the_responsible=True,
    calls=True,
)
TASK = RobotKind(
    "task",
    name={"en": "Task", "ru": "Задача"},
    icon="task",
    waits={"en": "Task in {left}", "ru": "Задача через {left}"},
    acts={"en": "Creating the task", "ru": "Ставим задачу"},
    sentence={
        "en": "create the task {title} for {assignee}, set by {creator}",
        "ru": "задача {title}: исполнитель — {assignee}, постановщик — {creator}",
    },
    parameters=(
        Parameter("title", "text", label={"en": "Title", "ru": "Название"}),
        Parameter(
            "text",
            "textarea",
            label={"en": "What is to be done", "ru": "Что сделать"},
            says={"en": "with the text {value}", "ru": "с описанием {value}"},
        ),
        Parameter(
            "creator",
            "person",
            required=False,
            default="head",
            slots=("head",),
            label={"en": "Set by", "ru": "Постановщик"},
        ),
        Parameter(
            "assignee",
            "person",
            required=False,
            default="responsible",
            slots=("responsible", "head"),
            label={"en": "For", "ru": "Исполнитель"},
        ),
        Parameter(
            "due",
            "duration",
            required=False,
            label={"en": "Due in", "ru": "Срок"},
            says={"en": "due in {value}", "ru": "срок — {value}"},
            case="nominative",
        ),
        Parameter(
            "accept",
            "checkbox",
            required=False,
            default=False,
            label={"en": "Accept the work", "ru": "Принять работу"},
            says={"en": "whose work is accepted", "ru": "с приёмкой работы"},
        ),
        Parameter(
            "result_required",
            "checkbox",
            required=False,
            default=False,
            label={"en": "A result must be reported", "ru": "Отчёт обязателен"},
            says={"en": "with a result to report", "ru": "с обязательным отчётом"},
        ),
        Parameter(
            "remind",
            "duration",
            required=False,
            label={"en": "Remind before it is due", "ru": "Напомнить до срока"},
            says={"en": "with a reminder {value} before", "ru": "с напоминанием за {value} до срока"},
        ),
        Parameter(
            "accept_within",
            "duration",
            required=False,
            label={"en": "To be accepted within", "ru": "Принять в течение"},
            says={"en": "to be accepted within {value}", "ru": "принять в течение {value}"},
            case="genitive",
        ),
        Parameter(
            "holds_stage",
            "checkbox",
            required=False,
            default=False,
            label={"en": "The deal stays on the stage until then", "ru": "До этого сделка не уходит со стадии"},
            says={"en": "before which the deal stays on the stage", "ru": "до этого сделка не уходит со стадии"},
        ),
    ),
    addressee="assignee",
    reaches_one=True,
    clock="task",
    foretold=True,
    acts_on=True,
)


def _check_assignment(settings: Raw, known: Known) -> list[Problem]:
    """A field of the firm's own, and a value that it takes."""
    spec = field_set(settings, known.catalogue)
    if spec is None:
        return [Problem("settings.field", "unknown_field")]
    try:
        fields.parse(spec, settings.get("value"), known.context)
    except FieldError as error:
        return [Problem("settings.value", error.code, error.facts)]
    return []


def field_set(settings: Raw, catalogue: Catalogue) -> FieldSpec | None:
    """The field that such settings fill: one of the firm's own."""
    spec = catalogue.get(str(settings.get("entity") or "deal"), str(settings.get("field")))
    return spec if spec is not None and not spec.is_built_in else None


def _check_way(settings: Raw, known: Known) -> list[Problem]:
    """A stage that deals can be led to; a reason for the lost one, and only there."""
    stage = settings.get("stage")
    found = known.stages.get(stage) if isinstance(stage, int) else None
    if found is None:
        return [Problem("settings.stage", "unknown_stage")]
    is_lost, reason = found[1] == "lost", settings.get("reason")
    if is_lost != bool(reason):
        return [Problem("settings.reason", "blank" if is_lost else "only_when_lost")]
    return []


SET_FIELD = RobotKind(
    "set_field",
    name={"en": "Set a field", "ru": "Заполнить поле"},
    icon="edit",
    waits={"en": "A field is set in {left}", "ru": "Поле заполнится через {left}"},
    acts={"en": "Setting a field", "ru": "Заполняем поле"},
    sentence={"en": "set {entity} · {field} to {value}", "ru": "заполнить поле {entity} · {field}: {value}"},
    parameters=(
        Parameter(
            "entity",
            "choice",
            required=False,
            default="deal",
            choices=("deal", "contact"),
            label={"en": "In which record", "ru": "В какой записи"},
            names={"deal": {"en": "Deal", "ru": "Сделка"}, "contact": {"en": "Contact", "ru": "Контакт"}},
        ),
        Parameter("field", "field", label={"en": "Field", "ru": "Поле"}),
        Parameter("value", "value", required=False, label={"en": "Value", "ru": "Значение"}),
    ),
    acts_on=True,
    check=_check_assignment,
)
CHANGE_RESPONSIBLE = RobotKind(
    "change_responsible",
    name={"en": "Change the responsible", "ru": "Сменить ответственного"},
    icon="person",
    waits={"en": "Changes hands in {left}", "ru": "Сменит ответственного через {left}"},
    acts={"en": "Changing hands", "ru": "Меняем ответственного"},
    sentence={"en": "make {to} responsible", "ru": "новый ответственный — {to}"},
    parameters=(
        Parameter(
            "to", "person", slots=("head", "next_in_turn"), label={"en": "New responsible", "ru": "Новый ответственный"}
        ),
    ),
    acts_on=True,
)
MOVE = RobotKind(
    "move",
    name={"en": "Move to a stage", "ru": "Перевести на стадию"},
    icon="arrow",
    waits={"en": "Moves on in {left}", "ru": "Сменит стадию через {left}"},
    acts={"en": "Moving", "ru": "Меняем стадию"},
    sentence={"en": "move the deal to {stage}", "ru": "перевести сделку на стадию {stage}"},
    parameters=(
        Parameter("stage", "stage", label={"en": "Stage", "ru": "Стадия"}),
        Parameter(
            "reason",
            "text",
            required=False,
            label={"en": "Why it was lost", "ru": "Причина провала"},
            says={"en": "with the reason {value}", "ru": "с причиной {value}"},
        ),
    ),
    acts_on=True,
    check=_check_way,
)
WRITE_TO_CLIENT = RobotKind(
    "write_to_client",
    name={"en": "Write to the client", "ru": "Написать клиенту"},
    icon="chat",
    waits={"en": "Message to the client in {left}", "ru": "Напишем клиенту через {left}"},
    acts={"en": "Writing to the client", "ru": "Пишем клиенту"},
    sentence={"en": "write to the client {text}", "ru": "написать клиенту {text}"},
    parameters=(_TEXT,),
    acts_on=True,
    speaks_to_client=True,
)


def _check_webhook(settings: Raw, known: Known) -> list[Problem]:
    return [] if settings.get("to") in known.webhooks else [Problem("settings.to", "unknown_webhook")]


WEBHOOK = RobotKind(
    "webhook",
    name={"en": "Webhook", "ru": "Вебхук"},
    icon="bolt",
    waits={"en": "Another system is told in {left}", "ru": "Сообщим другой системе через {left}"},
    acts={"en": "Telling another system", "ru": "Сообщаем другой системе"},
    sentence={"en": "tell the webhook {to}", "ru": "сообщить вебхуку {to}"},
    parameters=(Parameter("to", "webhook", label={"en": "Webhook", "ru": "Вебхук"}),),
    acts_on=True,
    check=_check_webhook,
)

ROBOT_KINDS: dict[str, RobotKind] = {
    each.key: each for each in (NOTIFY, CONTROL, TASK, SET_FIELD, CHANGE_RESPONSIBLE, MOVE, WRITE_TO_CLIENT, WEBHOOK)
}


def kind_of(key: str) -> RobotKind:
    """The kind of a robot that is stored: one that is there no more has nothing to say but its key."""
    own = {"en": key}
    return ROBOT_KINDS.get(key) or RobotKind(key, own, "bolt", waits=own, acts=own, parameters=())
