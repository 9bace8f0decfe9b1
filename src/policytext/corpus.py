"""What does a corpus look like, and is this one sound?

A corpus is a folder: `corpus.toml` (name, languages, licence, origin, taxonomy, and a table a document),
`*.jsonl` (one passage a line, in document order) and a datasheet, `README.md`. A single `.jsonl` file in
the same line format is a corpus too, e.g. a gold set or exported corrections.

    {"id": "zh-water-01-007", "doc": "zh-water-01", "language": "zh", "section": ["二、…", "（一）…"],
     "text": "…", "role": "cause", "also": ["dilemma"], "themes": ["governance"]}
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policytext import taxonomy
from policytext.errors import CorpusError, TaxonomyError
from policytext.taxonomy import Taxonomy
from policytext.types import Passage, Tag, Tagged

GOLD = "gold"
"""The source of tags that come from a corpus line."""


@dataclass(frozen=True, slots=True)
class Example:
    """One line of a corpus: its id, and the passage with its tags as a person gave them."""

    id: str
    tagged: Tagged

    @property
    def doc(self) -> str:
        """The id of the document the line belongs to."""
        return self.tagged.passage.doc_id


@dataclass(frozen=True, slots=True)
class Dataset:
    """A loaded corpus: examples in document order; `hash` is the SHA-256 of its lines."""

    name: str
    taxonomy: Taxonomy
    examples: tuple[Example, ...]
    hash: str

    def documents(self) -> dict[str, list[Example]]:
        """The examples of each document, both in the corpus's order."""
        by_doc: dict[str, list[Example]] = {}
        for example in self.examples:
            by_doc.setdefault(example.doc, []).append(example)
        return by_doc

    def only(self, docs: Iterable[str]) -> Dataset:
        """The part of the dataset that these documents make up."""
        wanted = set(docs)
        kept = tuple(e for e in self.examples if e.doc in wanted)
        return Dataset(self.name, self.taxonomy, kept, _hash(kept))


def load(path: Path, taxonomy_override: Taxonomy | None = None) -> Dataset:
    """The corpus in a folder or a single JSONL file; raises `CorpusError` naming file and line."""
    if not path.exists():
        raise CorpusError(f"{path}: no such corpus; give a folder with corpus.toml, or a .jsonl file")
    if path.is_file():
        used = taxonomy_override or taxonomy.default()
        return _dataset(path.stem, used, [path])
    settings = _settings(path / "corpus.toml")
    used = taxonomy_override or _taxonomy_of(path, settings)
    lines = sorted(path.glob("*.jsonl"))
    if not lines:
        raise CorpusError(f"{path}: holds no .jsonl file; a corpus keeps its passages there, one a line")
    return _dataset(str(settings.get("name", path.name)), used, lines)


def merge(datasets: Sequence[Dataset]) -> Dataset:
    """Several corpora of one taxonomy as one; raises `CorpusError` when a document stands in two of them."""
    first = datasets[0]
    seen: dict[str, str] = {}
    for dataset in datasets:
        if dataset.taxonomy.hash != first.taxonomy.hash:
            raise CorpusError(f"{first.name} and {dataset.name} have different taxonomies; train them apart")
        for doc in dataset.documents():
            if doc in seen:
                raise CorpusError(f'document "{doc}" stands in {seen[doc]} and in {dataset.name}; rename one')
            seen[doc] = dataset.name
    examples = tuple(e for dataset in datasets for e in dataset.examples)
    return Dataset("+".join(d.name for d in datasets), first.taxonomy, examples, _hash(examples))


def to_line(example: Example) -> dict[str, Any]:
    """The corpus line of an example, keys in the format's order."""
    passage, tagged = example.tagged.passage, example.tagged
    roles = tagged.labels("role")
    line: dict[str, Any] = {
        "id": example.id,
        "doc": passage.doc_id,
        "language": passage.language,
        "section": list(passage.section),
        "text": passage.text,
        "role": roles[0] if roles else None,
        "also": list(roles[1:]),
        "themes": list(tagged.labels("theme")),
    }
    if passage.item:
        line["item"] = passage.item
    others = dict.fromkeys(tag.facet for tag in tagged.tags if tag.facet not in ("role", "theme"))
    return line | {facet: list(tagged.labels(facet)) for facet in others}


