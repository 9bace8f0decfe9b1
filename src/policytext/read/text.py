"""Markdown and plain text: decoding, and the paragraphs a converter cut.

The scanner goes line by line and is ours, because the Markdown that matters here comes from PDF converters:
flat `#` headings, footnotes and captions between the halves of a sentence, indents that CommonMark takes
for code.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from policytext import tokens
from policytext.errors import ReadError
from policytext.read.metadata import metadata_of
from policytext.read.numbering import Levels, form
from policytext.types import Block, Document, Kind, Metadata

MAX_HEADING_ZH = 45
MAX_HEADING_EN = 14
"""Characters (Chinese) and words (English) above which a line without markup is a paragraph, not a heading."""

_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "這個國會發動過說產經時來們為對學與業開關區長"
)
"""Frequent characters of both scripts: the right decoding of a Chinese text is full of them, a wrong one is not."""


def decode(data: bytes) -> str:
    """The text of a file's bytes: by its byte order mark, else UTF-8, else GB18030 or Big5, whichever reads
    as Chinese. Raises `UnicodeDecodeError` when none of them fits.

    >>> decode("政策".encode("gb18030")), decode("報告書的內容".encode("big5"))
    ('政策', '報告書的內容')
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        candidates = [text for encoding in ("gb18030", "big5") if (text := _try(data, encoding)) is not None]
        if not candidates:
            raise error from None
        return max(candidates, key=lambda text: sum(c in _COMMON for c in text[:20_000]))


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def read_text(path: Path) -> Document:
    """The document in a Markdown or text file; it has no pages, so its blocks have no boxes."""
    data = path.read_bytes()
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReadError(path, "not a text file (it holds NUL bytes); give the file its true suffix")
    try:
        text = decode(data)
    except UnicodeDecodeError:
        raise ReadError(path, "unknown text encoding; save the file as UTF-8") from None
    said, text = _front_matter(text)
    blocks = tuple(levelled(_join(classify(_pieces(text)))))
    if not blocks:
        raise ReadError(path, "empty file; it holds only white space")
    return Document(hashlib.sha256(data).hexdigest(), str(path), blocks, metadata_of(blocks, said=said))


_FIELDS = {
    **dict.fromkeys(("title", "标题", "题名"), "title"),
    **dict.fromkeys(("author", "authors", "作者"), "authors"),
    **dict.fromkeys(("date", "year", "published", "日期", "年份"), "year"),
    **dict.fromkeys(("journal", "刊名"), "journal"),
    **dict.fromkeys(("publisher", "institution", "issuer", "发文机关"), "issuer"),
    **dict.fromkeys(("number", "发文字号", "文号"), "number"),
    "doi": "doi",
    **dict.fromkeys(("keywords", "tags", "关键词"), "keywords"),
}
"""Names of front matter's fields, as Pandoc and site generators write them."""


def _front_matter(text: str) -> tuple[Metadata, str]:
    """What front matter says of the document, and the text behind it: fields and plain lists between two `---`."""
    found = re.match(r"\s*---[ \t]*\r?\n(.{0,4000}?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", text, re.DOTALL)
    if found is None or not all(re.match(r"[\w-]+[ \t]*:|[ \t]*-|[ \t]|#|$", line) for line in found[1].splitlines()):
        return Metadata(), text
    values: dict[str, list[str]] = {}
    name = ""
    for line in found[1].splitlines():
        key = re.match(r"([\w-]+)[ \t]*:[ \t]*(.*)", line)
        name, value = (_FIELDS.get(key[1].lower(), ""), key[2]) if key else (name, line.strip())
        inside = re.fullmatch(r"\[(.*)\]", value.strip())
        for part in re.split(r"[,，;；]", inside[1]) if inside else [re.sub(r"^-\s+", "", value.strip())]:
            if name and part.strip(" \"'"):
                values.setdefault(name, []).append(part.strip(" \"'"))
    one = {name: value[0] for name, value in values.items()}
    year = re.search(r"(?:19|20)\d\d", one.get("year", ""))
    many: dict[str, Any] = {
        k: tuple(x for v in values.get(k, []) for x in re.split(r"\s*[;；、]\s*", v)) for k in ("authors", "keywords")
    }
    single: dict[str, Any] = {k: one.get(k, "") for k in ("title", "journal", "issuer", "number", "doi")}
    return Metadata(**many, **single, year=int(year[0]) if year else None), text[found.end() :]


