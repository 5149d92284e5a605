"""The deals of the lesson's firm, one line each: what, who, whose, how much, and its plot: what happened how long ago.

A plot reads "26h asks, 25h56m answers"; the verbs are in verbs.py. Who is told, what is called off and what waits
follows from these by itself: it is lived through, not written down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from webapp.seeds.words import Words, say

_AGO = re.compile(r"(\d+)([dhms])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@dataclass(frozen=True, slots=True)
class Story:
    """One deal of one client. `amount` in roubles; `kind` is the equipment type once it is known."""

    rep: str
    amount: int
    kind: str
    is_vip: bool
    title: Words
    client: Words
    company: Words | None
    plot: str

    def steps(self) -> Iterator[tuple[timedelta, str]]:
        """How long ago, and the verb."""
        for step in self.plot.split(", "):
            ago, verb = step.split(" ")
            yield timedelta(**{_UNITS[unit]: int(n) for n, unit in _AGO.findall(ago)}), verb


def _deal(
    rep: str, amount: int, kind: str, title: Words, client: Words, company: Words | None, plot: str, vip: bool = False
) -> Story:
    return Story(rep, amount, kind, vip, title, client, company, plot)


METALLIST = say("Metallist", "Металлист")
VOSTOK = say("Vostok", "Восток")
TITAN = say("Titan", "Титан")
AGROPROM = say("Agroprom", "Агропром")
AQUA = say("Aqua-Servis", "Аква-Сервис")

# fmt: off
NEW = (
    _deal("rep1", 1_000_000, "large", say("CNC lathe for a new workshop", "Токарный станок с ЧПУ для нового цеха"),
          say("Petr Sidorov", "Пётр Сидоров"), METALLIST,
          "5m40s asks", vip=True),
    _deal("rep2", 84_000, "standard", say("Spare belts, quarterly", "Запасные ремни, раз в квартал"),
          say("Olga Zimina", "Ольга Зимина"), None,
          "3m30s asks"),
    _deal("rep2", 640_000, "standard", say("Compressor, 2 pcs", "Компрессор, 2 шт."),
          say("Denis Kravtsov", "Денис Кравцов"), say("Stroymaster LLC", "ООО «Строймастер»"),
          "24m asks"),
    _deal("rep3", 586_000, "large", say("Question about delivery", "Вопрос о доставке"),
          say("Timur Aliev", "Тимур Алиев"), None,
          "1m50s asks"),
    _deal("rep3", 365_000, "standard", say("Hydraulic lift for a garage", "Гидравлический подъёмник для автосервиса"),
          say("Gleb Antonov", "Глеб Антонов"), say("Autoline", "Автолайн"),
          "1h47m asks"),
)
DATA_COLLECTION = (
    _deal("rep1", 1_200_000, "large", say("Packaging line audit", "Аудит упаковочной линии"),
          say("Roman Belov", "Роман Белов"), VOSTOK,
          "26h asks, 25h56m answers, 40m writes", vip=True),
    _deal("rep2", 310_000, "standard", say("Forklift rental", "Аренда погрузчика"),
          say("Svetlana Kim", "Светлана Ким"), say("Warehouse No. 7", "Склад № 7"),
          "2d asks, 47h32m answers, 20h learns"),
    _deal("rep3", 430_000, "large", say("Pump station", "Насосная станция"),
          say("Nikita Frolov", "Никита Фролов"), AQUA,
          "3d5h asks, 3d4h54m answers, 2d learns"),
    _deal("rep3", 720_000, "standard", say("Cooling unit for a dairy", "Холодильная установка для молокозавода"),
          say("Irina Lapina", "Ирина Лапина"), say("Lugovoe Dairy", "Молокозавод «Луговое»"),
          "7h asks, 6h57m answers"),
    _deal("rep1", 295_000, "standard", say("Laser engraver", "Лазерный гравёр"),
          say("Artyom Sazonov", "Артём Сазонов"), None,
          "30h asks, 29h53m answers, 3h writes"),
    _deal("rep2", 148_000, "standard", say("Spare parts for a crane", "Запчасти для крана"),
          say("Vera Nikitina", "Вера Никитина"), say("Port Logistics", "Порт Логистика"),
          "4d asks, 3d23h58m answers, 26h writes, 25h answers"),
)
PROCESSING = (
    _deal("rep1", 2_400_000, "special", say("Custom press, 400 t", "Пресс на заказ, 400 т"),
          say("Elena Gromova", "Елена Громова"), TITAN,
          "4d asks, 3d23h55m answers, 44h processing, 43h takes, 40m reports", vip=True),
    _deal("rep2", 520_000, "large", say("Conveyor belt, 40 m", "Конвейерная лента, 40 м"),
          say("Stepan Rogov", "Степан Рогов"), AGROPROM,
          "6d asks, 5d23h54m answers, 3d processing"),
    _deal("rep3", 200_000, "standard", say("Workbenches ×12", "Верстаки, 12 шт."),
          say("Tamara Belkina", "Тамара Белкина"), say("School No. 4", "Школа № 4"),
          "5d asks, 4d23h40m answers, 2d processing"),
    _deal("rep2", 3_150_000, "special", say("Vacuum furnace", "Вакуумная печь"),
          say("Mikhail Orekhov", "Михаил Орехов"), METALLIST,
          "5d3h asks, 5d2h53m answers, 30h processing, 28h takes", vip=True),
    _deal("rep3", 2_860_000, "special", say("Sterile filling line", "Линия стерильного розлива"),
          say("Larisa Vetrova", "Лариса Ветрова"), say("Pharmasfera", "Фармасфера"),
          "8d asks, 7d23h52m answers, 50h processing, 49h takes, 28h reports, 25h returns", vip=True),
    _deal("rep1", 740_000, "large", say("Ventilation for a hall", "Вентиляция для цеха"),
          say("Kirill Maslov", "Кирилл Маслов"), VOSTOK,
          "7d asks, 6d23h51m answers, 4d processing", vip=True),
)
PAYMENT = (
    _deal("rep1", 1_180_000, "large", say("Welding cell", "Сварочный пост"),
          say("Andrey Golubev", "Андрей Голубев"), TITAN,
          "9d asks, 8d23h57m answers, 5d processing, 20h payment", vip=True),
    _deal("rep2", 300_000, "standard", say("Filters, yearly supply", "Фильтры, годовая поставка"),
          say("Nina Sorokina", "Нина Сорокина"), AQUA,
          "12d asks, 11d23h56m answers, 8d processing, 5d payment"),
    _deal("rep3", 4_100_000, "large", say("Overhead crane, 10 t", "Мостовой кран, 10 т"),
          say("Boris Tkachenko", "Борис Ткаченко"), say("Steel Yard", "Стальной двор"),
          "15d asks, 14d23h55m answers, 9d processing, 30h payment"),
    _deal("rep2", 2_050_000, "large", say("Milling machine", "Фрезерный станок"),
          say("Yuri Danilov", "Юрий Данилов"), say("Instrument Plant", "Инструментальный завод"),
          "27d asks, 26d23h50m answers, 22d processing, 17d payment, 6d pays_half", vip=True),
    _deal("rep3", 460_000, "standard", say("Dust extraction", "Система аспирации"),
          say("Alla Kosheleva", "Алла Кошелева"), say("Mebelny Dvor", "Мебельный двор"),
          "13d asks, 12d23h50m answers, 10d processing, 6d payment"),
    _deal("rep1", 150_000, "standard", say("Shelving for an archive", "Стеллажи для архива"),
          say("Zoya Markina", "Зоя Маркина"), say("City Archive", "Городской архив"),
          "10d asks, 9d23h55m answers, 7d processing, 4d agrees"),
)
CLOSED = (
    _deal("rep3", 410_000, "standard", say("Drill press", "Сверлильный станок"),
          say("Fyodor Chernov", "Фёдор Чернов"), METALLIST,
          "21d asks, 20d23h56m answers, 19d processing, 18d payment, 17d pays"),
    _deal("rep1", 96_000, "standard", say("Service contract", "Договор на обслуживание"),
          say("Polina Reznik", "Полина Резник"), VOSTOK,
          "16d asks, 15d23h59m answers, 14d processing, 13d payment, 11d pays"),
    _deal("rep1", 3_400_000, "special", say("Robotic welding line", "Роботизированная сварочная линия"),
          say("Viktor Zhdanov", "Виктор Жданов"), say("Wagon Works", "Вагоностроительный завод"),
          "28d asks, 27d23h57m answers, 24d processing, 23d takes, 22d reports, 21d accepts, 19d payment, 18d pays",
          vip=True),
    _deal("rep2", 275_000, "standard", say("Bandsaw", "Ленточнопильный станок"),
          say("Galina Ufimtseva", "Галина Уфимцева"), say("Les-Torg", "Лес-Торг"),
          "14d asks, 13d23h45m answers, 12d processing, 10d payment, 6d pays"),
    _deal("rep3", 890_000, "large", say("Boiler automation", "Автоматика для котельной"),
          say("Ruslan Akhmetov", "Руслан Ахметов"), say("Teploset", "Теплосеть"),
          "11d asks, 10d23h58m answers, 9d12h processing, 8d payment, 30h pays"),
    _deal("rep2", 1_350_000, "large", say("Used excavator", "Экскаватор с пробегом"),
          say("Maxim Yudin", "Максим Юдин"), None,
          "18d asks, 17d23h30m answers, 12d loses"),
    _deal("rep1", 540_000, "standard", say("Sandblasting booth", "Пескоструйная камера"),
          say("Daria Volkova", "Дарья Волкова"), say("Art Metal", "Арт-Металл"),
          "10d12h asks, 10d11h55m answers, 8d12h processing, 5d12h loses"),
    _deal("rep3", 2_200_000, "special", say("Galvanic line", "Гальваническая линия"),
          say("Lev Abramov", "Лев Абрамов"), say("Elektron Plant", "Завод «Электрон»"),
          "20d12h asks, 20d11h54m answers, 15d12h processing, 13d12h loses", vip=True),
)
# fmt: on
STORIES = (*NEW, *DATA_COLLECTION, *PROCESSING, *PAYMENT, *CLOSED)
