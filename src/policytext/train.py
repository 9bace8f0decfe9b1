"""How was it made? Corpus → observations → two passes of linear models → calibration → a model folder.

    train      Dataset ─observe─▶ Observations ─fit─▶ first pass ─out of fold─▶ neighbours ─fit─▶ second pass
                                                                     └─▶ calibration, thresholds, doubt

Everything that is chosen here is chosen on passages whose document the chooser did not see.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policytext import __version__
from policytext import model as models
from policytext.corpus import Dataset
from policytext.errors import CorpusError, ModelError
from policytext.evaluate import Scores, by_language, score
from policytext.features import Observation, observe, with_neighbours
from policytext.model import Judge, Linear, Model, Recipe, Space, Terms, softmax
from policytext.taxonomy import Facet
from policytext.types import Tagged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Labels = NDArray[np.int64]

CALIBRATION_STEPS = 40
"""Steps of the golden-section search for a temperature; each shrinks the bracket to 0.618 of it."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted pass: the scikit-learn objects, and the same numbers as a `Linear`."""

    terms: Any
    headings: Any
    signals: Any
    scale: Array
    classifier: Any
    linear: Linear


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gives: the model, its scikit-learn objects by name, and its scores out of fold."""

    model: Model
    objects: Mapping[str, Fitted]
    scores: Mapping[str, Scores]
    """By language: how the first exclusive facet was judged on documents that the judge had not seen."""


def fit(
    dataset: Dataset, recipe: Recipe | None = None, name: str = "unnamed", calibration: Dataset | None = None
) -> Trained:
    """A model trained on the dataset. The same dataset and recipe give the same numbers: nothing is drawn at random.

    Documents of one corpus resemble each other more than those the model will meet, so that folds make it too
    sure of itself. `calibration` is a corpus by other hands: nothing is learnt from it but how sure to be.
    """
    recipe = recipe or Recipe()
    judges: list[Judge] = []
    objects: dict[str, Fitted] = {}
    unseen: dict[str, Array] = {}
    with one_thread():
        seen = observe_dataset(dataset)
        folds = grouped_folds([e.doc for e in dataset.examples], recipe.folds)
        other = None if calibration is None else (calibration, observe_dataset(calibration))
        for facet in dataset.taxonomy.facets:
            try:
                judge, fitted, unseen[facet.id] = _fit_facet(facet, dataset, seen, folds, recipe, other)
            except ValueError as error:  # scikit-learn's, for want of words or of examples
                raise CorpusError(
                    f"{dataset.name}: too small to learn {facet.id} from ({str(error).splitlines()[0]}); "
                    "give each label passages in several documents"
                ) from None
            judges.append(judge)
            objects |= fitted
    manifest = {"name": name, "recipe": asdict(recipe), "corpus": dataset.name, "corpus_hash": dataset.hash}
    if calibration is not None:
        manifest |= {"calibration": calibration.name, "calibration_hash": calibration.hash}
    model = Model(dataset.taxonomy, tuple(judges), manifest)
    return Trained(model, objects, _unseen_scores(model, dataset, unseen))


def _unseen_scores(model: Model, dataset: Dataset, unseen: Mapping[str, Array]) -> dict[str, Scores]:
    judge = next((j for j in model.judges if j.facet.exclusive), None)
    if judge is None:
        return {}
    predicted = []
    for example, row in zip(dataset.examples, unseen[judge.facet.id].tolist(), strict=True):
        tagged = Tagged(example.tagged.passage, tuple(judge.tags(row, "out of fold")))
        predicted.append((example, tagged, model.doubts(tagged)))
    return {language: score(judge.facet, part) for language, part in by_language(predicted).items()}


def load_recipe(path: Path | None) -> Recipe:
    """The recipe in a TOML file, or the default one; raises `ModelError` naming the faulty field."""
    if path is None:
        return Recipe()
    try:
        return Recipe.parse(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except FileNotFoundError:
        raise ModelError(f"{path}: no such recipe file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: not valid TOML ({error})") from None


def observe_dataset(dataset: Dataset) -> list[Observation]:
    """What is seen of every example, in the dataset's order; each document by itself."""
    by_id: dict[str, Observation] = {}
    for examples in dataset.documents().values():
        seen = observe([e.tagged.passage for e in examples], dataset.taxonomy)
        by_id |= {e.id: s for e, s in zip(examples, seen, strict=True)}
    return [by_id[e.id] for e in dataset.examples]


