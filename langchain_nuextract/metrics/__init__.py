"""How near one text comes to another: overlap, error rates, words that the source does not have.

Knows texts alone: must not know what they were made from, by whom, or what a good figure would be.
"""

from langchain_nuextract.metrics.grounded import UngroundedTokens, coverage, ungrounded_token_rate
from langchain_nuextract.metrics.overlap import cer, corpus_wer, rouge_l, wer
from langchain_nuextract.scalars.prose import prose
from langchain_nuextract.scalars.words import words

__all__ = [
    "UngroundedTokens",
    "cer",
    "corpus_wer",
    "coverage",
    "prose",
    "rouge_l",
    "ungrounded_token_rate",
    "wer",
    "words",
]
