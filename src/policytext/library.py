"""Which SQL runs? Documents, their tagged passages, a full-text index: one SQLite file.

Writers go through `Library`, one at a time; each document is one transaction, so a killed program loses at
most the document under way. Readers take connections of their own (`Library.reader`), read-only.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from policytext import query as queries
from policytext import terms
from policytext.errors import LibraryError, QueryError
from policytext.query import Query
from policytext.types import Box, Document, Metadata, Passage, Tag, Tagged

SCHEMA_VERSION = 2
APPLICATION_ID = 0x706F6C74
"""The letters "polt" in the file's header: another program's database is not taken for ours."""

BUSY_MS = 10_000
"""Milliseconds a writer waits for another one."""

WEIGHTS = "1.0, 0.6, 2.0, 0.0"
"""BM25 weights of words, grams, headings, mark: whole words above their parts, headings above text."""

_SCHEMA = """
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  title TEXT NOT NULL,
  authors TEXT NOT NULL,
  year INTEGER,
  journal TEXT NOT NULL,
  issuer TEXT NOT NULL,
  number TEXT NOT NULL,
  doi TEXT NOT NULL,
  keywords TEXT NOT NULL,
  languages TEXT NOT NULL,
  grade TEXT NOT NULL,
  pages INTEGER NOT NULL,
  unread TEXT NOT NULL,
  model TEXT NOT NULL,
  added TEXT NOT NULL,
  details TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX documents_path ON documents(path);
CREATE TABLE passages (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  text TEXT NOT NULL,
  language TEXT NOT NULL,
  section TEXT NOT NULL,
  item TEXT NOT NULL,
  page INTEGER,
  boxes TEXT NOT NULL,
  UNIQUE (document, n)
);
CREATE TABLE tags (
  passage INTEGER NOT NULL REFERENCES passages(id) ON DELETE CASCADE,
  facet TEXT NOT NULL,
  label TEXT NOT NULL,
  place INTEGER NOT NULL,
  score REAL NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (passage, facet, label)
) WITHOUT ROWID;
CREATE INDEX tags_label ON tags(facet, label, passage);
CREATE TABLE failures (
  path TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  at TEXT NOT NULL
);
CREATE VIRTUAL TABLE search USING fts5(words, grams, headings, mark, tokenize = "unicode61 remove_diacritics 0");
CREATE VIEW passages_tagged AS
  SELECT p.id, d.title, d.path, d.year, p.n, p.page, p.language, p.section, p.item, p.text,
    (SELECT label FROM tags t WHERE t.passage = p.id AND t.facet = 'role' AND t.place = 0) AS role,
    (SELECT group_concat(label, ', ') FROM tags t WHERE t.passage = p.id AND t.facet = 'theme') AS themes
  FROM passages p JOIN documents d ON d.id = p.document;
CREATE VIEW documents_summary AS
  SELECT d.title, d.path, d.year, d.grade, d.pages, count(p.id) AS passages, d.added
  FROM documents d LEFT JOIN passages p ON p.document = d.id GROUP BY d.id;
"""

_FROM_1 = "ALTER TABLE documents ADD COLUMN details TEXT NOT NULL DEFAULT '{}';"
"""What makes a library of version 1 one of version 2; `details` holds in JSON what only citations need."""

_DETAILS = ("parallel_title", "abstracts", "volume", "issue", "pages", "issn", "year_from")
"""The fields of `Metadata` that `details` holds."""

Outcome = Literal["added", "known", "replaced"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of the library without its passages; `passages` counts them."""

    hash: str
    path: str
    metadata: Metadata
    grade: str
    pages: int
    unread: tuple[int, ...]
    passages: int
    added: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A found passage: its tags, its document, and where the query's words stand in its text."""

    tagged: Tagged
    document: Entry
    highlights: tuple[tuple[int, int], ...]
    """Start and end offsets in the passage's text, in order, without overlaps."""
    score: float
    """BM25, higher is better; 0 for a query of filters alone."""


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits, best first, with the `total` and counts by role, theme, language, year and document."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]
    also: tuple[str, ...] = ()
    """What was searched beside the words that were typed."""


