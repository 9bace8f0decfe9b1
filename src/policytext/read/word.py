"""Word files (.docx): which paragraphs are headings, what do automatic numbers say, which note belongs where?

The package is read as what it is, a ZIP archive of XML, because what matters here (numbering, notes, text boxes,
tracked changes, limits) lies outside what python-docx shows. Deleted text is left out, inserted text kept. There are
no pages: Word makes them when it draws the file, so blocks have no boxes.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lxml import etree

from policytext.errors import ReadError
from policytext.read.kinds import DATE, DOCUMENT_NUMBER, MAX_TITLE, RED_HEAD
from policytext.read.metadata import metadata_of
from policytext.read.numbering import Levels, form
from policytext.read.sniff import kind_of
from policytext.read.text import Piece, classify, glue
from policytext.types import Block, Document, Kind, Metadata

MAX_UNPACKED = 1 << 30
"""Bytes of the whole package, pictures included: reports with 300 photographs hold half of it."""

MAX_RATIO = 200
"""Unpacked over packed size of the package: Word's XML packs 10 to 40 times, a bomb 1,000 times."""

MAX_PART = 64 << 20
"""Bytes of one XML part that is read: a thousand pages of text hold 20 MB, and the parsed tree ten times as much."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}"

_STYLES: tuple[tuple[str, Kind], ...] = (
    (r"(?:title|subtitle|标题|副标题|文档标题|公文标题)", "title"),
    (r"(?:author|authors|作者|署名)", "author"),
    (r"(?:caption|题注|图题|表题|table of figures)", "caption"),
    (r"(?:toc ?\d?|toc heading|目录 ?\d?)", "toc"),
    (r"(?:bibliography|书目|参考文献)", "reference"),
    (r"(?:abstract|摘要)", "abstract"),
    (r"(?:footnote text|脚注文本|endnote text|尾注文本)", "footnote"),
)
"""Names of styles, in lower case, that tell what a paragraph is."""

_NOBODY = re.compile(
    r"admin(?:istrator)?|users?|owner|author|microsoft.*|windows.*|python-docx|.*用户|.*电脑|lenovo|hp", re.I
)
"""Authors that a program has put into a file's properties."""


def read_docx(path: Path) -> Document:
    """The document in a Word file; raises `ReadError` when it is no Word file, damaged, locked or a trap."""
    data = path.read_bytes()
    package = _Package.open(path, data)
    pieces = list(_pieces(package))
    blocks = tuple(_levelled(list(classify(pieces))))
    if not any(block.text for block in blocks):
        raise ReadError(path, "no text in the Word file; is it a file of pictures? (save it as PDF to recognise them)")
    blocks = (*package.furniture("header"), *blocks, *package.furniture("footer"))
    return Document(hashlib.sha256(data).hexdigest(), str(path), blocks, _metadata(blocks, package))


# ---------------------------------------------------------------- the package


@dataclass(frozen=True, slots=True)
class _Package:
    """The parts of a Word file that say something of its text; None where the file has no such part."""

    body: Any
    styles: _Styles
    numbers: _Numbers
    footnotes: dict[str, Any]
    endnotes: dict[str, Any]
    note_format: str
    properties: Any
    heads: tuple[tuple[str, Any], ...]

    @classmethod
    def open(cls, path: Path, data: bytes) -> _Package:
        archive = _archive(path, data)
        parts = _related(path, archive, "")
        main = next((target for kind, target in parts if kind == "officeDocument"), "")
        document = _part(path, archive, main)
        if document is None or document.tag != f"{_W}document":
            raise ReadError(path, _what_else(archive, document))
        related = _related(path, archive, main)
        found = {kind: _part(path, archive, target) for kind, target in related if kind in _READ}
        body = document.find(f"{_W}body")
        settings = next(document.iter(f"{_W}footnotePr"), None)
        heads = [(kind, _part(path, archive, target)) for kind, target in related if kind in ("header", "footer")]
        core = next((target for kind, target in parts if kind == "core-properties"), "")
        return cls(
            document if body is None else body,
            _Styles.of(found.get("styles")),
            _Numbers.of(found.get("numbering")),
            _notes(found.get("footnotes")),
            _notes(found.get("endnotes")),
            _value(settings, "numFmt") or "decimal",
            _part(path, archive, core),
            tuple((kind, tree) for kind, tree in heads if tree is not None),
        )

    def furniture(self, kind: Kind) -> Iterator[Block]:
        """The running heads or feet, each text once: they stand on every page, wherever Word ends one."""
        texts = (_whole(tree) for k, tree in self.heads if k == kind)
        yield from (Block(kind, text) for text in dict.fromkeys(texts) if text)


