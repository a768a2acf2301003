# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""The tokens of JSON as models write it: blanks, quotes, keys and words."""

import re
from typing import Final, Literal, TypeAlias

StringPlace: TypeAlias = Literal["key", "member", "item"]
"""What a string is: an object's key, an object's value, or an array's item."""
CLOSERS: Final = {
    '"': '"', "'": "'", "`": "`´", "´": "´`",
    "“": '”“"', "”": "”", "„": "“”", "‘": "’‘", "’": "’", "«": "»", "＂": "＂",
}  # fmt: skip
"""The marks that may open a string, each with those that may close it."""
BLANK: Final = r"[\s\ufeff\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064]"
BLANKS = re.compile(rf"{BLANK}*")
INVISIBLE: Final = (
    "\ufeff\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
)
"""The blanks that are no white space."""
QUOTED_KEY: Final = (
    r"(?:\"(?:[^\"\\\n{}\[\]]|\\u){0,120}\"|'[^'\"\n{}\[\]]{0,120}'|[“”„‘’«`´＂][^\"\n{}\[\]]{0,120}?[“”‘’»`´＂])"
    rf"{BLANK}*(?:[:：]|=>)"
)
"""A pattern for a key in quotes with its colon."""
WORD: Final = r"(?:-?\d[\d.eE+-]*|true|false|null|True|False|None)"
"""A pattern for a number or literal."""
WRONG_COMMA = re.compile(rf"[^\w\s\"'`,()+{{}}\[\]]{{1,3}}{BLANK}*(?=\"[^\"\n{{}}\[\]]{{1,120}}\"{BLANK}*:)")
"""What was written for a comma before a key."""
KEY_PATTERN = re.compile(rf"{BLANK}*(?:[,，]{BLANK}*)?{QUOTED_KEY}")
"""A key in quotes that may follow a value, with or without a comma between."""
