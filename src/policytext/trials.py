"""How good is a recipe on documents that it has not seen? Fold by fold, recipe by recipe, corpus size by corpus size.

Nothing here saves a model: what comes back are predictions, or scores, for somebody to decide upon.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean, stdev
from typing import Any

from policytext import corpus
from policytext.corpus import Dataset, Example
from policytext.errors import CorpusError
from policytext.evaluate import Predicted, predict, score
from policytext.features import Observation
from policytext.model import Judge, Recipe
from policytext.scorecard import Card, baselines, cards
from policytext.taxonomy import Facet
from policytext.train import fit, fit_judge, observe_dataset
from policytext.types import Tagged


@dataclass(frozen=True, slots=True)
class Fold:
    """One part of a dataset as a model trained on all the others saw it.

    `probabilities` has a row a passage; `baselines` are what two systems say that learnt from the same others.
    """

    predicted: Predicted
    probabilities: Sequence[Mapping[str, Mapping[str, float]]]
    baselines: Mapping[str, Predicted]


def cross_validate(
    dataset: Dataset, recipe: Recipe, n: int, seed: int = 0, calibration: Dataset | None = None
) -> Iterator[Fold]:
    """The `n` folds one after the other, each as soon as it is judged; no document is divided.

    Everything is learnt anew in every fold, calibration and thresholds included.
    """
    for held in corpus.folds(dataset, n, seed):
        others = dataset.only(set(dataset.documents()) - set(held.documents()))
        predicted, probabilities = predict(fit(others, recipe, "fold", calibration).model, held)
        yield Fold(predicted, probabilities, baselines(held, others))


# ---------------------------------------------------------------- search


@dataclass(frozen=True, slots=True)
class Trial:
    """How one recipe did: macro-F1 of each fold over the passages of all languages, 0 to 1.

    `weights` counts the numbers that the model of the facet holds, in the mean over the folds.
    """

    name: str
    recipe: Recipe
    folds: tuple[float, ...]
    weights: int

    @property
    def macro_f1(self) -> float:
        """Mean over the folds."""
        return fmean(self.folds)

    @property
    def error(self) -> float:
        """Standard error of the mean; 0 where there is one fold."""
        return float(stdev(self.folds) / len(self.folds) ** 0.5) if len(self.folds) > 1 else 0.0


def candidates(base: Recipe) -> dict[str, Recipe]:
    """A handful of recipes around one, each with one thing changed: few enough for their best to mean something."""
    return {
        "as given": base,
        "words alone": replace(base, signal_weight=0.0, neighbours=False),
        "no neighbours": replace(base, neighbours=False),
        "signals louder": replace(base, signal_weight=2 * base.signal_weight),
        "word pairs": replace(base, max_ngram=base.max_ngram + 1),
        "held tighter": replace(base, role_c=base.role_c / 3),
        "held looser": replace(base, role_c=3 * base.role_c),
    }


def search(dataset: Dataset, recipes: Mapping[str, Recipe], n: int = 5, seed: int = 0) -> Iterator[Trial]:
    """Every recipe's trial in the order given, each as soon as it is done, on the same `n` folds by document.

    Judged is the first exclusive facet, by macro-F1 over labels that the fold holds; the others follow its recipe.
    """
    facet = primary_facet(dataset)
    seen = dict(zip((e.id for e in dataset.examples), observe_dataset(dataset), strict=True))
    parts = corpus.folds(dataset, n, seed)
    for name, recipe in recipes.items():
        scores, weights = [], []
        for held in parts:
            others = dataset.only(set(dataset.documents()) - set(held.documents()))
            judge = fit_judge(facet, others, [seen[e.id] for e in others.examples], recipe)
            scores.append(score(facet, _judged(judge, held, seen)).macro_f1)
            weights.append(sum(x.weights.size for x in (judge.first, judge.second) if x is not None))
        yield Trial(name, recipe, tuple(scores), round(fmean(weights)))


def choose(trials: Sequence[Trial]) -> Trial:
    """The simplest of the trials within one standard error of the best (Breiman et al. 1984, the 1-SE rule).

    Simplest is the model with the fewest weights; of equally many, the one held tightest.
    """
    best = max(trials, key=lambda trial: trial.macro_f1)
    near = [trial for trial in trials if trial.macro_f1 >= best.macro_f1 - best.error]
    return min(near, key=lambda trial: (trial.weights, trial.recipe.role_c, -trial.macro_f1))


TRIAL_COLUMNS = ("recipe", "macro_f1", "error", "weights", "folds", "chosen")
"""The columns of a search's table."""


