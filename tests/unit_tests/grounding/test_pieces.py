import pytest

from langchain_nuextract.grounding import ground

TABLE = """Product                USt   Sum
Oak board, oiled       19%   160.00
   and cut to size
Walnut board           19%    20.00
Delivered to:
Anna Weber, Harbour Lane 12
c/o Northern Power
20457 Hamburg
Signed by Tom Okafor and, for the seller, Ines Duarte"""


@pytest.mark.parametrize(
    ("value", "pieces"),
    [
        pytest.param(
            "Oak board, oiled and cut to size", ["Oak board, oiled", "and cut to size"], id="a cell that wraps"
        ),
        pytest.param("Harbour Lane 12, 20457 Hamburg", ["Harbour Lane 12", "20457 Hamburg"], id="an address"),
        pytest.param("Tom Okafor, Ines Duarte", ["Tom Okafor", "Ines Duarte"], id="a list of names"),
        pytest.param("Ines Duarte; Tom Okafor", ["Ines Duarte", "Tom Okafor"], id="in another order"),
        pytest.param("anna weber & northern power", ["Anna Weber", "Northern Power"], id="in small letters"),
    ],
)
def test_a_value_is_found_in_pieces(value: str, pieces: list[str]):
    (found,) = ground([value], TABLE)
    assert [TABLE[span.start : span.end] for span in found.spans] == pieces
    assert (found.match, found.quotation) == ("joined", pieces[0])


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("Oak Okafor", id="words of two names"),
        pytest.param("Tom Duarte", id="of a first name and a last one"),
        pytest.param("Anna Weber, Maria Weber", id="one of the names alone"),
        pytest.param("Product Walnut Hamburg", id="words of several lines"),
        pytest.param("a, b", id="letters"),
    ],
)
def test_words_from_here_and_there_are_no_value(value: str):
    assert ground([value], TABLE) == ()
