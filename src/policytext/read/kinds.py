"""What is this paragraph on its page: a title, a heading and of which level, a reference, running text?

Numbering says most, then style: how a line differs from the running text, and how rare that is. Where a
document numbers its headings, unnumbered lines must look like headings to be taken for some.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from policytext.read.floats import Float
from policytext.read.lines import Line, Style, mostly_han
from policytext.read.notes import Note
from policytext.read.numbering import UNNUMBERED_TOPS, Levels, decimal, follows, form
from policytext.read.paragraphs import BULLET, TERMINAL, Element, Paragraph, joined
from policytext.read.runs import PageContent
from policytext.read.structure import BESIDE, Claims, key_of
from policytext.types import Block, Box, Kind

MAX_HEADING_ZH = 50
MAX_HEADING_EN = 26
"""Characters and words of a heading, at most."""

MAX_TITLE = 4
"""Lines of a title, at most."""

LARGER = 1.05
"""Size of a heading over the running text's that is seen as larger."""

TITLE_SIZE = 1.18
"""Size of a title over the running text's, at least."""

MAX_TAGGED = 0.25
"""Share of the text that tags may call headings and be believed."""

MIN_TAGGED = 3
"""Tagged headings of a document that are believed; fewer are one person's accident."""

MIN_LISTED = 4
"""Letters of an entry of a table of contents that is looked for in the text."""

MIN_CAPTIONS = 3
OVER_TABLES = 0.6
"""Lines of one style, and their share, that stand right above tables where the style is that of tables' titles."""

RARE = 0.16
"""Share of the document's characters up to which a style can be that of headings."""

_ABSTRACT = re.compile(
    r"[\[［【]?\s*(?:内容摘要|摘\s*要|内容提要|提\s*要|ABSTRACT|Abstract|A\s*b\s*s\s*t\s*r\s*a\s*c\s*t)\s*[\]］】]?\s*[:：.]?\s*(?=\S|$)"
)
_KEYWORDS = re.compile(
    r"[\[［【]?\s*(?:关\s*键\s*词|关键字|Key\s?words(?: and phrases)?|KEY\s?WORDS|Keywords|Index Terms)\s*[\]］】]?\s*[:：—-]?\s*"
)
_REFERENCES = re.compile(
    r"[\[［【]?\s*(?:主要)?(?:参\s*考\s*文\s*献|参考资料|引用文献|注\s*释|References|REFERENCES|Bibliography|BIBLIOGRAPHY|Works Cited|Literature)\s*[\]］】]?\s*[:：]?"
)
_NOTE = re.compile(
    r"DOI\s*[:：]|doi\s*[:：]|中图分类号|\[?中图分类|文献标识码|文章编号|JEL\s|[【\[（(]\s*(?:责任编辑|责任校对|编辑|责编)|责任编辑\s*[:：]"
    r"|抄\s*送\s*[:：]|主\s*送\s*[:：]|（此件|此件(?:公开|主动)|附件\s*[:：\d一二三四五六]?|.{2,30}(?:办公厅|办公室|秘书处)[\s　]*(?:19|20)\d\d年.{2,6}日印发"
)
_FIRST_PAGE = re.compile(
    r"[*＊∗]?\s*[\[［【]?(?:收稿日期|修回日期|投稿日期|基金项目|资助项目|作者简介|作者单位|通信作者|通讯作者|第一作者)"
)
DOCUMENT_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,12}[〔\[［(（]\s*(?:19|20)\d\d\s*[〕\]］)）]\s*(?:第\s*)?\d{1,5}\s*号")
DATE = re.compile(
    r"(?:(?:19|20)\d\d|二[〇○零][一二三四五六七八九〇○零]{2})\s*年.{1,4}月(?:.{1,4}日)?|(?:\d{1,2} )?[A-Z][a-z]+ (?:\d{1,2}, )?(?:19|20)\d\d"
)
RED_HEAD = re.compile(r".{2,30}(?:文件|公报|令|函|通报|简报|内参)")
NOTICE = re.compile(
    r"关于.{4,80}的(?:通知|公告|决定|意见|函|报告|批复|公示|请示|通报|复函|答复|建议|提案)(?:（.{1,12}）)?"
)
_LEADERS = re.compile(r"(?:[.．·・‥…_]\s?){4,}\s*(?:\d{1,4}|[ivxlc]{1,6})?\s*$|[…]{2,}\s*\d{0,4}\s*$")
_CONTENTS = re.compile(r"(?:目\s*录|目\s*次|CONTENTS|Contents|Table of Contents|TABLE OF CONTENTS)")
_CAPTION_WORD = re.compile(r"(?:Figure|Table|Box|Chart|图|表)\s*\d", re.IGNORECASE)
_ITEM_FORMS = ("（1）", "1", "1.", "A.", "I.", "条")
"""Number forms that number list items as often as headings: only style makes them headings."""

