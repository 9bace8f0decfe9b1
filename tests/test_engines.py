"""Two engines, one reading: pdfium and pdfplumber give the same blocks, and where they can't the reason stands here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest
from building import NOTE_ZH, PAGE, PAPER_EN, PAPER_ZH, wrap, write_joined, write_pdf, write_scan

from policytext.errors import ReadError
from policytext.read import read
from policytext.types import Block, Document, Engine

if TYPE_CHECKING:
    from conftest import Outcome
    from reportlab.pdfgen.canvas import Canvas

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = sorted((ROOT / "src" / "policytext" / "samples").glob("*.pdf"))
BENCH = ROOT.parent / "shared" / "bench" / "cases"
CASES = sorted(BENCH.glob("[a-f]_*/doc.pdf"))

ENGINES: tuple[Engine, ...] = get_args(Engine)

POINTS = 2.0
"""How far an edge of a box may differ: one engine takes a line's end from the ink, the other from the advance."""


def look(document: Document) -> list[tuple[str, int | None, str, tuple[tuple[str, ...], ...]]]:
    return [(b.kind, b.level, b.text, b.rows) for b in document.blocks]


def apart(a: Block, b: Block) -> float:
    """The largest distance between two edges of the blocks' boxes; endless where they are on different pages."""
    if [box.page for box in a.boxes] != [box.page for box in b.boxes]:
        return float("inf")
    edges = [
        abs(x - y)
        for one, other in zip(a.boxes, b.boxes, strict=True)
        for x, y in (
            (one.x0, other.x0),
            (one.top, other.top),
            (one.x1, other.x1),
            (one.bottom, other.bottom),
        )
    ]
    return max(edges, default=0.0)


def same(path: Path) -> Document:
    """The document, once both engines have given the same of it."""
    first, second = read(path), read(path, "pdfplumber")
    assert look(second) == look(first)
    assert [(b.text, d) for b, c in zip(first.blocks, second.blocks, strict=True) if (d := apart(b, c)) > POINTS] == []
    assert [(p.page, p.state) for p in second.quality.pages] == [(p.page, p.state) for p in first.quality.pages]
    return first


def canvas_at(path: Path) -> Canvas:
    from reportlab.pdfgen.canvas import Canvas

    return Canvas(str(path), pagesize=PAGE, invariant=1)


# ---------------------------------------------------------------- the same


@pytest.mark.skipif(not CASES, reason="the bench is not beside this copy of the repository")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_the_bench_reads_the_same_with_both(path: Path) -> None:
    same(path)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_read_the_same_with_both(path: Path) -> None:
    same(path)


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_chinese_paper_reads_the_same_with_both(tmp_path: Path, columns: int) -> None:
    path = write_pdf(tmp_path / "a.pdf", PAPER_ZH, columns=columns, head="县域经济研究2024年第3期", note=NOTE_ZH)
    assert len(same(path).blocks) > 20


@pytest.mark.parametrize("columns", [1, 2])
def test_an_english_report_reads_the_same_with_both(tmp_path: Path, columns: int) -> None:
    assert len(same(write_pdf(tmp_path / "a.pdf", PAPER_EN, columns=columns)).blocks) > 6


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("cropped", [False, True])
def test_a_turned_and_cropped_page_has_its_boxes_in_the_same_place(tmp_path: Path, turn: int, cropped: bool) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(write_pdf(tmp_path / "plain.pdf", PAPER_EN, columns=1))
    for page in document:
        page.set_rotation(turn)
        if cropped:
            page.set_cropbox(30, 25, PAGE[0] - 10, PAGE[1] - 20)
    document.save(tmp_path / "a.pdf")
    document.close()
    same(tmp_path / "a.pdf")


def test_a_media_box_that_begins_elsewhere_moves_nothing(tmp_path: Path) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(write_pdf(tmp_path / "plain.pdf", PAPER_EN, columns=1))
    for page in document:
        page.set_mediabox(-40, 15, PAGE[0] - 40, PAGE[1])
    document.save(tmp_path / "a.pdf")
    document.close()
    same(tmp_path / "a.pdf")


