"""Where does a paragraph begin and end? Lines in reading order to paragraphs.

Inside a column the indent against the neighbours, the blank above and a line that was ended early decide; at
the end of a column or page the lack of an indent and of a full stop. A figure, a table or a note in between
ends nothing.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from policytext.read.columns import Item, Strip
from policytext.read.floats import Float
from policytext.read.lines import HYPHEN, Line, closes_up, is_cjk, mostly_han
from policytext.read.notes import Note

INDENT = 0.8
"""Ems by which a paragraph's first line is set in, at least."""

MAX_INDENT = 5.0
"""Ems: lines set in deeper are centred or set right."""

MAX_WRAP = 4.0
"""Ems between a figure and the text that flows round it, at most."""

UNLIKE_SIZE = 0.06
"""Share by which sizes of one paragraph's lines differ, at most."""

MIN_BLOCK = 20.0
"""Ems of a line in a block that is set in on both sides; shorter lines of one length are a list."""

LOOSE = 1.3
"""A blank between two lines over the usual pitch that parts paragraphs."""

BULLET = re.compile(r"[•●▪■◆◇○▸►➢✓❖\uf0b7‣⁃∙·]\s*|[-–—*]\s+(?=\S)")
_NUMBERED = re.compile(
    r"[（(](?:\d{1,2}|[一二三四五六七八九十]{1,3}|[a-zA-Z]|[ivx]{1,4})[）)]|\d{1,2}(?:\.\d{1,2}){0,3}[.．、)）]?(?=\s|[\u4e00-\u9fff])"
    r"|\d{1,2}[.．、)）]|[a-zA-Z][.)]\s|[一二三四五六七八九十]{1,3}[、．]|第[一二三四五六七八九十百\d]+[章节条]|[ivx]{1,4}[.)]\s"
)
_LABEL = re.compile(
    r"[\[［【]?\s*(?:摘\s*要|关\s*键\s*词|Abstract|Key\s?words|中图分类号|文献标识码|DOI)\s*[\]］】]?\s*[:：]",
    re.IGNORECASE,
)
TERMINAL = re.compile(r"[。！？!?.：:；;…][”’」』》）)\]】\"']*$")


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the text of a strip begins and ends across, in points."""

    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, with the index of the strip of each; `edge` is its first strip's."""

    lines: tuple[Line, ...]
    strips: tuple[int, ...]
    edge: Edge

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def last(self) -> Line:
        return self.lines[-1]


Element = Paragraph | Float | Note


@dataclass(frozen=True, slots=True)
class _Setting:
    """How the document sets its paragraphs: the pitch of lines by size, in points, and whether it indents them."""

    pitch: dict[float, float]
    indents: bool


def paragraphs_of(pages: Sequence[tuple[Sequence[Strip], Sequence[Note]]]) -> list[Element]:
    """Everything of the document in reading order; `pages` holds each page's columns and notes."""
    strips = [strip for page, _ in pages for strip in page]
    edges = _edges(strips)
    setting = _setting(strips, edges)
    elements: list[Element] = []
    flow = _Flow(setting, elements)
    n = 0
    for page_strips, notes in pages:
        for strip in page_strips:
            flow.read(strip, n, edges[n])
            n += 1
        flow.wait(notes)
    flow.close()
    return elements


# ---------------------------------------------------------------- edges and setting


def _edges(strips: Sequence[Strip]) -> list[Edge]:
    """The text edges of each strip: its own lines say where it begins, strips of the same place where it ends."""
    lefts = [_left(strip) for strip in strips]
    rights: dict[tuple[bool, int], float] = {}
    for strip, left in zip(strips, lefts, strict=True):
        body = [line.x1 for line in strip.lines]
        if body:
            key = (strip.alone, round(left / 4))
            rights[key] = max(rights.get(key, 0.0), _right(body))
    edges = []
    for strip, left in zip(strips, lefts, strict=True):
        near = [rights[key] for d in (-1, 0, 1) if (key := (strip.alone, round(left / 4) + d)) in rights]
        edges.append(Edge(left, max([*near, _right([line.x1 for line in strip.lines] or [strip.x1])])))
    return edges


def _left(strip: Strip) -> float:
    """The leftmost x at which several lines begin; hanging quotation marks stand further out."""
    starts = Counter(round(line.x0) for line in strip.lines)
    if not starts:
        return strip.x0
    needed = max(2, 0.12 * len(strip.lines))
    shared = [x for x in sorted(starts) if starts[x] + starts[x + 1] >= needed]
    return float(shared[0]) if shared else min(line.x0 for line in strip.lines)


