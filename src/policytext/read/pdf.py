"""PDF to blocks: the pipeline of the layout, and whether each page's text can be trusted.

    page ─runs─▶ lines ─furniture─▶ rest ─floats─▶ columns ─notes─▶ paragraphs ─kinds─▶ blocks

Page by page, each closed before the next is opened: what is kept of a page is its lines and rules.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2
from pypdfium2 import PdfDocument, PdfiumError

from policytext.errors import ReadError, page_ranges
from policytext.read.columns import strips_of
from policytext.read.floats import floats_of
from policytext.read.furniture import zones
from policytext.read.garbled import garbled_share
from policytext.read.kinds import Styles, blocks_of
from policytext.read.lines import Line, lines_of
from policytext.read.metadata import metadata_of, told_apart
from policytext.read.notes import part_notes
from policytext.read.paragraphs import paragraphs_of, vocabulary
from policytext.read.runs import PageContent, pdfium_content
from policytext.read.sniff import kind_of
from policytext.read.structure import Claims, bookmarks
from policytext.types import Block, Document, Engine, Metadata, PageQuality, PageState, Quality

GARBLED = 0.2
"""Share of unreadable characters from which a page's text layer is of no use."""

PICTURE = 0.5
"""Share of the page that pictures must cover for a page without text to be a scan."""

FEW = 40
"""Characters below which a page that is a picture has no text layer: scanners stamp a name or a number on it."""


MAX_PAGES = 5_000
"""Pages of one file: the longest acts and yearbooks have 2,000; a file that claims more may be an endless trap."""

OUTLINES = 100
"""Drawings from which a page without text shows letters drawn as outlines, as some printers leave them."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What is kept of a page once it is closed: `content` without its runs, the lines, and the quality."""

    content: PageContent
    lines: tuple[Line, ...]
    quality: PageQuality


def read_pdf(path: Path, engine: Engine = "pdfium") -> Document:
    """The document in a PDF file; raises `ReadError` when it can't be opened or no page has usable text.

    `engine` says who reads the pages: pdfium, or pdfplumber, ten times slower, as a check on it.
    """
    data = path.read_bytes()
    pages, missing = _recognised(data, list(_pages(path, data, engine)))
    quality = Quality(tuple(page.quality for page in pages))
    _refuse_unusable(path, quality, missing)
    sound = [page if page.quality.state in ("text", "ocr") else replace(page, lines=()) for page in pages]
    blocks = tuple(_blocks(sound, _claims(data)))
    hints, made = _info(data)
    metadata = metadata_of(blocks, hints=hints, made=made)
    return Document(hashlib.sha256(data).hexdigest(), str(path), told_apart(blocks, metadata), metadata, quality)


def _blocks(pages: Sequence[_Page], claims: Claims) -> list[Block]:
    contents = [page.content for page in pages]
    styles = Styles.of(line for page in pages for line in page.lines)
    columns = []
    furniture: list[Block] = []
    for content, zone in zip(contents, zones(contents, [p.lines for p in pages], styles.body.size), strict=True):
        furniture += [*_furniture(content, "header", zone.header), *_furniture(content, "footer", zone.footer)]
        floats, rest = floats_of(content, zone.rest, styles.body.size)
        strips, notes = part_notes(content, strips_of(content.number, [*rest, *floats]), styles.body.size)
        columns.append((strips, notes))
    elements = paragraphs_of(columns)
    words = vocabulary(line for page in pages for line in page.lines)
    by_number = {content.number: content for content in contents}
    body = list(blocks_of(elements, styles, words, by_number, claims))
    return _in_page_order(body, furniture)


def _furniture(page: PageContent, kind: str, lines: Sequence[Line]) -> Iterator[Block]:
    for line in sorted(lines, key=lambda x: (x.y, x.x0)):
        box = page.box(line.x0, line.top, line.x1, line.bottom)
        yield Block("header" if kind == "header" else "footer", line.text, boxes=(box,))


def _in_page_order(body: list[Block], furniture: list[Block]) -> list[Block]:
    """Headers before the first block that begins on their page, footers after the last one."""
    heads = [b for b in furniture if b.kind == "header"]
    feet = [b for b in furniture if b.kind == "footer"]
    out: list[Block] = []
    for block in body:
        page = block.page or 0
        while feet and (feet[0].page or 0) < page:
            out.append(feet.pop(0))
        while heads and (heads[0].page or 0) <= page:
            out.append(heads.pop(0))
        out.append(block)
    return [*out, *heads, *feet]


# ---------------------------------------------------------------- opening


def _pages(path: Path, data: bytes, engine: Engine) -> Iterator[_Page]:
    """The pages one by one; one that the engine can't load counts as garbled and not as the end of the file."""
    document = _open(path, data)
    count = len(document)
    try:
        if count == 0:
            raise ReadError(path, "no pages; the file is damaged (download it again)")
        if count > MAX_PAGES:
            raise ReadError(path, f"{count:,} pages, over the limit of {MAX_PAGES:,}; split the file")
        contents = _by_plumber(path, data) if engine == "pdfplumber" else _by_pdfium(document)
        for number, content in enumerate(contents, 1):
            if content is None:
                yield _Page(PageContent(number, 0.0, 0.0), (), PageQuality(number, "garbled", 0, 1.0))
                continue
            lines = tuple(lines_of(content))
            yield _Page(replace(content, runs=()), lines, _quality(content, lines))
    finally:
        document.close()


