# ruff: noqa: E501  # a sentence is one line, or it can't be searched
"""Saved web pages: the document on them without the site round it; and what is told of files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from policytext.errors import ReadError
from policytext.read import html, read
from policytext.split import split
from policytext.types import Document

FIRST = "冷库之所以闲置，根源在于投资与使用脱节，建成之后由谁运营没有约定，旺季之外大半空着。"
SECOND = "各乡镇应当统一冷链温度标准，建立全程温度记录制度，并推动与邻县互认，年底前报送结果。"
LAST = "县市场监管局应当会同交通局检查本通知的落实情况。"

NOTICE = f"""<!DOCTYPE html>
<html lang="zh"><head><meta charset="{{charset}}">
<title>南湖县人民政府办公室关于改善县域冷链物流的通知_公文公告_南湖县人民政府网</title>
<meta name="ArticleTitle" content="南湖县人民政府办公室关于改善县域冷链物流的通知">
<meta name="PubDate" content="2024-06-03 10:12">
<style>.a {{{{ color: red }}}}</style><script>var menu = "<p>脚本里的句子不是正文。</p>";</script></head>
<body>
<div class="header-box"><div class="nav"><a href="/">首页</a><a href="/gk">政务公开</a><a href="/hd">互动交流</a></div></div>
<div class="crumbs">当前位置：<a href="/">首页</a> &gt; <a href="/gk">政务公开</a> &gt; 正文</div>
<div class="wrap"><div class="content">
<table class="bd1"><tr><td>索&nbsp;引&nbsp;号：</td><td>000014349/2024-00012</td><td>主题分类：</td><td>农业、物流</td></tr>
<tr><td>发文机关：</td><td>南湖县人民政府办公室</td><td>成文日期：</td><td>2024年05月31日</td></tr>
<tr><td>发文字号：</td><td>南政办发〔2024〕12号</td><td>发布日期：</td><td>2024年06月03日</td></tr></table>
<div class="pages_content" id="UCAP-CONTENT">
<p style="text-align: center"><strong>南湖县人民政府办公室关于改善县域冷链物流的通知</strong></p>
<p style="text-align: center">南政办发〔2024〕12号</p>
<p>各乡镇人民政府，县政府各部门：</p>
<p>　　为改善县域冷链物流，现就有关事项通知如下。</p>
<p>　　<strong>一、充分认识存在的问题</strong></p>
<p>　　{FIRST}</p>
<p>　　<strong>二、统一标准</strong></p>
<p>　　<strong>（一）修订文件</strong></p>
<p>　　{SECOND}</p>
<p>　　{LAST}</p>
<p>　　附件：<a href="/files/1.docx">1. 冷库分布表</a></p>
<p>　　　　　<a href="/files/2.docx">2. 温度标准</a></p>
<p style="text-align: right">南湖县人民政府办公室</p>
<p style="text-align: right">2024年5月31日</p>
<p>（此件公开发布）</p>
</div>
<div class="share">分享到：<a href="#">微信</a> <a href="#">微博</a></div></div>
<div class="related"><h3>相关文档</h3><ul><li><a href="/1">关于办好农民夜校的通知</a></li><li><a href="/2">关于春季防火的通知</a></li></ul></div>
</div>
<div class="footer"><p>版权所有：南湖县人民政府 备案号 0000000</p></div></body></html>
"""

REPORT = """<html><head><title>Keeping the ferries running - Coast Council</title><meta name="author" content="x"></head><body>
<header><a href="/">Coast Council</a></header><nav><ul><li><a href="/a">About us</a></li><li><a href="/n">News</a></li></ul></nav>
<main><article><h1>Keeping the ferries running</h1>
<h2>Causes</h2>
<p>The shortage of certified <b>engineers</b> is a serious
problem<sup><a href="#fn1">1</a></sup>. Two routes were closed for eleven weeks.</p>
<h3>Spare parts</h3><p>Spare parts are scarce, and delays of five months are common.</p>
<h2>Remedies</h2><p>The council should:</p>
<ul><li>fund a training college;</li><li>share the workshops.</li></ul>
<ol><li>Publish a common standard.</li><li>Review it in 2027.</li></ol>
<table><caption>Table 1: Ships by harbour</caption><tr><th>Harbour</th><th>Ships</th></tr><tr><td>North</td><td>4</td></tr><tr><td>South</td><td>7</td></tr></table>
<div class="footnotes"><ol><li id="fn1">Figures of June 2024. <a href="#r1">↩</a></li></ol></div>
</article></main><aside>Subscribe to our letter!</aside><footer>All rights reserved by the council.</footer></body></html>
"""


def page(folder: Path, text: str | bytes, name: str = "a.html") -> Document:
    path = folder / name
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return read(path)


def blocks_of(document: Document) -> list[tuple[str, str]]:
    return [(b.kind, b.text) for b in document.blocks]


@pytest.fixture(scope="module")
def notice(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A notice as a government's site shows it."""
    return page(tmp_path_factory.mktemp("html"), NOTICE.format(charset="utf-8"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """An English report with the elements that HTML has for one."""
    return page(tmp_path_factory.mktemp("html"), REPORT)


# ---------------------------------------------------------------- a notice


def test_a_notice_is_read_without_the_site_round_it(notice: Document) -> None:
    assert blocks_of(notice) == [
        ("note", "索 引 号：000014349/2024-00012"),
        ("note", "主题分类：农业、物流"),
        ("note", "发文机关：南湖县人民政府办公室"),
        ("note", "成文日期：2024年05月31日"),
        ("note", "发文字号：南政办发〔2024〕12号"),
        ("note", "发布日期：2024年06月03日"),
        ("title", "南湖县人民政府办公室关于改善县域冷链物流的通知"),
        ("note", "南政办发〔2024〕12号"),
        ("paragraph", "各乡镇人民政府，县政府各部门："),
        ("paragraph", "为改善县域冷链物流，现就有关事项通知如下。"),
        ("heading", "一、充分认识存在的问题"),
        ("paragraph", FIRST),
        ("heading", "二、统一标准"),
        ("heading", "（一）修订文件"),
        ("paragraph", SECOND),
        ("paragraph", LAST),
        ("note", "附件：1. 冷库分布表"),
        ("note", "2. 温度标准"),
        ("note", "南湖县人民政府办公室"),
        ("note", "2024年5月31日"),
        ("note", "（此件公开发布）"),
    ]


def test_a_notice_tells_its_title_issuer_number_and_year(notice: Document) -> None:
    found = notice.metadata
    assert found.title == "南湖县人民政府办公室关于改善县域冷链物流的通知"
    assert found.issuer == "南湖县人民政府办公室"
    assert found.number == "南政办发〔2024〕12号"
    assert found.year == 2024
    assert found.languages == ("zh",)


def test_the_issuer_is_found_in_the_title_where_no_field_names_it(tmp_path: Path) -> None:
    text = f"<h1>南湖县发展和改革局关于冷链补贴的公告</h1><p>{FIRST}</p><p>{SECOND}</p>"
    assert page(tmp_path, text).metadata.issuer == "南湖县发展和改革局"


def test_passages_carry_their_sections(notice: Document) -> None:
    sections = {p.text: p.section for p in split(notice)}
    assert sections[FIRST] == ("一、充分认识存在的问题",)
    assert sections[SECOND] == ("二、统一标准", "（一）修订文件")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gb2312", "utf-16"])
@pytest.mark.parametrize("said", ["gb2312", "utf-8", "nonsense"])
def test_a_page_reads_the_same_in_every_encoding_whatever_it_says(
    tmp_path: Path, notice: Document, encoding: str, said: str
) -> None:
    text = NOTICE.format(charset=said).replace("〔", "[").replace("〕", "]").replace("\xa0", " ")
    document = page(tmp_path, text.encode("gb18030" if encoding == "gb2312" else encoding))
    assert [b.text for b in document.blocks if b.kind == "paragraph"] == [
        b.text for b in notice.blocks if b.kind == "paragraph"
    ]


def test_a_few_broken_bytes_do_not_spoil_a_page(tmp_path: Path) -> None:
    data = NOTICE.format(charset="gbk").encode("gb18030").replace("（此件".encode("gb18030"), b"\xff\xff")
    assert FIRST in [b.text for b in page(tmp_path, data).blocks]


def test_paragraphs_that_line_breaks_make_are_parted(tmp_path: Path) -> None:
    text = f"<div class=TRS_Editor>　　{FIRST}<br>　　{SECOND}<br><br>　　建立全程温度<br>记录制度。</div>"
    assert [b.text for b in page(tmp_path, text).blocks] == [FIRST, SECOND, "建立全程温度记录制度。"]


def test_a_table_that_only_places_text_is_no_table(tmp_path: Path) -> None:
    text = f"<table><tr><td><table><tr><td><p>{FIRST}</p><p>{SECOND}</p></td></tr></table></td></tr></table>"
    assert blocks_of(page(tmp_path, text)) == [("paragraph", FIRST), ("paragraph", SECOND)]


def test_lines_of_the_source_leave_no_space_between_chinese_characters(tmp_path: Path) -> None:
    text = f"<p>应当统一\n   温度标准。</p><p>{SECOND}</p>"
    assert page(tmp_path, text).blocks[0].text == "应当统一温度标准。"


# ---------------------------------------------------------------- a report


def test_headings_lists_tables_and_notes_are_read(report: Document) -> None:
    assert [(b.kind, b.level, b.text) for b in report.blocks] == [
        ("title", None, "Keeping the ferries running"),
        ("heading", 1, "Causes"),
        (
            "paragraph",
            None,
            "The shortage of certified engineers is a serious problem. Two routes were closed for eleven weeks.",
        ),
        ("heading", 2, "Spare parts"),
        ("paragraph", None, "Spare parts are scarce, and delays of five months are common."),
        ("heading", 1, "Remedies"),
        ("paragraph", None, "The council should:"),
        ("list_item", None, "fund a training college;"),
        ("list_item", None, "share the workshops."),
        ("list_item", None, "1. Publish a common standard."),
        ("list_item", None, "2. Review it in 2027."),
        ("caption", None, "Table 1: Ships by harbour"),
        ("table", None, "Harbour\tShips\nNorth\t4\nSouth\t7"),
        ("footnote", None, "Figures of June 2024."),
    ]
    assert report.blocks[-1].mark == "1"
    assert report.blocks[-2].rows == (("Harbour", "Ships"), ("North", "4"), ("South", "7"))
    assert report.metadata.title == "Keeping the ferries running"


def test_merged_cells_keep_their_columns(tmp_path: Path) -> None:
    text = (
        "<p>The ships of the coast are counted every year in June by the harbour masters.</p><table>"
        "<tr><td rowspan=2>North</td><td>Old</td><td>4</td></tr><tr><td>New</td><td>7</td></tr><tr><td colspan=2>All</td><td>11</td></tr></table>"
    )
    assert page(tmp_path, text).blocks[-1].rows == (("North", "Old", "4"), ("", "New", "7"), ("All", "", "11"))


def test_hidden_text_is_not_read(tmp_path: Path) -> None:
    text = f"<div style='display: none'>看不见的句子。</div><p>{FIRST}</p><p hidden>也看不见。</p><!-- 注释 -->"
    assert blocks_of(page(tmp_path, text)) == [("paragraph", FIRST)]


def test_an_xhtml_page_with_its_declaration_is_read(tmp_path: Path) -> None:
    text = f'<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>{FIRST}</p></body></html>'
    assert blocks_of(page(tmp_path, text, "a.xhtml")) == [("paragraph", FIRST)]


# ---------------------------------------------------------------- what is refused


def refusal(folder: Path, data: bytes, name: str = "a.html") -> str:
    with pytest.raises(ReadError) as caught:
        page(folder, data, name)
    assert "\n" not in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"%PDF-1.7 ", "a PDF named .html; give it its true suffix", id="a PDF"),
        pytest.param(b"PK\x03\x04", "a ZIP archive or Office file named .html", id="an archive"),
        pytest.param(b"MIME-Version: 1.0\r\n", "a web archive (MHTML) named .html", id="a web archive"),
        pytest.param(b"\xd0\xcf\x11\xe0", "an old Office file named .html", id="an old Word file"),
        pytest.param(b"<html><body><script>x()</script></body></html>", "no text on the page", id="only a script"),
        pytest.param(b"\xff\xff\xff<p>\xff\x80\x81\xff", "unknown text encoding", id="no text at all"),
    ],
)
def test_what_is_no_page_is_told(tmp_path: Path, data: bytes, reason: str) -> None:
    assert refusal(tmp_path, data).startswith(reason)


def test_a_page_over_the_limit_is_refused_before_it_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MAX_BYTES", 10)
    assert "over the limit" in refusal(tmp_path, b"<p>A long page.</p>")


def test_elements_nested_without_end_are_told(tmp_path: Path) -> None:
    data = b"<div>" * 100_000 + FIRST.encode() + b"</div>" * 100_000
    assert refusal(tmp_path, data).startswith("elements nested without end")


@pytest.mark.parametrize(
    "doctype",
    [
        pytest.param('<!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/hostname">]>', id="outer"),
        pytest.param('<!DOCTYPE html [<!ENTITY b "&c;&c;"><!ENTITY c "冷库"><!ENTITY a "&b;&b;">]>', id="inner"),
    ],
)
def test_entities_of_a_page_are_not_expanded(tmp_path: Path, doctype: str) -> None:
    document = page(tmp_path, f"{doctype}<html><body><p>{FIRST}</p><p>{SECOND}&a;</p></body></html>")
    text = "".join(b.text for b in document.blocks)
    hostname = Path("/etc/hostname")
    assert "冷库冷库" not in text
    if hostname.exists():
        assert hostname.read_text(encoding="utf-8").strip() not in text