def _right(ends: Sequence[float]) -> float:
    """The rightmost x at which two lines end, give or take 8 points; with fewer than four lines the rightmost."""
    ordered = sorted(ends)
    if len(ordered) < 4:
        return ordered[-1]
    for i in range(len(ordered) - 1, 0, -1):
        above = ordered[i + 1] - ordered[i] if i + 1 < len(ordered) else math.inf
        if min(above, ordered[i] - ordered[i - 1]) < 8:
            return ordered[i]
    return ordered[0]


def _setting(strips: Sequence[Strip], edges: Sequence[Edge]) -> _Setting:
    pitches: dict[float, list[float]] = defaultdict(list)
    indented = flush = 0
    for strip, edge in zip(strips, edges, strict=True):
        lines = strip.lines
        for a, b in itertools.pairwise(lines):
            if _same_size(a, b) and 0 < b.y - a.y < 2.6 * a.size:
                pitches[round(a.size)].append(b.y - a.y)
        for a, b, c in zip(lines, lines[1:], lines[2:], strict=False):
            if not (_same_size(a, b) and _same_size(b, c)):
                continue
            set_in = INDENT * b.size <= b.x0 - edge.left <= MAX_INDENT * b.size
            flush_after = c.x0 - edge.left < 0.5 * c.size
            indented += set_in and flush_after and a.x0 - edge.left < 0.5 * a.size
            flush += (
                b.x0 - edge.left < 0.5 * b.size and _ended_early(a, b, edge.right) and a.x0 - edge.left < 0.5 * a.size
            )
    return _Setting({size: median(ps) for size, ps in pitches.items() if len(ps) >= 2}, indented > 0.6 * flush)


# ---------------------------------------------------------------- the flow


class _Flow:
    """The paragraph that is open while strips go by, and what waits until it ends."""

    def __init__(self, setting: _Setting, out: list[Element]) -> None:
        self._setting = setting
        self._out = out
        self._lines: list[Line] = []
        self._strips: list[int] = []
        self._edge = Edge(0, 0)
        self._last_edge = Edge(0, 0)
        self._waiting: list[Float | Note] = []

    def read(self, strip: Strip, n: int, edge: Edge) -> None:
        lines = strip.lines
        following = {id(a): b for a, b in itertools.pairwise(lines)}
        narrowed = _narrowed(strip)
        previous: Item | None = None
        for item in strip.items:
            if isinstance(item, Float):
                self._waiting.append(item)
                previous = item
                continue
            room = _room(item, narrowed, edge)
            if not self._lines or self._parts(item, n, room, following.get(id(item)), isinstance(previous, Float)):
                self.close()
                self._edge = edge
            self._lines.append(item)
            self._strips.append(n)
            self._last_edge = room
            previous = item

    def wait(self, notes: Iterable[Note]) -> None:
        self._waiting.extend(notes)

    def close(self) -> None:
        if self._lines:
            self._out.append(Paragraph(tuple(self._lines), tuple(self._strips), self._edge))
        self._lines, self._strips = [], []
        self._out.extend(self._waiting)
        self._waiting = []

    def _parts(self, line: Line, n: int, edge: Edge, after: Line | None, over_float: bool) -> bool:
        last = self._lines[-1]
        if line.heading is not None and line.heading == last.heading and line.page == last.page:
            return False  # the file's tags make one heading of them
        if _unlike(last, line, self._continues_bold(line, edge)):
            return True
        if self._strips[-1] != n:
            below = line.page == last.page and line.y > last.y and abs(edge.left - self._last_edge.left) < 3 * line.size
            if below and not over_float and self._loose(last, line) and not self._waiting:
                return True
            return self._parts_at_column_end(last, line, edge)
        if not over_float and self._loose(last, line):
            return True
        return self._parts_in_column(last, line, edge, after)

    def _continues_bold(self, line: Line, edge: Edge) -> bool:
        """Whether a bold opening that fills its first line goes on in plain type: a run-in head."""
        last = self._lines[-1]
        set_in = len(self._lines) == 1 and last.x0 - self._last_edge.left >= INDENT * last.size
        full = not _ended_early(last, line, self._last_edge.right)
        return (
            full
            and self._setting.indents
            and set_in
            and line.x0 - edge.left < 0.5 * line.size
            and mostly_han(line.text)
        )

    def _loose(self, last: Line, line: Line) -> bool:
        pitch = self._setting.pitch.get(round(last.size), 1.5 * last.size)
        return line.y - last.y > LOOSE * pitch + 0.5

    def _right(self, line: Line) -> float:
        """Where the open paragraph's lines end: before the column's edge where it is set in on both sides.

        Two long lines that begin and end alike, away from both edges, make such a block; its last may be shorter.
        """
        right = self._last_edge.right
        last = self._lines[-1]
        lines = [*self._lines, line] if abs(line.x1 - last.x1) < last.size else self._lines
        inner = lines[1:] if len(lines) > 2 else lines
        alike = all(abs(x.x0 - last.x0) < 2 for x in inner) and max(x.x1 for x in lines) - min(
            x.x1 for x in lines
        ) < max(last.size, 8)
        set_in = min(x.x0 for x in inner) - self._last_edge.left >= INDENT * last.size
        end = max(x.x1 for x in lines)
        if len(lines) > 1 and alike and set_in and end < right - last.size and last.width >= MIN_BLOCK * last.size:
            return end
        return right

    def _parts_in_column(self, last: Line, line: Line, edge: Edge, after: Line | None) -> bool:
        em = line.size
        if (BULLET.match(line.text) and not _dash_continues(last, line)) or _LABEL.match(line.text):
            return True
        early = _ended_early(last, line, self._right(line))
        ended = TERMINAL.search(last.text) is not None
        if _NUMBERED.match(line.text) and (ended or early):
            return True
        if _centred(last, self._last_edge) and _centred(line, edge) and abs(_middle(last) - _middle(line)) < 2:
            return ended and early and last.size < 1.15 * em and last.width < 0.5 * (edge.right - edge.left)
        shift = line.x0 - last.x0
        first = self._lines[0]
        if shift >= INDENT * em and len(self._lines) == 1 and _starts_item(first) and not early:
            return False
        if shift >= INDENT * em:
            if early:
                return not _runs_on(last, line)
            hanging = after is not None and abs(after.x0 - line.x0) < 2 and not ended and shift < MAX_INDENT * em
            return not (hanging or shift >= 2 * MAX_INDENT * em)
        if shift <= -INDENT * em:
            opening = len(self._lines) == 1 and not _starts_item(first)
            if opening and not early:
                return False
            hung = len(self._lines) > 1 and last.x0 - first.x0 >= INDENT * em
            return hung or (early and not _runs_on(last, line))
        return early and not _runs_on(last, line)

    def _parts_at_column_end(self, last: Line, line: Line, edge: Edge) -> bool:
        if BULLET.match(line.text):
            return True
        ended = TERMINAL.search(last.text) is not None
        early = _ended_early(last, line, self._last_edge.right)
        if _NUMBERED.match(line.text) and (ended or early):
            return True
        if _runs_on(last, line):
            return False
        set_in = line.x0 - edge.left
        hung = self._lines[0].x0 + INDENT * line.size <= last.x0 and len(self._lines) > 1
        if self._setting.indents and INDENT * line.size <= set_in and not hung and not _starts_item(self._lines[0]):
            return True
        if early:
            return True
        if self._setting.indents and not hung:
            return False
        return ended and not last.text.endswith((":", "：", ";", "；"))


