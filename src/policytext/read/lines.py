"""Which runs stand on one line, and what does the line say? Runs of a page to lines of text.

A line is cut at every gap as wide as a character or more: whether two pieces belong together is the columns'
question. Raised note marks are taken out of the text and kept beside it.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import NamedTuple

from policytext.read.runs import Font, PageContent, Rect, Run
from policytext.read.structure import Heading

ASCENT, DESCENT = 0.86, 0.2
"""Ems above and below the baseline that a line fills. Fixed, because some fonts lie about both."""

SAME_BASELINE = 0.16
"""Ems by which baselines on one line differ: mixed scripts shift by a tenth, raised marks by a third."""

GAP = 1.01
"""Ems of blank that cut a line in two pieces: just more than the one of a full-width space."""

LABEL_GAP = 3.0
"""Ems of blank between the two characters of a label such as 摘　要."""

SPACE = 0.105
"""Ems of blank between Latin letters that make a word space; kerning between painted pieces stays under a tenth.
At 0.105 the 20 public PDFs tried gained 330 spaces over 0.17 and no word was cut."""

SPACE_CJK = 0.75
"""Ems of blank beside a Chinese character that somebody meant; less comes from justification."""

SPACE_NAMES = 0.3
"""Ems of blank that part two names in a line of authors, which nobody justifies."""

MAX_NAMES = 80
"""Characters of a line that may be one of authors."""

RAISED = (0.12, 0.75)
"""Ems by which a note mark stands above the baseline of its line, at least and at most."""

SMALL = 0.82
"""A mark's size over its line's, at most."""

CJK = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u3000-\u303f"
_CJK = re.compile(f"[{CJK}“”‘’—…·]")
_EITHER = "“”‘’—…·"
"""Punctuation of both scripts: in an English line the space beside it was meant."""
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_MARK = re.compile(
    r"[\[［〔(（]?(?:\d{1,3}(?:\s?[,，–-]\s?\d{1,3})*|[①-⑳㉑-㊿]|[*＊∗]{1,4}|[†‡§¶#]{1,2}|[a-z])[\]］〕)）]?[,，]?"
)
_SPACED = re.compile(
    r"(?:摘 要|提 要|目 录|目 次|引 言|前 言|导 言|导 论|绪 论|序 言|结 语|结 论|余 论|小 结|附 录|致 谢|后 记|附 件)"
)
_NUMBER_ALONE = re.compile(r"\s*[（(]?(?:[\d.]{1,8}|[A-Z]|[IVX]{1,4}|[一二三四五六七八九十]{1,3})[)）.．、:：]?\s*")
_UNIT_BEFORE = re.compile(r"(?:\b(?:[kcmdµ]?m|ft|yd|in|mi|sq|CO|NO|SO|PM|R|χ|10)|[×x]\s?10)$")
HYPHEN = "\u00ad"
"""How a line's text ends where its last word goes on in the next line, if the engine can tell."""


