"""Which terms does the index hold, and which does a query become? Both are made here, so that they meet.

Chinese text is indexed twice: as jieba's search-mode words, which rank well, and as character bigrams, in
which any run of characters can be found as a phrase, whatever the segmenter thought. English is stems.
All of it is folded first (script, width, case).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policytext import tokens

_RUN = re.compile(rf"[{tokens.HAN}]+|(?:(?![{tokens.HAN}])[^\W_])+(?:['’][a-z]+)?")
_HAN_RUN = re.compile(rf"[{tokens.HAN}]")


@dataclass(frozen=True, slots=True)
class IndexTerms:
    """The terms of one text, space-joined: `words` rank, `grams` find every phrase."""

    words: str
    grams: str


def index_terms(text: str) -> IndexTerms:
    """The terms under which a text can be found.

    >>> index_terms("标准化 standards")
    IndexTerms(words='标准 标准化 standard', grams='标准 准化 化 standard')
    """
    folded = tokens.fold(text)
    words: list[str] = []
    grams: list[str] = []
    for run in _RUN.findall(folded):
        if _HAN_RUN.match(run):
            words += [word for word, _, _ in tokens.cut_zh(run, search=True)]
            grams += [*_bigrams(run), run[-1]]
        else:
            words.append(_latin(run))
            grams.append(_latin(run))
    return IndexTerms(" ".join(words), " ".join(grams))


def phrase_terms(text: str) -> list[str]:
    """The consecutive grams that stand in every text which holds this phrase; empty for punctuation alone.

    A single Chinese character gives one gram of one character, to be searched as a prefix.
    """
    runs = _RUN.findall(tokens.fold(text))
    grams: list[str] = []
    for i, run in enumerate(runs):
        last = i == len(runs) - 1
        if not _HAN_RUN.match(run):
            grams.append(_latin(run))
        elif last:
            grams += _bigrams(run) or [run]
        else:
            grams += [*_bigrams(run), run[-1]]
    return grams


def query_words(text: str) -> list[str]:
    """The words that a bare query stands for, in order: 基础研究投入 is 基础研究 and 投入.

    Single characters stay with the word before them, so that nothing typed is lost.
    """
    words: list[str] = []
    for run in _RUN.findall(tokens.fold(text)):
        if not _HAN_RUN.match(run):
            words.append(run)
            continue
        first = True
        for word, _, _ in tokens.cut_zh(run):
            if len(word) == 1 and not first:
                words[-1] += word
            else:
                words.append(word)
            first = False
    return words


def is_single_character(gram: str) -> bool:
    """Whether a gram is one Chinese character, which must be searched as a prefix."""
    return len(gram) == 1 and _HAN_RUN.match(gram) is not None


def find(text: str, phrase: str, *, prefix: bool = False) -> Iterator[tuple[int, int]]:
    """Start and end offsets, in the text as it is, of every place where the phrase stands.

    English words match by stem; white space and punctuation between words don't count.
    """
    wanted = _RUN.findall(tokens.fold(phrase))
    if not wanted:
        return
    if len(wanted) == 1 and _HAN_RUN.match(wanted[0]):
        places = re.finditer(f"(?={wanted[0]})", tokens.fold(text))  # looking ahead: places may overlap
        yield from ((m.start(), m.start() + len(wanted[0])) for m in places)
        return
    runs = [(m[0], m.start(), m.end()) for m in _RUN.finditer(tokens.fold(text))]
    for i in range(len(runs) - len(wanted) + 1):
        window = runs[i : i + len(wanted)]
        if all(
            _matches(run, want, k, len(wanted), prefix)
            for k, ((run, _, _), want) in enumerate(zip(window, wanted, strict=True))
        ):
            first, last = window[0], window[-1]
            start = first[2] - len(wanted[0]) if _HAN_RUN.match(wanted[0]) else first[1]
            end = last[1] + len(wanted[-1]) if _HAN_RUN.match(wanted[-1]) else last[2]
            yield start, end


def _matches(run: str, want: str, place: int, count: int, prefix: bool) -> bool:
    if not _HAN_RUN.match(want):
        if prefix and place == count - 1:
            return run.startswith(want)
        return not _HAN_RUN.match(run) and _latin(run) == _latin(want)
    if place == 0:
        return run.endswith(want)
    if place == count - 1:
        return run.startswith(want)
    return run == want


def _latin(word: str) -> str:
    return tokens.stem_en(word)


def _bigrams(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]
