"""Which text does a picture of a page show? Recognised lines as runs, as if the page had a text layer.

    page ─render─▶ picture ─RapidOCR─▶ boxes with text ─level─▶ ink ─▶ runs and rules

The recogniser (PP-OCR by RapidOCR on onnxruntime) brings its models in its package; nothing is downloaded. It
gives boxes, not type: size, baseline and weight are measured on the ink inside each box, and sizes that differ by
less than the error of measurement are made one, because the layout compares them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import PdfDocument

from policytext.read.lines import CJK, Style, is_cjk, mostly_han
from policytext.read.runs import RULE_THICKNESS, Font, PageContent, Rect, Run, Turn

DPI = 200
"""Dots an inch of the picture: the recogniser scales each line to 48 dots, and type of 8 points has 22 here."""

MAX_SIDE = 4000
"""Dots of a picture's longer side: a poster is rendered more coarsely, and takes 16 MB at most."""

FIND_SIDE = 1280
"""Dots to which the picture is reduced to find its lines (not to read them): 1 s a page against 5 s in full size,
and the lines found on the pages tried were the same."""

SURE = 0.8
"""Mean confidence under which a page may stand on its head."""

LEVEL = 0.15
"""Degrees of skew that shift the end of a line by less than a tenth of its height."""

ALIKE = 0.08
"""Share by which measured sizes of one type differ."""

BOLD = 1.35
"""Ink of a bold line over the median of the document's Latin lines; 1.6 to 1.7 where it was seen."""

MIN_STROKE = 24.0
"""Points: a shorter stroke is a character (一) or a dash."""

Picture = NDArray[np.uint8]


class _Seen(NamedTuple):
    """A recognised line on the upright page, in points; `ink` the blackened share of its characters' em squares."""

    text: str
    score: float
    x0: float
    x1: float
    y: float
    size: float
    ink: float


class _Found(NamedTuple):
    """What the recogniser found: corners (n, 4, 2) in dots, clockwise from the top left, texts and scores."""

    corners: NDArray[np.float64]
    texts: Sequence[str]
    scores: Sequence[float]

    @property
    def weight(self) -> float:
        """Confidence times characters: the best of several ways to turn a page has the largest."""
        return sum(score * len(text) for score, text in zip(self.scores, self.texts, strict=True))

    @property
    def lying(self) -> bool:
        """Whether most of its lines run up or down the page."""
        width, height = np.ptp(self.corners, axis=1).T
        return bool(np.sum(height > 1.5 * width) > len(self.texts) / 2)


def recognised(data: bytes, pages: Sequence[PageContent], body: Style | None) -> list[tuple[PageContent, float | None]]:
    """Each page with the runs and rules that its picture shows, and the mean confidence weighted by characters.

    The confidence, 0 to 1, is None where nothing was recognised. `body` is the style of the document's other text,
    None when there is none. Raises `ImportError` where the extra `ocr` is not installed. A skewed page is read as if
    it were level: at 2 degrees its boxes are off by 10 points at the page's edge.
    """
    engine = _engine()
    document = PdfDocument(data)
    try:
        seen = [_see(engine, document, page) for page in pages]
    finally:
        document.close()
    lines = _sized([line for _, own in seen for line in own], body)
    latin = [line.ink for line in lines if not mostly_han(line.text)]
    usual = float(np.median(latin)) if latin else 0.0
    out: list[tuple[PageContent, float | None]] = []
    for page, own in seen:
        mine, lines = lines[: len(own)], lines[len(own) :]
        characters = sum(len(line.text) for line in mine)
        confidence = sum(line.score * len(line.text) for line in mine) / characters if characters else None
        out.append((replace(page, runs=tuple(_run(line, usual, body) for line in mine)), confidence))
    return out


