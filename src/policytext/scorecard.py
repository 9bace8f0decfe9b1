"""What is told of a model: its scores with intervals, its curves, and two baselines beside it.

Every figure has an interval: what other documents of the same kind might have given. A baseline says what a figure
is worth: the most frequent label for everything, and what the taxonomy's own words and headings tell without a model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from policytext.corpus import Dataset, Example
from policytext.evaluate import (
    Bin,
    Predicted,
    Scores,
    ThemeScores,
    bins_of,
    by_language,
    judged_rows,
    score,
    score_row,
    score_themes,
    theme_row,
)
from policytext.features import announced, clean, term_patterns
from policytext.taxonomy import Facet, Taxonomy
from policytext.types import Tag, Tagged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DRAWS = 1000
"""Resamplings of the documents behind an interval; the second decimal of its ends is stable from here on."""

CURVE = 20
"""Points of a coverage curve: every twentieth of the passages."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The middle 95 % of what a score is when the documents are drawn again, with replacement."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Cut:
    """When only the passages of a probability of `least` or more are kept: their share, and how many are right.

    `right` also counts a second gold label, as relaxed accuracy does.
    """

    least: float
    kept: float
    right: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What a system scored; `intervals` by the name of the score, empty where one document is all there is."""

    system: str
    scores: Scores | ThemeScores
    intervals: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Card:
    """All that is told of one facet in one language: the model first, then the baselines.

    `reliability` (by rising probability, empty bins left out) and `coverage` (by rising share) are the model's, and
    empty in a facet with several labels.
    """

    facet: Facet
    language: str
    documents: int
    systems: tuple[Judged, ...]
    reliability: tuple[Bin, ...]
    coverage: tuple[Cut, ...]

    @property
    def model(self) -> Judged:
        """The first system: what was to be judged."""
        return self.systems[0]


def cards(
    taxonomy: Taxonomy,
    predicted: Predicted,
    baselines: Mapping[str, Predicted],
    *,
    name: str = "model",
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[Card, ...]:
    """A card for every facet and language. The same seed draws the same documents; `baselines` by their names."""
    parts = {system: by_language(rows) for system, rows in {name: predicted, **baselines}.items()}
    return tuple(
        _card(facet, language, {system: parts[system][language] for system in parts}, draws, seed)
        for facet in taxonomy.facets
        for language in parts[name]
    )


def _card(facet: Facet, language: str, systems: Mapping[str, Predicted], draws: int, seed: int) -> Card:
    documents = list(dict.fromkeys(example.doc for example, _, _ in next(iter(systems.values()))))
    weights = document_weights(len(documents), draws, seed) if len(documents) > 1 else None
    judged = []
    for system, predicted in systems.items():
        scores = score(facet, predicted) if facet.exclusive else score_themes(facet, predicted)
        drawn = {} if weights is None else replicates(facet, predicted, documents, weights)
        judged.append(Judged(system, scores, {measure: interval(values) for measure, values in drawn.items()}))
    rows = list(judged_rows(facet, next(iter(systems.values())))) if facet.exclusive else []
    return Card(
        facet,
        language,
        len(documents),
        tuple(judged),
        bins_of([(p, gold[0] == guess) for _, gold, guess, p, _ in rows]),
        coverage([(p, guess in gold) for _, gold, guess, p, _ in rows]),
    )


def coverage(rows: Sequence[tuple[float, bool]]) -> tuple[Cut, ...]:
    """How many of the kept passages are right when ever more are kept, the surest first; ties stay together."""
    ranked = sorted(rows, key=lambda row: -row[0])
    cuts: dict[int, Cut] = {}
    for k in range(1, CURVE + 1):
        wanted = -(-k * len(ranked) // CURVE)  # rounded up
        if not wanted:
            continue
        least = ranked[wanted - 1][0]
        kept = [right for p, right in ranked if p >= least]
        cuts[len(kept)] = Cut(least, len(kept) / len(ranked), sum(kept) / len(kept))
    return tuple(cuts.values())


def document_weights(documents: int, draws: int, seed: int) -> Array:
    """How often each document is drawn, (draws, documents): as many as there are, with replacement (Efron 1979).

    Documents and not passages are drawn: passages of one document stand and fall together.
    """
    import numpy as np

    drawn = np.random.default_rng(seed).integers(documents, size=(draws, documents))
    weights = np.zeros((draws, documents))
    np.add.at(weights, (np.arange(draws)[:, None], drawn), 1.0)
    return weights


def replicates(facet: Facet, predicted: Predicted, documents: Sequence[str], weights: Array) -> dict[str, Array]:
    """What each score is under each row of weights, (draws,): `accuracy`, `relaxed_accuracy` and `macro_f1`, or
    `micro_f1` and `macro_f1` in a facet with several labels. Draws that leave nothing to judge are left out.

    There is none of the calibration error: drawing adds noise to every bin, so that its interval would lie above it.
    """
    import numpy as np

    place = {doc: i for i, doc in enumerate(documents)}
    label = {x: i for i, x in enumerate(facet.ids)}
    if facet.exclusive:
        confusion = np.zeros((len(documents), len(label), len(label)))
        relaxed = np.zeros(len(documents))
        for doc, gold, guess, _, _ in judged_rows(facet, predicted):
            confusion[place[doc], label[gold[0]], label[guess]] += 1
            relaxed[place[doc]] += guess in gold
        drawn = np.tensordot(weights, confusion, axes=1)  # (draws, n_labels, n_labels)
        told = drawn.sum(axis=(1, 2)) > 0
        drawn, n = drawn[told], drawn[told].sum(axis=(1, 2))
        hits, wanted, given = np.diagonal(drawn, axis1=1, axis2=2), drawn.sum(axis=2), drawn.sum(axis=1)
        return {
            "accuracy": hits.sum(axis=1) / n,
            "relaxed_accuracy": (weights @ relaxed)[told] / n,
            "macro_f1": _macro_f1(hits, wanted, given),
        }
    counts = np.zeros((3, len(documents), len(label)))
    for example, tagged, _ in predicted:
        theirs, ours = set(example.tagged.labels(facet.id)), set(tagged.labels(facet.id))
        for which, found in enumerate((theirs & ours, theirs, ours)):
            for x in found:
                counts[which, place[example.doc], label[x]] += 1
    hits, wanted, given = (weights @ table for table in counts)
    told = wanted.sum(axis=1) > 0
    hits, wanted, given = hits[told], wanted[told], given[told]
    return {
        "micro_f1": 2 * hits.sum(axis=1) / (wanted + given).sum(axis=1),
        "macro_f1": _macro_f1(hits, wanted, given),
    }


def _macro_f1(hits: Array, wanted: Array, given: Array) -> Array:
    """Mean F1 over the labels that are wanted, row by row."""
    import numpy as np

    f1 = 2 * hits / np.maximum(wanted + given, 1.0)
    occurring = wanted > 0
    mean: Array = (f1 * occurring).sum(axis=1) / np.maximum(occurring.sum(axis=1), 1)
    return mean


def interval(values: Array) -> Interval:
    """The middle 95 % of the values."""
    import numpy as np

    low, high = np.percentile(values, [2.5, 97.5]) if len(values) else (0.0, 0.0)
    return Interval(float(low), float(high))


def baselines(dataset: Dataset, learnt: Dataset | None = None) -> dict[str, Predicted]:
    """What two systems without a model say of every example, in the order of `predict`: `majority` and `keyword`.

    Majority gives each facet's most frequent label, of `learnt`, else of the dataset itself, which flatters it.
    Keyword goes by the taxonomy alone: the act that the headings announce, else the label whose terms the text has
    most of, else the majority's; in a facet with several labels, every one whose terms it has.
    """
    usual = {facet.id: most_frequent(facet, learnt or dataset) for facet in dataset.taxonomy.facets}
    examples = [e for part in dataset.documents().values() for e in part]
    return {
        "majority": [
            (e, Tagged(e.tagged.passage, tuple(Tag(f, label, 1.0, "majority") for f, label in usual.items())), False)
            for e in examples
        ],
        "keyword": [(e, _by_keyword(e, dataset.taxonomy, usual), False) for e in examples],
    }


def most_frequent(facet: Facet, dataset: Dataset) -> str:
    """The label that is the primary one most often, or given most often in a facet with several; the first of
    equals."""
    counts: Counter[str] = Counter()
    for example in dataset.examples:
        labels = example.tagged.labels(facet.id)
        counts.update(labels[:1] if facet.exclusive else labels)
    return max(facet.ids, key=lambda label: (counts[label], -facet.ids.index(label)))


def _by_keyword(example: Example, taxonomy: Taxonomy, usual: Mapping[str, str]) -> Tagged:
    passage = example.tagged.passage
    lowered = clean(passage.text).lower()
    found: dict[tuple[str, str], int] = {}
    for facet_id, label, pattern in term_patterns(taxonomy, passage.language):
        found[facet_id, label] = len(set(pattern.findall(lowered)))
    tags = []
    for facet in taxonomy.facets:
        counts = {label: found.get((facet.id, label), 0) for label in facet.ids}
        if not facet.exclusive:
            tags += [Tag(facet.id, label, 1.0, "keyword") for label, n in counts.items() if n]
            continue
        told = announced(passage.section, taxonomy)
        best = max(facet.ids, key=lambda label: counts[label])
        chosen = told if told in facet.ids else best if counts[best] else usual[facet.id]
        tags.append(Tag(facet.id, chosen, 1.0, "keyword"))
    return Tagged(passage, tuple(tags))


def card_row(card: Card) -> dict[str, Any]:
    """A card as one JSON object: the model's scores as `score_row` tells them, then intervals, curves, baselines."""
    judged = card.model
    of = score_row if isinstance(judged.scores, Scores) else theme_row
    row = of(card.facet.id, card.language, judged.scores)  # type: ignore[arg-type]  # each gets its own kind
    row |= {"documents": card.documents, "intervals": _interval_row(judged)}
    if card.facet.exclusive:
        row["reliability"] = [asdict(x) for x in card.reliability]
        row["coverage"] = [asdict(x) for x in card.coverage]
    row["baselines"] = {
        other.system: {
            **{name: getattr(other.scores, name) for name in measures(card.facet)},
            "intervals": _interval_row(other),
        }
        for other in card.systems[1:]
    }
    return row


