"""What clients and employees of the lesson's firm say and write; turns are taken by the deal's place in the list."""

from __future__ import annotations

from webapp.seeds.words import Words, say

OPENINGS = (
    say(
        "Hello! We are interested in: {title}. Could you send a quote?",
        "Здравствуйте! Пришлите, пожалуйста, коммерческое предложение: {title}",
    ),
    say(
        "Good afternoon. {title}: what are the price and the delivery time?",
        "Добрый день. {title}: какие цена и срок поставки?",
    ),
    say(
        "{title}. When can somebody call me to discuss the details?",
        "{title}: когда со мной смогут связаться и обсудить детали?",
    ),
)
ANSWERS = (
    say(
        "Hello! Thank you for writing. I will send the offer today; which delivery date suits you?",
        "Здравствуйте! Спасибо за обращение. Предложение пришлю сегодня; какой срок поставки вам подходит?",
    ),
    say(
        "Good afternoon! I am your contact here. May I call you in an hour to go through the details?",
        "Добрый день! Я ваш менеджер. Удобно ли, если через час позвоню и уточню детали?",
    ),
)
MORE = (
    say(
        "We have looked at your offer. Can you also include installation?",
        "Посмотрели предложение. Можно ли включить в него монтаж?",
    ),
    say(
        "Any news on the delivery date? We need to plan the site.",
        "Что со сроком поставки? Нам нужно планировать площадку.",
    ),
)
RESULT = say(
    "Agreed on the special configuration, delivery in ten weeks, advance 40 %. The contract draft is with the client.",
    "Согласовали особую комплектацию, поставка через десять недель, аванс 40 %. Проект договора у клиента.",
)
RETURN_REASON = say(
    "The warranty terms are missing. Agree on them with the client and add them to the report.",
    "Нет условий гарантии. Согласуйте их с клиентом и добавьте в отчёт.",
)
LOST_REASON = (
    say("Chose another supplier", "Выбрали другого поставщика"),
    say("No budget this year", "Нет бюджета в этом году"),
)


def turn(lines: tuple[Words, ...], n: int, locale: str) -> str:
    return lines[n % len(lines)][locale]
