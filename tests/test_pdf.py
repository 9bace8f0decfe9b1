"""PDF files: what a reader sees on the pages, in order; and what is told of files that can't be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import NOTE_ZH, PAGE, PAPER_EN, PAPER_ZH, prose_lines, write_joined, write_pdf, write_placed, write_scan

from policytext.errors import ReadError
from policytext.read import pdf, read
from policytext.split import split
from policytext.types import Document

HEAD = "县域经济研究2024年第3期"


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A paper in two columns, with running heads, page numbers and a footnote."""
    path = tmp_path_factory.mktemp("pdf") / "paper.pdf"
    return read(write_pdf(path, PAPER_ZH, head=HEAD, note=NOTE_ZH))


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A report in one column."""
    return read(write_pdf(tmp_path_factory.mktemp("pdf") / "report.pdf", PAPER_EN, columns=1))


def texts(document: Document, *kinds: str) -> list[str]:
    return [b.text for b in document.blocks if b.kind in kinds]


def set_as(pieces: object, *kinds: str) -> list[str]:
    return [text for kind, text in pieces if kind in kinds]  # type: ignore[attr-defined]


# ---------------------------------------------------------------- what the pages show


def test_two_columns_are_read_one_after_the_other(chinese: Document) -> None:
    assert texts(chinese, "paragraph") == set_as(PAPER_ZH, "p")


def test_one_column_is_read_from_top_to_bottom(english: Document) -> None:
    assert texts(english, "paragraph") == set_as(PAPER_EN, "p")


def test_headings_are_found_with_their_levels(chinese: Document, english: Document) -> None:
    levels = {"h1": 1, "h2": 2}
    for document, pieces in ((chinese, PAPER_ZH), (english, PAPER_EN)):
        found = [(b.level, b.text) for b in document.blocks if b.kind == "heading"]
        assert found == [(levels[kind], text) for kind, text in pieces if kind in levels]


def test_the_title_and_the_authors_are_found(chinese: Document, english: Document) -> None:
    assert chinese.metadata.title == "县域冷链物流的困境与出路"
    assert chinese.metadata.authors == ("林晓舟", "沈青禾")
    assert english.metadata.title == "Keeping the Ferries Running"


def test_the_languages_are_those_of_the_text(chinese: Document, english: Document) -> None:
    assert chinese.metadata.languages == ("zh",)
    assert english.metadata.languages == ("en",)


def test_running_heads_and_page_numbers_are_furniture_and_are_kept(chinese: Document) -> None:
    assert [(b.page, b.text) for b in chinese.blocks if b.kind == "header"] == [(1, HEAD), (2, HEAD)]
    assert [(b.page, b.text) for b in chinese.blocks if b.kind == "footer"] == [(1, "1"), (2, "2")]


def test_a_footnote_is_kept_apart_with_its_mark(chinese: Document) -> None:
    assert [(b.mark, b.text) for b in chinese.blocks if b.kind == "footnote"] == [NOTE_ZH]


def test_a_paragraph_that_goes_on_over_a_page_has_a_box_on_each(chinese: Document) -> None:
    pages = [tuple(box.page for box in b.boxes) for b in chinese.blocks if b.kind == "paragraph"]
    assert (1, 2) in pages


def test_boxes_lie_on_their_page_with_the_origin_at_the_top_left(chinese: Document) -> None:
    for block in chinese.blocks:
        assert block.boxes, block
        for box in block.boxes:
            assert 0 <= box.x0 < box.x1 <= PAGE[0]
            assert 0 <= box.top < box.bottom <= PAGE[1]
    title = next(b for b in chinese.blocks if b.kind == "title")
    assert title.boxes[0].bottom < PAGE[1] / 3


def test_every_page_is_graded(chinese: Document) -> None:
    assert [p.state for p in chinese.quality.pages] == ["text", "text"]
    assert chinese.quality.grade == "good"


def test_passages_carry_section_and_page(chinese: Document) -> None:
    passages = split(chinese)
    causes = [p for p in passages if p.section == ("三、困境的成因", "（一）投资与使用脱节")]
    assert [p.page for p in causes] == [1]
    assert passages[-1].section == ("四、对策建议",)
    assert passages[-1].page == 2


def test_the_same_file_reads_the_same_twice(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", PAPER_ZH, note=NOTE_ZH)
    assert read(path) == read(path)


def test_an_indent_of_wide_spaces_parts_paragraphs_whose_last_line_is_full(tmp_path: Path) -> None:
    text = "冷库建成之后由谁运营没有约定，" * 4 + "旺季之外大半空着农户用不上。"
    assert len(text) == 36 + 38  # two full lines, the first one two characters in: no short line parts the paragraphs
    read_back = read(write_pdf(tmp_path / "a.pdf", [("p", text)] * 4, columns=1))
    assert texts(read_back, "paragraph") == [text] * 4


# ---------------------------------------------------------------- files that can't be read


def damaged(path: Path, kept: float) -> Path:
    data = write_pdf(path, PAPER_EN, columns=1).read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        read(path)
    assert caught.value.path == str(path)
    assert "\n" not in str(caught.value)
    return caught.value.reason


def test_a_password_is_told(tmp_path: Path) -> None:
    assert "password" in refusal(write_pdf(tmp_path / "a.pdf", PAPER_EN, password="secret"))


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_file_is_told(tmp_path: Path, kept: float) -> None:
    assert "damaged or truncated" in refusal(damaged(tmp_path / "a.pdf", kept))


def test_a_web_page_named_pdf_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_text("<!DOCTYPE html>\n<html><body>Please log in.</body></html>", encoding="utf-8")
    assert "an HTML page" in refusal(path)


def test_another_format_named_pdf_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"PK\x03\x04 not a document of ours")
    assert "not a PDF" in refusal(path)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.touch()
    assert "empty file" in refusal(path)


def test_a_scan_is_told_with_its_remedy(tmp_path: Path) -> None:
    reason = refusal(write_scan(tmp_path / "a.pdf"))
    assert "no text layer" in reason
    assert "OCR" in reason or "policytext[ocr]" in reason
    assert "ocr" in reason.lower()  # what it said, or how to get it


def test_a_file_of_endless_pages_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGES", 1)
    path = write_pdf(tmp_path / "a.pdf", PAPER_ZH)
    assert refusal(path) == "2 pages, over the limit of 1; split the file"


def test_a_scanned_page_among_others_is_graded_and_the_others_are_read(tmp_path: Path) -> None:
    text, scan = write_pdf(tmp_path / "t.pdf", PAPER_EN, columns=1), write_scan(tmp_path / "s.pdf")
    document = read(write_joined(tmp_path / "a.pdf", text, scan, text))
    assert [p.state for p in document.quality.pages] == ["text", "scanned", "text"]
    assert document.quality.unread == (2,)
    assert document.quality.grade == "fair"
    assert {b.page for b in document.blocks if b.kind == "paragraph"} == {1, 3}


def test_pages_without_anything_are_told(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=PAGE)
    canvas.showPage()
    canvas.save()
    assert "no text" in refusal(tmp_path / "a.pdf")


def test_a_text_knows_the_notes_it_refers_to(tmp_path: Path) -> None:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    page = [
        *prose_lines("Two of the four cranes were out of use for most of the winter", 60, 100),
        (
            60 + stringWidth("Two of the four cranes were out of use for most of the winter", "Helvetica", 10),
            96,
            "1",
            "Helvetica",
            6,
        ),
        *prose_lines(
            "and the boats that needed them were sent to other quays, where no rail wagon could be loaded.", 60, 113
        ),
        (60, 700, "1", "Helvetica", 5),
        (64, 703, "Answer of the harbour office to a question in the council, May 2021.", "Helvetica", 7.5),
    ]
    document = read(write_placed(tmp_path / "note.pdf", [page]))
    assert [(b.mark, b.text[:10]) for b in document.blocks if b.kind == "footnote"] == [("1", "Answer of ")]
    assert [b.notes for b in document.blocks if b.kind == "paragraph"] == [("1",)]


def test_a_tables_head_painted_as_one_text_is_spread_over_its_columns(tmp_path: Path) -> None:
    rows = [("North", "12", "14"), ("South", "31", "28"), ("West", "7", "9")]
    lines = [(100.0, 112.0, "Quay      2019      2020", "Helvetica", 10.0)]
    lines += [
        (x, 132.0 + 14 * n, cell, "Helvetica", 10.0)
        for n, row in enumerate(rows)
        for x, cell in zip((100, 147, 194), row, strict=True)
    ]
    rules = [(100, 98, 230, 98), (100, 118, 230, 118), (100, 166, 230, 166)]
    page = [
        *prose_lines(
            "The cranes of the three quays were counted twice, and the figures are those of the harbour office.", 60, 60
        ),
        *lines,
    ]
    document = read(write_placed(tmp_path / "head.pdf", [page], boxes={1: rules}))
    (table,) = [b for b in document.blocks if b.kind == "table"]
    assert table.rows == (("Quay", "2019", "2020"), *rows)


def test_an_abstract_set_in_on_both_sides_is_one_block(tmp_path: Path) -> None:
    song = "STSong-Light"
    whole = (
        "要：本文考察了某省三个渔港的冷库建设，记录了三年中进出库的货量、停电次数与渔民等待的时间，发现冷库的容量并不是最缺的东西，"
        "缺的是夜里能开门的人手与稳定的电力供应；港口之间互不通气，空着的冷库与排队的渔船常在同一夜里出现。文中还比较了两种管理办法。"
    )
    abstract = [whole[:36], whole[36:75], whole[75:114], whole[114:]]
    body = "渔港的冷库分属三个单位，开门的时间各不相同。夜里回港的船要等到天亮，鱼在甲板上放了半夜，价钱已经跌去三成。"
    page = [
        (180, 80, "渔港冷库的夜与昼", song, 18),
        (90, 130, "摘", song, 9),
        *((117 if n == 0 else 90, 130 + 14 * n, text, song, 9) for n, text in enumerate(abstract)),
        (90, 190, "关键词：渔港；冷库；夜班", song, 9),
        *((80 if n == 0 else 60, 230 + 16 * n, text, song, 10) for n, text in enumerate([body[:45], body[45:]])),
        *((80 if n == 0 else 60, 270 + 16 * n, text, song, 10) for n, text in enumerate([body[:45], body[45:]])),
    ]
    document = read(write_placed(tmp_path / "abstract.pdf", [page]))
    assert [(b.kind, b.text) for b in document.blocks[:3]] == [
        ("title", "渔港冷库的夜与昼"),
        ("abstract", f"摘 {whole}"),
        ("keywords", "关键词：渔港；冷库；夜班"),
    ]


def test_heads_and_the_text_beside_them_between_rules_are_no_table(tmp_path: Path) -> None:
    texts_beside = [
        "The harbour office counts every boat that lands and every boat that is sent away, and it keeps the counts of "
        "thirty years in books that nobody has copied; whoever wants to know more must come in person and ask.",
        "Copies of the counts can be had against payment in the second week of each quarter, by post or at the desk, "
        "and the money goes to the fund for the repair of the north quay, which is read out at each meeting.",
    ]
    page = prose_lines(
        "What follows was printed at the end of the report by order of the council in its last session.", 60, 60
    )
    page += [(60.0, 112.0, "Our task", "Helvetica-Bold", 11.0), *prose_lines(texts_beside[0], 200, 112, width=330)]
    page += [
        (60.0, 212.0, "Getting copies", "Helvetica-Bold", 11.0),
        *prose_lines(texts_beside[1], 200, 212, width=330),
    ]
    rules = [(56, y, 540, y) for y in (98, 198, 298)]
    document = read(write_placed(tmp_path / "layout.pdf", [page], boxes={1: rules}))
    assert [b.kind for b in document.blocks if b.kind == "table"] == []
    assert [(b.kind, b.text) for b in document.blocks[1:]] == [
        ("heading", "Our task"),
        ("paragraph", texts_beside[0]),
        ("heading", "Getting copies"),
        ("paragraph", texts_beside[1]),
    ]
