# ruff: noqa: E501  # a sentence is one line, or it can't be searched
"""Word files: headings, automatic numbers, notes, tables, tracked changes; and what is told of files that are none."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from policytext.errors import ReadError
from policytext.read import read, word
from policytext.split import split
from policytext.types import Document

W = nsdecls("w")
FIRST = "冷库之所以闲置，根源在于投资与使用脱节，旺季之外大半空着。"
SECOND = "应当统一冷链温度标准，建立全程温度记录制度，并推动与邻县互认。"


def saved(word_file: Any, path: Path, **parts: str) -> Path:
    """The file of a python-docx document, with parts changed or added by their names (`_` for `/` and `.`)."""
    buffer = io.BytesIO()
    word_file.save(buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            key = name.replace("/", "_").replace(".", "_")
            new.writestr(name, parts.pop(key) if key in parts else old.read(name))
    return path


def written(path: Path, build: Callable[[Any], None]) -> Document:
    word_file = docx.Document()
    build(word_file)
    return read(saved(word_file, path))


def blocks_of(document: Document) -> list[tuple[str, str]]:
    return [(b.kind, b.text) for b in document.blocks]


def append(word_file: Any, xml: str) -> None:
    """A paragraph or table as WordprocessingML at the end of the body."""
    word_file.element.body.insert(len(word_file.element.body) - 1, parse_xml(xml))


# ---------------------------------------------------------------- headings


def test_heading_styles_give_headings_and_levels(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        file.add_heading("县域冷链物流的困境与出路", 0)
        file.add_heading("成因", 1)
        file.add_heading("投资与使用脱节", 2)
        file.add_paragraph(FIRST)
        file.add_heading("对策", 1)
        file.add_paragraph(SECOND)

    document = written(tmp_path / "a.docx", build)
    assert [(b.kind, b.level, b.text) for b in document.blocks] == [
        ("title", None, "县域冷链物流的困境与出路"),
        ("heading", 1, "成因"),
        ("heading", 2, "投资与使用脱节"),
        ("paragraph", None, FIRST),
        ("heading", 1, "对策"),
        ("paragraph", None, SECOND),
    ]
    assert [p.section for p in split(document)] == [("成因", "投资与使用脱节"), ("对策",)]
    assert document.metadata.title == "县域冷链物流的困境与出路"
    assert document.metadata.languages == ("zh",)


def test_localised_style_names_are_known(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        for name in ("标题 1", "标题2", "作者", "题注"):
            file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        file.add_paragraph("成因", "标题 1")
        file.add_paragraph("投资与使用脱节", "标题2")
        file.add_paragraph(FIRST)
        file.add_paragraph("冷库分布", "题注")

    found = [(b.kind, b.level) for b in written(tmp_path / "a.docx", build).blocks]
    assert found == [("heading", 1), ("heading", 2), ("paragraph", None), ("caption", None)]


def test_an_outline_level_makes_a_heading_whether_style_or_paragraph_has_it(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        style = file.styles.add_style("章名", WD_STYLE_TYPE.PARAGRAPH)
        style.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {W} w:val="0"/>'))
        derived = file.styles.add_style("章名加粗", WD_STYLE_TYPE.PARAGRAPH)
        derived.base_style = style
        file.add_paragraph("成因", "章名加粗")
        own = file.add_paragraph("投资与使用脱节")
        own._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {W} w:val="1"/>'))
        file.add_paragraph(FIRST)

    found = [(b.kind, b.level) for b in written(tmp_path / "a.docx", build).blocks]
    assert found == [("heading", 1), ("heading", 2), ("paragraph", None)]


def test_numbered_lines_without_a_style_are_headings_by_their_form(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        for text in ("一、成因", "（一）投资与使用脱节", FIRST, "二、对策", SECOND):
            file.add_paragraph(text)

    found = [(b.kind, b.level) for b in written(tmp_path / "a.docx", build).blocks]
    assert found == [("heading", 1), ("heading", 2), ("paragraph", None), ("heading", 1), ("paragraph", None)]


def test_a_numbered_line_below_a_styled_heading_lies_deeper(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        file.add_heading("一、成因", 1)
        file.add_paragraph("（一）投资与使用脱节")
        file.add_paragraph(FIRST)

    found = [(b.kind, b.level) for b in written(tmp_path / "a.docx", build).blocks]
    assert found == [("heading", 1), ("heading", 2), ("paragraph", None)]


def test_a_single_first_heading_that_opens_the_document_is_its_title(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        file.add_heading("Keeping the ferries running", 1)
        file.add_heading("Causes", 2)
        file.add_paragraph("Two routes were closed because nobody could repair the engines.")
        file.add_heading("Remedies", 2)
        file.add_paragraph("The council should fund a training college.")

    found = [(b.kind, b.level) for b in written(tmp_path / "a.docx", build).blocks]
    assert found[:2] == [("title", None), ("heading", 1)]
    assert found[3] == ("heading", 1)


def test_the_largest_centred_line_of_an_official_document_is_its_title(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        for text, size in (
            ("南湖县人民政府文件", 36),
            ("南政发〔2024〕12号", 16),
            ("南湖县人民政府关于改善", 22),
            ("县域冷链物流的通知", 22),
        ):
            paragraph = file.add_paragraph()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.add_run(text).font.size = Pt(size)
        file.add_paragraph("各乡镇人民政府，县政府各部门：")
        file.add_paragraph(FIRST)

    document = written(tmp_path / "a.docx", build)
    assert blocks_of(document) == [
        ("note", "南湖县人民政府文件"),
        ("note", "南政发〔2024〕12号"),
        ("title", "南湖县人民政府关于改善县域冷链物流的通知"),
        ("paragraph", "各乡镇人民政府，县政府各部门："),
        ("paragraph", FIRST),
    ]
    assert document.metadata.number == "南政发〔2024〕12号"
    assert document.metadata.year == 2024


# ---------------------------------------------------------------- automatic numbers

LEVELS = (
    ("chineseCountingThousand", "第%1章"),
    ("chineseCounting", "（%2）"),
    ("decimal", "%3."),
)


def with_numbering(file: Any, levels: tuple[tuple[str, str], ...] = LEVELS) -> None:
    """A list of these levels under the number 77, and 78, which begins it anew."""
    inner = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for i, (form, text) in enumerate(levels)
    )
    numbering = file.part.numbering_part.element
    numbering.insert(0, parse_xml(f'<w:abstractNum {W} w:abstractNumId="77">{inner}</w:abstractNum>'))
    anew = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    for number, over in (("77", ""), ("78", anew)):
        numbering.append(parse_xml(f'<w:num {W} w:numId="{number}"><w:abstractNumId w:val="77"/>{over}</w:num>'))


def numbered(file: Any, text: str, level: int, style: str | None = None, number: int = 77) -> None:
    paragraph = file.add_paragraph(text, style)
    paragraph._p.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {W}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
    )


def test_automatic_numbers_are_text(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        with_numbering(file)
        numbered(file, "总则", 0, "Heading 1")
        numbered(file, "目的", 1, "Heading 2")
        numbered(file, "范围", 1, "Heading 2")
        numbered(file, "统一温度标准；", 2)
        numbered(file, "调整补贴办法；", 2)
        numbered(file, "附则", 0, "Heading 1")
        numbered(file, "解释", 1, "Heading 2")

    assert blocks_of(written(tmp_path / "a.docx", build)) == [
        ("heading", "第一章 总则"),
        ("heading", "（一）目的"),
        ("heading", "（二）范围"),
        ("list_item", "1. 统一温度标准；"),
        ("list_item", "2. 调整补贴办法；"),
        ("heading", "第二章 附则"),
        ("heading", "（一）解释"),
    ]


def test_numbers_of_several_levels_are_joined(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        with_numbering(file, (("decimal", "%1"), ("decimal", "%1.%2")))
        numbered(file, "Causes", 0, "Heading 1")
        numbered(file, "Engineers", 1, "Heading 2")
        numbered(file, "Parts", 1, "Heading 2")

    assert [b.text for b in written(tmp_path / "a.docx", build).blocks] == ["1 Causes", "1.1 Engineers", "1.2 Parts"]


def test_a_list_that_begins_anew_counts_from_its_start(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        with_numbering(file, (("decimal", "%1."),))
        for text, number in (("统一标准；", 77), ("调整补贴；", 77), ("培养技工；", 78)):
            numbered(file, text, 0, number=number)

    texts = [b.text for b in written(tmp_path / "a.docx", build).blocks]
    assert texts == ["1. 统一标准；", "2. 调整补贴；", "1. 培养技工；"]


def test_bullets_are_list_items_without_their_sign(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        file.add_paragraph("The council should:")
        file.add_paragraph("fund a training college;", "List Bullet")
        file.add_paragraph("share the workshops.", "List Bullet")

    assert blocks_of(written(tmp_path / "a.docx", build)) == [
        ("paragraph", "The council should:"),
        ("list_item", "fund a training college;"),
        ("list_item", "share the workshops."),
    ]


# ---------------------------------------------------------------- tables, notes, boxes


def test_a_table_keeps_its_rows_and_merged_cells_their_columns(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        table = file.add_table(3, 3)
        for row, cells in zip(table.rows, (("县", "冷库", ""), ("南湖", "72", "座"), ("", "9", "座")), strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
        table.cell(0, 1).merge(table.cell(0, 2))
        table.cell(1, 0).merge(table.cell(2, 0))

    (block,) = written(tmp_path / "a.docx", build).blocks
    assert block.kind == "table"
    assert block.rows == (("县", "冷库", ""), ("南湖", "72", "座"), ("", "9", "座"))
    assert block.text.startswith("县\t冷库\t\n南湖\t72\t座")


def test_a_table_of_one_column_is_a_frame_round_text(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        file.add_table(1, 1).cell(0, 0).text = FIRST

    assert blocks_of(written(tmp_path / "a.docx", build)) == [("paragraph", FIRST)]


NOTES = f"""<w:footnotes {W}>
<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"> 数据截至二〇二四年六月。</w:t></w:r></w:p></w:footnote>
<w:footnote w:id="3"><w:p><w:r><w:t>见县志。</w:t></w:r></w:p></w:footnote>
</w:footnotes>"""


def with_footnotes(path: Path, *paragraphs: str) -> Path:
    """A file with these paragraphs and the notes above, which python-docx can't write."""
    file = docx.Document()
    for xml in paragraphs:
        append(file, xml)
    relations = io.BytesIO()
    file.save(relations)
    with zipfile.ZipFile(relations) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/_rels/document.xml.rels":
                kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
                data = data.replace(
                    b"</Relationships>",
                    f'<Relationship Id="rIdN" Type="{kind}" Target="footnotes.xml"/></Relationships>'.encode(),
                )
            new.writestr(name, data)
        new.writestr("word/footnotes.xml", NOTES)
    return path


