# ruff: noqa: E501  (a language or unit is a row)
"""Small whole numbers in words: `seven`, `zwölf`, `vingt-deux`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_ONES: Final = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "de": "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
    "it": "uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
    "pt": "um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove",
    "nl": "een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
    "sv": "ett två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton nitton",
    "da": "en to tre fire fem seks syv otte ni ti elleve tolv tretten fjorten femten seksten sytten atten nitten",
    "pl": "jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście",
    "cs": "jeden dva tři čtyři pět šest sedm osm devět deset jedenáct dvanáct třináct čtrnáct patnáct šestnáct sedmnáct osmnáct devatenáct",
    "ru": "один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
}  # fmt: skip
"""From one to nineteen."""
_TENS: Final = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety", "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante", "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta", "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig", "sv": "tjugo trettio fyrtio femtio sextio sjuttio åttio nittio",
    "pl": "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt",
    "cs": "dvacet třicet čtyřicet padesát šedesát sedmdesát osmdesát devadesát", "ru": "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
}  # fmt: skip
"""Twenty, thirty, and so on."""
_BETWEEN: Final = {
    "en": "-",
    "fr": "-",
    "es": " y ",
    "pt": " e ",
    "nl": "en",
    "sv": "",
    "pl": " ",
    "cs": " ",
    "ru": " ",
}
"""What stands between tens and ones."""
_ONES_FIRST: Final = {"de": "und", "nl": "en"}
"""What stands between them where the ones come first: `einundzwanzig`."""


def _number_names() -> Iterator[tuple[int, str]]:
    for language, words in _ONES.items():
        ones = words.split()
        yield from enumerate(ones, 1)
        for tens, word in enumerate(_TENS.get(language, "").split(), 2):
            yield 10 * tens, word
            for digit, one in enumerate(ones[:9], 1):
                first = _ONES_FIRST.get(language)
                number = f"{one}{first}{word}" if first else f"{word}{_BETWEEN.get(language, '')}{one}"
                yield 10 * tens + digit, number
                if "-" in number:
                    yield 10 * tens + digit, number.replace("-", " ")


def _by_number() -> Mapping[int, Sequence[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for number, word in _number_names():
        if word not in found[number]:
            found[number].append(word)
    # German and Dutch have words of their own where nothing follows.
    found[1] += ["eins", "eine", "une", "una", "uma", "één"]
    found[12] += ["dozen", "a dozen", "Dutzend", "douzaine", "docena", "dozzina", "dúzia"]
    return dict(found)


NUMBER_WORDS: Final = _by_number()
"""The words for each number from 1 to 99, in twelve languages."""
