# ruff: noqa: E501  # a rule of style, an element or a sentence is one line, or it can't be searched
"""What does a reader of an evaluation see? One HTML file that needs nothing else: no script, no network, no font.

Both languages are in the page; two radio buttons show one of them, by style alone. Pictures are SVG made here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from policytext.evaluate import Bin, Scores
from policytext.scorecard import Card, Cut, Judged, measures
from policytext.taxonomy import Facet

LANGUAGE_NAMES = {"zh": ("Chinese", "中文"), "en": ("English", "英文"), "all": ("Both languages", "全部语言")}

MEASURE_NAMES = {
    "accuracy": ("accuracy", "准确率"),
    "relaxed_accuracy": ("relaxed accuracy", "宽松准确率"),
    "macro_f1": ("macro-F1", "宏平均 F1"),
    "micro_f1": ("micro-F1", "微平均 F1"),
}

SYSTEM_NAMES = {"majority": ("most frequent label", "最常见标签"), "keyword": ("taxonomy's keywords", "分类表关键词")}


@dataclass(frozen=True, slots=True)
class Occasion:
    """What was judged, and how; `folds` is 0 where a finished model met a given set."""

    system: str
    corpus: str
    corpus_hash: str
    passages: int
    documents: int
    folds: int
    draws: int
    seed: int


def page(cards: Sequence[Card], occasion: Occasion) -> str:
    """The whole page as HTML."""
    body = "".join(_facet_part(facet, [c for c in cards if c.facet.id == facet.id]) for facet in _facets(cards))
    title = escape(f"{occasion.system} · {occasion.corpus}")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{_STYLE}</style>\n</head>\n<body>\n'
        '<input type="radio" name="language" id="en" checked><label for="en">English</label>\n'
        '<input type="radio" name="language" id="zh"><label for="zh">中文</label>\n'
        f"<main>\n{_head(occasion)}{body}{_notes(cards, occasion)}</main>\n</body>\n</html>\n"
    )


def _facets(cards: Sequence[Card]) -> list[Facet]:
    return list({card.facet.id: card.facet for card in cards}.values())


# ---------------------------------------------------------------- parts of the page


def _head(occasion: Occasion) -> str:
    how = (
        _both(
            f"by {occasion.folds} folds split by document: each passage is judged by a model that has seen nothing of "
            "its document",
            f"按文档划分的 {occasion.folds} 折交叉验证：评判每个段落的模型都没有见过它所在的文档",
        )
        if occasion.folds
        else _both("on a given labelled set", "在给定的标注集上")
    )
    size = _both(
        f"{occasion.passages} passages of {occasion.documents} documents",
        f"{occasion.documents} 篇文档，{occasion.passages} 个段落",
    )
    return (
        f"<h1>{_both('How good is', '模型评估：')} {escape(occasion.system)}{_both('?', '')}</h1>\n"
        f"<p>{_both('Corpus', '语料')} <b>{escape(occasion.corpus)}</b> <code>{occasion.corpus_hash[:12]}</code>"
        f"{_both(', ', '，')}{size}{_both('; ', '；')}{how}{_both('.', '。')}</p>\n"
    )


def _facet_part(facet: Facet, cards: Sequence[Card]) -> str:
    """All that is told of one facet: every language in one table and picture, then each by itself."""
    parts = [f"<section>\n<h2>{_both(facet.title['en'], facet.title['zh'])} <code>{escape(facet.id)}</code></h2>\n"]
    parts += [_summary(facet, cards), _whiskers(cards)]
    for card in cards:
        parts.append(f"<h3>{_language(card.language)}</h3>\n")
        if isinstance(card.model.scores, Scores):
            parts.append('<div class="pictures">\n' + _reliability(card) + _coverage(card) + "</div>\n")
        parts.append(_labels(card))
    return "".join(parts) + "</section>\n"


def _summary(facet: Facet, cards: Sequence[Card]) -> str:
    names = measures(facet)
    heads = "".join(f"<th>{_both(*MEASURE_NAMES[name])}</th>" for name in names)
    more = (
        f"<th>{_both('ECE', '校准误差')}</th><th>{_both('kept', '免审比例')}</th><th>{_both('of these right', '其中正确')}</th>"
        if facet.exclusive
        else ""
    )
    rows = []
    for card in cards:
        for judged in card.systems:
            first = f"<td>{_language(card.language)}</td>" if judged is card.model else "<td></td>"
            cells = "".join(f"<td>{_with_interval(judged, name)}</td>" for name in names)
            extra = ""
            if facet.exclusive:
                s = judged.scores
                told = judged is card.model and isinstance(s, Scores)
                extra = (
                    f"<td>{s.ece:.3f}</td><td>{s.kept:.0%}</td><td>{s.kept_relaxed_accuracy:.3f}</td>"
                    if told and isinstance(s, Scores)
                    else "<td></td><td></td><td></td>"
                )
            kind = "model" if judged is card.model else "baseline"
            rows.append(
                f'<tr class="{kind}">{first}<td>{_system(judged, card)}</td><td>{judged.scores.passages}</td>'
                f"{cells}{extra}</tr>\n"
            )
    return (
        f"<table>\n<tr><th></th><th></th><th>{_both('passages', '段落数')}</th>{heads}{more}</tr>\n"
        + "".join(rows)
        + "</table>\n"
    )


def _with_interval(judged: Judged, name: str) -> str:
    span = judged.intervals.get(name)
    value = f"{getattr(judged.scores, name):.3f}"
    return value + (f" <small>{span.low:.3f} – {span.high:.3f}</small>" if span else "")


def _labels(card: Card) -> str:
    """Precision, recall and F1 of each label; for an exclusive facet with the confusion matrix beside them."""
    scores = card.model.scores
    labels = [label.id for label in card.facet.labels]
    confusion = scores.confusion if isinstance(scores, Scores) else {}
    heads = "".join(f"<th>→ {_label(card.facet, x)}</th>" for x in labels) if confusion else ""
    rows = []
    for s in scores.labels:
        counts = [confusion.get((s.label, x), 0) for x in labels] if confusion else []
        row_sum = sum(counts) or 1
        cells = "".join(
            f'<td class="cell{" hit" if x == s.label else ""}" style="--share:{n / row_sum:.2f}">{n or ""}</td>'
            for x, n in zip(labels, counts, strict=False)
        )
        figures = "".join(f"<td>{value:.2f}</td>" for value in (s.precision, s.recall))
        bar = f'<td class="bar" style="--share:{s.f1:.3f}">{s.f1:.2f}</td>'
        rows.append(f"<tr><th>{_label(card.facet, s.label)}</th>{figures}{bar}<td>{s.support}</td>{cells}</tr>\n")
    told = (
        f"<th></th><th>{_both('precision', '精确率')}</th><th>{_both('recall', '召回率')}</th><th>F1</th>"
        f"<th>{_both('gold', '标注数')}</th>{heads}"
    )
    return f"<table>\n<tr>{told}</tr>\n{''.join(rows)}</table>\n"


def _notes(cards: Sequence[Card], occasion: Occasion) -> str:
    notes = [
        _both(
            f"Small figures are 95 % intervals: {occasion.draws} draws of the documents with replacement, seed "
            f"{occasion.seed}. Few documents make wide intervals.",
            f"小字为 95% 区间：对文档有放回地重抽 {occasion.draws} 次，随机种子 {occasion.seed}。文档少则区间宽。",
        ),
        _both(
            "Relaxed accuracy also counts a second label that a person gave. Macro-F1 is the mean over the labels that "
            "occur. ECE is the expected gap between promised and found accuracy, over ten bins.",
            "宽松准确率也承认人工给出的第二标签；宏平均 F1 只计出现过的标签；校准误差（ECE）为十个区间内承诺概率与实际准确率之差的期望。",
        ),
        _both(
            "The most frequent label is that of the other folds." if occasion.folds else
            "The most frequent label is that of this very set, which flatters it.",
            "最常见标签取自其余各折。" if occasion.folds else "最常见标签取自本标注集，因而略偏高。",
        ),
        _both(
            "The keyword baseline has no model: the act that headings announce, else the label with most of its terms "
            "in the text.",
            "关键词基线不用模型：先看标题宣示的作用，否则取文中命中词条最多的标签。",
        ),
    ]  # fmt: skip
    return "<footer>" + "".join(f"<p>{note}</p>\n" for note in notes if cards) + "</footer>\n"


# ---------------------------------------------------------------- pictures

_W, _H, _LEFT, _BOTTOM, _TOP, _RIGHT = 340, 260, 44, 40, 14, 12
"""Size of a picture and its margins, in pixels."""


def _reliability(card: Card) -> str:
    """Promised against found accuracy; the area of a circle goes with the number of passages."""
    n = sum(x.passages for x in card.reliability) or 1
    circles = "".join(_circle(x, n) for x in card.reliability)
    line = f'<line class="even" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    return _picture(
        ("Does it know how sure it may be?", "把握是否属实"),
        ("probability it gave", "模型给出的概率"),
        ("share that was right", "实际正确比例"),
        line + circles,
    )


def _circle(x: Bin, n: int) -> str:
    r = 3 + 22 * (x.passages / n) ** 0.5
    told = f"{x.passages}: {x.promised:.2f} → {x.right:.2f}"
    return (
        f'<circle class="dot" cx="{_x(x.promised)}" cy="{_y(x.right)}" r="{r:.1f}"><title>{told}</title></circle>'
        f'<circle class="core" cx="{_x(x.promised)}" cy="{_y(x.right)}" r="2"/>'
    )


def _coverage(card: Card) -> str:
    """How many of the kept passages are right, by how many are kept; a ring where the model's own threshold lies."""
    scores = card.model.scores
    assert isinstance(scores, Scores)
    points = " ".join(f"{_x(c.kept)},{_y(c.right)}" for c in card.coverage)
    dots = "".join(_dot(c) for c in card.coverage)
    kept = f"{scores.kept:.0%}: {scores.kept_relaxed_accuracy:.3f}"
    ring = (
        f'<circle class="ring" cx="{_x(scores.kept)}" cy="{_y(scores.kept_relaxed_accuracy)}" r="7">'
        f"<title>{kept}</title></circle>"
        if scores.kept
        else ""
    )
    return _picture(
        ("What if it keeps only what it is sure of?", "只保留有把握的，会怎样"),
        ("share of passages kept (ring: its threshold)", "保留的段落比例（圆环：模型阈值）"),
        ("of these right", "其中正确的比例"),
        f'<polyline class="curve" points="{points}"/>{dots}{ring}',
    )