def test_footnotes_follow_their_paragraph_with_their_mark_and_leave_no_trace_in_it(tmp_path: Path) -> None:
    reference = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    path = with_footnotes(
        tmp_path / "a.docx",
        f"<w:p {W}><w:r><w:t>冷库大半空着</w:t></w:r>{reference.format(2)}<w:r><w:t>，农户依然用不上</w:t></w:r>"
        f"{reference.format(3)}<w:r><w:t>。</w:t></w:r></w:p>",
        f"<w:p {W}><w:r><w:t>{SECOND}</w:t></w:r></w:p>",
    )
    assert [(b.kind, b.mark, b.text) for b in read(path).blocks] == [
        ("paragraph", "", "冷库大半空着，农户依然用不上。"),
        ("footnote", "1", "数据截至二〇二四年六月。"),
        ("footnote", "2", "见县志。"),
        ("paragraph", "", SECOND),
    ]


BOX = f"""<w:p {W} {nsdecls("wp", "a")} xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
 xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><w:t>{FIRST}</w:t></w:r><w:r>
<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><a:graphic><a:graphicData><wps:wsp><wps:txbx>
<w:txbxContent><w:p><w:r><w:t>{SECOND}</w:t></w:r></w:p></w:txbxContent>
</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice>
<mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>{SECOND}</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback>
</mc:AlternateContent></w:r></w:p>"""


