# ruff: noqa: RUF001  (marks that look alike are what this is about)
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.grounding.index import MOST, SCANS, SHORTEST_PART, TextIndex

LETTERS = "aab 1.,'’-_\né²東京กé\u0301"
texts = st.text(alphabet=LETTERS, max_size=40)


def is_spaceless(letter: str) -> bool:
    return letter in "東京ก"


def continued(text: str, at: int) -> bool:
    """Whether a word or number goes on across a place, letter by letter."""
    before, after = text[:at], text[at:]
    if before and after and before[-1].isalnum() and after[0].isalnum():
        return not is_spaceless(before[-1]) and not is_spaceless(after[0])
    return any(
        front[-1:].isdecimal() and mark and mark in ".,'’" and back[:1].isdecimal()
        for front, mark, back in ((before, after[:1], after[1:]), (before[:-1], before[-1:], after))
    )


def looked_for(text: str, wanted: str) -> list[tuple[int, int]]:
    size = len(wanted)
    hits = [(at, at + size) for at in range(len(text) - size + 1) if text[at : at + size] == wanted]
    alone = [hit for hit in hits if not any(continued(text, at) for at in hit)]
    may_be_part = size >= SHORTEST_PART and not any(letter.isdigit() for letter in wanted)
    return alone or (hits if may_be_part else [])


@settings(deadline=None, max_examples=400)
@given(texts, st.data())
def test_what_is_found_is_what_a_look_at_every_place_finds(text: str, data: st.DataObject):
    wanted = data.draw(st.sampled_from([text[a:b] for a in range(len(text)) for b in range(a + 1, a + 9)] or ["a"]))
    concordance = TextIndex(text)
    by_scan = concordance.find(wanted)
    indexed = exhausted(text)
    assert [*by_scan] == looked_for(text, wanted)
    assert [*indexed.find(wanted)] == looked_for(text, wanted)


@settings(deadline=None)
@given(texts, st.text(alphabet=LETTERS, min_size=1, max_size=4))
def test_what_is_not_there_is_not_found_with_an_index_either(text: str, wanted: str):
    assert [*exhausted(text).find(wanted)] == looked_for(text, wanted)


@settings(deadline=None)
@given(texts, st.integers(970, 1000), st.data())
def test_what_stands_where_two_blocks_meet_is_found(text: str, before: int, data: st.DataObject):
    long = f"{'x ' * (before // 2)}{text}{' x' * 30}"
    wanted = data.draw(st.sampled_from([long[a:b] for a in range(965, 1020) for b in range(a + 1, a + 9)]))
    assert [*exhausted(long).find(wanted)] == looked_for(long, wanted)


def exhausted(text: str) -> TextIndex:
    """One that has looked for enough to have an index."""
    concordance = TextIndex(text)
    for _ in range(SCANS):
        concordance.find("no")
    return concordance


def test_every_place_of_a_frequent_word_is_found():
    assert len(TextIndex("EUR 5 " * (2 * MOST)).find("EUR")) == 2 * MOST


def test_places_inside_of_words_are_limited():
    assert len(TextIndex("a" * 5 * MOST).find("aaa")) == MOST


class Counted(str):
    """A text that counts the letters which are looked at when it is searched."""

    __slots__ = ("searched",)

    def find(self, wanted: str, start: int = 0, end: int | None = None) -> int:
        end = len(self) if end is None else min(end, len(self))
        at = super().find(wanted, start, end)
        self.searched = getattr(self, "searched", 0) + (end if at < 0 else at) - start
        return at


@pytest.mark.parametrize("shape", ["word{} other{}", "other{}", "{}-code", "word missing{}", "letters"])
def test_letters_searched_do_not_grow_with_the_number_of_values(shape: str):
    names = ["".join(map(chr, (97 + n // 676, 97 + n // 26 % 26, 97 + n % 26))) for n in range(16 * SCANS)]
    text = Counted(" ".join(f"word{name} other{name} {name}-code" for name in names))
    concordance = TextIndex(text)
    for name in names:
        concordance.find(shape.format(*(name, name)))
    assert text.searched <= 2 * SCANS * len(text) + 4 * len(names) * 1_000