class Style(NamedTuple):
    """What makes lines look alike; `size` in half points."""

    size: float
    bold: bool
    italic: bool
    color: int
    font: str


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of a line; points, origin top-left, `y` the baseline.

    `lead` is the raised mark before the first word, `marks` those taken out of the text. The first `head`
    characters stand in another style than the rest (0: all are alike), bold or in a font of their own. `heading`
    is the heading that the file's tags make it part of. `spaced` is the text with narrower blanks between Chinese
    characters too, where a short line has some: they part names.
    """

    page: int
    text: str
    x0: float
    x1: float
    y: float
    size: float
    style: Style
    lead: str = ""
    marks: tuple[str, ...] = ()
    head: int = 0
    heading: Heading | None = None
    spaced: str = ""

    @property
    def top(self) -> float:
        return self.y - ASCENT * self.size

    @property
    def bottom(self) -> float:
        return self.y + DESCENT * self.size

    @property
    def width(self) -> float:
        return self.x1 - self.x0


def is_cjk(char: str) -> bool:
    """Whether a character is Chinese (Japanese, Korean) or punctuation set as such."""
    return _CJK.match(char) is not None


def closes_up(before: str, after: str) -> bool:
    """Whether two texts side by side take no space between them, as Chinese does; a quotation mark follows its text.

    >>> closes_up("标准", "“互认”"), closes_up("the text,", "“and so on"), closes_up("ISO 标准”", "and")
    (True, False, True)
    """
    if not (is_cjk(before[-1]) or is_cjk(after[0])):
        return False
    if before[-1] not in _EITHER and after[0] not in _EITHER:
        return True
    return _HAN.search(before + after) is not None or (
        (before[-1] not in _EITHER and is_cjk(before[-1])) or (after[0] not in _EITHER and is_cjk(after[0]))
    )


def mostly_han(text: str) -> bool:
    """Whether a text is Chinese: a fifth of Han characters outweigh any Latin names among them."""
    return 5 * len(_HAN.findall(text)) >= len(text.replace(" ", "")) > 0


def lines_of(page: PageContent) -> list[Line]:
    """The pieces of lines on a page, top to bottom, then left to right."""
    walls = [r for r in page.rules if r.height > r.width]
    pieces = [piece for row in _rows(page.runs) for piece in _cut(row, walls)]
    hosts = _attach_raised(pieces, walls)
    lines = [line for piece in hosts if (line := _line(page.number, piece)) is not None]
    return sorted(lines, key=lambda line: (line.y, line.x0))


def merge(left: Line, right: Line) -> Line:
    """Two pieces of one line as one, the gap between them a space."""
    narrow = right.x0 - left.x1 < SPACE_CJK * max(left.size, right.size)
    closed = narrow and closes_up(left.text, right.text)
    heavier = left if len(left.text) >= len(right.text) else right
    unlike = left.style[1:] != right.style[1:]
    head = left.head or (len(left.text) if unlike else 0)
    return replace(
        heavier,
        text=left.text + ("" if closed else " ") + right.text,
        x0=min(left.x0, right.x0),
        x1=max(left.x1, right.x1),
        lead=left.lead,
        marks=left.marks + right.marks,
        head=head,
        spaced=f"{left.spaced or left.text} {right.spaced or right.text}"
        if left.spaced or right.spaced or closed
        else "",
    )


# ---------------------------------------------------------------- rows and pieces


def _rows(runs: Iterable[Run]) -> list[list[Run]]:
    """Runs with one baseline, left to right. The order in which the page painted them says nothing."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda r: r.y):
        if rows:
            first = rows[-1][0]
            if run.y - rows[-1][-1].y <= 0.5 and run.y - first.y <= SAME_BASELINE * min(run.size, first.size):
                rows[-1].append(run)
                continue
            if run.y - first.y <= SAME_BASELINE * min(run.size, first.size):
                rows[-1].append(run)
                continue
        rows.append([run])
    return [_without_doubles(sorted(row, key=lambda r: (r.x0, r.x1))) for row in rows]


def _without_doubles(row: list[Run]) -> list[Run]:
    """The row without copies that were painted over each other to look bold."""
    kept: list[Run] = []
    for run in row:
        twin = next(
            (k for k in reversed(kept[-4:]) if k.text == run.text and abs(k.x0 - run.x0) < 0.3 * run.size), None
        )
        if twin is None:
            kept.append(run)
        else:
            kept[kept.index(twin)] = twin._replace(font=twin.font._replace(bold=True))
    return kept


def _walled(before: float, run: Run, walls: Sequence[Rect]) -> bool:
    """Whether a rule stands between what ends at `before` and a run: they are cells of a table."""
    return any(
        before - 1 <= r.x0 and r.x1 <= run.x0 + 1 and r.top < run.y - 0.3 * run.size and r.bottom > run.y for r in walls
    )


def _cut(row: list[Run], walls: Sequence[Rect]) -> list[list[Run]]:
    pieces: list[list[Run]] = []
    end = 0.0
    for run in row:
        size = max(run.size, pieces[-1][-1].size) if pieces else run.size
        gap = LABEL_GAP if pieces and _spaced_label(pieces[-1], run) else GAP
        together = pieces and run.x0 - end <= gap * size and not _headed_apart(pieces[-1], run)
        if together and not _walled(end, run, walls):
            pieces[-1].append(run)
            end = max(end, run.x1)
        else:
            pieces.append([run])
            end = run.x1
    return pieces


def _spaced_label(piece: list[Run], run: Run) -> bool:
    """Whether a blank parts the two characters of a word that is set apart: 摘　要, 引　言."""
    return len(piece) == 1 and _SPACED.match(f"{piece[0].text.strip()} {run.text.strip()}") is not None