_BOX = re.compile(r"(?:Example|Case study|Illustration|Vignette|案例|例|专栏)\s*\d{0,2}\s*[:：]", re.IGNORECASE)
"""How a box in the text is named: the text after it goes on with the section."""

_NO_HEADING = re.compile(rf"^(?:{DATE.pattern})$|https?://|www\.|[\w.]+@[\w-]+\.[\w.]+")
"""What stands alone and looks like a heading, but is a date or an address."""

_RUN_IN_END = re.compile(r"[。.：:？?]\s*$")


@dataclass(frozen=True, slots=True)
class Styles:
    """How the document is set: the style of its running text, and how many characters each style has."""

    body: Style
    shares: Mapping[Style, float]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Styles:
        """The styles of these lines; the running text's is that of most characters."""
        counts: Counter[Style] = Counter()
        for line in lines:
            counts[line.style] += len(line.text)
        if not counts:
            return cls(Style(10.0, bold=False, italic=False, color=0, font=""), {})
        sizes: Counter[float] = Counter()
        for style, n in counts.items():
            sizes[style.size] += n
        size = sizes.most_common(1)[0][0]
        body = max((s for s in counts if s.size == size), key=lambda s: counts[s])
        total = counts.total()
        return cls(body, {style: n / total for style, n in counts.items()})

    def larger(self, style: Style) -> bool:
        """Whether type is visibly larger than the running text's."""
        return style.size >= LARGER * self.body.size

    def stands_out(self, style: Style, *, han: bool) -> bool:
        """Whether a line in this style is seen as something else than running text, and is rare enough for it."""
        if style.size < 0.93 * self.body.size or self.shares.get(style, 0.0) > RARE:
            return False
        other_font = han and style.font != self.body.font and bool(self.body.font)
        other_color = _visible(style.color) and style.color != self.body.color
        return self.larger(style) or (style.bold and not self.body.bold) or other_color or other_font


def _visible(color: int) -> bool:
    """Whether a colour is told from black: greys and inks near it are not."""
    red, green, blue = color >> 16 & 255, color >> 8 & 255, color & 255
    return max(red, green, blue) - min(red, green, blue) >= 40


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph with what is asked of it again and again."""

    text: str
    paragraph: Paragraph
    han: bool
    boxes: tuple[Box, ...]

    @property
    def style(self) -> Style:
        return self.paragraph.first.style

    @property
    def lines(self) -> int:
        return len(self.paragraph.lines)

    @property
    def page(self) -> int:
        return self.paragraph.first.page

    @property
    def ends(self) -> bool:
        return TERMINAL.search(self.text) is not None

    @property
    def short(self) -> bool:
        return len(self.text) <= MAX_HEADING_ZH if self.han else len(self.text.split()) <= MAX_HEADING_EN

    def centred(self) -> bool:
        """Whether its first line stands away from both edges of its column, equally far."""
        line, edge = self.paragraph.first, self.paragraph.edge
        left, right = line.x0 - edge.left, edge.right - line.x1
        return left > 2 * line.size and right > 2 * line.size and abs(left - right) < 0.2 * (left + right) + line.size


def blocks_of(
    elements: Sequence[Element],
    styles: Styles,
    words: frozenset[str],
    pages: Mapping[int, PageContent],
    claims: Claims,
) -> Iterator[Block]:
    """The elements as blocks, in their order; `claims` are the file's bookmarks."""
    entries = [_entry(element, words, pages) for element in elements]
    entries = [
        part
        for entry in entries
        for part in (_cut_run_in(entry, styles, words, pages) if isinstance(entry, _Piece) else [entry])
    ]
    entries = _whole_display(entries, styles, words, pages)
    pieces = [entry for entry in entries if isinstance(entry, _Piece)]
    over_table = {
        id(a)
        for a, b in itertools.pairwise(entries)
        if isinstance(a, _Piece) and isinstance(b, Block) and b.kind in ("table", "figure_text")
    }
    kinds = _Kinds(pieces, styles, claims, over_table)
    levels = _Levels(kinds.claimed)
    labels = kinds.labels()
    signs = {(e.lines[0].page, _sign(e.mark)): e.mark for e in elements if isinstance(e, Note) and e.mark and e.lines}
    for entry in entries:
        if isinstance(entry, Block):
            if entry.text or entry.kind != "figure_text":
                yield entry
            continue
        kind = labels[id(entry)]
        level = levels.of(entry) if kind == "heading" else None
        text = entry.text
        if kind == "author":
            text = joined([replace(line, text=line.spaced or line.text) for line in entry.paragraph.lines], words)
        if kind == "list_item" and (bullet := BULLET.match(text)):
            text = text[bullet.end() :] or text
        yield Block(kind, text, level, entry.boxes, notes=_notes_of(entry, signs))


