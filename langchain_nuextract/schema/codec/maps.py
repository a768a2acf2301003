"""Objects with any keys, down to the list of entries that a template asks for and back."""

from collections.abc import Callable
from dataclasses import dataclass

from langchain_nuextract.paths import EACH, JSON, Path, fields, items, text
from langchain_nuextract.schema.answer_shape import ListShape
from langchain_nuextract.schema.codec.protocol import STAY, Codec, Divided, Fragment, Move, is_empty
from langchain_nuextract.schema.json_types import is_list, is_object


@dataclass(frozen=True, slots=True)
class MapCodec(Divided):
    """An object with any keys, as a list of entries."""

    shape: ListShape
    key: str
    inner: Codec
    at: str | None
    """The name under which an entry has its value; None where the value's own parts stand beside the key."""
    gaps: bool = False
    """Whether null is a value."""
    stands: bool = False
    """Whether a value is there even where nothing is in it."""
    missing: JSON = None
    note: str = ""
    key_note: str = ""
    """The user's description of the keys."""

    def lower(self, value: JSON) -> JSON:
        """Give an entry for each key."""
        if not is_object(value):
            return self.missing if value is None else value
        lowered = {key: self.inner.lower(child) for key, child in value.items()}
        if self.at is not None:
            return [{self.key: key, self.at: inner} for key, inner in lowered.items()]
        return [{self.key: key, **inner} if is_object(inner) else inner for key, inner in lowered.items()]

    def layout(self, answer: JSON) -> dict[str, Fragment] | list[Fragment] | None:
        """Give the values by their keys; the entries as they are, if one of them has no key."""
        if self.blank(answer):
            return {}
        if not is_list(answer):
            return None
        entries = [(index, fields(entry)) for index, entry in enumerate(answer) if not is_empty(entry)]
        if not all(isinstance(entry.get(self.key), str) for _, entry in entries):
            return [((index,), None, answer[index]) for index, _ in entries]
        fragments: dict[str, Fragment] = {}
        for index, entry in entries:
            key = text(entry[self.key])
            if self.at is None:
                way, inner = (index,), {name: child for name, child in entry.items() if name != self.key}
            else:
                way, inner = (index, self.at), entry.get(self.at)
            blank = self.inner.blank(inner)
            if blank and self.gaps:
                fragments.setdefault(key, (way, None, None))
            elif not blank or self.stands:
                fragments.setdefault(key, (way, self.inner, inner))
        return fragments

    def toward(self, answer: JSON) -> Callable[[Path], Move]:
        """Go to the value of an entry, which stands under its key."""

        def move(path: Path) -> Move:
            index, *rest = path
            found = items(answer)[index : index + 1] if isinstance(index, int) else []
            entry = fields(found[0]) if found else {}
            key = entry.get(self.key)
            if not isinstance(key, str):
                return STAY
            if self.at is not None:
                return (key,), self.inner, entry.get(self.at), tuple(rest[1:])
            return (key,), self.inner, entry, () if rest[:1] == [self.key] else tuple(rest)

        return move

    @property
    def below(self) -> tuple[tuple[Path, Codec], ...]:
        """The codec of the values."""
        return (((EACH,) if self.at is None else (EACH, self.at), self.inner),)
