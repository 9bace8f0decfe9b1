"""Is this corpus one to train on? Every finding says where, what, and what to do.

A *fault* makes the corpus unsound; a *note* is worth a look, and many of one kind are a fault. The floors that
decide this stand in `Floors`; a corpus whose text argues for others names them in its `corpus.toml`:

    [check]
    run_share = 0.03
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from policytext import corpus, tokens
from policytext.corpus import KEYS, Example, Scan
from policytext.errors import CorpusError, MissingExtraError
from policytext.stats import length
from policytext.taxonomy import Taxonomy
from policytext.types import Language

Level = Literal["fault", "note"]


@dataclass(frozen=True, slots=True)
class Floors:
    """What a corpus may not go below or above; shares are of the passages of one language, 0 to 1."""

    similar: float = 0.5
    """Jaccard similarity of two passages' character shingles above which one is a copy of the other."""
    run_share: float = 0.02
    """Passages that share a run of words with another document. Of 443 real passages 3 % do, of whole real documents
    with their boilerplate 7 to 20 %: names of laws and bodies and stock phrases recur. Text made from templates
    shows far more."""
    run_documents: int = 3
    """Documents in which one and the same run may stand: a law's name may be in several, a template is in many."""
    length_share: float = 0.1
    """Passages shorter or longer than `LENGTHS`."""
    rarest: float = 0.04
    """The rarest label of an exclusive facet: below this a model hardly learns it."""
    commonest: float = 0.6
    """The commonest label of an exclusive facet: above this a model that knows nothing else looks good."""


LENGTHS: Mapping[str, tuple[int, int]] = {"zh": (20, 800), "en": (8, 400)}
"""Characters of a Chinese passage and words of an English one, at least and at most. Nine in ten real ones have 59 to
408 characters and 29 to 199 words; beyond these bounds stand headings and pages that nobody has cut."""

RUNS: Mapping[str, int] = {"zh": 12, "en": 8}
"""Length of a run that two documents should not share: characters in Chinese, words in English."""

SHINGLES: Mapping[str, int] = {"zh": 3, "en": 5, "other": 5}
"""Characters of a shingle: about two words of Chinese, one of English. Figures count as one character, so that a
passage with other numbers in it is still a copy."""

BANDS, ROWS = 42, 3
"""Of the MinHash index. A pair at Jaccard .5 is found with probability 1 - (1 - .5^3)^42 = .996, at .6 with .99995;
what is found is then measured exactly."""

ENOUGH = 100
"""Passages of a language below which the balance of its labels says nothing yet."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; `place` is `file:line` or the file alone, `id` the passage's, if it is about one."""

    level: Level
    kind: str
    place: str
    message: str
    id: str = ""


def check(path: Path) -> tuple[Scan, list[Finding]]:
    """The corpus as far as it could be read, and all findings, kind after kind, each in the order of the files.

    Raises `CorpusError` where there is no corpus or a floor that doesn't exist, `MissingExtraError` without datasketch.
    """
    told = corpus.settings(path)
    floors = floors_told(told, str(path / "corpus.toml"))
    found = corpus.scan(path)
    listed = corpus.documents_told(told)
    findings = [
        *_schema(found),
        *_documents(found, listed, path / "corpus.toml"),
        *_languages(found),
        *_lengths(found, floors, str(path)),
        *_balance(found, floors, str(path)),
        *_duplicates(found, floors),
        *_runs(found, floors, str(path)),
    ]
    return found, findings


