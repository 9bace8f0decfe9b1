"""Web pages: what on the page is the document, and what is the site around it?

Parsed by lxml and cut by us: the pages that matter here are official notices, whose lists of attachments, document
numbers and short paragraphs extractors of news articles drop. Nothing is fetched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lxml import etree, html

from policytext.errors import ReadError
from policytext.read.kinds import DATE, DOCUMENT_NUMBER, NOTICE, RED_HEAD
from policytext.read.metadata import issuer_of, metadata_of
from policytext.read.sniff import kind_of
from policytext.read.text import Piece, classify, decode, glue, levelled
from policytext.types import Block, Document, Metadata

MAX_BYTES = 32 << 20
"""Bytes of a page: the longest laws hold 5 MB; the parsed tree takes ten times as much memory."""

MAIN = 0.8
"""Share of the text outside links that the part of the page with the document holds."""

LINKS = 0.6
"""Share of a list's or cell's text in links from which it is a menu."""

_DROPPED = {"script", "style", "noscript", "template", "nav", "aside", "form", "button", "select", "iframe", "object"}
_DROPPED |= {"svg", "head", "input", "textarea", "video", "audio", "canvas", "footer", "dialog", "map"}
_BLOCKS = {
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "body",
    "center",
    "blockquote",
    "figure",
    "address",
    "pre",
}
_BLOCKS |= {
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "tbody",
    "thead",
    "tfoot",
    "tr",
    "td",
    "th",
    "fieldset",
    "details",
}
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "hr", "caption", "figcaption", "summary", "html", "ucapcontent"}
_SITE = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|bread[-_]?crumbs?|crumbs?|side[-_]?bar|share|footer|foot|copyright|related|"
    r"recommend\w*|comments?|pagination|pager|cookie\w*|log-?in|search\w*|tool-?bar|qr-?code|skip\w*|advert\w*|ads?|"
    r"popup|modal|subscribe|social\w*|fontsize|hotnews|friend-?links?)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Classes and ids by which sites name what is not the document."""