def _open(path: Path, data: bytes) -> PdfDocument:
    if b"%PDF" not in data[:1024]:
        raise ReadError(
            path,
            f"not a PDF: it begins like {kind_of(data)}; download the document itself or give it its true suffix",
        )
    try:
        return PdfDocument(data)
    except PdfiumError as error:
        if "password" in str(error).lower():
            raise ReadError(path, "needs a password; save an unprotected copy") from None
        raise ReadError(path, "damaged or truncated PDF; download it again, or repair it with a PDF program") from None


def _by_pdfium(document: PdfDocument) -> Iterator[PageContent | None]:
    for index in range(len(document)):
        try:
            page = document[index]
        except PdfiumError:
            yield None
            continue
        try:
            content = pdfium_content(page, index + 1)
        finally:
            page.close()
        yield content


def _by_plumber(path: Path, data: bytes) -> Iterator[PageContent | None]:
    from policytext.read.plumber import Unopened, plumber_contents

    try:
        yield from plumber_contents(data)
    except Unopened:
        raise ReadError(path, "pdfplumber can't open it though pdfium can; leave out --engine") from None


def _recognised(data: bytes, pages: list[_Page]) -> tuple[list[_Page], str]:
    """The pages with the text of pictures and garbled layers recognised; where not, what that lacks."""
    unread = [page for page in pages if page.quality.state in ("scanned", "garbled")]
    if not unread:
        return pages, ""
    sound = [line for page in pages if page.quality.state == "text" for line in page.lines]
    try:
        from policytext.read.ocr import recognised

        results = recognised(data, [page.content for page in unread], Styles.of(sound).body if sound else None)
    except ModuleNotFoundError:
        return pages, "to recognise them: pip install 'policytext[ocr]'"
    except ImportError as error:  # a library of the system that OpenCV needs
        return pages, f"the extra ocr is installed but can't be loaded ({error}); install what it names"
    read = {}
    for content, confidence in results:
        if confidence is not None:
            lines = tuple(lines_of(content))
            quality = PageQuality(content.number, "ocr", sum(len(x.text) for x in lines), 0.0, round(confidence, 3))
            read[content.number] = _Page(replace(content, runs=()), lines, quality)
    return [read.get(page.quality.page, page) for page in pages], ""


def _claims(data: bytes) -> Claims:
    document = PdfDocument(data)
    try:
        return Claims(bookmarks(document))
    finally:
        document.close()


def _info(data: bytes) -> tuple[Metadata, int | None]:
    """What the file's own information says of title, authors and keywords, often wrong, and its year of creation."""
    document = pypdfium2.PdfDocument(data)
    try:
        info = document.get_metadata_dict()
    except UnicodeDecodeError:  # not text: a damaged file
        info = {}
    finally:
        document.close()
    told = {key: value.replace("\x00", "").strip() for key, value in info.items()}
    made = re.match(r"D:((?:19|20)\d\d)", told.get("CreationDate", ""))
    authors, keywords = (
        tuple(x.strip() for x in re.split("[;；]" if re.search("[;；]", text) else "[,，、]", text) if x.strip())
        for text in (told.get("Author", ""), told.get("Keywords", ""))
    )
    return Metadata(title=told.get("Title", ""), authors=authors, keywords=keywords), int(made[1]) if made else None


# ---------------------------------------------------------------- quality


def _quality(page: PageContent, lines: Sequence[Line]) -> PageQuality:
    text = "".join(line.text for line in lines)
    count = len(text)
    pictured = sum(r.width * r.height for r in page.images) >= PICTURE * page.width * page.height
    pictured = pictured or len(page.drawings) >= OUTLINES
    garbled = garbled_share(text, page.unmapped)
    state: PageState = "text"
    if count < FEW and pictured:
        state = "scanned"
    elif not count:
        state = "empty"
    elif garbled >= GARBLED:
        state = "garbled"
    return PageQuality(page.number, state, count, round(garbled, 3))


def _refuse_unusable(path: Path, quality: Quality, missing: str) -> None:
    """Raises when no page can be used; `missing` says what recognition lacks, empty when it was tried."""
    states = Counter(page.state for page in quality.pages)
    if states["text"] or states["ocr"]:
        return
    remedy = missing or "OCR found no text on them"
    pages = page_ranges(quality.unread)
    if states["scanned"] >= states["garbled"] and states["scanned"]:
        raise ReadError(path, f"no text layer: only pictures on pages {pages}; {remedy}")
    if states["garbled"]:
        raise ReadError(path, f"garbled text layer: no usable encoding on pages {pages}; {remedy}")
    raise ReadError(path, f"no text: {len(quality.pages)} pages without a character; is it the right file?")
