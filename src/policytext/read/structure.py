"""What does the file itself claim about its headings? Tags in the page, bookmarks beside it.

Word processors tag what was set in a heading's style, and write the bookmarks from the same styles; both know
more than any look at the type. They are claims all the same: `kinds` asks whether they fit the page.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium
from pypdfium2 import PdfDocument, PdfiumError

MAX_DEPTH = 40
"""Elements inside elements; files of word processors stop at 12."""

MAX_ELEMENTS = 20_000
"""Elements looked at on one page; a page of tables has 2,000, and some files refer to themselves."""

MAX_BOOKMARKS = 5_000
"""Bookmarks read; a code of law has 3,000."""


MIN_KEY = 2
"""Letters and digits of a title that can be looked for."""


BESIDE = 0
"""The level of a head that no tag names, but that stands in the margin beside the text: it is one, of some level."""


class Heading(NamedTuple):
    """A tagged heading: its level, from 1, and its number on the page, by which its lines are told from others'."""

    level: int
    n: int


class Bookmark(NamedTuple):
    """A bookmark: its title, its level, from 1, and the page it leads to, from 1, if it says so."""

    title: str
    level: int
    page: int | None


class Claims:
    """The headings that bookmarks claim, each found once."""

    def __init__(self, marks: Iterable[Bookmark]) -> None:
        self._by_key: dict[str, list[Bookmark]] = {}
        for mark in marks:
            for key in {key_of(mark.title), key_of(_unnumbered(mark.title))}:
                if len(key) >= MIN_KEY:
                    self._by_key.setdefault(key, []).append(mark)

    def take(self, text: str, page: int) -> Bookmark | None:
        """The bookmark with this title that leads to this page or one next to it; it is not found again."""
        keys = dict.fromkeys((key_of(text), key_of(_unnumbered(text))))
        found = [
            mark
            for key in keys
            for mark in self._by_key.get(key, ())
            if mark.page is None or abs(mark.page - page) <= 1
        ]
        if not found:
            return None
        mark = min(found, key=lambda m: abs((m.page or page) - page))
        for own in self._by_key.values():
            if mark in own:
                own.remove(mark)
        return mark


def key_of(text: str) -> str:
    """A title as it is compared: letters and digits only, in lower case and one width."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).lower())


def _unnumbered(text: str) -> str:
    """A heading without its number: bookmarks have it where the page doesn't, and the other way round."""
    found = re.match(
        r"\s*(?:[\d.]{1,9}[.、\s]|[（(]?[一二三四五六七八九十]{1,3}[)）、.]|第.{1,4}[编章节][、\s]?)", text
    )
    return text[found.end() :] if found else text


def tagged_headings(page: Any) -> dict[int, Heading]:
    """The headings that a page's tags name, by the marks (marked-content ids) of their text; empty without tags."""
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    if not tree:
        return {}
    marks: dict[int, Heading] = {}
    try:
        roots = [
            pdfium.FPDF_StructTree_GetChildAtIndex(tree, i) for i in range(pdfium.FPDF_StructTree_CountChildren(tree))
        ]
        for n, (level, element) in enumerate(_headings(roots)):
            for mark in _marks(element, MAX_DEPTH):
                marks[mark] = Heading(level, n)
    finally:
        pdfium.FPDF_StructTree_Close(tree)
    return marks


_WITHOUT = frozenset(
    [
        "P",
        "Span",
        "Link",
        "Reference",
        "Note",
        "Lbl",
        "L",
        "LI",
        "LBody",
        "Table",
        "THead",
        "TBody",
        "TR",
        "TD",
        "TH",
        "TOC",
        "TOCI",
        "Figure",
        "Formula",
        "Form",
        "Annot",
        "Caption",
    ]
)
"""Elements in which no heading of the document is looked for: most of a page's elements lie inside them."""


def _headings(roots: list[Any]) -> Iterator[tuple[int, Any]]:
    """Level and element of each heading; what lies inside one is not looked at again."""
    stack = [(root, 0) for root in reversed(roots) if root]
    left = MAX_ELEMENTS
    while stack and left:
        element, depth = stack.pop()
        left -= 1
        kind = _type(element)
        if found := re.fullmatch(r"H([1-9]?)", kind):
            yield int(found[1] or 1), element
        elif kind not in _WITHOUT and depth < MAX_DEPTH:
            children = range(max(pdfium.FPDF_StructElement_CountChildren(element), 0))
            own = [pdfium.FPDF_StructElement_GetChildAtIndex(element, i) for i in children]
            stack.extend((child, depth + 1) for child in reversed(own) if child)


def _type(element: Any) -> str:
    length = pdfium.FPDF_StructElement_GetType(element, None, 0)
    if not 2 < length <= 64:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDF_StructElement_GetType(element, buffer, length)
    return buffer.raw[: length - 2].decode("utf-16-le", "replace")


def _marks(element: Any, depth: int) -> Iterator[int]:
    for i in range(max(pdfium.FPDF_StructElement_CountChildren(element), 0)):
        mark = pdfium.FPDF_StructElement_GetChildMarkedContentID(element, i)
        if mark >= 0:
            yield mark
        elif depth and (child := pdfium.FPDF_StructElement_GetChildAtIndex(element, i)):
            yield from _marks(child, depth - 1)


def bookmarks(document: PdfDocument) -> list[Bookmark]:
    """The file's bookmarks in their order, empty where it has none or they are damaged."""
    found = []
    try:
        for item in document.get_toc(max_depth=8):
            destination = item.get_dest()
            index = destination.get_index() if destination else None
            title = re.sub(r"\s+", " ", item.get_title()).strip("\x00 ")
            if title:
                found.append(Bookmark(title, item.level + 1, None if index is None else index + 1))
            if len(found) == MAX_BOOKMARKS:
                break
    except (PdfiumError, ValueError, RecursionError):
        return found
    return found
