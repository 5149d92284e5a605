"""The words of the lesson's firm: {en, ru} for whatever the firm writes itself, plain names for its people.

The task's Russian words are the lesson's own.
"""

from __future__ import annotations

Words = dict[str, str]


def say(en: str, ru: str) -> Words:
    return {"en": en, "ru": ru}


NEW_FIRM = say("My firm", "Моя компания")
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

PIPELINE = say("Equipment sales", "Продажа оборудования")
STAGES = {
    "new": say("New", "Новая"),
    "data_collection": say("Data collection", "Сбор данных"),
    "processing": say("Processing", "Оформление"),
    "payment": say("Payment", "Оплата"),
    "won": say("Won", "Успех"),
    "lost": say("Lost", "Провал"),
}

VIP = say("VIP", "VIP")
EQUIPMENT_TYPE = say("Equipment type", "Тип оборудования")
EQUIPMENT_TYPES = {
    "standard": say("Standard", "Стандартное"),
    "large": say("Large", "Крупное"),
    "special": say("Special", "Особое"),
}

ROBOTS = {
    "reaction_control": say("Reaction control", "Контроль скорости реакции"),
    "vip_notification": say("A VIP client has written", "Обращение VIP-клиента"),
    "vip_task": say("Task for a delicate deal", "Задача по важной сделке"),
    "unpaid_vip": say("Unpaid invoice, VIP client", "Неоплаченный счёт VIP-клиента"),
    "unpaid_other": say("Unpaid invoice", "Неоплаченный счёт"),
}
TEXTS = {
    "reaction_control": say(
        "{deal.responsible} has not answered {contact.name}: the deal “{deal.title}” has been in New"
        " for {deal.time_on_stage}.",
        "Клиент ждёт ответа: {contact.name}. Сделка «{deal.title}» на стадии «Новая» уже {deal.time_on_stage}."
        " Ответственный: {deal.responsible}.",
    ),
    "vip_notification": say(
        "VIP client {contact.name} has written. Responsible: {deal.responsible}.",
        "Обратился VIP-клиент {contact.name}. Ответственный: {deal.responsible}.",
    ),
    "unpaid_vip": say(
        "VIP client {contact.name} has not paid invoice {invoice.number} yet: “{deal.title}”, {deal.amount}.",
        "VIP-клиент {contact.name} ещё не оплатил счёт {invoice.number}: «{deal.title}», {deal.amount}.",
    ),
    "unpaid_other": say(
        "{contact.name} has not paid invoice {invoice.number}: “{deal.title}”, {deal.amount}."
        " Responsible: {deal.responsible}.",
        "Клиент {contact.name} ещё не оплатил счёт {invoice.number}: «{deal.title}», {deal.amount}."
        " Ответственный: {deal.responsible}.",
    ),
}
TASK_TITLE = say("Processing a deal with a VIP client", "Оформление сделки с VIP-клиентом")
TASK_TEXT = say(
    "Take special care in processing this deal. Report what was agreed with the client.",
    "Вам необходимо с особой тщательностью подойти к оформлению этой сделки."
    " Отчитайтесь по результатам достигнутых договорённостей с клиентом.",
)

TRIGGERS = {
    "dialogue_taken": say("Dialogue taken", "Диалог взят в работу"),
    "invoice_paid": say("Invoice paid in full", "Счёт оплачен полностью"),
}