def _notes_of(piece: _Piece, signs: Mapping[tuple[int, str], str]) -> tuple[str, ...]:
    """The marks of the notes on the same page that a paragraph refers to; `signs` are the notes' own, by page."""
    marks = [(line.page, _sign(mark)) for line in piece.paragraph.lines for mark in line.marks]
    return tuple(dict.fromkeys(signs[mark] for mark in marks if mark in signs))


def _sign(mark: str) -> str:
    """A note's mark without what stands round it: [3], 3) and 3 are one."""
    return re.sub(r"[\s\[\]［］〔〕()（）.．,，、]", "", mark)


def _entry(element: Element, words: frozenset[str], pages: Mapping[int, PageContent]) -> _Piece | Block:
    if isinstance(element, Float):
        box = pages[element.page].box(element.x0, element.top, element.x1, element.bottom)
        return Block(element.kind, _float_text(element, words), boxes=(box,), rows=element.rows)
    if isinstance(element, Note):
        return Block("footnote", joined(element.lines, words), boxes=_boxes(element.lines, pages), mark=element.mark)
    return _piece(element, words, pages)


def _piece(paragraph: Paragraph, words: frozenset[str], pages: Mapping[int, PageContent]) -> _Piece:
    text = joined(paragraph.lines, words)
    boxes = tuple(box for strip in _by_strip(paragraph) for box in _boxes(strip, pages))
    return _Piece(text, paragraph, mostly_han(text), boxes)


def _float_text(element: Float, words: frozenset[str]) -> str:
    if element.rows:
        return "\n".join("\t".join(cells) for cells in element.rows)
    if element.kind == "caption" and element.lines:
        return joined(element.lines, words)
    return "\n".join(line.text for line in element.lines)


def _by_strip(paragraph: Paragraph) -> list[list[Line]]:
    groups: list[list[Line]] = []
    last = None
    for line, strip in zip(paragraph.lines, paragraph.strips, strict=True):
        if strip != last:
            groups.append([])
        groups[-1].append(line)
        last = strip
    return groups


def _boxes(lines: Sequence[Line], pages: Mapping[int, PageContent]) -> tuple[Box, ...]:
    """One box a page around the lines."""
    boxes = []
    for number in dict.fromkeys(line.page for line in lines):
        own = [line for line in lines if line.page == number]
        page = pages[number]
        boxes.append(
            page.box(
                min(x.x0 for x in own), min(x.top for x in own), max(x.x1 for x in own), max(x.bottom for x in own)
            )
        )
    return tuple(boxes)


def _cut_run_in(piece: _Piece, styles: Styles, words: frozenset[str], pages: Mapping[int, PageContent]) -> list[_Piece]:
    """A numbered head that runs into its paragraph, set apart by its style, is a heading of its own."""
    lines = piece.paragraph.lines
    for i, line in enumerate(lines[:3]):
        if not line.head:
            if not _head_style(line.style, styles):
                return [piece]
            continue
        head_lines = (*lines[:i], replace(line, text=line.text[: line.head], head=0))
        head_text = joined(head_lines, words)
        tail = line.text[line.head :].lstrip()
        number = form(head_text)
        fits = len(head_text) <= MAX_HEADING_ZH if piece.han else len(head_text.split()) <= 12
        if (
            number is None
            or re.fullmatch(
                r"[\W\d_]*[A-Z]?[\W_]*|[（(]?[一二三四五六七八九十]{1,3}[)）、.．]?", head_text
            )  # the number alone
            or (number[0] in _ITEM_FORMS and head_text.rstrip().endswith((":", "：")))  # 1. a labelled item: its text
            or not fits
            or not _RUN_IN_END.search(head_text)
            or len(tail) + sum(len(x.text) for x in lines[i + 1 :]) < 12
        ):
            return [piece]
        rest = (replace(line, text=tail, head=0), *lines[i + 1 :]) if tail else lines[i + 1 :]
        strips = piece.paragraph.strips
        style = replace_bold(line.style)
        head = Paragraph(tuple(replace(x, style=style) for x in head_lines), strips[: i + 1], piece.paragraph.edge)
        body = Paragraph(rest, strips[i if tail else i + 1 :], piece.paragraph.edge)
        return [_piece(head, words, pages), _piece(body, words, pages)]
    return [piece]