def grouped_folds(groups: Sequence[str], n: int) -> Labels:
    """The fold, 0 to n-1, of every row; a group is never divided. Groups go by the hash of their name."""
    import numpy as np

    names = sorted(set(groups), key=lambda g: hashlib.sha256(g.encode()).digest())
    if len(names) < 2:
        raise CorpusError(f'only one document ("{names[0]}"); training needs at least two to judge itself')
    fold_of = {name: i % min(n, len(names)) for i, name in enumerate(names)}
    return np.array([fold_of[g] for g in groups])


@contextmanager
def one_thread() -> Iterator[None]:
    """One BLAS thread inside: more made training two to three times slower on small machines."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


# ---------------------------------------------------------------- one facet


def _fit_facet(
    facet: Facet,
    dataset: Dataset,
    seen: Sequence[Observation],
    folds: Labels,
    recipe: Recipe,
    other: tuple[Dataset, Sequence[Observation]] | None,
) -> tuple[Judge, dict[str, Fitted], Array]:
    """The facet's judge, its scikit-learn objects, and the probabilities of every row out of fold."""
    import numpy as np

    gold = label_table(facet, dataset)  # (n_examples, n_labels) of 0 and 1, and 2 for the primary one
    documents = [e.doc for e in dataset.examples]
    first_scores = out_of_fold(facet, seen, gold, folds, recipe)
    first = fit_pass(facet, seen, gold, recipe)
    objects = {f"{facet.id}.first": first}
    scores, second = first_scores, None
    if facet.exclusive and recipe.neighbours:
        near = neighbours_of(facet, seen, documents, softmax(first_scores))
        scores = out_of_fold(facet, near, gold, folds, recipe)
        second = fit_pass(facet, near, gold, recipe)
        objects[f"{facet.id}.second"] = second
    languages: list[str] = [s.language for s in seen]
    temperature: dict[str, float] = {}
    doubt = 0.0
    if facet.exclusive:
        # What the temperature, the thresholds and the doubt are chosen on: other hands' documents, if there are any.
        tried = (scores, gold, languages) if other is None else _scores_elsewhere(facet, first, second, *other)
        temperature = {
            x: round(recipe.caution * _temperature(*tried[:2], [y == x for y in tried[2]]), 6)
            for x in sorted(set(tried[2]))
        }
        sure = softmax(tried[0] / _heat(temperature, tried[2]))
        thresholds, doubt = _thresholds(sure, tried[1], exclusive=True), _doubt(sure, tried[1], recipe.keep_accuracy)
        probabilities = softmax(scores / _heat(temperature, languages))
        slope, intercept = np.ones(len(facet.ids)), np.zeros(len(facet.ids))
    else:
        slope, intercept = _platt(scores, gold)
        probabilities = _sigmoid(scores * slope + intercept)
        thresholds = _thresholds(probabilities, gold, exclusive=False)
    judge = Judge(
        facet,
        first.linear,
        second.linear if second else None,
        temperature,
        tuple(float(x) for x in slope),
        tuple(float(x) for x in intercept),
        thresholds,
        doubt,
    )
    return judge, objects, probabilities