@dataclass(frozen=True, slots=True)
class _Beside:
    """Where a figure makes the column narrower: the edges of the text beside it, None for the column's own."""

    top: float
    bottom: float
    left: float | None
    right: float | None


def _narrowed(strip: Strip) -> list[_Beside]:
    """Where the strip is narrower: the text beside a figure ends where its longest line does, if not far from it."""
    found = []
    for item in strip.items:
        if not isinstance(item, Float):
            continue
        lines = [line for line in strip.lines if item.top < line.y and item.bottom > line.top]
        before, after = [i for i in lines if item.x0 >= i.x1 - 2], [i for i in lines if item.x1 <= i.x0 + 2]
        if before:
            size = before[0].size
            longest = max(line.x1 for line in before)
            right = min(max(longest, item.x0 - MAX_WRAP * size), item.x0 - size)
            found.append(_Beside(item.top, item.bottom, None, right))
        if after:
            found.append(_Beside(item.top, item.bottom, item.x1 + after[0].size / 2, None))
    return found


def _room(line: Line, narrowed: Sequence[_Beside], edge: Edge) -> Edge:
    """The edges at the line's height: a figure makes the column narrower, and for a line above and below itself too."""
    left, right = edge.left, edge.right
    for at in narrowed:
        margin = 0.0
        if at.right is not None and abs(line.x1 - at.right) < 1.5 * line.size:
            margin = 1.6 * line.size
        if at.top - margin < line.y and at.bottom + margin > line.top:
            if at.right is not None and line.x0 < at.right:
                right = min(right, at.right)
            if at.left is not None and at.left <= line.x0 + 2 + line.size / 2:
                left = max(left, at.left)
    return Edge(min(left, line.x0) if left != edge.left else left, max(right, line.x1))


