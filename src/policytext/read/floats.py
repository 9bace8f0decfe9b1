"""What on a page is a table, a figure or its caption? Found by strokes and pictures, by wording and by place.

A table is a grid of rules, or three rules of one width with cells between them. A figure is a cluster of
drawings or a picture; the small text in and around it is its labels.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

import numpy as np

from policytext.read.lines import Line, merge
from policytext.read.runs import PageContent, Rect

MIN_TABLE_RULE = 24.0
"""Points: a shorter rule parts nothing."""

SAME_EDGE = 6.0
"""Points by which the rules of one table differ at their ends."""

MIN_LEVELS = 5
"""Rules and edges of shades across a table from which every row has one: three lines are a head and a foot."""

MAX_LINES, UNLIKE_PITCH = 8, 4.0
"""Lines of a row, at most, and how many times as high as the usual one it is, unless it has fewer."""

BETWEEN = 2.0
"""Ems between two tables of cells that a title parts, at least; a row without cells inside one is lower."""

TOUCH = 3.5
"""Points between strokes that meet."""

MIN_PROSE = 200
MAX_HEAD = 60
"""Characters of a cell that is a paragraph, and of one that is its head."""

PROSE = 0.6
"""Share of a table's width that a line of text between two tables fills."""

MIN_FIGURE = (40.0, 25.0)
"""Points of width and height; smaller drawings are logos and ornaments."""

MIN_STROKES = 4
"""Drawings that make a figure; one to three are boxes behind text, bars beside headings."""

MAX_FIGURE = 0.6
"""Share of the page above which a picture or drawing is its background."""

MAX_LEGEND = 6.0
"""Ems between a figure and its caption that a legend may fill."""

CAPTION_REACH = 3.2
"""Ems between a caption and its figure or table."""

FloatKind = Literal["table", "figure_text", "caption"]

_NUMBERED_ZH = r"(?:续?[图表]|附[图表]|专栏)\s*[A-Z]?\d{1,3}(?:\s?[-—–.．]\s?\d{1,3})*"
_NUMBERED_EN = (
    r"(?:Figure|Fig\.|FIGURE|Table|TABLE|Chart|CHART|Box|BOX|Exhibit|Map|Graph)\s*[A-Z]?\d{1,3}(?:[.\-–]\d{1,3})*[a-z]?"
)
_CAPTION = re.compile(
    rf"(?:{_NUMBERED_ZH}(?:\s*[:：.．、]?\s*)(?!\s*(?:所示|显示|表明|可知|可见|反映|给出|报告|列出|展示|中(?![国央小部东西介])|的|和(?!谐)|与|及|）|\)))"
    rf"|{_NUMBERED_EN}\s*(?:[.:：|–—-]\s*|\s(?=[A-Z“\"(\d]))|{_NUMBERED_EN}$)"
)
_SOURCE = re.compile(
    r"(?:(?:数据|资料|图片|图表)?来源|注|说明|附注)\s*[:：]|(?:Sources?|Notes?|SOURCES?|NOTES?)\s*(?:to [A-Z]\w+ \d+\s*)?[:：.]"
)


_SIGN = re.compile(r"\W{1,2}|[（(]?(?:\d{1,2}(?:\.\d{1,2})*|[a-zA-Z]|[ivx]{1,4}|[一二三四五六七八九十]{1,2})[)）.．、]")
"""What hangs out before an item, and is no cell."""


@dataclass(frozen=True, slots=True)
class Float:
    """Something that stands in the text without being part of it."""

    kind: FloatKind
    page: int
    x0: float
    top: float
    x1: float
    bottom: float
    lines: tuple[Line, ...]
    rows: tuple[tuple[str, ...], ...] = ()


def floats_of(page: PageContent, lines: Sequence[Line], body: float) -> tuple[list[Float], list[Line]]:
    """Tables, figures and captions of a page, and the lines that are left; `body` is the text's size."""
    rules = _within_text(_visible_rules(page, lines), lines, body)
    tables, rest = _tables(page, rules, list(lines))
    figures, rest = _figures(page, tables, rest, body)
    captions, rest = _captions(page, [*tables, *figures], rest, body)
    figures, rest = _with_legends(figures, captions, rest, body)
    return [*tables, *figures, *captions], rest


# ---------------------------------------------------------------- tables


