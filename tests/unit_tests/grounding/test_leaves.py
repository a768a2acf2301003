from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.grounding.leaves import items
from langchain_nuextract.paths import JSON, Path, leaves

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(0, 1) | st.sampled_from(["", "a", "b"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


def item(path: Path) -> Path:
    """The innermost list item that a leaf belongs to; the leaf itself if there is none."""
    ends = [end for end in range(len(path), 0, -1) if isinstance(path[end - 1], int)]
    return path[: ends[0]] if ends else path


@given(values)
def test_leaves_that_can_be_said_are_grouped_by_their_item(value: JSON):
    said = [
        (order, path, leaf)
        for order, (path, leaf) in enumerate(
            (path, leaf) for path, leaf in leaves(value) if leaf not in (None, "") and not isinstance(leaf, bool)
        )
    ]
    groups: dict[Path, list[tuple[int, Path, JSON]]] = {}
    for leaf in said:
        groups.setdefault(item(leaf[1]), []).append(leaf)
    assert items(value) == [*groups.values()]
