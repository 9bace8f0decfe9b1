"""What does the reader get? Rows as a table, JSON lines or CSV that Excel opens, and nothing else decided."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from policytext import tokens
from policytext.errors import page_ranges
from policytext.evidence import Explanation, names
from policytext.types import Block, Document, Passage, Quality, Tagged

if TYPE_CHECKING:
    from policytext.library import Entry, Hit
    from policytext.outline import Item
    from policytext.taxonomy import Taxonomy

Row = Mapping[str, Any]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters by which a spreadsheet takes a cell for a formula (OWASP, CSV injection), the full-width
ones included: East Asian locales convert them."""

BOM = "\ufeff"
"""Excel reads a CSV file as UTF-8 only behind this mark."""


def write_jsonl(rows: Iterable[Row], out: TextIO) -> None:
    """One JSON object a line, Chinese unescaped."""
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_csv(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> None:
    """CSV with a header, for Excel: the byte order mark first, lists joined by "; ", no cell a formula."""
    out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe_cell(row.get(column)) for column in columns])


def safe_cell(value: object) -> str:
    """A cell's text; one that a spreadsheet would run as a formula gets an apostrophe before it.

    >>> safe_cell("=1+1"), safe_cell(-3), safe_cell(("standards", "market"))
    ("'=1+1", '-3', 'standards; market')
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return "'" + text if text.startswith(_FORMULA) else text


def block_row(block: Block, section: Sequence[str]) -> dict[str, Any]:
    """A block as `extract` prints it."""
    row: dict[str, Any] = {"kind": block.kind, "level": block.level, "text": block.text, "page": block.page}
    row["boxes"] = [[b.page, round(b.x0, 1), round(b.top, 1), round(b.x1, 1), round(b.bottom, 1)] for b in block.boxes]
    row["section"] = list(section)
    if block.rows:
        row["rows"] = [list(cells) for cells in block.rows]
    if block.mark:
        row["mark"] = block.mark
    if block.notes:
        row["notes"] = list(block.notes)
    return row


def metadata_row(document: Document) -> dict[str, Any]:
    """A document's metadata and quality as `extract --metadata` prints them; abstracts by language, shares 0 to 1."""
    m, q = document.metadata, document.quality
    return {
        "path": document.path,
        "id": document.id,
        "title": m.title,
        "parallel_title": m.parallel_title,
        "authors": list(m.authors),
        "year": m.year,
        "year_from": m.year_from,
        "journal": m.journal,
        "volume": m.volume,
        "issue": m.issue,
        "pages": m.pages,
        "issn": m.issn,
        "issuer": m.issuer,
        "number": m.number,
        "doi": m.doi,
        "keywords": list(m.keywords),
        "abstracts": {tokens.language(text): text for text in m.abstracts},
        "languages": list(m.languages),
        "quality": {
            "grade": q.grade,
            "garbled": round(q.garbled, 4),
            "unread": list(q.unread),
            "pages": [
                {
                    "page": p.page,
                    "state": p.state,
                    "characters": p.characters,
                    "garbled": p.garbled,
                    "confidence": p.confidence,
                }
                for p in q.pages
            ],
        },
    }


def quality_line(quality: Quality) -> str:
    """A document's grade with what lowers it, in words.

    >>> from policytext.types import PageQuality
    >>> quality_line(Quality((PageQuality(1, "text", 900), PageQuality(2, "scanned", 0), PageQuality(3, "text", 800))))
    'fair; page 2 could not be read (scanned)'
    """
    parts: list[str] = [quality.grade]
    parts += [
        f"{_pages(numbers)} could not be read ({state})"
        for state in ("scanned", "garbled")
        if (numbers := [p.page for p in quality.pages if p.state == state])
    ]
    if quality.garbled >= 0.001:
        parts.append(f"{quality.garbled:.1%} of the characters garbled")
    if recognised := [p for p in quality.pages if p.state == "ocr"]:
        least = min(p.confidence or 0.0 for p in recognised)
        parts.append(f"{_pages([p.page for p in recognised])} recognised, confidence {least:.2f} or more")
    return "; ".join(parts)


def _pages(numbers: Sequence[int]) -> str:
    return f"page{'s' if len(numbers) > 1 else ''} {page_ranges(numbers)}"


