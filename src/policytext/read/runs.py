"""Which runs of text, rules and drawings does a page show? pdfium's answer, in one coordinate system.

A run is a stretch of text that one operator of the page painted: one font, size, colour and baseline. What no
reader sees (off the page, tiny, invisible, white on white) is dropped here; slanted or turned text is kept
apart, because it is a watermark or a side note and never part of a line.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple

import pypdfium2.raw as pdfium

from policytext.read.structure import Heading, tagged_headings
from policytext.types import Box

MIN_SIZE = 2.0
"""Points: smaller type can't be read; it is hidden text or a stray mark."""

RULE_THICKNESS = 2.6
"""Points: a filled or stroked bar thinner than this is a rule, a thicker one a drawing."""

MIN_RULE = 6.0
"""Points: shorter strokes are ticks, dashes and parts of glyphs."""

MAX_DRAWN = 2500
"""Drawn objects looked at on one page: maps and charts have 100,000 of them and say no more about the layout."""

MAX_CHARS = 200_000
"""Characters read on one page: a full broadsheet holds 30,000; more is a trap or a font table."""

MAX_SEGMENTS = 240
"""Segments of one path that are looked at for rules: a table's grid has fewer, a curve more."""

MAX_NESTING = 6
"""Depth of forms inside forms; real files stop at 3."""

WIDE_GAP = 1.6
"""Ems between two words of one run: more is a tab or the next column, never a justified space."""

PALE = 0.93
"""Luminance, 0 black to 1 white, from which text is invisible on a white page."""

Turn = Literal[0, 90, 180, 270]


class Font(NamedTuple):
    """What a font says of itself; `name` is without the subset's prefix."""

    name: str
    bold: bool
    italic: bool


class Run(NamedTuple):
    """Text of one style; `x0`, `x1` and the baseline `y` in points, origin top-left of the upright page."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    font: Font
    color: int
    heading: Heading | None = None


class Rect(NamedTuple):
    """A drawn rectangle in the page's coordinates, y downwards; `color` 0xRRGGBB, or -1 where nothing fills it."""

    x0: float
    top: float
    x1: float
    bottom: float
    color: int = -1

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class PageContent:
    """All that a page shows, turned so that most of its text stands upright.

    `turn` is the angle by which it was turned; `box` maps back to the page as shown. `aside` is text that
    stands at another angle than the rest. `unmapped` counts characters without a known meaning.
    """

    number: int
    width: float
    height: float
    runs: tuple[Run, ...] = ()
    rules: tuple[Rect, ...] = ()
    drawings: tuple[Rect, ...] = ()
    images: tuple[Rect, ...] = ()
    aside: tuple[tuple[str, Box], ...] = ()
    turn: Turn = 0
    unmapped: int = 0

    def box(self, x0: float, top: float, x1: float, bottom: float) -> Box:
        """A rectangle of the upright page as a box of the page as shown."""
        width, height = self.width, self.height
        if self.turn == 90:
            x0, top, x1, bottom = height - bottom, x0, height - top, x1
        elif self.turn == 180:
            x0, top, x1, bottom = width - x1, height - bottom, width - x0, height - top
        elif self.turn == 270:
            x0, top, x1, bottom = top, width - x1, bottom, width - x0
        return Box(self.number, round(x0, 1), round(top, 1), round(x1, 1), round(bottom, 1))


# ---------------------------------------------------------------- pdfium's objects


Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class _Raw(NamedTuple):
    """A run in page space as shown, before the page is turned; `angle` in degrees, clockwise."""

    text: str
    start: tuple[float, float]
    box: Rect
    size: float
    angle: float
    font: Font
    color: int
    hidden: bool
    heading: Heading | None = None


@dataclass(frozen=True, slots=True)
class _View:
    """How user space maps to the page as shown."""

    left: float
    bottom: float
    width: float
    height: float
    rotation: int

    def point(self, x: float, y: float) -> tuple[float, float]:
        x, y = x - self.left, y - self.bottom
        if self.rotation == 90:
            return y, x
        if self.rotation == 180:
            return self.width - x, y
        if self.rotation == 270:
            return self.width - y, self.height - x
        return x, self.height - y

    def rect(self, x0: float, y0: float, x1: float, y1: float, color: int = -1) -> Rect:
        (ax, ay), (bx, by) = self.point(x0, y0), self.point(x1, y1)
        return Rect(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by), color)


