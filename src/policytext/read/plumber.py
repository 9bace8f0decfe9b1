"""What does a page show, by pdfplumber? Its characters, lines, rectangles and pictures as the runs that pdfium gives.

The second engine: ten times slower, and a check on the first. What pdfplumber doesn't tell stays unknown: whether
text is painted invisibly, which strokes are one path, and which colour space a drawing's colour is of.
"""

from __future__ import annotations

import io
import itertools
import logging
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pdfplumber
import pypdfium2

from policytext.read.lines import SPACE_CJK, is_cjk
from policytext.read.runs import (
    MAX_CHARS,
    MAX_DRAWN,
    MAX_SEGMENTS,
    MIN_RULE,
    RULE_THICKNESS,
    WIDE_GAP,
    Font,
    PageContent,
    Raw,
    Rect,
    assemble,
    font_named,
    luminance,
    standing,
    straight,
)
from policytext.read.structure import Heading, tagged_headings

APART = 0.1
"""Ems between characters that part two runs: a word space that was made by moving on."""

BACK = 0.4
"""Ems by which a character may stand before the end of the one painted last: kerning, and Chinese punctuation."""

logging.getLogger("pdfminer").addHandler(logging.NullHandler())  # its complaints of odd files are no message of ours


class Unopened(Exception):  # noqa: N818 - what happened, not an error of ours
    """pdfplumber can't open a file, or finds no pages in it."""


class _Char(NamedTuple):
    """A character on the page as shown: origin, end, type size, angle in degrees clockwise."""

    text: str
    x: float
    y: float
    box: Rect
    size: float
    angle: float
    font: Font
    color: int
    down: bool
    heading: Heading | None

    @property
    def ahead(self) -> float:
        """Points by which it leads on to the next."""
        angle = math.radians(self.angle + (90 if self.down else 0))
        return abs(math.cos(angle)) * self.box.width + abs(math.sin(angle)) * self.box.height


class _Shown(NamedTuple):
    """The page as shown; `x` and `y` are where its top left corner lies in pdfminer's coordinates of the media box.

    `left` and `top` are the same corner in pdfplumber's, which keeps the media box's own offset.
    """

    width: float
    height: float
    x: float
    y: float
    left: float
    top: float

    def rect(self, item: dict[str, Any]) -> Rect:
        return Rect(item["x0"] - self.left, item["top"] - self.top, item["x1"] - self.left, item["bottom"] - self.top)


def plumber_contents(data: bytes) -> Iterator[PageContent | None]:
    """What each page shows, in page order; None for one that can't be read.

    Raises `Unopened` where pdfplumber can't open the file. Each page is closed before the next.
    """
    tags = _tags(data)
    try:
        pdf = pdfplumber.open(io.BytesIO(data))
        pages = pdf.pages
    except Exception as error:  # pdfminer has no family of errors: KeyError, TypeError, struct.error, RecursionError
        raise Unopened from error
    with pdf:
        for number, page in enumerate(pages, 1):
            try:
                content = plumber_content(page, number, tags.get(number, {}))
            except Exception:
                content = None
            finally:
                page.close()
            yield content


def _tags(data: bytes) -> dict[int, dict[int, Heading]]:
    """The tagged headings of each page, which pdfium resolves for both engines."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return {}
    tags = {}
    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            continue
        tags[index + 1] = tagged_headings(page)
        page.close()
    document.close()
    return tags


def plumber_content(page: Any, number: int, headings: Mapping[int, Heading]) -> PageContent:
    """What the page shows, by pdfplumber; `page` is an open `pdfplumber.page.Page` and stays open.

    `headings` are those that the file's tags name, by their marks.
    """
    shown = _shown(page)
    objects = list(page.iter_layout_objects(list(page.layout)))  # in the order in which they were painted
    chars = [o for o in objects if o["object_type"] == "char"][:MAX_CHARS]
    fonts = _fonts(page)
    rise = _baselines(chars)
    marks = [_char(c, shown, fonts, rise, headings) for c in chars]
    drawn = _drawn([o for o in objects if o["object_type"] != "char"], shown)
    unmapped = sum(c.text == "\ufffd" for c in marks)
    return assemble(number, shown.width, shown.height, list(_raws(marks)), drawn, unmapped)


def _shown(page: Any) -> _Shown:
    left, bottom, right, top = _ordered(page.page_obj.mediabox)
    crop = _ordered(page.page_obj.cropbox)
    x0, y0, x1, y1 = max(left, crop[0]), max(bottom, crop[1]), min(right, crop[2]), min(top, crop[3])
    if x0 >= x1 or y0 >= y1:
        x0, y0, x1, y1 = left, bottom, right, top
    width, height = x1 - x0, y1 - y0
    turn = page.rotation % 360
    if turn in (90, 270):
        width, height = height, width
    dx = {90: y0 - bottom, 180: right - x1, 270: top - y1}.get(turn, x0 - left)
    dy = {90: x0 - left, 180: y0 - bottom, 270: right - x1}.get(turn, top - y1)
    return _Shown(width, height, dx, page.height - dy, page.mediabox[0] + dx, page.mediabox[1] + dy)


def _ordered(box: Sequence[float]) -> tuple[float, float, float, float]:
    return min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])


# ---------------------------------------------------------------- text


def _baselines(chars: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Ems from the bottom of a font's characters up to their baseline: where most of them stand.

    Only so is raised text known: pdfminer lifts its box and not its origin.
    """
    votes: dict[str, Counter[float]] = {}
    for char in chars:
        if char["upright"] and char["size"] > 0 and char["adv"] >= 0:
            em = round((char["matrix"][5] - char["y0"]) / char["size"], 2)
            votes.setdefault(char["fontname"], Counter())[em] += 1
    return {name: count.most_common(1)[0][0] for name, count in votes.items()}


