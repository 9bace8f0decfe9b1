"""Headings of PDF files: what tags, bookmarks, contents pages and numbers say, and what only looks like a heading."""

from __future__ import annotations

from pathlib import Path

from building import prose_lines, write_placed, write_tagged

from policytext.read import read
from policytext.read.structure import Bookmark, Claims
from policytext.types import Document

FERRY = (
    "The island ferries carry two thirds of all freight, and the boats that carry it are older than the piers they "
    "land at, which is why the timetable fails in winter more often than in any other season of the year."
)
CRANE = (
    "The crane at the north quay lifts twelve tonnes where the new containers weigh twenty, so every delivery is "
    "unpacked by hand on the deck before it can be landed, and a morning is lost for each boat that comes in."
)
DEPOT = (
    "Spare parts are kept in one depot on the mainland, and whatever is needed on the islands waits there for the "
    "next boat, however small the part may be and however many people stand still until it arrives."
)


def headings(document: Document) -> list[tuple[int | None, str]]:
    return [(b.level, b.text) for b in document.blocks if b.kind == "heading"]


def paragraphs(document: Document) -> list[str]:
    return [b.text for b in document.blocks if b.kind == "paragraph"]


def lines_of(text: str) -> list[str]:
    return [line for _, _, line, _, _ in prose_lines(text, 0, 0)]


def test_what_the_tags_call_a_heading_is_one_though_it_looks_like_text(tmp_path: Path) -> None:
    path = write_tagged(
        tmp_path / "tagged.pdf",
        [
            ("H1", ["Why the boats are late"]),
            ("P", lines_of(FERRY)),
            ("H2", ["Cranes that are too small for what they have to lift", "and have been for years"]),
            ("P", lines_of(CRANE)),
            ("H2", ["Parts"]),
            ("P", lines_of(DEPOT)),
        ],
    )
    document = read(path)
    assert headings(document) == [
        (1, "Why the boats are late"),
        (2, "Cranes that are too small for what they have to lift and have been for years"),
        (2, "Parts"),
    ]
    assert paragraphs(document) == [FERRY, CRANE, DEPOT]


def test_tags_that_call_everything_a_heading_are_not_believed(tmp_path: Path) -> None:
    path = write_tagged(tmp_path / "all.pdf", [("H1", lines_of(text)) for text in (FERRY, CRANE, DEPOT)])
    assert headings(read(path)) == []
    assert paragraphs(read(path)) == [FERRY, CRANE, DEPOT]


def test_what_a_bookmark_names_is_a_heading_of_its_level(tmp_path: Path) -> None:
    page = [
        (60, 80, "Why the boats are late", "Helvetica", 10),
        *prose_lines(FERRY, 60, 110),
        (60, 180, "Cranes", "Helvetica", 10),
        *prose_lines(CRANE, 60, 210),
    ]
    marks = [("Why the boats are late", 1, 1), ("Cranes", 2, 1), ("A chapter that was taken out", 1, 1)]
    document = read(write_placed(tmp_path / "marked.pdf", [page], bookmarks=marks))
    assert headings(document) == [(1, "Why the boats are late"), (2, "Cranes")]
    assert paragraphs(document) == [FERRY, CRANE]


def test_a_bookmark_is_found_once_near_its_page_with_or_without_its_number() -> None:
    claims = Claims([Bookmark("2.1 Cranes", 2, 7)])
    assert claims.take("Cranes", 12) is None
    assert claims.take("Cranes", 8) == Bookmark("2.1 Cranes", 2, 7)
    assert claims.take("Cranes", 8) is None


def test_an_entry_of_the_contents_page_is_a_heading_where_it_stands_in_the_text(tmp_path: Path) -> None:
    contents = [
        (60, 80, "Contents", "Helvetica-Bold", 14),
        (60, 120, "The state of the quays ................................ 2", "Helvetica", 10),
        (60, 140, "What the islands need ................................. 2", "Helvetica", 10),
    ]
    text = [
        (60, 80, "The state of the quays", "Helvetica", 10),
        *prose_lines(CRANE, 60, 110),
        (60, 180, "What the islands need", "Helvetica", 10),
        *prose_lines(DEPOT, 60, 210),
    ]
    document = read(write_placed(tmp_path / "contents.pdf", [contents, text]))
    assert [text for _, text in headings(document)] == ["The state of the quays", "What the islands need"]
    assert paragraphs(document) == [CRANE, DEPOT]


