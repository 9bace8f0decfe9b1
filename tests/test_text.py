"""Markdown and plain text: bytes to characters, lines to paragraphs, paragraphs to blocks."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import pytest
from building import NOTICE_ZH, PROSE, REPORT_EN
from hypothesis import given
from hypothesis import strategies as st

from policytext.errors import ReadError
from policytext.read import READERS, read
from policytext.read.text import decode, glue
from policytext.types import Block, Document

TRADITIONAL = "# 關於改善縣域冷鏈物流的報告\n\n全縣已經建成產地冷庫七十二座，這為進一步的發展打下了良好的基礎。\n"


def read_as(folder: Path, text: str | bytes, encoding: str = "utf-8", name: str = "a.md") -> Document:
    path = folder / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return read(path)


def blocks_of(folder: Path, text: str) -> list[tuple[str, str]]:
    return [(b.kind, b.text) for b in read_as(folder, text).blocks]


def paragraphs(document: Document) -> list[str]:
    return [b.text for b in document.blocks if b.kind == "paragraph"]


# ---------------------------------------------------------------- encodings

CHINESE = [
    pytest.param(NOTICE_ZH, "utf-8", id="utf-8"),
    pytest.param(NOTICE_ZH, "utf-8-sig", id="utf-8 with mark"),
    pytest.param(NOTICE_ZH, "utf-16", id="utf-16 with mark"),
    pytest.param(NOTICE_ZH, "gb18030", id="gb18030"),
    pytest.param(NOTICE_ZH, "gbk", id="gbk"),
    pytest.param("\ufeff" + NOTICE_ZH, "gb18030", id="gb18030 with mark"),
    pytest.param(TRADITIONAL, "big5", id="big5"),
    pytest.param(TRADITIONAL, "utf-8-sig", id="traditional in utf-8 with mark"),
    pytest.param(TRADITIONAL, "gb18030", id="traditional in gb18030"),
]


@pytest.mark.parametrize(("text", "encoding"), CHINESE)
def test_a_chinese_file_reads_the_same_in_every_encoding(tmp_path: Path, text: str, encoding: str) -> None:
    plain = read_as(tmp_path, text.lstrip("\ufeff"), name="plain.md")
    other = read_as(tmp_path, text, encoding, name="other.md")
    assert other.blocks == plain.blocks
    assert other.metadata == plain.metadata
    assert other.blocks[0].kind == "title"


def test_an_english_file_needs_no_particular_encoding(tmp_path: Path) -> None:
    plain = read_as(tmp_path, REPORT_EN, name="plain.md")
    assert read_as(tmp_path, REPORT_EN, "ascii", name="ascii.md").blocks == plain.blocks


@given(st.text().filter(lambda text: not text.startswith("\ufeff")))
def test_any_text_comes_back_from_utf8(text: str) -> None:
    assert decode(text.encode("utf-8")) == text
    assert decode(text.encode("utf-8-sig")) == text


@given(st.text().filter(lambda text: not text.startswith("\ufeff")))
def test_any_text_comes_back_from_utf16_with_a_mark(text: str) -> None:
    assert decode(b"\xff\xfe" + text.encode("utf-16-le")) == text
    assert decode(b"\xfe\xff" + text.encode("utf-16-be")) == text


@given(PROSE)
def test_a_chinese_page_comes_back_from_gb18030(text: str) -> None:
    page = "我们认为，这是发展中的问题，要在发展中解决，对此必须有清醒的认识。" + text
    assert decode(page.encode("gb18030")) == page


@given(st.binary(max_size=200))
def test_bytes_are_decoded_or_refused(data: bytes) -> None:
    with contextlib.suppress(UnicodeDecodeError):
        assert isinstance(decode(data), str)


@given(st.text(st.characters(codec="gb18030")), st.sampled_from(["gb18030", "utf-8"]))
def test_whatever_can_be_encoded_can_be_decoded(text: str, encoding: str) -> None:
    assert isinstance(decode(text.encode(encoding)), str)


# ---------------------------------------------------------------- what is refused

REFUSED = [
    pytest.param(b"", "a.md", "empty file", id="no bytes"),
    pytest.param(b" \n\n\t", "a.txt", "only white space", id="white space"),
    pytest.param(b"PK\x03\x04\x00\x00", "a.txt", "NUL bytes", id="a zip file"),
    pytest.param(NOTICE_ZH.encode("utf-16-le"), "a.txt", "NUL bytes", id="utf-16 without a mark"),
    pytest.param(b"\xff\xff\xff\xfd", "a.txt", "unknown text encoding", id="no encoding at all"),
    pytest.param(b"x", "a.doc", 'unknown file type ".doc"; open it in Word, WPS or LibreOffice', id="old Word"),
    pytest.param(b"x", "a.wps", "save it as .docx", id="WPS"),
    pytest.param(b"x", "a.rtf", "save it as .docx", id="RTF"),
    pytest.param(b"x", "a.odt", "save it as .docx", id="OpenDocument"),
    pytest.param(b"x", "a.ofd", "export it as PDF", id="OFD"),
    pytest.param(b"x", "a.caj", "CAJViewer", id="CAJ"),
    pytest.param(b"x", "a.epub", "convert it to PDF", id="e-book"),
    pytest.param(b"x", "a.pptx", "save or export it as PDF", id="slides"),
    pytest.param(b"x", "a.xlsx", "save or export it as PDF", id="spreadsheet"),
    pytest.param(b"x", "a.PNG", "make a PDF of the pictures", id="picture"),
    pytest.param(b"x", "a.xyz", 'unknown file type ".xyz"', id="unknown suffix"),
    pytest.param(b"x", "README", 'unknown file type "README"', id="no suffix"),
]


@pytest.mark.parametrize(("data", "name", "told"), REFUSED)
def test_what_cannot_be_read_is_told_in_one_line(tmp_path: Path, data: bytes, name: str, told: str) -> None:
    with pytest.raises(ReadError, match=told) as caught:
        read_as(tmp_path, data, name=name)
    assert caught.value.path == str(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such file"):
        read(tmp_path / "none.md")


def test_a_name_too_long_for_the_system_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"can't be opened|no such file"):
        read(tmp_path / ("关于" * 200 + ".md"))


@pytest.mark.parametrize("name", ["folder.md", "folder"])
def test_a_folder_is_not_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ReadError):
        read(tmp_path / name)


@pytest.mark.parametrize("suffix", [s for s in READERS if s not in (".pdf", ".docx")])
def test_the_suffix_may_be_in_capitals(tmp_path: Path, suffix: str) -> None:
    assert paragraphs(read_as(tmp_path, REPORT_EN, name=f"A{suffix.upper()}"))


# ---------------------------------------------------------------- the document


def test_the_id_is_the_hash_of_the_bytes(tmp_path: Path) -> None:
    document = read_as(tmp_path, NOTICE_ZH)
    assert document.id == hashlib.sha256(NOTICE_ZH.encode()).hexdigest()


def test_title_and_language_come_from_the_text(tmp_path: Path) -> None:
    chinese, english = read_as(tmp_path, NOTICE_ZH), read_as(tmp_path, REPORT_EN, name="b.md")
    assert (chinese.metadata.title, chinese.metadata.languages) == ("关于改善县域冷链物流的报告", ("zh",))
    assert (english.metadata.title, english.metadata.languages) == ("Keeping the ferries running", ("en",))


def test_the_file_name_is_no_title(tmp_path: Path) -> None:
    assert (
        read_as(tmp_path, "他们走访了六个县的四十二个乡镇，取得了完整的材料。" * 3, name="扫描件.txt").metadata.title
        == ""
    )


def test_authors_keywords_and_doi_are_found_at_the_head(tmp_path: Path) -> None:
    text = (
        "# 县域冷链物流的困境与出路\n\n林晓舟，沈青禾\n\nDOI：10.12345/j.lx.2024.03.007\n\n"
        "摘要：本文讨论县域冷链建设的得失，并提出可以操作的办法。\n\n关键词：冷链物流；县域；标准\n\n"
        "## 一、引言\n\n冷链物流是一种运输与储存方式。\n"
    )
    found = read_as(tmp_path, text)
    assert found.metadata.authors == ("林晓舟", "沈青禾")
    assert found.metadata.keywords == ("冷链物流", "县域", "标准")
    assert found.metadata.doi == "10.12345/j.lx.2024.03.007"
    assert [b.kind for b in found.blocks] == ["title", "author", "note", "abstract", "keywords", "heading", "paragraph"]


def test_a_text_file_has_no_pages(tmp_path: Path) -> None:
    document = read_as(tmp_path, NOTICE_ZH)
    assert all(b.page is None for b in document.blocks)
    assert document.quality.grade == "good"


# ---------------------------------------------------------------- paragraphs


def test_hard_wrapped_lines_are_one_paragraph(tmp_path: Path) -> None:
    chinese = (
        "冷库之所以闲置，根源在于投资与使用脱节：补贴按\n一次发放，建成之后由谁运营没有约定，旺季之外\n大半空着。\n"
    )
    english = (
        "The shortage of engineers is a serious problem,\nand two routes were closed for eleven weeks\nlast winter.\n"
    )
    assert blocks_of(tmp_path, chinese) == [("paragraph", chinese.replace("\n", ""))]
    assert blocks_of(tmp_path, english) == [("paragraph", english.strip().replace("\n", " "))]


def test_one_line_paragraphs_without_blanks_stay_apart(tmp_path: Path) -> None:
    first = "　　冷库之所以闲置，根源在于投资与使用脱节，建成之后由谁运营没有约定。"
    second = "　　温度标准由三个部门分别制定，数值互不一致，企业只能就低执行。"
    assert blocks_of(tmp_path, f"{first}\n{second}\n") == [
        ("paragraph", first.strip("　")),
        ("paragraph", second.strip("　")),
    ]


@pytest.mark.parametrize(
    "between",
    [
        pytest.param("① 数据截至二〇二四年六月。", id="a footnote"),
        pytest.param("图1 冷库分布", id="a caption"),
        pytest.param("资料来源：作者调查。", id="a source"),
        pytest.param("| 县 | 冷库 |\n|---|---|\n| 南湖 | 72 |", id="a table"),
    ],
)
def test_a_paragraph_cut_by_furniture_is_joined_and_the_furniture_follows(tmp_path: Path, between: str) -> None:
    text = (
        "冷库之所以闲置，根源在于投资与使用脱节，补贴按库容一次发放，建成之后由谁运营、电费由谁承担，都没有\n\n"
        f"{between}\n\n"
        "明确的约定，导致旺季之外大半空着。\n"
    )
    blocks = read_as(tmp_path, text).blocks
    assert blocks[0].kind == "paragraph"
    assert blocks[0].text.endswith("都没有明确的约定，导致旺季之外大半空着。")
    assert len(blocks) == 2
    assert blocks[1].kind in ("footnote", "caption", "table")


def test_an_english_paragraph_cut_by_a_note_is_joined_with_a_space(tmp_path: Path) -> None:
    text = "Two routes were closed because nobody\n\n① The survey ended in June.\n\ncould repair the engines.\n"
    assert paragraphs(read_as(tmp_path, text)) == ["Two routes were closed because nobody could repair the engines."]


def test_a_finished_paragraph_is_not_joined_with_the_next(tmp_path: Path) -> None:
    text = "两条航线停航十一周。\n\n① 调查于六月结束。\n\n轮机员短缺是主要原因。\n"
    assert paragraphs(read_as(tmp_path, text)) == ["两条航线停航十一周。", "轮机员短缺是主要原因。"]


def test_an_item_is_never_joined_to_the_line_before(tmp_path: Path) -> None:
    lead = "县域冷链建设中还有许多亟待解决的问题，需要各部门共同努力加以克服，主要的问题有以下若干个方面"
    text = f"{lead}\n\n（1）标准互不一致，企业只能就低执行。\n"
    assert paragraphs(read_as(tmp_path, text)) == [lead, "（1）标准互不一致，企业只能就低执行。"]


# ---------------------------------------------------------------- marks and markup


def test_a_raised_mark_inside_a_sentence_is_dropped(tmp_path: Path) -> None:
    text = "冷库大半空着<sup>①</sup>，农户依然用不上<sup>[2]</sup>。\n"
    assert blocks_of(tmp_path, text) == [("paragraph", "冷库大半空着，农户依然用不上。")]


def test_a_raised_mark_that_opens_a_line_makes_it_a_note(tmp_path: Path) -> None:
    assert blocks_of(tmp_path, "<sup>①</sup>数据截至二〇二四年六月。\n") == [("footnote", "①数据截至二〇二四年六月。")]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("**标准**不一，*人才*短缺。", "标准不一，人才短缺。"),
        ("See [the plan](http://plan.example) for more.", "See the plan for more."),
        ("![图](a.png)冷库分布不均，山区尤其少。", "冷库分布不均，山区尤其少。"),
        (r"3 \* 4 is \_twelve\_.", "3 * 4 is _twelve_."),
        ("林晓舟*，沈青禾*，两人合作多年。", "林晓舟*，沈青禾*，两人合作多年。"),
        ("3*4*5 is sixty.", "3*4*5 is sixty."),
        ("An *open* market and a _fair_ one.", "An open market and a fair one."),
        ("file_name_one stays as it is.", "file_name_one stays as it is."),
        ("CO<sub>2</sub> is counted.", "CO2 is counted."),
    ],
)
def test_inline_markup_is_taken_off(tmp_path: Path, markup: str, text: str) -> None:
    assert blocks_of(tmp_path, markup + "\n") == [("paragraph", text)]


def test_a_table_keeps_its_cells(tmp_path: Path) -> None:
    blocks = read_as(tmp_path, "| 县 | 冷库 |\n|:--|--:|\n| 南湖 | 72 |\n").blocks
    assert blocks == (Block("table", "县\t冷库\n南湖\t72", rows=(("县", "冷库"), ("南湖", "72"))),)


def test_bullets_are_list_items(tmp_path: Path) -> None:
    text = "The council should:\n\n- fund a training college;\n- share the workshops.\n"
    assert blocks_of(tmp_path, text) == [
        ("paragraph", "The council should:"),
        ("list_item", "fund a training college;"),
        ("list_item", "share the workshops."),
    ]


def test_what_stands_under_the_references_is_a_reference(tmp_path: Path) -> None:
    text = "# 论冷链\n\n冷库大半空着，农户依然用不上。\n\n# 参考文献\n\n[1] 林晓舟.县域冷链.2023.\n"
    kinds = [kind for kind, _ in blocks_of(tmp_path, text)]
    assert kinds == ["title", "paragraph", "heading", "reference"]


# ---------------------------------------------------------------- headings


def test_numbers_decide_the_levels_of_headings_not_hashes(tmp_path: Path) -> None:
    text = (
        "# 县域冷链物流的困境与出路\n\n# 一、成因\n\n# （一）投资与使用脱节\n\n冷库大半空着，农户依然用不上。\n\n"
        "# （二）标准互不一致\n\n企业只能就低执行，控温无从谈起。\n\n# 二、对策\n\n应当统一标准，并推动与邻省互认。\n"
    )
    blocks = read_as(tmp_path, text).blocks
    assert [(b.level, b.text) for b in blocks if b.kind == "heading"] == [
        (1, "一、成因"),
        (2, "（一）投资与使用脱节"),
        (2, "（二）标准互不一致"),
        (1, "二、对策"),
    ]


def test_a_numbered_line_without_hashes_is_a_heading_too(tmp_path: Path) -> None:
    text = "一、成因\n\n冷库之所以闲置，根源在于投资与使用脱节。\n\n二、对策\n\n应当统一标准，并推动与邻省互认。\n"
    assert [kind for kind, _ in blocks_of(tmp_path, text)] == ["heading", "paragraph", "heading", "paragraph"]


def test_a_numbered_sentence_is_a_paragraph(tmp_path: Path) -> None:
    text = "一、冷库之所以闲置，根源在于投资与使用脱节。\n"
    assert blocks_of(tmp_path, text) == [("paragraph", text.strip())]


# ---------------------------------------------------------------- nothing is lost


@given(text=st.lists(PROSE, max_size=6).map("\n\n".join))
def test_every_chinese_character_comes_through(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        document = read_as(folder, text, name="prose.txt")
    except ReadError:
        assert not text.strip()
        return
    shown = "".join(b.text for b in document.blocks)
    assert [c for c in shown if "\u4e00" <= c <= "\u9fff"] == [c for c in text if "\u4e00" <= c <= "\u9fff"]


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [("标准", "互认", "标准互认"), ("basic", "research", "basic research"), ("推动", "ISO", "推动ISO"), ("", "a", "a")],
)
def test_halves_are_glued_as_their_script_wants(before: str, after: str, whole: str) -> None:
    assert glue(before, after) == whole
