"""What is in this corpus? Counts by label, language and kind of document, as tables and as a picture."""

from __future__ import annotations

import re
import statistics
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policytext.corpus import GOLD, Dataset, Example
from policytext.errors import CorpusError, MissingExtraError

DOCUMENT_KEYS = ("genre", "field", "region", "year")
"""What `corpus.toml` may tell of a document and a table counts."""


@dataclass(frozen=True, slots=True)
class Table:
    """Counts under `columns`, a row a label; the first column of the rows is the label's."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]


def tables(dataset: Dataset, listed: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """The tables of a corpus: size, lengths, labels by language, themes by role, and what `listed` tells of documents.

    An exclusive facet counts its primary label, another one all its labels. Lengths are characters of Chinese and
    words of other languages: the 5th percentile, the median, the 95th.
    """
    languages = _languages(dataset)
    parts = {x: [e for e in dataset.examples if e.tagged.passage.language == x] for x in languages}
    made = [_size(dataset, parts), _lengths(parts)]
    for facet in dataset.taxonomy.facets:
        counted = {x: _label_counts(part, facet.id, facet.exclusive) for x, part in parts.items()}
        made.append(_table(facet.id, facet.ids, counted))
    exclusive = next((f for f in dataset.taxonomy.facets if f.exclusive), None)
    if exclusive is not None:
        by_label = {
            label: [e for e in dataset.examples if e.tagged.labels(exclusive.id)[:1] == (label,)]
            for label in exclusive.ids
        }
        for facet in dataset.taxonomy.facets:
            if not facet.exclusive:
                crossed = {label: _label_counts(part, facet.id, False) for label, part in by_label.items()}
                made.append(_table(f"{facet.id} by {exclusive.id}", facet.ids, crossed, total=False))
    made += _documents(dataset, listed)
    sources = {x: Counter(t.source for e in part for t in e.tagged.tags) for x, part in parts.items()}
    names = sorted({name for counts in sources.values() for name in counts})
    return [*made, _table("source of labels", names, sources)] if set(names) - {GOLD} else made


def table_rows(made: Iterable[Table]) -> Iterator[dict[str, Any]]:
    """The rows of the tables as `corpus stats` prints them: `{"table", "label", column: number, …}`."""
    for table in made:
        for label, numbers in table.rows:
            yield {"table": table.name, "label": label, **dict(zip(table.columns, numbers, strict=True))}


def _languages(dataset: Dataset) -> list[str]:
    present = {e.tagged.passage.language for e in dataset.examples}
    return [language for language in ("zh", "en", "other") if language in present]


def _size(dataset: Dataset, parts: Mapping[str, Sequence[Example]]) -> Table:
    facets = [facet for facet in dataset.taxonomy.facets if facet.exclusive]
    rows = [
        ("documents", {x: len({e.doc for e in part}) for x, part in parts.items()}),
        ("passages", {x: len(part) for x, part in parts.items()}),
        *(
            (
                f"with a second {f.id}",
                {x: sum(len(e.tagged.labels(f.id)) > 1 for e in part) for x, part in parts.items()},
            )
            for f in facets
        ),
        *(
            (f"without a {f.id}", {x: sum(not e.tagged.labels(f.id) for e in part) for x, part in parts.items()})
            for f in facets
        ),
    ]
    return Table("size", tuple(parts), tuple((name, tuple(counts.values())) for name, counts in rows))


def _lengths(parts: Mapping[str, Sequence[Example]]) -> Table:
    points = {language: _points([length(e) for e in part]) for language, part in parts.items()}
    names = ("5th percentile", "median", "95th percentile")
    rows = tuple((name, tuple(p[i] for p in points.values())) for i, name in enumerate(names))
    return Table("length", tuple(f"{x}, {'characters' if x == 'zh' else 'words'}" for x in parts), rows)


def length(example: Example) -> int:
    """Characters of a Chinese passage without white space, words of another."""
    passage = example.tagged.passage
    return len(re.sub(r"\s", "", passage.text)) if passage.language == "zh" else len(passage.text.split())


def _points(lengths: list[int]) -> tuple[int, int, int]:
    if len(lengths) < 2:
        return (lengths[0],) * 3 if lengths else (0, 0, 0)
    cuts = statistics.quantiles(lengths, n=20, method="inclusive")
    return round(cuts[0]), round(cuts[9]), round(cuts[18])


def _label_counts(examples: Iterable[Example], facet: str, primary: bool) -> Counter[str]:
    return Counter(label for e in examples for label in e.tagged.labels(facet)[: 1 if primary else None])


def _table(name: str, labels: Sequence[str], counts: Mapping[str, Mapping[str, int]], *, total: bool = True) -> Table:
    rows = [(label, [column.get(label, 0) for column in counts.values()]) for label in labels]
    columns = tuple(counts)
    if total and len(columns) > 1:
        return Table(name, (*columns, "all"), tuple((label, (*row, sum(row))) for label, row in rows))
    return Table(name, columns, tuple((label, tuple(row)) for label, row in rows))


def _documents(dataset: Dataset, listed: Mapping[str, Mapping[str, Any]]) -> Iterator[Table]:
    """For each thing told of documents: how many there are, and their passages by the first exclusive facet."""
    documents = dataset.documents()
    exclusive = next((f for f in dataset.taxonomy.facets if f.exclusive), None)
    labels = exclusive.ids if exclusive else ()
    for key in DOCUMENT_KEYS:
        groups: dict[str, list[str]] = {}
        for doc in documents:
            if key in listed.get(doc, {}):
                groups.setdefault(str(listed[doc][key]), []).append(doc)
        rows = []
        for value, docs in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
            examples = [e for doc in docs for e in documents[doc]]
            given = _label_counts(examples, exclusive.id, True) if exclusive else Counter[str]()
            rows.append((value, (len(docs), len(examples), *(given[label] for label in labels))))
        if rows:
            yield Table(key, ("documents", "passages", *labels), tuple(rows))


def picture(dataset: Dataset, path: Path) -> None:
    """Write a picture of the corpus, its format by the suffix: labels of each facet by language, and lengths.

    Raises `MissingExtraError` without matplotlib, `CorpusError` where the file can't be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("a picture of a corpus", "plot") from None
    languages = _languages(dataset)
    facets = dataset.taxonomy.facets
    figure = Figure(figsize=(5 * (len(facets) + 1), 5), layout="constrained")
    axes = figure.subplots(1, len(facets) + 1, squeeze=False)[0]
    for axis, facet in zip(axes, facets, strict=False):
        for place, language in enumerate(languages):
            part = [e for e in dataset.examples if e.tagged.passage.language == language]
            counts = _label_counts(part, facet.id, facet.exclusive)
            width = 0.8 / len(languages)
            at = [i + (place + 0.5) * width - 0.4 for i in range(len(facet.ids))]
            axis.barh(at, [counts[label] for label in facet.ids], height=width, label=language)
        axis.set_yticks(range(len(facet.ids)), facet.ids)
        axis.invert_yaxis()
        axis.set_title(f"passages by {facet.id}")
        axis.legend()
    for language in languages:
        lengths = [length(e) for e in dataset.examples if e.tagged.passage.language == language]
        unit = "characters" if language == "zh" else "words"
        axes[-1].hist(lengths, bins=40, alpha=0.6, label=f"{language}, {unit}")
    axes[-1].set_title("passages by length")
    axes[-1].legend()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a label's script may have no glyphs in the font: boxes, not a failure
            figure.savefig(path)
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: can't be written ({error}); give a name like corpus.png or corpus.svg") from None
