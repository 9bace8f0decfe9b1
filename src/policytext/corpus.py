"""What does a corpus look like, and is this one sound?

A corpus is a folder: `corpus.toml` (name, languages, licence, origin, taxonomy, and a table a document),
`*.jsonl` (one passage a line, in document order) and a datasheet, `README.md`. A single `.jsonl` file in
the same line format is a corpus too, e.g. a gold set or exported corrections.

    {"id": "zh-water-01-007", "doc": "zh-water-01", "language": "zh", "section": ["二、…", "（一）…"],
     "text": "…", "role": "cause", "also": ["dilemma"], "themes": ["governance"]}

Labels that no person gave also tell where they come from and how sure that is, in two optional fields:

    "sources": {"role": {"cause": "harvest: heading"}}, "scores": {"role": {"cause": 0.83}}
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from policytext import taxonomy
from policytext.errors import CorpusError, TaxonomyError
from policytext.taxonomy import Taxonomy
from policytext.types import Passage, Tag, Tagged

GOLD = "gold"
"""The source of tags that come from a corpus line and name no other."""

KEYS = ("id", "doc", "language", "section", "text", "role", "also", "themes", "item", "sources", "scores")
"""The fields of a line, beside the ids of facets other than role and theme."""

PASSAGES = "passages.jsonl"
"""The file in which `save` keeps the lines: one file keeps the order of documents, and no id has to name a file."""


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
        return dataset_of(self.name, self.taxonomy, (e for e in self.examples if e.doc in wanted))


@dataclass(frozen=True, slots=True)
class Scan:
    """A corpus read to its end: what is sound, and what is not.

    `places` gives the `file:line` of every example's id, `faults` the lines that are left out, `unknown` the
    fields that mean nothing, as (`file:line`, field); all in the order of the files.
    """

    dataset: Dataset
    places: Mapping[str, str]
    faults: tuple[CorpusError, ...]
    unknown: tuple[tuple[str, str], ...]


def find(name: str) -> Path:
    """The folder or file of a corpus: a path, or the name of a shipped one; raises `CorpusError`.

    The corpora the shipped model comes of are in the wheel: extending it is then the same command everywhere, needs
    no network, and starts from the very lines whose hash is in the model's manifest.
    """
    path = Path(name)
    if path.exists():
        return path
    shipped = Path(str(files("policytext"))) / "corpora"
    checkout = Path(__file__).parents[2] / "corpora"
    for candidate in (shipped / name, checkout / name):
        if (candidate / "corpus.toml").is_file():
            return candidate
    raise CorpusError(
        f"{name}: no such corpus; give a folder with corpus.toml, a .jsonl file, or the name of a shipped one"
    )


def load(path: Path, taxonomy_override: Taxonomy | None = None) -> Dataset:
    """The corpus in a folder or a single JSONL file; raises `CorpusError` naming file and line."""
    found = scan(path, taxonomy_override)
    if found.faults:
        raise found.faults[0]
    return found.dataset


def scan(path: Path, taxonomy_override: Taxonomy | None = None) -> Scan:
    """The corpus with all its faulty lines, not only the first; raises `CorpusError` where there is no corpus."""
    if not path.exists():
        raise CorpusError(f"{path}: no such corpus; give a folder with corpus.toml, or a .jsonl file")
    if path.is_file():
        return _scan(path.stem, taxonomy_override or taxonomy.default(), [path])
    told = settings(path)
    used = taxonomy_override or _taxonomy_of(path, told)
    lines = sorted(path.glob("*.jsonl"))
    if not lines:
        raise CorpusError(f"{path}: holds no .jsonl file; a corpus keeps its passages there, one a line")
    return _scan(str(told.get("name", path.name)), used, lines)


def settings(path: Path) -> Mapping[str, Any]:
    """What `corpus.toml` says, the table of documents included; nothing for a single JSONL file."""
    return _settings(path / "corpus.toml") if path.is_dir() else {}


def documents_told(told: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The `[[document]]` tables of a corpus's settings by their ids: title, genre, field, region, year, voice."""
    tables = told.get("document", [])
    if not isinstance(tables, list):
        return {}
    return {str(table["id"]): table for table in tables if isinstance(table, dict) and "id" in table}


