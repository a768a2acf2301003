"""Figures known from elsewhere, laws, and texts of every script."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.documents.html import to_markdown
from langchain_nuextract.metrics import cer, corpus_wer, coverage, prose, rouge_l, ungrounded_token_rate, wer, words
from langchain_nuextract.metrics.overlap import common_subsequence, edit_distance

TOKENS = st.lists(st.sampled_from("abcd"), max_size=30)


@pytest.mark.parametrize(
    ("measure", "predicted", "reference", "value"),
    [
        (wer, "we paid ten", "we paid ten euros today", 2 / 5),
        (wer, "x b y z", "a b c", 3 / 3),
        (wer, "one two three", "one", 2.0),
        (wer, "Total : 9,90 EUR", "Total : 9.90 EUR", 1 / 4),
        (wer, "", "", 0.0),
        (wer, "a", "", 1.0),
        (wer, "請求番号", "請求書番号", 1 / 5),
        (cer, "kitten", "sitting", 3 / 7),
        (rouge_l, "we paid ten", "we paid ten euros today", 2 * 3 / 8),
        (rouge_l, "b c d a", "a b c d", 0.75),
        (rouge_l, "Les élèves déjà là", "Les eleves deja la", 0.25),
        (rouge_l, "請求書 番号", "請求書 番号", 1.0),
        (rouge_l, "สวัสดี", "สวัสดี", 1.0),
        (rouge_l, "हिन्दी में", "हिन्दी में", 1.0),
        (rouge_l, "", "", 1.0),
        (rouge_l, "a", "", 0.0),
        (coverage, "total 12", "Total: 12 euros", 2 / 3),
        (coverage, "", "a", 0.0),
        (coverage, "a", "", 1.0),
    ],
)
def test_it_measures_worked_examples(measure, predicted, reference, value):
    assert measure(predicted, reference) == pytest.approx(value)


def test_the_rate_of_a_corpus_is_of_all_its_words():
    assert corpus_wer(["a b", "c"], ["a b c d", "x"]) == pytest.approx(3 / 5)


@given(TOKENS, TOKENS)
def test_the_subsequence_is_as_long_as_the_table_says(one, other):
    row = [0] * (len(other) + 1)
    for token in one:
        above = 0
        for at, each in enumerate(other, start=1):
            above, row[at] = row[at], above + 1 if token == each else max(row[at], row[at - 1])
    assert common_subsequence(one, other) == row[-1]


@given(TOKENS, TOKENS)
def test_the_distance_is_what_the_table_says(one, other):
    row = list(range(len(other) + 1))
    for down, token in enumerate(one, start=1):
        above, row[0] = row[0], down
        for at, each in enumerate(other, start=1):
            above, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, above + (token != each))
    assert edit_distance(one, other) == row[-1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Größe: 12,50 €, co\u00adop", ["grösse", "12", "50", "coop"]),
        ("e\u0301te\u0301 été", ["été", "été"]),
        ("हिन्दी", ["हिन्दी"]),
        ("日本語ABC", ["日", "本", "語", "abc"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),  # noqa: RUF001 - Persian
    ],
)
def test_words_are_found_in_every_script(text, found):
    assert words(text) == found


def test_a_loop_shows_in_counts_and_a_shuffle_in_runs():
    page = "the invoice is due on the first of May"
    loop = ungrounded_token_rate("due due due due due due", page)
    shuffle = ungrounded_token_rate("May of first the on due is invoice", page)
    assert loop is not None
    assert shuffle is not None
    assert (loop.distinct, loop.counted) == (0.0, 5 / 6)
    assert (shuffle.distinct, shuffle.counted, shuffle.runs) == (0.0, 0.0, 1.0)


def test_words_from_nowhere_are_ungrounded_and_no_words_have_no_rate():
    rate = ungrounded_token_rate("a b d d", "a b c")
    assert rate is not None
    assert (rate.distinct, rate.counted, rate.runs) == (0.5, 0.5, 1.0)
    assert ungrounded_token_rate("# ***", "a b c") is None


@given(st.text(max_size=60))
def test_a_text_is_wholly_in_itself(text):
    rate = ungrounded_token_rate(text, text)
    assert rate is None or (rate.distinct, rate.counted, rate.runs) == (0.0, 0.0, 0.0)
    assert rouge_l(text, text) == coverage(text, text) == 1.0
    assert wer(text, text) == cer(text, text) == 0.0


def test_prose_has_no_targets_tags_or_escapes():
    markdown = r"[a \* b](https://x.example/w_(y)) <sup>2</sup> &amp; ![alt](<p q.png>)"
    assert prose(markdown).split() == ["[a", "*", "b", ")", "2", "&", "![alt", ")"]


@pytest.mark.parametrize(
    "text",
    ["see [x](y.html) z", "write [label](address) for a link", "a[1](2)", "![alt](p.png)", "f[i](x) and [b](c d)"],
)
def test_what_looks_like_a_link_in_a_text_is_text(text):
    page = to_markdown(f"<p>{text}</p>")
    assert prose(page.markdown) == text
    assert {page.html[span.html_start : span.html_end] for span in page.spans} == {
        each[0] for each in re.finditer(r"\w+", text)
    }
