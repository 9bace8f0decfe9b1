"""The types that flow between the stages; nothing here computes more than a view of its own fields.

file ─read─▶ Document ─split─▶ Passage ─tag─▶ Tagged ─▶ library, table, outline
corpus line ─────────────────────────────────▶ Tagged   (gold and predicted are one type)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal[
    "title",
    "author",
    "abstract",
    "keywords",
    "heading",
    "paragraph",
    "list_item",
    "caption",
    "table",
    "figure_text",
    "footnote",
    "reference",
    "header",
    "footer",
    "toc",
    "note",
    "other",
]
"""What a block is on its page. Furniture keeps its kind and is never deleted."""

KINDS: tuple[Kind, ...] = get_args(Kind)

BODY_KINDS: frozenset[str] = frozenset({"heading", "paragraph", "list_item"})
"""The kinds that make up the running text."""

Language = Literal["zh", "en", "other"]

Engine = Literal["pdfium", "pdfplumber"]
"""Who reads the pages of a PDF file."""

PageState = Literal["text", "empty", "scanned", "garbled", "ocr"]
"""How a page's text came: a sound layer, nothing on it, a picture without text, an unusable layer, recognised."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page: `page` from 1; points (1/72 inch); origin top-left of the page as shown."""

    page: int
    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document as a reader sees it, in reading order.

    `level` is 1 (chapter) and deeper for headings, else None. A paragraph that goes on over a column
    or page has one box a piece. `rows` holds the cells of a table, row by row; `mark` the sign of a
    footnote (①, 3, *), `notes` the signs of those that a text refers to, in its order.
    """

    kind: Kind
    text: str
    level: int | None = None
    boxes: tuple[Box, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    mark: str = ""
    notes: tuple[str, ...] = ()

    @property
    def page(self) -> int | None:
        """The page on which the block begins; None where a format has no pages."""
        return self.boxes[0].page if self.boxes else None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a citation needs, as far as the document says it; empty where it doesn't.

    `title` is in the document's own language, `parallel_title` the one printed in another. `abstracts` has one a
    language and `keywords` those of all languages, in the order in which they are printed. `languages` begins with
    that of most of the text. `year_from` is `file` where nothing but the file's creation date tells the year.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    issuer: str = ""
    number: str = ""
    doi: str = ""
    keywords: tuple[str, ...] = ()
    languages: tuple[Language, ...] = ()
    parallel_title: str = ""
    abstracts: tuple[str, ...] = ()
    volume: str = ""
    issue: str = ""
    pages: str = ""
    issn: str = ""
    year_from: Literal["", "text", "file"] = ""


SURE = 0.9
"""Confidence of a recognised page from which its text is good: below it about one character in twenty is wrong."""


@dataclass(frozen=True, slots=True)
class PageQuality:
    """How far the text of one page can be trusted; shares from 0 to 1.

    `garbled` is the share of unreadable characters; `confidence` that of a recognised page, the mean over its
    characters, None where the text was not recognised.
    """

    page: int
    state: PageState
    characters: int
    garbled: float = 0.0
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """One `PageQuality` a page, in page order; empty for formats without pages."""

    pages: tuple[PageQuality, ...] = ()

    @property
    def unread(self) -> tuple[int, ...]:
        """Numbers of the pages that show something whose text can't be used."""
        return tuple(p.page for p in self.pages if p.state in ("scanned", "garbled"))

    @property
    def garbled(self) -> float:
        """Share of unreadable characters, 0 to 1, in the text of the pages that were read."""
        read = [p for p in self.pages if p.state in ("text", "ocr")]
        return sum(p.garbled * p.characters for p in read) / max(sum(p.characters for p in read), 1)

    @property
    def grade(self) -> Literal["good", "fair", "poor"]:
        """How far to trust the text as a whole.

        `good`: every page was read, hardly a character is garbled, and what was recognised is sure; `poor`: half of
        the pages or more are unread, or a tenth of the text is garbled; else `fair`.
        """
        unread = len(self.unread)
        if (unread and 2 * unread >= len(self.pages)) or self.garbled >= 0.1:
            return "poor"
        unsure = any(p.confidence is not None and p.confidence < SURE for p in self.pages)
        return "fair" if unread or self.garbled >= 0.01 or unsure else "good"


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read: blocks in reading order. `id` is the SHA-256 of the file's bytes, in hex."""

    id: str
    path: str
    blocks: tuple[Block, ...]
    metadata: Metadata = field(default_factory=Metadata)
    quality: Quality = field(default_factory=Quality)


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is tagged: a paragraph, or one item of an enumeration.

    `n` counts from 1 in reading order; `section` is the path of headings above it; `item` the mark of
    an enumerated item as it is written (第一, 其二, 一是, First, (1)), else empty.
    """

    doc_id: str
    n: int
    text: str
    language: Language
    section: tuple[str, ...] = ()
    item: str = ""
    boxes: tuple[Box, ...] = ()

    @property
    def page(self) -> int | None:
        """The page on which the passage begins; None where a format has no pages."""
        return self.boxes[0].page if self.boxes else None


@dataclass(frozen=True, slots=True)
class Tag:
    """One label of one facet; `score` a calibrated probability; `source` a model's id or a person."""

    facet: str
    label: str
    score: float = 1.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A passage with its tags, best first within a facet: predicted by a model or given by a person."""

    passage: Passage
    tags: tuple[Tag, ...] = ()

    def labels(self, facet: str) -> tuple[str, ...]:
        """The labels of `facet`, the primary one first."""
        return tuple(tag.label for tag in self.tags if tag.facet == facet)