def save(dataset: Dataset, folder: Path, told: Mapping[str, Any] | None = None) -> None:
    """Write the corpus as a folder that `load` gives back; `told` is what its `corpus.toml` says beside name and
    languages. Raises `CorpusError` when the folder holds a corpus already.
    """
    refuse_taken(folder)
    docs = {e.doc for e in dataset.examples}
    head = {
        "name": dataset.name,
        "languages": sorted({e.tagged.passage.language for e in dataset.examples}),
        "licence": "",
        "origin": "",
        **(told or {}),
        "taxonomy": "default" if dataset.taxonomy.hash == taxonomy.default().hash else "taxonomy.toml",
    }
    if "document" in head:
        head["document"] = [table for doc, table in documents_told(head).items() if doc in docs]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "corpus.toml").write_text(to_toml(head), encoding="utf-8", newline="\n")
        if head["taxonomy"] != "default":
            (folder / "taxonomy.toml").write_text(dataset.taxonomy.source, encoding="utf-8", newline="\n")
        with (folder / PASSAGES).open("w", encoding="utf-8", newline="\n") as out:
            for example in dataset.examples:
                out.write(json.dumps(to_line(example), ensure_ascii=False) + "\n")
    except OSError as error:
        raise CorpusError(f"{folder}: can't be written ({error.strerror or error}); give another folder") from None


def put_line(folder: Path, example_id: str, line: str | None, places: Mapping[str, int]) -> str | None:
    """Put one line into a corpus folder, in place of the line of that id, and return that one, if there was one.

    A new line goes into `PASSAGES`, before the first whose id has a higher place in `places`; None takes the line
    away. The other lines stay byte for byte, and the file is replaced as a whole: no line is ever half written.
    """
    new = [] if line is None else [line]
    for file in sorted(folder.glob("*.jsonl")):
        lines = _kept_lines(file)
        for i, (known, old) in enumerate(lines):
            if known == example_id:
                write_whole(file, _joined([*(x for _, x in lines[:i]), *new, *(x for _, x in lines[i + 1 :])]))
                return old
    file = folder / PASSAGES
    lines = _kept_lines(file) if file.exists() else []
    own = places.get(example_id, len(places))
    at = next((i for i, (known, _) in enumerate(lines) if places.get(known, -1) > own), len(lines))
    write_whole(file, _joined([*(x for _, x in lines[:at]), *new, *(x for _, x in lines[at:])]))
    return None


def _kept_lines(file: Path) -> list[tuple[str, str]]:
    """The id of every line of a sound corpus file, with the line."""
    counts: dict[str, int] = {}
    kept = []
    for line in filter(str.strip, file.read_text(encoding="utf-8-sig").split("\n")):
        told = json.loads(line)
        counts[told["doc"]] = counts.get(told["doc"], 0) + 1
        kept.append((_id_of(told, counts), line))
    return kept


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def write_whole(file: Path, text: str) -> None:
    """Replace a file by this text, all or nothing; raises `CorpusError` when it can't be written."""
    draft = file.with_name(file.name + ".draft")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as error:
        with suppress(OSError):  # the first error is the one to tell
            draft.unlink()
        raise CorpusError(f"{file}: can't be written ({error.strerror or error}); nothing was changed") from None


def refuse_taken(folder: Path) -> None:
    """Raise `CorpusError` when a corpus can't be written there: the folder holds one, or the path is a file."""
    if folder.is_file():
        raise CorpusError(f"{folder}: is a file; give a folder, nothing was written")
    if (folder / "corpus.toml").exists() or any(folder.glob("*.jsonl")):
        raise CorpusError(f"{folder}: holds a corpus already; give another folder, nothing was written")


