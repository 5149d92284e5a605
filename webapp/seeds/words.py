"""The words of the lesson's firm: {en, ru} for whatever the firm writes itself, plain names for its people. Those of
its set-up, the task's among them in the lesson's own Russian, stand in lesson.json."""

from __future__ import annotations

Words = dict[str, str]


def say(en: str, ru: str) -> Words:
    return {"en": en, "ru": ru}


NEW_FIRM = say("My firm", "Моя фирма")
FIRM = say("Arsenal Equipment", "Арсенал Оборудование")

DEPARTMENTS = {
    "sales": say("Sales", "Отдел продаж"),
    "sales_north": say("Sales North", "Отдел продаж «Север»"),
    "sales_south": say("Sales South", "Отдел продаж «Юг»"),
}

PEOPLE = {
    "admin": say("Admin", "Администратор"),
    "head": say("Sergey Lebedev", "Сергей Лебедев"),
    "north": say("Anna Krylova", "Анна Крылова"),
    "south-deputy": say("Pavel Orlov", "Павел Орлов"),
    "rep1": say("Ivan Petrov", "Иван Петров"),
    "rep2": say("Maria Sokolova", "Мария Соколова"),
    "rep3": say("Oleg Voronin", "Олег Воронин"),
}
