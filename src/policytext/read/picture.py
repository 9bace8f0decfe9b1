"""What did we take each part of a page for? Pictures of the pages with their blocks drawn: a look at the layout.

One page is opened, drawn, written and closed before the next, so memory doesn't grow with the pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from policytext.errors import PolicytextError, ReadError
from policytext.types import Box, Document

DPI = 110
"""Dots an inch: type of 9 points can be read, and a page is a picture of 0.3 MB."""

MAX_SIDE = 3000
"""Dots of a picture's longer side: a poster is drawn more coarsely."""

COLOURS = {
    "title": "#b5179e",
    "author": "#7b2cbf",
    "abstract": "#3a0ca3",
    "keywords": "#4361ee",
    "heading": "#d00000",
    "paragraph": "#1d70b8",
    "list_item": "#0b8a8f",
    "caption": "#9a6700",
    "table": "#2b7a0b",
    "figure_text": "#a0522d",
    "footnote": "#5c6b00",
    "reference": "#54707f",
    "header": "#8a8a8a",
    "footer": "#8a8a8a",
    "toc": "#c2185b",
    "note": "#e07a00",
    "other": "#000000",
}
"""The colour of each kind, dark enough for white figures on it."""

FILL = 0.10
"""How strongly a block's area is tinted, 0 to 1: the text below must stay readable."""


class _Drawn(NamedTuple):
    """One box of a block: `number` counts blocks in reading order, `part` the block's boxes, both from 1."""

    number: int
    part: int
    parts: int
    kind: str
    box: Box


def draw(document: Document, folder: Path) -> Iterator[Path]:
    """The picture of each page, written to the folder as `page-001.png`, …, in page order, as soon as it is there.

    Blocks are numbered over the whole document in reading order; one that goes on has `12.1`, `12.2`. Raises
    `ReadError` for a document without pages, `PolicytextError` when the folder can't be written.
    """
    if not document.path.lower().endswith(".pdf"):
        raise ReadError(document.path, "has no pages to draw; only PDF files have pictures of their pages")
    by_page: dict[int, list[_Drawn]] = {}
    for number, block in enumerate(document.blocks, 1):
        for part, box in enumerate(block.boxes, 1):
            by_page.setdefault(box.page, []).append(_Drawn(number, part, len(block.boxes), block.kind, box))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pdf = pypdfium2.PdfDocument(document.path)
        try:
            width = max(3, len(str(len(pdf))))
            for index in range(len(pdf)):
                path = folder / f"page-{index + 1:0{width}d}.png"
                picture = _page(pdf, index, by_page.get(index + 1, []))
                picture.save(path)
                picture.close()
                yield path
        finally:
            pdf.close()
    except OSError as error:
        raise PolicytextError(
            f"{folder}: can't be written ({error.strerror or error}); choose another folder"
        ) from None


def _page(pdf: pypdfium2.PdfDocument, index: int, drawn: Sequence[_Drawn]) -> Image.Image:
    try:
        page = pdf[index]
    except pypdfium2.PdfiumError:
        return Image.new("RGB", (600, 100), "white")  # the page that can't be loaded keeps its place
    try:
        scale = min(DPI / 72, MAX_SIDE / max(*page.get_size(), 1.0))
        shown = page.render(scale=scale).to_pil().convert("RGB")
    finally:
        page.close()
    return _with_legend(_with_blocks(shown, drawn, scale), drawn, index + 1)


def _with_blocks(shown: Image.Image, drawn: Sequence[_Drawn], scale: float) -> Image.Image:
    """The page with every box tinted and framed, and its number in the margin or corner beside it."""
    tint = Image.new("RGB", shown.size, "white")
    brush = ImageDraw.Draw(tint)
    for x in drawn:
        brush.rectangle(_dots(x.box, scale), fill=COLOURS[x.kind])
    mask = Image.new("L", shown.size, 0)
    painted = ImageDraw.Draw(mask)
    for x in drawn:
        painted.rectangle(_dots(x.box, scale), fill=round(255 * FILL))
    shown.paste(tint, mask=mask)
    brush = ImageDraw.Draw(shown)
    font = ImageFont.load_default(size=11)
    for x in drawn:
        brush.rectangle(_dots(x.box, scale), outline=COLOURS[x.kind], width=1)
    for x in drawn:  # over all frames, or a neighbour's frame crosses the figures
        _badge(brush, x, scale, font)
    return shown


def _dots(box: Box, scale: float) -> tuple[float, float, float, float]:
    return box.x0 * scale - 2, box.top * scale - 1, box.x1 * scale + 2, box.bottom * scale + 1


def _badge(
    brush: ImageDraw.ImageDraw, x: _Drawn, scale: float, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> None:
    label = str(x.number) if x.parts == 1 else f"{x.number}.{x.part}"
    left, top, _, bottom = _dots(x.box, scale)
    width, height = brush.textlength(label, font=font) + 4, 13.0
    x0 = max(left - width, 0.0)  # beside the box, where the margin or the gutter is white
    y0 = top if bottom - top > height else (top + bottom - height) / 2
    brush.rectangle((x0, y0, x0 + width, y0 + height), fill=COLOURS[x.kind])
    brush.text((x0 + 2, y0), label, fill="white", font=font)


def _with_legend(shown: Image.Image, drawn: Sequence[_Drawn], page: int) -> Image.Image:
    """The page over a strip that names the kinds on it with the number of their blocks."""
    font = ImageFont.load_default(size=13)
    counts: dict[str, set[int]] = {}
    for x in drawn:
        counts.setdefault(x.kind, set()).add(x.number)
    labels = [(kind, f"{kind}: {len(counts[kind])}") for kind in COLOURS if kind in counts]
    brush = ImageDraw.Draw(shown)
    rows: list[list[tuple[float, str, str]]] = [[]]
    x0 = 10 + brush.textlength(f"page {page}", font=font) + 18
    left = x0
    for kind, label in labels:
        width = 16 + brush.textlength(label, font=font) + 18
        if left + width > shown.width and rows[-1]:
            rows.append([])
            left = x0
        rows[-1].append((left, kind, label))
        left += width
    whole = Image.new("RGB", (shown.width, shown.height + 10 + 22 * len(rows)), "white")
    whole.paste(shown)
    brush = ImageDraw.Draw(whole)
    brush.line((0, shown.height, shown.width, shown.height), fill="#8a8a8a")
    y = shown.height + 8
    brush.text((10, y), f"page {page}", fill="black", font=font)
    for row in rows:
        for left, kind, label in row:
            brush.rectangle((left, y + 2, left + 11, y + 13), fill=COLOURS[kind])
            brush.text((left + 16, y), label, fill="black", font=font)
        y += 22
    return whole
