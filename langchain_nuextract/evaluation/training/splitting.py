"""Training, validation and test, so that what is alike is in one of them, and stays there when documents are added."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from langchain_nuextract.errors import EvaluationError

NAMES: Final = ("train", "validation", "test")
_SEEDS: Final = 1_000
"""Seeds that are tried to advise one."""


class Item(NamedTuple):
    """What is known of a document for splitting."""

    id: str
    group: str
    """Documents of one group are kept together; an empty one is none."""
    digest: str
    """Documents with the same content are kept together."""
    train_only: bool = False
    """Its values are a model's, so that nothing may be measured by them."""


def split_documents(
    items: Sequence[Item], shares: Sequence[float], seed: int
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Tell of each document, by its id, which part it is in; and which documents are in none.

    Which part a group is in follows from its name and the seed alone, not from the other groups. What a model labelled
    is never in another part than training: where its group is, it is left out.

    Args:
        items: The documents.
        shares: Of training, validation and test; those that are left away are 0. They need not add up to 1.
        seed: Another seed is another split.

    Raises:
        EvaluationError: A part that should have documents has none.
    """
    if not shares or min(shares) < 0 or shares[0] <= 0 or len(shares) > len(NAMES):
        raise EvaluationError("split", f"expected up to {len(NAMES)} shares, the first above 0, got {list(shares)}")
    keys = _families(items)
    parts = {key: _part(key, shares, seed) for key in set(keys.values())}
    chosen: dict[str, str] = {}
    left_out: list[str] = []
    for item in items:
        part = parts[keys[item.id]]
        # To measure a model by what a model said tells how alike they are, and not how good.
        if item.train_only and part != NAMES[0]:
            left_out.append(item.id)
        else:
            chosen[item.id] = part
    for name, share in zip(NAMES, shares, strict=False):
        if share and name not in chosen.values():
            raise EvaluationError(
                "split",
                f"no document is in {name}: there are {len(parts)} groups in all. Take {_seed_for(parts, shares)}",
            )
    return chosen, tuple(left_out)


def _part(key: str, shares: Sequence[float], seed: int) -> str:
    digest = hashlib.sha256(f"{seed}\0{key}".encode(errors="backslashreplace")).digest()
    # The hash alone decides, so that a document stays in its part when others are added.
    place = int.from_bytes(digest[:8]) / 2**64 * sum(shares)
    for name, share in zip(NAMES, shares, strict=False):
        if place < share:
            return name
        place -= share
    return NAMES[0]


def _seed_for(keys: Iterable[str], shares: Sequence[float]) -> str:
    """Say what to do where a part is empty: which seed gives each part a group, if one of the first does."""
    wanted = {name for name, share in zip(NAMES, shares, strict=False) if share}
    keys = [*keys]
    for seed in range(_SEEDS) if len(keys) >= len(wanted) else ():
        if {_part(key, shares, seed) for key in keys} == wanted:
            return f"seed {seed}, with which each part has some, or other shares"
    return "other shares, or finer groups"


def _families(items: Iterable[Item]) -> Mapping[str, str]:
    """Name what each document has to stay together with: its group, and all groups that share a content with it."""
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        parents.setdefault(name, name)
        while parents[name] != name:
            # Halving the way on each walk keeps it short, however many groups were joined.
            parents[name] = parents[parents[name]]
            name = parents[name]
        return name

    items = [*items]
    for item in items:
        content = root(f"content {item.digest}")
        own = root(f"group {item.group}") if item.group else content
        # The greater name stands for both, whatever their order: that of a group, if one has any.
        first, second = sorted((own, content))
        parents[first] = second
    return {item.id: root(f"content {item.digest}") for item in items}