def _visible_rules(page: PageContent, lines: Sequence[Line]) -> list[Rect]:
    """The page's rules without underlines."""
    kept = []
    for rule in page.rules:
        underline = rule.height < 3 and any(
            -0.5 <= rule.top - line.y <= 0.24 * line.size and rule.x0 >= line.x0 - 3 and rule.x1 <= line.x1 + 3
            for line in lines
        )
        if not underline:
            kept.append(rule)
    return kept


def _within_text(rules: list[Rect], lines: Sequence[Line], body: float) -> list[Rect]:
    """The rules without those under the running head and over the foot: outside the text, and not close to it."""
    if not lines:
        return rules
    top, bottom = min(x.top for x in lines), max(x.bottom for x in lines)
    return [r for r in rules if top - 1.2 * body <= r.bottom and r.top <= bottom + 1.2 * body]


def _tables(page: PageContent, rules: list[Rect], lines: list[Line]) -> tuple[list[Float], list[Line]]:
    across = _joined([r for r in rules if r.width > r.height])
    across = [r for r in across if r.width >= MIN_TABLE_RULE]
    down = _joined_down([r for r in rules if r.height >= r.width])
    tables: list[Float] = []
    rest = lines
    for grid in (part for whole in _grids(across, down) for part in _parted(whole, lines)):
        area = _area(grid)
        inside = [x for x in rest if _inside(x, area, 2.0)]
        captioned = any(_CAPTION.match(x.text) and _close(x, area) for x in rest)
        cells = _cells(grid, area, inside, _shaded(page, area), captioned=captioned)
        if cells is None or (not captioned and _heads_beside_text(cells)):
            continue
        tables.append(Float("table", page.number, area.x0, area.top, area.x1, area.bottom, tuple(inside), cells))
        taken = set(map(id, inside))
        rest = [x for x in rest if id(x) not in taken]
    return tables, rest


def _joined(rules: list[Rect]) -> list[Rect]:
    """Rules across that are pieces of one, joined: cells are often drawn each with its own border."""
    joined: list[Rect] = []
    for rule in sorted(rules, key=lambda r: (round(r.top / 2), r.x0)):
        for i in range(len(joined) - 1, max(-1, len(joined) - 6), -1):
            other = joined[i]
            if abs(other.top - rule.top) <= 1.6 and rule.x0 - other.x1 <= TOUCH and other.x0 <= rule.x0 + TOUCH:
                joined[i] = Rect(min(other.x0, rule.x0), other.top, max(other.x1, rule.x1), other.bottom)
                break
        else:
            joined.append(rule)
    return joined


def _joined_down(rules: list[Rect]) -> list[Rect]:
    flipped = _joined([Rect(r.top, r.x0, r.bottom, r.x1) for r in rules])
    return [Rect(r.top, r.x0, r.bottom, r.x1) for r in flipped]


