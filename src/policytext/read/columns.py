"""In which order does a reader take the lines of a page? Bands cut by what spans the page, columns inside each.

The order in which the page was painted says nothing. A gutter is a strip of blank between lines that stand side
by side, the same over several lines; what crosses it (a title, a wide table, a note under the whole page) cuts
the page in bands. Columns may hold narrower columns.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from policytext.read.floats import Float
from policytext.read.lines import Line, Style, merge
from policytext.read.structure import BESIDE, Heading

Item = Line | Float

MIN_GUTTER = 6.0
"""Points of blank between columns; the narrowest in print is about 10."""

MIN_ROWS = 3
"""Lines side by side that make a gutter; fewer may be a label and its value."""

MIN_COLUMN = 7.0
"""Ems: narrower columns are the columns of a table."""

SAME_LINE = 0.3
"""Ems by which baselines of one line in one column may differ (mixed scripts, sloppy converters)."""

SIDE_TEXT = 0.6
"""Share of a column's characters right of a margin in which heads stand beside the text."""

SIDE_GAP = 4.0
MIN_SIDE = 4.0
"""Points between such a head and the text, and ems from its beginning to the text's."""

SIDE_HEADS = 10_000
"""Numbers of heads in the margin begin here: those of tagged ones stay below."""

MAX_DEPTH = 6
"""Bands within columns within bands; a page needs 3."""


@dataclass(frozen=True, slots=True)
class Strip:
    """One column of one band: its items from top to bottom, and the edges between which its text is set.

    `alone` is false where another column stands to the right, so that `x1` is its own edge, not the page's.
    """

    page: int
    items: tuple[Item, ...]
    x0: float
    x1: float
    alone: bool = True

    @property
    def lines(self) -> list[Line]:
        return [item for item in self.items if isinstance(item, Line)]


def strips_of(page: int, items: Sequence[Item]) -> list[Strip]:
    """The page's columns in reading order."""
    return _read(page, list(items), alone=True, depth=MAX_DEPTH)


def _read(page: int, items: list[Item], *, alone: bool, depth: int) -> list[Strip]:
    if not items:
        return []
    gutter = _gutter(items) if depth else None
    if gutter is None:
        return [_strip(page, items, alone=alone)]
    strips: list[Strip] = []
    for band, split in _bands(items, gutter):
        left = [i for i in band if (i.x0 + i.x1) / 2 < gutter]
        right = [i for i in band if (i.x0 + i.x1) / 2 >= gutter]
        if split and left and right:
            strips += _read(page, left, alone=False, depth=depth - 1) + _read(page, right, alone=alone, depth=depth - 1)
        else:
            strips += _read(
                page, band, alone=alone and not (split and left), depth=depth - 1 if len(band) < len(items) else 0
            )
    return strips


def _strip(page: int, items: list[Item], *, alone: bool) -> Strip:
    merged = _merged_lines(_with_side_heads(items))
    lines = [i for i in merged if isinstance(i, Line)] or merged
    return Strip(page, tuple(merged), min(i.x0 for i in lines), max(i.x1 for i in lines), alone)


def _merged_lines(items: list[Item]) -> list[Item]:
    """Items from top to bottom; pieces on one baseline are one line."""
    lines = sorted((i for i in items if isinstance(i, Line)), key=lambda line: line.y)
    rows: list[list[Line]] = []
    for line in lines:
        if rows and line.y - rows[-1][0].y <= SAME_LINE * min(line.size, rows[-1][0].size):
            rows[-1].append(line)
        else:
            rows.append([line])
    merged: list[Item] = []
    for row in rows:
        row.sort(key=lambda line: line.x0)
        whole = row[0]
        for piece in row[1:]:
            if piece.heading == whole.heading:
                whole = merge(whole, piece)
            else:
                merged.append(whole)
                whole = piece
        merged.append(whole)
    floats = [i for i in items if isinstance(i, Float)]
    ordered = sorted([*merged, *floats], key=lambda i: i.y if isinstance(i, Line) else (i.top + i.bottom) / 2)
    return _whole_headings(ordered)


