"""Which roles and themes are there, in both languages, and which terms are theirs.

A taxonomy is a TOML file: facets, each with labels. `role` and `theme` are the default's facets; a user's
file may declare others. The terms of a label feed the segmenter's dictionary, the cue features and the
expansion of queries into the other language.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from policytext.errors import TaxonomyError

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Label:
    """One value of a facet; every mapping has the keys `zh` and `en`."""

    id: str
    name: Mapping[str, str]
    definition: Mapping[str, str]
    terms: Mapping[str, tuple[str, ...]]
    headings: Mapping[str, tuple[str, ...]]
    example: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facet:
    """A question asked of every passage; `exclusive` facets give one primary label to each."""

    id: str
    title: Mapping[str, str]
    exclusive: bool
    labels: tuple[Label, ...]
    outline: tuple[str, ...] = ()
    """The labels that an outline of a document lists, in this order; empty where the file doesn't say."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The label ids in the file's order."""
        return tuple(label.id for label in self.labels)


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """The facets of one taxonomy file; `source` is the file's text, which travels with a model.

    Two taxonomies are the same when their hashes are; as keys of a cache they go by identity.
    """

    name: str
    title: Mapping[str, str]
    facets: tuple[Facet, ...]
    source: str

    @property
    def hash(self) -> str:
        """SHA-256 of the file's text, in hex."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    def facet(self, facet_id: str) -> Facet:
        """The facet of that id; raises `TaxonomyError` naming those that exist."""
        for facet in self.facets:
            if facet.id == facet_id:
                return facet
        known = ", ".join(f.id for f in self.facets)
        raise TaxonomyError(f'taxonomy "{self.name}" has no facet "{facet_id}"; it has: {known}')

    @property
    def primary(self) -> Facet | None:
        """The first exclusive facet: what a passage is first of all; None where there is none."""
        return next((facet for facet in self.facets if facet.exclusive), None)

    @property
    def subject(self) -> Facet | None:
        """The first facet with several labels: what a passage is about; None where there is none."""
        return next((facet for facet in self.facets if not facet.exclusive), None)

    def labels(self) -> Iterator[tuple[Facet, Label]]:
        """Every label with its facet, in the file's order."""
        for facet in self.facets:
            for label in facet.labels:
                yield facet, label

    def words(self, language: str) -> tuple[str, ...]:
        """Every term of the language once, sorted: what a segmenter should keep whole."""
        return _words(self, language)

    def check_label(self, facet_id: str, label: str) -> None:
        """Raise `TaxonomyError` with the nearest label when `label` is not one of the facet's."""
        known = self.facet(facet_id).ids
        if label in known:
            return
        near = get_close_matches(label, known, n=1, cutoff=0.5)
        hint = f'did you mean "{near[0]}"?' if near else f"known: {', '.join(known)}"
        raise TaxonomyError(f'{facet_id} "{label}" is not in the taxonomy; {hint}')


def check_among(facet_id: str, label: str, borne: Collection[str]) -> None:
    """Raise `TaxonomyError` with the nearest label when a library can't have meant this one.

    `borne` are the facet's labels in the library, which doesn't know its taxonomies: where all of them are the shipped
    taxonomy's, so is any other label; else only what is borne can be found, and the shipped labels mean nothing.
    """
    if label in borne:
        return
    shipped = next((facet.ids for facet in default().facets if facet.id == facet_id), ())
    if set(borne) <= set(shipped) and shipped:
        default().check_label(facet_id, label)
        return
    near = get_close_matches(label, sorted(borne), n=1, cutoff=0.5)
    known = f"there are: {', '.join(sorted(borne))}" if borne else "no passage bears any label of it"
    raise TaxonomyError(f'{facet_id} "{label}" is on no passage; ' + (f'did you mean "{near[0]}"?' if near else known))


@lru_cache(maxsize=16)
def _words(taxonomy: Taxonomy, language: str) -> tuple[str, ...]:
    """Kept, since every passage asks for them: sorting 1,200 terms costs as much as segmenting a paragraph."""
    return tuple(sorted({term for _, label in taxonomy.labels() for term in label.terms[language]}))


