"""What the first page says about the document: title, people, journal, number, date; and what it doesn't say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from building import ANY_TEXT, PAGE, PAPER_EN, PAPER_ZH, PROSE, document, write_pdf
from hypothesis import given
from hypothesis import strategies as st

from policytext.cite import cite
from policytext.read import read
from policytext.read.metadata import issuer_of, metadata_of
from policytext.types import KINDS, Block, Box, Kind, Metadata

BODY = "冷链物流是指生鲜食品从产地到餐桌始终处于规定温度的运输与储存方式。本文以六个县的调查为依据，讨论其得失。"
BODY_EN = "Coastal ferries are scheduled services of less than forty miles, and nobody else will carry the mail."


def told(*blocks: tuple[Kind, str], **more: Any) -> Metadata:
    """The metadata of a document without pages, its blocks given as (kind, text)."""
    return metadata_of(document(*blocks).blocks, **more)


def on_pages(*blocks: tuple[int, Kind, str]) -> Metadata:
    """The metadata of a document whose blocks stand on these pages."""
    return metadata_of([Block(kind, text, boxes=(Box(page, 50, 50, 400, 70),)) for page, kind, text in blocks])


# ---------------------------------------------------------------- titles


def test_a_subtitle_belongs_to_the_title() -> None:
    assert told(("title", "HARBOUR DUES"), ("title", "What the Small Ports Pay")).title == (
        "HARBOUR DUES: What the Small Ports Pay"
    )
    assert told(("title", "冷链的困境"), ("title", "——以南湖流域为例")).title == "冷链的困境——以南湖流域为例"


def test_versions_and_dates_under_a_title_are_no_subtitle() -> None:
    assert told(("title", "Guidance on Moorings"), ("title", "Version 2.1"), ("title", "3 May 2024")).title == (
        "Guidance on Moorings"
    )


def test_the_title_in_the_other_language_is_kept_beside_it() -> None:
    found = told(("title", "县域冷链的困境"), ("title", "The Plight of Rural Cold Chains"), ("paragraph", BODY))
    assert (found.title, found.parallel_title) == ("县域冷链的困境", "The Plight of Rural Cold Chains")


def test_the_other_title_is_found_behind_the_references_and_put_together() -> None:
    found = told(
        ("title", "县域冷链的困境"),
        ("paragraph", BODY),
        ("reference", "[1] 沈青禾. 冷链标准. 2023."),
        ("title", "The Plight of Rural"),
        ("title", "Cold Chains"),
        ("author", "Lin Xiaozhou, Shen Qinghe"),
        ("abstract", "Abstract: Cold stores stand empty because nobody agreed on who runs them and who pays."),
    )
    assert found.parallel_title == "The Plight of Rural Cold Chains"


def test_the_title_of_a_notice_is_not_its_letterhead() -> None:
    found = told(
        ("title", "南湖县发展改革局"),
        ("title", "南湖县交通局文件"),
        ("note", "南发改〔2024〕17号"),
        ("title", "关于改善县域冷链物流的通知"),
        ("paragraph", BODY),
    )
    assert found.title == "关于改善县域冷链物流的通知"
    assert found.issuer == "南湖县发展改革局 南湖县交通局"
    assert (found.number, found.year) == ("南发改〔2024〕17号", 2024)


def test_the_files_own_title_is_taken_where_the_text_bears_it_out() -> None:
    cut = (("title", "Ferries Act of 2007” and Other Reforms"), ("paragraph", "“The Coastal"), ("paragraph", BODY_EN))
    assert told(*cut, hints=Metadata(title="“The Coastal Ferries Act of 2007” and Other Reforms")).title == (
        "“The Coastal Ferries Act of 2007” and Other Reforms"
    )
    assert told(("title", "THE LONG WAIT"), hints=Metadata(title="The Long Wait")).title == "The Long Wait"


@pytest.mark.parametrize(
    "title", ["Microsoft Word - final_v3.docx", "untitled", "NH2022", "Budget Speech 1998", "无标题"]
)
def test_the_files_own_title_is_not_taken_where_it_is_a_programs(title: str) -> None:
    found = told(("title", "The Long Wait"), ("paragraph", BODY_EN), hints=Metadata(title=title))
    assert found.title == "The Long Wait"


def test_an_act_of_the_union_has_its_title_over_several_lines() -> None:
    found = told(
        ("heading", "REGULATION (EU) 2031/77 OF THE EUROPEAN PARLIAMENT AND OF THE COUNCIL"),
        ("paragraph", "of 4 March 2031"),
        ("paragraph", "on the mooring of small ferries"),
        ("paragraph", BODY_EN),
    )
    assert found.title.endswith("OF THE COUNCIL of 4 March 2031 on the mooring of small ferries")
    assert (found.number, found.year) == ("(EU) 2031/77", 2031)
    assert found.issuer == "European Parliament and of the Council"


def test_a_cover_that_is_a_picture_leaves_the_running_head() -> None:
    head = "A Decade of Coastal Ferries"
    blocks: list[tuple[int, Kind, str]] = [(2, "heading", "Foreword"), (2, "paragraph", BODY_EN)]
    found = on_pages(*blocks, *((n, "header", head) for n in range(3, 9)))
    assert found.title == head


def test_a_document_without_a_title_has_none() -> None:
    assert told(("paragraph", BODY)).title == ""


# ---------------------------------------------------------------- people


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("林晓舟　沈青禾", ["林晓舟", "沈青禾"]),
        ("林晓舟1,2，沈 青2*", ["林晓舟", "沈青"]),
        ("林 舟 沈青禾 欧阳明", ["林舟", "沈青禾", "欧阳明"]),
        ("林晓舟沈青禾", ["林晓舟", "沈青禾"]),
        ("■ 林晓舟", ["林晓舟"]),
        ("林晓舟*」 沈青禾’ 王一然}", ["林晓舟", "沈青禾", "王一然"]),
        ("林晓舟 妺一然 沈青禾", ["林晓舟", "妺一然", "沈青禾"]),
        ("林晓舟；阿依古丽·买买提", ["林晓舟", "阿依古丽·买买提"]),
        ("林晓舟，巴图尔，沈青禾", ["林晓舟", "巴图尔", "沈青禾"]),
        ("林晓舟，妺一然，沈青禾", ["林晓舟", "妺一然", "沈青禾"]),
        ("林晓舟，沈青禾（南湖大学公共管理学院，南湖 430000）", ["林晓舟", "沈青禾"]),
        ("南湖大学冷链物流课题组", ["南湖大学冷链物流课题组"]),
        ("南湖大学公共管理学院，南湖 430000", []),
        (
            "Ada M. Lovage, Tom van der Berg and P. A. Moore, Jr.",
            ["Ada M. Lovage", "Tom van der Berg", "P. A. Moore, Jr."],
        ),
        ("Ada Lovage, PhD, and Tom Berg", ["Ada Lovage", "Tom Berg"]),
        ("by Ada Lovage", ["Ada Lovage"]),
        ("Department of Coastal Affairs", []),
        ("Thursday, August 6, 2020", []),
        ("Vol. 85, No. 152", []),
    ],
)
def test_a_line_of_authors_is_cut_into_names(line: str, names: list[str]) -> None:
    assert list(told(("title", "冷链 Cold Chains"), ("author", line), ("paragraph", BODY)).authors) == names


def test_names_in_the_other_script_are_not_other_authors() -> None:
    found = told(
        ("title", "县域冷链的困境"),
        ("author", "林晓舟 沈青禾"),
        ("author", "LIN Xiaozhou, SHEN Qinghe"),
        ("paragraph", BODY),
    )
    assert found.authors == ("林晓舟", "沈青禾")


def test_authors_are_found_by_their_label() -> None:
    assert told(("title", "冷链"), ("paragraph", BODY), ("paragraph", "撰稿：林晓舟、沈青禾")).authors == (
        "林晓舟",
        "沈青禾",
    )
    assert told(("title", "Ferries"), ("paragraph", "Statement of Ada Lovage, Esq.,")).authors == ("Ada Lovage",)


def test_a_note_on_the_authors_names_them() -> None:
    note = "作者简介：林晓舟，南湖大学教授，研究方向为物流；沈青禾（1988—），女，南湖大学讲师。"
    assert told(("title", "县域冷链的困境"), ("paragraph", BODY), ("footnote", note)).authors == ("林晓舟", "沈青禾")


def test_who_sat_at_the_keyboard_is_no_author() -> None:
    blocks: tuple[tuple[Kind, str], ...] = (("title", "关于冷链的通知"), ("paragraph", BODY))
    assert told(*blocks, hints=Metadata(authors=("林晓舟",))).authors == ()
    assert told(*blocks, ("note", "联系人：林晓舟"), hints=Metadata(authors=("林晓舟",))).authors == ("林晓舟",)
    assert told(*blocks, hints=Metadata(authors=("林晓舟", "沈青禾"))).authors == ("林晓舟", "沈青禾")


@pytest.mark.parametrize("gap", [0.5, 0.75, 1.0, 2.0])
def test_names_half_an_em_apart_on_a_page_are_two_names(tmp_path: Path, gap: float) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=PAGE, invariant=1)
    canvas.setFont("STSong-Light", 18)
    canvas.drawString(150, 640, "县域冷链物流的困境")
    canvas.setFont("STSong-Light", 12)
    canvas.drawString(190, 610, "林晓舟")
    canvas.drawString(190 + 12 * (3 + gap), 610, "沈青禾")
    canvas.setFont("STSong-Light", 10.5)
    for n in range(12):
        canvas.drawString(50, 570 - 16 * n, BODY[n : n + 36])
    canvas.save()
    found = read(tmp_path / "a.pdf").metadata
    assert (found.title, found.authors) == ("县域冷链物流的困境", ("林晓舟", "沈青禾"))


def test_names_with_a_plain_blank_between_them_are_two_names(tmp_path: Path) -> None:
    pieces = [(kind, text.replace("　", " ") if kind == "author" else text) for kind, text in PAPER_ZH]
    assert read(write_pdf(tmp_path / "a.pdf", pieces)).metadata.authors == ("林晓舟", "沈青禾")


# ---------------------------------------------------------------- journals


def test_a_chinese_running_head_tells_journal_volume_and_issue() -> None:
    found = on_pages(
        (1, "header", "第44卷第2期"),
        (1, "header", "南湖大学学报（社会科学版）"),
        (1, "header", "2024年3月"),
        (1, "title", "县域冷链的困境"),
        (1, "author", "林晓舟"),
        (1, "paragraph", BODY),
    )
    assert (found.journal, found.volume, found.issue, found.year) == ("南湖大学学报（社会科学版）", "44", "2", 2024)


def test_an_english_running_head_tells_journal_volume_issue_and_pages() -> None:
    found = on_pages(
        (1, "header", "Journal of Coastal Policy, Vol. 12, No. 3 (2025), pp. 101–119"),
        (1, "title", "The Long Wait"),
        (1, "author", "Ada Lovage"),
        (1, "paragraph", BODY_EN),
    )
    assert (found.journal, found.volume, found.issue) == ("Journal of Coastal Policy", "12", "3")
    assert (found.pages, found.year) == ("101-119", 2025)


def test_an_issue_and_the_general_number_are_told_apart() -> None:
    found = on_pages(
        (1, "header", "2026年第1期"),
        (1, "header", "第66卷（总319期）"),
        (1, "header", "Vol.66 General No.319"),
        (1, "header", "南湖社会科学"),
        (1, "title", "县域冷链的困境"),
        (1, "paragraph", BODY),
    )
    assert (found.volume, found.issue, found.journal) == ("66", "1", "南湖社会科学")


def test_an_article_number_tells_issn_issue_and_pages() -> None:
    note = "中图分类号：F259 文献标识码：A 文章编号：1234-567X（2023）11-0042-09"
    found = told(("title", "县域冷链的困境"), ("note", note), ("paragraph", BODY))
    assert (found.issn, found.year, found.issue, found.pages) == ("1234-567X", 2023, "11", "42-50")


def test_a_journals_doi_tells_issn_year_and_issue() -> None:
    found = told(
        ("title", "县域冷链的困境"), ("note", "DOI 10.12345/j.issn.1234-5678.2021.06.003"), ("paragraph", BODY)
    )
    assert (found.doi, found.issn, found.year, found.issue) == (
        "10.12345/j.issn.1234-5678.2021.06.003",
        "1234-5678",
        2021,
        "6",
    )


def test_the_pages_of_an_article_are_those_printed_on_it() -> None:
    heads: list[tuple[int, Kind, str]] = [(1, "header", "南湖社会科学 2024年第3期")]
    found = on_pages(
        *heads,
        (1, "title", "县域冷链的困境"),
        (1, "paragraph", BODY),
        *((n, "footer", str(56 + n)) for n in range(1, 8)),
    )
    assert found.pages == "57-63"


def test_a_running_head_that_repeats_the_title_is_no_journal() -> None:
    found = on_pages((1, "title", "Coastal Ferries"), (1, "paragraph", BODY_EN), (2, "header", "Coastal Ferries"))
    assert found.journal == ""


# ---------------------------------------------------------------- numbers, issuers, years


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("南政办发〔2023〕5号", "南政办发〔2023〕5号"),
        ("南政办发 [2023] 第 5 号", "南政办发[2023]第5号"),
        ("文号：南湖规〔2024〕112号", "南湖规〔2024〕112号"),
        ("南湖县人民政府令第12号", "南湖县人民政府令第12号"),
        ("GAO-31-104567", "GAO-31-104567"),
        ("HC 1234", "HC 1234"),
        ("COM(2031) 456 final", "COM(2031) 456 final"),
        ("CP 987", "CP 987"),
        ("Directive No: HB 21-P-3.0", "HB 21-P-3.0"),
    ],
)
def test_the_documents_number_is_found(line: str, number: str) -> None:
    assert told(("title", "冷链 Cold Chains"), ("note", line), ("paragraph", BODY)).number == number


def test_a_number_that_the_text_cites_is_anothers() -> None:
    assert told(("title", "冷链"), ("paragraph", f"根据南政办发〔2023〕5号文件精神，{BODY}")).number == ""


def test_a_number_tells_who_issues() -> None:
    assert told(("title", "Ferries"), ("note", "GAO-31-104567")).issuer == "U.S. Government Accountability Office"


def test_the_body_that_signs_a_notice_issues_it() -> None:
    found = told(
        ("title", "关于冷链的公告"), ("paragraph", BODY), ("note", "南湖县商务局"), ("note", "二〇二四年五月六日")
    )
    assert (found.issuer, found.year) == ("南湖县商务局", 2024)
    assert issuer_of("南湖县商务局关于冷链的公告") == "南湖县商务局"


@pytest.mark.parametrize(
    "line",
    [
        "September 2019",
        "Adopted on 7 July 2019",
        "Published: 2019-07-05",
        "发布时间：2019-07-05",
        "2019年7月",
        "二〇一九年七月五日",
        "Published in J. Coast. Pol. 33:2192–2200 (2019).",
        "© 2019 The Harbour Trust",
        "收稿日期：2019—10—25",
    ],
)
def test_the_year_is_read_from_a_date(line: str) -> None:
    found = told(("title", "冷链 Cold Chains"), ("note", line), ("paragraph", f"{BODY}2005年以来情况有变。"), made=2026)
    assert (found.year, found.year_from) == (2019, "text")


def test_the_issue_dates_an_article_and_not_the_manuscript() -> None:
    found = on_pages(
        (1, "header", "南湖社会科学 2024年第3期"),
        (1, "title", "县域冷链的困境"),
        (1, "paragraph", BODY),
        (1, "footnote", "收稿日期：2023—10—25"),
    )
    assert found.year == 2024


def test_dates_inside_the_text_are_not_the_documents() -> None:
    found = told(("title", "冷链"), ("paragraph", f"{BODY}调查于2019年7月5日开始。"))
    assert (found.year, found.year_from) == (None, "")


def test_a_year_that_only_the_file_tells_says_so() -> None:
    found = told(("title", "冷链"), ("paragraph", BODY), made=2026)
    assert (found.year, found.year_from) == (2026, "file")


# ---------------------------------------------------------------- abstracts and keywords


def test_abstracts_and_keywords_come_in_both_languages() -> None:
    zh, en = BODY, "Cold stores stand empty because nobody agreed on who runs them, and who pays for power."
    found = told(
        ("title", "县域冷链的困境"),
        ("abstract", f"摘　要：{zh}"),
        ("keywords", "关键词：冷链；标准；补贴　中图分类号：F259"),
        ("title", "The Plight of Cold Chains"),
        ("abstract", f"Abstract: {en}"),
        ("keywords", "Key words: cold chain; standards; R&D"),
        ("paragraph", BODY),
    )
    assert found.abstracts == (zh, en)
    assert found.keywords == ("冷链", "标准", "补贴", "cold chain", "standards", "R&D")


def test_keywords_parted_by_blanks_are_several() -> None:
    assert told(("title", "冷链"), ("keywords", "关键词 冷链 标准化 补贴")).keywords == ("冷链", "标准化", "补贴")


def test_an_abstract_that_the_layout_cut_is_whole_again() -> None:
    found = told(
        ("title", "冷链"),
        ("abstract", f"摘要：{BODY}"),
        ("paragraph", "产权登记在村集体名下。"),
        ("keywords", "关键词：冷链"),
    )
    assert found.abstracts == (f"{BODY}产权登记在村集体名下。",)


def test_the_language_of_most_of_the_text_comes_first() -> None:
    assert told(("paragraph", BODY_EN), *[("paragraph", BODY)] * 3).languages == ("zh", "en")
    assert told(("paragraph", BODY_EN), *[("paragraph", BODY)] * 40).languages == ("zh",)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.one_of(ANY_TEXT, PROSE)), max_size=8), ANY_TEXT)
def test_any_text_has_some_metadata(blocks: list[tuple[Kind, str]], title: str) -> None:
    found = told(*blocks, hints=Metadata(title=title, authors=(title,)))
    assert cite("gbt7714", found, "a")
    assert cite("apa", found, "a")
    assert cite("bibtex", found, "a").startswith("@")


@pytest.mark.parametrize(
    "unit", ["林", "A. ", "Ada Lovage, ", "2024年", "第1期 ", "10.1234/a ", "day ", "（", "摘要", "No. 1 "]
)
def test_endless_lines_end_soon(unit: str) -> None:
    blocks: list[tuple[Kind, str]] = [(kind, unit * 20_000) for kind in KINDS]
    told(*blocks, hints=Metadata(title=unit * 20_000, authors=(unit * 20_000,)))


# ---------------------------------------------------------------- the formats


def test_a_running_head_of_a_pdf_tells_the_journal(tmp_path: Path) -> None:
    found = read(write_pdf(tmp_path / "a.pdf", PAPER_ZH, head="县域经济研究2024年第3期")).metadata
    assert (found.journal, found.issue, found.year, found.pages) == ("县域经济研究", "3", 2024, "1-2")


def test_a_pdf_without_a_date_tells_that_the_year_is_the_files(tmp_path: Path) -> None:
    found = read(write_pdf(tmp_path / "a.pdf", PAPER_EN, columns=1)).metadata
    assert (found.year, found.year_from) == (2000, "file")  # the date of reportlab's invariant files


def test_front_matter_of_markdown_speaks_for_the_document(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        '---\ntitle: "The Long Wait"\nauthor:\n  - Ada Lovage\n  - Tom Berg\ndate: 2024-05-06\n'
        f"keywords: [ferries, engines]\n---\n\n# Ferries\n\n{BODY_EN}\n",
        encoding="utf-8",
    )
    found = read(path)
    assert (found.metadata.title, found.metadata.authors) == ("The Long Wait", ("Ada Lovage", "Tom Berg"))
    assert (found.metadata.year, found.metadata.keywords) == (2024, ("ferries", "engines"))
    assert [b.text for b in found.blocks] == ["Ferries", BODY_EN]


def test_a_rule_at_the_top_of_markdown_is_no_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"---\n\n{BODY_EN}\n\n---\n\n{BODY_EN}\n", encoding="utf-8")
    assert len(read(path).blocks) == 2


def test_a_web_pages_citation_elements_speak_for_the_document(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><head><title>Ferries | Harbour Trust</title>"
        '<meta name="citation_title" content="The Long Wait"><meta name="citation_author" content="Lovage, Ada">'
        '<meta name="citation_author" content="Berg, Tom"><meta name="citation_journal_title" content="Coastal Policy">'
        '<meta name="citation_volume" content="7"><meta name="citation_issue" content="2">'
        '<meta name="citation_firstpage" content="11"><meta name="citation_lastpage" content="29">'
        '<meta name="citation_publication_date" content="2024/05"><meta name="citation_doi" content="10.1234/cp.7">'
        f"</head><body><h1>Ferries</h1><p>{BODY_EN}</p></body></html>",
        encoding="utf-8",
    )
    found = read(path).metadata
    assert (found.title, found.authors, found.year) == ("The Long Wait", ("Ada Lovage", "Tom Berg"), 2024)
    assert (found.journal, found.volume, found.issue, found.pages) == ("Coastal Policy", "7", "2", "11-29")
    assert found.doi == "10.1234/cp.7"
