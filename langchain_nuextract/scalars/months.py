# ruff: noqa: RUF001  (names in Greek and Cyrillic letters)
"""The names of months, as people write them in running text and as abbreviations."""

import re
import unicodedata
from typing import Final

_NAMES: Final = """
1: ene enero gen gener gennaio ian ianuarie jan janeiro janner januar januara januari january janv janvier led leden
   ledna lednu oca ocak sty styczen stycznia styczniu tammi tammikuu tammikuuta ιαν ιανουαριοσ ιανουαριου січ січень
   січня янв январе январь января яну януари јан јануар
2: feb febbraio feber febr febrer febrero februar februara februari februarie february fev fevereiro fevr fevrier
   helmi helmikuu helmikuuta lut lutego luty lutym sub subat uno unor unora φεβ φεβρουαριοσ φεβρουαριου лют лютии
   лютого феб фебруар фев февр феврале февраль февраля февруари
3: bre brezen brezna breznu maalis maaliskuu maaliskuuta maart maerz mar marc marca march marcius marco marcu marec
   maret mars mart marte martie marts marz marzec marzo mrt mrz μαρ μαρτιοσ μαρτιου бер березень березня мар март
   марта марте
4: abr abril apr april aprila aprile aprilie aprilis avr avril dub duben dubna dubnu huhti huhtikuu huhtikuuta kwi
   kwiecien kwietnia kwietniu nis nisan απρ απριλιοσ απριλιου апр апреле апрель апреля април квіт квітень квітня
5: kve kveten kvetna kvetnu mag maggio mai maig maio maj maja maju majus may mayo mayıs mei touko toukokuu
   toukokuuta μαι μαιοσ μαιου мае маи мая мај трав травень травня
6: cerven cervna cervnu cvn cze czerwca czerwcu czerwiec giu giugno haz haziran iun iunie juin jun juna june junho
   juni junij junio junius juny kesa kesakuu kesakuuta ιουν ιουνιοσ ιουνιου июн июне июнь июня черв червень червня
   юни јун
7: cervence cervenci cervenec cvc heina heinakuu heinakuuta iul iulie juil juillet jul jula julho juli julij julio
   juliol julius july lip lipca lipcu lipiec lug luglio tem temmuz ιουλ ιουλιοσ ιουλιου июл июле июль июля лип
   липень липня юли јул
8: ago agost agosto agu agustos agustus aout aug august augusta augusti augustus augusztus avg avgust elo elokuu
   elokuuta sie sierpien sierpnia sierpniu srp srpen srpna srpnu αυγ αυγουστοσ αυγουστου авг август августа августе
   серп серпень серпня
9: eyl eylul sep sept september septembra septembre septembrie septiembre set setembre setembro setiembre settembre
   syys syyskuu syyskuuta szept szeptember wrz wrzesien wrzesnia wrzesniu zar zari σεπ σεπτεμβριοσ σεπτεμβριου вер
   вересень вересня сен сент сентябре сентябрь сентября сеп септембар септември
10: eki ekim loka lokakuu lokakuuta oct october octobre octombrie octubre okt oktober oktobra ott ottobre out
   outubro paz pazdziernik pazdziernika pazdzierniku rij rijen rijna rijnu οκτ οκτωβριοσ οκτωβριου жовт жовтень
   жовтня окт октобар октомври октябре октябрь октября
11: kas kasım lis listopad listopada listopadu listopadzie marras marraskuu marraskuuta noiembrie nov november
   novembra novembre novembro noviembre νοε νοεμβριοσ νοεμβριου лист листопад листопада нов новембар ное ноември
   нояб ноябре ноябрь ноября
12: ara aralık dec december decembra decembre decembrie des desember desembre dez dezember dezembro dic dicembre
   diciembre gru grudnia grudniu grudzien joulu joulukuu joulukuuta pro prosince prosinci prosinec δεκ δεκεμβριοσ
   δεκεμβριου груд грудень грудня дек декабре декабрь декабря декември дец децембар
"""

MONTHS: Final = {
    name: month for month, names in enumerate(re.split(r"\s*\d+: ", _NAMES)[1:], start=1) for name in names.split()
}
"""Months by their names in lower case and without accents.

Source: CLDR 47 (wide and abbreviated, in running text and alone) of Bulgarian, Catalan, Czech, Danish, Dutch,
English, Finnish, French, German, Greek, Hungarian, Indonesian, Italian, Norwegian, Polish, Portuguese, Romanian,
Russian, Serbian, Slovak, Slovenian, Spanish, Swedish, Turkish and Ukrainian; with the cases that follow `in` in Czech,
Polish and Russian.
"""

_ROMAN: Final = {
    name: month for month, name in enumerate(re.split(" ", "I II III IV V VI VII VIII IX X XI XII"), start=1)
}
_SHORTEST: Final = 3


def month_named(word: str) -> int:
    """The month that a word names, 0 if none: `Mai`, `sept`, `października`; Roman numerals are months in capitals."""
    if len(word) >= _SHORTEST and (month := MONTHS.get(word.casefold())):
        return month
    if word.isascii():
        return _ROMAN.get(word, 0)
    return MONTHS.get(plain_letters(word).casefold(), 0)


def plain_letters(written: str) -> str:
    """Leave out accents, which the names of months may have or lack."""
    text = unicodedata.normalize("NFKD", written.strip())
    return unicodedata.normalize("NFKC", "".join(mark for mark in text if not unicodedata.combining(mark)))
