"""JSON while it is being written: at any time, what is complete of it."""

import json
import re
from typing import Final, cast

from langchain_nuextract.paths import JSON, fields

_START: Final = re.compile(r"\s*(?:```\w*\s*)?(?=\{)")
_BETWEEN: Final = re.compile(r"[\s,:]*")
"""What stands between keys and values; whether it is the right mark, the whole answer's reader tells."""
_DECODE: Final = json.JSONDecoder(strict=False).decode
_INSIDE: Final = re.compile(r'(?:[^"\\]+|\\.)*', re.DOTALL)
_WORD: Final = re.compile(r"[-+.\w]+")
_DEEPEST: Final = 100
"""Levels of nesting, as many as the whole answer's reader follows."""
_CLOSERS: Final = {"{": "}", "[": "]"}


class IncrementalParser:
    """Reads an object piece by piece, in time that is linear in its length.

    Only plain JSON is read, from its first character on, or behind a fence or thinking. What is none shows nothing.
    """

    def __init__(self) -> None:
        self.value: dict[str, JSON] | None = None
        """What is complete: scalars that have ended, the items of lists whose last bracket has come, and open objects
        with what is complete of them. It is changed in place."""
        self.leaves = 0
        """Scalars that were written so far."""
        self._text = ""
        self._at = 0
        self._started = self._lost = False
        self._string: list[str] | None = None
        self._stack: list[JSON] = []
        self._keys: list[str | None] = []
        self._hidden = 0

    def feed(self, more: str) -> bool:
        """Read a further piece; true if there is more to show than before."""
        self._text, self._at = self._text[self._at :] + more, 0
        if self._lost:
            return False
        if not self._started:
            # Thinking may have JSON in it, which is none of the answer's.
            start = self._text.rfind("</think>")
            match = _START.match(self._text, start + len("</think>") if start >= 0 else 0)
            if match is None:
                return False
            self._started, self._at = True, match.end()
        shown = False
        while not self._lost and (step := self._step()) is not None:
            shown |= step and not self._hidden
        return shown

    def _step(self) -> bool | None:
        """Read one token: whether it completes a value; None if it is not all there yet, or all is read."""
        if self._string is not None:
            return self._rest_of_string()
        match = _BETWEEN.match(self._text, self._at)
        self._at = match.end() if match else self._at
        if self._at == len(self._text) or (self.value is not None and not self._stack):
            return None
        here = self._text[self._at]
        if here == '"':
            self._at += 1
            self._string = []
            return False
        return self._mark(here) if here in "{}[]" else self._word()

    def _rest_of_string(self) -> bool | None:
        match = _INSIDE.match(self._text, self._at)
        assert match is not None and self._string is not None  # noqa: PT018, S101  # it matches the empty text
        self._string.append(match[0])
        self._at = match.end()
        if self._text[self._at : self._at + 1] != '"':
            return None
        self._at += 1
        written, self._string = "".join(self._string), None
        try:
            return self._take(_DECODE(f'"{written}"') if "\\" in written else written)
        except ValueError:
            return self._lose()

    def _word(self) -> bool | None:
        match = _WORD.match(self._text, self._at)
        if match is None:
            return self._lose()
        if match.end() == len(self._text):
            return None
        self._at = match.end()
        try:
            return self._take(_DECODE(match[0]))
        except ValueError:
            return self._lose()

    def _mark(self, here: str) -> bool:
        self._at += 1
        if here in _CLOSERS:
            return self._lose() if len(self._stack) >= _DEEPEST else self._open({} if here == "{" else [])
        if not self._stack or not isinstance(self._stack[-1], dict if here == "}" else list):
            return self._lose()
        container = self._stack.pop()
        self._keys.pop()
        if self._stack and isinstance(self._stack[-1], list):
            self._hidden -= 1
            cast("list[JSON]", self._stack[-1]).append(container)
        return True

    def _open(self, container: dict[str, JSON] | list[JSON]) -> bool:
        if self.value is None:
            self.value = fields(container)
        elif isinstance(self._stack[-1], list):
            # An item is shown when it is complete.
            self._hidden += 1
        else:
            self._put(container)
        self._stack.append(container)
        self._keys.append(None)
        return False

    def _take(self, said: JSON) -> bool:
        if isinstance(self._stack[-1], dict) and self._keys[-1] is None:
            self._keys[-1] = said if isinstance(said, str) else str(self._lose())
            return False
        self.leaves += 1
        self._put(said)
        return True

    def _put(self, said: JSON) -> None:
        if isinstance(self._stack[-1], list):
            cast("list[JSON]", self._stack[-1]).append(said)
        elif self._keys[-1] is None or self._keys[-1] in fields(self._stack[-1]):
            # Which of two values under one key holds is not for the stream to say.
            self._lose()
        else:
            fields(self._stack[-1])[self._keys[-1]] = said
            self._keys[-1] = None

    def _lose(self) -> bool:
        """Nothing more is shown: this is no plain JSON."""
        self._lost = True
        return False