def _whole_display(
    entries: Sequence[_Piece | Block], styles: Styles, words: frozenset[str], pages: Mapping[int, PageContent]
) -> list[_Piece | Block]:
    """The entries with titles and headings of several lines whole again: their lines are alike and stand close."""
    whole: list[_Piece | Block] = []
    for entry in entries:
        before = whole[-1] if whole else None
        if isinstance(entry, _Piece) and isinstance(before, _Piece) and _goes_on(before, entry, styles):
            lines = (*before.paragraph.lines, *entry.paragraph.lines)
            strips = (*before.paragraph.strips, *entry.paragraph.strips)
            whole[-1] = _piece(Paragraph(lines, strips, before.paragraph.edge), words, pages)
        else:
            whole.append(entry)
    return whole


def _goes_on(before: _Piece, after: _Piece, styles: Styles) -> bool:
    if before.style != after.style or not styles.stands_out(before.style, han=before.han) or before.page != after.page:
        return False
    if (
        before.ends
        or before.lines + after.lines > MAX_TITLE
        or form(after.text) is not None
        or BULLET.match(after.text)
    ):
        return False
    last, first, edge = before.paragraph.last, after.paragraph.first, before.paragraph.edge
    if not 0 < first.y - last.y <= 1.75 * last.size or _CONTENTS.fullmatch(before.text.strip()):
        return False
    centred = before.centred() and after.centred()
    full = last.width >= 0.75 * (edge.right - edge.left)
    return full or (centred and styles.larger(before.style))


def replace_bold(style: Style) -> Style:
    """The style as bold: how the head of a run-in paragraph looks, whatever the rest of its line does."""
    return style._replace(bold=True)


def _head_style(style: Style, styles: Styles) -> bool:
    return (style.bold and not styles.body.bold) or style.font != styles.body.font


# ---------------------------------------------------------------- kinds