# ---------------------------------------------------------------- lines to pieces


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of lines that belong together; `hashes` is a Markdown heading's depth, 0 for none.

    `kind` is told where the format tells it (a Word style, an HTML element), with `mark` for a footnote.
    """

    text: str
    hashes: int = 0
    bold: bool = False
    bullet: bool = False
    rows: tuple[tuple[str, ...], ...] = ()
    kind: Kind | None = None
    mark: str = ""


def _pieces(text: str) -> Iterator[Piece]:
    group: list[str] = []
    for raw in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        line = raw.strip().strip("\u3000\ufeff\u200b").strip()
        heading = re.match(r"(#{1,6})\s+(.+?)\s*#*$", line)
        starts_item = re.match(r"[-*+•]\s+\S", line) is not None
        table = line.startswith("|")
        in_table = bool(group) and group[0].startswith("|")
        if group and (not line or heading or starts_item or table != in_table):
            yield from _group(group)
            group = []
        if heading:
            title, bold = _inline(heading[2])
            yield Piece(title, len(heading[1]), bold)
        elif line and not re.fullmatch(r"[-=_*\s]{3,}|```.*|<!--.*-->|&nbsp;", line):
            group.append(raw.rstrip() if raw[:1] == "\u3000" else line)


def _group(lines: list[str]) -> Iterator[Piece]:
    if lines[0].startswith("|"):
        rows = tuple(tuple(c.strip() for c in line.strip("|").split("|")) for line in lines)
        kept = tuple(row for row in rows if not all(re.fullmatch(r":?-*:?", cell) for cell in row))
        yield Piece("\n".join("\t".join(row) for row in kept), rows=kept)
        return
    for paragraph in _paragraphs(lines):
        bullet = re.match(r"[-*+•]\s+(?=\S)", paragraph)
        text, bold = _inline(paragraph[bullet.end() :] if bullet else paragraph)
        if text:
            yield Piece(text, bold=bold, bullet=bullet is not None)


def _paragraphs(lines: list[str]) -> Iterable[str]:
    """Lines without a blank between them: hard-wrapped prose is joined, one-line paragraphs stay apart.

    Wrapped lines are about equally long and end anywhere; paragraphs end with a full stop, or the next
    one is indented.
    """
    current = ""
    longest = max(len(line) for line in lines)
    for line in lines:
        indented = line.startswith("\u3000")
        clean = line.strip("\u3000 ")
        numbered = form(clean) is not None and len(clean) <= MAX_HEADING_ZH and _ends(current)
        full = len(current) and len(current.split("\n")[-1]) >= 0.7 * longest
        if current and not indented and not numbered and (not _ends(current) or (full and longest <= 120)):
            current += "\n" + clean
        else:
            if current:
                yield _unwrap(current)
            current = clean
    if current:
        yield _unwrap(current)


def _unwrap(text: str) -> str:
    head, *rest = text.split("\n")
    for line in rest:
        head = glue(head, line)
    return head


def glue(before: str, after: str) -> str:
    """Two halves of a paragraph as one: a space between Latin words, none beside Chinese characters.

    >>> glue("推动标准", "互认"), glue("basic", "research")
    ('推动标准互认', 'basic research')
    """
    cjk = re.compile(f"[{tokens.HAN}\u3000-\u303f\uff00-\uffef“”]")
    if not before or not after or cjk.match(before[-1]) or cjk.match(after[0]):
        return before + after
    return f"{before} {after}"


def _inline(text: str) -> tuple[str, bool]:
    """The text without its inline markup, and whether all of it was bold."""
    bold = re.fullmatch(r"(\*\*|__)(?!\s)(.+?)(?<!\s)\1", text.strip()) is not None
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\(<?[^)]*>?\)", r"\1", text)
    text = re.sub(r"<sup>\s*([^<]{1,6})\s*</sup>", _note_mark, text)
    text = re.sub(r"</?(?:sub|sup|br|b|i|em|strong|u|p|div|span|center)\b[^>]*>", "", text)
    text = re.sub(r"<(https?://[^>\s]+)>", r"\1", text)
    text = re.sub(r"(?<!\\)(\*\*|__)(?=\S)(.+?)(?<![\s\\])\1", r"\2", text)
    text = re.sub(r"(?<![A-Za-z0-9*\\])\*(?=[\w“（《])([^*]+?)(?<![\s\\])\*(?![A-Za-z0-9*])", r"\1", text)
    text = re.sub(r"(?<![\w\\])_(?=\S)([^_]+?)(?<![\s\\])_(?!\w)", r"\1", text)
    text = re.sub(r"\\([\\`*_{}\[\]()#+\-.!~|<>&$])", r"\1", text)
    return re.sub(r"[ \t\u00a0]+", " ", text).strip(), bold


def _note_mark(found: re.Match[str]) -> str:
    """A raised note mark is metadata, not text: dropped inside a sentence, kept where it opens a note."""
    return found[1] if found.start() == 0 else ""


# ---------------------------------------------------------------- pieces to blocks

_NOTE = re.compile(
    r"\[\^[^\]]+\]:|[①-⑳]|\*\s*(?:收稿日期|基金|作者)|(?:收稿日期|基金项目|作者简介|通信作者|通讯作者|责任编辑)"
)
_SOURCE = re.compile(r"(?:数据|资料|图片)来源\s*[:：]|(?:Source|Sources|Note|Notes)\s*:|注\s*[:：]", re.IGNORECASE)
_CAPTION = re.compile(
    r"(?:续?[图表]\s*\d+(?:[-－.]\d+)?(?:\s|[:：.．、]|[\u4e00-\u9fff])(?!所示)|(?:Figure|Fig\.|Table|Box|Chart)\s*\d+(?:\.\d+)?\s*[:.\s|])",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(r"[\[［【]?\s*(?:摘\s*要|内容提要|提\s*要|Abstract|ABSTRACT)\s*[\]］】]?\s*[:：]?\s*")
_KEYWORDS = re.compile(r"[\[［【]?\s*(?:关\s*键\s*词|关键字|Key\s?words|KEY\s?WORDS|Keywords)\s*[\]］】]?\s*[:：]?\s*")
_REFERENCES = re.compile(r"[\[［【]?\s*(?:参\s*考\s*文\s*献|References|REFERENCES|Bibliography)\s*[\]］】]?\s*[:：]?")
_DOI = re.compile(r"(?:doi|DOI)\s*[:：]|分类号|中图分类号|文献标识码|文章编号")
_EDITOR = re.compile(r"[【\[（(]\s*(?:责任编辑|责任校对|编辑)")


def classify(pieces: Iterable[Piece]) -> Iterator[tuple[Block, Piece]]:
    """Each piece as a block of its kind; levels of headings are set later."""
    titled = in_references = in_abstract = after_title = False
    for piece in pieces:
        text = piece.text
        kind: Kind = "paragraph"
        if piece.kind is not None:
            kind = piece.kind
            titled, after_title = titled or kind == "title", kind == "title" or (after_title and kind != "heading")
            if kind == "heading":
                in_references, in_abstract = _REFERENCES.fullmatch(text) is not None, False
        elif piece.hashes and _REFERENCES.fullmatch(text):
            kind, in_references = "heading", True
        elif piece.rows:
            kind = "table"
        elif (_CAPTION.match(text) and len(text) <= 80 and not _ends(text)) or _SOURCE.match(text):
            kind = "caption"
        elif _NOTE.match(text) or _EDITOR.match(text):
            kind = "footnote"
        elif _KEYWORDS.match(text):
            kind, in_abstract = "keywords", False
        elif (found := _ABSTRACT.match(text)) and (found.end() < len(text) or piece.hashes):
            kind, in_abstract = "abstract", found.end() == len(text)
            if in_abstract:
                continue  # the word stands alone: the abstract is the next piece
        elif _DOI.match(text):
            kind = "note"
        elif piece.hashes and form(text) is None and (not titled or in_references):
            kind, after_title = "title", True
            titled, in_references = True, False
        elif after_title and not piece.hashes and _looks_like_authors(text):
            kind = "author"
        elif piece.hashes or _is_heading(piece):
            kind, in_references, after_title, in_abstract = "heading", False, False, False
        elif in_references:
            kind = "reference"
        elif in_abstract:
            kind = "abstract"
        elif piece.bullet:
            kind = "list_item"
        if kind == "paragraph":
            after_title = False
        yield Block(kind, text, rows=piece.rows, mark=piece.mark), piece


def _is_heading(piece: Piece) -> bool:
    """A line without `#`: a number form, short, and no full stop; all-bold lines need no number."""
    text = piece.text
    if piece.bullet or _ends(text) or re.search(r"[，,；;]$", text):
        return False
    short = len(text) <= MAX_HEADING_ZH if re.search(f"[{tokens.HAN}]", text) else len(text.split()) <= MAX_HEADING_EN
    if not short:
        return False
    found = form(text)
    if piece.bold:
        return found is not None or "：" not in text
    return found is not None and found[0] not in ("（1）", "1", "A.", "条") and not re.search(r"[。；;]", text)


def _looks_like_authors(text: str) -> bool:
    if re.search(f"[{tokens.HAN}]", text):
        return len(text) <= 60 and not re.search(r"[。；：:？！]", text)
    return len(text.split()) <= 16 and not _ends(text) and text[:1].isupper() and "," in text + ","


def _ends(text: str) -> bool:
    """Whether the text ends as a sentence or a lead-in does."""
    return re.search(r"[。！？!?：:；;….][”’」』》）)\]】]*$", text.strip()) is not None


def _join(blocks: Iterable[tuple[Block, Piece]]) -> Iterator[tuple[Block, Piece]]:
    """Paragraphs that a page's end, a footnote or a figure cut in two are one again.

    The first half doesn't end as a sentence does, and only furniture lies between; that follows the
    paragraph. The second half doesn't begin as an item or with a capital letter.
    """
    open_paragraph: tuple[Block, Piece] | None = None
    between: list[tuple[Block, Piece]] = []
    for block, piece in blocks:
        if open_paragraph is None:
            between.append((block, piece))
        elif block.kind == "paragraph" and _continues(open_paragraph[0].text, block.text):
            joined = replace(block, text=glue(open_paragraph[0].text, block.text))
            open_paragraph = joined, piece
            if not _ends(joined.text):
                continue
            yield open_paragraph
            open_paragraph = None
            yield from between
            between = []
            continue
        elif block.kind in ("caption", "footnote", "table", "note", "figure_text"):
            between.append((block, piece))
            continue
        else:
            yield open_paragraph
            yield from between
            between, open_paragraph = [(block, piece)], None
        if block.kind == "paragraph" and not _ends(block.text):
            yield from between[:-1]
            between, open_paragraph = [], (block, piece)
        else:
            yield from between
            between = []
    if open_paragraph is not None:
        yield open_paragraph
    yield from between


def _continues(before: str, after: str) -> bool:
    if form(after) is not None and not re.match(r"\d", after):
        return False
    if re.search(f"[{tokens.HAN}]", before[-6:]):
        return len(before) > MAX_HEADING_ZH or after[:1] in "，、；。）"
    return after[:1].islower() or before.endswith((",", "-", "–", "—"))


def levelled(blocks: Iterable[tuple[Block, Piece]]) -> Iterator[Block]:
    levels = Levels()
    for block, piece in blocks:
        if block.kind == "heading":
            yield replace(block, level=levels.of(block.text, max(piece.hashes - 1, 0)))
        else:
            yield block