_READ = ("styles", "numbering", "footnotes", "endnotes")


def _archive(path: Path, data: bytes) -> zipfile.ZipFile:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ReadError(path, "needs a password; save an unprotected copy")
        raise ReadError(path, "an old Word file named .docx: open it in Word, WPS or LibreOffice and save it as .docx")
    if not data.startswith(b"PK"):
        raise ReadError(path, f"not a Word file: it begins like {kind_of(data)}; give the file its true suffix")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        sizes = [(info.file_size, info.compress_size) for info in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, OSError):
        raise ReadError(path, "damaged or truncated Word file; download it again") from None
    unpacked, packed = (sum(column) for column in zip(*sizes, strict=True)) if sizes else (0, 0)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1 << 16):
        raise ReadError(
            path, f"unpacks to {unpacked >> 20} MB, {unpacked // max(packed, 1)} times its size: a ZIP bomb, not read"
        )
    return archive


def _part(path: Path, archive: zipfile.ZipFile, name: str) -> Any:
    """The parsed XML of a part, None where there is none; entities and document types are refused, not expanded."""
    try:
        info = archive.getinfo(name)
        if info.file_size > MAX_PART:
            size = f"{info.file_size >> 20} MB of XML, over the limit of {MAX_PART >> 20} MB"
            raise ReadError(path, f"{name} holds {size}; split the document")
        content = archive.read(info)
        tree = etree.fromstring(
            content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        )
    except KeyError:
        return None
    except (zipfile.BadZipFile, etree.XMLSyntaxError, EOFError, NotImplementedError, RuntimeError, zlib.error):
        raise ReadError(path, f"damaged Word file ({name} can't be read); open it in Word and save it again") from None
    if tree.getroottree().docinfo.internalDTD is not None:
        raise ReadError(path, f"{name} declares XML entities, which Word never does; not read")
    return tree


def _what_else(archive: zipfile.ZipFile, document: Any) -> str:
    names = archive.namelist()
    for start, what in (
        ("xl/", "a spreadsheet"),
        ("ppt/", "a presentation"),
        ("META-INF/", "an OpenDocument or OFD file"),
    ):
        if any(name.startswith(start) for name in names):
            return f"{what} named .docx; give the file its true suffix, or save it as PDF"
    if document is not None and "purl.oclc.org" in document.tag:
        return 'a "Strict Open XML" file; save it as an ordinary Word document (.docx)'
    return "a ZIP archive without a Word document in it; give the file its true suffix"


def _related(path: Path, archive: zipfile.ZipFile, name: str) -> list[tuple[str, str]]:
    """Kind and name of the parts that a part refers to."""
    folder, base = posixpath.split(name)
    tree = _part(path, archive, posixpath.join(folder, "_rels", f"{base}.rels"))
    out = []
    for found in () if tree is None else tree.iter(f"{_REL}Relationship"):
        if found.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, found.get("Target", ""))).lstrip("/")
            out.append((found.get("Type", "").rpartition("/")[2], target))
    return out


def _notes(tree: Any) -> dict[str, Any]:
    return {} if tree is None else {x.get(f"{_W}id"): x for x in tree if x.get(f"{_W}type") in (None, "normal")}


# ---------------------------------------------------------------- styles


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style says itself; what it doesn't say stands in the style `based` on."""

    name: str
    based: str = ""
    properties: Any = None
    run: Any = None