def _char(
    char: dict[str, Any],
    shown: _Shown,
    fonts: dict[str, Font],
    baselines: dict[str, float],
    headings: Mapping[int, Heading],
) -> _Char:
    a, b, c, d, e, f = char["matrix"]
    width, height, adv = char["x1"] - char["x0"], char["y1"] - char["y0"], abs(char["adv"])
    down = char["adv"] < 0  # set in columns: the advance leads down
    if down:
        width, height, a, b, c, d = height, width, c, d, a, b
    # The box is the character's, `adv` wide and as high as its type, turned by the matrix.
    em = (height - abs(b) * adv) / abs(d) if abs(d) >= abs(c) else (width - abs(a) * adv) / max(abs(c), 1e-9)
    size = em * math.hypot(c, d)
    a, b, c, d, _, _ = char["matrix"]
    x, y = e - shown.x, shown.y - f
    if char["upright"] and size > 0 and not down:
        raised = char["y0"] + baselines.get(char["fontname"], 0.0) * size - f
        y -= raised if abs(raised) > 0.05 * size else 0.0
    name = char["fontname"]
    text = "\ufffd" if re.fullmatch(r"\(cid:\d+\)", char["text"]) else char["text"]
    return _Char(
        text,
        x,
        y,
        shown.rect(char),
        size,
        -math.degrees(math.atan2(b, a)) % 360,
        fonts.get(name) or font_named(name),
        _color(char["non_stroking_color"], char.get("ncs", "")),
        down,
        headings.get(char.get("mcid", -1)),
    )


def _raws(chars: Sequence[_Char]) -> Iterator[Raw]:
    """Characters painted one after the other in one style, as runs; a space ends no run, a gap does."""
    run: list[_Char] = []
    text = ""
    for char in _once(chars):
        if char.text.isspace():
            if run and char.text == "\u3000":  # a blank of a full square: pdfium parts its text there
                yield _raw(run, text)
                run, text = [], ""
            elif run:
                text += " "
            continue
        if run and not _follows(run[-1], char, spaced=text[-1] == " "):
            yield _raw(run, text)
            run, text = [], ""
        run.append(char)
        text += char.text
    if run:
        yield _raw(run, text)


def _once(chars: Sequence[_Char]) -> Iterator[_Char]:
    """The characters without those painted twice in a row to look bold."""
    last: _Char | None = None
    for char in chars:
        if last and char.text == last.text and math.dist((char.x, char.y), (last.x, last.y)) < 0.4 * last.ahead:
            last = last._replace(font=last.font._replace(bold=True))
            continue
        if last:
            yield last
        last = char
    if last:
        yield last


def _follows(last: _Char, char: _Char, *, spaced: bool) -> bool:
    alike = (
        last.heading == char.heading
        and last.font == char.font
        and last.color == char.color
        and abs(last.size - char.size) < 0.01 * char.size
    )
    if not alike or abs(last.angle - char.angle) > 0.5 or last.down != char.down:
        return False
    angle = math.radians(char.angle + (90 if char.down else 0))
    dx, dy = char.x - last.x, char.y - last.y
    along, across = dx * math.cos(angle) + dy * math.sin(angle), dy * math.cos(angle) - dx * math.sin(angle)
    gap = along - last.ahead
    reach = APART
    if spaced:  # beside Chinese a space counts where the page shows it, so the lines must see the gap
        reach = SPACE_CJK if is_cjk(last.text[-1]) or is_cjk(char.text[0]) else WIDE_GAP
    return abs(across) <= 0.02 * char.size and -BACK * char.size <= gap <= reach * char.size


