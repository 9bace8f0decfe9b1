"""Do two readers of the same passages agree? Cohen's kappa, overall and label by label, and where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policytext.corpus import Dataset, Example
from policytext.errors import CorpusError
from policytext.taxonomy import Facet

Pair = tuple[Example, Example]


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """How two readers used one label: passages that the first gave it, the second, both; `kappa` of having it or not
    (None where it says nothing: nobody used the label, or everybody always), and `f1`, the agreement on its use."""

    label: str
    first: int
    second: int
    both: int
    kappa: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class FacetAgreement:
    """How two readers used a facet on passages of one language.

    Of an exclusive facet `agree` is the share of passages with the same primary label and `kappa` Cohen's over
    these; of another, `agree` is the share with the same set of labels and `kappa` the mean over its labels.
    """

    facet: str
    language: str
    passages: int
    agree: float
    kappa: float | None
    labels: tuple[LabelAgreement, ...]


def pair(first: Dataset, second: Dataset) -> list[Pair]:
    """The passages that both corpora have, in the first one's order: by id, or by document and text where no id is
    shared. Raises `CorpusError` when there are none, the taxonomies differ, or an id stands for two texts.
    """
    if first.taxonomy.hash != second.taxonomy.hash:
        raise CorpusError(f"{first.name} and {second.name} have different taxonomies; they can't be compared")
    by_id = {e.id: e for e in second.examples}
    pairs = [(e, by_id[e.id]) for e in first.examples if e.id in by_id]
    if not pairs:
        by_text = {(e.doc, e.tagged.passage.text): e for e in second.examples}
        keys = [(e, (e.doc, e.tagged.passage.text)) for e in first.examples]
        pairs = [(e, by_text[key]) for e, key in keys if key in by_text]
    if not pairs:
        raise CorpusError(
            f"{first.name} and {second.name} share no passage; ids, or documents and texts, must be equal"
        )
    for one, other in pairs:
        if one.tagged.passage.text != other.tagged.passage.text:
            raise CorpusError(f'passage "{one.id}" has another text in {second.name}; compare labels of equal texts')
    return pairs


def agreement(pairs: Sequence[Pair], facet: Facet, language: str = "all") -> FacetAgreement:
    """How far the pairs agree on a facet; of an exclusive one, passages that a reader left bare are not counted."""
    rows = [(a.tagged.labels(facet.id), b.tagged.labels(facet.id)) for a, b in pairs]
    if facet.exclusive:
        rows = [(a[:1], b[:1]) for a, b in rows if a and b]
    labels = tuple(_label(label, rows) for label in facet.ids)
    n = len(rows)
    agree = sum(set(a) == set(b) for a, b in rows) / n if n else 0.0
    if facet.exclusive:
        overall = kappa([(a[0], b[0]) for a, b in rows])
    else:
        told = [x.kappa for x in labels if x.kappa is not None]
        overall = sum(told) / len(told) if told else None
    return FacetAgreement(facet.id, language, n, agree, overall, labels)


def by_language(pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    """The pairs of each language, and all of them under `all` when there is more than one."""
    parts: dict[str, list[Pair]] = {}
    for language in ("zh", "en", "other"):
        part = [p for p in pairs if p[0].tagged.passage.language == language]
        if part:
            parts[language] = part
    return parts if len(parts) < 2 else {**parts, "all": list(pairs)}


def kappa(rows: Sequence[tuple[object, object]]) -> float | None:
    """Cohen's kappa of two readers' labels (Cohen 1960); None where chance alone would agree always.

    >>> kappa([("cause", "cause"), ("dilemma", "dilemma"), ("cause", "dilemma"), ("dilemma", "dilemma")])
    0.5
    """
    n = len(rows)
    first, second = Counter(a for a, _ in rows), Counter(b for _, b in rows)
    chance = sum(first[label] * second[label] for label in first)
    if n * n == chance:
        return None
    return (n * sum(a == b for a, b in rows) - chance) / (n * n - chance)


def _label(label: str, rows: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]) -> LabelAgreement:
    uses = [(label in a, label in b) for a, b in rows]
    first, second, both = sum(a for a, _ in uses), sum(b for _, b in uses), sum(a and b for a, b in uses)
    f1 = 2 * both / (first + second) if first + second else None
    return LabelAgreement(label, first, second, both, kappa(uses), f1)


def differences(pairs: Sequence[Pair], facets: Sequence[Facet]) -> Iterator[dict[str, Any]]:
    """A row for every passage on which the readers differ: of an exclusive facet its primary label, of another the set.

    `{"id", "doc", "section", "text", facet: [first reader's labels, second's], …}`, in the order of the pairs.
    """
    for one, other in pairs:
        differ: dict[str, Any] = {}
        for facet in facets:
            a, b = one.tagged.labels(facet.id), other.tagged.labels(facet.id)
            if (a[:1] != b[:1]) if facet.exclusive else (set(a) != set(b)):
                differ[facet.id] = [list(a), list(b)]
        if differ:
            passage = one.tagged.passage
            row = {"id": one.id, "doc": one.doc, "section": list(passage.section), "text": passage.text}
            yield {**row, **differ}


def agreement_row(found: FacetAgreement, label: LabelAgreement | None = None) -> dict[str, Any]:
    """A facet's agreement, or one of its labels', as `corpus agreement` prints it."""
    row: dict[str, Any] = {"facet": found.facet, "language": found.language}
    if label is None:
        return row | {
            "label": None,
            "passages": found.passages,
            "agree": _round(found.agree),
            "kappa": _round(found.kappa),
        }
    used = {"label": label.label, "first": label.first, "second": label.second, "both": label.both}
    return row | used | {"kappa": _round(label.kappa), "f1": _round(label.f1)}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