def test_a_table_has_the_same_cells_with_both(tmp_path: Path) -> None:
    canvas = canvas_at(tmp_path / "a.pdf")
    canvas.setFont("Helvetica", 10)
    canvas.drawString(40, 500, "The committee compared three harbours before it visited the yards.")
    rows = [("Harbour", "Ships", "Engineers"), ("Northhaven", "14", "6"), ("Saltby", "9", "2")]
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            canvas.drawString(48 + 100 * j, 440 - 20 * i, cell)
    canvas.setLineWidth(0.5)
    canvas.grid([40, 140, 240, 340], [454, 434, 414, 394])
    canvas.save()
    assert [b.rows for b in same(tmp_path / "a.pdf").blocks if b.kind == "table"] == [tuple(rows)]


def test_scanned_pages_count_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "policytext.read.ocr", None)  # as if the extra were not installed
    text = write_pdf(tmp_path / "t.pdf", PAPER_EN, columns=1)
    document = same(write_joined(tmp_path / "a.pdf", text, write_scan(tmp_path / "s.pdf")))
    assert [p.state for p in document.quality.pages] == ["text", "scanned"]


# ---------------------------------------------------------------- not the same, and why


def test_invisible_text_is_dropped_by_pdfium_alone(tmp_path: Path) -> None:
    """pdfminer, under pdfplumber, keeps no text rendering mode: what is painted invisibly looks like all other text."""
    canvas = canvas_at(tmp_path / "a.pdf")
    for line, mode in (("The ferries run on weekdays.", 0), ("Nobody sees this sentence.", 3)):
        text = canvas.beginText(40, 500 - 100 * mode)
        text.setFont("Helvetica", 11)
        text.setTextRenderMode(mode)
        text.textLine(line)
        canvas.drawText(text)
    canvas.save()
    seen = {engine: "Nobody" in " ".join(b.text for b in read(tmp_path / "a.pdf", engine).blocks) for engine in ENGINES}
    assert seen == {"pdfium": False, "pdfplumber": True}


def test_letters_made_bold_by_an_outline_are_bold_to_pdfium_alone(tmp_path: Path) -> None:
    """The same rendering mode tells that letters are filled and stroked, as word processors make a missing bold."""
    canvas = canvas_at(tmp_path / "a.pdf")
    y = 600
    for kind, piece in PAPER_EN:
        for line in wrap(piece, "Helvetica", 11, 340):
            canvas.saveState()
            text = canvas.beginText(40, y - 14)
            text.setFont("Helvetica", 11)
            text.setTextRenderMode(0 if kind == "p" else 2)
            text.textLine(line)
            canvas.drawText(text)
            canvas.restoreState()
            y -= 14
        y -= 10
    canvas.save()
    found = {
        engine: [b.text for b in read(tmp_path / "a.pdf", engine).blocks if b.kind == "heading"] for engine in ENGINES
    }
    assert found == {"pdfium": [text for kind, text in PAPER_EN if kind != "p"], "pdfplumber": []}


def test_a_damaged_file_may_open_in_pdfium_alone_and_that_is_told(tmp_path: Path) -> None:
    """pdfium rebuilds a page tree whose root is lost; pdfminer finds no pages then."""
    data = write_pdf(tmp_path / "whole.pdf", PAPER_EN, columns=1).read_bytes()
    path = tmp_path / "a.pdf"
    path.write_bytes(data.replace(b"/MediaBox", b"/MediaBux"))
    assert read(path).blocks
    with pytest.raises(ReadError, match="pdfplumber"):
        read(path, "pdfplumber")


def test_the_command_line_takes_the_engine(policytext: Callable[..., Outcome], tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", PAPER_EN, columns=1)
    outcomes = [policytext("extract", path, "--engine", engine) for engine in ENGINES]
    assert [outcome.code for outcome in outcomes] == [0, 0]
    assert [len(outcome.out.splitlines()) for outcome in outcomes] == 2 * [len(read(path).blocks)]
    assert policytext("extract", path, "--engine", "acrobat").code == 2
