# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# pypdfium2 has no types for the functions of pdfium itself.
"""The boxes of a form that are ticked or not: they are drawn, but are no text."""

import ctypes
from collections.abc import Iterator
from typing import Final

import pypdfium2.raw as pdfium
from pypdfium2 import PdfDocument, PdfPage

from langchain_nuextract.documents.pdf.geometry import Placing
from langchain_nuextract.documents.tokens import PageToken

_TICKED: Final = "[x]"
_OPEN: Final = "[ ]"
_OWN_LINE: Final = -1
"""Numbers of lines below those of text: each box is one of its own."""


def checks(document: PdfDocument, page: PdfPage, place: Placing) -> Iterator[PageToken]:
    """Write the check boxes and radio buttons of a page as `[x]` or `[ ]`, each where it stands."""
    form = document.formenv
    if not form:
        return
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        try:
            kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
            edges = pdfium.FS_RECTF()
            if kind in {pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON} and pdfium.FPDFAnnot_GetRect(
                annotation, ctypes.byref(edges)
            ):
                box = place.box(edges.left, edges.bottom, edges.right, edges.top)
                mark = _TICKED if pdfium.FPDFAnnot_IsChecked(form, annotation) else _OPEN
                yield PageToken(mark, box, _OWN_LINE - index)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