def _same_size(a: Line, b: Line) -> bool:
    return abs(a.size - b.size) <= UNLIKE_SIZE * max(a.size, b.size)


def _unlike(a: Line, b: Line, run_in: bool) -> bool:
    """Whether two lines are too different to be one paragraph."""
    if not _same_size(a, b) or a.heading != b.heading:
        return True
    if a.style.bold != b.style.bold and not run_in:
        through = (a.head or b.head) and not (a.head and b.head and a.style.bold)
        return not through
    if _dark(a) != _dark(b) or (not _dark(a) and a.style.color != b.style.color):
        return not (a.head or b.head)
    both_han = mostly_han(a.text) and mostly_han(b.text)
    return both_han and a.style.font != b.style.font and not run_in and not a.head and not b.head


def _dark(line: Line) -> bool:
    """Whether a line is as good as black: greys and inks near it are one colour to a reader."""
    red, green, blue = line.style.color >> 16, line.style.color >> 8 & 255, line.style.color & 255
    return max(red, green, blue) < 100 and max(red, green, blue) - min(red, green, blue) < 40


def _ended_early(last: Line, line: Line, right: float) -> bool:
    """Whether the first word of `line` had found room at the end of `last`: then somebody ended it on purpose."""
    room = right - last.x1
    if is_cjk(line.text[0]) or is_cjk(last.text[-1]):
        return room > 2.3 * last.size
    word = re.match(r"\S+", line.text)
    width = 0.5 * last.size * len(word[0]) if word else 0.0
    return room > width + 0.9 * last.size


def _runs_on(last: Line, line: Line) -> bool:
    """Whether the words themselves go on: a hyphen or comma before, a small letter after."""
    if last.text.endswith(HYPHEN):
        return True
    if last.text.endswith("-") and re.match("[a-z]", line.text):
        return True
    if TERMINAL.search(last.text):
        return False
    if re.match(r"[a-z]{2,}|[a-z]\s", line.text) and re.search(r"[A-Za-z,\d)’”]$", last.text):
        return not BULLET.match(line.text)
    return last.text[-1] in "，、（《“" or line.text[0] in "，。、；：）》”！？"


def _dash_continues(last: Line, line: Line) -> bool:
    return line.text[0] in "—–·-" and not TERMINAL.search(last.text) and mostly_han(last.text)


def _starts_item(line: Line) -> bool:
    return BULLET.match(line.text) is not None or _NUMBERED.match(line.text) is not None


def _middle(line: Line) -> float:
    return (line.x0 + line.x1) / 2


def _centred(line: Line, edge: Edge) -> bool:
    left, right = line.x0 - edge.left, edge.right - line.x1
    return left > line.size and right > line.size and abs(left - right) < max(2 * line.size, 0.15 * (left + right))


# ---------------------------------------------------------------- text


def vocabulary(lines: Iterable[Line]) -> frozenset[str]:
    """The words of a document, in lower case, hyphenated ones whole; a line's last word is left out."""
    words: set[str] = set()
    for line in lines:
        words.update(word.lower() for word in re.findall(r"[A-Za-z]+(?:-[A-Za-z]+)*(?=[\s,.;:)])", line.text))
    return frozenset(words)


def joined(lines: Sequence[Line], words: frozenset[str]) -> str:
    """The lines of a paragraph as one text: words parted at a line's end are whole again.

    A hyphen stays where the document writes the word with it elsewhere, where no small letter follows, and at the end.
    """
    text = lines[0].text
    for line in lines[1:]:
        text = _glue(text, line.text, words)
    return re.sub(f"{HYPHEN}+$", "-", text).replace(HYPHEN, "")


def _glue(before: str, after: str, words: frozenset[str]) -> str:
    if before[-1] in (HYPHEN, "-", "‐"):
        head = re.search(r"([A-Za-z]+(?:-[A-Za-z]+)*)[\u00ad‐-]$", before)
        tail = re.match(r"[A-Za-z]+(?:-[A-Za-z]+)*", after)
        if head and tail:
            whole, parted = (head[1] + tail[0]).lower(), f"{head[1]}-{tail[0]}".lower()
            keep = parted in words and whole not in words
            if after[0].isupper() or keep or (not after[0].islower()):
                return before[:-1] + "-" + after
            return before[:-1] + after
        if before[-1] != HYPHEN or not tail:
            return before.rstrip(HYPHEN) + ("-" if before[-1] == HYPHEN else "") + after
    if closes_up(before[-60:], after) or before[-1] == "—" or after[0] == "—":
        return before + after
    url = re.search(r"(?:https?://|www\.)\S*[/._=?&-]$", before)
    return before + after if url else f"{before} {after}"
