"""Which passages should a person label next, and what becomes of the answers?

First come passages of which the model is unsure (a small margin between its two likeliest labels) and those where
the labelling functions of `harvest` contradict it; passages like one that was shown already have to wait (maximal
marginal relevance, Carbonell and Goldstein 1998), so that ten alike don't come in a row. Answers go into a corpus,
one line at a time, the moment they are given.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policytext import corpus, harvest
from policytext.check import LENGTHS
from policytext.corpus import Dataset, Example
from policytext.errors import CorpusError, PolicytextError
from policytext.features import observe
from policytext.model import Model
from policytext.stats import length
from policytext.taxonomy import Facet, Taxonomy
from policytext.types import Tag, Tagged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

PERSON = "person"
"""The source of labels given in a review."""

CONTRADICTION = 0.5
"""How much a contradiction by the labelling functions counts against doubt, which goes from 0 to 1."""

LIKENESS = 0.5
"""How much the likeness (cosine of term weights, 0 to 1) to a passage shown before counts against both."""

SKIPPED = "skipped.txt"
"""The file beside a corpus that names the passages a person passed over, one id a line."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage to label. `tagged` is what the model proposes, `harvested` what the labelling functions say.

    `margin` is the distance of the two likeliest labels' probabilities, of the first exclusive facet; `contradiction`
    the score of the label by which the functions contradict the model, 0 where they don't.
    """

    example: Example
    tagged: Tagged
    probabilities: Mapping[str, Mapping[str, float]]
    harvested: tuple[Tag, ...]
    margin: float
    contradiction: float

    @property
    def urgency(self) -> float:
        """How much a label would tell: doubt and contradiction; 0 where the model is sure and nobody objects."""
        return urgency(self.margin, self.contradiction)


def urgency(margin: float, contradiction: float) -> float:
    """How much a label of such a passage would tell."""
    return 1 - margin + CONTRADICTION * contradiction


def candidates(dataset: Dataset, model: Model) -> tuple[list[Candidate], Any]:
    """Every passage in Chinese or English with what model and functions make of it, and the passages' term weights,
    (n, n_terms) csr, rows of length 1. Raises `CorpusError` when corpus and model have different taxonomies.
    """
    if dataset.taxonomy.hash != model.taxonomy.hash:
        raise CorpusError(f"{dataset.name}: its taxonomy is not that of {model.id}; give a model trained with it")
    facet = first_exclusive(model.taxonomy)
    terms = model.judges[0].first.space.terms
    found: list[Candidate] = []
    rows: list[tuple[list[int], list[float]]] = []
    for examples in dataset.documents().values():
        passages = [e.tagged.passage for e in examples]
        seen = observe(passages, model.taxonomy)
        probabilities = model.judged(passages, seen)
        votes = harvest.votes(passages, model.taxonomy)
        tagged = model.decide(passages, probabilities)
        for example, t, p, given, s in zip(examples, tagged, probabilities, votes, seen, strict=True):
            if not p:
                continue
            harvested = tuple(tag for f in model.taxonomy.facets for tag in harvest.decide(given, f))
            against = contradiction(harvested, t.labels(facet.id), facet)
            found.append(Candidate(example, t, p, harvested, margin(p[facet.id].values()), against))
            rows.append(terms.row(s.words))
    return found, sparse_rows(rows, len(terms.idf))


def first_exclusive(taxonomy: Taxonomy) -> Facet:
    """The facet that doubt is measured by; raises `PolicytextError` where every facet has several labels."""
    for facet in taxonomy.facets:
        if facet.exclusive:
            return facet
    raise PolicytextError(f'taxonomy "{taxonomy.name}" has no exclusive facet; a review needs one to order passages by')


def margin(probabilities: Iterable[float]) -> float:
    """The distance between the two highest."""
    first, second = [*sorted(probabilities, reverse=True), 0.0][:2]
    return first - second


def contradiction(harvested: Sequence[Tag], given: Sequence[str], facet: Facet) -> float:
    """The score of the harvested label of the facet, where it is none of those given; else 0."""
    return next((t.score for t in harvested if t.facet == facet.id and t.label not in given), 0.0)


def sparse_rows(rows: Sequence[tuple[list[int], list[float]]], width: int) -> Any:
    """Rows of columns and values as a csr matrix."""
    from scipy import sparse

    starts = [0]
    for columns, _ in rows:
        starts.append(starts[-1] + len(columns))
    columns = [c for own, _ in rows for c in own]
    return sparse.csr_matrix(([v for _, own in rows for v in own], columns, starts), shape=(len(rows), width))


def pick(urgencies: Sequence[float], rows: Any) -> Iterator[int]:
    """The rows' numbers in the order in which to ask: the most urgent first that is least like those before it.

    `rows` are term weights, (n, n_terms) csr of length 1. Equal ones come in their order: nothing is drawn at random.
    """
    import numpy as np

    left = np.asarray(urgencies, dtype=np.float64)
    likest = np.zeros(len(left))
    open_ = np.ones(len(left), dtype=bool)
    while open_.any():
        chosen = int(np.argmax(np.where(open_, left - LIKENESS * likest, -np.inf)))
        open_[chosen] = False
        yield chosen
        likest = np.maximum(likest, (rows @ rows[chosen].T).toarray().ravel())


def order(found: Sequence[Candidate], rows: Any, last: frozenset[str] = frozenset()) -> Iterator[Candidate]:
    """The candidates in the order in which to ask; at the end those with an id in `last`, passed over before, and
    those shorter than passages are: the signature below a notice teaches nothing.
    """
    lowered = [c.urgency - (_LATER if c.example.id in last or _is_short(c.example) else 0.0) for c in found]
    return (found[i] for i in pick(lowered, rows))


_LATER = 10.0
"""More than any urgency."""


def _is_short(example: Example) -> bool:
    return length(example) < LENGTHS.get(example.tagged.passage.language, (0,))[0]


def candidate_row(c: Candidate) -> dict[str, Any]:
    """A candidate as one JSON object; `harvest` has the functions' label of each facet, `roles` all probabilities."""
    passage = c.example.tagged.passage
    row: dict[str, Any] = {"id": c.example.id, "doc": passage.doc_id, "n": passage.n, "language": passage.language}
    row |= {"section": list(passage.section), "text": passage.text}
    for facet, shown in c.probabilities.items():
        labels = c.tagged.labels(facet)
        row[facet] = (labels[0] if labels else None) if facet == "role" else list(labels)
        row[f"{facet}s"] = {label: round(p, 4) for label, p in shown.items()}
    row["harvest"] = {tag.facet: tag.label for tag in reversed(c.harvested)}
    return row | {"margin": round(c.margin, 4), "urgency": round(c.urgency, 4)}