def _headed_apart(piece: list[Run], run: Run) -> bool:
    """Whether the file's tags part a heading from text beside it; its number or full stop may lack the tag."""
    if run.heading == piece[-1].heading:
        return False
    if piece[-1].heading is None:
        return _NUMBER_ALONE.fullmatch("".join(r.text for r in piece)) is None
    return run.heading is not None or run.text.strip() not in (".", ":", "。", "：", "？", "?")


def _attach_raised(pieces: list[list[Run]], walls: Sequence[Rect]) -> list[list[Run]]:
    """Small pieces above or below a line's baseline join that line: note marks, exponents, ordinals."""
    sizes = [max(r.size for r in piece) for piece in pieces]
    small = [i for i, piece in enumerate(pieces) if sum(len(r.text) for r in piece) <= 12]
    taken: set[int] = set()
    joined: dict[int, list[Run]] = {}
    for i in small:
        piece = pieces[i]
        host = _host(i, pieces, sizes)
        if host is not None and host not in taken:
            joined.setdefault(host, list(pieces[host])).extend(piece)
            taken.add(i)
    result = []
    for i, piece in enumerate(pieces):
        if i in joined:
            result.append(sorted(joined[i], key=lambda r: (r.x0, r.x1)))
        elif i not in taken:
            result.append(piece)
    return _rejoined(result, walls)


def _host(i: int, pieces: list[list[Run]], sizes: list[float]) -> int | None:
    """The piece of larger type beside which a small piece stands a little above or below the baseline."""
    piece, size = pieces[i], sizes[i]
    x0, x1, y = piece[0].x0, max(r.x1 for r in piece), piece[0].y
    best: tuple[float, int] | None = None
    for step in (range(i - 1, max(-1, i - 40), -1), range(i + 1, min(len(pieces), i + 40))):
        for j in step:
            other = pieces[j]
            shift = other[0].y - y
            if abs(shift) > 1.2 * sizes[j] + 20:
                break
            if size > SMALL * sizes[j] or not -0.35 * sizes[j] < shift < RAISED[1] * sizes[j]:
                continue
            left, right = other[0].x0, max(r.x1 for r in other)
            distance = max(left - x1, x0 - right, 0.0)
            if distance < 0.6 * sizes[j] and (best is None or (distance, abs(shift)) < (best[0], 1e9)):
                best = distance, j
    return best[1] if best else None


def _rejoined(pieces: list[list[Run]], walls: Sequence[Rect]) -> list[list[Run]]:
    """Pieces whose gap a raised mark has filled are one."""
    by_row: dict[float, list[list[Run]]] = {}
    for piece in pieces:
        base = max(piece, key=lambda r: (r.size, len(r.text)))
        by_row.setdefault(round(base.y, 1), []).append(piece)
    result: list[list[Run]] = []
    for row in by_row.values():
        row.sort(key=lambda p: p[0].x0)
        kept = [row[0]]
        for piece in row[1:]:
            before = kept[-1]
            size, end = max(r.size for r in before), max(r.x1 for r in before)
            together = piece[0].x0 - end <= GAP * size and not _headed_apart(before, piece[0])
            if together and not _walled(end, piece[0], walls):
                kept[-1] = sorted([*before, *piece], key=lambda r: (r.x0, r.x1))
            else:
                kept.append(piece)
        result.extend(kept)
    return result


# ---------------------------------------------------------------- one line


def _line(page: int, runs: list[Run]) -> Line | None:
    if len(runs) == 1:
        return _plain_line(page, runs[0])
    weight: Counter[float] = Counter()
    for run in runs:
        weight[round(run.size, 1)] += len(run.text)
    size = max(weight, key=lambda s: (weight[s], s))
    full = [r for r in runs if r.size > SMALL * size] or runs
    y = median(r.y for r in full)
    lead, marks, kept = _take_marks(runs, size, y)
    text = _join(kept, size)
    if not text:
        if not lead and not marks:
            return None
        text, kept, lead = _join(runs, size), runs, ""
        if not text:
            return None
    style = _style(kept)
    x1 = max(r.x1 for r in kept)
    x0 = min(r.x0 for r in runs)
    head, spaced = _head(kept, text), _spaced(runs, text)
    return Line(page, text, x0, x1, y, size, style, lead, tuple(marks), head, _heading(kept), spaced)