def floors_told(told: Mapping[str, Any], place: str) -> Floors:
    """The floors with those changed that the `[check]` table of a corpus's settings names."""
    table = told.get("check", {})
    known = [field.name for field in fields(Floors)]
    if not isinstance(table, Mapping):
        raise CorpusError(f"{place}: check must be a table; write [check] and a floor a line, e.g. run_share = 0.03")
    for name, value in table.items():
        if name not in known:
            raise CorpusError(f'{place}: check knows no "{name}"; its floors are {", ".join(known)}')
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CorpusError(f"{place}: check.{name} must be a number")
    return Floors(**table)


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding as `corpus check` prints it; `line` is None where it is about a whole file."""
    file, _, line = finding.place.rpartition(":")
    numbered = line.isdecimal()
    return {
        "level": finding.level,
        "kind": finding.kind,
        "file": file if numbered else finding.place,
        "line": int(line) if numbered else None,
        "id": finding.id,
        "message": finding.message,
    }


# ---------------------------------------------------------------- lines and documents


def _schema(found: Scan) -> Iterator[Finding]:
    for fault in found.faults:
        place, _, message = str(fault).partition(": ")
        yield Finding("fault", "schema", place, message)
    known = (*KEYS, *(facet.id for facet in found.dataset.taxonomy.facets))
    for place, key in found.unknown:
        near = get_close_matches(key, known, n=1, cutoff=0.75)
        hint = f'did you mean "{near[0]}"?' if near else "it is not read"
        yield Finding("fault" if near else "note", "schema", place, f'field "{key}" is unknown; {hint}')
    for facet in found.dataset.taxonomy.facets:
        for example in found.dataset.examples:
            if facet.exclusive and not example.tagged.labels(facet.id):
                message = f"has no {facet.id}; training needs one for every passage"
                yield _of(found, example, "fault", "label", message)


def _documents(found: Scan, listed: Mapping[str, Any], settings: Path) -> Iterator[Finding]:
    """A document's lines stand together, in one file, and `corpus.toml` lists the documents there are."""
    ended: dict[str, str] = {}
    for doc, group in groupby(found.dataset.examples, key=lambda e: e.doc):
        examples = list(group)
        if doc in ended:
            message = f'document "{doc}" began at {ended[doc]}, others stand between; put its lines together, in order'
            yield _of(found, examples[0], "fault", "document", message)
        else:
            ended[doc] = found.places[examples[0].id]
            if listed and doc not in listed:
                message = f'document "{doc}" is not in {settings.name}; add a [[document]] table'
                yield _of(found, examples[0], "fault", "document", message)
    for doc in listed:
        if doc not in ended and not found.faults:
            yield Finding("fault", "document", str(settings), f'document "{doc}" has no passage; remove its table')


def _languages(found: Scan) -> Iterator[Finding]:
    for example in found.dataset.examples:
        passage = example.tagged.passage
        seen = tokens.language(passage.text, default=passage.language)
        if seen != passage.language:
            message = f'is told to be "{passage.language}" and reads as "{seen}"; mend the one or the other'
            yield _of(found, example, "fault", "language", message)


# ---------------------------------------------------------------- lengths and balance


def _lengths(found: Scan, floors: Floors, whole: str) -> Iterator[Finding]:
    for language, (least, most) in LENGTHS.items():
        examples = _in(found, language)
        unit = "characters" if language == "zh" else "words"
        odd = [(e, n) for e in examples if not least <= (n := length(e)) <= most]
        for example, n in odd:
            yield _of(found, example, "note", "length", f"has {n} {unit}; usual are {least} to {most}")
        yield from _too_many("length", len(odd), len(examples), floors.length_share, whole, language, "of odd length")


def _balance(found: Scan, floors: Floors, whole: str) -> Iterator[Finding]:
    for language in ("zh", "en"):
        examples = _in(found, language)
        if 0 < len(examples) < ENOUGH:
            message = f"{language}: {len(examples)} passages; from {ENOUGH} on the balance of labels is looked at"
            yield Finding("note", "balance", whole, message)
            continue
        for facet, counts in _counts(examples, found.dataset.taxonomy):
            for label, n in counts.items():
                share = n / max(1, sum(counts.values()))
                if share < floors.rarest:
                    message = f'{language}: {facet} "{label}" has {n} passages, {share:.1%} of all; write more of it'
                    yield Finding("fault", "balance", whole, message)
                elif share > floors.commonest:
                    message = f'{language}: {facet} "{label}" has {n} passages, {share:.0%} of all; add others'
                    yield Finding("fault", "balance", whole, message)


def _counts(examples: Sequence[Example], taxonomy: Taxonomy) -> Iterator[tuple[str, dict[str, int]]]:
    if not examples:
        return
    for facet in taxonomy.facets:
        if facet.exclusive:
            given = Counter(label for e in examples for label in e.tagged.labels(facet.id)[:1])
            yield facet.id, {label: given[label] for label in facet.ids}


# ---------------------------------------------------------------- copies and templates


def _duplicates(found: Scan, floors: Floors) -> Iterator[Finding]:
    examples = found.dataset.examples
    for one, other, similar in similar_pairs(examples, floors.similar):
        first, second = examples[one], examples[other]
        same = "the same text as" if similar == 1 else f"{similar:.2f} similar to"
        message = f"{same} {first.id} at {found.places[first.id]}; remove or rewrite one"
        level: Level = "fault" if first.doc != second.doc or similar == 1 else "note"
        yield _of(found, second, level, "duplicate" if similar == 1 else "near-duplicate", message)