def to_toml(values: Mapping[str, Any]) -> str:
    """The TOML text of texts, numbers, truth values, lists of them, tables, and lists of tables, in this order."""
    plain = {k: v for k, v in values.items() if not isinstance(v, Mapping) and not _is_tables(v)}
    text = "".join(f"{_toml_key(key)} = {_toml_value(value)}\n" for key, value in plain.items())
    for key, value in values.items():
        tables = [value] if isinstance(value, Mapping) else value if _is_tables(value) else []
        heading = f"[{_toml_key(key)}]" if isinstance(value, Mapping) else f"[[{_toml_key(key)}]]"
        for table in tables:
            text += f"\n{heading}\n" + "".join(f"{_toml_key(k)} = {_toml_value(v)}\n" for k, v in table.items())
    return text


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml_value(key)


def _toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml_key(k)} = {_toml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, str | bool | int | float):  # JSON writes these as TOML does, but for the delete character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return _toml_value(str(value))  # a date comes back as a text


def split(dataset: Dataset, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """Two parts of the dataset, the second with about `share` of the passages of each language; no document is
    divided. The same seed gives the same parts, and a document that is added moves few of the others.

    A language with two documents or more is in both parts.
    """
    taken: list[str] = []
    for docs in _shuffled(dataset, seed):
        wanted = share * sum(docs.values())
        have = 0
        for doc, n in docs.items():
            if have and abs(have + n - wanted) > abs(have - wanted):
                continue
            if len(docs) - sum(d in taken for d in docs) > 1:
                taken.append(doc)
                have += n
            if have >= wanted:
                break
    rest = [doc for doc in dataset.documents() if doc not in set(taken)]
    return dataset.only(rest), dataset.only(taken)


def folds(dataset: Dataset, n: int, seed: int) -> tuple[Dataset, ...]:
    """The dataset in `n` parts of about as many passages of each language; no document is divided."""
    if n > len(dataset.documents()):
        raise CorpusError(f"{dataset.name}: {len(dataset.documents())} documents can't make {n} folds; ask for fewer")
    parts: list[list[str]] = [[] for _ in range(n)]
    sizes = [0] * n
    for docs in _shuffled(dataset, seed):
        have = [0] * n
        for doc, passages in docs.items():
            smallest = min(range(n), key=lambda k: (have[k], sizes[k]))
            parts[smallest].append(doc)
            have[smallest] += passages
            sizes[smallest] += passages
    return tuple(dataset.only(part) for part in parts)


def beginning(dataset: Dataset, share: float, seed: int) -> Dataset:
    """About `share` of the documents of each language, one at least; a larger share holds every smaller one's."""
    taken = [doc for docs in _shuffled(dataset, seed) for doc in list(docs)[: max(1, round(share * len(docs)))]]
    return dataset.only(taken)


def _shuffled(dataset: Dataset, seed: int) -> list[dict[str, int]]:
    """For each language the passages of its documents, ordered by the hash of seed and id; a document goes with
    the language of most of its passages."""
    by_language: dict[str, dict[str, int]] = {}
    for doc, examples in dataset.documents().items():
        languages = [e.tagged.passage.language for e in examples]
        by_language.setdefault(max(sorted(set(languages)), key=languages.count), {})[doc] = len(examples)
    drawn = {doc: hashlib.sha256(f"{seed}:{doc}".encode()).hexdigest() for doc in dataset.documents()}
    return [{doc: docs[doc] for doc in sorted(docs, key=drawn.__getitem__)} for _, docs in sorted(by_language.items())]


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
    examples = (e for dataset in datasets for e in dataset.examples)
    return dataset_of("+".join(d.name for d in datasets), first.taxonomy, examples)


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
    line |= {facet: list(tagged.labels(facet)) for facet in others}
    for key, told in origins(tagged).items():
        if told:
            line[key] = told
    return line


def origins(tagged: Tagged) -> dict[str, dict[str, dict[str, Any]]]:
    """`sources` of the tags that aren't gold and `scores` of those below 1, each by facet and label."""
    told: dict[str, dict[str, dict[str, Any]]] = {"sources": {}, "scores": {}}
    for tag in tagged.tags:
        if tag.source != GOLD:
            told["sources"].setdefault(tag.facet, {})[tag.label] = tag.source
        if tag.score != 1.0:
            told["scores"].setdefault(tag.facet, {})[tag.label] = tag.score
    return told


def dataset_of(name: str, used: Taxonomy, examples: Iterable[Example]) -> Dataset:
    """The examples as a corpus."""
    kept = tuple(examples)
    return Dataset(name, used, kept, _hash(kept))


def example_of(place: str, line: Mapping[str, Any], used: Taxonomy, counts: dict[str, int]) -> Example:
    """The example that a line's object stands for; `counts` has the passages so far of each document, and gets one
    more. Raises `CorpusError` naming the place.
    """
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
    return Example(_id_of(line, counts), Tagged(passage, tags))


def _id_of(line: Mapping[str, Any], counts: Mapping[str, int]) -> str:
    return str(line.get("id") or f"{line['doc']}-{counts[line['doc']]:03d}")


def _scan(name: str, used: Taxonomy, paths: Sequence[Path]) -> Scan:
    examples: list[Example] = []
    places: dict[str, str] = {}
    faults: list[CorpusError] = []
    unknown: list[tuple[str, str]] = []
    known = {*KEYS, *(facet.id for facet in used.facets)}
    for file in paths:
        counts: dict[str, int] = {}
        for place, line in _lines(file):
            try:
                if isinstance(line, CorpusError):
                    raise line
                example = example_of(place, line, used, counts)
                if example.id in places:
                    raise CorpusError(f'{place}: id "{example.id}" was used at {places[example.id]}; give it another')
            except CorpusError as fault:
                faults.append(fault)
                continue
            unknown += [(place, key) for key in line if key not in known]
            places[example.id] = place
            examples.append(example)
    if not examples and not faults:
        raise CorpusError(f"{paths[0].parent}: holds no passage; add lines to a .jsonl file")
    return Scan(dataset_of(name, used, examples), places, tuple(faults), tuple(unknown))


def _lines(file: Path) -> Iterator[tuple[str, dict[str, Any] | CorpusError]]:
    """Each line's place, `file:line`, with its object or with what is wrong with it."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        yield str(file), CorpusError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8")
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{file}:{number}"
        try:
            value = json.loads(line)
            json.dumps(value, ensure_ascii=False).encode()  # half a character, "\ud800", can't be stored anywhere
        except ValueError as error:
            yield place, CorpusError(f"{place}: not valid JSON ({error}); one object a line")
            continue
        if not isinstance(value, dict):
            yield place, CorpusError(f'{place}: not an object; a line looks like {{"id": …, "text": …, "role": …}}')
            continue
        yield place, value


def _tags(place: str, line: Mapping[str, Any], used: Taxonomy) -> tuple[Tag, ...]:
    """The tags of a line: `role` and `also` for the facet role, `themes` for theme, else the facet's own id."""
    tags: dict[tuple[str, str], Tag] = {}
    sources, scores = _origins(place, line, "sources", str), _origins(place, line, "scores", int | float)
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
            key = (facet.id, str(label))
            if key in tags:
                raise CorpusError(f'{place}: {facet.id} "{label}" stands twice; remove one')
            score = float(scores.get(key, 1.0))
            if not 0 <= score <= 1:
                raise CorpusError(f'{place}: score {score} of {facet.id} "{label}" is not between 0 and 1')
            tags[key] = Tag(*key, score, str(sources.get(key, GOLD)))
    for facet_id, label in {**sources, **scores}:
        if (facet_id, label) not in tags:
            raise CorpusError(f'{place}: sources or scores name {facet_id} "{label}", which the line does not have')
    return tuple(tags.values())


def _origins(place: str, line: Mapping[str, Any], key: str, kind: Any) -> dict[tuple[str, str], Any]:
    """The optional field `sources` or `scores` of a line, by facet and label."""
    value = line.get(key) or {}
    told: dict[tuple[str, str], Any] = {}
    for facet_id, labels in value.items() if isinstance(value, dict) else [("", value)]:
        for label, given in labels.items() if isinstance(labels, dict) else [("", None)]:
            if not isinstance(given, kind) or isinstance(given, bool):
                raise CorpusError(f'{place}: {key} must look like {{"role": {{"cause": …}}}}')
            told[facet_id, label] = given
    return told


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
