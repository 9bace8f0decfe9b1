"""Can these characters be what the page shows? The share of a text that no reader could have meant.

Three things go wrong with a text layer: characters without a meaning (private use, `(cid:7)`, U+FFFD); a wrong map
that gives other characters for all of one font; and a map that is shifted. The first are counted, the others seen by
a mixture of characters that no language has.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

MIN_HAN = 80
"""Chinese characters from which their mixture tells something: any page of prose has two fifths frequent ones."""

FREQUENT = 0.1
"""Share of frequent characters under which the map must be wrong; tables of names and places have a fifth."""

MIN_WORDS = 40
"""Latin words of four letters and more from which their mixture tells something."""

NO_VOWEL = (0.18, 0.4)
"""Share of such words without a vowel: above the first only lists of names and addresses have it, which have few of
the words that bind a sentence either way; above the second nothing has. On 300 real pages the most was 0.16."""

BINDING = 0.03
"""Share of the words that bind sentences (the, de, und) under which a page is no prose; prose has a third."""

_UNREADABLE = re.compile("[\ue000-\uf8ff\ufffd\x00-\x08\x0e-\x1f\U000f0000-\U0010fffd]|\\(cid:\\d+\\)")
_WORD = re.compile(r"[a-z]{4,}")
_BINDING_WORDS = frozenset(
    (  # noqa: SIM905  # words on a line can be read
        "the of and to in a is for that on with as be by are or an at from this it not we de la le les et des du un une"
        " en que el los las y del por con para der die das und von den zu mit di il e che do da os"
    ).split()
)
_FREQUENT_HAN = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "這個國會發動過說產經時來們為對學業關政策研究技术術建设設实實加全部本制机機理市场場社企管理科合力化高内公"
)


def garbled_share(text: str, unmapped: int = 0) -> float:
    """The share of unreadable characters, 0 to 1; `unmapped` counts those whose font has no map for them.

    >>> garbled_share("冷链\\ue001\\ue002"), garbled_share("A plain sentence.")
    (0.5, 0.0)
    """
    if not text:
        return 0.0
    han = re.findall(r"[\u3400-\u9fff]", text)
    if len(han) >= MIN_HAN and sum(c in _FREQUENT_HAN for c in han) < FREQUENT * len(han):
        return 1.0
    if _no_language(text):
        return 1.0
    unreadable = len(_UNREADABLE.findall(text)) + text.count("(cid:") * 6  # such a mark stands for one character
    return min(max(unreadable, unmapped) / max(len(text), unmapped, 1), 1.0)


def _no_language(text: str) -> bool:
    """Whether the Latin letters can't be words: too many have no vowel, or vowels are too few or too many in all."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    words = _WORD.findall(plain)
    letters = Counter(c for c in plain if "a" <= c <= "z")
    if len(words) < MIN_WORDS or 4 * letters.total() < len(text):
        return False
    vowels = sum(letters[c] for c in "aeiou") / letters.total()
    if not 0.2 <= vowels <= 0.6:
        return True
    odd = sum(not set(word) & set("aeiouy") for word in words) / len(words)
    every = re.findall(r"[a-z]+", plain)
    binding = sum(word in _BINDING_WORDS for word in every) / len(every)
    return odd > NO_VOWEL[1] or (odd > NO_VOWEL[0] and binding < BINDING)