def _scores_elsewhere(
    facet: Facet, first: Fitted, second: Fitted | None, dataset: Dataset, seen: Sequence[Observation]
) -> tuple[Array, Labels, list[str]]:
    """Decision values, gold labels and languages of a corpus that the passes were not trained on."""
    scores = first.linear.scores(seen)
    if second is not None:
        near = neighbours_of(facet, seen, [e.doc for e in dataset.examples], softmax(scores))
        scores = second.linear.scores(near)
    return scores, label_table(facet, dataset), [s.language for s in seen]


def label_table(facet: Facet, dataset: Dataset) -> Labels:
    """Gold labels, (n_examples, n_labels): 2 the primary label of an exclusive facet, 1 any other, 0 none."""
    import numpy as np

    table = np.zeros((len(dataset.examples), len(facet.ids)), dtype=np.int64)
    for row, example in zip(table, dataset.examples, strict=True):
        for place, label in enumerate(example.tagged.labels(facet.id)):
            row[facet.ids.index(label)] = 2 if facet.exclusive and place == 0 else 1
    if facet.exclusive and not (table == 2).any(axis=1).all():
        bare = dataset.examples[int(np.argmin((table == 2).any(axis=1)))]
        raise CorpusError(f'{dataset.name}: passage "{bare.id}" has no {facet.id}; every passage needs one')
    return table


def out_of_fold(facet: Facet, seen: Sequence[Observation], gold: Labels, folds: Labels, recipe: Recipe) -> Array:
    """Decision values of every row from a model that saw none of its document."""
    import numpy as np

    scores = np.zeros(gold.shape)
    for fold in range(int(folds.max()) + 1):
        inside = np.flatnonzero(folds != fold).tolist()
        outside = np.flatnonzero(folds == fold).tolist()
        fitted = fit_pass(facet, [seen[i] for i in inside], gold[inside], recipe)
        scores[outside] = fitted.linear.scores([seen[i] for i in outside])
    return scores


def neighbours_of(
    facet: Facet, seen: Sequence[Observation], documents: Sequence[str], probabilities: Array
) -> list[Observation]:
    """The observations with the first pass's opinions of their neighbours, document by document."""
    rows: dict[str, list[int]] = {}
    for i, doc in enumerate(documents):
        rows.setdefault(doc, []).append(i)
    near: dict[int, Observation] = {}
    for places in rows.values():
        told = with_neighbours([seen[i] for i in places], probabilities[places].tolist(), facet.ids)
        near |= dict(zip(places, told, strict=True))
    return [near[i] for i in range(len(seen))]


# ---------------------------------------------------------------- one pass


def fit_pass(facet: Facet, seen: Sequence[Observation], gold: Labels, recipe: Recipe) -> Fitted:
    """One linear classifier of the facet over terms, heading terms and signals."""
    import numpy as np
    from scipy import sparse
    from sklearn.feature_extraction import DictVectorizer

    terms = _vectoriser(recipe, recipe.min_documents)
    headings = _vectoriser(recipe, recipe.min_documents)
    signals = DictVectorizer(sparse=True)
    text = terms.fit_transform([" ".join(s.words) for s in seen])  # (n, n_terms) csr
    heads = headings.fit_transform([" ".join(s.heading_words) or "<none>" for s in seen])
    told = signals.fit_transform([dict(s.signals) for s in seen])
    scale = recipe.signal_weight / np.maximum(np.abs(told).max(axis=0).toarray().ravel(), 1e-9)
    matrix = sparse.hstack(
        [text * recipe.term_weight, heads * recipe.heading_weight, told.multiply(scale)], format="csr"
    )
    classifier = _classifier(facet, matrix, gold, recipe)
    weights, bias = _dense(classifier, facet, matrix.shape[1])
    space = Space(
        _terms(terms),
        _terms(headings),
        {name: i for i, name in enumerate(signals.feature_names_)},
        recipe.term_weight,
        recipe.heading_weight,
        scale,
    )
    return Fitted(terms, headings, signals, scale, classifier, Linear(space, weights, bias))


