"""Why did it say "dilemma"? A trained model: probabilities, tags, and how it is kept on disk.

A model folder holds `model.skops` (the fitted scikit-learn objects, for whoever wants to look or go on),
`weights.npz` (the same numbers as plain arrays), `manifest.json` (recipe, labels, calibration, thresholds,
hashes, scores, versions), `taxonomy.toml` and `README.md` (the model card). Tagging runs from the arrays: it
needs no scikit-learn, and no file of a model can run code.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policytext import evidence, registry
from policytext import taxonomy as taxonomies
from policytext.errors import ModelError, TaxonomyError
from policytext.evidence import Explanation, Family, Kind, Part, Reason
from policytext.features import Observation, observe, with_neighbours
from policytext.taxonomy import Facet, Taxonomy
from policytext.types import Passage, Tag, Tagged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FORMAT = 1
"""Version of the folder's layout; a reader refuses what it doesn't know."""

DEFAULT = "default"
SHIPPED = "shipped"
"""The name of the model that comes with the program, whatever was promoted."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is made; saved with it. Changing any field changes the model."""

    max_ngram: int = 1
    """Longest run of words that is a term of its own."""
    min_documents: int = 2
    """Passages in which a term must occur to be kept."""
    max_terms: int = 60_000
    term_weight: float = 1.0
    """Scale of the text's terms against the signals."""
    heading_weight: float = 0.5
    signal_weight: float = 0.2
    role_c: float = 1.0
    """Inverse regularisation of exclusive facets."""
    theme_c: float = 10.0
    """Inverse regularisation of facets with several labels."""
    neighbours: bool = True
    """A second pass sees the first one's opinion of the passages around."""
    balanced: bool = True
    """Weigh rare labels up, so that each counts alike."""
    second_weight: float = 0.3
    """Weight of a passage's second role as a training example of its own."""
    folds: int = 5
    """Folds, split by document, for the neighbours' opinions, the calibration and the thresholds."""
    keep_accuracy: float = 0.9
    """Relaxed accuracy above which the kept passages must stay; the rest is marked for review."""
    caution: float = 1.3
    """By how much the probabilities are drawn together beyond what the calibration corpus asks for: documents out in
    the world differ from the corpora more than these from each other. Chosen on 443 real passages (development set)."""

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: str) -> Recipe:
        """The recipe of a TOML table or JSON object; raises `ModelError` naming an unknown or ill-typed field."""
        known = {f.name: f for f in fields(cls)}
        for key, value in raw.items():
            if key not in known:
                raise ModelError(f'{place}: unknown recipe field "{key}"; known: {", ".join(known)}')
            wanted = type(getattr(cls(), key))
            truth = isinstance(value, bool)  # Python counts True as the integer 1
            if truth != (wanted is bool) or not isinstance(value, (int, float) if wanted is float else wanted):
                raise ModelError(f"{place}: {key} = {value!r} is not a {wanted.__name__}")
            lowest = _LOWEST.get(key, 0)
            if not truth and not lowest <= value < math.inf:
                raise ModelError(f"{place}: {key} = {value!r} is out of range; it must be at least {lowest:g}")
        return cls(**raw)


_LOWEST = {
    "max_ngram": 1,
    "min_documents": 1,
    "max_terms": 1,
    "folds": 2,
    "role_c": 1e-6,
    "theme_c": 1e-6,
    "caution": 1e-6,
}
"""The smallest sensible value of a recipe's field; 0 for the others."""