def parse(source: str, place: str) -> Taxonomy:
    """The taxonomy that the TOML text describes; `place` names the file in errors."""
    try:
        raw = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise TaxonomyError(f"{place}: not valid TOML ({error}); mend that line") from None
    facets = tuple(_facet(place, item) for item in _list(place, raw, "facet"))
    _refuse_repeats(place, "facet", [f.id for f in facets])
    return Taxonomy(_text(place, "name", raw.get("name")), _pair(place, "title", raw.get("title")), facets, source)


def load(path: Path) -> Taxonomy:
    """The taxonomy in a TOML file; raises `TaxonomyError` naming the file and the faulty label."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise TaxonomyError(f"{path}: no such taxonomy file; give the path of a taxonomy.toml") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path}: can't be read as UTF-8 text ({error})") from None


@cache
def default() -> Taxonomy:
    """The shipped taxonomy: five roles and thirteen themes."""
    return parse(files("policytext").joinpath("taxonomy.toml").read_text(encoding="utf-8"), "taxonomy.toml")


def _facet(place: str, raw: Mapping[str, Any]) -> Facet:
    facet_id = _text(place, "facet id", raw.get("id"))
    where = f"{place}: facet {facet_id}"
    labels = tuple(_label(where, item) for item in _list(where, raw, "label"))
    exclusive = raw.get("exclusive", False)
    if not isinstance(exclusive, bool):
        raise TaxonomyError(f"{where}: exclusive is neither true nor false; write it without quotes")
    ids = [label.id for label in labels]
    _refuse_repeats(where, "label", ids)
    listed = raw.get("outline", [])
    if not isinstance(listed, list) or any(x not in ids for x in listed):
        raise TaxonomyError(f"{where}: outline must be a list of its labels: {', '.join(ids)}")
    _refuse_repeats(where, "outline entry", listed)
    return Facet(facet_id, _pair(where, "title", raw.get("title")), exclusive, labels, tuple(listed))


def _label(place: str, raw: Mapping[str, Any]) -> Label:
    label_id = _text(place, "label id", raw.get("id"))
    where = f"{place}: label {label_id}"
    return Label(
        label_id,
        _pair(where, "name", raw.get("name")),
        _pair(where, "definition", raw.get("definition")),
        _terms(where, "terms", raw.get("terms", {})),
        _terms(where, "headings", raw.get("headings", {})),
        _pair(where, "example", raw.get("example", {"zh": "-", "en": "-"})),
    )


def _list(place: str, raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    items = raw.get(key)
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise TaxonomyError(f"{place}: needs at least one [[{key}]] table")
    return items


def _text(place: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TaxonomyError(f"{place}: {key} is missing or empty; write it as a text in quotes")
    return value.strip()


def _pair(place: str, key: str, value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise TaxonomyError(f'{place}: {key} is missing; write {key} = {{zh = "…", en = "…"}}')
    return {language: _text(place, f"{key}.{language}", value.get(language)) for language in LANGUAGES}


def _terms(place: str, key: str, value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise TaxonomyError(f"{place}: {key} must be a table of lists, {{zh = […], en = […]}}")
    checked: dict[str, tuple[str, ...]] = {}
    for language in LANGUAGES:
        items = value.get(language, [])
        if not isinstance(items, list):
            raise TaxonomyError(f'{place}: {key}.{language} must be a list of texts, ["…", "…"]')
        terms = tuple(_text(place, f"{key}.{language}", term) for term in items)
        _refuse_repeats(place, f"{key}.{language} entry", list(terms))
        checked[language] = terms
    return checked


def _refuse_repeats(place: str, what: str, items: list[str]) -> None:
    repeats = sorted({item for item in items if items.count(item) > 1})
    if repeats:
        raise TaxonomyError(f'{place}: {what} "{repeats[0]}" stands twice; remove one')