def _vectoriser(recipe: Recipe, min_documents: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        token_pattern=r"(?u)\S+",  # words are cut before: a jieba tokenizer can't be saved
        lowercase=False,
        ngram_range=(1, recipe.max_ngram),
        min_df=min_documents,
        max_features=recipe.max_terms,
        sublinear_tf=True,
    )


def _terms(vectoriser: Any) -> Terms:
    columns = {term: int(i) for term, i in vectoriser.vocabulary_.items()}
    vectoriser.vocabulary_ = columns  # plain integers: skops would write each numpy one to a file of its own
    vectoriser._stop_words_id = 0  # an address in memory, by which scikit-learn warns once; it would change the bytes
    return Terms(columns, vectoriser.idf_, vectoriser.ngram_range[1])


def _classifier(facet: Facet, matrix: Any, gold: Labels, recipe: Recipe) -> Any:
    """One multinomial classifier of an exclusive facet, else one a label; labels without examples have none."""
    import numpy as np
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    weight = "balanced" if recipe.balanced else None
    if not facet.exclusive:
        return {
            label: LogisticRegression(C=recipe.theme_c, solver="liblinear", class_weight=weight).fit(matrix, truth)
            for label, truth in zip(facet.ids, (gold > 0).T, strict=True)
            if truth.any() and not truth.all()
        }
    rows, labels = np.nonzero(gold)
    weights = np.where(gold[rows, labels] == 2, 1.0, recipe.second_weight)
    kept = weights > 0
    stacked = sparse.csr_matrix(matrix)[rows[kept]]
    classifier = LogisticRegression(C=recipe.role_c, max_iter=2000, class_weight=weight)
    return classifier.fit(stacked, labels[kept], sample_weight=weights[kept])


def _dense(classifier: Any, facet: Facet, n_columns: int) -> tuple[Array, Array]:
    """Weights (n_columns, n_labels) and bias of any of our classifiers; labels never seen get no weight."""
    import numpy as np

    weights = np.zeros((n_columns, len(facet.ids)))
    bias = np.full(len(facet.ids), -20.0)
    if facet.exclusive:
        coefficients, intercepts = classifier.coef_, classifier.intercept_
        if len(classifier.classes_) == 2:  # scikit-learn keeps one row for two classes
            coefficients = np.vstack([-coefficients / 2, coefficients / 2])
            intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
        weights[:, classifier.classes_] = coefficients.T
        bias[classifier.classes_] = intercepts
        return weights, bias
    for label, one in classifier.items():
        weights[:, facet.ids.index(label)] = one.coef_[0]
        bias[facet.ids.index(label)] = one.intercept_[0]
    return weights, bias


# ---------------------------------------------------------------- calibration and thresholds


def _sigmoid(scores: Array) -> Array:
    import numpy as np

    out: Array = 1 / (1 + np.exp(-scores))
    return out


def _heat(temperature: Mapping[str, float], languages: Sequence[str]) -> Array:
    import numpy as np

    return np.array([temperature.get(x, 1.0) for x in languages])[:, None]


def _temperature(scores: Array, gold: Labels, rows: Sequence[bool]) -> float:
    """The divisor of the scores that makes their probabilities likeliest (Guo et al. 2017), by golden section."""
    import numpy as np

    inside = np.asarray(rows)
    part, truth = scores[inside], gold[inside].argmax(axis=1)

    def loss(log_t: float) -> float:
        p = softmax(part / np.exp(log_t))
        return -float(np.log(np.maximum(p[np.arange(len(p)), truth], 1e-12)).mean())

    low, high = np.log(0.2), np.log(10.0)
    ratio = (5**0.5 - 1) / 2
    for _ in range(CALIBRATION_STEPS):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if loss(a) < loss(b) else (a, high)
    return round(float(np.exp((low + high) / 2)), 6)


