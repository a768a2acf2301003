"""Formulas as TeX between dollars: MathML, KaTeX and MathJax say a formula twice, and TeX once."""

from collections.abc import Iterator
from typing import Final

from turbohtml import Document, Element, Text

from langchain_nuextract.documents.html.markup import raw
from langchain_nuextract.documents.html.options import HTMLOptions

_TEX: Final = "annotation[encoding='application/x-tex' i], annotation[encoding='tex' i], annotation[encoding='latex' i]"
_DRAWN: Final = ".MathJax_Preview, .MathJax, .MathJax_Display, .MathJax_SVG, .MathJax_CHTML"
_SCRIPTS: Final = {
    "msup": "{}^{{{}}}",
    "msub": "{}_{{{}}}",
    "msubsup": "{}_{{{}}}^{{{}}}",
    "munderover": "{}_{{{}}}^{{{}}}",
    "munder": "{}_{{{}}}",
    "mover": "{}^{{{}}}",
    "mfrac": r"\frac{{{}}}{{{}}}",
    "mroot": r"\sqrt[{1}]{{{0}}}",
    "msqrt": r"\sqrt{{{}}}",
}
"""MathML in which the place of a child says what it means: x² would read x2 by its text alone."""


def clean_formulas(document: Document, _: HTMLOptions) -> Iterator[str]:
    """Write each formula once."""
    scripts = document.select("script[type^='math/tex' i]")
    if scripts:
        document.remove(_DRAWN)
    for script in scripts:
        script.replace_with(_formula(script.text, display="mode=display" in (script.attr("type") or "")))
    for drawn in document.select(
        f".katex:not(.katex .katex):has({_TEX}), mjx-container:not(mjx-container mjx-container):has(math)"
    ):
        math = drawn.select_one("math")
        if math:
            display = drawn.closest(".katex-display, [display='true']") is not None
            drawn.replace_with(_formula(_tex(math), display=display))
    for math in document.select("math:not(math math)"):
        math.replace_with(_formula(_tex(math), display=math.attr("display") == "block"))
    yield from ()


def _formula(tex: str, *, display: bool) -> Text:
    mark = "$$" if display else "$"
    tex = " ".join(tex.split())
    return raw(f"{mark}{tex}{mark}" if tex else "")


def _tex(math: Element) -> str:
    written = math.select_one(_TEX)
    tex = written.text if written else math.attr("alttext")
    if tex:
        return tex
    math.remove("annotation, annotation-xml")
    # The innermost come last in the document: their text stands when the outer ones need it.
    for element in reversed(math.select(", ".join(_SCRIPTS))):
        parts = [child.text.strip() for child in element.children if isinstance(child, Element)]
        pattern = _SCRIPTS[element.tag]
        if element.tag == "msqrt":
            parts = ["".join(parts)]
        # An <mfrac> of three children is no fraction: its text is left as it stands.
        if len(parts) == pattern.replace("{{", "").count("{"):
            element.set_text(pattern.format(*parts))
    return math.text