def test_a_text_box_is_kept_once(tmp_path: Path) -> None:
    document = written(tmp_path / "a.docx", lambda file: append(file, BOX))
    assert blocks_of(document) == [("paragraph", FIRST), ("paragraph", SECOND)]


def test_deleted_text_is_left_out_and_inserted_text_kept(tmp_path: Path) -> None:
    changed = f"""<w:p {W}><w:r><w:t>应当</w:t></w:r><w:del><w:r><w:delText>取消</w:delText></w:r></w:del>
<w:ins><w:r><w:t>统一</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>各地的</w:t></w:r></w:moveFrom>
<w:r><w:t>温度标准，</w:t></w:r><w:moveTo><w:r><w:t>推动与邻县互认。</w:t></w:r></w:moveTo></w:p>"""
    document = written(tmp_path / "a.docx", lambda file: append(file, changed))
    assert blocks_of(document) == [("paragraph", "应当统一温度标准，推动与邻县互认。")]


def test_hidden_text_and_field_codes_are_not_read(tmp_path: Path) -> None:
    xml = f"""<w:p {W}><w:r><w:rPr><w:vanish/></w:rPr><w:t>批注稿</w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>
<w:r><w:instrText> REF _x \\h </w:instrText></w:r><w:r><w:t>{FIRST}</w:t></w:r></w:p>"""
    assert blocks_of(written(tmp_path / "a.docx", lambda file: append(file, xml))) == [("paragraph", FIRST)]


