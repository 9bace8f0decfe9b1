"""How many passages are tagged in a second? Our tagger against the same scikit-learn union, fitted the usual way.

    python benchmarks/tag.py [CORPUS] [--model default] [--repeats 5] [--hash]

The usual way: for every classifier a pipeline whose union has a `TfidfVectorizer(tokenizer=jieba.lcut)` for the text
and one for the headings, and the signals of `features` through a `DictVectorizer`; the weights learnt from the
corpus by the recipe of our model. `lean` is the same with each block transformed once and handed to all classifiers,
as a careful user would do it. All three give each passage its probabilities of roles (two passes) and themes.

One process, one thread; the ways take turns, documents as wholes; what they import, load and fit is not counted.
Seconds are those of the processor. Also told: the model's bytes on disk, and how long a fresh process takes to load it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from policytext import corpus, features, train
from policytext import model as models
from policytext.corpus import Dataset
from policytext.model import Model, Recipe
from policytext.types import Passage

ROOT = Path(__file__).parents[1]
RATIO, DISK_MB, LOAD_S = 3.0, 15.0, 1.0
"""The targets: passages a second over the usual way's, at least; megabytes and seconds, at most."""

Documents = Sequence[Sequence[Passage]]
Way = Callable[[Documents], Any]


def signals_of(document: Sequence[Passage], taxonomy: Any) -> list[dict[str, float]]:
    """The signals of one document's passages by the functions of `features`, no word cut."""
    seen = []
    for passage, place in zip(document, features._places(document), strict=True):
        text = features.clean(passage.text)
        signals = {"one": 1.0, f"language:{passage.language}": 1.0}
        signals |= features.grammar(text, passage.language)
        signals |= features._cues(text, passage.language, taxonomy)
        signals |= features._headings(passage.section, taxonomy)
        signals |= features._shape(passage, text)
        signals |= place
        seen.append(features._shared_and_own(signals, passage.language))
    return seen


def texts_of(document: Sequence[Passage]) -> list[str]:
    return [p.text for p in document]


def headings_of(document: Sequence[Passage]) -> list[str]:
    return [" ".join(p.section[-2:]) or "-" for p in document]


class Usual:
    """The union and its classifiers as one writes them with scikit-learn alone."""

    def __init__(self, dataset: Dataset, recipe: Recipe) -> None:
        self.taxonomy = dataset.taxonomy
        documents = [[e.tagged.passage for e in examples] for examples in dataset.documents().values()]
        self.ids = dataset.taxonomy.facet("role").ids
        signals = [s for document in documents for s in signals_of(document, self.taxonomy)]
        texts = [t for document in documents for t in texts_of(document)]
        headings = [h for document in documents for h in headings_of(document)]
        first = self._matrix(texts, headings, signals, recipe)
        roles = train.label_table(self.taxonomy.facet("role"), dataset)
        themes = train.label_table(self.taxonomy.facet("theme"), dataset)
        self.role_first = train._classifier(self.taxonomy.facet("role"), first, roles, recipe)
        self.theme = train._classifier(self.taxonomy.facet("theme"), first, themes, recipe)
        self.first = self.blocks
        opinions = self.role_first.predict_proba(first)
        start, near = 0, []
        for document in documents:
            part = slice(start, start + len(document))
            near += self._near(signals[part], opinions[part])
            start += len(document)
        second = self._matrix(texts, headings, near, recipe)
        self.role_second = train._classifier(self.taxonomy.facet("role"), second, roles, recipe)
        self.second = self.blocks

    def _matrix(self, texts: list[str], headings: list[str], signals: list[dict[str, float]], recipe: Recipe) -> Any:
        import jieba
        import numpy as np
        from scipy import sparse
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.feature_extraction.text import TfidfVectorizer

        settings = {"tokenizer": jieba.lcut, "token_pattern": None, "sublinear_tf": True}
        settings["min_df"] = recipe.min_documents
        blocks = (TfidfVectorizer(**settings), TfidfVectorizer(**settings), DictVectorizer())
        text, heads, told = (b.fit_transform(x) for b, x in zip(blocks, (texts, headings, signals), strict=True))
        scale = recipe.signal_weight / np.maximum(np.abs(told).max(axis=0).toarray().ravel(), 1e-9)
        self.recipe, self.blocks = recipe, (*blocks, scale)
        weighed = [text * recipe.term_weight, heads * recipe.heading_weight, told.multiply(scale)]
        return sparse.hstack(weighed, format="csr")

    def _near(self, signals: list[dict[str, float]], opinions: Any) -> list[dict[str, float]]:
        bare = [features.Observation("zh", (), (), s) for s in signals]
        return [dict(o.signals) for o in features.with_neighbours(bare, opinions.tolist(), self.ids)]

    def _text(self, blocks: Any, document: Sequence[Passage]) -> list[Any]:
        return [
            blocks[0].transform(texts_of(document)) * self.recipe.term_weight,
            blocks[1].transform(headings_of(document)) * self.recipe.heading_weight,
        ]

    def _told(self, blocks: Any, signals: list[dict[str, float]]) -> Any:
        return blocks[2].transform(signals).multiply(blocks[3])

    def pipelines(self, documents: Documents) -> Any:
        """Each classifier is a pipeline of its own."""
        from scipy import sparse

        out = []
        for document in documents:
            parts = [*self._text(self.first, document), self._told(self.first, signals_of(document, self.taxonomy))]
            opinions = self.role_first.predict_proba(sparse.hstack(parts, format="csr"))
            signals = signals_of(document, self.taxonomy)
            parts = [*self._text(self.second, document), self._told(self.second, self._near(signals, opinions))]
            roles = self.role_second.predict_proba(sparse.hstack(parts, format="csr"))
            parts = [*self._text(self.first, document), self._told(self.first, signals_of(document, self.taxonomy))]
            matrix = sparse.hstack(parts, format="csr")
            out.append((roles, [one.predict_proba(matrix) for one in self.theme.values()]))
        return out

    def lean(self, documents: Documents) -> Any:
        """Each block is transformed once and handed to all classifiers."""
        from scipy import sparse

        out = []
        for document in documents:
            text, signals = self._text(self.first, document), signals_of(document, self.taxonomy)
            matrix = sparse.hstack([*text, self._told(self.first, signals)], format="csr")
            near = self._near(signals, self.role_first.predict_proba(matrix))
            roles = self.role_second.predict_proba(sparse.hstack([*text, self._told(self.second, near)], format="csr"))
            out.append((roles, [one.predict_proba(matrix) for one in self.theme.values()]))
        return out