def _grids(across: list[Rect], down: list[Rect]) -> list[list[Rect]]:
    """Rules that belong together: they meet, or lie under each other with the same ends."""
    every = across + down
    if not every or len(every) > 1500:
        return []
    group = list(range(len(every)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    x0, top, x1, bottom = (np.array([r[k] for r in every]) for k in range(4))
    for i, rule in enumerate(every):
        meets = (
            (x0 <= rule.x1 + TOUCH)
            & (x1 >= rule.x0 - TOUCH)
            & (top <= rule.bottom + TOUCH)
            & (bottom >= rule.top - TOUCH)
        )
        if i < len(across):
            like = (abs(x0 - rule.x0) < SAME_EDGE) & (abs(x1 - rule.x1) < SAME_EDGE) & (x1 - x0 > bottom - top)
            meets |= like
        for j in np.flatnonzero(meets):
            group[root(int(j))] = root(i)
    grids: dict[int, list[Rect]] = {}
    for i, rule in enumerate(every):
        grids.setdefault(root(i), []).append(rule)
    return sorted((g for g in grids.values() if len(g) >= 2), key=lambda g: min(r.top for r in g))


def _ends_above(rule: Rect, down: Sequence[Rect]) -> bool:
    """Whether a rule across is the foot of cells."""
    return any(abs(r.bottom - rule.top) <= TOUCH and r.height > 2 * TOUCH for r in down)


def _begins_below(rule: Rect, down: Sequence[Rect]) -> bool:
    """Whether a rule across is the head of cells."""
    return any(abs(r.top - rule.bottom) <= TOUCH and r.height > 2 * TOUCH for r in down)


def _parted(grid: list[Rect], lines: Sequence[Line]) -> list[list[Rect]]:
    """The tables of a grid: running text that no rule runs past parts two tables of one width, a title two of cells.

    Where rows are parted by rules, what is much higher than they and holds many lines is no row either.
    """
    area = _area(grid)
    across = sorted((r for r in grid if r.width > r.height), key=lambda r: r.top)
    down = [r for r in grid if r.height >= r.width]
    cuts = []
    pitches = [b.top - a.bottom for a, b in itertools.pairwise(across)]
    pitch = median(pitches) if len(pitches) >= MIN_LEVELS - 1 else area.height
    for upper, lower in itertools.pairwise(across):
        inside = [x for x in lines if _inside(x, area, 2.0) and upper.bottom < x.y <= lower.top]
        if not inside or any(min(r.bottom, lower.top) - max(r.top, upper.bottom) > TOUCH for r in down):
            continue
        rows = _baselines(inside)
        between = _ends_above(upper, down) and _begins_below(lower, down)
        between = between and lower.top - upper.bottom > BETWEEN * inside[0].size
        single = all(len(row) == 1 for row in rows)
        prose = single and any(row[0].width > PROSE * area.width for row in rows)
        unlike = len(rows) > MAX_LINES and lower.top - upper.bottom > UNLIKE_PITCH * pitch
        if prose or unlike or (single and between):
            cuts.append((upper.bottom + lower.top) / 2)
    parts: list[list[Rect]] = [[] for _ in range(len(cuts) + 1)]
    for rule in grid:
        parts[sum(cut < (rule.top + rule.bottom) / 2 for cut in cuts)].append(rule)
    return [part for part in parts if len(part) >= 2]


def _area(rects: Sequence[Rect]) -> Rect:
    return Rect(
        min(r.x0 for r in rects), min(r.top for r in rects), max(r.x1 for r in rects), max(r.bottom for r in rects)
    )


def _inside(line: Line, area: Rect, margin: float) -> bool:
    x, y = (line.x0 + line.x1) / 2, (line.top + line.bottom) / 2
    return area.x0 - margin <= x <= area.x1 + margin and area.top - margin <= y <= area.bottom + margin


def _shaded(page: PageContent, area: Rect) -> list[int]:
    """Where a shade over the width of a table begins or ends: it parts rows as a rule does."""
    fills = [
        r
        for r in page.drawings
        if r.color >= 0 and r.height < 0.9 * area.height and abs(r.x0 - area.x0) < 12 and abs(r.x1 - area.x1) < 12
    ]
    inside = [y for r in fills for y in (r.top, r.bottom) if area.top - TOUCH < y < area.bottom + TOUCH]
    return [round(y) for y in inside]


def _cells(
    grid: list[Rect], area: Rect, lines: list[Line], shaded: list[int], *, captioned: bool
) -> tuple[tuple[str, ...], ...] | None:
    """The rows of a table's cells; None when the rules frame plain text instead."""
    if not lines:
        return None
    edges = sorted(
        {round(r.x0) for r in grid if r.height > r.width and r.height >= 0.25 * area.height}
        | {round(area.x0), round(area.x1)}
    )
    edges = _apart(edges)
    levels = _apart(sorted({round(r.top) for r in grid if r.width > r.height and r.width >= 0.3 * area.width}))
    rows = _baselines(lines)
    if len(edges) > 3:
        return _ruled_cells(edges, levels, [r for r in grid if r.width > r.height], rows)
    parted = _apart(sorted({*levels, *shaded}))
    if len(parted) >= MIN_LEVELS:
        bands = [[x for x in lines if sum(level < x.y for level in parted) == n] for n in range(len(parted) + 1)]
        bands = [band for band in bands if band]
        if sum(len(_spans(band)) > 1 for band in bands) >= max(2, 0.5 * len(bands)):
            return _banded_cells(bands)
    several = [row for row in rows if len(row) > 1 and not (len(row) == 2 and _SIGN.fullmatch(row[0].text))]
    if len(levels) < (2 if captioned else 3) or len(several) < 2 or len(several) < 0.3 * len(rows):
        return None
    fill = sorted(sum(x.width for x in row) / max(area.width, 1) for row in several)
    if fill[len(fill) // 2] > 0.86:  # two columns of text between two rules across the page
        return None
    return _open_cells(rows)


def _heads_beside_text(cells: Sequence[Sequence[str]]) -> bool:
    """Whether two columns hold heads and the text beside them: a page's layout, not a table."""
    full = [row for row in cells if len(row) == 2 and row[0] and row[1]]
    if not full or any(len(row) != 2 for row in cells) or 2 * len(full) < len(cells):
        return False
    prose = sum(len(text) >= MIN_PROSE and text.count(" ") + text.count("，") >= MIN_PROSE / 20 for _, text in full)
    return 2 * prose > len(full) and all(len(head) <= MAX_HEAD for head, _ in full)


def _apart(values: list[int]) -> list[int]:
    kept: list[int] = []
    for value in values:
        if not kept or value - kept[-1] > 2 * TOUCH:
            kept.append(value)
    return kept


def _baselines(lines: Sequence[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda x: x.y):
        if rows and line.y - rows[-1][0].y <= 0.4 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda x: x.x0) for row in rows]


def _ruled_cells(
    edges: list[int], levels: list[int], across: list[Rect], rows: list[list[Line]]
) -> tuple[tuple[str, ...], ...] | None:
    """Cells between rules both ways; a row of text is a row of its own where no rule parts the rows.

    A cell goes down over the rules that leave its column out; its text is in the first of its rows.
    """
    width = len(edges) - 1
    found: dict[tuple[int, int], list[Line]] = {}
    ruled = len(levels) > 2
    own = [_levels_in((a + b) / 2, levels, across) for a, b in itertools.pairwise(edges)]
    for i, row in enumerate(rows):
        for line in row:
            column = min(max(sum(edge <= (line.x0 + 2) for edge in edges) - 1, 0), width - 1)
            above = [n for n in own[column] if levels[n] < row[0].y]
            band = (above[-1] + 1 if above else 0) if ruled else i
            found.setdefault((band, column), []).append(line)
    if len({column for _, column in found}) < 2:
        return None
    bands_used = sorted({band for band, _ in found})
    return tuple(tuple(_cell_text(found.get((band, column), [])) for column in range(width)) for band in bands_used)


def _levels_in(x: float, levels: list[int], across: list[Rect]) -> list[int]:
    """Which of the levels have a rule at `x`."""
    return [
        n
        for n, level in enumerate(levels)
        if any(abs(r.top - level) <= 2 * TOUCH and r.x0 - TOUCH <= x <= r.x1 + TOUCH for r in across)
    ]


def _banded_cells(bands: list[list[Line]]) -> tuple[tuple[str, ...], ...]:
    """Cells of rows that rules or shades part: columns are where no row of the usual number of them has text."""
    usual = Counter(len(_spans(band)) for band in bands if len(_spans(band)) > 1).most_common(1)[0][0]
    spans = _spans([x for band in bands if len(_spans(band)) >= usual for x in band])
    table = []
    for band in bands:
        cells: list[list[Line]] = [[] for _ in spans]
        for line in band:
            cells[_nearest(line, spans)].append(line)
        table.append(tuple(_cell_text(cell) for cell in cells))
    return tuple(table)


def _open_cells(rows: list[list[Line]]) -> tuple[tuple[str, ...], ...]:
    """Cells between blanks: columns are where no row has text; a row that leaves the first empty goes on with the last."""
    usual = Counter(len(row) for row in rows if len(row) > 1).most_common(1)[0][0]
    spans = _spans([x for row in rows if len(row) >= usual for x in row])
    table: list[list[list[Line]]] = []
    for row in (_spread(row, len(spans)) for row in rows):
        cells: list[list[Line]] = [[] for _ in spans]
        for line in row:
            cells[_nearest(line, spans)].append(line)
        if table and not cells[0] and len(row) < len(table[-1]):
            for before, cell in zip(table[-1], cells, strict=True):
                before.extend(cell)
        else:
            table.append(cells)
    return tuple(tuple(_cell_text(cell) for cell in row) for row in table)


def _spans(lines: Sequence[Line]) -> list[tuple[float, float]]:
    """The stretches across that the lines fill, with blank between."""
    spans: list[tuple[float, float]] = []
    for x0, x1 in sorted((x.x0, x.x1) for x in lines):
        if spans and x0 <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], x1)
        else:
            spans.append((x0, x1))
    return spans


