"""Which language is this, where do its sentences end, and why is this one word?

Chinese words come from jieba with our dictionary and its hidden Markov model switched off: then the
dictionary alone decides, every build of jieba gives the same words, and a new word is one line in a
taxonomy. English words and sentences come from spaCy's tokenizer, stems from Snowball.
"""

from __future__ import annotations

import logging
import re
import tempfile
import unicodedata
import warnings
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policytext import taxonomy
from policytext.types import Language

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc

Token = tuple[str, int, int]
"""A word with the offsets of its first character and of the one after its last."""

HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""Ranges of the Han characters, the 〇 of 二〇二四年 and the rare ones of names beyond the basic plane included."""

_HAN = re.compile(f"[{HAN}]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_LETTER = re.compile(r"[^\W\d_]")

MIN_LETTERS = 12
"""Below this many letters a text's own script says too little ("DOI: …", "(Han, 2024)"): it takes its neighbour's."""

_SENTENCE_ZH = re.compile(r"[^。！？!?；;\n]*(?:[。！？!?；;\n]+[”’」』）)】]*|$)")


def language(text: str, default: Language = "other") -> Language:
    """The language of a passage by the share of its scripts; `default` when it has too few letters to tell.

    A Han character weighs as much as a Latin word. Text that is mostly neither is `other`.

    >>> language("完善标准体系，推动ISO标准互认。"), language("The plan has three parts.")
    ('zh', 'en')
    """
    han = len(_HAN.findall(text))
    latin_words = _LATIN.findall(text)
    latin = sum(map(len, latin_words))
    letters = sum(1 for _ in _LETTER.finditer(text))
    if han + latin < MIN_LETTERS and han < MIN_LETTERS // 3:
        return default
    if han + latin < letters / 2:
        return "other"
    return "zh" if han >= len(latin_words) else "en"


def cut_zh(text: str, *, search: bool = False, words: tuple[str, ...] | None = None) -> list[Token]:
    """The Chinese words of `text`, white space and punctuation included, in order.

    With `search`, a long word follows the shorter dictionary words inside it, as an index wants them.
    `words` are kept whole beside jieba's own dictionary: a taxonomy's terms; without it the default's.
    """
    dictionary = taxonomy.default().words("zh") if words is None else words
    return list(_segmenter(dictionary).tokenize(text, mode="search" if search else "default", HMM=False))


def fold(text: str) -> str:
    """The text with differences that readers don't mean removed, character by character, so that every offset
    stays true: traditional script as simplified, full width as half width, capitals as small letters.

    >>> fold("臺灣ＩＳＯ標準")
    '台湾iso标准'
    """
    return text.translate(_folds())


def simplify(text: str) -> str:
    """The text in simplified script, character by character: lengths, width and case stay.

    >>> simplify("臺灣 ISO")
    '台湾 ISO'
    """
    return text.translate(_simplified())


@cache
def _simplified() -> dict[int, str]:
    return {code: char for code, char in _folds().items() if re.match(f"[{HAN}]", chr(code))}


@cache
def _folds() -> dict[int, str]:
    """The folded form of every character of the basic plane that has one of length 1."""
    import opencc

    simplify = opencc.OpenCC("t2s").convert
    folds: dict[int, str] = {}
    for code in range(0x21, 0x10000):
        if 0xD800 <= code < 0xE000:
            continue
        char = chr(code)
        folded = unicodedata.normalize("NFKC", char).lower()
        if re.match(f"[{HAN}]", folded):
            folded = simplify(folded)
        if len(folded) == 1 and folded != char and not folded.isspace():
            folds[code] = folded
    return folds


def words_en(text: str) -> list[Token]:
    """The English words and numbers of `text`, lower-cased, without punctuation."""
    return [
        (token.lower_, token.idx, token.idx + len(token))
        for token in _doc(text)
        if not token.is_punct and not token.is_space
    ]


@lru_cache(maxsize=200_000)
def stem_en(word: str) -> str:
    """The Snowball (Porter 2) stem of one lower-case English word.

    >>> stem_en("policies"), stem_en("standardisation")
    ('polici', 'standardis')
    """
    stem: str = _stemmer().stemWord(word)
    return stem


def sentences(text: str, language: Language) -> list[tuple[int, int]]:
    """Start and end offsets of the sentences of `text`, in order, without surrounding white space.

    Chinese sentences end at 。！？ and also at ；, since a Chinese sentence in officialese is a list of
    clauses that each make a statement of their own. English ends know abbreviations ("U.S. exports",
    "spending on R&D. Firms").
    """
    spans = _sentences_en(text) if language == "en" else [m.span() for m in _SENTENCE_ZH.finditer(text)]
    return [_trim(text, start, end) for start, end in spans if text[start:end].strip()]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _sentences_en(text: str) -> list[tuple[int, int]]:
    spans = []
    start = 0
    tokens = list(_doc(text))
    for i, (here, after) in enumerate(pairwise(tokens)):
        ends = here.text in {".", "!", "?", "…"} or (here.text.endswith(".") and _is_capital_start(after.text))
        numbers = here.text == "." and i > 0 and after.text[:1].isdigit() and _NUMBERED.fullmatch(tokens[i - 1].text)
        if ends and not numbers and not _abbreviates(here.text) and not after.is_punct and not after.text[:1].islower():
            spans.append((start, after.idx))
            start = after.idx
    spans.append((start, len(text)))
    return spans


_TITLES = re.compile(r"(?:mr|mrs|ms|dr|prof|gen|sen|rep|gov|st|nos?|figs?|eq|vs|art|para|sec|ch)\.", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:nos?|figs?|eqs?|arts?|paras?|secs?|chs?|pp?|vols?)", re.IGNORECASE)
"""Words that spaCy parts from their full stop, which ends no sentence when a number follows: "see Fig. 3"."""


def _abbreviates(token: str) -> bool:
    """Whether a token that ends in a full stop is a title or initial, after which the sentence goes on."""
    return _TITLES.fullmatch(token) is not None or (len(token) == 2 and token[0].isupper() and token[1] == ".")


def _is_capital_start(word: str) -> bool:
    return word[:1].isupper()


@lru_cache(maxsize=2)
def _segmenter(words: tuple[str, ...]) -> Any:
    """A jieba tokenizer of our own: its cache in the user's private folder, its dictionary built up front.

    jieba's default cache is a file in the shared temporary folder that is read through `marshal` without
    a check. Words are only ever added: `del_word` leaks into every tokenizer of the process.
    """
    from platformdirs import user_cache_path

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pkg_resources and escape sequences, both harmless, both jieba's
        import jieba
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.cache_file = f"jieba-{jieba.__version__}.cache"
    try:
        folder = user_cache_path("policytext")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:  # a home that can't be written: a fresh private folder, at the price of a slower start
        folder = Path(tempfile.mkdtemp(prefix="policytext-"))
    tokenizer.tmp_dir = str(folder)
    tokenizer.initialize()
    for word in words:
        tokenizer.add_word(word)
    return tokenizer


@lru_cache(maxsize=4)
def _doc(text: str) -> Doc:
    """The tokens of a text, kept for a moment: words and sentences are asked of the same passage in turn."""
    return _english().make_doc(text)


@cache
def _english() -> Pipeline:
    import spacy

    return spacy.blank("en")


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")