class _Kinds:
    """One pass over a document's paragraphs in order; the state is what part of the document we are in."""

    def __init__(self, pieces: Sequence[_Piece], styles: Styles, claims: Claims, over_table: Set[int]) -> None:
        self._pieces = pieces
        self._styles = styles
        self.claimed = _claimed(pieces, claims)
        self._listed = _listed(pieces)
        self._number: tuple[int, ...] = ()
        self._tagged = {p.style for p in pieces if id(p) in self.claimed and p.paragraph.first.heading}
        self._over_table = over_table
        self._captions = self._caption_styles()
        self._title = self._title_style()
        self._numbered = sum(self._strong_number(p) for p in pieces) >= 3

    def labels(self) -> dict[int, Kind]:
        """The kind of every piece, by its identity."""
        kinds: dict[int, Kind] = {}
        part: Kind | None = None
        after_title = False
        for i, piece in enumerate(self._pieces):
            kind = self._kind(i, piece, part, after_title=after_title)
            kinds[id(piece)] = kind
            if kind == "title":
                part, after_title = None, True
            elif kind == "abstract":
                part, after_title = "abstract", False
            elif kind == "toc":
                part = "toc"
            elif kind == "heading":
                self._number = decimal(piece.text) or self._number
                part = "reference" if _REFERENCES.fullmatch(piece.text.strip()) else None
                after_title = False
            elif kind in ("paragraph", "list_item", "keywords"):
                part = part if part == "reference" else None
                after_title = after_title and kind == "list_item"
        return kinds

    def _kind(self, i: int, piece: _Piece, part: Kind | None, *, after_title: bool) -> Kind:
        text = piece.text.strip()
        if _CONTENTS.fullmatch(text) or self._is_toc(piece) or (part == "toc" and self._toc_goes_on(piece)):
            return "toc"
        if _KEYWORDS.match(text):
            return "keywords"
        if _ABSTRACT.match(text) and (len(text) > 12 or piece.lines == 1):
            return "abstract"
        if _NOTE.match(text) or (DOCUMENT_NUMBER.fullmatch(text)):
            return "note"
        if _FIRST_PAGE.match(text):
            return "footnote"
        if self._is_title(i, piece):
            return "title"
        if piece.style.size > TITLE_SIZE * self._styles.body.size and RED_HEAD.fullmatch(text) and piece.page == 1:
            return "note"
        if after_title and self._is_author(piece):
            return "author"
        if piece.style in self._captions and id(piece) in self._over_table and id(piece) not in self.claimed:
            return "caption"
        if self._is_heading(i, piece, part):
            return "heading"
        if part == "reference":
            return "reference"
        if part == "abstract" and self._abstract_goes_on(i, piece):
            return "abstract"
        if self._is_signature(i, piece):
            return "note"
        if BULLET.match(text) or self._is_item(piece):
            return "list_item"
        return "paragraph"

    # -- titles and what stands under them

    def _title_style(self) -> Style | None:
        """The style of the document's title: the largest of its first two pages that is not a letterhead."""
        first = [p for p in self._pieces if p.page <= 2 and p.lines <= MAX_TITLE and len(p.text.strip()) >= 4]
        large = [
            p
            for p in first
            if p.style.size >= TITLE_SIZE * self._styles.body.size
            and not RED_HEAD.fullmatch(p.text.strip())
            and not _CONTENTS.fullmatch(p.text.strip())
            and form(p.text) is None
            and len(p.text) <= 200
        ]
        return max(large, key=lambda p: p.style.size).style if large else None

    def _is_title(self, i: int, piece: _Piece) -> bool:
        text = piece.text.strip()
        if form(text) is not None or piece.lines > MAX_TITLE + 2 or RED_HEAD.fullmatch(text) or len(text) < 4:
            return False
        if piece.page == 1 and NOTICE.fullmatch(text) and not self._has_text_before(i):
            return True
        if self._title is None:
            return False
        same = abs(piece.style.size - self._title.size) < 0.6
        if same and piece.page <= 2 and not self._has_text_before(i):
            return True
        if piece.style.size < TITLE_SIZE * self._styles.body.size:
            return False
        ahead = [p.text.strip() for p in self._pieces[i + 1 : i + 5]]
        if any(_ABSTRACT.match(t) for t in ahead):
            return True
        if piece.page <= 2 and not self._has_text_before(i) and piece.centred():
            return True
        return same and piece.centred() and self._after_attachment(i)

    def _has_text_before(self, i: int) -> bool:
        return any(p.ends and len(p.text) > 60 for p in self._pieces[max(0, i - 40) : i])

    def _after_attachment(self, i: int) -> bool:
        """Whether the title opens an attached document: only notes stand between it and the text before."""
        before = self._pieces[i - 1] if i else None
        return before is None or before.page < self._pieces[i].page or _NOTE.match(before.text.strip()) is not None

    def _is_author(self, piece: _Piece) -> bool:
        text = piece.text.strip()
        if piece.han:
            return len(text) <= 80 and not re.search(r"[。；：？！]", text) and form(text) is None
        words = text.split()
        if len(words) <= 14 and all(word[:1].isupper() or word in ("and", "de", "von", "van") for word in words):
            return form(text) is None and UNNUMBERED_TOPS.fullmatch(text) is None
        return (
            len(words) <= 25
            and not text.endswith((".", "?", "!", ":"))
            and text[:1].isupper()
            and form(text) is None
            and not self._styles.larger(piece.style)
            and not self._stands_out(piece)
        )

    def _abstract_goes_on(self, i: int, piece: _Piece) -> bool:
        """Whether a paragraph under the bare word "Abstract", or before the keywords, still belongs to it."""
        before = self._pieces[i - 1].text.strip()
        bare = (found := _ABSTRACT.match(before)) is not None and found.end() >= len(before)
        ahead = any(_KEYWORDS.match(p.text.strip()) for p in self._pieces[i + 1 : i + 3])
        return bare or ahead

    def _is_signature(self, i: int, piece: _Piece) -> bool:
        """The date under a notice and the body that signs it, set to the right."""
        text = piece.text.strip()
        line, edge = piece.paragraph.first, piece.paragraph.edge
        right = piece.lines == 1 and line.x0 - edge.left > 0.4 * (edge.right - edge.left)
        if not right or piece.ends:
            return False
        if DATE.fullmatch(text):
            return True
        after = self._pieces[i + 1] if i + 1 < len(self._pieces) else None
        return after is not None and DATE.fullmatch(after.text.strip()) is not None and len(text) <= 40

    # -- contents

    def _is_toc(self, piece: _Piece) -> bool:
        led = sum(_LEADERS.search(line.text) is not None for line in piece.paragraph.lines)
        return led > 0 and 2 * led >= piece.lines

    def _toc_goes_on(self, piece: _Piece) -> bool:
        """A line of the contents without leaders ends in its page's number."""
        return piece.lines <= 2 and re.search(r"\S\s+\d{1,4}$", piece.text) is not None

    def _caption_styles(self) -> set[Style]:
        """The styles whose lines mostly stand right above tables: they are the tables' titles, not sections'."""
        lines: Counter[Style] = Counter()
        above: Counter[Style] = Counter()
        for piece in self._pieces:
            if piece.short and not piece.ends and self._stands_out(piece):
                lines[piece.style] += 1
                above[piece.style] += id(piece) in self._over_table
        return {style for style, n in above.items() if n >= MIN_CAPTIONS and n >= OVER_TABLES * lines[style]}

    # -- headings

    def _stands_out(self, piece: _Piece) -> bool:
        return self._styles.stands_out(piece.style, han=piece.han)

    def _strong_number(self, piece: _Piece) -> bool:
        """A number that only headings bear, on a short line of its own."""
        found = form(piece.text)
        if found is None or found[0] in _ITEM_FORMS or not piece.short or piece.ends or piece.lines > 3:
            return False
        if re.search(r"[，,；;]$", piece.text):
            return False
        return found[0] in ("编", "章", "节", "一、", "（一）", "Part", "Chapter") or self._stands_out(piece)

    def _is_heading(self, i: int, piece: _Piece, part: Kind | None) -> bool:
        text = piece.text.strip()
        if not re.search(r"[\u3400-\u9fffA-Za-z]", text) or _CAPTION_WORD.match(text) or _NO_HEADING.search(text):
            return False
        if _BOX.match(text) and id(piece) not in self.claimed:
            return False
        if (UNNUMBERED_TOPS.fullmatch(text) and piece.lines == 1) or id(piece) in self.claimed:
            return True
        if id(piece) in self._listed and not piece.ends:
            return True
        if part == "reference":
            return self._leaves_references(piece)
        if _REFERENCES.fullmatch(text):
            return True
        number = form(text)
        if self._comes_next(piece) and self._stands_out(piece) and piece.lines <= MAX_TITLE:
            return True  # a sentence for a heading, as laws and guidelines have them
        ends_run_in = piece.style.bold and self._run_in(i)
        if (
            piece.lines > 3
            or not piece.short
            or (piece.ends and not text.endswith(("？", "?", "……")) and not ends_run_in)
        ):
            return False
        if self._strong_number(piece) or ends_run_in:
            return True
        if self._comes_next(piece):
            return re.search(r"[，,；;]$", text) is None
        if number is not None and number[0] not in ("（1）",):
            slanted = number[1] > 1 and piece.style.italic and not self._styles.body.italic
            return (self._stands_out(piece) or slanted) and not re.search(r"[，,；;]$", text)
        if number is not None:
            return self._stands_out(piece) and piece.style.bold
        return self._unnumbered(i, piece)

    def _comes_next(self, piece: _Piece) -> bool:
        """Whether its number of two or more parts is the next after the last heading's."""
        number = decimal(piece.text)
        return len(number) > 1 and follows(number, self._number)

    def _run_in(self, i: int) -> bool:
        """Whether the next piece goes on in the very line this one stands in."""
        if i + 1 >= len(self._pieces):
            return False
        here, after = self._pieces[i].paragraph.last, self._pieces[i + 1].paragraph.first
        return here.page == after.page and here.y == after.y and form(self._pieces[i].text) is not None

    def _leaves_references(self, piece: _Piece) -> bool:
        return (
            piece.short
            and self._styles.larger(piece.style)
            and not piece.ends
            and re.match(r"\[?\d", piece.text) is None
        )

    def _unnumbered(self, i: int, piece: _Piece) -> bool:
        """A line without a number that looks like a heading and has text below it."""
        text = piece.text.strip()
        if not self._stands_out(piece) or re.search(r"[，,；;]$", text) or BULLET.match(text) or len(text) < 2:
            return False
        if self._tagged and piece.style not in self._tagged:
            return False  # the file tags its headings, and none of this look
        if not piece.han and not (text[0].isupper() or text[0].isdigit()):
            return False
        if self._styles.larger(piece.style) or piece.style.bold or _visible(piece.style.color):
            return any(not self._stands_out(p) for p in self._pieces[i + 1 : i + 4])
        return not self._numbered and piece.lines == 1

    def _is_item(self, piece: _Piece) -> bool:
        found = form(piece.text)
        return found is not None and found[0] in ("（1）", "1", "A.", "I.") and not piece.han