def _dot(c: Cut) -> str:
    told = f"p ≥ {c.least:.2f}: {c.kept:.0%} → {c.right:.3f}"
    return f'<circle class="core" cx="{_x(c.kept)}" cy="{_y(c.right)}" r="2.5"><title>{told}</title></circle>'


def _whiskers(cards: Sequence[Card]) -> str:
    """Macro-F1 of model and baselines with their intervals, one line each."""
    lines = [(card, judged) for card in cards for judged in card.systems]
    row, left, width = 22, 250, 640
    height = row * len(lines) + 40
    scale = width - left - 20
    marks = []
    for i, (card, judged) in enumerate(lines):
        y = 14 + row * i
        value, span = judged.scores.macro_f1, judged.intervals.get("macro_f1")
        kind = "model" if judged is card.model else "baseline"
        names = zip(LANGUAGE_NAMES.get(card.language, (card.language,) * 2), _system_names(judged, card), strict=True)
        for (language, comma), (where, who) in zip((("en", ", "), ("zh", "，")), names, strict=True):
            marks.append(
                f'<text class="{language}" x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(f"{where}{comma}{who}")}</text>'
            )
        if span:
            x0, x1 = left + scale * span.low, left + scale * span.high
            marks.append(f'<line class="whisker {kind}" x1="{x0:.1f}" y1="{y}" x2="{x1:.1f}" y2="{y}"/>')
        told = f"{value:.3f}" + (f" ({span.low:.3f} – {span.high:.3f})" if span else "")
        marks.append(
            f'<circle class="{kind}" cx="{left + scale * value:.1f}" cy="{y}" r="4.5"><title>{told}</title></circle>'
        )
    base = height - 26
    ticks = "".join(
        f'<line class="grid" x1="{left + scale * k / 5:.1f}" y1="4" x2="{left + scale * k / 5:.1f}" y2="{base}"/>'
        f'<text x="{left + scale * k / 5:.1f}" y="{base + 14}" text-anchor="middle">{k / 5:.1f}</text>'
        for k in range(6)
    )
    name = "".join(
        f'<text class="{x}" x="{left - 24}" y="{base + 14}" text-anchor="end">{text}</text>'
        for x, text in zip(("en", "zh"), MEASURE_NAMES["macro_f1"], strict=True)
    )
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img">{ticks}{"".join(marks)}{name}</svg>\n'