def pdfium_content(page: Any, number: int) -> PageContent:
    """What the page shows, by pdfium; `page` is an open `pypdfium2.PdfPage` and stays open."""
    view = _view(page)
    rules, drawings, images = _drawn(page, view)
    text_page = page.get_textpage()
    try:
        raws, unmapped = _raw_runs(text_page.raw, view, tagged_headings(page))
    finally:
        text_page.close()
    return assemble(number, view.width, view.height, raws, (rules, drawings, images), unmapped)


def assemble(
    number: int,
    width: float,
    height: float,
    raws: list[_Raw],
    drawn: tuple[list[Rect], list[Rect], list[Rect]],
    unmapped: int,
) -> PageContent:
    """The page upright, its unseen text dropped; every engine ends here."""
    rules, drawings, images = drawn
    visible = [r for r in raws if _seen(r, width, height, drawings, images)]
    turn = _main_turn(visible)
    page = PageContent(number, *((height, width) if turn in (90, 270) else (width, height)), turn=turn)
    runs: list[Run] = []
    aside: list[tuple[str, Box]] = []
    for raw in visible:
        if abs((raw.angle - turn + 180) % 360 - 180) > 4:  # degrees; scans are skewed by less
            box = raw.box
            aside.append(
                (raw.text, Box(number, round(box.x0, 1), round(box.top, 1), round(box.x1, 1), round(box.bottom, 1)))
            )
            continue
        y = _upright(Rect(*raw.start, *raw.start), page).top
        box = _upright(raw.box, page)
        runs.append(Run(raw.text, box.x0, box.x1, y, raw.size, raw.font, raw.color, raw.heading))
    return replace(
        page,
        runs=tuple(runs),
        aside=tuple(aside),
        rules=tuple(_upright(r, page) for r in rules),
        drawings=tuple(_upright(r, page) for r in drawings),
        images=tuple(_upright(r, page) for r in images),
        unmapped=unmapped,
    )


def _upright(rect: Rect, page: PageContent) -> Rect:
    """A rectangle of the page as shown in the coordinates of the upright page: the way back of `box`."""
    x0, top, x1, bottom, color = rect
    if page.turn == 90:
        return Rect(top, page.height - x1, bottom, page.height - x0, color)
    if page.turn == 180:
        return Rect(page.width - x1, page.height - bottom, page.width - x0, page.height - top, color)
    if page.turn == 270:
        return Rect(page.width - bottom, x0, page.width - top, x1, color)
    return rect


def _main_turn(raws: list[_Raw]) -> Turn:
    votes: Counter[int] = Counter()
    for raw in raws:
        votes[round(raw.angle / 90) * 90 % 360] += len(raw.text)
    best = votes.most_common(1)[0][0] if votes else 0
    return best if best in (90, 180, 270) else 0  # type: ignore[return-value]


