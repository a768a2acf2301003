"""Where parents stand: above the items of their lists, though the same words may stand elsewhere as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from langchain_nuextract.grounding.evidence import Evidence, Span
from langchain_nuextract.paths import JSON, Path, fields


def first_inner(found: Mapping[Path, Evidence]) -> Mapping[Path, int]:
    """Where the first value within the lists of an item begins, for the items that come first in their lists."""
    first: dict[Path, int] = {}
    for path, each in found.items():
        item = item_of(path)
        while item := item_of(item[:-1]):
            if not any(step for step in item if isinstance(step, int)):
                first[item] = min(first.get(item, each.span.start), each.span.start)
    return first


def item_of(path: Path) -> Path:
    """The innermost item of a list that a place is in; empty if in none."""
    at = next((index for index in range(len(path) - 1, -1, -1) if isinstance(path[index], int)), -1)
    return path[: at + 1]


def above_their_items(value: JSON, found: Mapping[Path, Evidence], text: str, shown: Span) -> dict[Path, Evidence]:
    """Move the values of parents to where they stand behind the item before and above their own items, if they do.

    Of `Room 2 … Room 2 …` in two houses, the second is behind the first one's things.

    Args:
        value: What was read.
        found: Where its values stand, by their paths.
        text: The whole document.
        shown: What was shown of it.
    """
    starts: dict[Path, int] = {}
    for path, each in found.items():
        item = item_of(path)
        while item:
            starts[item] = min(starts.get(item, each.span.start), each.span.start)
            item = item_of(item[:-1])
    moving = _Moving(dict(found), starts, text, shown.start, shown.end)
    moving.read(value, ())
    return moving.found


@dataclass(slots=True)
class _Moving:
    found: dict[Path, Evidence]
    starts: Mapping[Path, int]
    text: str
    at: int
    """The end of what was read of the values so far."""
    end: int

    def read(self, value: JSON, path: Path) -> None:
        """Go through the items of lists in their order."""
        inner = fields(value) if isinstance(value, dict) else {}
        lists = {(*path, name): each for name, each in inner.items() if isinstance(each, list)}
        own = [at for at in ((*path, name) for name in inner) if at not in lists] if inner else [path]
        if path and isinstance(path[-1], int):
            if lists:
                self._move(own, [(*at, 0) for at in lists])
            else:
                ends = (self.found[at].span.end for at in own if at in self.found)
                self.at = max(self.at, *ends, 0)
        for at, items in lists.items():
            for index, item in enumerate(items):
                self.read(item, (*at, index))

    def _move(self, own: Sequence[Path], firsts: Sequence[Path]) -> None:
        begin = (self.starts[first] for first in firsts if first in self.starts)
        until = min((start for start in begin if start >= self.at), default=self.end)
        for path in own:
            each = self.found.get(path)
            if each and not self.at <= each.span.start < until:
                start = self.text.find(each.quotation, self.at, until)
                if start >= 0:
                    span = Span(start, start + len(each.quotation))
                    self.found[path] = each._replace(span=span, spans=(span,))