def _raw(run: Sequence[_Char], text: str) -> Raw:
    first = run[0]
    box = Rect(
        min(c.box.x0 for c in run),
        min(c.box.top for c in run),
        max(c.box.x1 for c in run),
        max(c.box.bottom for c in run),
    )
    raw = Raw(
        text,
        (first.x, first.y),
        box,
        first.size,
        first.angle,
        first.font,
        first.color,
        hidden=False,
        heading=first.heading,
    )
    return standing(raw) if first.down and not first.angle else raw


def _color(value: Any, space: Any = "") -> int:
    """A colour of any space as 0xRRGGBB; black where it is a pattern or nothing that is known."""
    if isinstance(value, (int, float)):
        value = (value,)
    if not isinstance(value, (tuple, list)) or not all(isinstance(v, (int, float)) for v in value):
        return 0
    parts = [min(max(float(v), 0.0), 1.0) for v in value]
    if len(parts) == 1:
        level = 1 - parts[0] if str(space) in ("Separation", "DeviceN") else parts[0]
        parts = [level] * 3
    elif len(parts) == 4:
        parts = [(1 - p) * (1 - parts[3]) for p in parts[:3]]
    elif len(parts) != 3:
        return 0
    red, green, blue = (round(255 * p) for p in parts)
    return red << 16 | green << 8 | blue


# ---------------------------------------------------------------- fonts


def _fonts(page: Any) -> dict[str, Font]:
    """The fonts met so far by the name that pdfminer gives their characters, with what their descriptors say."""
    known: dict[str, Font] = {}
    for font in page.pdf.rsrcmgr._cached_fonts.values():
        stem = font.descriptor.get("StemV")
        weight = 0.0
        if isinstance(stem, (int, float)):
            weight = 5 * stem if stem < 140 else 4 * stem + 140  # as pdfium reads it
        flags = font.flags if isinstance(font.flags, int) else 0
        slanted = bool(font.italic_angle) if isinstance(font.italic_angle, (int, float)) else False
        name = font.fontname if isinstance(font.fontname, str) else str(font.fontname)
        base = getattr(font, "basefont", name)
        described = font_named(
            base if isinstance(base, str) else name, heavy=weight >= 700, forced=bool(flags & 1 << 18), slanted=slanted
        )
        known[name] = described
    return known


# ---------------------------------------------------------------- rules and drawings


def _drawn(objects: Sequence[dict[str, Any]], shown: _Shown) -> tuple[list[Rect], list[Rect], list[Rect]]:
    """Rules, other drawings and pictures of the page as shown."""
    rules: list[Rect] = []
    drawings: list[Rect] = []
    images: list[Rect] = []
    for o in objects[:MAX_DRAWN]:
        rect = shown.rect(o)
        if o["object_type"] == "image":
            images.append(rect)
            continue
        if o["object_type"] not in ("line", "rect", "curve"):
            continue
        fill, stroke = bool(o.get("fill")), bool(o.get("stroke"))
        if not fill and not stroke:
            continue
        color = _color(o.get("non_stroking_color")) if fill else -1
        half = max(o.get("linewidth") or 0.0, 1.0) / 2 if stroke else 0.0  # a hair line is drawn one point wide
        wide = Rect(rect.x0 - half, rect.top - half, rect.x1 + half, rect.bottom + half, color)
        if min(wide.width, wide.height) <= RULE_THICKNESS:
            pale = fill and not stroke and luminance(color) > 0.98
            if max(wide.width, wide.height) >= MIN_RULE and not pale:
                rules.append(wide._replace(color=-1))
            continue
        drawings.append(wide)
        if stroke:
            rules.extend(_strokes(o, shown))
    return rules, drawings, images


def _strokes(o: dict[str, Any], shown: _Shown) -> Iterator[Rect]:
    """The straight strokes of a path."""
    path = o.get("path") or []
    if not 2 <= len(path) <= MAX_SEGMENTS or any(step[0] in "cvy" for step in path):
        return
    points = [(x - shown.left, y - shown.top) for x, y in o["pts"]]
    for a, b in itertools.pairwise(points):
        yield from straight(a, b)
    if path[-1][0] == "h":
        yield from straight(points[-1], points[0])