# ---------------------------------------------------------------- answers


SKIP, UNDO, QUIT, ACCEPT, SAVE = "s", "u", "q", ".", "\n"

Choice = tuple[tuple[str, str], ...]
"""Facet and label of what is chosen, in the order in which it was."""


def keys_of(taxonomy: Taxonomy) -> dict[str, tuple[str, str]]:
    """Facet and label of each key: digits for the first exclusive facet, letters for the rest, in their order."""
    main = first_exclusive(taxonomy)
    keys = dict(zip("123456789", ((main.id, label) for label in main.ids), strict=False))
    rest = [(f.id, label) for f in taxonomy.facets for label in f.ids if (f.id, label) not in keys.values()]
    letters = [c for c in string.ascii_letters if c not in (SKIP, UNDO, QUIT)]
    if len(rest) > len(letters):
        raise PolicytextError(
            f'taxonomy "{taxonomy.name}" has more labels than keys; label in Excel: policytext corpus export'
        )
    return keys | dict(zip(letters, rest, strict=False))


def press(chosen: Choice, pair: tuple[str, str]) -> Choice:
    """What is chosen after a label's key was pressed: with it, or without where it was chosen already.

    Of an exclusive facet the first label chosen is the primary one.
    """
    return tuple(x for x in chosen if x != pair) if pair in chosen else (*chosen, pair)


