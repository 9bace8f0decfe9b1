"""Which labels do the headings and cue words give for free? Real documents become a first, weakly labelled corpus.

Labelling functions look at a passage and give a label or abstain; their votes are weighed by how often such a vote
was right on the two shipped corpora. A label's source names the functions that gave it, its score says how far to
trust it. The table of the functions has the columns of Snorkel's (Ratner et al. 2017): coverage, overlaps, conflicts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from policytext import features, tokens
from policytext.check import LENGTHS
from policytext.corpus import Dataset, Example, dataset_of
from policytext.errors import ReadError
from policytext.features import clean, grammar, head_act
from policytext.read import read
from policytext.split import split
from policytext.stats import length
from policytext.taxonomy import Facet, Taxonomy
from policytext.types import Document, Passage, Tag, Tagged

SOURCE = "harvest"
"""How the source of a harvested label begins; the names of the functions follow."""

LEAST = 0.6
"""Score below which no label is given. At .6 the functions label 41 to 75 % of the passages of the shipped corpora."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the labelling functions see of a passage; `shares` and `first` by name of the grammar's patterns."""

    passage: Passage
    text: str
    opening: str
    shares: Mapping[str, float]
    first: frozenset[str]
    place: float
    """0 for the first passage of its document, close to 1 for the last."""

    def share(self, *names: str) -> float:
        """The share of sentences that show the commonest of these patterns."""
        return max(self.shares.get(name, 0.0) for name in names)


@dataclass(frozen=True, slots=True)
class Vote:
    """A label that a function gave, and how often such a vote is right, 0 to 1."""

    function: str
    evidence: str
    facet: str
    label: str
    precision: float


Votes = Sequence[Vote]


@dataclass(frozen=True, slots=True)
class Function:
    """A labelling function of one facet (`facet` empty: of every exclusive one): the labels it gives, or none.

    Functions of one `evidence` look at the same words, so that only the strongest of them counts for a label.
    """

    name: str
    evidence: str
    facet: str
    give: Callable[[Seen, Facet, Taxonomy], Sequence[str]]


# ---------------------------------------------------------------- the functions