def _picture(title: tuple[str, str], x: tuple[str, str], y: tuple[str, str], inside: str) -> str:
    grid = []
    for k in range(6):
        v = k / 5
        grid.append(f'<line class="grid" x1="{_x(v)}" y1="{_y(0)}" x2="{_x(v)}" y2="{_y(1)}"/>')
        grid.append(f'<line class="grid" x1="{_x(0)}" y1="{_y(v)}" x2="{_x(1)}" y2="{_y(v)}"/>')
        grid.append(f'<text x="{_x(v)}" y="{_H - _BOTTOM + 14}" text-anchor="middle">{v:.1f}</text>')
        grid.append(f'<text x="{_LEFT - 6}" y="{_y(v) + 4}" text-anchor="end">{v:.1f}</text>')
    names = "".join(
        f'<text class="{language}" x="{_x(0.5)}" y="{_H - 8}" text-anchor="middle">{escape(a)}</text>'
        f'<text class="{language}" x="12" y="{_y(0.5)}" text-anchor="middle" transform="rotate(-90 12 {_y(0.5)})">'
        f"{escape(b)}</text>"
        for language, a, b in zip(("en", "zh"), x, y, strict=True)
    )
    svg = f'<svg viewBox="0 0 {_W} {_H}" width="{_W}" role="img">{"".join(grid)}{names}{inside}</svg>'
    return f"<figure><figcaption>{_both(*title)}</figcaption>{svg}</figure>\n"