def similar_pairs(examples: Sequence[Example], threshold: float) -> list[tuple[int, int, float]]:
    """Pairs of passages whose shingles have a Jaccard similarity of `threshold` or more, as (place, later place,
    similarity), in order.

    MinHash proposes pairs (datasketch; an exact join took five times as long on 5,785 passages, and its time grows
    with the square of their number); every proposed pair is then measured exactly.
    """
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        raise MissingExtraError("the search for near-duplicates", "corpus") from None
    sets = [shingles(e.tagged.passage.text, e.tagged.passage.language) for e in examples]
    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    pairs = []
    for place, own in enumerate(sets):
        sketch = MinHash(num_perm=BANDS * ROWS, seed=1)
        sketch.update_batch([shingle.encode() for shingle in sorted(own)])
        for other in sorted(index.query(sketch)):
            similar = len(own & sets[other]) / len(own | sets[other])
            if similar >= threshold:
                pairs.append((other, place, similar))
        index.insert(place, sketch)
    return pairs


def shingles(text: str, language: Language) -> set[str]:
    """The runs of `SHINGLES` characters in a text without white space, punctuation, case and the value of figures."""
    plain = re.sub(r"\d+", "0", re.sub(r"[\W_]+", "", tokens.fold(text)))
    size = SHINGLES[language]
    return {plain[i : i + size] for i in range(max(1, len(plain) - size + 1))}


def _runs(found: Scan, floors: Floors, whole: str) -> Iterator[Finding]:
    for language in RUNS:
        examples = _in(found, language)
        shared = shared_runs(examples)
        docs: dict[str, set[str]] = {}
        for place, run in shared:
            docs.setdefault(run, set()).add(examples[place].doc)
        for place, run in shared:
            example = examples[place]
            others = sorted(docs[run] - {example.doc})
            level: Level = "fault" if len(docs[run]) > floors.run_documents else "note"
            shown = run if len(run) <= 60 else run[:60] + "…"
            where = f"{', '.join(others[:3])}{' …' if len(others) > 3 else ''}" if others else "other documents"
            yield _of(found, example, level, "template", f'shares "{shown}" with {where}; reword it')
        hit = len({place for place, _ in shared})
        yield from _too_many("template", hit, len(examples), floors.run_share, whole, language, "with a shared run")


def shared_runs(examples: Sequence[Example]) -> list[tuple[int, str]]:
    """Runs of `RUNS` units or more that stand in two documents, as (place of the passage, the whole run), in order.

    All passages are of one language. Units are characters of Chinese and words of English, without punctuation and
    case; figures count by their digits.
    """
    if not examples:
        return []
    language = examples[0].tagged.passage.language
    size, glue = RUNS[language], "" if language == "zh" else " "
    units = [_units(e.tagged.passage.text, language) for e in examples]
    owner: dict[str, str] = {}
    several: set[str] = set()
    for example, own in zip(examples, units, strict=True):
        for start in range(len(own) - size + 1):
            gram = glue.join(own[start : start + size])
            if owner.setdefault(gram, example.doc) != example.doc:
                several.add(gram)
    runs = []
    for place, own in enumerate(units):
        shared = [glue.join(own[i : i + size]) in several for i in range(max(0, len(own) - size + 1))]
        for yes, group in groupby(range(len(shared)), key=shared.__getitem__):
            if yes:
                starts = list(group)
                runs.append((place, glue.join(own[starts[0] : starts[-1] + size])))
    return runs


def _units(text: str, language: Language) -> list[str]:
    folded = tokens.fold(text)
    return re.findall(r"[^\W_]", folded) if language == "zh" else re.findall(r"\w+(?:['’]\w+)?", folded)


# ---------------------------------------------------------------- findings


def _in(found: Scan, language: str) -> list[Example]:
    return [e for e in found.dataset.examples if e.tagged.passage.language == language]


def _of(found: Scan, example: Example, level: Level, kind: str, message: str) -> Finding:
    return Finding(level, kind, found.places[example.id], message, example.id)


def _too_many(kind: str, n: int, total: int, floor: float, whole: str, language: str, what: str) -> Iterable[Finding]:
    """A fault when more passages of a language than the floor allows have a note; a single one never does."""
    if n > 1 and n > floor * total:
        message = f"{language}: {n} of {total} passages {what}, {n / total:.1%}; at most {floor:.1%} may"
        yield Finding("fault", kind, whole, message)