def _nearest(line: Line, spans: Sequence[tuple[float, float]]) -> int:
    middle = (line.x0 + line.x1) / 2
    return min(range(len(spans)), key=lambda k: max(spans[k][0] - middle, middle - spans[k][1]))


def _spread(row: list[Line], columns: int) -> list[Line]:
    """A row of fewer texts than columns, but of as many words, as words; any other row as it is.

    A program may paint a row's cells as one text with blanks between: where each word stands, its letters tell.
    """
    words = [(line, word) for line in row for word in line.text.split(" ")]
    if len(row) >= columns or len(words) != columns:
        return row
    out = []
    for line in row:
        step, at = line.width / max(len(line.text), 1), line.x0
        for word in line.text.split(" "):
            out.append(replace(line, text=word, x0=at, x1=at + step * len(word)))
            at += step * (len(word) + 1)
    return out


def _cell_text(lines: list[Line]) -> str:
    text = ""
    for row in _baselines(lines):
        whole = row[0]
        for piece in row[1:]:
            whole = merge(whole, piece)
        latin = text and text[-1].isascii() and whole.text[0].isascii()
        text += (" " if latin else "") + whole.text
    return text


# ---------------------------------------------------------------- figures


def _figures(page: PageContent, tables: list[Float], lines: list[Line], body: float) -> tuple[list[Float], list[Line]]:
    figures: list[Float] = []
    rest = lines
    for area in _drawn_areas(page, tables):
        inside = [x for x in rest if _inside(x, area, 1.0)]
        prose = sum(len(x.text) for x in inside if x.size >= 0.93 * body and x.width > 0.6 * area.width)
        if prose > 120 and prose > 0.4 * sum(len(x.text) for x in inside):  # a box around text, not a picture
            continue
        labels = [x for x in rest if _label(x, area, body)]
        taken = set(map(id, labels))
        rest = [x for x in rest if id(x) not in taken]
        top = min([area.top, *(x.top for x in labels)])
        bottom = max([area.bottom, *(x.bottom for x in labels)])
        figures.append(Float("figure_text", page.number, area.x0, top, area.x1, bottom, tuple(labels)))
    return figures, rest


