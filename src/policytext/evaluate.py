"""How good is it? Gold and predicted passages have one shape, so this is arithmetic.

Scores of an exclusive facet are over its primary label; *relaxed* accuracy also counts a prediction that is
one of the passage's other gold labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from policytext.corpus import Dataset, Example
from policytext.model import Model
from policytext.taxonomy import Facet
from policytext.types import Tagged


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Precision, recall and F1 of one label, 0 to 1; `support` counts its gold passages."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Scores:
    """How an exclusive facet was judged over some passages; `confusion` is keyed by (gold, predicted)."""

    passages: int
    accuracy: float
    relaxed_accuracy: float
    macro_f1: float
    """Mean F1 over the labels that occur in the gold."""
    macro_f1_frequent: float
    """The same over labels with `FREQUENT` passages or more; rarer ones say little."""
    kept: float
    """Share of passages that the model did not mark for review."""
    kept_relaxed_accuracy: float
    ece: float
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    labels: tuple[LabelScore, ...]
    confusion: Mapping[tuple[str, str], int]


FREQUENT = 10


@dataclass(frozen=True, slots=True)
class ThemeScores:
    """How a facet with several labels was judged: micro and macro F1, and each label's."""

    passages: int
    micro_f1: float
    macro_f1: float
    labels: tuple[LabelScore, ...]


Predicted = Sequence[tuple[Example, Tagged, bool]]
"""Gold example, prediction, and whether the model doubts it."""

BINS = 10
"""Bins of equal width in which promised and found accuracy are compared."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Passages whose best label has a probability in (`low`, `high`]: mean probability, share that is right."""

    low: float
    high: float
    passages: int
    promised: float
    right: float


def predict(
    model: Model, dataset: Dataset
) -> tuple[list[tuple[Example, Tagged, bool]], list[dict[str, dict[str, float]]]]:
    """Every example with its prediction, and all probabilities; documents are judged as wholes, in order."""
    examples = [e for part in dataset.documents().values() for e in part]
    passages = [e.tagged.passage for e in examples]
    probabilities = model.probabilities(passages)
    tagged = model.decide(passages, probabilities)
    return [(e, t, model.doubts(t)) for e, t in zip(examples, tagged, strict=True)], probabilities


def score(facet: Facet, predicted: Predicted) -> Scores:
    """The scores of an exclusive facet over these passages; those without a gold label are left out."""
    rows = [row[1:] for row in judged_rows(facet, predicted)]
    n = len(rows)
    if not n:
        return Scores(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, (), {})
    confusion = Counter((gold[0], guess) for gold, guess, _, _ in rows)
    labels = tuple(_label_score(label, confusion) for label in facet.ids)
    occurring = [x.f1 for x in labels if x.support]
    frequent = [x.f1 for x in labels if x.support >= FREQUENT] or occurring
    relaxed = [guess in gold for gold, guess, _, _ in rows]
    kept = [right for right, (_, _, _, doubt) in zip(relaxed, rows, strict=True) if not doubt]
    return Scores(
        n,
        sum(gold[0] == guess for gold, guess, _, _ in rows) / n,
        sum(relaxed) / n,
        sum(occurring) / len(occurring),
        sum(frequent) / len(frequent),
        len(kept) / n,
        sum(kept) / len(kept) if kept else 0.0,
        _ece(bins_of([(p, gold[0] == guess) for gold, guess, p, _ in rows])),
        labels,
        dict(confusion),
    )


def score_themes(facet: Facet, predicted: Predicted) -> ThemeScores:
    """The scores of a facet with several labels over these passages."""
    hits: Counter[str] = Counter()
    given: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for example, tagged, _ in predicted:
        gold, guess = set(example.tagged.labels(facet.id)), set(tagged.labels(facet.id))
        hits.update(gold & guess)
        given.update(guess)
        wanted.update(gold)
    labels = tuple(
        LabelScore(
            x,
            hits[x] / given[x] if given[x] else 0.0,
            hits[x] / wanted[x] if wanted[x] else 0.0,
            2 * hits[x] / (given[x] + wanted[x]) if given[x] + wanted[x] else 0.0,
            wanted[x],
        )
        for x in facet.ids
    )
    occurring = [x.f1 for x in labels if x.support]
    total = given.total() + wanted.total()
    return ThemeScores(
        len(predicted),
        2 * hits.total() / total if total else 0.0,
        sum(occurring) / len(occurring) if occurring else 0.0,
        labels,
    )