def tagged_row(
    tagged: Tagged,
    path: str,
    title: str,
    probabilities: Mapping[str, Mapping[str, float]] | None = None,
    *,
    doubtful: bool | None = None,
) -> dict[str, Any]:
    """A tagged passage as `tag` and `export` print it; without probabilities, those of the given tags."""
    p = tagged.passage
    shown = probabilities or {
        facet: {tag.label: tag.score for tag in tagged.tags if tag.facet == facet} for facet in ("role", "theme")
    }
    roles = tagged.labels("role")
    row: dict[str, Any] = {
        "doc": p.doc_id,
        "title": title,
        "path": path,
        "n": p.n,
        "page": p.page,
        "language": p.language,
        "section": list(p.section),
        "item": p.item,
        "text": p.text,
        "role": roles[0] if roles else None,
        "also": list(roles[1:]),
        "roles": {label: round(score, 4) for label, score in shown.get("role", {}).items()},
        "themes": {label: round(shown.get("theme", {}).get(label, 1.0), 4) for label in tagged.labels("theme")},
        "boxes": [[b.page, round(b.x0, 1), round(b.top, 1), round(b.x1, 1), round(b.bottom, 1)] for b in p.boxes],
    }
    for facet in other_facets([tagged]):
        given = {tag.label: tag.score for tag in tagged.tags if tag.facet == facet}
        row[facet] = {label: round(shown.get(facet, {}).get(label, score), 4) for label, score in given.items()}
    if doubtful is not None:
        row["review"] = doubtful
    return row


def other_facets(tagged: Iterable[Tagged]) -> list[str]:
    """The facets beside role and theme that any of these passages bears, by name: those of a user's taxonomy."""
    return sorted({tag.facet for t in tagged for tag in t.tags} - {"role", "theme"})


EVIDENCE_COLUMNS = (
    "title",
    "page",
    "role",
    "also",
    "themes",
    "confidence",
    "text",
    "section",
    "item",
    "language",
    "path",
)
"""The columns of an evidence table, what is read first at the left."""


def evidence_row(tagged: Tagged, entry: Entry) -> dict[str, Any]:
    """A tagged passage as a row of the evidence table; facets of a user's taxonomy have columns of their own names."""
    roles = [tag for tag in tagged.tags if tag.facet == "role"]
    p = tagged.passage
    return {
        "title": entry.metadata.title,
        "page": p.page,
        "role": roles[0].label if roles else "",
        "also": [tag.label for tag in roles[1:]],
        "themes": list(tagged.labels("theme")),
        "confidence": round(roles[0].score, 2) if roles else None,
        "text": p.text,
        "section": " > ".join(p.section),
        "item": p.item,
        "language": p.language,
        "path": entry.path,
    } | {facet: list(tagged.labels(facet)) for facet in other_facets([tagged])}


def hit_row(hit: Hit) -> dict[str, Any]:
    """A hit as `search` prints it: the passage, its document, and where the words stand."""
    row = tagged_row(hit.tagged, hit.document.path, hit.document.metadata.title)
    row["highlights"] = [list(span) for span in hit.highlights]
    row["score"] = round(hit.score, 3)
    return row


def item_row(item: Item) -> dict[str, Any]:
    """An item of an outline as `outline` prints it."""
    return {
        "role": item.role,
        "item": item.mark,
        "headline": item.headline,
        "page": item.page,
        "themes": list(item.themes),
        "passages": list(item.passages),
    }


def snippet(text: str, highlights: Sequence[tuple[int, int]], width: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """About `width` characters of the text around its first highlight, with the highlights' offsets in them."""
    first = highlights[0][0] if highlights else 0
    start = max(0, min(first - width // 3, len(text) - width))
    end = min(len(text), start + width)
    head, tail = ("…" if start else ""), ("…" if end < len(text) else "")
    shift = len(head) - start
    inside = tuple((a + shift, min(b, end) + shift) for a, b in highlights if a >= start and a < end)
    return head + text[start:end].replace("\n", " ") + tail, inside


REASON_COLUMNS = ("n", "facet", "label", "against", "probability", "margin", "kind", "zh", "en", "amount", "words")


def reason_rows(
    e: Explanation, passage: Passage, taxonomy: Taxonomy, *, flat: bool = False
) -> Iterator[dict[str, Any]]:
    """One row a reason of an explanation, the weightiest first; `amount` is in log-odds and sums to `margin`.

    `spans` are offsets in the passage's text as it stands, `headings` those in its headings as [heading, start, end];
    `flat` gives the words themselves instead, for a table.
    """
    told = {"doc": passage.doc_id, "n": passage.n, "facet": e.facet, "label": e.label, "against": e.against or None}
    told |= {"probability": round(e.probability, 4), "margin": round(e.margin, 6)}
    for r in e.reasons:
        row = {
            **told,
            "kind": r.kind,
            "name": r.name,
            **names((r.kind, r.name), taxonomy),
            "amount": round(r.amount, 6),
        }
        words = [passage.text[a:b] for a, b in r.spans] + [passage.section[i][a:b] for i, a, b in r.headings]
        if flat:
            yield row | {"words": "; ".join(dict.fromkeys(words))}
            continue
        row |= {"spans": [list(s) for s in r.spans], "headings": [list(h) for h in r.headings]}
        row |= {"neighbour": r.neighbour}
        yield row | {"parts": [{"name": x.name, "value": x.value, "weight": x.weight} for x in r.parts]}
