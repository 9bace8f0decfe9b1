"""Which lines belong to the page and not to the text? Running heads, page numbers, lines that every page repeats.

Decided over the whole document, before columns: what stands at the same height on several pages, digits
masked; a number that counts with the pages; and whatever else shares those heights or lies beyond them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from policytext.read.lines import Line
from policytext.read.runs import PageContent

EDGE = 0.16
"""Share of the page's height at its head and foot in which furniture stands."""

ROWS = 5
"""Rows looked at from the head and from the foot of a page."""

SAME_HEIGHT = 4.0
"""Points by which a running head wanders from page to page."""

MAX_FURNITURE = 1.35
"""Size of running heads over the body's, at most; larger is a title or a banner."""

BANNER = 0.5
"""Share of the pages on which a large line stands that is a banner and no title."""

Side = Literal["header", "footer"]

_PAGE_NUMBER = re.compile(
    r"[-—–－·•|/\s]*(?:第\s*)?(?:page\s*|p\.\s*)?(\d{1,4}|[ivxlc]{1,6})(?:\s*页)?"
    r"(?:\s*(?:/|of|共|，\s*共|,\s*共|\|)\s*(?:第\s*)?\d{1,4}(?:\s*页)?)?[-—–－·•|\s]*",
    re.IGNORECASE,
)
_ALWAYS = re.compile(
    r"China Academic Journal Electronic Publishing House|www\.cnki\.net|^\s*万方数据\s*$|^\s*https?://\S+\s+\d+/\d+\s*$"
    r"|^\s*本电子版为\S+网免费提供",
    re.IGNORECASE,
)


class _Row(NamedTuple):
    page: int
    lines: tuple[Line, ...]
    y: float
    text: str
    first: float


class Zones(NamedTuple):
    """Furniture of one page and the lines that are left."""

    header: tuple[Line, ...]
    footer: tuple[Line, ...]
    rest: tuple[Line, ...]


def zones(pages: Sequence[PageContent], lines: Sequence[Sequence[Line]], body: float) -> list[Zones]:
    """For each page its header and footer lines; `body` is the size of the running text in points."""
    heads = [_edge_rows(p, ls, "header") for p, ls in zip(pages, lines, strict=True)]
    feet = [_edge_rows(p, ls, "footer") for p, ls in zip(pages, lines, strict=True)]
    head_rows = _furniture(pages, heads, "header", body)
    foot_rows = _furniture(pages, feet, "footer", body)
    result = []
    for i, ls in enumerate(lines):
        above, below = set(map(id, head_rows[i])), set(map(id, foot_rows[i]))
        always = {id(line) for line in ls if _ALWAYS.search(line.text)}
        header = tuple(line for line in ls if id(line) in above)
        footer = tuple(line for line in ls if id(line) in (below | always) - above)
        rest = tuple(line for line in ls if id(line) not in above | below | always)
        result.append(Zones(header, footer, rest))
    return result


def _edge_rows(page: PageContent, lines: Sequence[Line], side: Side) -> list[_Row]:
    """The outermost rows of one side, from the edge inwards."""
    limit = EDGE * page.height
    near = [x for x in lines if (x.y < limit if side == "header" else x.y > page.height - limit)]
    rows: list[list[Line]] = []
    for line in sorted(near, key=lambda x: x.y, reverse=side == "footer"):
        if rows and abs(line.y - rows[-1][0].y) <= 2.0:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [_row(page, row) for row in rows[:ROWS]]


def _row(page: PageContent, lines: list[Line]) -> _Row:
    lines = sorted(lines, key=lambda x: x.x0)
    return _Row(page.number, tuple(lines), lines[0].y, " ".join(x.text for x in lines), lines[0].x0)


def _masked(text: str) -> str:
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", re.sub(r"\s+", "", text.lower()))