def trial_row(trial: Trial, chosen: Trial) -> dict[str, Any]:
    """A trial as one JSON object; `changed` tells the fields in which its recipe isn't the chosen one's."""
    ours, theirs = asdict(trial.recipe), asdict(chosen.recipe)
    return {
        "recipe": trial.name,
        "macro_f1": round(trial.macro_f1, 4),
        "error": round(trial.error, 4),
        "weights": trial.weights,
        "folds": [round(x, 4) for x in trial.folds],
        "chosen": trial is chosen,
        "changed": {key: value for key, value in ours.items() if value != theirs[key]},
    }


def primary_facet(dataset: Dataset) -> Facet:
    """The first exclusive facet: what a single figure of a model is about. Raises `CorpusError` if there is none."""
    for facet in dataset.taxonomy.facets:
        if facet.exclusive:
            return facet
    raise CorpusError(f'{dataset.name}: taxonomy "{dataset.taxonomy.name}" has no exclusive facet to choose by')


def _judged(judge: Judge, held: Dataset, seen: Mapping[str, Observation]) -> list[tuple[Example, Tagged, bool]]:
    rows: list[tuple[Example, Tagged, bool]] = []
    for examples in held.documents().values():
        table = judge.probabilities([seen[e.id] for e in examples]).tolist()
        rows += [
            (e, Tagged(e.tagged.passage, tuple(judge.tags(row, "trial"))), False)
            for e, row in zip(examples, table, strict=True)
        ]
    return rows


# ---------------------------------------------------------------- learning curve

SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Shares of the documents at which a learning curve is measured."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a recipe learns from a share of the documents; `cards` are empty where it was too little, see `reason`."""

    share: float
    documents: int
    passages: int
    cards: tuple[Card, ...]
    reason: str = ""


def curve(
    dataset: Dataset, held: Dataset, recipe: Recipe, seed: int = 0, calibration: Dataset | None = None
) -> Iterator[Point]:
    """Points of rising share, each as soon as it is measured on `held`; every share holds the documents before it."""
    for share in SHARES:
        part = corpus.beginning(dataset, share, seed)
        size = (share, len(part.documents()), len(part.examples))
        try:
            model = fit(part, recipe, "curve", calibration).model
        except CorpusError as error:
            yield Point(*size, (), str(error))
            continue
        predicted, _ = predict(model, held)
        yield Point(*size, cards(held.taxonomy, predicted, {}, seed=seed))


CURVE_COLUMNS = ("share", "documents", "passages", "facet", "language", "macro_f1", "low", "high")
"""The columns of a learning curve's table."""


def point_rows(point: Point) -> Iterator[dict[str, Any]]:
    """A row for each facet and language of a point; one row with the reason where there was too little to learn."""
    told: dict[str, Any] = {"share": point.share, "documents": point.documents, "passages": point.passages}
    if not point.cards:
        yield {**told, "reason": point.reason}
    for card in point.cards:
        row = {**told, "facet": card.facet.id, "language": card.language}
        row["macro_f1"] = round(card.model.scores.macro_f1, 4)
        if span := card.model.intervals.get("macro_f1"):
            row |= {"low": round(span.low, 4), "high": round(span.high, 4)}
        yield row