class Library:
    """An open library; a context manager. `Library(path)` writes and creates, `Library.reader(path)` only reads."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        self._db = _connect(path, readonly)

    @classmethod
    def reader(cls, path: Path) -> Self:
        """A read-only view of an existing library; raises `LibraryError` when there is none."""
        return cls(path, readonly=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    # ---------------------------------------------------------------- writing

    def add(self, document: Document, tagged: Sequence[Tagged], model: str = "") -> Outcome:
        """Store a document with its tagged passages, all or nothing.

        The same bytes again change nothing; other bytes at a known path replace what stood there.
        """
        with self._atomic():
            if self.has(document.id):
                return "known"
            path = _storable(document.path)
            replaced = self._forget(path)
            row = self._insert_document(document, model)
            for t in tagged:
                self._insert_passage(row, document.metadata.title, t)
            self._db.execute("DELETE FROM failures WHERE path = ?", (path,))
        return "replaced" if replaced else "added"

    def fail(self, path: str, reason: str) -> None:
        """Record that a file could not be read, and why."""
        with self._atomic():
            row = (_storable(path), _storable(reason), _now())
            self._db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", row)

    def _forget(self, path: str) -> bool:
        rows = self._db.execute("SELECT id FROM documents WHERE path = ?", (path,)).fetchall()
        for (row,) in rows:
            self._db.execute("DELETE FROM search WHERE rowid IN (SELECT id FROM passages WHERE document = ?)", (row,))
            self._db.execute("DELETE FROM documents WHERE id = ?", (row,))
        return bool(rows)

    def _insert_document(self, document: Document, model: str) -> int:
        m, q = document.metadata, document.quality
        cursor = self._db.execute(
            "INSERT INTO documents (hash, path, title, authors, year, journal, issuer, number, doi, keywords,"
            " languages, grade, pages, unread, model, added, details)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document.id,
                _storable(document.path),
                m.title or Path(_storable(document.path)).stem,
                _json(m.authors),
                m.year,
                m.journal,
                m.issuer,
                m.number,
                m.doi,
                _json(m.keywords),
                _json(m.languages),
                q.grade,
                len(q.pages),
                _json(q.unread),
                model,
                _now(),
                _json({name: value for name in _DETAILS if (value := getattr(m, name))}),
            ),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _insert_passage(self, document: int, title: str, tagged: Tagged) -> None:
        p = tagged.passage
        boxes = [[b.page, b.x0, b.top, b.x1, b.bottom] for b in p.boxes]
        row = self._db.execute(
            "INSERT INTO passages (document, n, text, language, section, item, page, boxes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (document, p.n, p.text, p.language, _json(p.section), p.item, p.page, _json(boxes)),
        ).lastrowid
        text, headings = terms.index_terms(p.text), terms.index_terms("\n".join((title, *p.section)))
        self._db.execute(
            "INSERT INTO search (rowid, words, grams, headings, mark) VALUES (?, ?, ?, ?, ?)",
            (row, text.words, text.grams, headings.grams, queries.ALL_MARK),
        )
        places: dict[str, int] = {}
        for tag in tagged.tags:
            place = places[tag.facet] = places.get(tag.facet, -1) + 1
            self._db.execute(
                "INSERT INTO tags VALUES (?, ?, ?, ?, ?, ?)", (row, tag.facet, tag.label, place, tag.score, tag.source)
            )

    @contextmanager
    def _atomic(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise LibraryError(f"{self.path}: {error}; nothing of this document was stored") from None
            raise

    # ---------------------------------------------------------------- reading

    def has(self, document_id: str) -> bool:
        """Whether a document with this id, the hash of its bytes, is stored."""
        return bool(self._rows("SELECT 1 FROM documents WHERE hash = ?", (document_id,)))

    def documents(self) -> list[Entry]:
        """Every document, in the order they were added."""
        return [_entry(row) for row in self._rows(f"{_ENTRY} GROUP BY d.id ORDER BY d.id")]

    def failures(self) -> list[tuple[str, str]]:
        """Path and reason of every file that could not be read, by path."""
        return self._rows("SELECT path, reason FROM failures ORDER BY path")

    def find_document(self, text: str) -> Entry:
        """The one document meant by a path, the beginning of an id, or words of the title.

        Raises `LibraryError` when none or several are meant, naming them.
        """
        entries = self.documents()
        wanted = Path(text)
        choices: tuple[Callable[[Entry], bool], ...] = (
            lambda e: e.path == text or Path(e.path).resolve() == wanted.resolve(),
            lambda e: len(text) >= 4 and e.hash.startswith(text.lower()),
            lambda e: Path(e.path).name == wanted.name or Path(e.path).stem == text,
            lambda e: _names(e.metadata.title, text),
        )
        for choose in choices:
            found = [entry for entry in entries if choose(entry)]
            if len(found) == 1:
                return found[0]
            if found:
                names = "; ".join(f"{e.hash[:8]} {e.metadata.title}" for e in found[:5])
                raise LibraryError(f'"{text}" means {len(found)} documents ({names}); give the id\'s beginning')
        raise LibraryError(f'{self.path}: no document "{text}"; `policytext search` lists what is there')

    def tagged(self, document_id: str | None = None) -> list[Tagged]:
        """The passages of one document, or of all, with their tags, in the order of documents and passages."""
        where, values = ("WHERE d.hash = ?", (document_id,)) if document_id else ("", ())
        rows = self._rows(f"{_PASSAGE} {where} ORDER BY d.id, p.n", values)
        tags = self._tags([row[0] for row in rows])
        return [_tagged(row, tags) for row in rows]

    def labels(self, facet: str) -> frozenset[str]:
        """The labels of a facet that any passage bears, of whatever taxonomy it was tagged by."""
        return frozenset(label for (label,) in self._rows("SELECT DISTINCT label FROM tags WHERE facet = ?", (facet,)))

    def search(self, query: Query, *, limit: int = 20, offset: int = 0) -> Hits:
        """The passages that answer a query, best first, ties by document and place."""
        try:
            return self._search(query, limit, offset)
        except (sqlite3.OperationalError, OverflowError, UnicodeEncodeError) as error:
            raise QueryError(f"the query can't be run ({error}); make it simpler") from None
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from None

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from None

    def _search(self, query: Query, limit: int, offset: int) -> Hits:
        where, values = _where(query)
        source = "passages p JOIN documents d ON d.id = p.document"
        order = "d.id, p.n"
        score = "0.0"
        if query.text is not None:
            source = f"search JOIN {source.replace('passages p', 'passages p ON p.id = search.rowid', 1)}"
            where = ["search MATCH ?", *where]
            values = [queries.match_expression(query.text), *values]
            score = f"-bm25(search, {WEIGHTS})"
            order = f"score DESC, {order}"
        clause = f"FROM {source} WHERE {' AND '.join(where) or '1'}"
        self._db.execute("DROP TABLE IF EXISTS temp.found")
        self._db.execute(f"CREATE TEMP TABLE found AS SELECT p.id AS id, {score} AS score {clause}", values)
        total = self._db.execute("SELECT count(*) FROM temp.found").fetchone()[0]
        rows = self._db.execute(
            f"{_PASSAGE.replace('SELECT', 'SELECT f.score,', 1)} JOIN temp.found f ON f.id = p.id"
            f" ORDER BY {order.replace('score', 'f.score')} LIMIT ? OFFSET ?",
            (limit, offset),
        ).fetchall()
        tags = self._tags([row[1] for row in rows])
        by_id = {e.hash: e for e in self.documents()} if rows else {}
        phrases = query.phrases()
        hits = tuple(
            Hit(t := _tagged(row[1:], tags), by_id[t.passage.doc_id], highlights(t.passage.text, phrases), row[0])
            for row in rows
        )
        return Hits(total, hits, self._facets())

    def _facets(self) -> dict[str, dict[str, int]]:
        """Counts over everything found, largest first; exclusive counts (role, language, …) sum to the total."""
        by = {
            "role": "SELECT t.label, count(*) FROM temp.found f JOIN tags t ON t.passage = f.id"
            " WHERE t.facet = 'role' AND t.place = 0 GROUP BY 1",
            "theme": "SELECT t.label, count(*) FROM temp.found f JOIN tags t ON t.passage = f.id"
            " WHERE t.facet = 'theme' GROUP BY 1",
            **{
                facet: "SELECT t.label, count(*) FROM temp.found f JOIN tags t ON t.passage = f.id"
                f" WHERE t.facet = {_quoted(facet)} GROUP BY 1"
                for facet in self._other_facets()
            },
            "language": "SELECT p.language, count(*) FROM temp.found f JOIN passages p ON p.id = f.id GROUP BY 1",
            "year": "SELECT coalesce(d.year, '')"
            " || iif(json_extract(d.details, '$.year_from') = 'file', ' (file)', ''), count(*)"
            " FROM temp.found f JOIN passages p ON p.id = f.id JOIN documents d ON d.id = p.document GROUP BY 1",
            "document": "SELECT d.title, count(*) FROM temp.found f JOIN passages p ON p.id = f.id"
            " JOIN documents d ON d.id = p.document GROUP BY d.id",
        }
        facets: dict[str, dict[str, int]] = {}
        for name, sql in by.items():
            counts: dict[str, int] = {}
            for label, count in self._db.execute(f"{sql} ORDER BY 2 DESC, 1"):
                counts[str(label)] = counts.get(str(label), 0) + count
            facets[name] = counts
        return facets

    def _other_facets(self) -> list[str]:
        """The facets of users' taxonomies, by name: those that the shipped one doesn't have."""
        rows = self._rows("SELECT DISTINCT facet FROM tags WHERE facet NOT IN ('role', 'theme') ORDER BY 1")
        return [facet for (facet,) in rows]

    def _tags(self, passages: Sequence[int]) -> dict[int, list[Tag]]:
        tags: dict[int, list[Tag]] = {}
        for start in range(0, len(passages), 500):
            part = passages[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._rows(
                f"SELECT passage, facet, label, score, source FROM tags WHERE passage IN ({marks})"
                " ORDER BY passage, facet, place",
                part,
            )
            for passage, *tag in rows:
                tags.setdefault(passage, []).append(Tag(*tag))
        return tags


def highlights(text: str, phrases: Sequence[queries.Phrase]) -> tuple[tuple[int, int], ...]:
    """Where the phrases stand in the text: offsets in order, overlapping ones merged."""
    spans = sorted(span for phrase in phrases for span in terms.find(text, phrase.text, prefix=phrase.prefix))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _names(title: str, words: str) -> bool:
    """Whether every word stands in the title."""
    return all(next(terms.find(title, word), None) for word in terms.query_words(words) or [words])


_ENTRY = (
    "SELECT d.hash, d.path, d.title, d.authors, d.year, d.journal, d.issuer, d.number, d.doi, d.keywords, d.languages,"
    " d.grade, d.pages, d.unread, count(p.id), d.added, d.details"
    " FROM documents d LEFT JOIN passages p ON p.document = d.id"
)

_PASSAGE = (
    "SELECT p.id, d.hash, p.n, p.text, p.language, p.section, p.item, p.boxes"
    " FROM passages p JOIN documents d ON d.id = p.document"
)


def _entry(row: Sequence[Any]) -> Entry:
    hash_, path, title, authors, year, journal, issuer, number, doi, keywords, languages, *rest = row
    grade, pages, unread, passages, added, details = rest
    more: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in json.loads(details).items() if name in _DETAILS
    }
    metadata = Metadata(
        title,
        tuple(json.loads(authors)),
        year,
        journal,
        issuer,
        number,
        doi,
        tuple(json.loads(keywords)),
        tuple(json.loads(languages)),
        **more,
    )
    return Entry(hash_, path, metadata, grade, pages, tuple(json.loads(unread)), passages, added)


def _tagged(row: Sequence[Any], tags: Mapping[int, list[Tag]]) -> Tagged:
    passage_id, doc, n, text, language, section, item, boxes = row
    passage = Passage(
        doc, n, text, language, tuple(json.loads(section)), item, tuple(Box(*b) for b in json.loads(boxes))
    )
    return Tagged(passage, tuple(tags.get(passage_id, ())))


def _where(query: Query) -> tuple[list[str], list[Any]]:
    """The SQL conditions of a query's filters; values of one field are alternatives, fields add up."""
    by_field: dict[str, list[str]] = {}
    for name, value in query.filters:
        by_field.setdefault(name, []).append(value)
    clauses: list[str] = []
    values: list[Any] = []
    for name, wanted in by_field.items():
        parts = []
        for value in wanted:
            part, more = _condition(name, value)
            parts.append(part)
            values += more
        clauses.append("(" + " OR ".join(parts) + ")")
    return clauses, values