def _furniture(pages: Sequence[PageContent], rows: list[list[_Row]], side: Side, body: float) -> list[list[Line]]:
    """For each page the lines of this side that are furniture."""
    repeated = _repeated(rows, len(pages)) | _counting(rows)
    times = Counter(row.text for page_rows in rows for row in page_rows)
    banners = {key for key in repeated if times[key[1]] >= max(3, BANNER * len(pages))}
    heights = [row.y for page_rows in rows for row in page_rows if _key(row) in repeated]
    usual = _usual_heights(heights, len(pages))
    found: list[list[Line]] = []
    for page, page_rows in zip(pages, rows, strict=True):
        reach = -1
        for i, row in enumerate(page_rows):
            if max(x.size for x in row.lines) > MAX_FURNITURE * body and _key(row) not in banners:
                break
            if any(x.heading for x in row.lines) and _key(row) not in repeated:
                break  # the file's tags call it a heading
            if (
                _key(row) in repeated
                or _at(row.y, usual)
                or _lone_number(row, page, side)
                or (side == "header" and _above_rule(row, page, body))
            ):
                reach = i
        if reach >= 0 and _gap_too_small(page_rows, reach, repeated, usual, page):
            reach = -1
        found.append([x for row in page_rows[: reach + 1] for x in row.lines])
    return found


def _key(row: _Row) -> tuple[int, str]:
    return row.page, row.text


def _repeated(rows: list[list[_Row]], count: int) -> set[tuple[int, str]]:
    """Rows whose text, digits masked, stands at the same height on other pages."""
    places: dict[str, list[_Row]] = defaultdict(list)
    for page_rows in rows:
        for row in page_rows:
            for line in row.lines:
                masked = _masked(line.text)
                if len(masked) > 1:  # a bare number must count with the pages: charts have numbers too
                    places[masked].append(row)
    needed = 2 if count <= 6 else 3
    found = set()
    for masked, same in places.items():
        for row in same:
            near = {r.page for r in same if abs(r.y - row.y) <= SAME_HEIGHT}
            if len(near) >= (needed if len(masked) > 2 else 3):
                found.add(_key(row))
    return found


def _counting(rows: list[list[_Row]]) -> set[tuple[int, str]]:
    """Rows with a number that counts with the pages, on two pages at least, whatever stands beside it."""
    carriers: dict[int, dict[tuple[int, str], _Row]] = defaultdict(dict)
    for page_rows in rows:
        for row in page_rows:
            for end in {row.lines[0].text, row.lines[-1].text}:
                for number in re.findall(r"^\D{0,6}?(\d{1,4})\D{0,4}$|^(\d{1,4})\s+\D|\D\s+(\d{1,4})$", end):
                    carriers[int(next(filter(None, number))) - row.page][_key(row)] = row
    found = set()
    for same in carriers.values():
        if len({row.page for row in same.values()}) >= max(2, 0.3 * len(rows)):
            for row in same.values():
                near = {r.page for r in same.values() if abs(r.y - row.y) <= SAME_HEIGHT}
                if len(near) >= 2:
                    found.add(_key(row))
    return found


def _usual_heights(heights: list[float], count: int) -> list[float]:
    """Baselines at which furniture stands on a third of the pages and on two at least."""
    needed = max(2, count / 3)
    return [height for height in set(heights) if sum(abs(h - height) <= 1.5 for h in heights) >= needed]


def _at(y: float, usual: list[float]) -> bool:
    return any(abs(y - height) <= 1.5 for height in usual)


def _lone_number(row: _Row, page: PageContent, side: Side) -> bool:
    """A row that is nothing but a page number, in the outer margin."""
    if _PAGE_NUMBER.fullmatch(row.text) is None:
        return False
    return row.y < 0.09 * page.height if side == "header" else row.y > 0.9 * page.height


def _above_rule(row: _Row, page: PageContent, body: float) -> bool:
    """Small type over a rule across the head of the page: a first page's head differs from the others."""
    if row.y > 0.12 * page.height or max(x.size for x in row.lines) > 1.1 * body:
        return False
    return any(
        rule.width > 0.5 * page.width and row.y - 4 <= rule.top <= 0.125 * page.height
        for rule in page.rules
        if rule.height < 3
    )


def _gap_too_small(
    rows: list[_Row], reach: int, repeated: set[tuple[int, str]], usual: list[float], page: PageContent
) -> bool:
    """Whether the innermost furniture row, known only by its look, is really the first line of the text."""
    row = rows[reach]
    if _key(row) in repeated or _at(row.y, usual) or reach + 1 >= len(rows):
        return False
    gap = abs(rows[reach + 1].y - row.y)
    ruled = any(
        min(row.y, rows[reach + 1].y) - 2 <= r.top <= max(row.y, rows[reach + 1].y) for r in page.rules if r.width > 50
    )
    return not ruled and gap < 1.5 * max(x.size for x in rows[reach + 1].lines)
