# ruff: noqa: E501  (a language or unit is a row)
"""Units of time as people write them, and durations of ISO 8601 in several of them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

UNITS: Final = {
    word: unit
    for unit, words in {
        "Y": "year years yr yrs jahr jahre jahren an ans année années año años anno anni ano anos jaar jaren år rok roky roku lat lata год года лет 年 년",
        "M": "month months monat monate monaten mois mes meses mese mesi mês maand maanden månad månader måned måneder miesiąc miesiące miesięcy měsíc měsíce měsíců месяц месяца месяцев ヶ月 个月 개월",
        "W": "week weeks wk wks woche wochen semaine semaines semana semanas settimana settimane weken vecka veckor uge uger tydzień tygodnie tygodni týden týdny týdnů неделя недели недель 週間 周 주",
        "D": "day days tag tage tagen jour jours día días giorno giorni dia dias dag dagen dagar dage dzień dni den dny dnů день дня дней 日間 天 일",
        "H": "hour hours hr hrs h stunde stunden std heure heures hora horas ora ore uur uren timme timmar time timer godzina godziny godzin hodina hodiny hodin час часа часов 時間 小时 시간",
        "m": "minute minutes min mins minuten minuto minutos minuti minuut minuter minutter minuta minuty minut минута минуты минут 分間 分钟 분",
        "S": "second seconds sec secs sekunde sekunden seconde secondes segundo segundos secondo secondi seconden sekund sekunder sekunda sekundy секунда секунды секунд 秒 초",
    }.items()
    for word in words.split()
}  # fmt: skip
"""The designator of each word for a unit: those of ISO 8601, a minute in a small letter."""
_ISO: Final = re.compile(
    r"P(?=[\dT])(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.0+)?S)?)?"
)
_DESIGNATORS: Final = "YMWDHmS"
_IN_OTHERS: Final = {"W": (7, "D"), "Y": (12, "M"), "D": (24, "H"), "H": (60, "m"), "m": (60, "S")}
"""How many of the next smaller unit are as long."""


def is_whole_duration(value: str) -> bool:
    """Whether a value is a duration by ISO 8601, in whole units."""
    return value[:1] == "P" and _ISO.fullmatch(value) is not None


def amounts(value: str) -> Iterator[Sequence[tuple[int, str]]]:
    """Yield a duration as numbers of units, and if it has one unit, in all others in which it is a whole number.

    Example:
        >>> list(amounts("P21D"))
        [[(21, 'D')], [(504, 'H')], [(3, 'W')]]
    """
    match = _ISO.fullmatch(value)
    parts = (
        [(int(each), unit) for each, unit in zip(match.groups(), _DESIGNATORS, strict=True) if each and int(each)]
        if match
        else []
    )
    if parts:
        yield parts
    if len(parts) == 1:
        ((number, unit),) = parts
        if unit in _IN_OTHERS:
            factor, smaller = _IN_OTHERS[unit]
            yield [(number * factor, smaller)]
        for larger, (factor, smaller) in _IN_OTHERS.items():
            if smaller == unit and number % factor == 0:
                yield [(number // factor, larger)]
