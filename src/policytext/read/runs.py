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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple

import pypdfium2.raw as pdfium

from policytext.read.structure import Heading, tagged_headings
from policytext.types import Box

BASELINE = 0.33
"""Ems from the middle of a Chinese character to the line on which it would stand: half of what a line fills."""

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

STAMP = 1.6
"""The size of a stamp across the page over that of most of its text, at least."""

STAMP_PALE = 0.55
"""Luminance of such a stamp, 0 black to 1 white, at least."""

PALE = 0.93
"""Luminance, 0 black to 1 white, from which text is invisible on a white page."""

MAX_SIDE = 14_400.0
"""Points of a page's side, the limit of the format (200 inches); what lies beyond is a damaged number."""

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
    stands at another angle than the rest, or pale and large across it. `unmapped` counts characters without a known
    meaning.
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


class Raw(NamedTuple):
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
        if not self.rotation:  # nearly all pages, and the costliest lines of reading one
            if x0 > x1:
                x0, x1 = x1, x0
            if y0 > y1:
                y0, y1 = y1, y0
            left, up = self.left, self.height + self.bottom
            return Rect(x0 - left, up - y1, x1 - left, up - y0, color)
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
    raws: list[Raw],
    drawn: tuple[list[Rect], list[Rect], list[Rect]],
    unmapped: int,
) -> PageContent:
    """The page upright, its unseen text dropped; every engine ends here."""
    width, height = (min(side, MAX_SIDE) if side > 0 else 0.0 for side in (width, height))
    rules, drawings, images = ([c for r in rects if (c := _clipped(r, width, height))] for rects in drawn)
    visible = [r for r in raws if _seen(r, width, height, drawings, images)]
    turn = _main_turn(visible)
    page = PageContent(number, *((height, width) if turn in (90, 270) else (width, height)), turn=turn)
    runs: list[Run] = []
    aside: list[tuple[str, Box]] = []
    for raw in visible:
        y, box = raw.start[1], _clipped(raw.box, width, height)
        if box is None:
            continue
        if abs((raw.angle - turn + 180) % 360 - 180) > 4:  # degrees; scans are skewed by less
            aside.append((raw.text, Box(number, *(round(edge, 1) for edge in box[:4]))))
            continue
        if turn:
            y, box = _upright(Rect(*raw.start, *raw.start), page).top, _upright(box, page)
        if -page.height <= y <= 2 * page.height:
            runs.append(Run(raw.text, box.x0, box.x1, y, raw.size, raw.font, raw.color, raw.heading))
    stamps = _stamps(runs)
    aside += [(r.text, page.box(r.x0, r.y - r.size, r.x1, r.y)) for r in runs if id(r) in stamps]
    return replace(
        page,
        runs=tuple(r for r in runs if id(r) not in stamps) if stamps else tuple(runs),
        aside=tuple(aside),
        rules=tuple(_upright(r, page) for r in rules),
        drawings=tuple(_upright(r, page) for r in drawings),
        images=tuple(_upright(r, page) for r in images),
        unmapped=unmapped,
    )


def _stamps(runs: Sequence[Run]) -> set[int]:
    """Ids of large pale runs that lie across others: watermarks that stand upright."""
    pale = [r for r in runs if luminance(r.color) >= STAMP_PALE]
    if not pale:
        return set()
    sizes: Counter[float] = Counter()
    for run in runs:
        sizes[run.size] += len(run.text)
    least = STAMP * sizes.most_common(1)[0][0]

    def across(stamp: Run, other: Run) -> bool:
        over = stamp.y - stamp.size < other.y - other.size / 3 < stamp.y
        return over and other is not stamp and min(stamp.x1, other.x1) - max(stamp.x0, other.x0) > other.size

    return {id(r) for r in pale if r.size >= least and sum(across(r, x) for x in runs) >= 2}


def standing(raw: Raw) -> Raw:
    """A run of characters one under the other as one that is turned: its columns are then the lines of a turned page.

    Chinese set in columns reads down and then to the left, as lines do on a page that is turned clockwise.
    """
    middle = (raw.box.x0 + raw.box.x1) / 2
    return raw._replace(start=(middle - BASELINE * raw.size, raw.box.top), angle=90.0)