def test_text_in_content_controls_and_links_is_read(tmp_path: Path) -> None:
    xml = f"""<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>应当统一</w:t></w:r><w:hyperlink w:anchor="x"><w:r><w:t>温度标准</w:t></w:r>
</w:hyperlink><w:r><w:t>。</w:t></w:r></w:p></w:sdtContent></w:sdt>"""
    assert blocks_of(written(tmp_path / "a.docx", lambda file: append(file, xml))) == [
        ("paragraph", "应当统一温度标准。")
    ]


def test_running_heads_are_not_in_the_body(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        file.sections[0].header.paragraphs[0].text = "内部资料"
        file.sections[0].footer.paragraphs[0].text = "南湖县发展研究中心"
        file.add_paragraph(FIRST)

    document = written(tmp_path / "a.docx", build)
    assert blocks_of(document) == [("header", "内部资料"), ("paragraph", FIRST), ("footer", "南湖县发展研究中心")]


def test_line_breaks_part_paragraphs_only_where_a_sentence_ends(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        paragraph = file.add_paragraph("冷库大半空着，")
        for text in ("农户依然用不上。", "轮机员短缺是主要原因。"):
            paragraph.add_run().add_break()
            paragraph.add_run(text)

    assert [b.text for b in written(tmp_path / "a.docx", build).blocks] == [
        "冷库大半空着，农户依然用不上。",
        "轮机员短缺是主要原因。",
    ]


def test_a_table_of_contents_is_no_text(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        file.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH)
        file.add_paragraph("一、成因\t3", "toc 1")
        file.add_heading("一、成因", 1)
        file.add_paragraph(FIRST)

    assert [kind for kind, _ in blocks_of(written(tmp_path / "a.docx", build))] == ["toc", "heading", "paragraph"]


# ---------------------------------------------------------------- properties


def test_properties_fill_what_the_text_does_not_say(tmp_path: Path) -> None:
    def build(file: Any) -> None:
        file.core_properties.title = "县域冷链物流调查报告"
        file.core_properties.author = "林晓舟；沈青禾"
        file.core_properties.keywords = "冷链；县域"
        file.add_paragraph(FIRST)

    found = written(tmp_path / "a.docx", build).metadata
    assert (found.title, found.authors, found.keywords) == (
        "县域冷链物流调查报告",
        ("林晓舟", "沈青禾"),
        ("冷链", "县域"),
    )


@pytest.mark.parametrize("nobody", ["Administrator", "微软用户", "python-docx", "User"])
def test_an_author_that_a_program_put_there_is_none(tmp_path: Path, nobody: str) -> None:
    def build(file: Any) -> None:
        file.core_properties.author = nobody
        file.add_paragraph(FIRST)

    assert written(tmp_path / "a.docx", build).metadata.authors == ()


# ---------------------------------------------------------------- what is refused


def refusal(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return caught.value.reason


def simple() -> Any:
    file = docx.Document()
    file.add_paragraph(FIRST)
    return file


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(OLE, "an old Word file named .docx: open it in Word", id="an old file"),
        pytest.param(OLE + "EncryptedPackage".encode("utf-16-le"), "needs a password", id="a locked file"),
        pytest.param(b"%PDF-1.7\n", "not a Word file: it begins like a PDF", id="a PDF"),
        pytest.param(b"{\\rtf1 text}", "not a Word file: it begins like an RTF file", id="RTF"),
        pytest.param(b"<html><body>x</body></html>", "not a Word file: it begins like an HTML page", id="HTML"),
        pytest.param(b"PK\x03\x04 cut short", "damaged or truncated Word file", id="a broken archive"),
    ],
)
def test_what_is_no_word_file_is_told(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(data)
    assert refusal(path).startswith(reason)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("xl/workbook.xml", "a spreadsheet named .docx"),
        ("ppt/presentation.xml", "a presentation named .docx"),
        ("notes.txt", "a ZIP archive without a Word document in it"),
    ],
)
def test_another_archive_named_docx_is_told(tmp_path: Path, name: str, reason: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr(name, "x")
    assert refusal(tmp_path / "a.docx").startswith(reason)


def test_a_file_without_text_is_told(tmp_path: Path) -> None:
    assert refusal(saved(docx.Document(), tmp_path / "a.docx")).startswith("no text in the Word file")


def test_broken_xml_is_told(tmp_path: Path) -> None:
    path = saved(simple(), tmp_path / "a.docx", word_document_xml="<w:document")
    assert refusal(path).startswith("damaged Word file (word/document.xml can't be read)")


BOMB = '<!DOCTYPE x [<!ENTITY a "冷库"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTER = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [pytest.param(BOMB, id="inner"), pytest.param(OUTER, id="outer")])
def test_xml_entities_are_refused_and_not_expanded(tmp_path: Path, doctype: str) -> None:
    entity = "&b;" if doctype == BOMB else "&a;"
    xml = f"{doctype}<w:document {W}><w:body><w:p><w:r><w:t>{entity}</w:t></w:r></w:p></w:body></w:document>"
    path = saved(simple(), tmp_path / "a.docx", word_document_xml=xml)
    assert refusal(path) == "word/document.xml declares XML entities, which Word never does; not read"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = saved(simple(), tmp_path / "a.docx", word_theme_theme1_xml="0" * (40 << 20))
    assert "a ZIP bomb, not read" in refusal(path)


def test_a_part_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "MAX_PART", 100)
    assert "over the limit" in refusal(saved(simple(), tmp_path / "a.docx"))
