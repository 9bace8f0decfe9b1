"""Which lines at the foot of a column are notes, and where does each note begin?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from policytext.read.columns import Item, Strip
from policytext.read.floats import Float
from policytext.read.lines import Line
from policytext.read.runs import PageContent, Rect

SMALLER = 0.95
"""Size of notes over the body's, at most."""

MAX_RULE = 0.55
"""Share of the column's width that the rule above notes fills, at most; a longer one parts something else."""

_FIRST_PAGE = re.compile(
    r"[*＊∗]?\s*[\[［【]?(?:收稿日期|修回日期|投稿日期|基金项目|资助项目|作者简介|作者单位|作者信息|通信作者|通讯作者|第一作者|课题组成员|责任编辑)"
)
_MARK = re.compile(
    r"([①-⑳㉑-㊿❶-❿]|[\[［〔]\s?\d{1,3}\s?[\]］〕]|\*{1,3}|[＊∗†‡§]|\d{1,3}(?=[\s.．、)）]|[A-Z“\"\u4e00-\u9fff]))\s*[.．、)）]?\s*"
)


@dataclass(frozen=True, slots=True)
class Note:
    """The lines of one note; `mark` is empty where it goes on from the page before."""

    mark: str
    lines: tuple[Line, ...]


def part_notes(page: PageContent, strips: Sequence[Strip], body: float) -> tuple[list[Strip], list[Note]]:
    """The columns without the notes at their feet, and the notes in order."""
    kept: list[Strip] = []
    notes: list[Note] = []
    for strip in strips:
        start = _start(page, strip, body)
        if start < len(strip.items):
            lines = [i for i in strip.items[start:] if isinstance(i, Line)]
            floats = [i for i in strip.items[start:] if isinstance(i, Float)]
            notes += _split(lines)
            strip = replace(strip, items=(*strip.items[:start], *floats))
        if strip.items:
            kept.append(strip)
    return kept, notes


def _start(page: PageContent, strip: Strip, body: float) -> int:
    """The index of the first note among the strip's items, their number when there is none."""
    ruled = _below_rule(page, strip, body)
    return ruled if ruled is not None else _small_tail(page, strip, body)


def _below_rule(page: PageContent, strip: Strip, body: float) -> int | None:
    """Where the smaller type below a short rule begins."""
    for rule in sorted(page.rules, key=lambda r: r.top):
        width = max(strip.x1 - strip.x0, 1.0)
        if (
            rule.height > 3
            or rule.width < 18
            or rule.width > max(MAX_RULE * width, 150)
            or rule.top < 0.25 * page.height
        ):
            continue
        if not strip.x0 - 12 <= rule.x0 <= strip.x1 or rule.x1 > strip.x1 + 30 or rule.x0 > strip.x0 + 0.3 * width:
            continue
        below = [i for i, item in enumerate(strip.items) if _middle(item) > rule.top]
        if not below or _underlines(rule, strip):
            continue
        lines = [x for x in strip.items[below[0] :] if isinstance(x, Line)]
        if not lines:
            continue
        small = sum(len(x.text) for x in lines if x.size <= SMALLER * body)
        marked = bool(lines[0].lead) or _MARK.match(lines[0].text) is not None
        if (small > 0.8 * sum(len(x.text) for x in lines) and lines[0].size <= SMALLER * body) or (
            marked and all(x.size <= 1.02 * body for x in lines) and rule.top > 0.5 * page.height
        ):
            return below[0]
    return None


def _underlines(rule: Rect, strip: Strip) -> bool:
    return any(
        isinstance(x, Line) and -0.5 <= rule.top - x.y <= 0.3 * x.size and rule.x1 <= x.x1 + 3 for x in strip.items
    )


def _middle(item: Item) -> float:
    return (item.top + item.bottom) / 2


def _small_tail(page: PageContent, strip: Strip, body: float) -> int:
    """Where the small marked lines at the strip's foot begin."""
    start = len(strip.items)
    while start > 0:
        item = strip.items[start - 1]
        if not isinstance(item, Line) or item.size > SMALLER * body or item.top < 0.3 * page.height:
            break
        start -= 1
    for i in range(start, len(strip.items)):
        item = strip.items[i]
        if isinstance(item, Line) and (
            item.lead or _FIRST_PAGE.match(item.text) or re.match(r"[①-⑳㉑-㊿*＊∗†‡]", item.text)
        ):
            return i
    return len(strip.items)


def _split(lines: list[Line]) -> list[Note]:
    """Notes one by one: each begins with a mark, or with the words that open a journal's first-page notes."""
    groups: list[tuple[str, list[Line]]] = []
    for line in lines:
        mark, text = line.lead.strip("，, "), line.text
        if not mark and (found := _MARK.match(text)) and _begins(found[1], groups, line):
            mark, text = found[1], text[found.end() :]
        first = _FIRST_PAGE.match(text) is not None
        if mark or first or not groups:
            groups.append((mark, [replace(line, text=text or line.text)]))
        else:
            groups[-1][1].append(line)
    return [Note(mark, tuple(group)) for mark, group in groups]


def _begins(mark: str, groups: list[tuple[str, list[Line]]], line: Line) -> bool:
    """Whether a figure at the head of a line is a note's mark: signs always are, numbers when they count up."""
    digits = re.sub(r"\D", "", mark)
    if not digits or mark[0] in "[［〔":
        return True
    before = [re.sub(r"\D", "", m) for m, _ in groups]
    if not any(before):
        return not groups
    last = next(int(b) for b in reversed(before) if b)
    return int(digits) == last + 1