Row = tuple[list[int], list[float]]
"""The columns of a sparse row that are not zero, and their values."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A fitted term vectoriser as arrays: column and inverse document frequency of each term."""

    columns: Mapping[str, int]
    idf: Array
    max_ngram: int

    def named(self, words: Sequence[str]) -> dict[int, str]:
        """The columns of a text's terms, with the terms."""
        runs = (" ".join(words[i : i + n]) for n in range(1, self.max_ngram + 1) for i in range(len(words) - n + 1))
        return {column: run for run in runs if (column := self.columns.get(run)) is not None}

    def row(self, words: Sequence[str]) -> Row:
        """Columns and weights of one text: (1 + log count) × idf, scaled to length 1."""
        counts: dict[int, int] = {}
        for n in range(1, self.max_ngram + 1):
            for i in range(len(words) - n + 1):
                column = self.columns.get(words[i] if n == 1 else " ".join(words[i : i + n]))
                if column is not None:
                    counts[column] = counts.get(column, 0) + 1
        weights = [(1 + math.log(count)) * float(self.idf[column]) for column, count in counts.items()]
        norm = math.sqrt(sum(w * w for w in weights)) or 1.0
        return list(counts), [w / norm for w in weights]


@dataclass(frozen=True, slots=True)
class Space:
    """The columns a classifier sees: the text's terms, the headings' terms, the signals, in this order."""

    terms: Terms
    headings: Terms
    signals: Mapping[str, int]
    term_weight: float
    heading_weight: float
    signal_scale: Array
    """Weight of each signal divided by its largest value in training."""

    def row(self, seen: Observation, words: Row | None = None) -> Row:
        """Columns and values of one observation; `words` is its `word_row` where that is known already."""
        word_columns, word_values = words or self.word_row(seen)
        columns, values = [*word_columns], [*word_values]
        offset = len(self.terms.idf) + len(self.headings.idf)
        for name, value in seen.signals.items():
            column = self.signals.get(name)
            if column is not None:
                columns.append(offset + column)
                values.append(value * float(self.signal_scale[column]))
        return columns, values

    def word_row(self, seen: Observation) -> Row:
        """Columns and values of the terms of text and headings, without the signals."""
        columns, values = self.terms.row(seen.words)
        values = [v * self.term_weight for v in values]
        offset = len(self.terms.idf)
        heading_columns, heading_values = self.headings.row(seen.heading_words)
        columns += [offset + c for c in heading_columns]
        values += [v * self.heading_weight for v in heading_values]
        return columns, values

    def shares_words(self, other: Space) -> bool:
        """Whether the other space gives the same `word_row`: then it is computed once for both."""
        ours, theirs = ((x.terms, x.headings) for x in (self, other))
        same = all(
            a.columns is b.columns and a.idf is b.idf and a.max_ngram == b.max_ngram
            for a, b in zip(ours, theirs, strict=True)
        )
        return same and (self.term_weight, self.heading_weight) == (other.term_weight, other.heading_weight)

    def features(self, seen: Observation) -> Iterator[tuple[Family, str, int, float, float]]:
        """What `row` sees, with its names: family, feature, column, value, and the scale its weight has.

        Value × scale is the row's value. Of a term the value is its share in the passage, scale 1; of a signal the
        value is the number that `features` gave it.
        """
        columns, values = self.row(seen)
        offsets = (0, len(self.terms.idf), len(self.terms.idf) + len(self.headings.idf))
        kinds: tuple[tuple[Kind, Terms, Sequence[str]], ...] = (
            ("word", self.terms, seen.words),
            ("heading word", self.headings, seen.heading_words),
        )
        named: dict[int, tuple[Family, str, float, float]] = {}
        for offset, (kind, terms, words) in zip(offsets, kinds, strict=False):
            named |= {offset + column: ((kind, term), term, 1.0, 1.0) for column, term in terms.named(words).items()}
        for name, value in seen.signals.items():
            if (column := self.signals.get(name)) is not None:
                scale = float(self.signal_scale[column])
                named[offsets[2] + column] = (evidence.family(name, seen.language), name, value, scale)
        for column, value in zip(columns, values, strict=True):
            of, name, raw, scale = named[column]
            yield of, name, column, raw if column >= offsets[2] else value, scale


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear classifier in a space: `weights` (n_columns, n_labels), `bias` (n_labels,)."""

    space: Space
    weights: Array
    bias: Array

    def scores(self, observations: Sequence[Observation], words: Sequence[Row] | None = None) -> Array:
        """Decision values, (n_observations, n_labels); `words` are the observations' word rows, if known."""
        import numpy as np

        out = np.empty((len(observations), len(self.bias)))
        for i, seen in enumerate(observations):
            columns, values = self.space.row(seen, None if words is None else words[i])
            out[i] = np.asarray(values) @ self.weights[columns] + self.bias if columns else self.bias
        return out