def with_lone_characters(raws: list[Raw]) -> list[Raw]:
    """The runs, those of one character made standing where others of their type stand: the last of a column."""
    types = {(raw.font, raw.size) for raw in raws if raw.angle == 90 and ord(raw.text[0]) > 0x2E7F}
    if not types:
        return raws
    return [standing(r) if not r.angle and len(r.text.strip()) == 1 and (r.font, r.size) in types else r for r in raws]


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


def _clipped(rect: Rect, width: float, height: float) -> Rect | None:
    """A rectangle without what lies more than a page off the page; None where nothing is left."""
    x0, top, x1, bottom, color = rect
    if x0 >= -width and top >= -height and x1 <= 2 * width and bottom <= 2 * height:
        return rect
    if not (x1 > -width and bottom > -height and x0 < 2 * width and top < 2 * height):
        return None
    return Rect(max(x0, -width), max(top, -height), min(x1, 2 * width), min(bottom, 2 * height), color)


def _main_turn(raws: list[Raw]) -> Turn:
    votes: Counter[int] = Counter()
    for raw in raws:
        votes[round(raw.angle / 90) * 90 % 360] += len(raw.text)
    best = votes.most_common(1)[0][0] if votes else 0
    return best if best in (90, 180, 270) else 0  # type: ignore[return-value]


def _seen(raw: Raw, width: float, height: float, fills: list[Rect], images: list[Rect]) -> bool:
    box = raw.box
    on_page = box.x1 > 1 and box.bottom > 1 and box.x0 < width - 1 and box.top < height - 1
    if not (on_page and MIN_SIZE <= raw.size <= MAX_SIDE):  # so that what is no number is dropped too
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


class _TextPage:
    """pdfium's text of one page, by character index: addresses for pointers and reused out-parameters.

    A C call a value is what reading a page costs; pypdfium2's own functions take twice as long, since they make a
    pointer object of every argument.
    """

    def __init__(self, raw: Any) -> None:
        self.handle: int = ctypes.cast(raw, ctypes.c_void_p).value or 0
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._to_x, self._to_y = ctypes.addressof(self._x), ctypes.addressof(self._y)
        self._rect, self._matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
        self._to_rect, self._to_matrix = ctypes.addressof(self._rect), ctypes.addressof(self._matrix)
        self._rgba = (ctypes.c_uint * 4)()
        self._to_rgba = [ctypes.addressof(self._rgba) + i * ctypes.sizeof(ctypes.c_uint) for i in range(4)]
        self._fonts: dict[int, Font] = {}
        self._api = _api()
        self.text = self._text(raw)

    def _text(self, raw: Any) -> str:
        """One character for each of pdfium's, so that indices agree."""
        count = min(max(pdfium.FPDFText_CountChars(raw), 0), MAX_CHARS)
        buffer = (ctypes.c_ushort * (count + 1))()
        written = pdfium.FPDFText_GetText(raw, 0, count, buffer)
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
        if written != count + 1 or len(text) != count:
            text = "".join(
                chr(c) if (c := pdfium.FPDFText_GetUnicode(raw, i)) < 0x110000 else "\ufffd" for i in range(count)
            )
        return text

    def owner(self, i: int) -> int | None:
        """The address of the object that painted a character; None for one that pdfium made up."""
        found: int | None = self._api.owner(self.handle, i)
        return found

    def made_up(self, i: int) -> bool:
        return bool(self._api.generated(self.handle, i) == 1)

    def unmapped(self, i: int) -> bool:
        return bool(self._api.unmapped(self.handle, i) == 1)

    def matrix(self, i: int) -> tuple[float, float, float, float]:
        self._api.matrix(self.handle, i, self._to_matrix)
        m = self._matrix
        return m.a, m.b, m.c, m.d

    def size(self, i: int) -> float:
        size: float = self._api.size(self.handle, i)
        return size

    def origin(self, i: int) -> tuple[float, float]:
        self._api.origin(self.handle, i, self._to_x, self._to_y)
        return self._x.value, self._y.value

    def loose(self, i: int) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of a character's box in user space."""
        self._api.loose(self.handle, i, self._to_rect)
        r = self._rect
        return r.left, r.bottom, r.right, r.top

    def fill(self, i: int) -> tuple[int, bool]:
        """The colour 0xRRGGBB of a character, and whether it is seen through entirely."""
        self._api.fill(self.handle, i, *self._to_rgba)
        red, green, blue, alpha = self._rgba
        return red << 16 | green << 8 | blue, not alpha

    def mode(self, obj: int) -> int:
        mode: int = self._api.mode(obj)
        return mode

    def mark(self, obj: int) -> int:
        """The marked-content id of an object, -1 for none."""
        mark: int = self._api.mark(obj)
        return mark

    def font(self, obj: int) -> Font:
        address = self._api.font(obj) or 0
        font = self._fonts.get(address)
        if font is None:
            font = self._fonts[address] = _describe_font(ctypes.cast(address, pdfium.FPDF_FONT))
        return font