def _platt(scores: Array, gold: Labels) -> tuple[Array, Array]:
    """Slope and intercept a label (Platt 1999), fitted by logistic regression on out-of-fold scores."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    slope, intercept = np.ones(gold.shape[1]), np.zeros(gold.shape[1])
    for i in range(gold.shape[1]):
        truth = gold[:, i] > 0
        if 0 < truth.sum() < len(truth):
            fitted = LogisticRegression(C=1e3).fit(scores[:, [i]], truth)
            slope[i], intercept[i] = round(float(fitted.coef_[0, 0]), 6), round(float(fitted.intercept_[0]), 6)
    return slope, intercept


def _thresholds(probabilities: Array, gold: Labels, exclusive: bool) -> tuple[float, ...]:
    """For each label the probability cut of best F1, counting in an exclusive facet only second labels."""
    import numpy as np

    cuts = []
    for i in range(gold.shape[1]):
        p, truth = probabilities[:, i], gold[:, i] > 0
        if exclusive:
            seconds = probabilities.argmax(axis=1) != i
            p, truth = p[seconds], truth[seconds]
        best, cut = 0.0, 0.5
        for candidate in np.arange(0.1, 0.71, 0.02):
            given = p >= candidate
            hits = float((given & truth).sum())
            f1 = 2 * hits / max(float(given.sum() + truth.sum()), 1.0)
            if f1 > best + 1e-9:
                best, cut = f1, float(candidate)
        cuts.append(round(cut, 2))
    return tuple(cuts)


def _doubt(probabilities: Array, gold: Labels, keep_accuracy: float) -> float:
    """The lowest top probability such that what lies above it is right (second label counted) often enough."""
    import numpy as np

    top = probabilities.max(axis=1)
    right = gold[np.arange(len(gold)), probabilities.argmax(axis=1)] > 0
    for cut in np.arange(0.2, 0.96, 0.01):
        kept = top >= cut
        if not kept.any():
            break
        if right[kept].mean() >= keep_accuracy:
            return round(float(cut), 2)
    return 0.95


# ---------------------------------------------------------------- saving


def save(trained: Trained, folder: Path) -> Model:
    """Write the model folder, all or nothing; the model returned knows the hash of its weights.

    The same model gives the same bytes: no clock and no random number goes in.
    """
    if folder.exists() and not (folder / "manifest.json").is_file():
        raise ModelError(f"{folder}: stands there already and is not a model; give another place, nothing was written")
    try:
        return _write(trained, folder)
    except OSError as error:
        raise ModelError(f"{folder}: can't be written ({error.strerror or error}); give another place") from None


def _write(trained: Trained, folder: Path) -> Model:
    import skops.io

    model = trained.model
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        draft = Path(scratch) / "model"
        draft.mkdir()
        arrays = models.arrays_of(model)
        _write_npz(draft / "weights.npz", arrays)
        plain = {name: _objects(fitted) for name, fitted in trained.objects.items()}
        data = _same_bytes(skops.io.dumps(plain))
        (draft / "model.skops").write_bytes(data)
        if untrusted := skops.io.get_untrusted_types(data=data):
            raise ModelError(f"{folder}: the model holds types that can't be trusted ({untrusted}); nothing was saved")
        manifest = {
            "format": models.FORMAT,
            **model.manifest,
            "taxonomy": model.taxonomy.name,
            "taxonomy_hash": model.taxonomy.hash,
            "weights": hashlib.sha256((draft / "weights.npz").read_bytes()).hexdigest(),
            "judges": [models.judge_entry(j) for j in model.judges],
            "scores": {language: _score_entry(s) for language, s in trained.scores.items()},
            "versions": _versions(),
        }
        (draft / "manifest.json").write_text(
            json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
        )
        (draft / "taxonomy.toml").write_text(model.taxonomy.source, encoding="utf-8", newline="\n")
        (draft / "README.md").write_text(card(manifest), encoding="utf-8", newline="\n")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    return Model(model.taxonomy, model.judges, manifest)


def _score_entry(scores: Scores) -> dict[str, Any]:
    return {
        "passages": scores.passages,
        "accuracy": round(scores.accuracy, 4),
        "relaxed_accuracy": round(scores.relaxed_accuracy, 4),
        "macro_f1": round(scores.macro_f1, 4),
        "ece": round(scores.ece, 4),
        "kept": round(scores.kept, 4),
        "f1": {label.label: round(label.f1, 4) for label in scores.labels},
    }


def _objects(fitted: Fitted) -> dict[str, Any]:
    return {
        "terms": fitted.terms,
        "headings": fitted.headings,
        "signals": fitted.signals,
        "signal_scale": fitted.scale,
        "classifier": fitted.classifier,
    }


_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip entry can bear: every entry gets it, so that equal content makes equal bytes."""