@dataclass(frozen=True, slots=True)
class Judge:
    """What decides one facet: a first pass, a second that sees neighbours (if any), calibration, thresholds.

    Exclusive facets are calibrated by one temperature a language; others by slope and intercept a label.
    """

    facet: Facet
    first: Linear
    second: Linear | None
    temperature: Mapping[str, float]
    slope: tuple[float, ...]
    intercept: tuple[float, ...]
    thresholds: tuple[float, ...]
    """Probability from which a label is given (beside the primary one, in an exclusive facet)."""
    doubt: float
    """Probability of the primary label below which a person should look; 0 in facets without one."""

    def probabilities(self, observations: Sequence[Observation], words: Sequence[Row] | None = None) -> Array:
        """Calibrated probabilities of ONE document's passages, (n_observations, n_labels); `words` are the word rows
        of the first pass, if known."""
        import numpy as np

        if words is None:
            words = [self.first.space.word_row(seen) for seen in observations]
        scores = self.first.scores(observations, words)
        if not self.facet.exclusive:
            independent: Array = 1 / (1 + np.exp(-(scores * np.array(self.slope) + np.array(self.intercept))))
            return independent
        if self.second is not None:
            near = with_neighbours(observations, softmax(scores).tolist(), self.facet.ids)
            scores = self.second.scores(near, words if self.second.space.shares_words(self.first.space) else None)
        heat = np.array([self.temperature.get(seen.language, 1.0) for seen in observations])
        calibrated: Array = softmax(scores / heat[:, None])
        return calibrated

    def deciding(self, observations: Sequence[Observation], place: int) -> tuple[Linear, Observation]:
        """The pass that decides on one passage of ONE document, and what that pass sees of it."""
        if not self.facet.exclusive or self.second is None:
            return self.first, observations[place]
        opinions = softmax(self.first.scores(observations)).tolist()
        return self.second, with_neighbours(observations, opinions, self.facet.ids)[place]

    def slopes(self, linear: Linear, label: str, against: str, language: str) -> tuple[Array, float]:
        """Weights (n_columns,) and constant of the log-odds by which `label` is given: in an exclusive facet those of
        the label against another one, else those of the label against its threshold. Calibration included.
        """
        import numpy as np

        k = self.facet.ids.index(label)
        if self.facet.exclusive:
            other, heat = self.facet.ids.index(against), self.temperature.get(language, 1.0)
            weights = linear.weights[:, k].astype(np.float64) - linear.weights[:, other]
            return weights / heat, float(linear.bias[k] - linear.bias[other]) / heat
        cut = min(max(self.thresholds[k], 1e-9), 1 - 1e-9)
        constant = self.slope[k] * float(linear.bias[k]) + self.intercept[k] - math.log(cut / (1 - cut))
        return self.slope[k] * linear.weights[:, k].astype(np.float64), constant

    def tags(self, probabilities: Sequence[float], source: str) -> Iterator[Tag]:
        """The tags that these probabilities of one passage earn, best first."""
        ranked = sorted(zip(probabilities, self.facet.ids, self.thresholds, strict=True), reverse=True)
        for place, (p, label, threshold) in enumerate(ranked):
            if (self.facet.exclusive and place == 0) or p >= threshold:
                yield Tag(self.facet.id, label, round(float(p), 4), source)


