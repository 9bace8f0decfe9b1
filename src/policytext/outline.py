"""What are this document's causes, dilemmas, recommendations?

An item of the outline is an argument unit as its author numbered it: an enumerated item (第一，……), or a
numbered subsection (（一）……) of a part that announces the act. Where nothing is numbered, each passage of the
role is an item.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from policytext import tokens
from policytext.enumeration import item_mark, rank
from policytext.types import Passage, Tagged

ARGUMENT = ("cause", "dilemma", "recommendation")
"""The roles that an outline lists by default, in the order of an argument."""

MAX_HEADLINE_ZH = 60
MAX_HEADLINE_EN = 28
"""Characters and words of a headline; a longer first sentence is cut at a comma."""

MAJORITY = 0.5
"""Share of a subsection's passages that must have its role for the subsection to be one item."""


@dataclass(frozen=True, slots=True)
class Item:
    """One cause, dilemma or recommendation: its headline, where it begins, and its passages in order."""

    role: str
    mark: str
    headline: str
    page: int | None
    themes: tuple[str, ...]
    passages: tuple[int, ...]
    """Numbers (`Passage.n`) of the passages it is made of."""


def outline(tagged: Sequence[Tagged], roles: Sequence[str] = ARGUMENT) -> tuple[Item, ...]:
    """The items of ONE document by role, each role's in reading order.

    `tagged` are the document's passages in reading order.
    """
    units = _units(list(tagged))
    items = [item for unit in units if (item := _item(unit, roles)) is not None]
    return tuple(item for role in roles for item in items if item.role == role)


def _units(tagged: Sequence[Tagged]) -> list[list[Tagged]]:
    """The passages as argument units, in order: by section first, inside a section by its own numbering."""
    units: list[list[Tagged]] = []
    for _, group in groupby(tagged, key=lambda t: t.passage.section):
        passages = list(group)
        numbered = [t for t in passages if _opens_item(t.passage)]
        if len(numbered) > 1 and not _is_item_section(passages[0].passage.section, tagged):
            units += _by_marks(passages)
        elif passages[0].passage.section and item_mark(passages[0].passage.section[-1]):
            units.append(passages)
        else:
            units += [[t] for t in passages]
    return units


def _opens_item(passage: Passage) -> bool:
    return bool(passage.item) and (rank(passage.item) is not None or passage.item[0] in "•●▪-*")


def _is_item_section(section: tuple[str, ...], tagged: Sequence[Tagged]) -> bool:
    """Whether the section is one of several numbered siblings that are made of single paragraphs or parts.

    （一）……（二）…… under 政策建议 are items; （一）成因 and （二）困境, with 第一…第二… inside, are not: there the
    paragraphs carry the numbers.
    """
    if not section or not item_mark(section[-1]):
        return False
    own = [t.passage for t in tagged if t.passage.section == section]
    marks = [p.item for p in own if (rank(p.item) is not None and p.item[:1] in "第") or p.item[1:2] == "是"]
    opens_with_mark = [p for p in own if item_mark(p.text) == p.item and p.item]
    return len(marks) < 2 or len(opens_with_mark) < 2 or own[0].boxes == own[-1].boxes != ()


def _by_marks(passages: Sequence[Tagged]) -> list[list[Tagged]]:
    """A section cut before every item; what follows an item without a mark belongs to it."""
    units: list[list[Tagged]] = []
    open_item = False
    for t in passages:
        if _opens_item(t.passage):
            units.append([t])
            open_item = True
        elif open_item:
            units[-1].append(t)
        else:
            units.append([t])
    return units


def _item(unit: Sequence[Tagged], roles: Sequence[str]) -> Item | None:
    votes: Counter[str] = Counter()
    for t in unit:
        labels = t.labels("role")
        if labels:
            votes[labels[0]] += len(t.passage.text)
    if not votes:
        return None
    role, weight = votes.most_common(1)[0]
    if role not in roles or weight < MAJORITY * votes.total():
        return None
    first = unit[0].passage
    themes = Counter(theme for t in unit for theme in t.labels("theme"))
    return Item(
        role,
        first.item,
        headline(unit),
        first.page,
        tuple(theme for theme, _ in themes.most_common(3)),
        tuple(t.passage.n for t in unit),
    )


def headline(unit: Sequence[Tagged]) -> str:
    """What an item says in a line: its numbered heading, else its first sentence without the mark."""
    first = unit[0].passage
    if len(unit) >= 1 and not first.item and first.section and item_mark(first.section[-1]):
        return _without_mark(first.section[-1])
    text = _without_mark(first.text)
    spans = tokens.sentences(text, first.language)
    sentence = text[spans[0][0] : spans[0][1]] if spans else text
    return _shorten(sentence.rstrip("。.；; "), first.language == "en")


def _without_mark(text: str) -> str:
    mark = item_mark(text)
    rest = text.strip()
    if mark and rest.startswith(mark):
        rest = rest[len(mark) :]
    return re.sub(r"^[\s，,、：:.．)）]+", "", rest)


def _shorten(sentence: str, english: bool) -> str:
    if english:
        words = sentence.split()
        return sentence if len(words) <= MAX_HEADLINE_EN else " ".join(words[:MAX_HEADLINE_EN]).rstrip(",;:") + "…"
    if len(sentence) <= MAX_HEADLINE_ZH:
        return sentence
    cut = max(sentence.rfind(comma, 0, MAX_HEADLINE_ZH) for comma in "，,；;")
    return sentence[: cut if cut > MAX_HEADLINE_ZH // 3 else MAX_HEADLINE_ZH] + "…"