def test_a_plain_line_whose_number_comes_next_is_a_heading(tmp_path: Path) -> None:
    page = [
        (60, 80, "1 The quays", "Helvetica-Bold", 13),
        (60, 110, "1.1 Cranes of the north quay", "Helvetica", 10),
        *prose_lines(CRANE, 60, 140),
        (60, 210, "1.2 The depot on the mainland", "Helvetica", 10),
        *prose_lines(DEPOT, 60, 240),
        (60, 310, "3.6 per cent of the boats were on time", "Helvetica", 10),
        *prose_lines(FERRY, 60, 340),
    ]
    assert headings(read(write_placed(tmp_path / "numbers.pdf", [page]))) == [
        (1, "1 The quays"),
        (2, "1.1 Cranes of the north quay"),
        (2, "1.2 The depot on the mainland"),
    ]


def test_bold_lines_right_above_tables_are_the_tables_titles(tmp_path: Path) -> None:
    lines, boxes = [(60.0, 60.0, "Lateness of the boats", "Helvetica-Bold", 14.0)], []
    for n, name in enumerate(("Winter delays", "Summer delays", "Cancelled sailings")):
        top = 200 + 180 * n
        lines += prose_lines((FERRY, CRANE, DEPOT)[n], 60, top - 80)
        lines.append((60, top - 12, name, "Helvetica-Bold", 10))
        for row, (quay, share) in enumerate((("Quay", "Share"), ("North", "12"), ("South", "31"))):
            lines += [
                (66, top + 14 + 20 * row, quay, "Helvetica", 10),
                (206, top + 14 + 20 * row, share, "Helvetica", 10),
            ]
            boxes += [(60, top + 20 * row, 200, top + 20 * row + 20), (200, top + 20 * row, 340, top + 20 * row + 20)]
    document = read(write_placed(tmp_path / "tables.pdf", [lines], boxes={1: boxes}))
    assert [b.text for b in document.blocks if b.kind == "caption"] == [
        "Winter delays",
        "Summer delays",
        "Cancelled sailings",
    ]
    assert headings(document) == [] or [text for _, text in headings(document)] == ["Lateness of the boats"]


def test_dates_and_addresses_are_no_headings(tmp_path: Path) -> None:
    page = [
        (60, 70, "Keeping the Ferries Running", "Helvetica-Bold", 18),
        (60, 120, "14 May 2023", "Helvetica-Bold", 11),
        *prose_lines(FERRY, 60, 150),
        (60, 230, "https://ferries.example/report", "Helvetica-Bold", 11),
        *prose_lines(CRANE, 60, 260),
    ]
    assert headings(read(write_placed(tmp_path / "dates.pdf", [page]))) == []


def test_a_large_banner_on_every_page_is_furniture(tmp_path: Path) -> None:
    pages = [
        [
            (200, 50, "ISLAND TRANSPORT DIRECTIVE", "Helvetica-Bold", 16),
            *prose_lines(text, 60, 120),
            (60, 220, head, "Helvetica-Bold", 11),
            *prose_lines(more, 60, 250),
        ]
        for text, head, more in (
            (FERRY, "Cranes", CRANE),
            (CRANE, "Parts", DEPOT),
            (DEPOT, "Boats", FERRY),
            (FERRY, "Piers", DEPOT),
        )
    ]
    document = read(write_placed(tmp_path / "banner.pdf", pages))
    assert [text for _, text in headings(document)] == ["Cranes", "Parts", "Boats", "Piers"]
    assert [b.text for b in document.blocks if b.kind == "header"] == ["ISLAND TRANSPORT DIRECTIVE"] * 4