def softmax(scores: Array) -> Array:
    """Probabilities of decision values, row by row."""
    import numpy as np

    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    summed: Array = powers / powers.sum(axis=1, keepdims=True)
    return summed


def id_of(manifest: Mapping[str, Any]) -> str:
    """Name and the beginning of the weights' hash."""
    return f"{manifest.get('name', 'unnamed')}@{str(manifest.get('weights', ''))[:8]}"


@dataclass(frozen=True)
class Model:
    """A trained model; `manifest` is what `manifest.json` says of how it was made."""

    taxonomy: Taxonomy
    judges: tuple[Judge, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name and the beginning of the weights' hash: the source of the tags this model gives."""
        return id_of(self.manifest)

    def probabilities(self, passages: Sequence[Passage]) -> list[dict[str, dict[str, float]]]:
        """For each passage, facet → label → calibrated probability.

        Passages of one document must stand together and in reading order: their neighbours count.
        Passages that are neither Chinese nor English get an empty mapping.
        """
        out: list[dict[str, dict[str, float]]] = []
        for _, group in groupby(passages, key=lambda p: p.doc_id):
            document = list(group)
            out += self.judged(document, observe(document, self.taxonomy))
        return out

    def judged(self, passages: Sequence[Passage], seen: Sequence[Observation]) -> list[dict[str, dict[str, float]]]:
        """The probabilities of ONE document's passages, of which is known already what `features` sees of them."""
        tables: dict[str, list[list[float]]] = {}
        space, words = None, None
        for judge in self.judges:
            if space is None or not judge.first.space.shares_words(space):
                space = judge.first.space
                words = [space.word_row(s) for s in seen]
            tables[judge.facet.id] = judge.probabilities(seen, words).tolist()
        return [
            {
                judge.facet.id: dict(zip(judge.facet.ids, tables[judge.facet.id][i], strict=True))
                for judge in self.judges
                if passage.language in ("zh", "en")
            }
            for i, passage in enumerate(passages)
        ]

    def tag(self, passages: Sequence[Passage]) -> list[Tagged]:
        """The passages with their tags, in the same order; `other`-language passages stay without."""
        return self.decide(passages, self.probabilities(passages))

    def decide(
        self, passages: Sequence[Passage], probabilities: Iterable[Mapping[str, Mapping[str, float]]]
    ) -> list[Tagged]:
        """The tags that given probabilities earn."""
        return [
            Tagged(
                passage,
                tuple(
                    tag
                    for judge in self.judges
                    if judge.facet.id in row
                    for tag in judge.tags([row[judge.facet.id][x] for x in judge.facet.ids], self.id)
                ),
            )
            for passage, row in zip(passages, probabilities, strict=True)
        ]

    def explain(self, passages: Sequence[Passage], place: int, label: str | None = None) -> tuple[Explanation, ...]:
        """Why the passage at `place` (from 0) of ONE document, given in reading order, has its tags, in their order.

        With `label` why it has, or hasn't, that one; raises `TaxonomyError` where no facet has it. A passage that is
        neither Chinese nor English has no tag and no explanation.
        """
        if label is not None and all(label not in judge.facet.ids for judge in self.judges):
            self.taxonomy.check_label(self.judges[0].facet.id, label)
        passage = passages[place]
        if passage.language not in ("zh", "en"):
            return ()
        seen = observe(passages, self.taxonomy)
        out: list[Explanation] = []
        for judge in self.judges:
            p = dict(zip(judge.facet.ids, judge.probabilities(seen)[place].tolist(), strict=True))
            given = [tag.label for tag in judge.tags([*p.values()], self.id)]
            wanted = given if label is None else [label] if label in p else []
            out += [self._explain(judge, seen, passages, place, x, p) for x in wanted]
        return tuple(out)

    def _explain(
        self,
        judge: Judge,
        seen: Sequence[Observation],
        passages: Sequence[Passage],
        place: int,
        label: str,
        p: Mapping[str, float],
    ) -> Explanation:
        linear, at = judge.deciding(seen, place)
        others = [x for x in p if x != label] if judge.facet.exclusive else []
        against = max(others, key=p.__getitem__, default="")
        weights, constant = judge.slopes(linear, label, against or label, passages[place].language)
        parts: dict[Family, list[Part]] = {("base", ""): [Part("constant", 1.0, constant)]}
        for of, name, column, value, scale in linear.space.features(at):
            parts.setdefault(of, []).append(Part(name, value, scale * float(weights[column])))
        found = evidence.find(passages[place], self.taxonomy, linear.space.terms.max_ngram)
        reasons = [_reason(of, of_it, found, passages, place) for of, of_it in parts.items()]
        margin = math.fsum(part.amount for of_it in parts.values() for part in of_it)
        ordered = sorted(reasons, key=lambda r: (-abs(r.amount), r.kind, r.name))
        return Explanation(judge.facet.id, label, against, p[label], margin, tuple(ordered))

    def doubts(self, tagged: Tagged) -> bool:
        """Whether a person should look: the primary label of an exclusive facet is not sure enough."""
        best = {tag.facet: tag.score for tag in reversed(tagged.tags)}
        return any(best.get(j.facet.id, 1.0) < j.doubt for j in self.judges if j.facet.exclusive)


_AWAY = {"before": -1, "after": 1, "two before": -2, "two after": 2}
"""How many passages further on a neighbour stands."""


def _reason(
    of: Family, parts: Sequence[Part], found: evidence.Findings, passages: Sequence[Passage], place: int
) -> Reason:
    kind, name = of
    spans = found.words.get(name, ()) if kind == "word" else found.signals.get(of, ())
    headings = found.heading_words.get(name, ()) if kind == "heading word" else found.heading_signals.get(of, ())
    away = _AWAY.get(name) if kind == "neighbour" else None
    neighbour = None if away is None else passages[place + away].n
    return Reason(kind, name, math.fsum(part.amount for part in parts), spans, headings, neighbour, tuple(parts))


# ---------------------------------------------------------------- on disk


def find(name: str) -> Path:
    """The folder of a model: a path, the name of one in the user's model folder, `default` or `shipped`.

    `default` is the promoted model, and the shipped one while none is promoted. Raises `ModelError`.
    """
    folder = Path(name)
    if folder.is_dir():
        return folder
    if name == DEFAULT and (own := registry.current()) is not None:
        return own
    wanted = DEFAULT if name == SHIPPED else name
    shipped = Path(str(files("policytext"))) / "models" / wanted
    checkout = Path(__file__).parents[2] / "models" / wanted
    for candidate in (registry.place() / name, shipped, checkout):
        if candidate.is_dir():
            return candidate
    raise ModelError(f"{name}: no such model; give a folder made by `policytext train`, or `default`")


def load(name: str = DEFAULT) -> Model:
    """The model of that name or folder; raises `ModelError` when it is missing, foreign or damaged."""
    import numpy as np

    folder = find(name)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if not isinstance(manifest, dict):
            raise ValueError("manifest.json holds no object")
        if manifest.get("format") != FORMAT:
            raise ModelError(
                f"{folder}: model format {manifest.get('format')!r}, this program reads {FORMAT}; train it again"
            )
        used = taxonomies.parse((folder / "taxonomy.toml").read_text(encoding="utf-8"), str(folder / "taxonomy.toml"))
        weights = (folder / "weights.npz").read_bytes()
        if hashlib.sha256(weights).hexdigest() != manifest["weights"]:
            raise ValueError("weights.npz is not the one that manifest.json describes")
        with np.load(io.BytesIO(weights), allow_pickle=False) as arrays:
            vocabularies = {part: (_columns(arrays[part]), arrays[f"{part}.idf"]) for part in ("terms", "headings")}
            judges = tuple(_judge(used.facet(item["facet"]), item, vocabularies, arrays) for item in manifest["judges"])
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder}: not a model folder ({Path(error.filename).name} is missing); make one with `policytext train`"
        ) from None
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile, TaxonomyError) as error:
        raise ModelError(f"{folder}: damaged model ({error}); train it again") from None
    return Model(used, judges, manifest)


