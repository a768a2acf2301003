"""Documents side by side with what was extracted from them."""

from collections.abc import Iterator, Sequence
from typing import Final

from langchain_nuextract.paths import Path, show
from langchain_nuextract.viewer.marks import stretches
from langchain_nuextract.viewer.markup import element, page, safe
from langchain_nuextract.viewer.values import NumberedValue, colour_of, colours, tree
from langchain_nuextract.viewer.view import DocumentView, ValueView

_LEGEND: Final = (
    "Each value leads to where the document says it, and each mark back to its value. "
    "A value with a broken line under it has no place in the document."
)


def documents_page(documents: Sequence[DocumentView], title: str) -> str:
    """Write the page: an article for each document, and a list of them where there are several.

        Path("claim.html").write_text(documents_page([view], "claim.pdf"), encoding="utf-8")

    Args:
        documents: What is to be seen, in order.
        title: What the page is called.
    """
    listed = (
        element("li", element("a", safe(each.name), href=f"#d{number}"), f" {_placed(each)}")
        for number, each in enumerate(documents)
    )
    contents = element("nav", element("ol", *listed)) if len(documents) > 1 else ""
    articles = (article(each, str(number)) for number, each in enumerate(documents))
    # One document says its own name.
    name = "" if [title] == [each.name for each in documents] else element("h1", safe(title))
    head = element("header", name, element("p", _LEGEND, class_="legend"), contents)
    return page(title, (head, *articles))


def article(document: DocumentView, name: str) -> str:
    """Write one document and its values.

    Args:
        document: What is to be seen.
        name: What tells its links from those of other documents on the page: letters and digits.
    """
    known = {each.path: NumberedValue(number, each) for number, each in enumerate(document.values)}
    facts = " · ".join(map(safe, (*document.facts, _placed(document))))
    notes = (
        element(
            "details",
            element("summary", f"{safe(note.title)} ({len(note.lines)})"),
            element("ul", *(element("li", safe(line)) for line in note.lines)),
            open="",
        )
        for note in document.notes
        if note.lines
    )
    left = source_pane(document, name)
    right = element(
        "section",
        element("h3", "Values"),
        tree(document.value, known, name),
        *_unplaced(document.values, name),
        *notes,
        class_="values",
        aria_label="values",
        tabindex="0",
    )
    head = element("h2", safe(document.name)) + element("p", facts, class_="facts")
    return element("article", head, element("div", left, right, class_="sides"), id=f"d{name}")


def _placed(document: DocumentView) -> str:
    placed = sum(bool(each.spans or each.boxes) for each in document.values)
    missing = sum(bool(each.reason) and not (each.spans or each.boxes) for each in document.values)
    return f"{placed} of {placed + missing} values placed"


def source_pane(document: DocumentView, name: str) -> str:
    """Write a document alone: its pages and its text, each place of a value with a link to `#v{name}-{number}`."""
    return element("section", *_source(document, name), class_="source", aria_label="document", tabindex="0")


def _source(document: DocumentView, name: str) -> Iterator[str]:
    if not document.pages:
        text = marked_text(document, name, 0, len(document.text))
        yield element("pre", text) if document.text else element("p", "There is no text to show.", class_="none")
        return
    boxed: dict[int, list[tuple[int, Path, tuple[float, ...]]]] = {}
    for number, value in enumerate(document.values):
        for box in value.boxes:
            boxed.setdefault(box.page, []).append((number, value.path, box[1:]))
    for number, each in enumerate(document.pages):
        yield _picture(document, number, boxed.get(number, []), name)
        text = marked_text(document, name, each.start, each.end)
        is_shown = None if each.image else ""
        if text:
            yield element(
                "details", element("summary", f"Text of {safe(each.name)}"), element("pre", text), open=is_shown
            )


def marked_text(document: DocumentView, name: str, start: int, end: int) -> str:
    """Write a range of a document's text with the places of its values marked."""
    given = colours(document.value)
    # A value that leads to a box on a picture does not lead to its mark in the text: a link has one target.
    boxed = {
        number for number, each in enumerate(document.values) if each.boxes and document.pages[each.boxes[0].page].image
    }
    pieces: list[str] = []
    for stretch in stretches(start, end, [each.spans for each in document.values]):
        text = safe(document.text[stretch.start : stretch.end])
        anchors = "".join(f'<a id="m{name}-{number}"></a>' for number in stretch.begins if number not in boxed)
        if not stretch.values:
            pieces.append(anchors + text)
            continue
        # Where marks overlap, the link is that of the value that begins last.
        last = document.values[stretch.values[-1]]
        marked = " ".join(f"{name}-{number}" for number in stretch.values)
        title = ", ".join(show(document.values[number].path) for number in stretch.values[:5])
        link = element("a", text, href=f"#v{name}-{stretch.values[-1]}", title=title)
        pieces.append(anchors + element("mark", link, class_=last.colour or colour_of(last.path, given), data_v=marked))
    return "".join(pieces)


def _picture(document: DocumentView, at: int, boxes: Sequence[tuple[int, Path, tuple[float, ...]]], name: str) -> str:
    """A page's picture with boxes over it. They are drawn by SVG, whose numbers need no style of their own."""
    given, shown = colours(document.value), document.pages[at]
    if not shown.image:
        return element("p", f"{safe(shown.name)}: no picture", class_="none")
    drawn: list[str] = []
    anchored: set[int] = set()
    for number, path, (left, top, right, bottom) in boxes:
        is_first = number not in anchored and document.values[number].boxes[0].page == at
        anchor = f"m{name}-{number}" if is_first else None
        anchored.add(number)
        rect = element(
            "rect", element("title", safe(show(path))),
            x=f"{left:.5f}", y=f"{top:.5f}", width=f"{right - left:.5f}", height=f"{bottom - top:.5f}",
            class_=document.values[number].colour or colour_of(path, given),
        )  # fmt: skip
        drawn.append(element("a", rect, id=anchor, href=f"#v{name}-{number}", data_v=f"{name}-{number}"))
    overlay = element("svg", *drawn, viewBox="0 0 1 1", preserveAspectRatio="none")
    image = f'<img src="{safe(shown.image)}" alt="{safe(shown.name)}" loading="lazy">'
    return element("figure", element("div", image, overlay, class_="page"), element("figcaption", safe(shown.name)))


def _unplaced(values: Sequence[ValueView], name: str) -> Iterator[str]:
    missing = [(number, each) for number, each in enumerate(values) if each.reason and not (each.spans or each.boxes)]
    if not missing:
        return
    lines = (
        element("li", element("a", safe(show(each.path)), href=f"#v{name}-{number}"), f": {safe(each.reason)}")
        for number, each in missing
    )
    summary = element("summary", f"Without a place in the document ({len(missing)})")
    yield element("details", summary, element("ul", *lines), open="" if len(missing) <= 20 else None)  # noqa: PLR2004