def _drawn_areas(page: PageContent, tables: list[Float]) -> list[Rect]:
    """Clusters of drawings and pictures that are large enough to be figures."""
    whole = page.width * page.height
    pictures = [r for r in page.images if r.width * r.height < MAX_FIGURE * whole and r.width > 30 and r.height > 25]
    strokes = [r for r in page.drawings if r.width * r.height < MAX_FIGURE * whole]
    strokes = [r for r in strokes if not any(_overlaps(r, t) for t in tables)]
    if len(strokes) + len(page.rules) > 6 or pictures:
        strokes = strokes + [
            r for r in page.rules if not any(_overlaps(r, t) for t in tables) and r.width < 0.9 * page.width
        ]
    clusters: list[tuple[Rect, int, bool]] = [(r, MIN_STROKES, True) for r in pictures]
    for stroke in sorted(strokes, key=lambda r: r.top):
        clusters = _absorb(clusters, stroke)
    areas = []
    for area, count, picture in clusters:
        large = area.width >= MIN_FIGURE[0] and area.height >= MIN_FIGURE[1]
        solid = picture or count >= MIN_STROKES
        if large and solid and area.width * area.height < MAX_FIGURE * whole:
            areas.append(area)
    return areas


def _overlaps(rect: Rect, table: Float) -> bool:
    return (
        rect.x0 < table.x1 + 2
        and rect.x1 > table.x0 - 2
        and rect.top < table.bottom + 2
        and rect.bottom > table.top - 2
    )


def _absorb(clusters: list[tuple[Rect, int, bool]], stroke: Rect) -> list[tuple[Rect, int, bool]]:
    """The clusters with one more stroke, joined where it bridges them."""
    margin = 14.0  # points between the bars of a chart
    area, count, picture = stroke, 1 if stroke.height >= 3 and stroke.width >= 3 else 0, False
    kept = []
    for other, n, p in clusters:
        near = (
            area.x0 - margin <= other.x1
            and area.x1 + margin >= other.x0
            and area.top - margin <= other.bottom
            and area.bottom + margin >= other.top
        )
        if near:
            area, count, picture = _area([area, other]), count + n, picture or p
        else:
            kept.append((other, n, p))
    return [*kept, (area, count, picture)]