@cache
def _engine() -> Any:
    """The recogniser, loaded once a process (1 s), on one thread: the files of a batch share the cores."""
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": MAX_SIDE,
            "Global.use_cls": False,  # which asks of each line whether it is upside down; we ask it of the page
            "Det.limit_type": "max",
            "Det.limit_side_len": FIND_SIDE,
            "Rec.rec_batch_num": 1,  # a batch is padded to its longest line: a quarter slower
            **threads,
        }
    )


# ---------------------------------------------------------------- one page


def _see(engine: Any, document: PdfDocument, page: PageContent) -> tuple[PageContent, list[_Seen]]:
    """The page with its rules and turn as the picture shows them, and its lines; what was painted on it is dropped."""
    if not page.width:  # pdfium couldn't load it
        return page, []
    picture, scale = _render(document, page)
    turn, found = _upright(engine, picture)
    picture = np.rot90(picture, turn // 90)
    width, height = (page.height, page.width) if turn in (90, 270) else (page.width, page.height)
    picture, found = _level(picture, found)
    whole = cast(Turn, (page.turn + turn) % 360)
    picture, rules = _without_rules(picture, scale)
    page = PageContent(page.number, width, height, rules=rules, turn=whole)
    return page, [line for i in range(len(found.texts)) if (line := _line(picture, scale, found, i)) is not None]


def _render(document: PdfDocument, page: PageContent) -> tuple[Picture, float]:
    """The page in grey, turned as its content is, and the dots a point."""
    scale = min(DPI / 72, MAX_SIDE / max(page.width, page.height))
    shown = document[page.number - 1]
    try:
        bitmap = shown.render(scale=scale, grayscale=True)
        picture = np.array(bitmap.to_numpy().squeeze())
        bitmap.close()
    finally:
        shown.close()
    return np.rot90(picture, page.turn // 90), scale


def _look(engine: Any, picture: Picture) -> _Found:
    out = engine(np.ascontiguousarray(np.repeat(picture[:, :, None], 3, axis=2)))
    if out.boxes is None or not out.txts:
        return _Found(np.zeros((0, 4, 2)), (), ())
    return _Found(np.asarray(out.boxes, dtype=float), out.txts, out.scores)


def _upright(engine: Any, picture: Picture) -> tuple[int, _Found]:
    """By how many degrees the picture must be turned for its text to stand upright, and what is read then."""
    found = {0: _look(engine, picture)}
    characters = sum(len(text) for text in found[0].texts)
    if found[0].lying:
        # The recogniser reads lines that run down the page too, so these count only where no turn is as good: it is
        # then Chinese set in columns.
        found |= {turn: _look(engine, np.rot90(picture, turn // 90)) for turn in (90, 270)}
        best = max((90, 270), key=lambda turn: found[turn].weight)
        return (best, found[best]) if found[best].weight > 0.9 * found[0].weight else (0, found[0])
    if found[0].weight < SURE * max(characters, 1):
        found[180] = _look(engine, np.rot90(picture, 2))
    turn = max(found, key=lambda t: found[t].weight)
    return turn, found[turn]


def _level(picture: Picture, found: _Found) -> tuple[Picture, _Found]:
    """The picture and its boxes turned by the few degrees that a sheet lay askew on the scanner."""
    left, right = found.corners[:, 3], found.corners[:, 2]
    along = right - left
    long = along[along[:, 0] > 0.2 * picture.shape[1]] if len(along) else along
    if len(long) < 3:
        return picture, found
    angle = math.degrees(float(np.median(np.arctan2(long[:, 1], long[:, 0]))))
    if abs(angle) < LEVEL:
        return picture, found
    import cv2

    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    level = cv2.warpAffine(np.ascontiguousarray(picture), matrix, (width, height), borderValue=255.0)
    return cast(Picture, level), found._replace(corners=found.corners @ matrix[:, :2].T + matrix[:, 2])


def _without_rules(picture: Picture, scale: float) -> tuple[Picture, tuple[Rect, ...]]:
    """The picture without its thin straight strokes, and these: what is left when all that is shorter is taken off."""
    import cv2

    dark = np.ascontiguousarray(picture < 140, dtype=np.uint8)
    rules = []
    picture = picture.copy()
    for across in (True, False):
        length = round(MIN_STROKE * scale)
        strokes = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, length) if across else (length, 1), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(strokes)
        for i, (x, y, width, height, _) in enumerate(stats.tolist()):
            if i and (height if across else width) <= RULE_THICKNESS * scale:  # 0 is the background
                rules.append(Rect(x / scale, y / scale, (x + width) / scale, (y + height) / scale))
                picture[max(y - 1, 0) : y + height + 1, max(x - 1, 0) : x + width + 1] = 255
    return picture, tuple(rules)


# ---------------------------------------------------------------- one line


def _line(picture: Picture, scale: float, found: _Found, i: int) -> _Seen | None:
    """A recognised line with what its ink measures; None where there is no text or no ink."""
    text = clean(found.texts[i])
    (x0, y0), (x1, y1) = found.corners[i].min(axis=0), found.corners[i].max(axis=0)
    x0, y0 = max(math.floor(x0), 0), max(math.floor(y0), 0)
    crop = picture[y0 : math.ceil(y1), x0 : math.ceil(x1)]
    if not text or not crop.size:
        return None
    black, white = np.percentile(crop, (2, 95))
    dark = crop < (float(black) + float(white)) / 2
    if dark.mean() > 0.5:  # white on a banner
        dark = ~dark
    rows, columns = _band(dark.sum(axis=1) > 1), np.flatnonzero(dark.any(axis=0))
    if not rows or not len(columns):
        return None
    top, bottom = (y0 + rows[0]) / scale, (y0 + rows[1]) / scale
    left, right = (x0 + int(columns[0])) / scale, (x0 + int(columns[-1]) + 1) / scale
    size, y = _type(text, right - left, top, bottom)
    before, after = _blank(text)
    left, right = left - before * size, right + after * size
    ink = float(dark.sum()) / scale**2 / (size**2 * max(_ems(text), 0.5))
    return _Seen(text, found.scores[i], left, right, y, size, ink)


def _band(inked: NDArray[np.bool_]) -> tuple[int, int] | None:
    """First and last (exclusive) of the rows that a line's ink fills, without its neighbours'.

    A band of rows at the edge of the box belongs to another line, unless it is the highest.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inked.astype(np.int8), [0]))))
    bands = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    if not bands:
        return None
    highest = max(bands, key=lambda band: band[1] - band[0])
    own = [band for band in bands if band == highest or (band[0] > 0 and band[1] < len(inked))]
    return own[0][0], own[-1][1]


def _ems(text: str) -> float:
    """The width of a text in ems: Chinese characters are square, others as in the mean of common fonts."""
    return sum(1.0 if is_cjk(c) else 0.68 if c.isupper() else 0.5 if c.isalnum() else 0.28 for c in text)


def _blank(text: str) -> tuple[float, float]:
    """Ems without ink before and after a text: Chinese punctuation fills half of its square."""
    return 0.55 * (text[0] in "（《“‘【〔"), 0.55 * (text[-1] in "，。、；：！？）》”’】〕")


def _type(text: str, width: float, top: float, bottom: float) -> tuple[float, float]:
    """Size and baseline of a line by its ink, in points.

    Chinese characters fill their squares, so a line's length tells their size, unless it is set apart (目　录): then
    its height does. Latin letters reach from the baseline 0.5 em up, 0.72 with capitals or ascenders, and 0.21 down.
    """
    if 8 * sum(map(is_cjk, text)) >= len(text):
        outer = 0.55 * (
            (text[0] in "（《“‘【〔") + (text[-1] in "，。、；：！？）》”’】〕")
        )  # blank half of its square
        size = width / max(_ems(text) - 0.1 - outer, 0.5)
        if bottom - top > 0.5 * size:  # not 一 or ……
            size = min(size, (bottom - top) / 0.85)
        return size, (top + bottom) / 2 + 0.36 * size
    above = 0.72 if re.search(r"[A-Z0-9bdfhklt!?&%/()“”‘’\"]", text) else 0.5
    below = 0.21 if re.search(r"[gjpqy,;()/\[\]Q]", text) else 0.0
    size = (bottom - top) / (above + below)
    return size, bottom - below * size


_TO_FULL = str.maketrans(",:;!?", "，：；！？")
_TO_HALF = {0xFEE0 + n: n for n in range(0x21, 0x7F)} | {0x3002: "."}
_BESIDE = r"[\u3400-\u9fff《》“”，、。；：（）]"


def clean(text: str) -> str:
    """Recognised text as people type it: the recogniser mixes half and full width, and makes up or forgets spaces.

    >>> clean("(一)成因:标准 不一,企业就低执行"), clean("设立CIA(Office)，（见图2)。")
    ('（一）成因：标准不一，企业就低执行', '设立CIA(Office)，（见图2）。')
    """
    text = re.sub("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]", lambda m: m[0].translate(_TO_HALF), text.strip())
    if not re.search(r"[\u3400-\u9fff]", text):
        text = text.translate(_TO_HALF)
        return re.sub(r"(?<=[A-Za-z][,;:])(?=[A-Za-z])", " ", text)
    text = re.sub(rf"(?<=[{CJK}“”]) +| +(?=[{CJK}“”])", "", text)
    text = re.sub(rf"[（(]([^（）()]*{_BESIDE}[^（）()]*)[)）]|（([^（）()]*)\)", lambda m: f"（{m[1] or m[2]}）", text)
    text = re.sub(rf"\((?={_BESIDE})|(?<={_BESIDE})\)", lambda m: "（" if m[0] == "(" else "）", text)
    return re.sub(rf"(?<={_BESIDE})[,:;!?]|[,:;!?](?={_BESIDE})", lambda m: m[0].translate(_TO_FULL), text)


# ---------------------------------------------------------------- the document's type


def _sized(lines: Sequence[_Seen], body: Style | None) -> list[_Seen]:
    """The lines with one type's sizes made equal: that of the document's other text, then the commonest first.

    A line of few characters is measured less well, so it may differ by half a character more.
    """
    long = [line for line in lines if len(line.text) >= 8] or lines
    sizes = np.array([line.size for line in long])
    weights = np.array([len(line.text) for line in long], dtype=float)
    kinds = [body.size] if body else []
    weights[[any(abs(s / k - 1) <= ALIKE for k in kinds) for s in sizes]] = 0
    while weights.any():
        near = np.abs(sizes[:, None] / sizes[None, :] - 1) <= ALIKE  # (n, n)
        heart = int(np.argmax(weights @ near))
        own = near[:, heart] & (weights > 0)
        kinds.append(round(2 * float(np.average(sizes[own], weights=weights[own]))) / 2)
        weights[near[:, heart]] = 0
    out = []
    for line in lines:
        room = ALIKE + 0.5 / len(line.text)
        near = [kind for kind in kinds if abs(line.size / kind - 1) <= ALIKE][:1]
        near = near or sorted(kinds, key=lambda kind: abs(math.log(line.size / kind)))[:1]
        out.append(line._replace(size=near[0] if near and abs(line.size / near[0] - 1) <= room else line.size))
    return out


def _run(line: _Seen, usual: float, body: Style | None) -> Run:
    """A line as a run; only Latin letters tell bold type: Chinese characters differ more in ink than their weights."""
    bold = not mostly_han(line.text) and line.ink > BOLD * usual
    font = Font(body.font if body else "", bold, italic=False)
    return Run(line.text, line.x0, line.x1, line.y, line.size, font, body.color if body else 0)
