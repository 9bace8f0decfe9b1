"""How many labels reach which score? A review played through on a corpus whose labels are known.

Documents are held back to be judged on. Of the others nobody has labelled anything; labels are asked for in batches,
in the order of `review` and, for comparison, in random order, as ASReview's simulations do (van de Schoot et al.
2021). After each batch a model is trained on what is labelled so far. It is the first pass alone, without the
neighbours' opinions: those need most passages of a document, which a review doesn't give.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policytext import corpus, harvest
from policytext.corpus import Dataset, Example
from policytext.errors import CorpusError, MissingExtraError
from policytext.evaluate import score
from policytext.features import Observation
from policytext.model import Recipe, softmax
from policytext.review import contradiction, first_exclusive, margin, pick, sparse_rows, urgency
from policytext.taxonomy import Facet
from policytext.train import Fitted, fit_pass, label_table, observe_dataset, one_thread
from policytext.types import Tag, Tagged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Labels = NDArray[np.int64]

HELD_BACK = 0.3
"""Share of the passages, in whole documents, on which the models are judged."""

START = 40
"""Passages labelled at random before the first model: fewer seldom hold every label."""

GROWTH = 1.6
"""Each batch brings the labels to so many times what they were: the curve is steep at its beginning."""


@dataclass(frozen=True, slots=True)
class Point:
    """Macro-F1 of the models trained on so many labels, one a seed, in either order."""

    labels: int
    review: tuple[float, ...]
    random: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A simulation: `test` counts the passages judged on with the first seed, of documents never trained on."""

    name: str
    facet: str
    seeds: int
    test: int
    points: tuple[Point, ...]


def simulate(dataset: Dataset, recipe: Recipe | None = None, *, seeds: int = 3, start: int = START) -> Curve:
    """The scores in review order and in random order; the same corpus and number of seeds give the same curve.

    Each seed holds other documents back and begins with other passages. Raises `CorpusError` for a corpus that is
    too small or has unlabelled passages.
    """
    recipe = recipe or Recipe()
    facet = first_exclusive(dataset.taxonomy)
    with one_thread():
        gold = label_table(facet, dataset)
        seen = observe_dataset(dataset)
        votes = _harvested(dataset)
        parts = [corpus.split(dataset, HELD_BACK, seed) for seed in range(seeds)]
        steps = _steps(min(len(pool.examples) for pool, _ in parts), start)
        if not steps or not all(test.examples for _, test in parts):
            raise CorpusError(f"{dataset.name}: too small to simulate a review; it needs {2 * start} passages or more")
        world = _World(facet, dataset.examples, seen, gold, votes, recipe)
        review = [_play(world, *part, seed, steps, by_review=True) for seed, part in enumerate(parts)]
        random = [_play(world, *part, seed, steps, by_review=False) for seed, part in enumerate(parts)]
    points = (Point(n, tuple(x[i] for x in review), tuple(x[i] for x in random)) for i, n in enumerate(steps))
    return Curve(dataset.name, facet.id, seeds, len(parts[0][1].examples), tuple(points))


@dataclass(frozen=True, slots=True)
class _World:
    """What all simulations share, a row an example."""

    facet: Facet
    examples: Sequence[Example]
    seen: Sequence[Observation]
    gold: Labels
    harvested: Sequence[tuple[Tag, ...]]
    recipe: Recipe


def _harvested(dataset: Dataset) -> list[tuple[Tag, ...]]:
    found: dict[str, tuple[Tag, ...]] = {}
    for examples in dataset.documents().values():
        votes = harvest.votes([e.tagged.passage for e in examples], dataset.taxonomy)
        for example, given in zip(examples, votes, strict=True):
            found[example.id] = tuple(tag for f in dataset.taxonomy.facets for tag in harvest.decide(given, f))
    return [found[e.id] for e in dataset.examples]


def _steps(pool: int, start: int) -> list[int]:
    """How many labels there are at each point of the curve; the last is the whole pool."""
    steps = [start]
    while steps[-1] * GROWTH < pool:
        steps.append(round(steps[-1] * GROWTH))
    return [*steps, pool] if pool > start else []


