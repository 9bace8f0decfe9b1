"""Where in a passage does a term or a signal stand, and what is it called? For explanations that a page can underline.

`features` sees a text whose script is folded and whose formulas are closed up; here every finding is led back to the
offsets of the original. Signals of one meaning make a family: the five that count sentences which tell a lack (their
share, whether any, the first or the last does, how dense they stand) are one cue to a reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from policytext import features, tokens
from policytext.taxonomy import Taxonomy
from policytext.types import Language, Passage

Span = tuple[int, int]
"""Offsets of the first character and of the one after the last."""

HeadingSpan = tuple[int, int, int]
"""The heading's place in the passage's `section`, from 0, and the offsets in it."""

Kind = Literal["word", "heading word", "cue", "terms", "heading", "shape", "place", "neighbour", "base"]
"""What a reason is: a term of the text or of a heading, what sentences do, a label's terms, what a heading announces,
how the passage is made, where it stands, the opinion of the passages around, or what holds for any passage."""

Family = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Traced:
    """A text as features see it; `starts` and `ends` are each character's offsets in the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """The original's offsets of a piece that is not empty."""
        return self.starts[start], self.ends[end - 1]

    def lower(self) -> Traced:
        """The text in small letters; a character that becomes two (İ) keeps its offsets for both."""
        widths = [len(char.lower()) for char in self.text]
        if max(widths, default=1) == 1:
            return Traced(self.text.lower(), self.starts, self.ends)
        starts = [at for at, width in zip(self.starts, widths, strict=True) for _ in range(width)]
        ends = [at for at, width in zip(self.ends, widths, strict=True) for _ in range(width)]
        return Traced(self.text.lower(), starts, ends)


def trace(text: str) -> Traced:
    """`features.clean(text)` with the way back.

    >>> traced = trace("占 $3 1 . 8$ 多")
    >>> traced.text, traced.span(2, 6)
    ('占 31.8 多', (3, 10))
    """
    kept: list[int] = []
    at = 0
    for formula in features.FORMULA.finditer(text):
        kept += range(at, formula.start())
        inner = formula.start(1)
        for mark in features.FORMULA_MARKS.finditer(formula[1]):
            kept += range(inner, formula.start(1) + mark.start())
            inner = formula.start(1) + mark.end()
        kept += range(inner, formula.end(1))
        at = formula.end()
    kept += range(at, len(text))
    return Traced(tokens.simplify("".join(text[i] for i in kept)), kept, [i + 1 for i in kept])


# ---------------------------------------------------------------- what an explanation is made of


@dataclass(frozen=True, slots=True)
class Part:
    """One feature's share in a decision: value × weight, in log-odds. `name` is the feature's own."""

    name: str
    value: float
    weight: float

    @property
    def amount(self) -> float:
        """What the feature adds to the log-odds."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class Reason:
    """What belongs together in a reader's eyes: a word, a cue, a heading, a neighbour; see `names`.

    `amount` is the sum of its parts in log-odds (natural logarithm), positive where it speaks for the label. `spans`
    are offsets in the passage's text, `headings` those in its `section`; of some signals (where it stands, how long
    it is) there are none. `neighbour` is the `n` of the passage meant.
    """

    kind: Kind
    name: str
    amount: float
    spans: tuple[Span, ...]
    headings: tuple[HeadingSpan, ...]
    neighbour: int | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a label was given, or wasn't: the reasons, weightiest first, whichever way they point.

    Of an exclusive facet the amounts sum to `margin` = log(probability of `label` / probability of `against`), where
    `against` is the likeliest other label. Of another facet `against` is empty and `margin` is the log-odds of the
    label less those of its threshold: the label is given where it isn't negative.
    """

    facet: str
    label: str
    against: str
    probability: float
    margin: float
    reasons: tuple[Reason, ...]


# ---------------------------------------------------------------- where it stands


@dataclass(frozen=True, slots=True)
class Findings:
    """Where terms and families of signals stand in one passage, in order; those that stand nowhere are missing."""

    words: Mapping[str, tuple[Span, ...]]
    heading_words: Mapping[str, tuple[HeadingSpan, ...]]
    signals: Mapping[Family, tuple[Span, ...]]
    heading_signals: Mapping[Family, tuple[HeadingSpan, ...]]


def find(passage: Passage, taxonomy: Taxonomy, max_ngram: int = 1) -> Findings:
    """Where the terms and signals of a passage stand; terms are runs of up to `max_ngram` words."""
    text = trace(passage.text)
    joined, places = _joined(passage.section)
    heading_language = tokens.language(" ".join(passage.section[-2:]), passage.language)
    heading_words = {
        term: tuple(place for a, b in spans if (place := _in_heading(places, a, b)))
        for term, spans in _words(joined, heading_language, taxonomy, max_ngram).items()
    }
    signals: dict[Family, tuple[Span, ...]] = {}
    for family, span in (*_cues(text, passage.language), *_terms(text, passage.language, taxonomy)):
        signals[family] = (*signals.get(family, ()), span)
    headings: dict[Family, tuple[HeadingSpan, ...]] = {}
    for family, place in _heading_acts(passage.section, taxonomy):
        headings[family] = (*headings.get(family, ()), place)
    return Findings(_words(text, passage.language, taxonomy, max_ngram), heading_words, signals, headings)


def _words(text: Traced, language: Language, taxonomy: Taxonomy, max_ngram: int) -> dict[str, tuple[Span, ...]]:
    placed = features.placed_words(text.text, language, taxonomy)
    traced = text if language == "en" else text.lower()  # `placed_words` lowers Chinese before it cuts
    found: dict[str, tuple[Span, ...]] = {}
    for n in range(1, max_ngram + 1):
        for i in range(len(placed) - n + 1):
            run = placed[i : i + n]
            term = " ".join(word for word, _, _ in run)
            found[term] = (*found.get(term, ()), traced.span(run[0][1], run[-1][2]))
    return found


def _cues(text: Traced, language: Language) -> Iterator[tuple[Family, Span]]:
    spans = tokens.sentences(text.text, language) if language in features.GRAMMAR else []
    for name, pattern in features.GRAMMAR.get(language, {}).items():
        for start, end in spans:
            for match in pattern.finditer(text.text[start:end]):
                if match.end() > match.start():
                    yield ("cue", name), text.span(start + match.start(), start + match.end())


def _terms(text: Traced, language: Language, taxonomy: Taxonomy) -> Iterator[tuple[Family, Span]]:
    lowered = text.lower()
    for facet, label, pattern in features.term_patterns(taxonomy, language):
        for match in pattern.finditer(lowered.text):
            yield ("terms", f"{facet}:{label}"), lowered.span(*match.span())


def _heading_acts(section: Sequence[str], taxonomy: Taxonomy) -> Iterator[tuple[Family, HeadingSpan]]:
    for n, heading in list(enumerate(section))[-3:]:
        lowered = trace(heading).lower()
        for label, *patterns in features.heading_patterns(taxonomy):
            for match in (m for pattern in patterns for m in pattern.finditer(lowered.text)):
                yield ("heading", label), (n, *lowered.span(*match.span()))


def _joined(section: Sequence[str]) -> tuple[Traced, list[HeadingSpan]]:
    """The last two headings as features see them, and where each stands in what is joined: (place, start, end)."""
    places: list[HeadingSpan] = []
    at = 0
    for n, heading in list(enumerate(section))[-2:]:
        places.append((n, at, at + len(heading)))
        at += len(heading) + 1
    return trace(" ".join(section[-2:])), places


def _in_heading(places: Iterable[HeadingSpan], start: int, end: int) -> HeadingSpan | None:
    """The span within its heading; None for one that lies over the joint of two."""
    return next(((n, start - a, end - a) for n, a, b in places if a <= start and end <= b), None)


# ---------------------------------------------------------------- what it is called

_NEIGHBOURS = ("before", "after", "two before", "two after", "itself", "document")

_COUNTS = ("share", "any", "first", "last", "dense")


def family(signal: str, language: str = "") -> Family:
    """The family of a signal; the copy that a language has for itself is of the same family.

    >>> family("share:lack"), family("zh|first:lack", "zh"), family("before:cause")
    (('cue', 'lack'), ('cue', 'lack'), ('neighbour', 'before'))
    """
    head, _, rest = signal.removeprefix(f"{language}|").partition(":")
    if head in _COUNTS and rest:
        return "cue", rest
    if head in ("terms", "opening") and rest:
        return "terms", rest
    if head in ("heading", "heading0", "heading1", "heading2", "act") and rest:
        return "heading", rest
    if head in _NEIGHBOURS and rest:
        return "neighbour", head
    if head in ("one", "language"):
        return "base", ""
    if head in ("depth", "no heading"):
        return "heading", head
    if head.startswith("document "):
        return "place", "document"
    if head.endswith(" section"):
        return "place", head
    return "shape", "length" if head.startswith("length") else head


_NAMES: Mapping[Family, tuple[str, str]] = {
    ("cue", "modal"): ("说应当的句子", "sentences that say what should be"),
    ("cue", "advise"): ("提出建议的句子", "sentences that advise"),
    ("cue", "imperative"): ("以动作起头的句子", "sentences that open with an action"),
    ("cue", "future"): ("说将来的句子", "sentences about the future"),
    ("cue", "done"): ("说已做之事的句子", "sentences that tell what was done"),
    ("cue", "achieve"): ("说成绩的句子", "sentences that tell a success"),
    ("cue", "lack"): ("说缺乏的句子", "sentences that tell a lack"),
    ("cue", "problem"): ("说问题的句子", "sentences that tell a problem"),
    ("cue", "cause"): ("说因果的句子", "sentences that tell cause and effect"),
    ("cue", "contrast"): ("转折的句子", "sentences that contrast"),
    ("cue", "hedge"): ("留有余地的句子", "sentences that hedge"),
    ("cue", "figure"): ("带数字的句子", "sentences with figures"),
    ("cue", "year"): ("带年份的句子", "sentences with years"),
    ("cue", "cite"): ("引用他人的句子", "sentences that cite"),
    ("cue", "foreign"): ("说外国的句子", "sentences about other countries"),
    ("cue", "define"): ("下定义的句子", "sentences that define or list"),
    ("cue", "method"): ("说研究方法的句子", "sentences about the text's own method"),
    ("cue", "policy"): ("说法规文件的句子", "sentences about laws and measures"),
    ("cue", "ask"): ("提问的句子", "sentences that ask"),
    ("cue", "quote"): ("引述原话的句子", "sentences that quote"),
    ("cue", "ours"): ("说“我们”的句子", "sentences about us or our government"),
    ("cue", "more"): ("说程度加深的句子", "sentences that say more or further"),
    ("cue", "worse"): ("说少或变少的句子", "sentences that say less or fewer"),
    ("heading", "depth"): ("标题的层级", "depth of the headings"),
    ("heading", "no heading"): ("上面没有标题", "no heading above"),
    ("shape", "length"): ("段落的长短", "length of the passage"),
    ("shape", "item"): ("列举项及其序号", "an item, and its rank"),
    ("shape", "leads in"): ("以冒号引出下文", "ends with a colon"),
    ("shape", "cut before"): ("开头被截断", "begins in mid-sentence"),
    ("shape", "cut after"): ("结尾被截断", "ends in mid-sentence"),
    ("shape", "note number"): ("像脚注", "looks like a note"),
    ("shape", "numbered"): ("以编号开头", "begins with a number"),
    ("shape", "bullet"): ("以项目符号开头", "begins with a bullet"),
    ("shape", "bullets"): ("含多个项目符号", "several bullets in one"),
    ("place", "document"): ("在文中的位置", "place in the document"),
    ("place", "opens section"): ("一节的第一段", "first of its section"),
    ("place", "closes section"): ("一节的最后一段", "last of its section"),
    ("place", "alone in section"): ("一节只此一段", "alone in its section"),
    ("neighbour", "before"): ("前一段", "the passage before"),
    ("neighbour", "after"): ("后一段", "the passage after"),
    ("neighbour", "two before"): ("前第二段", "the second passage before"),
    ("neighbour", "two after"): ("后第二段", "the second passage after"),
    ("neighbour", "itself"): ("不看上下文的初判", "first reading of it alone"),
    ("neighbour", "document"): ("全文的倾向", "the document as a whole"),
    ("base", ""): ("起点", "where every passage starts"),
}


def names(family: Family, taxonomy: Taxonomy) -> dict[str, str]:
    """What a family is called, by language `zh` and `en`; words are called what they are.

    >>> from policytext import taxonomy
    >>> names(("cue", "lack"), taxonomy.default())
    {'zh': '说缺乏的句子', 'en': 'sentences that tell a lack'}
    """
    kind, name = family
    if family in _NAMES:
        zh, en = _NAMES[family]
        return {"zh": zh, "en": en}
    labels = {f"{facet.id}:{label.id}": label for facet, label in taxonomy.labels()}
    labels |= {label.id: label for _, label in taxonomy.labels()} if kind == "heading" else {}
    if (label := labels.get(name)) is not None and kind in ("terms", "heading"):
        zh, en = ("“{}”的词语", "terms of {}") if kind == "terms" else ("标题说“{}”", "heading tells {}")
        return {"zh": zh.format(label.name["zh"]), "en": en.format(label.name["en"])}
    shown = name.replace("_", " ")
    return (
        {"zh": f"标题中的“{shown}”", "en": f"“{shown}” in a heading"}
        if kind == "heading word"
        else {
            "zh": f"“{shown}”",
            "en": f"“{shown}”",
        }
    )