# ---------------------------------------------------------------- levels


def _claimed(pieces: Sequence[_Piece], claims: Claims) -> dict[int, int]:
    """The level of each piece, by its identity, that the file's bookmarks or tags call a heading.

    Tags are believed where what they call headings is short and little of the text: some programs tag whatever is
    bold. The bookmarks' levels win, since tags are often numbered by the look that their author wanted.
    """
    tagged = {id(p): tag.level for p in pieces if (tag := p.paragraph.first.heading) and tag.level != BESIDE}
    own = [p for p in pieces if id(p) in tagged]
    if sum(len(p.text) for p in own) > MAX_TAGGED * sum(len(p.text) for p in pieces):
        tagged = {}
    tagged = {
        id(p): tagged[id(p)]
        for p in own
        if id(p) in tagged and len(p.text) <= (2 * MAX_HEADING_ZH if p.han else 12 * MAX_HEADING_EN)
    }
    if len(tagged) < MIN_TAGGED:
        tagged = {}
    marked = {}
    for piece in pieces:
        toc = any(_LEADERS.search(line.text) for line in piece.paragraph.lines)
        if len(piece.text) <= 300 and piece.lines <= MAX_TITLE + 1 and not toc:
            mark = claims.take(piece.text, piece.page)
            if mark is not None:
                marked[id(piece)] = mark.level
    shift = min(tagged.values(), default=1) - 1
    return {key: level - shift for key, level in tagged.items()} | marked