def _play(
    world: _World, pool: Dataset, test: Dataset, seed: int, steps: Sequence[int], *, by_review: bool
) -> list[float]:
    """Macro-F1 at each step of one simulation."""
    place = {e.id: i for i, e in enumerate(world.examples)}
    judged = [place[e.id] for e in test.examples]
    drawn = sorted(
        (place[e.id] for e in pool.examples),
        key=lambda i: hashlib.sha256(f"{seed}:{world.examples[i].id}".encode()).digest(),
    )
    labelled, left = drawn[: steps[0]], drawn[steps[0] :]
    scores = []
    for n, following in zip(steps, [*steps[1:], steps[-1]], strict=True):
        fitted = _fit(world, labelled[:n])
        scores.append(_macro_f1(world, fitted, judged))
        wanted = following - n
        chosen = list(islice(_ask(world, fitted, left), wanted)) if by_review and wanted else left[:wanted]
        taken = set(chosen)
        labelled = [*labelled, *chosen]
        left = [i for i in left if i not in taken]
    return scores


def _fit(world: _World, rows: Sequence[int]) -> Fitted:
    try:
        return fit_pass(world.facet, [world.seen[i] for i in rows], world.gold[rows], world.recipe)
    except ValueError as error:  # scikit-learn's, for want of words or of labels
        raise CorpusError(
            f"too few labels to begin with ({str(error).splitlines()[0]}); simulate with a larger corpus"
        ) from None


def _ask(world: _World, fitted: Fitted, left: Sequence[int]) -> Iterator[int]:
    """The unlabelled rows in the order of a review by this model."""
    labels = world.facet.ids
    told = []
    for i, p in zip(left, softmax(fitted.linear.scores([world.seen[i] for i in left])).tolist(), strict=True):
        likeliest = labels[max(range(len(labels)), key=p.__getitem__)]
        told.append(urgency(margin(p), contradiction(world.harvested[i], (likeliest,), world.facet)))
    terms = fitted.linear.space.terms
    rows = sparse_rows([terms.row(world.seen[i].words) for i in left], len(terms.idf))
    return (left[k] for k in pick(told, rows))


def _macro_f1(world: _World, fitted: Fitted, rows: Sequence[int]) -> float:
    predicted = []
    for i, scores in zip(rows, fitted.linear.scores([world.seen[i] for i in rows]).tolist(), strict=True):
        example, best = world.examples[i], max(range(len(scores)), key=scores.__getitem__)
        tag = Tag(world.facet.id, world.facet.ids[best], 1.0, "simulated")
        predicted.append((example, Tagged(example.tagged.passage, (tag,)), False))
    return score(world.facet, predicted).macro_f1


def curve_rows(curve: Curve) -> Iterator[dict[str, Any]]:
    """One row a number of labels: the mean macro-F1 of either order, with the lowest and the highest seed."""
    for point in curve.points:
        row: dict[str, Any] = {"corpus": curve.name, "facet": curve.facet, "labels": point.labels}
        for name, values in (("review", point.review), ("random", point.random)):
            row[name] = round(sum(values) / len(values), 4)
            row |= {f"{name}_lowest": round(min(values), 4), f"{name}_highest": round(max(values), 4)}
        yield row


def draw(curve: Curve, path: Path) -> None:
    """Draw the two curves, a band from the lowest to the highest seed behind each; the suffix gives the format (.png,
    .svg, .pdf). Raises `MissingExtraError` without matplotlib, `CorpusError` for a suffix it doesn't know.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("A picture of a simulation", "plot") from None
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    labels = [point.labels for point in curve.points]
    drawn = (
        ("review order", [p.review for p in curve.points], "tab:blue"),
        ("random order", [p.random for p in curve.points], "tab:gray"),
    )
    for name, values, colour in drawn:
        axes.fill_between(labels, [min(v) for v in values], [max(v) for v in values], color=colour, alpha=0.15)
        axes.plot(labels, [sum(v) / len(v) for v in values], marker="o", markersize=3, color=colour, label=name)
    axes.set_xscale("log")
    axes.set_xlabel("labelled passages")
    axes.set_ylabel(f"macro-F1 of {curve.facet} on unseen documents")
    axes.set_title(f"{curve.name}: a review simulated {curve.seeds} times")
    axes.grid(alpha=0.3)
    axes.legend()
    try:
        figure.savefig(path)
    except (ValueError, OSError) as error:
        raise CorpusError(f"{path}: can't be drawn ({error}); give a writable .png, .svg or .pdf") from None