def _with_side_heads(items: list[Item]) -> list[Item]:
    """The items with heads that stand in the margin beside the text marked as headings, each as one."""
    lines = sorted((i for i in items if isinstance(i, Line)), key=lambda i: i.y)
    edge = _text_edge(lines)
    if edge is None:
        return items
    text = Counter[Style]()
    for line in lines:
        text[line.style] += len(line.text) if line.x0 >= edge - 2 else 0
    usual = text.most_common(1)[0][0]
    heads: list[list[Line]] = []
    for line in lines:
        beside = line.x1 <= edge - SIDE_GAP and line.x0 < edge - MIN_SIDE * usual.size and line.heading is None
        if not beside or line.style == usual or not any(c.isalpha() for c in line.text):
            continue
        if not any(x.x0 >= edge - 2 and abs(x.y - line.y) < 2 * line.size for x in lines):
            continue  # nothing stands beside it
        last = heads[-1][-1] if heads else None
        if last and last.style == line.style and abs(last.x0 - line.x0) < 3 and line.y - last.y < 1.7 * line.size:
            heads[-1].append(line)
        else:
            heads.append([line])
    marked = {
        id(line): replace(line, heading=Heading(BESIDE, SIDE_HEADS + n))
        for n, head in enumerate(heads)
        for line in head
    }
    return [marked.get(id(item), item) for item in items]


def _text_edge(lines: Sequence[Line]) -> float | None:
    """Where most of the text begins across, None where lines begin further left as often as not."""
    weights: Counter[int] = Counter()
    for line in lines:
        weights[round(line.x0)] += len(line.text)
    if not weights:
        return None
    x = weights.most_common(1)[0][0]
    at_edge = sum(n for other, n in weights.items() if other >= x - 2)
    return float(x) if at_edge >= SIDE_TEXT * weights.total() else None


def _whole_headings(items: list[Item]) -> list[Item]:
    """The items with the lines of a tagged heading one after another: text may stand beside them."""
    first: dict[Heading, Item] = {}
    later: dict[int, list[Item]] = {}
    kept: list[Item] = []
    for item in items:
        heading = item.heading if isinstance(item, Line) else None
        if heading is not None and heading in first:
            later.setdefault(id(first[heading]), []).append(item)
            continue
        if heading is not None:
            first[heading] = item
        kept.append(item)
    return [own for item in kept for own in (item, *later.get(id(item), ()))]


# ---------------------------------------------------------------- gutters


def _gutter(items: Sequence[Item], *, nested: bool = False) -> float | None:
    """The x at which most lines stand side by side, None where they don't form columns.

    `nested` says that the items are one side of another gutter, and ends the search there.
    """
    lines = [i for i in items if isinstance(i, Line)]
    if len(lines) < 2 * MIN_ROWS:
        return None
    x0 = np.array([i.x0 for i in lines])
    x1 = np.array([i.x1 for i in lines])
    top = np.array([i.top for i in lines])
    bottom = np.array([i.bottom for i in lines])
    left_edge = float(x0.min())
    votes = np.zeros(int(x1.max() - left_edge) + 3)
    for i in range(len(lines)):  # the nearest neighbour to the right, at the same height
        beside = (np.minimum(bottom, bottom[i]) - np.maximum(top, top[i]) > 0.4 * (bottom[i] - top[i])) & (
            x0 >= x1[i] - 1
        )
        if beside.any():
            nearest = float(x0[beside].min())
            if nearest - x1[i] >= MIN_GUTTER:
                votes[int(x1[i] - left_edge) + 1 : int(nearest - left_edge) + 1] += 1
    while True:
        best = int(votes.argmax())
        if votes[best] < MIN_ROWS:
            return None
        plateau = np.flatnonzero(votes >= votes[best])
        plateau = plateau[plateau < best + _run_length(votes, best)]
        gutter = left_edge + float(plateau.mean())
        if _makes_columns(lines, gutter, nested=nested):
            return gutter
        votes[max(best - 3, 0) : best + _run_length(votes, best) + 3] = 0


