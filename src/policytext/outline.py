"""What are this document's causes, dilemmas, recommendations?

An item of the outline is an argument unit as its author numbered it: an enumerated item (第一，……), or a
numbered subsection (（一）……) of a part that announces the act. Where nothing is numbered, each passage of the
role is an item. What an item does is decided by its passages' tags and by the heading above it together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from policytext import tokens
from policytext.enumeration import item_mark, mark_family, rank
from policytext.features import announced, head_act
from policytext.taxonomy import Taxonomy
from policytext.types import Passage, Tagged

ARGUMENT = ("cause", "dilemma", "recommendation")
"""The roles that an outline lists by the shipped taxonomy, in the order of an argument."""

MAX_HEADLINE_ZH = 60
MAX_HEADLINE_EN = 28
"""Characters and words of a headline; a longer first sentence is cut at a comma."""

MIN_POINT_ZH = 25
MIN_POINT_EN = 10
"""Characters and words below which a passage without a number is no point of its own."""

MAJORITY = 0.4
"""Share of the votes, of tags and heading together, that a unit's role must have for the unit to be an item."""

HEADING_VOTE = 0.7
"""Weight of the act a heading announces against the tags of all passages below it: an author who writes
政策建议 means it, unless the tags are sure and of one mind."""


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


@dataclass(frozen=True, slots=True)
class _Unit:
    """Passages that make one point; `group` names the enumeration it is part of, empty where nobody numbered it."""

    passages: tuple[Tagged, ...]
    group: tuple[str, ...] = ()

    @property
    def first(self) -> Passage:
        return self.passages[0].passage

    @property
    def size(self) -> int:
        return sum(len(t.passage.text) for t in self.passages)


def argument(taxonomy: Taxonomy) -> tuple[str, ...]:
    """The labels of the first exclusive facet that an outline lists: those its `outline` names, else all.

    The shipped taxonomy names none: what it lists is `ARGUMENT`, its background and foundation are left out.
    """
    facet = taxonomy.primary
    if facet is None:
        return ()
    return facet.outline or (ARGUMENT if set(ARGUMENT) <= set(facet.ids) else facet.ids)


def outline(tagged: Sequence[Tagged], taxonomy: Taxonomy, roles: Sequence[str] | None = None) -> tuple[Item, ...]:
    """The items of ONE document by role, each role's in reading order; `roles` are those of `argument` unless told.

    `tagged` are the document's passages in reading order. The items of one enumeration do the same act, so
    their tags are counted together. Where a role has numbered items, passages outside them are no items.
    """
    roles = argument(taxonomy) if roles is None else roles
    units = _units(tagged, taxonomy)
    groups: dict[tuple[str, ...], list[_Unit]] = {}
    for unit in units:
        if unit.group:
            groups.setdefault(unit.group, []).append(unit)
    chosen = [(unit, _role(groups[unit.group] if unit.group else [unit], taxonomy)) for unit in units]
    numbered = {role for role in roles if sum(own == role and bool(unit.group) for unit, own in chosen) > 1}
    return tuple(
        _item(unit, role, taxonomy)
        for role in roles
        for unit, own in chosen
        if own == role and (unit.group or (role not in numbered and _says_enough(unit)))
    )


def _units(tagged: Sequence[Tagged], taxonomy: Taxonomy) -> list[_Unit]:
    """The passages as units in order: a section by its own numbering, else a numbered section as a whole."""
    units: list[_Unit] = []
    for section, group in groupby(tagged, key=lambda t: t.passage.section):
        passages = list(group)
        families = Counter(mark_family(t.passage.item) for t in passages if _opens_item(t.passage))
        if families and families.most_common(1)[0][1] > 1 and not _is_item_section(section, taxonomy):
            units += _by_marks(passages, families.most_common(1)[0][0])
        elif _is_item_section(section, taxonomy):
            units.append(_Unit(tuple(passages), (*section[:-1], mark_family(item_mark(section[-1])))))
        else:
            units += [_Unit((t,)) for t in passages]
    return units


def _opens_item(passage: Passage) -> bool:
    return bool(passage.item) and (rank(passage.item) is not None or passage.item.lower() in ("最后", "finally"))


def _is_item_section(section: tuple[str, ...], taxonomy: Taxonomy) -> bool:
    """Whether a numbered subsection makes one point of an enumeration rather than holding one.

    （一）健全举国体制 below 四、政策建议 is a point; （一）问题的成因 and 四、政策建议 announce an act and hold points.
    """
    return len(section) > 1 and bool(item_mark(section[-1])) and not head_act(section[-1], taxonomy)


def _by_marks(passages: Sequence[Tagged], family: str) -> list[_Unit]:
    """A section cut before every item of the family; what follows an item without a mark belongs to it."""
    cut: list[list[Tagged]] = []
    for t in passages:
        opens = _opens_item(t.passage) and mark_family(t.passage.item) == family
        if opens or not cut or not cut[-1][0].passage.item:
            cut.append([t])
        else:
            cut[-1].append(t)
    section = passages[0].passage.section
    return [_Unit(tuple(part), (*section, family) if part[0].passage.item else ()) for part in cut]


def _says_enough(unit: _Unit) -> bool:
    """Whether a passage that nobody numbered is long enough to be a point: addresses and stray lines aren't."""
    text = unit.first.text
    return len(text.split()) >= MIN_POINT_EN if unit.first.language == "en" else len(text) >= MIN_POINT_ZH


def _role(units: Sequence[_Unit], taxonomy: Taxonomy) -> str:
    """What these units do: the tags of their passages, weighted by length, and the act their heading announces."""
    votes: dict[str, float] = {}
    facet = taxonomy.primary
    if facet is None:
        return ""
    for unit in units:
        for t in unit.passages:
            for tag in t.tags:
                if tag.facet == facet.id:
                    votes[tag.label] = votes.get(tag.label, 0.0) + tag.score * len(t.passage.text)
    told = announced(units[0].first.section, taxonomy)
    if told in facet.ids:
        votes[told] = votes.get(told, 0.0) + HEADING_VOTE * sum(unit.size for unit in units)
    role = max(votes, key=lambda label: votes[label], default="")
    return role if votes and votes[role] >= MAJORITY * sum(votes.values()) else ""


def _item(unit: _Unit, role: str, taxonomy: Taxonomy) -> Item:
    about = taxonomy.subject
    themes = Counter(theme for t in unit.passages for theme in (t.labels(about.id) if about else ()))
    return Item(
        role,
        unit.first.item,
        headline(unit.passages),
        unit.first.page,
        tuple(theme for theme, _ in themes.most_common(3)),
        tuple(t.passage.n for t in unit.passages),
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
    rest = re.sub(r"^[\s，,、：:.．)）]+", "", rest)
    return rest[:1].upper() + rest[1:]


def _shorten(sentence: str, english: bool) -> str:
    if english:
        words = sentence.split()
        return sentence if len(words) <= MAX_HEADLINE_EN else " ".join(words[:MAX_HEADLINE_EN]).rstrip(",;:") + "…"
    if len(sentence) <= MAX_HEADLINE_ZH:
        return sentence
    cut = max(sentence.rfind(comma, 0, MAX_HEADLINE_ZH) for comma in "，,；;")
    return sentence[: cut if cut > MAX_HEADLINE_ZH // 3 else MAX_HEADLINE_ZH] + "…"
