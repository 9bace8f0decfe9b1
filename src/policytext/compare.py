"""Is this model better than that one, and what would change? Two models on the same passages, side by side.

Two questions about a labelled set, since each test sees what the other can't: McNemar's counts the passages on which
only one is right; the bootstrap draws documents, in which passages stand and fall together. On a library, which has
no gold, all that can be told is what would be labelled otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from policytext.errors import ModelError
from policytext.evaluate import Predicted, by_language, judged_rows, score, score_themes
from policytext.model import Model
from policytext.scorecard import DRAWS, Interval, document_weights, interval, measures, replicates
from policytext.taxonomy import Facet, Taxonomy
from policytext.types import Passage, Tagged


@dataclass(frozen=True, slots=True)
class Difference:
    """One score of both models; `interval` is that of second minus first, None where one document is all there is."""

    first: float
    second: float
    interval: Interval | None

    @property
    def value(self) -> float:
        """Second minus first."""
        return self.second - self.first


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same passages of one facet and language.

    `only_first` and `only_second` count passages on which one alone gave the right primary label, `p` is McNemar's
    exact two-sided probability of so uneven a count if both were equally good; all three are None in a facet with
    several labels.
    """

    facet: str
    language: str
    passages: int
    documents: int
    scores: Mapping[str, Difference]
    only_first: int | None
    only_second: int | None
    p: float | None


def same_taxonomy(first: Model, second: Model) -> Taxonomy:
    """The taxonomy of both; raises `ModelError` when they have different ones: labels can't be compared then."""
    if first.taxonomy.hash != second.taxonomy.hash:
        raise ModelError(
            f"{first.id} and {second.id}: taxonomies differ ({first.taxonomy.name}, {second.taxonomy.name}); "
            "compare models of one taxonomy"
        )
    return first.taxonomy


def compare(
    used: Taxonomy, first: Predicted, second: Predicted, *, draws: int = DRAWS, seed: int = 0
) -> tuple[Comparison, ...]:
    """A comparison for every facet and language; both are predictions of the same examples in the same order."""
    one, two = by_language(first), by_language(second)
    return tuple(
        _compare(facet, language, one[language], two[language], draws, seed)
        for facet in used.facets
        for language in one
    )


def _compare(facet: Facet, language: str, one: Predicted, two: Predicted, draws: int, seed: int) -> Comparison:
    documents = list(dict.fromkeys(example.doc for example, _, _ in one))
    judge = score if facet.exclusive else score_themes
    scores = (judge(facet, one), judge(facet, two))
    spans: dict[str, Interval] = {}
    if len(documents) > 1:
        weights = document_weights(len(documents), draws, seed)
        drawn = (replicates(facet, one, documents, weights), replicates(facet, two, documents, weights))
        spans = {name: interval(drawn[1][name] - drawn[0][name]) for name in drawn[0]}
    told = {
        name: Difference(getattr(scores[0], name), getattr(scores[1], name), spans.get(name))
        for name in measures(facet)
    }
    only_first = only_second = p = None
    if facet.exclusive:
        right = [[gold[0] == guess for _, gold, guess, _, _ in judged_rows(facet, rows)] for rows in (one, two)]
        pairs = Counter(zip(*right, strict=True))
        only_first, only_second = pairs[True, False], pairs[False, True]
        p = mcnemar(only_first, only_second)
    return Comparison(facet.id, language, scores[0].passages, len(documents), told, only_first, only_second, p)


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided probability of so uneven a split of the passages on which one alone is right (McNemar 1947).

    >>> mcnemar(5, 5), mcnemar(0, 5)
    (1.0, 0.0625)
    """
    n = only_first + only_second
    tail = sum(comb(n, k) for k in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * tail / 2**n))


COMPARISON_COLUMNS = (
    "facet",
    "language",
    "passages",
    "documents",
    "measure",
    "first",
    "second",
    "difference",
    "low",
    "high",
    "only_first",
    "only_second",
    "p",
)
"""The columns of a comparison's table."""


def comparison_rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """A row for each score; what McNemar's test says stands in that of accuracy."""
    for name, d in comparison.scores.items():
        row: dict[str, Any] = {
            "facet": comparison.facet,
            "language": comparison.language,
            "passages": comparison.passages,
            "documents": comparison.documents,
            "measure": name,
            "first": round(d.first, 4),
            "second": round(d.second, 4),
            "difference": round(d.value, 4),
        }
        if d.interval is not None:
            row |= {"low": round(d.interval.low, 4), "high": round(d.interval.high, 4)}
        if name == "accuracy" and comparison.p is not None:
            row |= {"only_first": comparison.only_first, "only_second": comparison.only_second}
            row["p"] = float(f"{comparison.p:.3g}")
        yield row


# ---------------------------------------------------------------- drift


@dataclass(frozen=True, slots=True)
class Change:
    """A passage that would bear other labels of a facet."""

    passage: Passage
    facet: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """What would change in a facet: how many passages bear each label before and after, and the passages that move.

    In an exclusive facet labels are the primary ones, `moves` counts the pairs (before, after); with several labels
    a passage moves when its set of them changes, and `moves` pairs a label lost with none, or none with one gained.
    """

    facet: str
    passages: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    moves: Mapping[tuple[str, str], int]
    changes: tuple[Change, ...]


def drift(facet: Facet, before: Sequence[Tagged], after: Sequence[Tagged]) -> Drift:
    """What changes in the facet when the same passages, in the same order, get other tags."""
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    moves: Counter[tuple[str, str]] = Counter()
    changes = []
    for old, new in zip(before, after, strict=True):
        pair = [t.labels(facet.id)[:1] if facet.exclusive else t.labels(facet.id) for t in (old, new)]
        for count, labels in zip(counts, pair, strict=True):
            count.update(labels)
        if set(pair[0]) == set(pair[1]):
            continue
        if facet.exclusive:
            moves[("".join(pair[0]), "".join(pair[1]))] += 1
        else:
            moves.update((x, "") for x in pair[0] if x not in pair[1])
            moves.update(("", x) for x in pair[1] if x not in pair[0])
        changes.append(Change(old.passage, facet.id, pair[0], pair[1]))
    told = [{label: count[label] for label in facet.ids} for count in counts]
    ranked = dict(sorted(moves.items(), key=lambda item: (-item[1], item[0])))
    return Drift(facet.id, len(before), told[0], told[1], ranked, tuple(changes))


DRIFT_COLUMNS = ("facet", "label", "before", "after", "lost", "gained")
"""The columns of a drift's table."""


def drift_rows(drift: Drift) -> Iterator[dict[str, Any]]:
    """A row a label: passages that bear it before and after, those that lose it and those that gain it."""
    for label in drift.before:
        yield {
            "facet": drift.facet,
            "label": label,
            "before": drift.before[label],
            "after": drift.after[label],
            "lost": sum(n for (old, _), n in drift.moves.items() if old == label),
            "gained": sum(n for (_, new), n in drift.moves.items() if new == label),
        }


def change_row(change: Change) -> dict[str, Any]:
    """A passage that would change as one JSON object."""
    p = change.passage
    return {
        "doc": p.doc_id,
        "n": p.n,
        "page": p.page,
        "facet": change.facet,
        "before": list(change.before),
        "after": list(change.after),
        "text": p.text,
    }