def _seen(raw: _Raw, width: float, height: float, fills: list[Rect], images: list[Rect]) -> bool:
    box = raw.box
    if raw.size < MIN_SIZE or box.x1 <= 1 or box.bottom <= 1 or box.x0 >= width - 1 or box.top >= height - 1:
        return False
    x, y = (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2
    on_picture = any(r.x0 <= x <= r.x1 and r.top <= y <= r.bottom for r in images)
    if raw.hidden:  # the layer that OCR lays over a scan is meant to be read
        return on_picture
    if luminance(raw.color) < PALE or on_picture:
        return True
    under = [r.color for r in fills if r.color >= 0 and r.x0 <= x <= r.x1 and r.top <= y <= r.bottom]
    return bool(under) and luminance(under[-1]) < PALE


@cache
def luminance(color: int) -> float:
    """How bright a colour 0xRRGGBB looks, 0 to 1 (weights of ITU-R BT.601)."""
    return (0.299 * (color >> 16 & 255) + 0.587 * (color >> 8 & 255) + 0.114 * (color & 255)) / 255


def _view(page: Any) -> _View:
    left, bottom, right, top = page.get_bbox()
    rotation = page.get_rotation() % 360
    width, height = right - left, top - bottom
    if rotation in (90, 270):
        width, height = height, width
    return _View(left, bottom, width, height, rotation)


# ---------------------------------------------------------------- text


class _Reader:
    """Reused out-parameters: one C call a value is what reading a page costs, so nothing is allocated for it."""

    def __init__(self) -> None:
        self.x, self.y = ctypes.c_double(), ctypes.c_double()
        self.rect = pdfium.FS_RECTF()
        self.matrix = pdfium.FS_MATRIX()
        self.rgba = [ctypes.c_uint() for _ in range(4)]
        self.fonts: dict[int, Font] = {}


def _raw_runs(text_page: Any, view: _View, headings: dict[int, Heading]) -> tuple[list[_Raw], int]:
    text = _page_text(text_page)
    reader = _Reader()
    raws: list[_Raw] = []
    for start, end, obj in _objects(text_page, text):
        own = list(_raws_of_object(text_page, text, start, end, obj, view, reader, headings))
        if not own and raws and pdfium.FPDFText_IsGenerated(text_page, start) == 0:
            raws[-1] = raws[-1]._replace(text=raws[-1].text.rstrip(" ") + " ")  # an object that only paints a space
        raws += own
    step = max(1, len(text) // 200)  # a sample: each call costs a microsecond
    sample = range(0, len(text), step)
    unmapped = sum(pdfium.FPDFText_HasUnicodeMapError(text_page, i) == 1 for i in sample)
    return raws, round(unmapped * step)


def _page_text(text_page: Any) -> str:
    """One character for each of pdfium's, so that indices agree."""
    count = min(max(pdfium.FPDFText_CountChars(text_page), 0), MAX_CHARS)
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
    if written != count + 1 or len(text) != count:
        text = "".join(
            chr(c) if (c := pdfium.FPDFText_GetUnicode(text_page, i)) < 0x110000 else "\ufffd" for i in range(count)
        )
    return text


@cache
def _object_at() -> Any:
    """`FPDFText_GetTextObject` with plain addresses: pypdfium2's own makes a pointer object for every character."""
    address = ctypes.cast(pdfium.FPDFText_GetTextObject, ctypes.c_void_p).value
    return ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(address or 0)


def _objects(text_page: Any, text: str) -> Iterator[tuple[int, int, int]]:
    """Start, end and address of each text object's stretch of characters.

    The characters of an object stand together, so its end is found by doubling steps; characters that
    pdfium made up (spaces, line ends) belong to no object and count to the one before.
    """
    get, handle, count = _object_at(), ctypes.cast(text_page, ctypes.c_void_p), len(text)

    def owner(i: int, start: int) -> int | None:
        while i > start and text[i] in " \r\n" and get(handle, i) is None:
            i -= 1
        found: int | None = get(handle, i)
        return found

    start = 0
    while start < count:
        obj = get(handle, start)
        if obj is None:
            start += 1
            continue
        low, step = start, 1
        while low + step < count and owner(low + step, start) == obj:
            low += step
            step *= 2
        high = min(low + step, count)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if owner(middle, start) == obj else (low, middle)
        yield start, low + 1, obj
        start = low + 1


def _raws_of_object(
    text_page: Any,
    text: str,
    start: int,
    end: int,
    obj: int,
    view: _View,
    reader: _Reader,
    headings: dict[int, Heading],
) -> Iterator[_Raw]:
    body = text[start:end]
    stripped = body.rstrip(" \r\n\t\u00a0\u3000")
    end = start + len(stripped)
    # A space at the end of an object parts it from the next word, however tight the type is set.
    spaced = " " if end < start + len(body) and pdfium.FPDFText_IsGenerated(text_page, end) == 0 else ""
    start = end - len(stripped.lstrip(" \r\n\t\u00a0\u3000"))
    if start >= end:
        return
    pointer = ctypes.cast(obj, pdfium.FPDF_PAGEOBJECT)
    matrix = reader.matrix
    pdfium.FPDFText_GetMatrix(text_page, start, matrix)
    size = pdfium.FPDFText_GetFontSize(text_page, start) * math.hypot(matrix.c, matrix.d)
    angle = (view.rotation - math.degrees(math.atan2(matrix.b, matrix.a))) % 360
    mode = pdfium.FPDFTextObj_GetTextRenderMode(pointer)
    font = _font(pointer, reader)
    if mode == pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE and not font.bold:
        font = font._replace(bold=True)
    channels = reader.rgba
    pdfium.FPDFText_GetFillColor(text_page, start, *channels)
    color = channels[0].value << 16 | channels[1].value << 8 | channels[2].value
    heading = headings.get(pdfium.FPDFPageObj_GetMarkedContentID(pointer)) if headings else None
    hidden = mode in (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP) or not channels[3].value
    for a, b in _cut_at_gaps(text_page, text, start, end, size, reader):
        pdfium.FPDFText_GetCharOrigin(text_page, a, reader.x, reader.y)
        origin = view.point(reader.x.value, reader.y.value)
        first, last = _loose(text_page, a, view, reader), _loose(text_page, b - 1, view, reader)
        box = Rect(
            min(first.x0, last.x0), min(first.top, last.top), max(first.x1, last.x1), max(first.bottom, last.bottom)
        )
        yield _Raw(text[a:b] + (spaced if b == end else ""), origin, box, size, angle, font, color, hidden, heading)


def _loose(text_page: Any, i: int, view: _View, reader: _Reader) -> Rect:
    pdfium.FPDFText_GetLooseCharBox(text_page, i, reader.rect)
    return view.rect(reader.rect.left, reader.rect.bottom, reader.rect.right, reader.rect.top)


def _cut_at_gaps(
    text_page: Any, text: str, start: int, end: int, size: float, reader: _Reader
) -> Iterator[tuple[int, int]]:
    """Pieces of a run between wide gaps: the cells of a table row may be painted by one operator."""
    spaces = list(re.finditer(r"[ \u00a0\t\r\n]+", text[start:end]))
    if spaces:
        wide = any(s.end() - s.start() > 1 for s in spaces)
        if wide or _stretched(text_page, text, start, end, size, reader):
            for space in spaces:
                after = start + space.end()
                left = _origin(text_page, start + space.start() - 1, reader)
                right = _origin(text_page, after, reader)
                before = 1.0 if ord(text[start + space.start() - 1]) > 0x2E7F else 0.5
                if math.dist(left, right) > (WIDE_GAP + before) * size:
                    yield start, start + space.start() if start + space.start() > start else after
                    yield from _cut_at_gaps(text_page, text, after, end, size, reader)
                    return
    yield start, end


def _stretched(text_page: Any, text: str, start: int, end: int, size: float, reader: _Reader) -> bool:
    """Whether a run is wider than its characters: then it hides a gap somewhere."""
    wide = sum(ord(c) > 0x2E7F for c in text[start:end])
    natural = size * (wide + 0.52 * (end - start - wide))  # 0.52 em: the mean of Latin text
    length = math.dist(_origin(text_page, start, reader), _origin(text_page, end - 1, reader))
    return length > 1.2 * natural + 0.5 * size


def _origin(text_page: Any, i: int, reader: _Reader) -> tuple[float, float]:
    pdfium.FPDFText_GetCharOrigin(text_page, i, reader.x, reader.y)
    return reader.x.value, reader.y.value


def _font(obj: Any, reader: _Reader) -> Font:
    pointer = pdfium.FPDFTextObj_GetFont(obj)
    address = ctypes.cast(pointer, ctypes.c_void_p).value or 0
    font = reader.fonts.get(address)
    if font is None:
        font = reader.fonts[address] = _describe_font(pointer)
    return font


def _describe_font(pointer: Any) -> Font:
    if not pointer:
        return Font("", bold=False, italic=False)
    length = pdfium.FPDFFont_GetBaseFontName(pointer, None, 0)
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFFont_GetBaseFontName(pointer, buffer, length)
    angle = ctypes.c_int()
    pdfium.FPDFFont_GetItalicAngle(pointer, angle)
    flags = max(pdfium.FPDFFont_GetFlags(pointer), 0)
    heavy = pdfium.FPDFFont_GetWeight(pointer) >= 700
    return font_named(
        buffer.value.decode("utf-8", "replace"), heavy=heavy, forced=bool(flags & 1 << 18), slanted=angle.value != 0
    )


def font_named(name: str, *, heavy: bool = False, forced: bool = False, slanted: bool = False) -> Font:
    """A font by its name and what its descriptor says; the name is more often right than the weight.

    >>> font_named("ABCDEF+Minion-BoldIt")
    Font(name='Minion-BoldIt', bold=True, italic=True)
    """
    name = re.sub(r"^[A-Z]{6}\+", "", name)
    told = re.search(r"regular|roman|light|book|medium|bold|black|heavy|demi|[-,](bd|blk)", name, re.IGNORECASE)
    bold = bool(re.search(r"bold|black|heavy|demi|[-,]bd|[-,]blk|\.B$", name, re.IGNORECASE)) or (heavy and not told)
    italic = bool(re.search(r"ital|obli|slant|[-,]it\b|-It$|BoldIt|\.I$", name)) or slanted
    return Font(name, bold or forced, italic)


# ---------------------------------------------------------------- rules and drawings


def _drawn(page: Any, view: _View) -> tuple[list[Rect], list[Rect], list[Rect]]:
    """Rules, other drawings and pictures of the page as shown."""
    rules: list[Rect] = []
    drawings: list[Rect] = []
    images: list[Rect] = []
    for obj, kind, matrix in _page_objects(page.raw):
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            images.append(view.rect(*_bounds(obj, matrix)))
            continue
        rect = view.rect(*_bounds(obj, matrix))
        fill, stroke = _painted(obj)
        if not fill and not stroke:
            continue
        if min(rect.width, rect.height) <= RULE_THICKNESS:
            if max(rect.width, rect.height) >= MIN_RULE and not (fill and not stroke and _pale_fill(obj)):
                rules.append(rect)
            continue
        color = _fill_color(obj) if fill else -1
        drawings.append(rect._replace(color=color))
        if stroke:
            rules.extend(_grid_rules(obj, matrix, view))
    return rules, drawings, images


def _pale_fill(obj: Any) -> bool:
    return luminance(max(_fill_color(obj), 0)) > 0.98


def _page_objects(raw_page: Any) -> Iterator[tuple[Any, int, Matrix]]:
    """Paths, shadings and pictures, those inside forms too, with the matrix that brings them to user space."""
    left = MAX_DRAWN
    for i in range(pdfium.FPDFPage_CountObjects(raw_page)):
        for found in _nested(pdfium.FPDFPage_GetObject(raw_page, i), IDENTITY, MAX_NESTING):
            yield found
            left -= 1
            if not left:
                return


def _nested(obj: Any, matrix: Matrix, depth: int) -> Iterator[tuple[Any, int, Matrix]]:
    kind = pdfium.FPDFPageObj_GetType(obj)
    if kind in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE):
        yield obj, kind, matrix
    elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth:
        inner = _multiply(_matrix_of(obj), matrix)
        for i in range(min(pdfium.FPDFFormObj_CountObjects(obj), MAX_DRAWN)):
            yield from _nested(pdfium.FPDFFormObj_GetObject(obj, i), inner, depth - 1)


def _matrix_of(obj: Any) -> Matrix:
    m = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(obj, m):
        return IDENTITY
    return (m.a, m.b, m.c, m.d, m.e, m.f)


def _multiply(m: Matrix, n: Matrix) -> Matrix:
    """First `m`, then `n`."""
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _apply(m: Matrix, x: float, y: float) -> tuple[float, float]:
    return x * m[0] + y * m[2] + m[4], x * m[1] + y * m[3] + m[5]


def _bounds(obj: Any, matrix: Matrix) -> tuple[float, float, float, float]:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    pdfium.FPDFPageObj_GetBounds(obj, left, bottom, right, top)
    if matrix is IDENTITY:
        return left.value, bottom.value, right.value, top.value
    (ax, ay), (bx, by) = _apply(matrix, left.value, bottom.value), _apply(matrix, right.value, top.value)
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _painted(obj: Any) -> tuple[bool, bool]:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(obj, fill, stroke)
    return fill.value != 0, stroke.value != 0


def _fill_color(obj: Any) -> int:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(obj, red, green, blue, alpha) or not alpha.value:
        return -1
    return red.value << 16 | green.value << 8 | blue.value


def _grid_rules(obj: Any, matrix: Matrix, view: _View) -> Iterator[Rect]:
    """The straight strokes of one path: a table's whole grid may be a single path."""
    count = pdfium.FPDFPath_CountSegments(obj)
    if not 2 <= count <= MAX_SEGMENTS:
        return
    full = _multiply(_matrix_of(obj), matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    previous: tuple[float, float] | None = None
    opened: tuple[float, float] | None = None
    for i in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(obj, i)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            return  # curves: a drawing, not a grid
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = view.point(*_apply(full, x.value, y.value))
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            opened = point
        elif previous:
            yield from _straight(previous, point)
        if opened and pdfium.FPDFPathSegment_GetClose(segment):
            yield from _straight(point, opened)
        previous = point


def _straight(a: tuple[float, float], b: tuple[float, float]) -> Iterator[Rect]:
    width, height = abs(a[0] - b[0]), abs(a[1] - b[1])
    if min(width, height) <= 1 and max(width, height) >= MIN_RULE:
        yield Rect(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
