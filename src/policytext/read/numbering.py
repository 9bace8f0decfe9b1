"""What does a heading's number say of its level? Forms, not counts of `#` or sizes of type, decide.

Chinese papers number 一、 （一） 1. （1）, laws 第一章 第一节 第一条, Western reports 1 1.1 1.1.1, Chapter 1,
A., I. A form that is first met below another form lies deeper than it; a form met again goes back to its
own level. `Levels` holds that memory for one document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_DIGITS = "一二三四五六七八九十百"

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("编", re.compile(rf"第[{_DIGITS}\d]+[编篇卷部]分?(?=[\s　、：:]|[\u4e00-\u9fff])")),
    ("章", re.compile(rf"第[{_DIGITS}\d]+章")),
    ("节", re.compile(rf"第[{_DIGITS}\d]+节")),
    ("条", re.compile(rf"第[{_DIGITS}\d]+条")),
    ("一、", re.compile(rf"[{_DIGITS}]{{1,3}}\s*[、．.]")),
    ("（一）", re.compile(rf"[（(]\s*[{_DIGITS}]{{1,3}}\s*[）)]")),
    ("1.1", re.compile(r"\d{1,2}(?:\s?[.．]\s?\d{1,2}){1,4}(?![\d%％])[.．、]?")),
    ("1.", re.compile(r"\d{1,2}\s*[.．、](?!\d)")),
    ("1 ", re.compile(r"\d{1,2}(?=\s+\S|[\u4e00-\u9fff])(?!\s*[年月日%％个项家倍])")),
    ("（1）", re.compile(r"[（(]\s*\d{1,2}\s*[）)]|\d{1,2}[）)]")),
    ("Part", re.compile(r"(?:Part|Title)\s+(?:\d+|[IVX]+)\b", re.IGNORECASE)),
    ("Chapter", re.compile(r"Chapter\s+(?:\d+|[IVX]+)\b", re.IGNORECASE)),
    ("Section", re.compile(r"(?:Section|Article|Annex|Appendix)\s+(?:\d+|[IVXA-H])\b", re.IGNORECASE)),
    ("I.", re.compile(r"[IVX]{1,5}\.(?=\s)")),
    ("A.", re.compile(r"[A-H]\.(?=\s)")),
)

UNNUMBERED_TOPS = re.compile(
    r"(?:引\s*言|前\s*言|导\s*言|导\s*论|绪\s*论|序\s*言|结\s*语|结\s*论|结束语|余\s*论|小\s*结|后\s*记|附\s*录|致\s*谢"
    r"|[\[［【]?\s*参\s*考\s*文\s*献\s*[\]］】]?"
    r"|introduction|conclusions?|concluding remarks|references|bibliography|acknowledge?ments?|foreword|preface"
    r"|executive summary|summary|appendix.*|annex.*|abbreviations|glossary|endnotes|notes)[:：]?",
    re.IGNORECASE,
)
"""Whole headings that stand at the top level although they bear no number."""


def form(text: str) -> tuple[str, int] | None:
    """The number form with which a heading begins and its depth within the form; None without a number.

    Only decimal numbers have a depth of their own.

    >>> form("（二）困境"), form("2.2.3 农用化学品"), form("二〇二四年工作回顾")
    (('（一）', 1), ('1.1', 3), None)
    """
    stripped = text.strip()
    for name, pattern in _FORMS:
        found = pattern.match(stripped)
        if found:
            depth = len(re.findall(r"\d+", found[0])) if name == "1.1" else 1
            return ("1", depth) if name in ("1 ", "1.1") and depth == 1 else (name, depth)
    return None


def decimal(text: str) -> tuple[int, ...]:
    """The numbers of a decimal heading, empty for any other text.

    >>> decimal("2.2.3 农用化学品"), decimal("3 Method"), decimal("（二）困境")
    ((2, 2, 3), (3,), ())
    """
    found = re.match(r"\s*\d{1,2}(?:\s?[.．]\s?\d{1,2}){0,4}", text)
    if found is None or (form(text) or ("",))[0] not in ("1", "1.", "1.1"):
        return ()
    return tuple(int(n) for n in re.findall(r"\d+", found[0]))


def follows(number: tuple[int, ...], last: tuple[int, ...]) -> bool:
    """Whether a decimal number is the one that comes after `last`: its first child, or its or a parent's next.

    >>> follows((2, 1), (2,)), follows((2, 2), (2, 1, 4)), follows((2, 3), (2, 1))
    (True, True, False)
    """
    if number == (*last, 1):
        return True
    depth = len(number)
    return 0 < depth <= len(last) and number == (*last[: depth - 1], last[depth - 1] + 1)


@dataclass
class Levels:
    """The levels of one document's headings so far; `of` must be called in reading order."""

    _stack: list[tuple[str, int]] = field(default_factory=list)

    def of(self, text: str, hashes: int = 0) -> int:
        """The level, from 1, of the next heading; `hashes` is the depth its markup claims, if it has any."""
        if UNNUMBERED_TOPS.fullmatch(text.strip()):
            self._stack.clear()
            return 1
        found = form(text)
        if found is None:
            return self._unnumbered(hashes)
        name, depth = found
        if name in ("1", "1.", "1.1"):
            return self._decimal(name, depth)
        return self._place(name)

    def _decimal(self, name: str, depth: int) -> int:
        """1 and 1.1 are one system; its first number sits below whatever other form stands above it."""
        outer = [entry for entry in self._stack if entry[0] not in ("1", "1.", "1.1", "（1）", "#")]
        base = outer[-1][1] if outer else 0
        self._stack = [*outer, *((("1", base + d)) for d in range(1, depth)), (name, base + depth)]
        return base + depth

    def _place(self, name: str) -> int:
        names = [entry[0] for entry in self._stack]
        if name in names:
            self._stack = self._stack[: names.index(name) + 1]
            return self._stack[-1][1]
        if name in ("编", "章", "Part", "Chapter") or (name == "一、" and "章" not in names and "节" not in names):
            self._stack.clear()
        level = (self._stack[-1][1] if self._stack else 0) + 1
        self._stack.append((name, level))
        return level

    def _unnumbered(self, hashes: int) -> int:
        """A heading without a number: its markup's depth where nothing numbered stands above it, else below that."""
        numbered = [entry for entry in self._stack if not entry[0].startswith("#")]
        if not numbered:
            return max(hashes, 1)
        return numbered[-1][1] + 1