def ours(model: Model) -> Way:
    return lambda documents: [model.probabilities(document) for document in documents]


def measure(ways: dict[str, Way], documents: Documents, repeats: int) -> dict[str, list[float]]:
    """Processor seconds of each way and repeat; the ways take turns."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.process_time()
            way(documents)
            taken[name].append(time.process_time() - start)
    return taken


def load_seconds(model: str) -> float:
    """What a fresh process takes to load the model, numpy's import included, the interpreter's start not."""
    code = f"import time; a = time.perf_counter(); from policytext import model; model.load({model!r}); "
    done = subprocess.run(
        [sys.executable, "-c", code + "print(time.perf_counter() - a)"], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def spread(values: Sequence[float], form: str) -> str:
    return " / ".join(format(x, form) for x in (min(values), median(values), max(values)))


def output_hash(model: Model, documents: Documents) -> str:
    """Hash of all probabilities to nine digits: a faster tagger must give the same."""
    rows = [
        {f: {x: f"{p:.9f}" for x, p in table.items()} for f, table in row.items()}
        for document in documents
        for row in model.probabilities(document)
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=ROOT / "corpora" / "narrative")
    parser.add_argument("--model", default="default")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--hash", action="store_true", help="only print the hash of what our tagger gives")
    arguments = parser.parse_args()
    dataset, model = corpus.load(arguments.corpus), models.load(arguments.model)
    documents = [[e.tagged.passage for e in examples] for examples in dataset.documents().values()]
    if arguments.hash:
        print(output_hash(model, documents))
        return
    with warnings.catch_warnings(), train.one_thread():
        warnings.simplefilter("ignore")  # jieba's own, and scikit-learn's advice on tokenizers
        usual = Usual(dataset, Recipe(**model.manifest["recipe"]))
        ways = {"policytext": ours(model), "pipelines": usual.pipelines, "lean": usual.lean}
        measure(ways, documents[:2] + documents[-2:], 1)  # dictionaries are loaded, patterns compiled
        for language in ("zh", "en", "all"):
            part = [d for d in documents if language in (d[0].language, "all")]
            n = sum(map(len, part))
            taken = measure(ways, part, arguments.repeats)
            print(f"{language}: {n} passages, {arguments.repeats} repeats, min / median / max")
            for name, seconds in taken.items():
                against = [s / o for s, o in zip(seconds, taken["policytext"], strict=True)]
                print(
                    f"  {name:<10}  {spread([n / s for s in seconds], '.0f'):<20} passages/s"
                    + (f"   ours {spread(against, '.2f')} times as fast" if name != "policytext" else "")
                )
                if (name, language) == ("pipelines", "all"):
                    verdict = "reached" if median(against) >= RATIO else "missed"
    folder = models.find(arguments.model)
    size = sum(p.stat().st_size for p in folder.iterdir()) / 1e6
    loads = [load_seconds(arguments.model) for _ in range(arguments.repeats)]
    print(f"target of {RATIO:g} times: {verdict}")
    print(f"on disk {size:.1f} MB (target {DISK_MB:g}), loaded in {spread(loads, '.2f')} s (target {LOAD_S:g})")


if __name__ == "__main__":
    main()