def _interval_row(judged: Judged) -> dict[str, list[float]]:
    return {name: [round(x.low, 4), round(x.high, 4)] for name, x in judged.intervals.items()}


def measures(facet: Facet) -> tuple[str, ...]:
    """The names of the scores that are told first, the same for model and baselines."""
    return ("accuracy", "relaxed_accuracy", "macro_f1") if facet.exclusive else ("micro_f1", "macro_f1")


CARD_COLUMNS = ("facet", "language", "system", "measure", "label", "value", "low", "high")
"""The columns of a card as a table of numbers."""


def card_numbers(card: Card) -> Iterator[dict[str, Any]]:
    """Every number of a card, one a row: a spreadsheet's and a statistician's shape."""
    for judged in card.systems:
        told: dict[str, Any] = {"facet": card.facet.id, "language": card.language, "system": judged.system}
        for name in measures(card.facet):
            span = judged.intervals.get(name)
            ends = {"low": round(span.low, 4), "high": round(span.high, 4)} if span else {}
            yield {**told, "measure": name, "value": round(getattr(judged.scores, name), 4), **ends}
        if judged is card.model and isinstance(judged.scores, Scores):
            for name in ("kept", "kept_relaxed_accuracy", "ece"):
                yield {**told, "measure": name, "value": round(getattr(judged.scores, name), 4)}
        for x in judged.scores.labels:
            for name in ("precision", "recall", "f1"):
                yield {**told, "measure": name, "label": x.label, "value": round(getattr(x, name), 4)}
