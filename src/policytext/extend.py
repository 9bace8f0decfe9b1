"""May a model that learnt from a user's passages too take the default's place? Only if it is no worse where neither
has learnt: on documents of the user's that were held out, and on documents by other hands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policytext import compare, corpus
from policytext.corpus import Dataset
from policytext.errors import CorpusError, ModelError
from policytext.evaluate import predict
from policytext.model import Model

HELD_OUT = 0.2
"""Share of the user's passages that is held out."""

TOLERANCE = 0.005
"""By how much macro-F1 may fall: libraries of other versions move its third decimal."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Macro-F1 of the first exclusive facet on one labelled set, of the default before and of the new model.

    `low` and `high` are the ends of the 95 % interval of the difference, drawn over documents; None for one document.
    """

    corpus: str
    passages: int
    documents: int
    before: float
    after: float
    low: float | None
    high: float | None

    @property
    def worse(self) -> bool:
        """Whether the new model falls behind by more than `TOLERANCE`."""
        return self.after < self.before - TOLERANCE


def hold_out(own: Dataset, seed: int = 0) -> tuple[Dataset, Dataset]:
    """The part of a user's corpus to learn from, and the part to be judged on; no document is in both.

    Chosen by the hash of the document's id: when the corpus grows, most of what was held out stays so.
    """
    learn, held = corpus.split(own, HELD_OUT, seed)
    if not learn.examples or not held.examples:
        raise CorpusError(f"{own.name}: one document can't be both learnt from and judged on; add a second one")
    return learn, held


def refuse_other_taxonomy(before: Model, dataset: Dataset) -> None:
    """Raise `ModelError` when the default was made by another taxonomy than the corpora: nothing could be compared."""
    if before.taxonomy.hash != dataset.taxonomy.hash:
        raise ModelError(
            f'{before.id}: the default model has another taxonomy ("{before.taxonomy.name}"); first make one of this '
            "taxonomy the default, e.g. with `policytext models rollback`"
        )


def judge(before: Model, after: Model, sets: Sequence[Dataset], seed: int = 0) -> tuple[Verdict, ...]:
    """A verdict for each labelled set; raises `ModelError` when the models have different taxonomies."""
    used = compare.same_taxonomy(before, after)
    verdicts = []
    for dataset in sets:
        both = compare.compare(used, predict(before, dataset)[0], predict(after, dataset)[0], seed=seed)
        facet = next((f.id for f in used.facets if f.exclusive), used.facets[0].id)
        whole = [c for c in both if c.facet == facet][-1]  # one language, or all of them, which come last
        d = whole.scores["macro_f1"]
        ends = (None, None) if d.interval is None else (d.interval.low, d.interval.high)
        verdicts.append(Verdict(dataset.name, whole.passages, whole.documents, d.first, d.second, *ends))
    return tuple(verdicts)


def told(verdicts: Sequence[Verdict], before: Model) -> list[dict[str, Any]]:
    """The verdicts as a model's manifest keeps them, with the model that they compare it to."""
    return [
        {
            "corpus": v.corpus,
            "passages": v.passages,
            "documents": v.documents,
            "than": before.id,
            "before": round(v.before, 4),
            "after": round(v.after, 4),
            "worse": v.worse,
        }
        for v in verdicts
    ]


def refuse_worse(manifest: Mapping[str, Any]) -> None:
    """Raise `ModelError` when the manifest says that the model is worse than the default it was compared to."""
    for v in manifest.get("verdicts", []):
        if v["worse"]:
            raise ModelError(
                f"{manifest.get('name')}: worse than {v['than']} on {v['corpus']} (macro-F1 {v['after']:.3f}, before "
                f"{v['before']:.3f} over {v['passages']} passages); look at its labels, or promote it with --force"
            )


def corpora_told(parts: Sequence[tuple[Dataset, float]]) -> list[dict[str, Any]]:
    """What a manifest keeps of the corpora a model learnt from, with the weight of each one's passages."""
    return [{"name": d.name, "hash": d.hash, "passages": len(d.examples), "weight": weight} for d, weight in parts]


def weights(parts: Sequence[tuple[Dataset, float]]) -> dict[str, float]:
    """The weight of each document's passages, by its id."""
    return {doc: weight for dataset, weight in parts for doc in dataset.documents()}