def _spaced(runs: list[Run], text: str) -> str:
    """The text of a short Chinese line with every blank the page shows, marks as blanks too; empty without any."""
    if len(text) > MAX_NAMES or not mostly_han(text):
        return ""
    out, end = "", 0.0
    for run in runs:
        gap = bool(out) and run.x0 - end > SPACE_NAMES * run.size
        out += f" {run.text}" if gap else run.text
        end = max(end, run.x1)
    if re.search(r"(?<=\S)[ \u00a0\u3000]+(?=\S)", out) is None:
        return ""
    shown = " ".join(clean(part) for part in re.split(r"[ \u00a0\u3000\t\r\n]+", out)).strip()
    return "" if shown == text else shown


def _plain_line(page: int, run: Run) -> Line | None:
    """The line of a single run, as most are: nothing to weigh."""
    text = clean(run.text).strip()
    if not text:
        return None
    style = Style(round(run.size * 2) / 2, run.font.bold, run.font.italic, run.color, run.font.name)
    spaced = _spaced([run], text)
    return Line(page, text, run.x0, run.x1, run.y, round(run.size, 1), style, heading=run.heading, spaced=spaced)


def _take_marks(runs: list[Run], size: float, y: float) -> tuple[str, list[str], list[Run]]:
    lead, marks = "", []
    kept: list[Run] = []
    for i, run in enumerate(runs):
        text = run.text.strip()
        raised = run.size <= SMALL * size and RAISED[0] * size <= y - run.y <= RAISED[1] * size
        if raised and _MARK.fullmatch(text) and not _exponent(runs[:i], text):
            if kept or i == len(runs) - 1:
                marks.append(text)
            else:
                lead += text
        else:
            kept.append(run)
    return lead, marks, kept


def _exponent(before: list[Run], text: str) -> bool:
    """Whether a raised sign is part of a quantity (km², 10⁶) rather than a note mark."""
    return bool(before) and text in ("2", "3") and _UNIT_BEFORE.search(before[-1].text.rstrip()) is not None


def _style(runs: list[Run]) -> Style:
    """The style of most of the text; Chinese characters decide where a line has them, since Latin fonts are mixed in."""
    if len({(round(run.size * 2), run.font, run.color) for run in runs}) == 1:
        run = runs[0]
        return Style(round(run.size * 2) / 2, run.font.bold, run.font.italic, run.color, run.font.name)
    cjk: Counter[tuple[float, Font, int]] = Counter()
    every: Counter[tuple[float, Font, int]] = Counter()
    for run in runs:
        key = (round(run.size * 2) / 2, run.font, run.color)
        han = len(_HAN.findall(run.text))
        every[key] += len(run.text)
        if han:
            cjk[key] += han
    votes = cjk if 5 * sum(cjk.values()) >= sum(every.values()) else every
    total = sum(every.values())
    size, font, color = votes.most_common(1)[0][0]
    bold = sum(n for (_, f, _), n in every.items() if f.bold) > 0.7 * total
    italic = sum(n for (_, f, _), n in every.items() if f.italic) > 0.7 * total
    return Style(size, bold, italic, color, font.name)


def _heading(runs: list[Run]) -> Heading | None:
    votes: Counter[Heading | None] = Counter()
    for run in runs:
        votes[run.heading] += len(run.text)
    return votes.most_common(1)[0][0]


def _head(runs: list[Run], text: str) -> int:
    """How many characters open the line in a style of their own, 0 when all are alike."""

    def look(run: Run) -> tuple[bool, bool, str]:
        return run.font.bold, run.font.italic, run.font.name if _HAN.search(run.text) else ""

    if all(run.font == runs[0].font for run in runs):
        return 0
    first = look(runs[0])
    for i, run in enumerate(runs):
        this = look(run)
        same = this[:2] == first[:2] and (not this[2] or not first[2] or this[2] == first[2])
        if not same:
            opening = _join(runs[:i], runs[0].size)
            return len(opening) if text.startswith(opening) else 0
        if this[2] and not first[2]:
            first = this
    return 0


