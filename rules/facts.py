"""What rules read: fields, conditions, stages, and a snapshot of one deal with all that belongs to it.

Only shapes live here, no decisions. Groups of tests stand here too, since a field may carry one;
how they are read and judged is in conditions.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Text = Mapping[str, str]
Value = str | int | float | bool | date | datetime | list[str] | None
Raw = Mapping[str, object]  # values by key as somebody typed or sent them: nothing is known of them yet
Mode = Literal["all", "any"]

ENTITIES = ("deal", "contact", "company", "invoices", "conversation")
CLIENT = ("contact", "company")  # a person, and the company they speak for


def say(text: Text, locale: str, fallback: str = "en") -> str:
    """The firm's own text in the reader's language, else in the firm's (`fallback`), else in whichever there is."""
    for language in (locale, fallback):
        if text.get(language):
            return text[language]
    return next((words for words in text.values() if words), "")


@dataclass(frozen=True, slots=True)
class Test:
    """One line of a condition. `value` is as stored (money in minor units, dates in ISO), a tuple for in and not_in."""

    __test__ = False  # or pytest would collect it

    entity: str
    field: str
    operator: str
    value: Value | tuple[Value, ...] = None


@dataclass(frozen=True, slots=True)
class Group:
    mode: Mode
    items: tuple[Test | Group, ...]


Condition = Group


@dataclass(frozen=True, slots=True)
class Option:
    """An archived one is still read where it was chosen, and can be chosen no more."""

    key: str
    label: Text
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of the product's (`is_built_in`) or of the firm's own. `options` are archived ones too."""

    entity: str
    key: str
    kind: str
    label: Text
    options: tuple[Option, ...] = ()
    required_from: tuple[int, ...] = ()  # ids of stages, at most one in a pipeline
    required_if: Condition | None = None
    shown_as: str = "none"  # mark, tag, none
    is_built_in: bool = False
    help: Text | None = None

    @property
    def choices(self) -> tuple[Option, ...]:
        """The options that can be chosen."""
        return tuple(each for each in self.options if not each.is_archived)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The values of one deal's entities at one moment, as `{"deal": {"amount": 100000}, "contact": {"vip": True}}`.

    A date may be an ISO string (out of a JSON column) or a date (out of a column of its own): read both
    through `fields.comparable`.
    """

    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    def value(self, entity: str, key: str) -> Value:
        return self.values.get(entity, {}).get(key)

    def with_values(self, entity: str, changes: Mapping[str, Value]) -> Snapshot:
        return Snapshot({**self.values, entity: {**self.values.get(entity, {}), **changes}})


@dataclass(frozen=True, slots=True)
class StageFacts:
    id: int
    position: int
    kind: str  # open, won, lost


def _built_in(entity: str, key: str, kind: str, en: str, ru: str) -> FieldSpec:
    return FieldSpec(entity, key, kind, {"en": en, "ru": ru}, is_built_in=True)


CHANNELS = (
    Option("chat", {"en": "Web chat", "ru": "Чат на сайте"}),
    Option("form", {"en": "Web form", "ru": "Форма на сайте"}),
    Option("email", {"en": "E-mail", "ru": "Почта"}),
    Option("api", {"en": "API", "ru": "API"}),
    Option("call", {"en": "Call", "ru": "Звонок"}),
)
BUILT_IN: tuple[FieldSpec, ...] = (
    _built_in("deal", "title", "text", "Title", "Название"),
    _built_in("deal", "amount", "money", "Amount", "Сумма"),
    _built_in("deal", "responsible", "user", "Responsible", "Ответственный"),
    _built_in("deal", "stage", "stage", "Stage", "Стадия"),
    _built_in("deal", "source", "text", "Source", "Источник"),
    _built_in("deal", "created_at", "datetime", "Created", "Создана"),
    _built_in("deal", "has_contact", "checkbox", "Has a contact", "Есть контакт"),
    _built_in("deal", "has_next_step", "checkbox", "Has a next step", "Есть следующий шаг"),
    _built_in("deal", "next_step_at", "datetime", "Next step on", "Когда следующий шаг"),
    _built_in("deal", "next_step_overdue", "checkbox", "Next step is overdue", "Следующий шаг просрочен"),
    _built_in("contact", "name", "text", "Full name", "Имя и фамилия"),
    _built_in("contact", "phone", "phone", "Phone", "Телефон"),
    _built_in("contact", "email", "email", "E-mail", "Почта"),
    _built_in("company", "name", "text", "Company", "Компания"),
    _built_in("invoices", "unpaid", "checkbox", "Unpaid", "Есть неоплаченные"),
    _built_in("invoices", "count", "number", "Invoices", "Счетов"),
    _built_in("invoices", "balance", "money", "Balance due", "Остаток к оплате"),
    _built_in("invoices", "nearest_due_on", "date", "Nearest due date", "Ближайший срок оплаты"),
    _built_in("conversation", "replied", "checkbox", "Replied", "Клиенту ответили"),
    _built_in("conversation", "unanswered", "checkbox", "Waiting for a reply", "Ждёт ответа"),
    FieldSpec("conversation", "channel", "select", {"en": "Channel", "ru": "Канал"}, CHANNELS, is_built_in=True),
    _built_in("conversation", "last_client_message_at", "datetime", "Client last wrote", "Клиент писал"),
    _built_in("conversation", "last_text", "long_text", "Client's last message", "Последнее сообщение клиента"),
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every field there is to read, by (entity, key), in the order in which forms list them."""

    fields: Mapping[tuple[str, str], FieldSpec]

    @classmethod
    def build(cls, custom: Iterable[FieldSpec] = ()) -> Catalogue:
        """The built-in fields and the firm's own; a custom one of the same name (say, a required amount) wins."""
        return cls({(spec.entity, spec.key): spec for spec in (*BUILT_IN, *custom)})

    def of(self, entity: str) -> tuple[FieldSpec, ...]:
        return tuple(spec for spec in self.fields.values() if spec.entity == entity)

    def get(self, entity: str, key: str) -> FieldSpec | None:
        return self.fields.get((entity, key))
