"""Pages without a text layer: recognised where the extra is installed, named in one line where it is not."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from building import NOTE_ZH, PAGE, PAPER_EN, PAPER_ZH, scan_of, write_joined, write_pdf, write_scan

from policytext.errors import ReadError
from policytext.read import read
from policytext.types import Document

HEAD = "县域经济研究2024年第3期"


def has_ocr() -> bool:
    try:
        import onnxruntime  # noqa: F401
        import rapidocr  # noqa: F401
    except ImportError:
        return False
    return True


needs_ocr = pytest.mark.skipif(not has_ocr(), reason="the extra ocr is not installed")


def texts(document: Document, *kinds: str) -> list[str]:
    return [b.text for b in document.blocks if b.kind in kinds]


def set_as(pieces: object, *kinds: str) -> list[str]:
    return [text for kind, text in pieces if kind in kinds]  # type: ignore[attr-defined]


def errors(read_text: str, truth: str) -> int:
    """The least number of characters to insert, delete or change that makes one text the other; no white space."""
    a, b = "".join(read_text.split()), "".join(truth.split())
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A report in one column, scanned."""
    folder = tmp_path_factory.mktemp("ocr")
    return read(scan_of(folder / "scan.pdf", write_pdf(folder / "report.pdf", PAPER_EN, columns=1)))


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A paper in two columns with a running head and a footnote, scanned."""
    import numpy as np
    import pypdfium2

    folder = tmp_path_factory.mktemp("ocr")
    paper = write_pdf(folder / "paper.pdf", PAPER_ZH, head=HEAD, note=NOTE_ZH)
    page = pypdfium2.PdfDocument(paper)[0]
    if np.mean(page.render(grayscale=True).to_numpy() < 128) < 0.01:
        pytest.skip("this machine has no font for Chinese characters to draw the scan with")
    return read(scan_of(folder / "scan.pdf", paper))


# ---------------------------------------------------------------- with the extra


@needs_ocr
def test_a_scanned_report_reads_like_its_original(english: Document) -> None:
    assert texts(english, "paragraph") == set_as(PAPER_EN, "p")
    assert [(b.level, b.text) for b in english.blocks if b.kind == "heading"] == [
        (1, text) for text in set_as(PAPER_EN, "h1")
    ]
    assert english.metadata.title == "Keeping the Ferries Running"


@needs_ocr
def test_a_scanned_chinese_paper_has_its_columns_headings_and_footnote(chinese: Document) -> None:
    levels = {"h1": 1, "h2": 2}
    found = [(b.level, b.text) for b in chinese.blocks if b.kind == "heading"]
    assert found == [(levels[kind], text) for kind, text in PAPER_ZH if kind in levels]
    assert len(texts(chinese, "paragraph")) == len(set_as(PAPER_ZH, "p"))
    truth = "".join(set_as(PAPER_ZH, "p"))
    assert errors("".join(texts(chinese, "paragraph")), truth) <= 0.02 * len(truth)
    assert chinese.metadata.title == "县域冷链物流的困境与出路"
    assert texts(chinese, "header") == [HEAD, HEAD]
    assert [(b.mark, b.text) for b in chinese.blocks if b.kind == "footnote"] == [NOTE_ZH]


@needs_ocr
def test_no_space_is_left_between_chinese_characters(chinese: Document) -> None:
    assert not [text for text in texts(chinese, "paragraph") if " " in text]


@needs_ocr
def test_a_recognised_page_tells_its_state_and_confidence(english: Document) -> None:
    (page,) = english.quality.pages
    assert page.state == "ocr"
    assert page.confidence is not None
    assert 0.9 < page.confidence <= 1
    assert page.characters > 800
    assert english.quality.unread == ()
    assert english.quality.grade == "good"


@needs_ocr
def test_boxes_lie_where_the_text_stands(english: Document, tmp_path: Path) -> None:
    original = read(write_pdf(tmp_path / "report.pdf", PAPER_EN, columns=1))
    for kind in ("title", "heading", "paragraph"):
        pairs = zip(
            (b.boxes[0] for b in original.blocks if b.kind == kind),
            (b.boxes[0] for b in english.blocks if b.kind == kind),
            strict=True,
        )
        for there, here in pairs:
            assert abs(there.x0 - here.x0) < 4
            assert abs(there.top - here.top) < 4
            assert abs(there.bottom - here.bottom) < 4


@needs_ocr
@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_page_that_lay_turned_on_the_scanner_is_read(tmp_path: Path, turned: int) -> None:
    report = write_pdf(tmp_path / "report.pdf", PAPER_EN, columns=1)
    document = read(scan_of(tmp_path / "scan.pdf", report, turned=turned))
    assert texts(document, "paragraph") == set_as(PAPER_EN, "p")
    width, height = PAGE if turned == 180 else PAGE[::-1]
    for box in (box for block in document.blocks for box in block.boxes):
        assert 0 <= box.x0 < box.x1 <= width + 1
        assert 0 <= box.top < box.bottom <= height + 1


@needs_ocr
@pytest.mark.parametrize("skew", [-1.5, 2.0])
def test_a_page_that_lay_askew_is_read(tmp_path: Path, skew: float) -> None:
    report = write_pdf(tmp_path / "report.pdf", PAPER_EN, columns=1)
    document = read(scan_of(tmp_path / "scan.pdf", report, skew=skew))
    assert texts(document, "paragraph") == set_as(PAPER_EN, "p")


@needs_ocr
def test_scanned_pages_among_others_are_read_in_their_place(tmp_path: Path) -> None:
    report = write_pdf(tmp_path / "t.pdf", PAPER_EN, columns=1)
    scan = scan_of(tmp_path / "s.pdf", report)
    document = read(write_joined(tmp_path / "a.pdf", report, scan, report))
    assert [p.state for p in document.quality.pages] == ["text", "ocr", "text"]
    assert [p.confidence is None for p in document.quality.pages] == [True, False, True]
    assert [b.page for b in document.blocks if b.text == "2. Challenges"] == [1, 2, 3]
    assert texts(document, "paragraph") == 3 * set_as(PAPER_EN, "p")


@needs_ocr
def test_nothing_is_fetched_from_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from policytext.read import ocr

    def refused(*_: object) -> None:
        raise AssertionError("a connection was opened")

    ocr._engine.cache_clear()
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    scan = scan_of(tmp_path / "s.pdf", write_pdf(tmp_path / "t.pdf", PAPER_EN[:2], columns=1))
    assert "Keeping the Ferries Running" in texts(read(scan), "title", "heading", "paragraph")


@needs_ocr
def test_a_picture_without_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no text layer: only pictures on pages 1; OCR found no text on them"):
        read(write_scan(tmp_path / "a.pdf"))


# ---------------------------------------------------------------- without it


@pytest.fixture
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra were not installed."""
    monkeypatch.setitem(sys.modules, "policytext.read.ocr", None)


@pytest.mark.usefixtures("without_ocr")
def test_a_wholly_scanned_file_is_refused_with_its_pages_and_the_command(tmp_path: Path) -> None:
    scan = write_scan(tmp_path / "s.pdf")
    path = write_joined(tmp_path / "a.pdf", scan, scan, scan)
    with pytest.raises(ReadError) as caught:
        read(path)
    assert caught.value.reason == (
        "no text layer: only pictures on pages 1-3; to recognise them: pip install 'policytext[ocr]'"
    )


@pytest.mark.usefixtures("without_ocr")
def test_a_file_with_some_usable_pages_is_read_and_the_others_stay_scanned(tmp_path: Path) -> None:
    text, scan = write_pdf(tmp_path / "t.pdf", PAPER_EN, columns=1), write_scan(tmp_path / "s.pdf")
    document = read(write_joined(tmp_path / "a.pdf", text, scan, text))
    assert [p.state for p in document.quality.pages] == ["text", "scanned", "text"]
    assert {b.page for b in document.blocks if b.kind == "paragraph"} == {1, 3}