_PLACE = re.compile(r"(?:当前位置|您的位置|您现在的位置|首页\s*[>＞»]|Home\s*[>»]|You are here)")
_CHROME = re.compile(
    r"(?:发布时间|发布日期|来源|信息来源|作者|责任编辑|浏览次数|阅读次数|点击数|字号|字体|字体大小)\s*[:：]"
)
_FIELD = re.compile(
    r"(索\s*引\s*号|主题分类|发\s*文\s*机\s*关|发\s*布\s*机\s*构|成文日期|发文日期|发布日期|公开日期|标\s*题|名\s*称"
    r"|发\s*文\s*字\s*号|文\s*号|主\s*题\s*词|有\s*效\s*性|公文种类|生效日期)\s*[:：]\s*(.*)"
)
_ATTACHED = re.compile(r"附\s*件\s*[:：\d一二三四五六]?|（此件|\(此件")
_CJK = "[\u3000-\u9fff\uff00-\uffef“”]"
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|wps|ofd|zip|rar)(?:$|[?#])", re.IGNORECASE)


def read_html(path: Path) -> Document:
    """The document on a saved web page; raises `ReadError` when the file is no page, too large or holds no text."""
    data = path.read_bytes()
    if len(data) > MAX_BYTES:
        raise ReadError(
            path,
            f"a page of {len(data) >> 20} MB, over the limit of {MAX_BYTES >> 20} MB; print it to PDF, or split it",
        )
    what = kind_of(data)
    if what not in ("an HTML page", "another format"):
        raise ReadError(path, f"{what} named {path.suffix}; give it its true suffix, or save the document itself")
    try:
        page = _parsed(path, _decoded(data))
        told = _told(page)
        pieces = list(_official(_pieces(page), told))
    except (UnicodeDecodeError, LookupError):
        raise ReadError(path, "unknown text encoding; open the page in a browser and save it as UTF-8") from None
    except etree.LxmlError:
        raise ReadError(path, "a broken HTML page; open it in a browser and print it to PDF") from None
    blocks = tuple(levelled(classify(pieces)))
    if not any(block.text for block in blocks):
        raise ReadError(path, "no text on the page (a script fills it?); open it in a browser and print it to PDF")
    return Document(hashlib.sha256(data).hexdigest(), str(path), blocks, _metadata(blocks, told))


def _decoded(data: bytes) -> str:
    """The page's text: UTF-8 where it is that, else what the page says of itself, else what reads as Chinese."""
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return decode(data)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    said = re.search(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", data[:4096])
    name = said[1].decode("ascii").lower() if said else ""
    if name in ("gb2312", "gbk", "gb_2312-80", "x-gbk"):
        name = "gb18030"  # a superset; pages that say gb2312 use characters beyond it
    try:
        text = data.decode(name, "replace") if name else ""
    except LookupError:
        text = ""
    if text and text.count("\ufffd") <= len(text) / 500:  # a few bytes are broken on many pages
        return text
    return decode(data)


def _parsed(path: Path, text: str) -> Any:
    """The page's tree; entities of its own are not expanded and nothing is fetched.

    Where elements are nested deeper than libxml2's limit of 256 it drops the rest of the page without an exception.
    """
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).replace("\x00", "")
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    page = html.document_fromstring(text or "<html></html>", parser=parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise ReadError(path, "elements nested without end; open the page in a browser and print it to PDF")
    return page


# ---------------------------------------------------------------- what the page says of itself


def _told(page: Any) -> dict[str, str]:
    """The page's own statements by their names: its `meta` elements, its title, and the fields of a notice's head."""
    told: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").lower()
        content = _squeeze(meta.get("content") or "")
        if content and name in told and name in ("citation_author", "dc.creator", "dcterms.creator"):
            told[name] += f"; {content}"  # an element for each author
        elif content:
            told.setdefault(name, content)
    title = next((_squeeze(x.text_content()) for x in page.iter("title")), "")
    told["title"] = re.split(r"\s*[_|｜]\s*|\s+[-–—]\s+|(?<=[\u4e00-\u9fff])\s*[-–—]+\s*(?=[\u4e00-\u9fff])", title)[0]
    return told


_CITED = {
    "journal": ("citation_journal_title", "prism.publicationname"),
    "issuer": ("citation_technical_report_institution", "dc.publisher", "dcterms.publisher"),
    "doi": ("citation_doi", "prism.doi"),
    "volume": ("citation_volume", "prism.volume"),
    "issue": ("citation_issue", "prism.number"),
    "issn": ("citation_issn", "prism.issn"),
}
"""The elements that publishers write for citations (Highwire, Dublin Core, PRISM), by our fields."""


def _metadata(blocks: tuple[Block, ...], told: dict[str, str]) -> Metadata:
    """What the page says in its elements for citations, then what its text says; the site's own date as a hint."""

    def first(*names: str) -> str:
        return next((told[k] for k in names if told.get(k)), "")

    def several(*names: str) -> tuple[str, ...]:
        return tuple(x.strip() for x in re.split(r"[;；]", first(*names)) if x.strip())

    pages = "-".join(dict.fromkeys(filter(None, (first("citation_firstpage"), first("citation_lastpage")))))
    cited: dict[str, Any] = {field: first(*names) for field, names in _CITED.items()}
    said = Metadata(
        **cited,
        title=first("citation_title", "dc.title", "dcterms.title"),
        authors=tuple(
            _forwards(a) for a in several("citation_author", "citation_authors", "dc.creator", "dcterms.creator")
        ),
        year=_year(first("citation_publication_date", "citation_date", "citation_year", "dc.date", "dcterms.issued")),
        keywords=several("citation_keywords"),
        pages=pages,
    )
    hints = Metadata(
        title=first("articletitle", "og:title", "title"),
        authors=several("author", "article:author"),
        year=_year(first("article:published_time", "pubdate", "publishdate", "date")),
    )
    found = metadata_of(blocks, said=said, hints=hints)
    fields = {re.sub(r"\s", "", m[1]): m[2] for b in blocks if b.kind == "note" and (m := _FIELD.fullmatch(b.text))}
    issuer = fields.get("发文机关") or fields.get("发布机构") or found.issuer or issuer_of(found.title)
    number = DOCUMENT_NUMBER.search(fields.get("发文字号") or fields.get("文号") or "")
    dated = None if said.year else _year(fields.get("成文日期") or fields.get("发文日期") or "")
    return replace(found, issuer=issuer, number=number[0] if number else found.number, year=dated or found.year)


def _year(date: str) -> int | None:
    found = re.search(r"(?:19|20)\d\d", date)
    return int(found[0]) if found else None


def _forwards(name: str) -> str:
    """A name as it is spoken: indexes write the surname first."""
    surname, comma, given = name.partition(",")
    return f"{given.strip()} {surname.strip()}" if comma else name


# ---------------------------------------------------------------- which part of the page


def _main(page: Any) -> Any:
    """The innermost element that holds most of the text outside links; what the site puts round it is taken away."""
    body = page.find("body") if page.tag == "html" else page
    if body is None:
        body = page
    whole = _weight(body)
    for element in list(body.iter()):
        if element.getparent() is not None and isinstance(element.tag, str) and _of_the_site(element, whole):
            element.drop_tree()
    main = body
    while True:
        inner = max((x for x in main if isinstance(x.tag, str)), key=_weight, default=None)
        if inner is None or inner.tag not in (
            "div",
            "section",
            "article",
            "main",
            "table",
            "tbody",
            "tr",
            "td",
            "ucapcontent",
        ):
            return main
        if inner.tag == "table" and _is_data(inner):
            return main
        if _weight(inner) < MAIN * max(_weight(main), 1):
            return main
        main = inner


def _weight(element: Any) -> int:
    """Characters outside links."""
    return len(_squeeze(element.text_content())) - sum(len(_squeeze(a.text_content())) for a in element.iter("a"))


def _of_the_site(element: Any, whole: int) -> bool:
    """Whether an element is furniture of the site or hidden. What holds half of the page's text never is."""
    if element.tag in _DROPPED:
        return True
    name = f"{element.get('class', '')} {element.get('id', '')}"
    role = element.get("role", "") in (
        "navigation",
        "banner",
        "contentinfo",
        "search",
        "complementary",
        "menu",
        "dialog",
    )
    style = re.sub(r"\s", "", element.get("style", ""))
    hidden = "display:none" in style or "visibility:hidden" in style or element.get("hidden") is not None
    menu = element.tag in ("ul", "ol", "dl") and _is_menu(element)
    if not (role or hidden or menu or _SITE.search(name)):
        return element.tag == "header" and not any(True for _ in element.iter("h1", "h2"))
    return 2 * _weight(element) < whole or whole == 0


def _is_menu(element: Any) -> bool:
    """Whether a list is mostly links to other pages; links to files are attachments, those into the page notes."""
    links = [
        a for a in element.iter("a") if not _FILE.search(a.get("href", "")) and not a.get("href", "").startswith("#")
    ]
    text = len(_squeeze(element.text_content()))
    return len(links) >= 3 and sum(len(_squeeze(a.text_content())) for a in links) > LINKS * text


# ---------------------------------------------------------------- pieces


@dataclass(slots=True)
class _Line:
    """Text between two block elements as it is gathered; a line feed is a `br`."""

    text: str = ""
    bold: int = 0


@dataclass(slots=True)
class _Walker:
    """One pass over the main part in order; `marks` are the notes' marks by the ids that they point to."""

    marks: dict[str, str]
    out: list[Piece] = field(default_factory=list)
    line: _Line = field(default_factory=_Line)
    lead: str = ""

    def flush(self, **told: Any) -> None:
        """The gathered text as pieces: one for each paragraph that line breaks make."""
        line, self.line = self.line, _Line()
        bold = 2 * line.bold > len(line.text.strip()) > 0
        for n, text in enumerate(_broken(line.text)):
            lead, self.lead = self.lead, ""
            kind = "list_item" if lead and "kind" not in told and lead != "•" else told.get("kind")
            text = f"{lead} {text}" if lead not in ("", "•") else text
            self.out.append(Piece(text, **{"bold": bold, "bullet": lead == "•" and n == 0, **told, "kind": kind}))

    def walk(self, element: Any, *, bold: bool = False) -> None:
        for child in (element, *element):
            if child is not element:
                self.element(child, bold=bold)
            text = child.text if child is element else child.tail
            if text:
                own = re.sub(r"[ \t\r\n\xa0]+", " ", re.sub(rf"(?<={_CJK})\s*\n\s*(?={_CJK})", "", text))
                self.line.text += own
                self.line.bold += len(own.strip()) if bold else 0

    def element(self, x: Any, *, bold: bool) -> None:
        tag = x.tag if isinstance(x.tag, str) else ""
        if not tag or tag in _DROPPED:
            return
        if tag == "br":
            self.line.text += "\n"
        elif tag == "sup" and re.fullmatch(r"[\[(（［]?(?:\d{1,3}|[①-⑳*†‡a-z])[\])）］]?", _squeeze(x.text_content())):
            return  # a note's mark is no text
        elif tag not in _BLOCKS:
            self.walk(x, bold=bold or tag in ("b", "strong"))
        else:
            self.flush()
            self.block(x, tag, bold=bold)
            self.flush()

    def block(self, x: Any, tag: str, *, bold: bool) -> None:
        mark = self.marks.get(x.get("id", ""))
        if mark is not None:
            text = re.sub(rf"^{re.escape(mark)}[\s.、]*|\s*[↩↑^]+\s*|\ufe0e", "", _squeeze(x.text_content()))
            self.out.append(Piece(text, kind="footnote", mark=mark))
        elif re.fullmatch("h[1-6]", tag):
            self.walk(x)
            self.line.text = self.line.text.replace("\n", " ")
            self.flush(hashes=int(tag[1]), bold=False)
        elif tag == "pre":
            self.line.text += x.text_content()
        elif tag in ("caption", "figcaption"):
            self.walk(x)
            self.flush(kind="caption")
        elif tag == "table" and _is_data(x):
            self.table(x)
        elif tag == "ol":
            start = x.get("start", "1")
            for n, item in enumerate(x.iterchildren("li"), int(start) if start.isdigit() else 1):
                self.lead = f"{n}."
                self.element(item, bold=bold)
        else:
            if tag == "li" and not self.lead:
                self.lead = "•"
            self.walk(x, bold=bold or tag == "th")

    def table(self, x: Any) -> None:
        for caption in x.iterchildren("caption"):
            self.element(caption, bold=False)
        rows = tuple(row for row in _rows(x) if any(row))
        fields = [
            f"{a}{b}" for row in rows for a, b in zip(row[::2], [*row[1::2], ""], strict=False) if _FIELD.match(a)
        ]
        if len(fields) >= 2:  # the head of a notice: index number, issuing body, document number
            self.out += [Piece(_squeeze(text), kind="note") for text in fields]
        elif rows:
            self.out.append(Piece("\n".join("\t".join(row) for row in rows), rows=rows, kind="table"))


def _pieces(page: Any) -> list[Piece]:
    """The pieces of the main part; a heading of the first level outside it comes first, as the title."""
    top = next((_squeeze(x.text_content()) for x in page.iter("h1") if not _in_site(x)), "")
    main = _main(page)
    marks = {
        a.get("href")[1:]: re.sub(r"[\[\](（）)［］\s]", "", sup.text_content())
        for sup in main.iter("sup")
        for a in (*sup.iter("a"), *sup.iterancestors("a"))
        if re.match(r"#\w", a.get("href", ""))
    }
    walker = _Walker(marks)
    walker.walk(main)
    walker.flush()
    pieces = walker.out
    if top and not any(piece.hashes == 1 for piece in pieces):
        pieces = [Piece(top, hashes=1), *(piece for piece in pieces if piece.text != top)]
    return pieces


def _in_site(x: Any) -> bool:
    return any(a.tag in _DROPPED or _SITE.search(f"{a.get('class', '')} {a.get('id', '')}") for a in x.iterancestors())


def _official(pieces: list[Piece], told: dict[str, str]) -> Iterator[Piece]:
    """The pieces with what a notice is made of named: its title, number, attachments, signature and date."""
    own = {re.sub(r"\s", "", told[k]) for k in ("articletitle", "og:title", "title") if told.get(k)}
    titled = next((x.text for x in pieces if x.hashes == 1), "")
    attached = False
    for i, piece in enumerate(pieces):
        text = piece.text
        plain = piece.kind is None and not piece.hashes and not piece.bullet
        signs = plain and _signs(pieces, i, after_attachment=attached)
        goes_on = attached and re.match(r"\d{1,2}\s*[.．、]", text) is not None
        attached = plain and (goes_on or _ATTACHED.match(text) is not None)
        if _PLACE.match(text):
            continue
        if plain and text == titled:
            continue  # the title once more, above the text
        if plain and not titled and len(text) >= 6 and (re.sub(r"\s", "", text) in own or NOTICE.fullmatch(text)):
            titled = text
            yield replace(piece, kind="title")
        elif (
            plain and (attached or DOCUMENT_NUMBER.fullmatch(text) or _is_chrome(text) or _FIELD.fullmatch(text))
        ) or (plain and ((RED_HEAD.fullmatch(text) and i < 3) or signs)):
            yield replace(piece, kind="note")
        else:
            yield piece


def _is_chrome(text: str) -> bool:
    return _CHROME.match(text) is not None and len(text) <= 120


def _signs(pieces: list[Piece], i: int, *, after_attachment: bool) -> bool:
    """Whether a piece is the date under a document, or the body that signs it above the date."""
    if i == 0 or len(pieces[i].text) > 40 or re.search(r"[。：:；;，,]$", pieces[i].text):
        return False
    after = pieces[i + 1].text if i + 1 < len(pieces) else ""
    ended = after_attachment or re.search(r"[。）)：:]$|\.$", pieces[i - 1].text) is not None
    return DATE.fullmatch(pieces[i].text) is not None or (ended and DATE.fullmatch(after) is not None)


# ---------------------------------------------------------------- tables and text


def _is_data(table: Any) -> bool:
    """Whether a table has rows of cells, and is not a frame that places text on the page."""
    if any(True for _ in table.iterdescendants("table")):
        return False
    rows = _rows(table)
    long = any(len(cell) > 600 for row in rows for cell in row)
    return len(rows) >= 2 and max(map(len, rows)) >= 2 and not long


def _rows(table: Any) -> list[tuple[str, ...]]:
    """The cells of each row, merged ones filled up with empty cells, so that columns stay under each other."""
    rows: list[tuple[str, ...]] = []
    below: dict[int, int] = {}  # column → rows that a cell above still fills
    for tr in table.iter("tr"):
        row: list[str] = []

        def filled(row: list[str] = row) -> None:
            while below.get(len(row), 0) > 0:
                below[len(row)] -= 1
                row.append("")

        for cell in tr.iterchildren("td", "th"):
            filled()
            deep, wide = (min(int(v), 200) if (v := cell.get(k, "1")).isdigit() else 1 for k in ("rowspan", "colspan"))
            for n in range(max(wide, 1)):
                below[len(row)] = max(deep, 1) - 1
                row.append("" if n else _squeeze(cell.text_content()))
        filled()
        rows.append(tuple(row))
    return rows


def _squeeze(text: str) -> str:
    """Text on one line: no space where a line of the source ended between Chinese characters."""
    lines = [re.sub(r"[ \t\r\xa0\u3000\u200b\ufeff]+", " ", line).strip() for line in text.split("\n")]
    out = ""
    for line in filter(None, lines):
        out = glue(out, line)
    return out


def _broken(text: str) -> list[str]:
    """The paragraphs of a text with line breaks: a blank line, an indent, or the end of a sentence parts them."""
    parts: list[str] = []
    fresh = True
    for raw in text.split("\n"):
        line = re.sub(r"[ \t\r\xa0\u200b\ufeff]+", " ", raw).strip(" ")
        clean = re.sub(r"\s+", " ", line).strip()
        if not clean:
            fresh = True
        elif (
            parts
            and not fresh
            and not line.startswith("\u3000")
            and not re.search(r"[。！？.!?：:；;][”’」）)\"]*$", parts[-1])
        ):
            parts[-1] = glue(parts[-1], clean)
        else:
            parts.append(clean)
            fresh = False
    return parts