def _run_length(votes: np.ndarray, start: int) -> int:
    below = np.flatnonzero(votes[start:] < votes[start])
    return int(below[0]) if len(below) else len(votes) - start


def _makes_columns(lines: list[Line], gutter: float, *, nested: bool) -> bool:
    """Whether the lines left and right of a gutter are text of their own rather than cells or labels."""
    left = [i for i in lines if i.x1 <= gutter + 1]
    right = [i for i in lines if i.x0 >= gutter - 1]
    if min(len(left), len(right)) < MIN_ROWS:
        return False
    size = median(i.size for i in lines)
    if not nested:  # of more than two columns the ones beside this gutter count
        inner = _gutter(left, nested=True), _gutter(right, nested=True)
        left = [i for i in left if inner[0] is None or i.x0 >= inner[0] - 1] or left
        right = [i for i in right if inner[1] is None or i.x1 <= inner[1] + 1] or right
    spans = [max(i.x1 for i in side) - min(i.x0 for i in side) for side in (left, right)]
    widths = [float(np.percentile([i.width for i in side], 70)) for side in (left, right)]
    if min(spans) < MIN_COLUMN * size or min(widths) < MIN_COLUMN * size:
        return False
    if min(widths) >= 0.55 * max(spans):
        return True
    # Sides of unlike width: a column of notes is text from line to line, a column of labels stands apart.
    return all(w >= 0.5 * s for w, s in zip(widths, spans, strict=True)) and all(_dense(side) for side in (left, right))


def _dense(side: list[Line]) -> bool:
    rows = sorted(i.y for i in side)
    pitches = [b - a for a, b in itertools.pairwise(rows) if b - a > 1]
    if not pitches:
        return False
    near = sum(p < 1.9 * median(i.size for i in side) for p in pitches)
    return near >= 0.7 * len(pitches)


# ---------------------------------------------------------------- bands


def _bands(items: list[Item], gutter: float) -> list[tuple[list[Item], bool]]:
    """Items in bands from top to bottom; true where the gutter parts the band."""
    ordered = sorted(items, key=lambda i: (i.top + i.bottom) / 2)
    bands: list[tuple[list[Item], bool]] = []
    for item in ordered:
        spans = item.x0 < gutter - 2 and item.x1 > gutter + 2
        if bands and bands[-1][1] is not spans:
            bands[-1][0].append(item)
        else:
            bands.append(([item], not spans))
    return _tails_to_spans(bands, gutter)


def _tails_to_spans(bands: list[tuple[list[Item], bool]], gutter: float) -> list[tuple[list[Item], bool]]:
    """A few lines on one side right between spanning lines are the short lines of that text, not columns."""
    result: list[tuple[list[Item], bool]] = []
    for band, split in bands:
        if split and result and not result[-1][1]:
            tail = _tail(result[-1][0], band, gutter)
            result[-1][0].extend(tail)
            band = [i for i in band if not any(i is t for t in tail)]
            if not band:
                continue
        if result and result[-1][1] is split:
            result[-1][0].extend(band)
        else:
            result.append((band, split))
    return result


def _tail(spanning: list[Item], band: list[Item], gutter: float) -> list[Item]:
    """The lines at the head of `band` that go on with the text of the spanning lines above."""
    tail: list[Item] = []
    last = spanning[-1]
    for item in band:
        alone = not any(
            other is not item
            and min(other.bottom, item.bottom) - max(other.top, item.top) > 0.3 * (item.bottom - item.top)
            for other in band
        )
        alike = isinstance(item, Line) and isinstance(last, Line) and abs(item.size - last.size) < 0.3
        near = item.top - last.bottom < 0.6 * (last.bottom - last.top)
        starts = isinstance(last, Line) and item.x0 < gutter and abs(item.x0 - last.x0) < 3 * last.size
        if not (alone and alike and near and starts):
            break
        tail.append(item)
        last = item
    return tail
