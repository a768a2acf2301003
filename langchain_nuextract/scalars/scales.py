"""Words and signs by which numbers are multiplied: `3 million`, `1,5 Mio.`, `12k`, `3万`."""

from typing import Final

SCALES: Final = {
    word: exponent
    for exponent, words in {
        3: (
            "thousand tsd thsd tausend mille mil mila duizend tysiąc tysiące tysięcy tys tusen tusind "
            "tisíc тысяч тысячи тыс 千"
        ),
        4: "万 萬 만",
        6: (
            "million millions mio mln millionen millones millón milioni milione milhão milhões miljoen milion miliony "
            "milionů milionów miljon miljoner millioner миллион миллиона миллионов млн 百万"
        ),
        8: "億 亿 억",
        9: (
            "mrd milliard milliards milliarde milliarden miliardi miliardo miljard miliard miliardy "
            "miliardów miljarder milliarder миллиард миллиарда миллиардов млрд"
        ),
    }.items()
    for word in words.split()
}
"""The power of ten of those that mean one number everywhere."""
LIKELY_SCALES: Final = {"k": 3, "bn": 9, "billion": 9, "billions": 9}
"""Those that may mean another: a German `Billion` is a thousand times as much."""