@dataclass(frozen=True, slots=True)
class _Styles:
    styles: dict[str, _Style]
    default: str = ""

    @classmethod
    def of(cls, tree: Any) -> _Styles:
        styles, default = {}, ""
        for x in () if tree is None else tree.iter(f"{_W}style"):
            own = x.get(f"{_W}styleId", "")
            name = _value(x, "name").lower().strip()
            styles[own] = _Style(name, _value(x, "basedOn"), x.find(f"{_W}pPr"), x.find(f"{_W}rPr"))
            if x.get(f"{_W}type") == "paragraph" and x.get(f"{_W}default") in ("1", "true"):
                default = own
        return cls(styles, default)

    def chain(self, style: str) -> list[_Style]:
        """A style and those it is based on, nearest first; a circle ends it."""
        out: list[_Style] = []
        seen: set[str] = set()
        while style in self.styles and style not in seen:
            seen.add(style)
            out.append(self.styles[style])
            style = self.styles[style].based
        return out


# ---------------------------------------------------------------- numbering


@dataclass(slots=True)
class _Numbers:
    """The lists of a document: their levels, and how far each has counted. `next` must be called in reading order."""

    abstract: dict[str, dict[int, Any]]
    lists: dict[str, tuple[str, dict[int, Any], dict[int, int]]]
    styles: dict[str, int]
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, tree: Any) -> _Numbers:
        abstract: dict[str, dict[int, Any]] = {}
        lists: dict[str, tuple[str, dict[int, Any], dict[int, int]]] = {}
        for x in () if tree is None else tree.iter(f"{_W}abstractNum"):
            abstract[x.get(f"{_W}abstractNumId")] = {_int(v.get(f"{_W}ilvl")): v for v in x.iter(f"{_W}lvl")}
        for x in () if tree is None else tree.iter(f"{_W}num"):
            over, start = {}, {}
            for o in x.iter(f"{_W}lvlOverride"):
                level = _int(o.get(f"{_W}ilvl"))
                if (own := o.find(f"{_W}lvl")) is not None:
                    over[level] = own
                if value := _value(o, "startOverride"):
                    start[level] = _int(value)
            lists[x.get(f"{_W}numId")] = (_value(x, "abstractNumId"), over, start)
        by_style = {
            _value(v, "pStyle"): level
            for a, over, _ in lists.values()
            for level, v in (abstract.get(a, {}) | over).items()
            if _value(v, "pStyle")
        }
        return cls(abstract, lists, by_style)

    def next(self, number: str, level: int) -> tuple[str, bool]:
        """The mark of a list's next paragraph and whether it is a bullet; no mark where there is no such list."""
        own, over, restart = self.lists.get(number, ("", {}, {}))
        levels = self.abstract.get(own, {}) | over
        if level not in levels:
            return "", False
        counts = self.counts.setdefault(own, {})
        if number not in self.begun:  # a list of its own begins anew where it says so
            self.begun.add(number)
            counts |= {at: start - 1 for at, start in restart.items()}
        for at in range(level):
            counts.setdefault(at, self._start(levels, at))
        counts[level] = counts.get(level, self._start(levels, level) - 1) + 1
        for deeper in [at for at in counts if at > level]:
            del counts[deeper]
        style = _value(levels[level], "numFmt") or "decimal"
        if style == "bullet":
            return "•", True
        legal = levels[level].find(f"{_W}isLgl") is not None

        def shown(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            form = "decimal" if legal and at != level else _value(levels.get(at), "numFmt") or "decimal"
            return numeral(counts.get(at, 1), form)

        return re.sub(r"%([1-9])", shown, _value(levels[level], "lvlText")), False

    @staticmethod
    def _start(levels: dict[int, Any], at: int) -> int:
        value = _value(levels.get(at), "start")
        return _int(value) if value else 1


_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"


def numeral(n: int, form: str) -> str:
    """A number as Word's `numFmt` of that name writes it; in digits where we don't know the form.

    >>> [numeral(n, "chineseCountingThousand") for n in (3, 10, 12, 20, 105, 110)]
    ['三', '十', '十二', '二十', '一百零五', '一百一十']
    >>> numeral(14, "upperRoman"), numeral(28, "lowerLetter"), numeral(3, "decimalEnclosedCircle"), numeral(2, "none")
    ('XIV', 'bb', '③', '')
    """
    if form == "none":
        return ""
    if form == "decimalZero":
        return f"{n:02}"
    if form in ("upperLetter", "lowerLetter") and n > 0:
        letters = chr(65 + (n - 1) % 26) * ((n - 1) // 26 + 1)
        return letters if form == "upperLetter" else letters.lower()
    if form in ("upperRoman", "lowerRoman") and 0 < n < 4000:
        return _roman(n) if form == "upperRoman" else _roman(n).lower()
    if form.startswith("decimalEnclosedCircle") and 0 < n <= 20:
        return chr(0x245F + n)
    if form == "decimalEnclosedParen" and 0 < n <= 20:
        return chr(0x2473 + n)
    if form.startswith("decimalFullWidth"):
        return str(n).translate({48 + d: 0xFF10 + d for d in range(10)})
    if form == "ideographTraditional" and 0 < n <= 10:
        return _STEMS[n - 1]
    if form == "ideographZodiac" and 0 < n <= 12:
        return _BRANCHES[n - 1]
    if form in ("ideographDigital", "taiwaneseDigital", "japaneseDigitalTenThousand"):
        return "".join("〇一二三四五六七八九"[int(d)] for d in str(n))
    if form == "chineseLegalSimplified":
        return _chinese(n, "零壹贰叁肆伍陆柒捌玖", "拾佰仟")
    if re.match(r"chineseCounting|taiwaneseCounting|japaneseCounting|ideographLegal", form):
        return _chinese(n, "零一二三四五六七八九", "十百千")
    return str(n)


def _roman(n: int) -> str:
    out = ""
    for value, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        out += sign * (n // value)
        n %= value
    return out


def _chinese(n: int, digits: str, units: str) -> str:
    """A number below 10,000 in Chinese: 12 is 十二, 105 一百零五."""
    if not 0 <= n < 10_000:
        return str(n)
    text = "".join(
        digits[int(d)] + (units[place - 1] if place and d != "0" else "")
        for place, d in zip(range(len(str(n)) - 1, -1, -1), str(n), strict=True)
    )
    text = re.sub(f"{digits[0]}+", digits[0], text)
    text = text.rstrip(digits[0]) or digits[0]
    return text[1:] if text.startswith(digits[1] + units[0]) and units[0] == "十" else text


# ---------------------------------------------------------------- the body


@dataclass(slots=True)
class _Text:
    """The text of one paragraph as it is gathered: its lines, and what hangs on it."""

    lines: list[str] = field(default_factory=lambda: [""])
    notes: list[tuple[Any, str]] = field(default_factory=list)  # a reference, and its mark where it has one of its own
    boxes: list[Any] = field(default_factory=list)
    bold: int = 0
    size: int = 0

    @property
    def text(self) -> str:
        return "".join(self.lines)


class _Reader:
    """One pass over the body in order, because lists and notes count on."""

    def __init__(self, package: _Package) -> None:
        self._package = package
        self._counted = 0
        self._endnotes: list[tuple[str, Any]] = []

    def pieces(self) -> Iterator[tuple[Piece, int]]:
        """Each piece, and the size of its type in half points where it stands centred, else 0."""
        yield from self._of(self._package.body)
        for mark, note in self._endnotes:
            yield Piece(_whole(note), kind="footnote", mark=mark), 0

    def _of(self, parent: Any) -> Iterator[tuple[Piece, int]]:
        for child in _inside(parent):
            if child.tag == f"{_W}tbl":
                yield from self._table(child)
            elif child.tag == f"{_W}p":
                yield from self._paragraph(child)

    def _table(self, table: Any) -> Iterator[tuple[Piece, int]]:
        rows = [row for row in _inside(table, f"{_W}tr") if row.find(f"{_W}trPr/{_W}del") is None]
        cells = [_cells(row) for row in rows]
        if max(map(len, cells), default=0) <= 1:  # a frame round text, not a table
            for cell in (cell for row in rows for cell in _inside(row, f"{_W}tc")):
                yield from self._of(cell)
            return
        filled = tuple(row for row in cells if any(row))
        if filled:
            yield Piece("\n".join("\t".join(row) for row in filled), rows=filled, kind="table"), 0

    def _paragraph(self, p: Any) -> Iterator[tuple[Piece, int]]:
        found = _gathered(p)
        if _squeeze(found.text):
            yield from self._told(p.find(f"{_W}pPr"), found)
        for reference, mark in found.notes:
            yield from self._note(reference, mark)
        for box in found.boxes:
            yield from self._of(box)

    def _told(self, properties: Any, found: _Text) -> Iterator[tuple[Piece, int]]:
        """The paragraph with its automatic number, and what its style says it is."""
        style = _value(properties, "pStyle") or self._package.styles.default
        chain = self._package.styles.chain(style)
        sources = [properties, *(s.properties for s in chain)]
        sign, bullet = self._number(sources, style)
        parts = _broken(found.lines)
        parts[0] = sign + ("" if not sign or sign[-1] in "、．。）】〕：" else " ") + parts[0]
        kind = next((k for s in chain for pattern, k in _STYLES if re.fullmatch(pattern, s.name)), None)
        level = _outline(properties, chain)
        if level and kind not in ("toc", "caption", "title"):
            yield Piece(_glued(parts), hashes=level, kind="heading"), 0
            return
        bold = 2 * found.bold > len(found.text) or any(_on(s.run, "b") for s in chain[:1])
        number = form(parts[0])
        if kind is None and (bullet or (sign and not (bold and number))):
            kind = "list_item" if bullet or number is None or number[0] in _ITEMS else None
        size = 0
        if kind is None and next((v for s in sources if (v := _value(s, "jc"))), "") == "center":
            size = found.size or next((n for s in chain if (n := _int(_value(s.run, "sz")))), 1)
        if kind is not None or size:
            parts = [_glued(parts)]
        for part in parts:  # lines that somebody broke by hand are paragraphs
            yield Piece(part, bold=bold, bullet=bullet, kind=kind), size

    def _number(self, sources: list[Any], style: str) -> tuple[str, bool]:
        """The automatic number before the paragraph, and whether it is a bullet; empty without one."""
        for i, source in enumerate(sources):
            own = None if source is None else source.find(f"{_W}numPr")
            if own is not None:
                number, level = _value(own, "numId"), _int(_value(own, "ilvl"))
                if i and style in self._package.numbers.styles:
                    level = self._package.numbers.styles[style]
                sign, bullet = self._package.numbers.next(number, level)
                return "" if bullet else sign, bullet
        return "", False

    def _note(self, reference: Any, mark: str) -> Iterator[tuple[Piece, int]]:
        """The footnote that a reference names; an endnote waits for the end."""
        own = reference.get(f"{_W}id")
        if reference.tag == f"{_W}endnoteReference":
            if (note := self._package.endnotes.get(own)) is not None:
                self._endnotes.append((mark or numeral(len(self._endnotes) + 1, "lowerRoman"), note))
        elif (note := self._package.footnotes.get(own)) is not None:
            self._counted += not mark
            yield (
                Piece(_whole(note), kind="footnote", mark=mark or numeral(self._counted, self._package.note_format)),
                0,
            )


_ITEMS = ("（1）", "1", "1.", "1.1", "A.", "I.")
"""Number forms that number list items where no style makes them headings."""


def _gathered(p: Any) -> _Text:
    found = _Text()
    _gather(p, found)
    return found


def _gather(parent: Any, found: _Text) -> None:
    for child in _inside(parent):
        if child.tag == f"{_W}r":
            _gather_run(child, found)
        elif child.tag == f"{_M}t":
            found.lines[-1] += child.text or ""
        elif child.tag not in (f"{_W}pPr", f"{_W}p", f"{_W}tbl"):
            _gather(child, found)


def _gather_run(run: Any, found: _Text) -> None:
    properties = run.find(f"{_W}rPr")
    if _on(properties, "vanish"):
        return
    before = len(found.text)
    for x in _inside(run):
        if x.tag == f"{_W}t":
            found.lines[-1] += x.text or ""
        elif x.tag in (f"{_W}br", f"{_W}cr"):
            found.lines.append("")
        elif x.tag in (f"{_W}tab", f"{_W}ptab"):
            found.lines[-1] += " "
        elif x.tag == f"{_W}noBreakHyphen":
            found.lines[-1] += "-"
        elif x.tag in (f"{_W}footnoteReference", f"{_W}endnoteReference"):
            own = x.get(f"{_W}customMarkFollows") in ("1", "true", "on")
            found.notes.append((x, "".join(t.text or "" for t in run.iter(f"{_W}t")) if own else ""))
            if own:  # what follows in the run is the mark
                break
        elif x.tag == f"{_W}ruby":
            for base in _inside(x, f"{_W}rubyBase"):
                _gather(base, found)
        elif x.tag in (f"{_W}drawing", f"{_W}pict", f"{_W}object"):
            found.boxes += _boxes(x)
    if added := len(found.text) - before:
        found.bold += added if _on(properties, "b") else 0
        found.size = max(found.size, _int(_value(properties, "sz")))


def _boxes(parent: Any) -> Iterator[Any]:
    """The contents of the outermost text boxes of a drawing."""
    for child in parent:
        if child.tag == f"{_W}txbxContent":
            yield child
        elif child.tag != f"{_MC}Fallback":
            yield from _boxes(child)


def _pieces(package: _Package) -> Iterator[Piece]:
    """The paragraphs of the body; the largest of those that stand centred before the text are the title."""
    pieces = list(_Reader(package).pieces())
    official = [
        x.kind is None and bool(RED_HEAD.fullmatch(x.text) or DOCUMENT_NUMBER.fullmatch(x.text)) for x, _ in pieces
    ]
    opening = list(itertools.takewhile(lambda i: pieces[i][1] or official[i], range(len(pieces))))
    display = [i for i in opening if not official[i] and form(pieces[i][0].text) is None]
    largest = max((pieces[i][1] for i in display), default=0)
    title = [i for i in display if pieces[i][1] == largest and not any(x.kind == "title" for x, _ in pieces)]
    title = [i for n, i in enumerate(title[:MAX_TITLE]) if i == title[0] + n and not DATE.search(pieces[i][0].text)]
    for i, (piece, _) in enumerate(pieces):
        if i in title:
            if i == title[0]:
                yield Piece(_glued([pieces[j][0].text for j in title]), kind="title")
        else:
            yield replace(piece, kind="note") if official[i] else piece


def _levelled(blocks: list[tuple[Block, Piece]]) -> Iterator[Block]:
    """Headings with levels: a style's own, and below it what the number's form says where there is no style.

    A document without a title that one unnumbered heading of the first level opens, with several below it, has that
    for its title.
    """
    styled = [piece.hashes for block, piece in blocks if block.kind == "heading" and piece.hashes]
    titled = any(block.kind == "title" for block, _ in blocks)
    first = next((i for i, (block, _) in enumerate(blocks) if block.kind not in ("note", "toc")), -1)
    opens = not titled and len(styled) > 2 and styled.count(1) == 1 and first >= 0 and blocks[first][1].hashes == 1
    opens = opens and form(blocks[first][0].text) is None
    shift = min((level for level in styled if not (opens and level == 1)), default=1) - 1
    above, levels = 0, Levels()
    for i, (block, piece) in enumerate(blocks):
        if block.kind != "heading":
            yield block
        elif opens and i == first:
            yield replace(block, kind="title")
        elif piece.hashes:
            above, levels = piece.hashes - shift, Levels()
            yield replace(block, level=above)
        else:
            yield replace(block, level=above + levels.of(block.text))


def _metadata(blocks: tuple[Block, ...], package: _Package) -> Metadata:
    """What the text says of itself, with the file's properties as hints."""
    properties = () if package.properties is None else package.properties
    told = {etree.QName(x).localname: (x.text or "").strip() for x in properties}
    made = re.match(r"(?:19|20)\d\d", told.get("created", ""))
    creator = told.get("creator", "")
    authors, keywords = (
        tuple(x.strip() for x in re.split(r"[;；,，、]", text) if x.strip())
        for text in ("" if _NOBODY.fullmatch(creator) else creator, told.get("keywords", ""))
    )
    hints = Metadata(title=told.get("title", ""), authors=authors, keywords=keywords)
    return metadata_of(blocks, hints=hints, made=int(made[0]) if made else None)


# ---------------------------------------------------------------- XML


def _inside(parent: Any, tag: str = "") -> Iterator[Any]:
    """The children that count, through what only wraps them; what was deleted or moved away doesn't count."""
    for child in parent:
        if child.tag in (f"{_W}del", f"{_W}moveFrom", f"{_MC}Fallback"):
            continue
        if child.tag in _WRAPPERS:
            yield from _inside(child, tag)
        elif not tag or child.tag == tag:
            yield child


_WRAPPERS = {
    f"{_W}{x}" for x in ("ins", "moveTo", "sdt", "sdtContent", "customXml", "smartTag", "hyperlink", "fldSimple")
}
_WRAPPERS |= {f"{_MC}AlternateContent", f"{_MC}Choice", f"{_W}dir", f"{_W}bdo"}


def _value(parent: Any, name: str) -> str:
    """The `val` of a child element, empty without one."""
    found = None if parent is None else parent.find(f"{_W}{name}")
    return "" if found is None else found.get(f"{_W}val", "")


def _on(parent: Any, name: str) -> bool:
    """Whether a switch is there and not turned off."""
    found = None if parent is None else parent.find(f"{_W}{name}")
    return found is not None and found.get(f"{_W}val", "1") not in ("0", "false", "off")


def _int(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else 0


def _outline(properties: Any, chain: list[_Style]) -> int:
    """The level of a heading from 1, by the paragraph's own outline level or its style; 0 for none."""
    for own in (properties, *(s.properties for s in chain)):
        if value := _value(own, "outlineLvl"):
            return _int(value) + 1 if _int(value) < 9 else 0
    for style in chain:
        if found := re.fullmatch(r"(?:heading|标题|überschrift|titre) ?(\d)", style.name):
            return int(found[1])
    return 0


def _paragraphs(parent: Any) -> Iterator[Any]:
    """The paragraphs of a cell, a note or a running head, those in its tables too."""
    for child in _inside(parent):
        if child.tag == f"{_W}p":
            yield child
        elif child.tag in (f"{_W}tbl", f"{_W}tr", f"{_W}tc"):
            yield from _paragraphs(child)


def _whole(parent: Any) -> str:
    """The paragraphs of a cell, a note or a running head as one text, with their text boxes."""
    found = [_gathered(p) for p in _paragraphs(parent)]
    texts = [text for x in found for text in (_squeeze(x.text), *map(_whole, x.boxes)) if text]
    return _glued(texts)


def _glued(texts: list[str]) -> str:
    out = ""
    for text in texts:
        out = glue(out, text)
    return out


def _cells(row: Any) -> tuple[str, ...]:
    """The cells of a row, a merged one filled up with empty cells, so that columns stay under each other."""
    cells: list[str] = []
    for cell in _inside(row, f"{_W}tc"):
        properties = cell.find(f"{_W}tcPr")
        merged = None if properties is None else properties.find(f"{_W}vMerge")
        goes_on = merged is not None and merged.get(f"{_W}val", "continue") == "continue"
        cells.append("" if goes_on else _whole(cell))
        cells += [""] * (max(_int(_value(properties, "gridSpan")), 1) - 1)
    return tuple(cells)


def _squeeze(text: str) -> str:
    return re.sub(r"[ \t\r\n\u00a0\u3000]+", " ", text).strip()


def _broken(lines: list[str]) -> list[str]:
    """The paragraphs that line breaks make: a line ends one where a sentence ends with it."""
    parts: list[str] = []
    for line in filter(None, map(_squeeze, lines)):
        if parts and not re.search(r"[。！？.!?：:；;][”’」』》）)\"']*$", parts[-1]):
            parts[-1] = glue(parts[-1], line)
        else:
            parts.append(line)
    return parts