def by_language(predicted: Predicted) -> dict[str, Predicted]:
    """The passages of each language, and all of them under `all` when there is more than one."""
    parts: dict[str, Predicted] = {}
    for language in ("zh", "en"):
        part = [row for row in predicted if row[0].tagged.passage.language == language]
        if part:
            parts[language] = part
    return parts if len(parts) < 2 else {**parts, "all": predicted}


def prediction_rows(
    predicted: Predicted, probabilities: Sequence[Mapping[str, Mapping[str, float]]]
) -> Iterator[dict[str, Any]]:
    """One row a passage, `{"id", "role", "roles": {label: probability}, "themes": {label: probability}, "review"}`.

    `themes` has every theme's probability; the ones given are in `theme`.
    """
    for (example, tagged, doubt), row in zip(predicted, probabilities, strict=True):
        out: dict[str, Any] = {"id": example.id}
        for facet, shown in row.items():
            labels = tagged.labels(facet)
            out[facet] = (labels[0] if labels else None) if facet == "role" else list(labels)
            out[f"{facet}s"] = {label: round(p, 4) for label, p in shown.items()}
        yield {**out, "review": doubt}


def score_row(facet: str, language: str, scores: Scores) -> dict[str, Any]:
    """The scores of an exclusive facet as one JSON object."""
    row = {"facet": facet, "language": language, **asdict(scores)}
    row["confusion"] = [{"gold": g, "predicted": p, "n": n} for (g, p), n in sorted(scores.confusion.items())]
    return row


def theme_row(facet: str, language: str, scores: ThemeScores) -> dict[str, Any]:
    """The scores of a facet with several labels as one JSON object."""
    return {"facet": facet, "language": language, **asdict(scores)}


def _best(tagged: Tagged, facet: str) -> float:
    return next(tag.score for tag in tagged.tags if tag.facet == facet)


def _label_score(label: str, confusion: Mapping[tuple[str, str], int]) -> LabelScore:
    hits = confusion.get((label, label), 0)
    support = sum(n for (gold, _), n in confusion.items() if gold == label)
    given = sum(n for (_, guess), n in confusion.items() if guess == label)
    return LabelScore(
        label,
        hits / given if given else 0.0,
        hits / support if support else 0.0,
        2 * hits / (given + support) if given + support else 0.0,
        support,
    )


def bins_of(rows: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    """The bins that hold any of these probabilities, each with whether its label was right."""
    bins = []
    for k in range(BINS):
        inside = [(p, right) for p, right in rows if k / BINS < p <= (k + 1) / BINS]
        if inside:
            n = len(inside)
            promised, right = sum(p for p, _ in inside) / n, sum(right for _, right in inside) / n
            bins.append(Bin(k / BINS, (k + 1) / BINS, n, promised, right))
    return tuple(bins)


def _ece(bins: Sequence[Bin]) -> float:
    n = sum(x.passages for x in bins)
    return sum(abs(x.promised - x.right) * x.passages for x in bins) / n if n else 0.0


def judged_rows(facet: Facet, predicted: Predicted) -> Iterator[tuple[str, tuple[str, ...], str, float, bool]]:
    """Document, gold labels, primary label given, its probability and the doubt; passages lacking either left out."""
    for example, tagged, doubt in predicted:
        gold, given = example.tagged.labels(facet.id), tagged.labels(facet.id)
        if gold and given:
            yield example.doc, gold, given[0], _best(tagged, facet.id), doubt