def _dataset(name: str, used: Taxonomy, files: Sequence[Path]) -> Dataset:
    examples: list[Example] = []
    places: dict[str, str] = {}
    for file in files:
        counts: dict[str, int] = {}
        for number, line in _lines(file):
            place = f"{file}:{number}"
            example = _example(place, line, used, counts)
            if example.id in places:
                raise CorpusError(f'{place}: id "{example.id}" was used at {places[example.id]}; give it another')
            places[example.id] = place
            examples.append(example)
    if not examples:
        raise CorpusError(f"{files[0].parent}: holds no passage; add lines to a .jsonl file")
    return Dataset(name, used, tuple(examples), _hash(examples))


def _lines(file: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            json.dumps(value, ensure_ascii=False).encode()  # half a character, "\ud800", can't be stored anywhere
        except ValueError as error:
            raise CorpusError(f"{file}:{number}: not valid JSON ({error}); one object a line") from None
        if not isinstance(value, dict):
            raise CorpusError(f'{file}:{number}: not an object; a line looks like {{"id": …, "text": …, "role": …}}')
        yield number, value


def _example(place: str, line: Mapping[str, Any], used: Taxonomy, counts: dict[str, int]) -> Example:
    text = _field(place, line, "text", str)
    doc = _field(place, line, "doc", str)
    language = _field(place, line, "language", str)
    if language not in ("zh", "en", "other"):
        raise CorpusError(f'{place}: language "{language}" is none of zh, en, other')
    section = line.get("section") or []
    if not isinstance(section, list) or not all(isinstance(s, str) for s in section):
        raise CorpusError(f"{place}: section must be a list of headings")
    counts[doc] = counts.get(doc, 0) + 1
    tags = _tags(place, line, used)
    passage = Passage(doc, counts[doc], text, language, tuple(section), str(line.get("item") or ""))  # type: ignore[arg-type]  # checked above
    return Example(str(line.get("id") or f"{doc}-{counts[doc]:03d}"), Tagged(passage, tags))


def _tags(place: str, line: Mapping[str, Any], used: Taxonomy) -> tuple[Tag, ...]:
    """The tags of a line: `role` and `also` for the facet role, `themes` for theme, else the facet's own id."""
    tags: list[Tag] = []
    for facet in used.facets:
        if facet.id == "role":
            also = line.get("also") or []
            labels = [line["role"], *also] if line.get("role") and isinstance(also, list) else also
        elif facet.id == "theme":
            labels = line.get("themes") or []
        else:
            value = line.get(facet.id) or []
            labels = [value] if isinstance(value, str) else value
        if not isinstance(labels, list):
            raise CorpusError(f"{place}: labels of {facet.id} must be a list")
        for label in labels:
            try:
                used.check_label(facet.id, str(label))
            except TaxonomyError as error:
                raise CorpusError(f"{place}: {error}") from None
            tag = Tag(facet.id, str(label), 1.0, GOLD)
            if tag in tags:
                raise CorpusError(f'{place}: {facet.id} "{label}" stands twice; remove one')
            tags.append(tag)
    return tuple(tags)


def _field(place: str, line: Mapping[str, Any], key: str, kind: type[str]) -> str:
    value = line.get(key)
    if not isinstance(value, kind) or not value.strip():
        raise CorpusError(f'{place}: "{key}" is missing or empty')
    return value


def _settings(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CorpusError(
            f"{file}: missing; a corpus folder needs a corpus.toml with name, languages, licence"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{file}: not valid TOML ({error})") from None


def _taxonomy_of(folder: Path, settings: Mapping[str, Any]) -> Taxonomy:
    name = str(settings.get("taxonomy", "default"))
    return taxonomy.default() if name == "default" else taxonomy.load(folder / name)


def _hash(examples: Iterable[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(to_line(example), ensure_ascii=False, sort_keys=True).encode())
        digest.update(b"\n")
    return digest.hexdigest()
