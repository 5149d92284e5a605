"""What the robots of the starter set say, in both languages of a firm's texts. {stage} and {amount} are put in when the
set is taken: they are the firm's own."""

from __future__ import annotations

Words = dict[str, str]

VIP: Words = {"en": "VIP", "ru": "VIP"}
PAYMENT: Words = {"en": "Payment", "ru": "Оплата"}
NAMES: dict[str, Words] = {
    "reaction_control": {"en": "Reaction control", "ru": "Контроль скорости реакции"},
    "vip_notification": {"en": "A VIP client has written", "ru": "Обращение VIP-клиента"},
    "unpaid_invoice": {"en": "Unpaid invoice", "ru": "Неоплаченный счёт"},
    "large_deal": {"en": "Large deal", "ru": "Крупная сделка"},
    "dialogue_taken": {"en": "Dialogue taken", "ru": "Диалог взят в работу"},
    "invoice_paid": {"en": "Invoice paid in full", "ru": "Счёт оплачен полностью"},
}
TEXTS: dict[str, Words] = {
    "reaction_control": {
        "en": "{deal.responsible} has not answered {contact.name}: “{deal.title}”, {deal.time_on_stage} on {stage}.",
        "ru": "Клиент ждёт ответа: {contact.name}. Сделка «{deal.title}» на стадии «{stage}» уже {deal.time_on_stage}."
        " Ответственный: {deal.responsible}.",
    },
    "vip_notification": {
        "en": "VIP client {contact.name} has written. Responsible: {deal.responsible}.",
        "ru": "Обратился VIP-клиент {contact.name}. Ответственный: {deal.responsible}.",
    },
    "unpaid_invoice": {
        "en": "{contact.name} has not paid invoice {invoice.number}: “{deal.title}”, {invoice.balance}."
        " Responsible: {deal.responsible}.",
        "ru": "Клиент {contact.name} ещё не оплатил счёт {invoice.number}: «{deal.title}», {invoice.balance}."
        " Ответственный: {deal.responsible}.",
    },
    "large_deal": {
        "en": "A large deal: “{deal.title}”, {deal.amount}. Responsible: {deal.responsible}.",
        "ru": "Крупная сделка: «{deal.title}», {deal.amount}. Ответственный: {deal.responsible}.",
    },
}
