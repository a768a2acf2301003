"""Forms: what is filled in, beside its label."""

from collections.abc import Iterator
from typing import Final

from turbohtml import Document, Text

from langchain_nuextract.documents.html.markup import raw
from langchain_nuextract.documents.html.options import HTMLOptions

_NOT_FILLED_IN: Final = ("hidden", "submit", "button", "reset", "image", "password", "file", "search")


def clean_forms(document: Document, _: HTMLOptions) -> Iterator[str]:
    """Write the values of fields as text."""
    for choice in document.select("select"):
        options = choice.select("option")
        chosen = [option for option in options if option.attr("selected") is not None] or options[:1]
        choice.replace_with(Text(f" {', '.join(' '.join(option.text.split()) for option in chosen)} "))
    for field in document.select("input"):
        kind = (field.attr("type") or "text").lower()
        if kind in ("checkbox", "radio"):
            field.replace_with(raw("[ ] " if field.attr("checked") is None else "[x] "))
        elif kind in _NOT_FILLED_IN:
            field.decompose()
        else:
            field.replace_with(Text(f" {field.attr('value') or ''} "))
    for area in document.select("textarea"):
        area.replace_with(Text(f" {area.text} "))
    for button in document.select("button, label, output"):
        button.insert_before(Text(" "))
        button.insert_after(Text(" "))
    yield from ()