def answer(example: Example, chosen: Choice, taxonomy: Taxonomy) -> Example | None:
    """The example with the labels chosen, as a person's; None while an exclusive facet has none."""
    if any(f.exclusive and all(f.id != facet for facet, _ in chosen) for f in taxonomy.facets):
        return None
    ordered = [pair for f in taxonomy.facets for pair in chosen if pair[0] == f.id]
    return replace(example, tagged=Tagged(example.tagged.passage, tuple(Tag(*p, 1.0, PERSON) for p in ordered)))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where answers go: a corpus folder, begun with the first one; `licence` is what its `corpus.toml` then says.

    Lines keep the order of the source. The passages of a document that nobody labelled are missing between them.
    """

    folder: Path
    source: Dataset
    licence: str = ""

    def put(self, example: Example) -> str | None:
        """Store an answer at once and whole; what is returned undoes it."""
        if not any(self.folder.glob("*.jsonl")):
            languages = sorted({e.tagged.passage.language for e in self.source.examples})
            told = {"languages": languages, "licence": self.licence, "origin": "labelled in a review"}
            corpus.save(corpus.dataset_of(self.folder.name, self.source.taxonomy, [example]), self.folder, told)
            return None
        line = json.dumps(corpus.to_line(example), ensure_ascii=False)
        return corpus.put_line(self.folder, example.id, line, self._places())

    def take_back(self, example: Example, before: str | None) -> None:
        """Undo a `put`: the line as it was before, or none."""
        corpus.put_line(self.folder, example.id, before, self._places())

    def _places(self) -> dict[str, int]:
        return {e.id: i for i, e in enumerate(self.source.examples)}

    def done(self) -> set[str]:
        """The ids of the passages that a person has labelled already."""
        if not any(file.read_text(encoding="utf-8").strip() for file in self.folder.glob("*.jsonl")):
            return set()
        kept = corpus.load(self.folder)
        if kept.taxonomy.hash != self.source.taxonomy.hash:
            raise CorpusError(f"{self.folder}: its taxonomy is not that of {self.source.name}; give another folder")
        exclusive = {f.id for f in kept.taxonomy.facets if f.exclusive}
        return {
            e.id
            for e in kept.examples
            if exclusive <= {t.facet for t in e.tagged.tags if t.source in (PERSON, corpus.GOLD)}
        }

    def skipped(self) -> frozenset[str]:
        """The ids of the passages passed over so far."""
        file = self.folder / SKIPPED
        return frozenset(file.read_text(encoding="utf-8").split("\n")) - {""} if file.exists() else frozenset()

    def skip(self, ids: Iterable[str]) -> None:
        """Remember these as the passages passed over."""
        self.folder.mkdir(parents=True, exist_ok=True)
        corpus.write_whole(self.folder / SKIPPED, "".join(f"{x}\n" for x in sorted(ids)))


@dataclass(frozen=True, slots=True)
class Session:
    """How a session went: passages labelled and passed over, less what was taken back."""

    saved: int
    skipped: int


def hold(
    queue: Iterator[Candidate],
    keys: Iterator[str],
    shelf: Shelf,
    show: Callable[[Candidate, Choice], None],
    tell: Callable[[str], None],
) -> Session:
    """Ask for one passage after the other until the keys or the passages end; every answer is stored when it is given.

    `show` is called when a passage comes up and whenever the choice changes, `tell` with what went wrong.
    """
    taxonomy = shelf.source.taxonomy
    labels = keys_of(taxonomy)
    skipped = set(shelf.skipped())
    waiting: list[Candidate] = []
    history: list[tuple[Candidate, str | None, bool]] = []
    current: Candidate | None = next(queue, None)
    chosen: Choice = ()
    while current is not None:
        show(current, chosen)
        key = next(keys, QUIT)
        if key == QUIT:
            break
        if key in labels:
            chosen = press(chosen, labels[key])
        elif key == ACCEPT:
            chosen = tuple((tag.facet, tag.label) for tag in current.tagged.tags)
        elif key == UNDO and history:
            waiting.append(current)
            current, before, was_saved = history.pop()
            chosen = ()
            if was_saved:
                shelf.take_back(current.example, before)
            else:
                skipped.discard(current.example.id)
                shelf.skip(skipped)
        elif key == UNDO:
            tell("nothing to undo in this session")
        elif key == SKIP or (key == SAVE and chosen):
            answered = answer(current.example, chosen, taxonomy) if key == SAVE else None
            if key == SAVE and answered is None:
                tell(f"no {first_exclusive(taxonomy).id} chosen; press its number first")
                continue
            history.append((current, shelf.put(answered) if answered else None, answered is not None))
            if answered is None:
                skipped.add(current.example.id)
                shelf.skip(skipped)
            current, chosen = waiting.pop() if waiting else next(queue, None), ()
        elif key != SAVE:
            tell(f'"{key}" is no key here')
    return Session(sum(was_saved for *_, was_saved in history), sum(not was_saved for *_, was_saved in history))