def summary(folder: Path) -> dict[str, Any]:
    """What a list of models tells of one: id, taxonomy, corpus, macro-F1 out of fold by language, folder.

    Only the manifest is read; raises `ModelError` when it can't be.
    """
    try:
        told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return {
            "id": id_of(told),
            "taxonomy": told.get("taxonomy"),
            "corpus": told.get("corpus"),
            "macro_f1": {language: s["macro_f1"] for language, s in told.get("scores", {}).items()},
            "folder": str(folder),
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{folder}: its manifest can't be read ({error}); remove the folder or train it again"
        ) from None


def arrays_of(model: Model) -> dict[str, Any]:
    """Every array of a model under its name in `weights.npz`; spaces shared between judges stand once."""
    import numpy as np

    named: dict[str, Any] = {}
    for judge in model.judges:
        for which, linear in (("first", judge.first), ("second", judge.second)):
            if linear is None:
                continue
            key = f"{judge.facet.id}.{which}"
            space = linear.space
            named[f"{key}.weights"] = linear.weights.astype(np.float32)
            named[f"{key}.bias"] = linear.bias
            named[f"{key}.signal_scale"] = space.signal_scale
            named[f"{key}.signals"] = _strings(space.signals)
            for part, terms in (("terms", space.terms), ("headings", space.headings)):
                named[part] = _strings(terms.columns)
                named[f"{part}.idf"] = terms.idf
    return named