class _Api(NamedTuple):
    """pdfium's functions with plain addresses."""

    owner: Any
    generated: Any
    unmapped: Any
    matrix: Any
    size: Any
    origin: Any
    loose: Any
    fill: Any
    mode: Any
    mark: Any
    font: Any


@cache
def _api() -> _Api:
    void, integer = ctypes.c_void_p, ctypes.c_int

    def plain(function: Any, result: Any, *arguments: Any) -> Any:
        return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(function, void).value or 0)

    return _Api(
        owner=plain(pdfium.FPDFText_GetTextObject, void, void, integer),
        generated=plain(pdfium.FPDFText_IsGenerated, integer, void, integer),
        unmapped=plain(pdfium.FPDFText_HasUnicodeMapError, integer, void, integer),
        matrix=plain(pdfium.FPDFText_GetMatrix, integer, void, integer, void),
        size=plain(pdfium.FPDFText_GetFontSize, ctypes.c_double, void, integer),
        origin=plain(pdfium.FPDFText_GetCharOrigin, integer, void, integer, void, void),
        loose=plain(pdfium.FPDFText_GetLooseCharBox, integer, void, integer, void),
        fill=plain(pdfium.FPDFText_GetFillColor, integer, void, integer, void, void, void, void),
        mode=plain(pdfium.FPDFTextObj_GetTextRenderMode, integer, void),
        mark=plain(pdfium.FPDFPageObj_GetMarkedContentID, integer, void),
        font=plain(pdfium.FPDFTextObj_GetFont, void, void),
    )