def _join(runs: list[Run], size: float) -> str:
    """The text of runs side by side: spaces where the page shows them, none that only justification made."""
    parts: list[str] = []
    letters = _spaced_letters(runs)
    end = 0.0
    told = False
    for run in runs:
        text = clean(run.text)
        if not text.strip():
            continue
        after, text = text[-1] == " ", text.strip()
        if parts:
            before, gap = parts[-1][-1], run.x0 - end
            beside_cjk = is_cjk(before) or is_cjk(text[0])
            if beside_cjk and (before in _EITHER or text[0] in _EITHER):
                beside_cjk = closes_up("".join(parts), text)
            needed = SPACE_CJK if beside_cjk else max(SPACE, letters)
            wide = gap > needed * max(run.size, 0.7 * size)
            if (wide or (told and not beside_cjk and not letters)) and not _closes(text[0]):
                parts.append(" ")
        told = after
        parts.append(text)
        end = max(end, run.x1)
    return "".join(parts)


def _closes(char: str) -> bool:
    return char in "，。；：、！？）》”’】〉」』"


def _spaced_letters(runs: list[Run]) -> float:
    """Ems between the letters of a word that is set apart letter by letter (N O T I C E), 0 for plain text."""
    if len(runs) < 4 or not all(len(r.text.strip()) == 1 for r in runs):
        return 0.0
    gaps = sorted((b.x0 - a.x1) / b.size for a, b in itertools.pairwise(runs) if not is_cjk(a.text[-1]))
    if len(gaps) < 3 or gaps[len(gaps) // 4] < SPACE:
        return 0.0
    return 1.6 * gaps[len(gaps) // 2]


_FORMS = re.compile("[\ufb00-\ufb06\u2e80-\u2fdf\uf900-\ufaff\ufe30-\ufe4f]")
_MADE_UP = re.compile(f"(?<=[{CJK}“”])[ \u00a0\r\n\t]+|[ \u00a0\r\n\t]+(?=[{CJK}])")
_MADE_UP_CJK = re.compile(f"(?<=[{CJK}])[ \u00a0\r\n\t]+|[ \u00a0\r\n\t]+(?=[{CJK}])")
_LETTERS = re.compile(r"[A-Z](?: +[A-Z]){4,}")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""A word set apart by typed spaces is closed up, its letters being single; the letters of a list are not."""
_BULLETS = {"\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "➢", "\uf06c": "●", "\uf0fc": "✓", "\uf075": "◆", "\uf0e0": "→"}
_RADICALS = {"⻓": "长", "⻅": "见", "⻔": "门", "⻋": "车", "⻚": "页", "⻛": "风", "⻢": "马", "⻩": "黄", "⻬": "齐", "⻰": "龙",
             "⻆": "角", "⻄": "西", "⻉": "贝", "⻁": "虎", "⻘": "青", "⻝": "食", "⻣": "骨", "⻤": "鬼", "⻥": "鱼", "⻦": "鸟",
             "⻮": "齿", "⺟": "母", "⺠": "民", "⺎": "兀", "⻜": "飞", "⻙": "韦", "⻨": "麦", "⻳": "龟", "⺫": "目"}  # fmt: skip


def clean(text: str) -> str:
    """Text as people type it: ligatures, radicals and compatibility forms undone, full-width punctuation kept.

    >>> clean("⽅案"), clean("ﬁscal"), clean("发展 GDP 水平，"), clean("policy\\ufffe"), clean("N O T E S   O N")
    ('方案', 'fiscal', '发展GDP水平，', 'policy\\xad', 'NOTES ON')
    """
    if text[1:2] == " " and _LETTERS.fullmatch(text) and text.replace(" ", "") not in _ALPHABET:
        text = re.sub(r"(?<! ) (?! )", "", text)
    if text.isascii() and text.isprintable() and "  " not in text:
        return text
    text = text.replace("\x02", HYPHEN).replace("\ufffe", HYPHEN).replace("\u2028", " ")
    if text.isascii():
        return re.sub(r"[ \t\r\n]+", " ", re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text))
    text = _FORMS.sub(lambda m: _RADICALS.get(m[0]) or unicodedata.normalize("NFKC", m[0]), text)
    text = "".join(
        _BULLETS.get(c, c) for c in text if c not in "\u200b\u200c\u200d\ufeff\u2060" and (c >= " " or c in "\t\r\n")
    )
    text = (_MADE_UP if _HAN.search(text) else _MADE_UP_CJK).sub("", text)
    return re.sub(r"[ \u00a0\u3000\t\r\n]+", " ", text)
