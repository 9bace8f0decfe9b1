"""Which sign numbers this item, and where does an enumeration inside a paragraph begin and end?

An enumeration inside one paragraph (…：一是……；二是……) is cut when its marks run in sequence and every item
is long enough to be evidence by itself. The same marks serve the passages, the features and the outline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from policytext.types import Language

MIN_ITEM_ZH = 28
"""Characters that an item inside a Chinese paragraph must have: below this 一是……二是…… is a list of nouns."""

MIN_ITEM_EN = 12
"""Words that an item inside an English paragraph must have, for the same reason."""

_DIGITS = "一二三四五六七八九十"
_ORDER_ZH = ("首先", "其次", "再次", "最后")
_ORDER_EN = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")

_START = r"(?:^|(?<=[。；;：:！？]))\s*"


@dataclass(frozen=True, slots=True)
class _Family:
    """A way to number items: `pattern` finds a mark (group 1) where an item may begin."""

    name: str
    pattern: re.Pattern[str]
    inline: bool


_FAMILIES = (
    _Family("第", re.compile(_START + rf"(第[{_DIGITS}]{{1,3}})(?=[，,、：:])"), inline=True),
    _Family("其", re.compile(_START + rf"(其[{_DIGITS}]{{1,2}})(?=[，,、：:]|是)"), inline=True),
    _Family("是", re.compile(_START + rf"([{_DIGITS}]{{1,2}}是)(?!否|不是)"), inline=True),
    _Family("首", re.compile(_START + rf"({'|'.join(_ORDER_ZH)})(?=[，,、：:])"), inline=True),
    _Family("（", re.compile(_START + rf"([（(](?:\d{{1,2}}|[{_DIGITS}]{{1,2}})[)）])"), inline=True),
    _Family("①", re.compile(_START + r"([①-⑳])"), inline=True),
    _Family("1", re.compile(r"^\s*(\d{1,2}[.．、)）])(?!\d)"), inline=False),
    _Family("面", re.compile(_START + r"(一方面|另一方面)(?=[，,：:]?)"), inline=False),
    _Family("先", re.compile(r"^(此外|再者)(?=[，,])"), inline=False),
    _Family(
        "first",
        re.compile(
            rf"(?:^|(?<=[.;:!?]\s))((?:{'|'.join(_ORDER_EN)})(?:ly)?|finally|lastly)(?=,)",
            re.IGNORECASE,
        ),
        inline=True,
    ),
    _Family(
        "(i)", re.compile(rf"(?:^|(?<=[.;:,]\s))(\((?:{'|'.join(reversed(_ROMAN))}|[a-h]|\d{{1,2}})\))"), inline=True
    ),
    _Family("i.", re.compile(rf"^\s*((?:{'|'.join(reversed(_ROMAN))})[.)])(?=\s)"), inline=False),
    _Family("•", re.compile(r"^\s*([•●▪◦‣·*–-])\s+"), inline=False),
)


def item_mark(text: str) -> str:
    """The enumeration mark with which `text` begins, else an empty string.

    >>> item_mark("第二，技术引进渠道单一。"), item_mark("(1) Fund the labs."), item_mark("第二产业增长")
    ('第二', '(1)', '')
    """
    for family in _FAMILIES:
        found = family.pattern.match(text)
        if found:
            return found[1]
    return ""


def rank(mark: str) -> int | None:
    """The place of a mark in its enumeration, from 1; None for marks that say none (•, 此外, 最后).

    >>> rank("第三"), rank("二是"), rank("（4）"), rank("Second"), rank("iv."), rank("最后")
    (3, 2, 4, 2, 4, None)
    """
    if mark in _ORDER_ZH[:-1]:
        return _ORDER_ZH.index(mark) + 1
    core = re.sub(r"^[（(第其 ]+|[）)是.．、 ]+$", "", mark).lower()
    if core.isdecimal():
        return int(core)
    if core and all(c in _DIGITS for c in core):
        return _chinese_number(core)
    if len(core) == 1 and "①" <= core <= "⑳":
        return ord(core) - ord("①") + 1
    for order in (_ORDER_EN, _ROMAN):
        if core.removesuffix("ly") in order:
            return order.index(core.removesuffix("ly")) + 1
    if len(core) == 1 and "a" <= core <= "h":
        return ord(core) - ord("a") + 1
    return {"一方面": 1, "另一方面": 2}.get(core)


def mark_family(mark: str) -> str:
    """The name of the way in which a mark numbers; marks of one enumeration share it. Empty without a mark.

    >>> mark_family("第三"), mark_family("最后"), mark_family("Second"), mark_family("（二）")
    ('第', '首', 'first', '（')
    """
    shown = (f"{mark}，", f"{mark}, ", f"{mark} ")
    return next((f.name for f in _FAMILIES if mark and any(f.pattern.match(text) for text in shown)), "")


def cut_items(text: str, language: Language) -> list[tuple[str, str]]:
    """The pieces of one paragraph as (mark, text): one piece, or lead-in and items of an inline enumeration.

    No character is lost: the pieces joined are the paragraph, white space at the cuts aside.
    """
    first = item_mark(text)
    if first and rank(first) != 1:
        return [(first, text)]
    for family in _FAMILIES:
        if not family.inline or (first and family.name != mark_family(first)):
            continue  # an item is cut only at the marks of its own enumeration, not at those inside it
        cuts = _sequence(family, text)
        pieces = _pieces(text, cuts)
        if len(cuts) > 1 and all(_long_enough(piece, language) for mark, piece in pieces if mark):
            return _attach_lead(pieces, language)
    return [(first, text)]


def _sequence(family: _Family, text: str) -> list[tuple[int, str]]:
    """Offsets and marks of the family's first run 1, 2, 3 … in `text`; 最后 and finally may close it."""
    cuts: list[tuple[int, str]] = []
    for found in family.pattern.finditer(text):
        mark = found[1]
        place = rank(mark)
        closing = place is None and mark.lower() in ("最后", "finally", "lastly")
        if place == len(cuts) + 1 or (closing and cuts):
            cuts.append((found.start(1), mark))
    return cuts


def _pieces(text: str, cuts: list[tuple[int, str]]) -> list[tuple[str, str]]:
    starts = [0, *(at for at, _ in cuts)]
    ends = [*(at for at, _ in cuts), len(text)]
    marks = ["", *(mark for _, mark in cuts)]
    cut = [(mark, text[a:b].strip()) for mark, a, b in zip(marks, starts, ends, strict=True)]
    return [(mark, piece) for mark, piece in cut if piece]


def _attach_lead(pieces: list[tuple[str, str]], language: Language) -> list[tuple[str, str]]:
    """A lead-in too short to stand alone ("为此：") goes with the first item."""
    lead_mark, lead = pieces[0]
    if lead_mark or _long_enough(lead, language) or len(pieces) == 1:
        return pieces
    (mark, item), *rest = pieces[1:]
    glue = " " if language == "en" else ""
    return [(mark, lead + glue + item), *rest]


def _long_enough(piece: str, language: Language) -> bool:
    if language == "en":
        return len(piece.split()) >= MIN_ITEM_EN
    return len(piece) >= MIN_ITEM_ZH


def _chinese_number(text: str) -> int:
    tens, _, units = text.rpartition("十")
    if "十" not in text:
        return _DIGITS.index(text) + 1 if len(text) == 1 else 0
    return (_DIGITS.index(tens) + 1 if tens else 1) * 10 + (_DIGITS.index(units) + 1 if units else 0)