def _heading(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """What the head word of the nearest heading announces."""
    section = seen.passage.section
    return _of(facet, head_act(section[-1], taxonomy) if section else "")


def _heading_above(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """What a heading above the nearest one announces, where that one announces nothing."""
    section = seen.passage.section
    if not section or head_act(section[-1], taxonomy):
        return ()
    acts = (head_act(heading, taxonomy) for heading in reversed(section[:-1]))
    return _of(facet, next((act for act in acts if act), ""))


def _of(facet: Facet, label: str) -> Sequence[str]:
    return (label,) if label in facet.ids else ()


def _terms(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """The label with two of its terms or more, and twice as many as any other label has."""
    counts = {label: len(set(p.findall(seen.text.lower()))) for label, p in _patterns(seen, facet, taxonomy)}
    first, second = [*sorted(counts.items(), key=lambda count: -count[1]), ("", 0), ("", 0)][:2]
    return (first[0],) if first[1] >= 2 and first[1] >= 2 * second[1] else ()


def _patterns(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> list[tuple[str, re.Pattern[str]]]:
    return _term_patterns(taxonomy, facet.id, seen.passage.language)


@lru_cache(maxsize=16)
def _term_patterns(taxonomy: Taxonomy, facet: str, language: str) -> list[tuple[str, re.Pattern[str]]]:
    return [(label, p) for f, label, p in features.term_patterns(taxonomy, language) if f == facet]


def _wish(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """Half of the sentences say what should be done, and the first one does or few speak of what is wrong."""
    wishes = _share_of(_WISH, seen)
    wished = max(wishes, seen.share("imperative")) >= 0.5 and seen.share("lack", "problem") <= 0.34
    return ("recommendation",) if wished else ()


def _opening_wish(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """The first sentence says what should be done and not what is wrong."""
    wished = _WISH[seen.passage.language].search(seen.opening) or "imperative" in seen.first
    return ("recommendation",) if wished and not {"lack", "problem", "done"} & seen.first else ()


def _opening_cause(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """The first sentence names a reason or a root."""
    return ("cause",) if _CAUSE[seen.passage.language].search(seen.opening) else ()


def _causes(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """Reasons and roots are named twice or more, in a passage that wishes little."""
    found = len(_CAUSE[seen.passage.language].findall(seen.text))
    return ("cause",) if found >= 2 and _share_of(_WISH, seen) < 0.34 else ()


def _problem(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """Most sentences tell of lack or trouble, and few wish or explain."""
    told = seen.share("lack", "problem") >= 0.6 and _share_of(_WISH, seen) < 0.25
    return ("dilemma",) if told and not _CAUSE[seen.passage.language].search(seen.text) else ()


def _opening_problem(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """The first sentence tells of lack or trouble, and neither wishes nor explains."""
    told = {"lack", "problem"} & seen.first and not {"modal", "advise", "imperative", "cause", "cite"} & seen.first
    return ("dilemma",) if told and _share_of(_WISH, seen) < 0.25 else ()


def _achievement(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """Half of the sentences tell of what was done or reached, none of lack or trouble."""
    reached = min(seen.share("achieve"), seen.share("done")) >= 0.34 and seen.share("achieve", "done") >= 0.5
    return ("foundation",) if reached and seen.share("lack", "problem") == 0 and _share_of(_WISH, seen) == 0 else ()


def _method(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """The passage speaks of its own text, data or terms, and neither wishes nor complains."""
    own = "method" in seen.first or seen.share("method", "define") >= 0.5
    calm = _share_of(_WISH, seen) == 0 and seen.share("lack", "problem") <= 0.34
    return ("background",) if own and calm else ()


def _beginning(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """The first tenth of a document, where it wishes nothing and its heading announces no other act."""
    calm = seen.place < 0.1 and _share_of(_WISH, seen) == 0
    return ("background",) if calm and not _heading(seen, facet, taxonomy) else ()


def _several_terms(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """Every label with three of its terms or more."""
    text = seen.text.lower()
    return [label for label, p in _patterns(seen, facet, taxonomy) if len(set(p.findall(text))) >= 3]


def _opening_terms(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """Every label with a term at the very beginning and another one anywhere."""
    text = seen.text.lower()
    opening = text[: 40 if seen.passage.language == "zh" else 120]
    found = _patterns(seen, facet, taxonomy)
    return [label for label, p in found if p.search(opening) and len(set(p.findall(text))) >= 2]


def _heading_terms(seen: Seen, facet: Facet, taxonomy: Taxonomy) -> Sequence[str]:
    """Every label with a term in the nearest heading and another or the same in the passage."""
    heading, text = clean(" ".join(seen.passage.section[-1:])).lower(), seen.text.lower()
    return [label for label, p in _patterns(seen, facet, taxonomy) if p.search(heading) and p.search(text)]


FUNCTIONS = (
    Function("heading", "heading", "", _heading),
    Function("heading above", "heading", "", _heading_above),
    Function("terms", "words", "", _terms),
    Function("wish", "sentences", "role", _wish),
    Function("opening wish", "sentences", "role", _opening_wish),
    Function("opening cause", "sentences", "role", _opening_cause),
    Function("causes", "sentences", "role", _causes),
    Function("problem", "sentences", "role", _problem),
    Function("opening problem", "sentences", "role", _opening_problem),
    Function("achievement", "sentences", "role", _achievement),
    Function("method", "sentences", "role", _method),
    Function("beginning", "place", "role", _beginning),
    Function("several terms", "words", "theme", _several_terms),
    Function("opening terms", "words", "theme", _opening_terms),
    Function("heading and text", "words", "theme", _heading_terms),
)
"""The labelling functions in the order of the table. Those tied to the labels of the default taxonomy abstain where a
taxonomy has no such label."""

_WISH: Mapping[str, re.Pattern[str]] = {
    "zh": re.compile(
        "应当|应该|应(?=[加建完推尽从以在把将由按对设明统])|必须|务必|亟[需须待]|有必要|宜(?!居|人)|不妨|建议"
    ),
    "en": re.compile(r"\b(?:should|must|ought to|recommend\w*|we (?:propose|urge|call)|needs? to)\b", re.IGNORECASE),
}
_CAUSE: Mapping[str, re.Pattern[str]] = {
    "zh": re.compile("原因(?:在于|是|有|之一|主要)|根源|究其|症结|之所以|归因|归结|源[于自]|缘于|根子|成因"),
    "en": re.compile(
        r"\b(?:root causes?|reasons?|stems? from|because|driven by|attribut(?:able|ed) to|explains?|explanation"
        r"|incentives?|roots?)\b",
        re.IGNORECASE,
    ),
}
"""Narrower than the patterns of the classifier: a vote counts by itself, and 要 or "result in" says too little."""

PRECISION: Mapping[tuple[str, str], Mapping[str, float]] = {
    ("heading", ""): {"zh": 0.82, "en": 0.73},
    ("heading", "background"): {"zh": 0.88, "en": 0.7},
    ("heading", "cause"): {"zh": 0.79, "en": 0.83},
    ("heading", "dilemma"): {"zh": 0.72, "en": 0.7},
    ("heading", "foundation"): {"zh": 0.8, "en": 0.78},
    ("heading", "recommendation"): {"zh": 0.74, "en": 0.77},
    ("heading above", ""): {"zh": 0.8, "en": 0.77},
    ("heading above", "background"): {"zh": 0.63, "en": 0.69},
    ("heading above", "cause"): {"zh": 0.83, "en": 0.61},
    ("heading above", "dilemma"): {"zh": 0.75, "en": 0.55},
    ("heading above", "foundation"): {"zh": 0.76, "en": 0.65},
    ("heading above", "recommendation"): {"zh": 0.84, "en": 0.58},
    ("terms", ""): {"zh": 0.58, "en": 0.66},
    ("terms", "background"): {"zh": 0.91, "en": 0.75},
    ("terms", "cause"): {"zh": 0.66, "en": 0.57},
    ("terms", "dilemma"): {"zh": 0.57, "en": 0.56},
    ("terms", "foundation"): {"zh": 0.71, "en": 0.59},
    ("terms", "recommendation"): {"zh": 0.47, "en": 0.61},
    ("wish", "recommendation"): {"zh": 0.74, "en": 0.82},
    ("opening wish", "recommendation"): {"zh": 0.69, "en": 0.68},
    ("opening cause", "cause"): {"zh": 0.68, "en": 0.7},
    ("causes", "cause"): {"zh": 0.49, "en": 0.63},
    ("problem", "dilemma"): {"zh": 0.53, "en": 0.45},
    ("opening problem", "dilemma"): {"zh": 0.47, "en": 0.46},
    ("achievement", "foundation"): {"zh": 0.73, "en": 0.52},
    ("method", "background"): {"zh": 0.67, "en": 0.59},
    ("beginning", "background"): {"zh": 0.9, "en": 0.69},
    ("several terms", ""): {"zh": 0.63, "en": 0.64},
    ("opening terms", ""): {"zh": 0.58, "en": 0.61},
    ("heading and text", ""): {"zh": 0.55, "en": 0.57},
}
"""How often a function's vote was right, by function and label (empty: any label of its facet), for each language:
(right + 3) / (votes + 5), so that a few votes say little, the mean of the corpora policy and narrative, so that the
telling headings of the one don't outvote the other. A test measures them again."""

UNKNOWN = 0.6
"""The precision taken for a label that the shipped corpora don't have, and the least that was measured for roles."""


# ---------------------------------------------------------------- votes


def see(passages: Sequence[Passage]) -> list[Seen]:
    """What the functions see of the passages of ONE document, given in reading order."""
    return [_see(passage, i / len(passages)) for i, passage in enumerate(passages)]


def _see(passage: Passage, place: float) -> Seen:
    text = clean(passage.text)
    signals = grammar(text, passage.language)
    spans = tokens.sentences(text, passage.language) if passage.language != "other" else []
    opening = text[slice(*spans[0])] if spans else ""
    named = [name.partition(":") for name in signals]
    shares = {name: signals[f"share:{name}"] for kind, _, name in named if kind == "share"}
    return Seen(passage, text, opening, shares, frozenset(n for kind, _, n in named if kind == "first"), place)


def _share_of(patterns: Mapping[str, re.Pattern[str]], seen: Seen) -> float:
    spans = tokens.sentences(seen.text, seen.passage.language)
    pattern = patterns[seen.passage.language]
    return sum(pattern.search(seen.text, a, b) is not None for a, b in spans) / max(1, len(spans))


def votes(passages: Sequence[Passage], taxonomy: Taxonomy) -> list[list[Vote]]:
    """The votes on each passage of ONE document, in the order of `FUNCTIONS`; passages in neither Chinese nor English
    get none."""
    return [_votes(seen, taxonomy) if seen.passage.language != "other" else [] for seen in see(passages)]


def _votes(seen: Seen, taxonomy: Taxonomy) -> list[Vote]:
    found = []
    for function in FUNCTIONS:
        for facet in taxonomy.facets:
            if function.facet == facet.id or (not function.facet and facet.exclusive):
                for label in function.give(seen, facet, taxonomy):
                    if label in facet.ids:
                        precision = precision_of(function.name, label, seen.passage.language)
                        found.append(Vote(function.name, function.evidence, facet.id, label, precision))
    return found


def precision_of(function: str, label: str, language: str) -> float:
    """How often a function's vote for a label was right; `UNKNOWN` where it could not be measured."""
    table = PRECISION.get((function, label)) or PRECISION.get((function, ""), {})
    return table.get(language, UNKNOWN)


def decide(given: Votes, facet: Facet, least: float = LEAST) -> tuple[Tag, ...]:
    """The labels that the votes on a passage add up to, none where they abstain or cancel out.

    Of an exclusive facet the label with the highest posterior, if that is `least` or more. A vote of precision p is
    p / ((1 - p) / (K - 1)) times likelier for the label it names than for any of the other K - 1 (a naive Bayes of
    equal priors whose voters err evenly); votes for a label from the same evidence count once, as the strongest.
    Of another facet every label that has a vote of precision `least` or more, with that as its score.
    """
    own = [vote for vote in given if vote.facet == facet.id]
    by_label = {label: [v for v in own if v.label == label] for label in dict.fromkeys(v.label for v in own)}
    scores = {label: max(v.precision for v in of_label) for label, of_label in by_label.items()}
    if facet.exclusive and own:
        k = len(facet.ids)
        strength = dict.fromkeys(facet.ids, 0.0)
        for label, of_label in by_label.items():
            for evidence in {v.evidence for v in of_label}:
                p = max(v.precision for v in of_label if v.evidence == evidence)
                strength[label] += math.log(p * max(1, k - 1) / (1 - p))
        total = sum(map(math.exp, strength.values()))
        best = max(by_label, key=strength.__getitem__)
        scores = {best: math.exp(strength[best]) / total}
    return tuple(
        Tag(facet.id, label, round(score, 3), f"{SOURCE}: {', '.join(v.function for v in by_label[label])}")
        for label, score in sorted(scores.items(), key=lambda item: -item[1])
        if score >= least
    )


# ---------------------------------------------------------------- documents


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a harvest gave: the corpus, a table a document for its `corpus.toml`, the votes on every passage that was
    read (labelled or not), and the files that could not be read, with the reason."""

    dataset: Dataset
    documents: tuple[Mapping[str, Any], ...]
    votes: tuple[Votes, ...]
    failures: tuple[tuple[Path, str], ...]


def harvest(
    files: Iterable[Path],
    taxonomy: Taxonomy,
    *,
    least: float = LEAST,
    keep_unlabelled: bool = False,
    name: str = "harvest",
) -> Harvest:
    """The weakly labelled passages of documents, in reading order; a file that can't be read is named, not fatal.

    Without `keep_unlabelled` a passage on whose exclusive facets the functions abstain is left out, and one that is
    shorter than passages are (`check.LENGTHS`): a salutation is no evidence.
    """
    examples: list[Example] = []
    documents: dict[str, Mapping[str, Any]] = {}
    cast: list[Votes] = []
    failures = []
    for file in files:
        try:
            document = read(file)
        except ReadError as error:
            failures.append((file, error.reason))
            continue
        doc = file.stem if file.stem not in documents else f"{file.stem}-{document.id[:8]}"
        if doc in documents:
            failures.append((file, "the same file as one before; it is in the corpus once"))
            continue
        documents[doc] = _about(document, doc, file)
        passages = [replace(passage, doc_id=doc, boxes=()) for passage in split(document)]
        given = votes(passages, taxonomy)
        cast += given
        kept = 0
        for passage, on_it in zip(passages, given, strict=True):
            tags = tuple(tag for facet in taxonomy.facets for tag in decide(on_it, facet, least))
            tagged = Tagged(passage, tags)
            full = all(tagged.labels(f.id) for f in taxonomy.facets if f.exclusive)
            if keep_unlabelled or (full and length(Example("", tagged)) >= LENGTHS.get(passage.language, (0,))[0]):
                kept += 1  # a corpus counts its lines; the id keeps the place in the document
                examples.append(Example(f"{doc}-{passage.n:03d}", Tagged(replace(passage, n=kept), tags)))
    used = {e.doc for e in examples}
    told = tuple(table for doc, table in documents.items() if doc in used)
    return Harvest(dataset_of(name, taxonomy, examples), told, tuple(cast), tuple(failures))


def _about(document: Document, doc: str, file: Path) -> dict[str, Any]:
    """What `corpus.toml` tells of a document: no path of this machine, but the name and hash of the file."""
    about = {"id": doc, "title": document.metadata.title, "year": document.metadata.year, "file": file.name}
    return {key: value for key, value in {**about, "sha256": document.id}.items() if value}


# ---------------------------------------------------------------- how good the functions are


@dataclass(frozen=True, slots=True)
class FunctionReport:
    """One row of the table, shares of all passages: `coverage` those on which the function votes, `overlaps` those on
    which another one of its facet votes too, `conflicts` those on which another one gives another label of an
    exclusive facet. `correct` and `incorrect` count its votes on passages with gold labels."""

    function: str
    facet: str
    polarity: tuple[str, ...]
    coverage: float
    overlaps: float
    conflicts: float
    correct: int | None = None
    incorrect: int | None = None

    @property
    def accuracy(self) -> float | None:
        """The share of its votes that are right, where there is gold."""
        n = (self.correct or 0) + (self.incorrect or 0)
        return (self.correct or 0) / n if n else None


def report(cast: Sequence[Votes], taxonomy: Taxonomy, gold: Sequence[Tagged] | None = None) -> list[FunctionReport]:
    """A row for each function and facet that voted, in the order of `FUNCTIONS`; `gold` has a row a passage."""
    rows = []
    n = max(1, len(cast))
    for function in FUNCTIONS:
        for facet in taxonomy.facets:
            mine = [[v for v in on_it if (v.function, v.facet) == (function.name, facet.id)] for on_it in cast]
            others = [[v for v in on_it if v.facet == facet.id and v.function != function.name] for on_it in cast]
            if not any(mine):
                continue
            labels = {v.label for own in mine for v in own}
            overlaps = sum(bool(own and other) for own, other in zip(mine, others, strict=True))
            conflicts = sum(
                facet.exclusive and any(v.label != own[0].label for v in other)
                for own, other in zip(mine, others, strict=True)
                if own
            )
            right = wrong = None
            if gold is not None:
                verdicts = [hit for own, g in zip(mine, gold, strict=True) for hit in _verdicts(own, g, facet)]
                right, wrong = sum(verdicts), len(verdicts) - sum(verdicts)
            polarity = tuple(label for label in facet.ids if label in labels)
            covered = sum(map(bool, mine))
            rows.append(
                FunctionReport(
                    function.name, facet.id, polarity, covered / n, overlaps / n, conflicts / n, right, wrong
                )
            )
    return rows


def _verdicts(own: Votes, gold: Tagged, facet: Facet) -> Iterator[bool]:
    wanted = gold.labels(facet.id)
    if wanted or not facet.exclusive:
        for vote in own:
            yield vote.label in (wanted[:1] if facet.exclusive else wanted)


def judge(dataset: Dataset, least: float = LEAST) -> tuple[list[list[Vote]], list[Tagged], list[Tagged]]:
    """What the functions make of a labelled corpus: the votes, the harvested labels and the gold, a row a passage."""
    cast: list[list[Vote]] = []
    harvested, gold = [], []
    for examples in dataset.documents().values():
        passages = [e.tagged.passage for e in examples]
        for example, on_it in zip(examples, votes(passages, dataset.taxonomy), strict=True):
            tags = tuple(tag for facet in dataset.taxonomy.facets for tag in decide(on_it, facet, least))
            cast.append(on_it)
            harvested.append(Tagged(example.tagged.passage, tags))
            gold.append(example.tagged)
    return cast, harvested, gold


def precision_rows(harvested: Sequence[Tagged], gold: Sequence[Tagged], taxonomy: Taxonomy) -> Iterator[dict[str, Any]]:
    """For each language, facet and label: how many labels were harvested, how many rightly, and the passages that
    have it in gold. `right_relaxed` also counts a further gold label of the passage."""
    languages = [x for x in ("zh", "en") if any(g.passage.language == x for g in gold)]
    for language in languages:
        pairs = [(h, g) for h, g in zip(harvested, gold, strict=True) if g.passage.language == language]
        for facet in taxonomy.facets:
            for label in (*facet.ids, "all"):
                mine = [(x, g) for h, g in pairs for x in h.labels(facet.id) if label in (x, "all")]
                wanted = [g for _, g in pairs if _first(g, facet) and (label == "all" or label in _first(g, facet))]
                right = sum(x in _first(g, facet) for x, g in mine)
                relaxed = sum(x in g.labels(facet.id) for x, g in mine)
                row = {"language": language, "facet": facet.id, "label": label, "harvested": len(mine), "right": right}
                precision = round(right / len(mine), 3) if mine else None
                yield {**row, "right_relaxed": relaxed, "gold": len(wanted), "precision": precision}


def _first(tagged: Tagged, facet: Facet) -> Sequence[str]:
    return tagged.labels(facet.id)[:1] if facet.exclusive else tagged.labels(facet.id)