def _raw_runs(raw_text_page: Any, view: _View, headings: dict[int, Heading]) -> tuple[list[Raw], int]:
    page = _TextPage(raw_text_page)
    raws: list[Raw] = []
    for start, end, obj in _objects(page):
        own = _raws_of_object(page, start, end, obj, view, headings)
        if not own and raws and not page.made_up(start):
            raws[-1] = raws[-1]._replace(text=raws[-1].text.rstrip(" ") + " ")  # an object that only paints a space
        raws += own
    step = max(1, len(page.text) // 200)  # a sample: each call costs a microsecond
    return with_lone_characters(raws), round(sum(map(page.unmapped, range(0, len(page.text), step))) * step)


def _objects(page: _TextPage) -> Iterator[tuple[int, int, int]]:
    """Start, end and address of each text object's stretch of characters.

    The characters of an object stand together, so its end is found by doubling steps; characters that
    pdfium made up (spaces, line ends) belong to no object and count to the one before.
    """
    text, get, handle = page.text, _api().owner, page.handle
    count = len(text)

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


_BLANK = " \r\n\t\u00a0\u3000"
_SPACES = re.compile(r"[ \u00a0\t\r\n]+")
_WIDE = re.compile("[\u2e80-\U0010ffff]")


def _raws_of_object(
    page: _TextPage, start: int, end: int, obj: int, view: _View, headings: dict[int, Heading]
) -> list[Raw]:
    text = page.text
    body = text[start:end]
    stripped = body.rstrip(_BLANK)
    end = start + len(stripped)
    # A space at the end of an object parts it from the next word, however tight the type is set.
    spaced = " " if end < start + len(body) and not page.made_up(end) else ""
    start = end - len(stripped.lstrip(_BLANK))
    if start >= end:
        return []
    a, b, c, d = page.matrix(start)
    size = page.size(start) * math.hypot(c, d)
    angle = (view.rotation - math.degrees(math.atan2(b, a))) % 360
    if size < 0:  # upside down by its size, mostly to make up for a matrix that is
        size, angle = -size, (angle + 180) % 360
    mode = page.mode(obj)
    font = page.font(obj)
    if mode == pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE and not font.bold:
        font = font._replace(bold=True)
    color, clear = page.fill(start)
    hidden = clear or mode in (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
    heading = headings.get(page.mark(obj)) if headings else None
    raws = []
    for first, last in _cut_at_gaps(page, start, end, size):
        origin = view.point(*page.origin(first))
        box = view.rect(*page.loose(first))
        down = False
        if last - 1 > first:
            x0, top, x1, bottom, _ = view.rect(*page.loose(last - 1))
            down = not angle and top - box.top > 0.5 * size and ord(text[first]) > 0x2E7F
            box = Rect(min(box.x0, x0), min(box.top, top), max(box.x1, x1), max(box.bottom, bottom))
        if down:
            raws.append(standing(Raw(text[first:last], origin, box, size, 0.0, font, color, hidden, heading)))
            continue
        if not angle:
            made_up = text[last : last + 1] == " " and page.made_up(last)
            end_x = _end(page, last, box.x1, view, math.hypot(a, b)) if made_up else box.x1
            box = Rect(origin[0], box.top, end_x, box.bottom)
        part = text[first:last] + (spaced if last == end else "")
        raws.append(Raw(part, origin, box, size, angle, font, color, hidden, heading))
    return raws


def _end(page: _TextPage, i: int, x1: float, view: _View, scale: float) -> float:
    """Where the run leads to whose end `i` is a space that pdfium made up: that stands at the end of the last advance.

    pdfium's box of a character holds all its ink: an italic f leans over the space behind it, and hides it. The made-up
    space stands where the advance ends as long as the text matrix doesn't scale; here it is scaled.
    """
    last, _ = view.point(*page.origin(i - 1))
    end, _ = view.point(*page.origin(i))
    end = last + (end - last) * scale
    return end if last < end < x1 else x1


def _cut_at_gaps(page: _TextPage, start: int, end: int, size: float) -> list[tuple[int, int]]:
    """Pieces of a run between wide gaps: the cells of a table row may be painted by one operator."""
    text = page.text
    spaces = list(_SPACES.finditer(text, start, end))
    pieces = []
    while spaces and (any(s.end() - s.start() > 1 for s in spaces) or _stretched(page, start, end, size)):
        for i, space in enumerate(spaces):
            left, right = page.origin(space.start() - 1), page.origin(space.end())
            before = 1.0 if ord(text[space.start() - 1]) > 0x2E7F else 0.5
            if math.dist(left, right) > (WIDE_GAP + before) * size:
                pieces.append((start, space.start()))
                start, spaces = space.end(), spaces[i + 1 :]
                break
        else:
            break
    return [*pieces, (start, end)]


def _stretched(page: _TextPage, start: int, end: int, size: float) -> bool:
    """Whether a run is wider than its characters: then it hides a gap somewhere."""
    text = page.text[start:end]
    wide = 0 if text.isascii() else len(_WIDE.findall(text))
    natural = size * (wide + 0.52 * (end - start - wide))  # 0.52 em: the mean of Latin text
    return math.dist(page.origin(start), page.origin(end - 1)) > 1.2 * natural + 0.5 * size


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
            yield from straight(previous, point)
        if opened and pdfium.FPDFPathSegment_GetClose(segment):
            yield from straight(point, opened)
        previous = point


def straight(a: tuple[float, float], b: tuple[float, float]) -> Iterator[Rect]:
    width, height = abs(a[0] - b[0]), abs(a[1] - b[1])
    if min(width, height) <= 1 and max(width, height) >= MIN_RULE:
        yield Rect(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