def _condition(name: str, value: str) -> tuple[str, list[Any]]:
    if name in ("role", "theme") or name.startswith(queries.FACET):
        sql = "EXISTS (SELECT 1 FROM tags t WHERE t.passage = p.id AND t.facet = ? AND t.label = ?)"
        return sql, [name.removeprefix(queries.FACET), value]
    if name == "language":
        return "p.language = ?", [value]
    if name == "year":
        span = re.fullmatch(r"([0-9]{1,4})(?:[-–]([0-9]{1,4}))?", value)
        if span is None:
            raise QueryError(f'year "{value}" is neither a year nor a span; write 2024 or 2020-2024')
        return "d.year BETWEEN ? AND ?", [int(span[1]), int(span[2] or span[1])]
    escaped = value.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    if name == "doc":
        sql = r"(d.hash LIKE ? ESCAPE '\' OR d.path LIKE ? ESCAPE '\' OR d.title LIKE ? ESCAPE '\')"
        return sql, [f"{escaped}%", f"%{escaped}%", f"%{escaped}%"]
    return r"d.title LIKE ? ESCAPE '\'", [f"%{escaped}%"]


def _connect(path: Path, readonly: bool) -> sqlite3.Connection:
    if readonly and not path.exists():
        raise LibraryError(f"{path}: no such library; make one with `policytext tag FOLDER --library {path}`")
    try:
        uri = f"{path.resolve().as_uri()}?mode={'ro' if readonly else 'rwc'}"
        db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000)
    except sqlite3.Error as error:
        raise LibraryError(f"{path}: can't be opened ({error}); is the folder there, and yours to write?") from None
    try:
        _prepare(db, path, readonly)
    except sqlite3.DatabaseError as error:
        db.close()
        raise _damaged(path, error) from None
    except LibraryError:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path, readonly: bool) -> None:
    """Make a new file a library; refuse another program's, or a newer version's."""
    db.execute("PRAGMA foreign_keys = ON")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    application = db.execute("PRAGMA application_id").fetchone()[0]
    empty = not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    if empty and not readonly:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        )
        return
    if application != APPLICATION_ID:
        raise LibraryError(f"{path}: a database of another program; name another file with --library")
    if version == 1 and not readonly:
        db.executescript(f"BEGIN IMMEDIATE; {_FROM_1} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        return
    if version < SCHEMA_VERSION:
        raise LibraryError(f"{path}: library of an older version; `policytext tag FOLDER --library {path}` renews it")
    if version != SCHEMA_VERSION:
        raise LibraryError(f"{path}: library version {version}, this program knows {SCHEMA_VERSION}; update policytext")


def _damaged(path: Path, error: sqlite3.Error) -> LibraryError:
    return LibraryError(f"{path}: not a usable library ({error}); move it away or restore a backup")


def _storable(text: str) -> str:
    """The text as SQLite takes it: a file name that is not UTF-8 holds bytes that are shown as \\udcXX."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