def _label(line: Line, area: Rect, body: float) -> bool:
    if _CAPTION.match(line.text) or _SOURCE.match(line.text):
        return False
    small = line.size < 0.93 * body
    if _inside(line, area, 1.0):
        return small or line.width < 0.7 * area.width
    reach = 1.6 * line.size
    brief = len(line.text) <= 40 or sum(map(str.isdigit, line.text)) > 0.6 * len(line.text)
    return small and brief and _inside(line, area, reach) and line.size < 0.86 * body


def _with_legends(
    figures: list[Float], captions: list[Float], lines: list[Line], body: float
) -> tuple[list[Float], list[Line]]:
    """The figures with the small lines between them and their captions: legends and the names of axes."""
    whole = []
    for figure in figures:
        below = [c.top for c in captions if c.x0 < figure.x1 and c.x1 > figure.x0 and c.top >= figure.bottom - 2]
        reach = min(below, default=figure.bottom)
        if reach - figure.bottom > MAX_LEGEND * body:
            reach = figure.bottom
        between = [
            x
            for x in lines
            if x.size < 0.93 * body
            and figure.x0 - 2 <= (x.x0 + x.x1) / 2 <= figure.x1 + 2
            and figure.bottom - 2 <= x.y <= reach
        ]
        taken = set(map(id, between))
        lines = [x for x in lines if id(x) not in taken]
        bottom = max([figure.bottom, *(x.bottom for x in between)])
        whole.append(replace(figure, bottom=bottom, lines=(*figure.lines, *between)))
    return whole, lines


# ---------------------------------------------------------------- captions


def is_caption(text: str) -> bool:
    """Whether a line begins as captions and source lines do."""
    return _CAPTION.match(text) is not None or _SOURCE.match(text) is not None


def _captions(page: PageContent, floats: list[Float], lines: list[Line], body: float) -> tuple[list[Float], list[Line]]:
    ordered = sorted(lines, key=lambda x: (x.y, x.x0))
    taken: set[int] = set()
    captions: list[Float] = []
    anchors = [Rect(f.x0, f.top, f.x1, f.bottom) for f in floats]
    for _ in range(3):  # a source line may stand below a caption that stands below its figure
        for line in ordered:
            if id(line) in taken or line.lead or not is_caption(line.text):
                continue
            near = [a for a in anchors if _close(line, a)]
            if not near and not (_CAPTION.match(line.text) and _set_apart(line, ordered, body)):
                continue
            group = _continued(line, ordered, near[0] if near else None, body)
            taken |= set(map(id, group))
            area = _area([Rect(x.x0, x.top, x.x1, x.bottom) for x in group])
            anchors.append(area)
            captions.append(Float("caption", page.number, area.x0, area.top, area.x1, area.bottom, tuple(group)))
    return captions, [x for x in lines if id(x) not in taken]


def _close(line: Line, area: Rect) -> bool:
    apart = max(area.top - line.bottom, line.top - area.bottom)
    beside = line.x0 < area.x1 + 10 and line.x1 > area.x0 - 10
    return beside and apart < CAPTION_REACH * line.size


def _set_apart(line: Line, lines: list[Line], body: float) -> bool:
    """Whether a caption without a visible figure differs from the text: smaller, or bold, and alone on its line."""
    beside = [x for x in lines if x is not line and abs(x.y - line.y) < 2 and x.x0 >= line.x1]
    short = len(line.text) < 60 and not re.search(r"[。；;,，]$", line.text)
    return (line.size < 0.94 * body or line.style.bold) and short and not beside


def _continued(line: Line, lines: list[Line], near: Rect | None, body: float) -> list[Line]:
    """The caption's line and those below it that go on with it."""
    group = [line]
    limit = near.width if near else 0.0
    for other in lines:
        last = group[-1]
        if other.y <= last.y + 1:
            continue
        if other.y - last.y > 1.7 * last.size:
            break
        overlap = min(other.x1, line.x1) - max(other.x0, line.x0)
        full = last.width > 0.8 * limit if limit else last.width > 20 * last.size
        alike = abs(other.size - line.size) < 0.4 and other.style.bold == last.style.bold
        if (
            overlap > 0
            and alike
            and full
            and not is_caption(other.text)
            and (line.size < 0.95 * body or not other.lead)
        ):
            group.append(other)
        if len(group) >= 6:
            break
    return group
