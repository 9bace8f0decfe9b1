# ruff: noqa: E501  # a sentence is one line, or it can't be searched
"""Pages as people make them: each is built here with its truth, and read as a reader sees it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from building import NOTE_ZH, PAPER_EN, PAPER_ZH, Piece, wrap, write_pdf
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from policytext.read import read
from policytext.types import Document, Engine

A4 = (595.0, 842.0)
HAN, LATIN, BOLD = "STSong-Light", "Helvetica", "Helvetica-Bold"

pdfmetrics.registerFont(UnicodeCIDFont(HAN))


class Put(NamedTuple):
    """A line of text at a place: points from the left and from the top to the baseline."""

    x: float
    y: float
    text: str
    size: float = 10.5
    font: str = HAN


def column(
    paragraphs: Iterable[str], x: float, y: float, width: float, font: str = HAN, size: float = 10.5
) -> list[Put]:
    """Paragraphs set in a column from `y` on: Chinese ones indented, English ones set apart."""
    lines = []
    for text in paragraphs:
        for line in wrap(("　　" if font == HAN else "") + text, font, size, width):
            lines.append(Put(x, y, line, size, font))
            y += 1.6 * size
        y += 0.0 if font == HAN else 0.6 * size
    return lines


def pdf(
    path: Path, *pages: Sequence[Put], extra: Callable[[Canvas, int], None] | None = None, after: bool = False
) -> Path:
    """A PDF of these pages; `extra` draws more on each (canvas, page number), before the text or after it."""
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    for number, lines in enumerate(pages, 1):
        if extra and not after:
            extra(canvas, number)
        for x, y, text, size, font in lines:
            canvas.setFont(font, size)
            canvas.drawString(x, A4[1] - y, text)
        if extra and after:
            extra(canvas, number)
        canvas.showPage()
    canvas.save()
    return path


def texts(document: Document, *kinds: str) -> list[str]:
    return [b.text for b in document.blocks if b.kind in kinds]


ZH = [text for kind, text in PAPER_ZH if kind == "p"]
EN = [text for kind, text in PAPER_EN if kind == "p"]

LONG_EN = [
    *EN,
    "Repairs are put off because nobody keeps a list of them. The yards found the same crack on four ships in one season, and none had told another, since no rule says who must.",
    "Islanders told the committee that a missed sailing costs a day's wages. The school boat was cancelled nineteen times between October and March, and the clinic on the outer island closed for a month.",
    "A shared register of spare parts would cost less than one emergency charter. The harbour trust has offered a room for it, and two suppliers have agreed to publish their stock every week.",
]

# ---------------------------------------------------------------- columns and order


def test_the_order_in_which_a_page_was_painted_says_nothing(tmp_path: Path) -> None:
    left, right = column(ZH[:4], 60, 90, 225), column(ZH[4:8], 310, 90, 225)
    plain = read(pdf(tmp_path / "plain.pdf", [*left, *right]))
    shuffled = [*left, *right]
    random.Random(7).shuffle(shuffled)
    assert read(pdf(tmp_path / "a.pdf", shuffled)).blocks == plain.blocks
    assert texts(plain, "paragraph") == ZH[:8]


def test_notes_under_the_whole_page_follow_both_columns(tmp_path: Path) -> None:
    notes = [
        "① 数据由南湖大学县域物流课题组整理，截至二〇二四年六月，六个县的口径经过统一换算，与各县年报略有出入。",
        "② 预冷率是指采收后两小时内进入冷库的产品所占的比重，按重量计算，不含直接在田头装车外运的部分。",
    ]
    foot = [line for i, note in enumerate(notes) for line in [Put(60, 700 + 14 * i, note, 8)]]
    first = [*column(ZH[:3], 60, 90, 225), *column(ZH[3:6], 310, 90, 225), *foot]
    second = [*column(ZH[6:8], 60, 90, 225), *column(ZH[8:10], 310, 90, 225)]
    document = read(
        pdf(tmp_path / "a.pdf", first, second, extra=lambda c, n: c.line(60, 155, 160, 155) if n == 1 else None)
    )
    assert [(b.mark, b.text) for b in document.blocks if b.kind == "footnote"] == [(n[0], n[2:]) for n in notes]
    assert texts(document, "paragraph") == ZH[:10]


def test_text_that_flows_round_a_figure_is_one_paragraph(tmp_path: Path) -> None:
    """The figure stands at the right; the lines beside it are short and not ended early."""
    text = "".join(ZH[:3])
    lines: list[Put] = []
    y, rest = 100.0, "　　" + text
    while rest:
        narrow = 140 < y < 300
        line = wrap(rest, HAN, 10.5, 250 if narrow else 475)[0]
        lines.append(Put(60, y, line))
        rest, y = rest[len(line) :], y + 17
    lines += column(ZH[3:5], 60, y, 475)
    lines += [Put(345, 285, "图1 六县冷库库容的变化", 9)]

    def figure(canvas: Canvas, _: int) -> None:
        for i in range(6):
            canvas.rect(345 + 30 * i, A4[1] - 270, 18, 40 + 15 * i, fill=1)
        canvas.line(340, A4[1] - 270, 530, A4[1] - 270)

    document = read(pdf(tmp_path / "a.pdf", lines, extra=figure))
    assert texts(document, "caption") == ["图1六县冷库库容的变化"]
    assert texts(document, "paragraph") == [text, *ZH[3:5]]


# ---------------------------------------------------------------- whole documents


def test_a_white_papers_contents_page_is_no_text_and_gives_no_headings_twice(tmp_path: Path) -> None:
    heads = ["1. Introduction", "2. Ships and yards", "2.1 Spare parts", "3. Recommendations"]
    cover = [
        Put(60, 300, "Keeping the Ferries Running", 26, BOLD),
        Put(60, 340, "A white paper of the coastal committee", 14, LATIN),
        Put(60, 700, "March 2026", 11, LATIN),
    ]
    contents = [Put(60, 100, "Contents", 18, BOLD)]
    for i, (head, page) in enumerate(zip(heads, ("3", "3", "4", "4"), strict=True)):
        dots = "." * int((455 - pdfmetrics.stringWidth(head, LATIN, 11)) / pdfmetrics.stringWidth(".", LATIN, 11))
        contents += [Put(60, 140 + 20 * i, f"{head} {dots}", 11, LATIN), Put(525, 140 + 20 * i, page, 11, LATIN)]

    def part(head: str, y: float, paragraphs: Sequence[str]) -> list[Put]:
        size = 13.0 if re.match(r"\d\.\d", head) else 16.0
        return [Put(60, y, head, size, BOLD), *column(paragraphs, 60, y + 28, 475, LATIN)]

    third = [*part(heads[0], 90, LONG_EN[:2]), *part(heads[1], 330, LONG_EN[2:4])]
    fourth = [*part(heads[2], 90, LONG_EN[4:5]), *part(heads[3], 300, LONG_EN[5:])]
    numbers = [[], [], [Put(295, 810, "3", 9, LATIN)], [Put(295, 810, "4", 9, LATIN)]]
    pages = [[*page, *number] for page, number in zip((cover, contents, third, fourth), numbers, strict=True)]
    document = read(pdf(tmp_path / "a.pdf", *pages))
    assert [(b.level, b.text) for b in document.blocks if b.kind == "heading" and b.page != 1] == list(
        zip((1, 1, 2, 1), heads, strict=True)
    )
    assert texts(document, "paragraph") == LONG_EN
    toc = " ".join(texts(document, "toc"))
    assert all(head in toc for head in heads)
    assert document.metadata.title.startswith("Keeping the Ferries Running")


def test_what_a_browser_prints_round_a_page_is_furniture(tmp_path: Path) -> None:
    url, pages = "https://www.nanhu.example/zwgk/2024/06/t20240603_118.html", []
    for n in (1, 2, 3):
        frame = [
            Put(25, 25, "2024/6/3 14:05", 8, LATIN),
            Put(230, 25, "关于加强县域冷链管理的意见_南湖县人民政府", 8),
            Put(25, 825, url, 8, LATIN),
            Put(555, 825, f"{n}/3", 8, LATIN),
        ]
        pages.append([*frame, *column(ZH[3 * n - 3 : 3 * n], 60, 80, 475)])
    document = read(pdf(tmp_path / "a.pdf", *pages))
    assert texts(document, "paragraph") == ZH[:9]
    furniture = " ".join(texts(document, "header", "footer"))
    assert furniture.count(url) == furniture.count("2024/6/3 14:05") == 3
    assert all(f"{n}/3" in furniture for n in (1, 2, 3))


@pytest.mark.parametrize("by", ["spaces", "places"])
def test_a_heading_set_letter_by_letter_is_read_as_words(tmp_path: Path, by: str) -> None:
    """通　知 and S U M M A R Y: set apart by spaces that were typed, or letter by letter at their places."""

    def spaced(x: float, y: float, text: str, size: float, font: str) -> list[Put]:
        if by == "spaces":
            return [Put(x, y, " ".join(text).replace("   ", "    "), size, font)]
        return [Put(x + 1.5 * size * i, y, letter, size, font) for i, letter in enumerate(text) if letter != " "]

    lines = [
        *spaced(230, 90, "通知", 20, HAN),
        *column(ZH[:2], 60, 130, 475),
        *spaced(60, 330, "SUMMARY", 14, BOLD),
        *column(EN, 60, 360, 475, LATIN),
    ]
    found = texts(read(pdf(tmp_path / "a.pdf", lines)), "title", "heading")
    assert [text.replace(" ", "") for text in found] == ["通知", "SUMMARY"]
    assert "SUMMARY" in found


# ---------------------------------------------------------------- files as they are handed on


@pytest.mark.parametrize("break_it", ["offset", "table"])
def test_a_broken_cross_reference_table_is_rebuilt(tmp_path: Path, break_it: str) -> None:
    path = write_pdf(tmp_path / "a.pdf", PAPER_ZH, note=NOTE_ZH)
    whole = read(path)
    data = path.read_bytes()
    if break_it == "offset":
        data = re.sub(rb"startxref\s+\d+", b"startxref\n7", data)
    else:
        data = re.sub(rb"(\d{10}) 00000 n", lambda m: b"%010d 00000 n" % (int(m[1]) // 2), data)
    path.write_bytes(data)
    assert read(path).blocks == whole.blocks


def watermarked(canvas: Canvas, number: int) -> None:
    """As libraries stamp what they hand out: a slanted pale name over the page, and a line with the address below."""
    canvas.saveState()
    canvas.setFillGray(0.85)
    canvas.setFont(HAN, 48)
    canvas.translate(150, 300)
    canvas.rotate(45)
    canvas.drawString(0, 0, "南湖文献服务平台")
    canvas.restoreState()
    canvas.setFont(HAN, 7)
    canvas.drawString(
        60, 18, f"下载自南湖文献服务平台 http://docs.nanhu.example/down?id=20240{number} 仅供个人学习使用"
    )


@pytest.mark.parametrize("after", [False, True], ids=["under the text", "over the text"])
def test_a_watermark_and_the_stamp_of_a_library_are_no_text(tmp_path: Path, after: bool) -> None:
    pages = [column(ZH[2 * n : 2 * n + 2], 60, 90, 475) for n in range(4)]
    document = read(pdf(tmp_path / "a.pdf", *pages, extra=watermarked, after=after))
    assert texts(document, "paragraph") == ZH[:8]
    assert not [text for text in texts(document, "paragraph", "heading", "title", "abstract") if "平台" in text]
    assert len([text for text in texts(document, "footer") if "下载自" in text]) == 4


def test_an_upright_pale_watermark_across_the_lines_is_no_text(tmp_path: Path) -> None:
    def stamped(canvas: Canvas, _: int) -> None:
        canvas.saveState()
        canvas.setFillGray(0.8)
        canvas.setFont(HAN, 60)
        canvas.drawString(120, 640, "内部资料")
        canvas.restoreState()

    pages = [column(ZH[5 * n : 5 * n + 5], 60, 90, 475) for n in range(2)]
    document = read(pdf(tmp_path / "a.pdf", *pages, extra=stamped))
    assert texts(document, "paragraph") == ZH[:10]


@pytest.mark.parametrize("engine", get_args(Engine))
def test_chinese_set_in_columns_is_read_down_and_then_to_the_left(tmp_path: Path, engine: Engine) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(HAN, isVertical=True))  # under the name of the other, which must come back
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=A4, invariant=1)
    text = ZH[0][: 34 * 3 + 1]  # the last column is a single character
    for i in range(0, len(text), 34):
        canvas.setFont(HAN, 14)
        canvas.drawString(500 - 24 * (i // 34), 760, text[i : i + 34])
    canvas.save()
    pdfmetrics.registerFont(UnicodeCIDFont(HAN))
    document = read(tmp_path / "a.pdf", engine)
    assert texts(document, "paragraph") == [text]
    (box,) = document.blocks[0].boxes
    assert 420 < box.x0 < 428
    assert 505 < box.x1 < 515
    assert 75 < box.top < 95
    assert 550 < box.bottom < 570


# ---------------------------------------------------------------- tables


def tables(document: Document) -> list[tuple[tuple[str, ...], ...]]:
    return [b.rows for b in document.blocks if b.kind == "table"]


def cells(rows: Sequence[Sequence[str]], xs: Sequence[float], y: float, pitch: float) -> list[Put]:
    """The texts of a table's cells, the first row's baseline at `y`."""
    return [
        Put(x + 4, y + pitch * i, text, 9)
        for i, row in enumerate(rows)
        for x, text in zip(xs, row, strict=False)
        if text
    ]


HARBOURS = (("港口", "轮渡", "技工"), ("北湾", "14", "6"), ("盐镇", "9", "2"))
SHIPS = (("船名", "吨位", "年份"), ("海鸥", "820", "1998"), ("白鹭", "640", "2007"))


def test_two_tables_of_one_width_with_a_title_between_are_two(tmp_path: Path) -> None:
    xs = [60.0, 200.0, 340.0, 480.0]
    lines = [
        *column(ZH[:2], 60, 90, 475),
        *cells(HARBOURS, xs, 300, 20),
        Put(60, 372, "轮渡船只"),
        *cells(SHIPS, xs, 400, 20),
    ]

    def grids(canvas: Canvas, _: int) -> None:
        for top in (286, 386):
            canvas.grid(xs, [A4[1] - top - 20 * i for i in range(4)])

    assert tables(read(pdf(tmp_path / "a.pdf", lines, extra=grids))) == [HARBOURS, SHIPS]


def test_a_cell_that_goes_down_over_two_rows_stands_in_the_first(tmp_path: Path) -> None:
    xs = [60.0, 200.0, 340.0, 480.0]
    rows = (("部门", "任务", "期限"), ("", "统一温度标准", "2027年"), ("", "建立记录制度", "2028年"))
    lines = [
        *column(ZH[:2], 60, 90, 475),
        *cells(rows, xs, 300, 20),
        Put(64, 325, "市场监督", 9),
        Put(64, 336, "管理部门", 9),
    ]

    def grid(canvas: Canvas, _: int) -> None:
        for i in range(4):
            canvas.line(200 if i == 2 else 60, A4[1] - 286 - 20 * i, 480, A4[1] - 286 - 20 * i)
        for x in xs:
            canvas.line(x, A4[1] - 286, x, A4[1] - 346)

    found = tables(read(pdf(tmp_path / "a.pdf", lines, extra=grid)))
    assert found == [(rows[0], ("市场监督管理部门", *rows[1][1:]), rows[2])]


def test_a_rule_parts_cells_whose_texts_nearly_touch(tmp_path: Path) -> None:
    xs = [60.0, 130.0, 200.0, 270.0]
    rows = (
        ("牵头的单位名", "配合的单位名", "完成的时限"),
        ("省商务厅甲乙", "省交通厅甲乙", "二〇二七年"),
        ("省农业厅甲乙", "省财政厅甲乙", "二〇二八年"),
    )
    lines = [*column(ZH[:2], 60, 90, 475), *[put._replace(x=put.x + 1, size=10.5) for put in cells(rows, xs, 300, 20)]]
    grid = [A4[1] - 286 - 20 * i for i in range(4)]
    document = read(pdf(tmp_path / "a.pdf", lines, extra=lambda canvas, _: canvas.grid(xs, grid)))
    assert tables(document) == [rows]


def test_rows_between_rules_keep_their_lines_together_and_a_shade_parts_the_head(tmp_path: Path) -> None:
    head, rows = (
        ("方面", "含义"),
        [(f"第{n}项", f"这一项规定的前半句话写在这里，编号{n}，", f"后半句换行写完，编号{n}。") for n in "一二三"],
    )
    lines = [*column(ZH[:2], 60, 90, 475), *cells([head], [60, 160], 300, 20)]
    for i, (name, first, second) in enumerate(rows):
        lines += [Put(64, 326 + 34 * i, name, 9), Put(164, 320 + 34 * i, first, 9), Put(164, 333 + 34 * i, second, 9)]

    def ruled(canvas: Canvas, _: int) -> None:
        canvas.setFillGray(0.85)
        canvas.rect(60, A4[1] - 306, 420, 20, stroke=0, fill=1)
        canvas.setFillGray(0)
        for y in (286, *(306 + 34 * i for i in range(1, 4))):
            canvas.line(60, A4[1] - y, 480, A4[1] - y)

    document = read(pdf(tmp_path / "a.pdf", lines, extra=ruled))
    assert tables(document) == [(head, *((name, first + second) for name, first, second in rows))]


@pytest.mark.parametrize("paper", [PAPER_ZH, PAPER_EN], ids=["zh", "en"])
def test_three_columns_are_read_one_after_the_other(tmp_path: Path, paper: Sequence[Piece]) -> None:
    document = read(write_pdf(tmp_path / "three.pdf", [*paper, *paper[2:]], columns=3))
    told = "".join(text for kind, text in [*paper, *paper[2:]] if kind not in ("title", "author"))
    found = "".join(b.text for b in document.blocks if b.kind in ("heading", "paragraph", "list_item"))
    assert found.replace(" ", "") == told.replace(" ", "")