def _x(value: float) -> float:
    return round(_LEFT + value * (_W - _LEFT - _RIGHT), 1)


def _y(value: float) -> float:
    return round(_H - _BOTTOM - value * (_H - _BOTTOM - _TOP), 1)


# ---------------------------------------------------------------- words


def _both(english: str, chinese: str) -> str:
    return f'<span class="en" lang="en">{escape(english)}</span><span class="zh" lang="zh">{escape(chinese)}</span>'


def _language(language: str) -> str:
    return _both(*LANGUAGE_NAMES.get(language, (language, language)))


def _system_names(judged: Judged, card: Card) -> tuple[str, str]:
    return (
        SYSTEM_NAMES.get(judged.system, (judged.system, judged.system))
        if judged is not card.model
        else ("model", "模型")
    )


def _system(judged: Judged, card: Card) -> str:
    return _both(*_system_names(judged, card))


def _label(facet: Facet, label_id: str) -> str:
    names: Mapping[str, str] = next(label.name for label in facet.labels if label.id == label_id)
    return _both(names["en"], names["zh"])


_STYLE = """
:root{--ink:#1b2430;--soft:#66707c;--line:#dfe3e8;--model:#0b6e99;--base:#b4702a;--paper:#fff;--tint:11,110,153}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa4b0;--line:#333b45;--model:#58b8dd;--base:#d99a58;
--paper:#14181d;--tint:88,184,221}}
body{margin:0 auto;max-width:980px;padding:18px 22px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
#en:checked~main .zh,#zh:checked~main .en{display:none}
input{accent-color:var(--model)}label{margin-right:14px;color:var(--soft)}
h1{font-size:24px;margin:12px 0 4px}h2{font-size:19px;margin:30px 0 8px}h3{font-size:16px;margin:22px 0 6px}
code{color:var(--soft);font-size:.85em}small{color:var(--soft);white-space:nowrap}
table{border-collapse:collapse;margin:8px 0 14px;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:4px 9px;border-bottom:1px solid var(--line);text-align:right;font-weight:400}
th{color:var(--soft)}tr>:first-child,tr>th:first-child{text-align:left;color:var(--ink)}td:nth-child(2){white-space:nowrap}
tr.model td{font-weight:600}tr.model small{font-weight:400}tr.baseline td{color:var(--soft)}
.cell{background:rgba(var(--tint),calc(var(--share)*.45))}.cell.hit{outline:1px solid rgba(var(--tint),.5);outline-offset:-2px}
.bar{background:linear-gradient(90deg,rgba(var(--tint),.3) calc(var(--share)*100%),transparent 0)}
.pictures{display:flex;flex-wrap:wrap;gap:14px}figure{margin:0}figcaption{font-weight:600;font-size:14px}
svg{max-width:100%;height:auto}svg text{font-size:11px;fill:var(--soft)}.grid{stroke:var(--line)}
.even{stroke:var(--soft);stroke-dasharray:4 4}.dot{fill:rgba(var(--tint),.25);stroke:var(--model)}.core{fill:var(--model)}
.curve{fill:none;stroke:var(--model);stroke-width:2}.ring{fill:none;stroke:var(--base);stroke-width:2.5}
circle.model{fill:var(--model)}circle.baseline{fill:var(--base)}
.whisker{stroke-width:2.5}.whisker.model{stroke:var(--model)}.whisker.baseline{stroke:var(--base)}
footer{margin-top:28px;color:var(--soft);font-size:13px;border-top:1px solid var(--line)}
"""
