# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Words that say that there is nothing to say: `N/A`, `keine Angabe`, `not mentioned in the document`.

They are absent values, unless the document has them as words of its own, which is for the reader of an answer to ask.
"""

import re
from typing import Final

WORDS: Final = frozenset({
    "", "-", "--", "–", "—", "?", "??", "???", "...", "…", "n/a", "n.a.", "n. a.", "na", "n/d", "n.d.", "nan",
    "null", "none", "nil", "unknown", "undefined", "unspecified", "missing", "tbd", "tba", "t.b.d.",
    "yyyy-mm-dd",
    # German
    "k.a.", "k. a.", "k.a", "keine", "keine angabe", "keine angaben", "unbekannt", "entfällt", "ohne angabe",
    "n.v.", "n. v.", "nicht vorhanden", "nicht bekannt", "nicht angegeben", "nicht genannt", "nicht gefunden",
    "nicht verfügbar",
    # French
    "inconnu", "inconnue", "non renseigné", "non précisé", "non spécifié", "non mentionné", "non disponible",
    "non indiqué", "non communiqué", "néant", "aucun", "aucune", "sans objet", "s/o", "s.o.",
    # Spanish, Italian, Portuguese
    "desconocido", "desconocida", "no disponible", "no especificado", "no consta", "no indicado",
    "no encontrado", "no mencionado", "no aplica", "ninguno", "ninguna", "sin datos", "sconosciuto",
    "non specificato", "non disponibile", "non indicato", "non applicabile", "nessuno", "nessuna",
    "não informado", "não disponível", "não especificado", "não encontrado", "não mencionado", "não consta",
    "não se aplica", "desconhecido", "nenhum", "nenhuma",
    # Dutch, Swedish, Danish
    "onbekend", "niet vermeld", "niet opgegeven", "niet beschikbaar", "niet van toepassing", "n.v.t.", "geen",
    "okänt", "okänd", "ej angivet", "ej angiven", "saknas", "uppgift saknas", "ingen uppgift", "ukendt",
    "ikke oplyst", "ikke angivet", "ikke nævnt", "ikke relevant",
    # Polish, Czech, Russian
    "brak", "brak danych", "brak informacji", "nie podano", "nie dotyczy", "nieznany", "nieznane", "neuvedeno",
    "není uvedeno", "není známo", "neznámý", "neznámé", "не указано", "не указан", "нет данных", "неизвестно",
    "отсутствует", "н/д",
    # Chinese, Japanese, Korean
    "无", "未知", "不详", "未提供", "未提及", "未说明", "不适用", "没有", "不明", "なし", "記載なし", "該当なし",
    "未記載", "情報なし", "없음", "미상", "해당 없음", "정보 없음", "알 수 없음", "기재되지 않음",
})  # fmt: skip
"""In lower case."""
LONGEST: Final = 80
"""Characters of a phrase."""
_SAID: Final = (
    "found|available|specified|provided|mentioned|applicable|given|stated|present|indicated|listed|known|disclosed|"
    "included|shown|reported|recorded"
)
_IN: Final = "(?:in|by|from) (?:the |this )?(?:provided |given )?"
_TEXT: Final = "(?:text|document|input|context|passage|source|article|email|page)"
_LACKS: Final = "(?:does not|doesn't|did not) (?:mention|state|specify|say|provide|contain|give|include|indicate)"
_PHRASES: Final = (
    rf"(?:(?:is |was )?not|none)(?: explicitly)? (?:{_SAID})(?: {_IN}{_TEXT})?",
    rf"no (?:information|data|value|details)(?: (?:is |was )?(?:{_SAID}))?(?: {_IN}{_TEXT})?",
    rf"(?:the |this )?{_TEXT} {_LACKS}(?: (?:it|that|this|any|such)(?: information)?)?",
)
_MARKED: Final = "n/?a|none|null|nil|unknown|unspecified|empty|missing"

PATTERN: Final = "|".join(
    [
        *map(re.escape, sorted(WORDS - {""}, key=len, reverse=True)),
        *(rf"{phrase}\.?" for phrase in _PHRASES),
        # `<none>`, `[N/A]`, `(null)`, `None.`
        rf"[<\[(](?:{_MARKED})[>\])]",
        rf"(?:{_MARKED})\.",
    ]
)
"""What they look like, for a search that does not mind capitals; each part of it is bounded."""
_NOTHING = re.compile(rf"\s*(?:{PATTERN})?\s*", re.IGNORECASE)


def says_nothing(text: str) -> bool:
    """Whether a text says that there is nothing to say.

    Example:
        >>> says_nothing("N/A"), says_nothing("Not mentioned in the document."), says_nothing("Nil Ltd")
        (True, True, False)
    """
    return len(text) <= LONGEST and (text.strip().casefold() in WORDS or _NOTHING.fullmatch(text) is not None)
