"""How much of one text is in another, in order: ROUGE-L, word and character error rates.

Lengths of subsequences and distances are exact. A row of the table is one whole number whose bits are its cells, so
texts of 10,000 words take milliseconds.
"""

from collections.abc import Hashable, Sequence

from langchain_nuextract.scalars.words import spaced, words


def rouge_l(predicted: str, reference: str) -> float:
    """F1 of the longest common subsequence of words, from 0 to 1; of two texts without words 1.

    Words are those of all scripts (`words`): the reference implementation keeps `[a-z0-9]` alone and finds nothing in
    common between a Japanese text and itself.

    Source: Lin, "ROUGE: a package for automatic evaluation of summaries", 2004; one sequence, not by sentences.

    Example:
        >>> rouge_l("the cat sat mat", "the cat sat on the mat")
        0.8
    """
    one, other = words(predicted), words(reference)
    if not one and not other:
        return 1.0
    return 2 * common_subsequence(one, other) / (len(one) + len(other))


def wer(predicted: str, reference: str) -> float:
    """Word error rate: words to insert, drop or replace, for each word of the reference. It may exceed 1.

    Words stand between white space, with their case and punctuation. Of an empty reference 0 if the text is empty too,
    else 1.

    Example:
        >>> wer("b c d e", "a")
        4.0
    """
    return _error_rate(spaced(predicted), spaced(reference))


def corpus_wer(predicted: Sequence[str], references: Sequence[str]) -> float:
    """Word error rate over many texts: all errors by all words, which is not the mean of the rates.

    Raises:
        ValueError: There are not as many texts as references.
    """
    pairs = [(spaced(one), spaced(other)) for one, other in zip(predicted, references, strict=True)]
    errors = sum(edit_distance(one, other) for one, other in pairs)
    return errors / max(1, sum(len(other) for _, other in pairs))


def cer(predicted: str, reference: str) -> float:
    """Character error rate: characters to insert, drop or replace, for each character of the reference.

    It may exceed 1. Of an empty reference 0 if the text is empty too, else 1.

    Example:
        >>> cer("cat", "cart")
        0.25
    """
    return _error_rate(predicted, reference)


def _error_rate(predicted: Sequence[Hashable], reference: Sequence[Hashable]) -> float:
    if not reference:
        return float(bool(predicted))
    return edit_distance(predicted, reference) / len(reference)


def common_subsequence(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Length of the longest common subsequence.

    Source: Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.
    """
    places = _places(one)
    row = every = (1 << len(one)) - 1
    for token in other:
        # The subsequence grows at zeros: the carry moves each to the first place of the token in the ones before it.
        found = row & places.get(token, 0)
        row = (row + found | row - found) & every
    return len(one) - row.bit_count()


def edit_distance(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Tokens to insert, drop or replace to make one of the other.

    Source: Myers, "A fast bit-vector algorithm for approximate string matching", 1999, as Hyyrö wrote it down in 2003.
    """
    if not one:
        return len(other)
    places, every, last = _places(one), (1 << len(one)) - 1, 1 << (len(one) - 1)
    rises, falls, distance = every, 0, len(one)
    for token in other:
        found = places.get(token, 0)
        crosses = (((found & rises) + rises) ^ rises) | found | falls
        up, down = falls | (every & ~(crosses | rises)), rises & crosses
        # Only the last cell of the column is wanted; the others are known by their steps from the one above.
        distance += bool(up & last) - bool(down & last)
        up, down = (up << 1 | 1) & every, (down << 1) & every
        rises, falls = down | (every & ~(crosses | up)), up & crosses
    return distance


def _places(tokens: Sequence[Hashable]) -> dict[Hashable, int]:
    at: dict[Hashable, list[int]] = {}
    for index, token in enumerate(tokens):
        at.setdefault(token, []).append(index)
    size = len(tokens) // 8 + 1
    return {token: _bits(indices, size) for token, indices in at.items()}


def _bits(indices: list[int], size: int) -> int:
    # Bytes are filled in place: `bits |= 1 << index` would copy the whole number for each word of a long text.
    if len(indices) == 1:
        return 1 << indices[0]
    bits = bytearray(size)
    for index in indices:
        bits[index >> 3] |= 1 << (index & 7)
    return int.from_bytes(bits, "little")
