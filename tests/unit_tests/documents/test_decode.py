"""The bytes of texts: marks, declarations and guesses."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.documents.decode import decode
from langchain_nuextract.errors import WrongKind

LETTER = "Die Größe der Tür beträgt 80 mal 200 Zentimeter, über das Schloß hinaus.\n" * 5


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)  # fmt: skip
def test_a_byte_order_mark_is_believed_and_is_no_text(mark, encoding):
    assert decode(mark + LETTER.encode(encoding), "a.txt") == (LETTER, ())


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufeff")))
def test_utf_8_is_read_without_a_warning(text):
    assert decode(text.encode(), "a.txt") == (text, ())


def test_an_encoding_that_is_declared_is_believed():
    assert decode("Ärger mit Öl".encode("cp850"), "a.txt", "cp850") == ("Ärger mit Öl", ())


@pytest.mark.parametrize("declared", ["ascii", "no-such-encoding", "utf-8"])
def test_a_declaration_that_the_bytes_deny_is_not(declared):
    text, warnings = decode(LETTER.encode("cp1252"), "door.txt", declared)
    assert text == LETTER
    assert len(warnings) == 1
    assert warnings[0].startswith("door.txt: not in UTF-8, and its encoding was guessed to be cp125")


def test_a_guess_looks_where_the_letters_are():
    text = "plain words, one after the other\n" * 5_000 + LETTER
    assert decode(text.encode("cp1252"), "a.txt")[0] == text


@pytest.mark.parametrize("content", [b"\0\1\2\3" * 50, b"text and \0 more", bytes(range(1, 32)) * 20])
def test_what_is_no_text_is_refused(content):
    with pytest.raises(WrongKind) as raised:
        decode(content, "a.txt")
    assert raised.value.name == "a.txt"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe 12", "cp1252"), ("Prix: 12 €", "cp1252"), ("Año 26", "cp1252"),
        ("Счёт номер двенадцать от пятого мая. Сумма: сто рублей.", "cp1251"),
        ("Zażółć gęślą jaźń, faktura numer dwanaście", "cp1250"),
        ("請求書番号12345。合計は八千円です。よろしくお願いします。", "cp932"),
    ],
)  # fmt: skip
def test_short_texts_without_a_mark_are_guessed(text, encoding):
    found, (warning,) = decode(text.encode(encoding), "a.txt")
    assert found == text
    assert "guessed" in warning


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_two_bytes_a_letter_are_known_without_a_mark(encoding):
    assert decode(LETTER.encode(encoding), "a.txt") == (LETTER, ())


@pytest.mark.parametrize("declared", ["undefined", "unicode_escape", "punycode", "utf8\0", "hex"])
def test_a_codec_that_no_text_is_in_is_not_believed(declared):
    assert decode(rb"C:\users\u0041", "a.txt", declared) == (r"C:\users\u0041", ())
