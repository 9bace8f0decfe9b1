"""The PDFs that the benchmarks read when none are given: the package's samples, and long ones built here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import as_file, files
from itertools import cycle, islice
from pathlib import Path

PAGE = (595.0, 842.0)
MARGIN, GUTTER = 56.0, 24.0
SIZE, LEAD = 10.0, 15.0

_CHINESE = (
    "产地冷库建成之后由谁运营、电费由谁承担没有约定，因而旺季之外大半空着，农户仍然要赶在天亮以前把草莓运到镇上。",
    "三个部门分别制定温度标准，数值互不一致，企业只能就低执行，全程控温无从谈起，责任在谁也说不清楚。",
    "应当由省市场监管局牵头修订文件，先从损耗最大的品种做起，两年之后再根据记录的数据逐步扩大到其他品种。",
    "调查走访了四十二个乡镇和一百一十七家合作社，取得的记录按月份整理，与2019年的数据相比，损耗下降了7.4个百分点。",
)
_ENGLISH = (
    "Each yard designs its own fittings, and no supplier reaches the volume that would bring down the price of valves.",
    "Two routes were closed for eleven weeks because nobody could repair the engines, and medicine had to be flown in.",
    "The ministry should publish a common standard for engines and parts before the licences are renewed in 2027.",
    "The committee visited six harbours in the spring and heard from the masters of eleven ships and the islanders.",
)


def samples() -> list[Path]:
    """The PDF files that the package ships."""
    with as_file(files("policytext") / "samples") as folder:
        return sorted(folder.glob("*.pdf"))


def write_two_columns(path: Path, pages: int) -> Path:
    """A PDF of so many pages in two columns, with headings, running heads, page numbers and footnotes.

    Every other chapter is English; about 2,000 Chinese characters or 600 English words a page.
    """
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), pagesize=PAGE, invariant=1)
    width = (PAGE[0] - 2 * MARGIN - GUTTER) / 2
    lines = _lines(width)
    for page in range(1, pages + 1):
        canvas.setFont("STSong-Light", 9)
        canvas.drawString(MARGIN, PAGE[1] - 36, "县域冷链与海岛轮渡调查报告")
        canvas.line(MARGIN, PAGE[1] - 42, PAGE[0] - MARGIN, PAGE[1] - 42)
        canvas.setFont("Helvetica", 9)
        canvas.drawCentredString(PAGE[0] / 2, 30, str(page))
        for column in range(2):
            left, y = MARGIN + column * (width + GUTTER), PAGE[1] - 70
            foot = 100.0 if column == 0 else 60.0
            for font, size, indent, text in lines:
                canvas.setFont(font, size)
                canvas.drawString(left + indent, y, text)
                y -= LEAD
                if y < foot:
                    break
        canvas.line(MARGIN, 88, MARGIN + 70, 88)
        canvas.setFont("STSong-Light", 8)
        canvas.drawString(MARGIN, 76, f"① 第{page}页的数据来自县域物流调查，截至二〇二四年六月。")
        canvas.showPage()
    canvas.save()
    return path


def _lines(width: float) -> Iterator[tuple[str, float, float, str]]:
    """Font, size, indent and text of one line after the other, without end."""
    for chapter in range(1, 10_000):
        chinese = chapter % 2 == 1
        font, bank = ("STSong-Light", _CHINESE) if chinese else ("Helvetica", _ENGLISH)
        yield (
            "STSong-Light" if chinese else "Helvetica-Bold",
            13.0,
            0.0,
            f"{chapter}. {'调查' if chinese else 'Survey'}",
        )
        for paragraph in range(6):
            sentences = islice(cycle(bank), paragraph, paragraph + 3 + paragraph % 2)
            yield from _wrapped(("" if chinese else " ").join(sentences), font, width)


def _wrapped(text: str, font: str, width: float) -> Iterator[tuple[str, float, float, str]]:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    chinese = font == "STSong-Light"
    indent, line = 2 * SIZE, ""
    for unit in text if chinese else text.split(" "):
        longer = line + unit if chinese or not line else f"{line} {unit}"
        if stringWidth(longer, font, SIZE) <= width - indent or unit in "，。、":
            line = longer
        else:
            yield font, SIZE, indent, line
            indent, line = 0.0, unit
    yield font, SIZE, indent, line