def _listed(pieces: Sequence[_Piece]) -> set[int]:
    """The pieces, by identity, whose text is an entry of the document's own table of contents."""
    entries: set[str] = set()
    last, contents = -1, 0
    for i, piece in enumerate(pieces):
        if _CONTENTS.fullmatch(piece.text.strip()):
            contents = piece.page
        carried = ""
        for line in piece.paragraph.lines:
            led = _LEADERS.search(line.text)
            numbered = re.search(r"\s\d{1,4}$", line.text) if contents and 0 <= line.page - contents <= 1 else None
            if found := led or numbered:
                title = line.text[: found.start()]
                entries |= {key_of(title), key_of(f"{carried} {title}")}
                carried, last = "", i
            else:
                carried = f"{carried} {line.text}"[-200:]
    found_once: dict[str, int] = {}
    for piece in pieces[last + 1 :] if last >= 0 else ():
        key = key_of(piece.text) if piece.lines <= MAX_TITLE else ""
        if len(key) >= MIN_LISTED and key in entries:
            found_once.setdefault(key, id(piece))
    return set(found_once.values())


class _Levels:
    """Levels by number form; an unnumbered heading takes that of a heading of its style, or stands by its size."""

    def __init__(self, claimed: Mapping[int, int]) -> None:
        self._claimed = claimed
        self._levels = Levels()
        self._of_style: dict[Style, int] = {}
        self._sizes: list[float] = []

    def of(self, piece: _Piece) -> int:
        style = piece.style
        text = piece.text.strip()
        if id(piece) in self._claimed:
            self._of_style[style] = self._claimed[id(piece)]
            self._levels.of(text)
            return self._claimed[id(piece)]
        if form(text) is None and UNNUMBERED_TOPS.fullmatch(text) is None:
            if style in self._of_style:
                return self._of_style[style]
            larger = [level for other, level in self._of_style.items() if _outranks(other, style)]
            level = max(larger, default=0) + 1
            self._of_style[style] = level
            return level
        level = self._levels.of(text)
        self._of_style.setdefault(style, level)
        return level


def _outranks(a: Style, b: Style) -> bool:
    """Whether headings of style `a` stand above those of style `b`."""
    if abs(a.size - b.size) > 0.4:
        return a.size > b.size
    return a.bold and not b.bold