def judge_entry(judge: Judge) -> dict[str, Any]:
    """What the manifest keeps of a judge beside its arrays."""
    return {
        "facet": judge.facet.id,
        "labels": list(judge.facet.ids),
        "neighbours": judge.second is not None,
        "temperature": dict(judge.temperature),
        "slope": list(judge.slope),
        "intercept": list(judge.intercept),
        "thresholds": list(judge.thresholds),
        "doubt": judge.doubt,
        "space": {
            "max_ngram": judge.first.space.terms.max_ngram,
            "term_weight": judge.first.space.term_weight,
            "heading_weight": judge.first.space.heading_weight,
        },
    }


def _strings(columns: Mapping[str, int]) -> Any:
    """Names in column order as bytes; no name holds a line break."""
    import numpy as np

    ordered = sorted(columns, key=columns.__getitem__)
    return np.frombuffer("\n".join(ordered).encode(), dtype=np.uint8)


def _columns(array: Any) -> dict[str, int]:
    text = array.tobytes().decode()
    return {name: i for i, name in enumerate(text.split("\n"))} if text else {}


def _judge(
    facet: Facet, item: Mapping[str, Any], vocabularies: Mapping[str, tuple[dict[str, int], Any]], arrays: Any
) -> Judge:
    space = item["space"]
    terms, headings = (Terms(*vocabularies[part], space["max_ngram"]) for part in ("terms", "headings"))

    def linear(which: str) -> Linear:
        key = f"{facet.id}.{which}"
        return Linear(
            Space(
                terms,
                headings,
                _columns(arrays[f"{key}.signals"]),
                space["term_weight"],
                space["heading_weight"],
                arrays[f"{key}.signal_scale"],
            ),
            arrays[f"{key}.weights"],
            arrays[f"{key}.bias"],
        )

    if tuple(item["labels"]) != facet.ids:
        raise ValueError(f"labels of {facet.id} differ from its taxonomy's")
    return Judge(
        facet,
        linear("first"),
        linear("second") if item["neighbours"] else None,
        item["temperature"],
        tuple(item["slope"]),
        tuple(item["intercept"]),
        tuple(item["thresholds"]),
        item["doubt"],
    )