def _write_npz(path: Path, arrays: Mapping[str, Any]) -> None:
    import io
    import zipfile

    import numpy as np

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), buffer.getvalue(), zipfile.ZIP_DEFLATED)


def _same_bytes(data: bytes) -> bytes:
    """A skops archive without the clock and the object addresses that it holds; compressed."""
    import io
    import re
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        schema = old.read("schema.json").decode()
        numbers = {old_id: i for i, old_id in enumerate(dict.fromkeys(re.findall(r'"__id__": (\d+)', schema)))}
        schema = re.sub(r'"__id__": (\d+)', lambda m: f'"__id__": {numbers[m[1]]}', schema)
        names = [n for n in old.namelist() if n != "schema.json"]
        new_names = {n: re.sub(r"^\d+", lambda m: str(numbers.get(m[0], m[0])), n) for n in names}
        schema = re.sub(r'"(\d+\.\w+)"', lambda m: f'"{new_names.get(m[1], m[1])}"', schema)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new_zip:
            for name in sorted(names, key=new_names.__getitem__):
                new_zip.writestr(zipfile.ZipInfo(new_names[name], _EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
            new_zip.writestr(zipfile.ZipInfo("schema.json", _EPOCH), schema, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {"policytext": __version__} | {
        name: version(name)
        for name in ("scikit-learn", "skops", "numpy", "jieba", "spacy", "snowballstemmer", "opencc")
    }


def card(manifest: Mapping[str, Any]) -> str:
    """The model card: what the model is, what it was trained on, how good it is, what it must not be used for."""
    scores = manifest.get("scores", {})
    lines = [
        f"# Model card: {manifest['name']}",
        "",
        f"Tags passages of policy documents by the taxonomy `{manifest['taxonomy']}`, in Chinese and English.",
        "Linear models over words and argument signals; no code in any file of this folder.",
        "",
        f"- trained on: corpus `{manifest['corpus']}` ({manifest['corpus_hash'][:12]})",
        f"- taxonomy: {manifest['taxonomy_hash'][:12]}",
        f"- made with: {', '.join(f'{k} {v}' for k, v in manifest['versions'].items())}",
        "",
        "## How good it is",
        "",
        "Measured on the training corpus by folds split by document: no passage is judged by a model that",
        "has seen its document. Real documents are harder; measure yours with `policytext evaluate`.",
        "",
    ]
    if scores:
        lines += ["| language | passages | accuracy | relaxed accuracy | macro-F1 |", "|---|---|---|---|---|"]
        lines += [
            f"| {x} | {s['passages']} | {s['accuracy']:.3f} | {s['relaxed_accuracy']:.3f} | {s['macro_f1']:.3f} |"
            for x, s in scores.items()
        ]
    lines += [
        "",
        "## Limits",
        "",
        "The model says what a passage does in its document's argument, not whether the argument is right.",
        "It reads Chinese and English only. A passage below the doubt threshold should be read by a person;",
        "no tag is a basis for a decision about a person.",
        "",
    ]
    return "\n".join(lines)
