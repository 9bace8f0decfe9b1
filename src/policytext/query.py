"""What did the user ask? A query becomes a tree, and the tree an FTS5 expression in which all is quoted.

    标准 互认              both words
    "technical standards"  the exact phrase; in Chinese over characters, so that segmentation can't hide it
    标准 OR 规则, NOT 美国, (…), 标准化*
    role:recommendation theme:standards lang:zh year:2020-2024 doc:… title:…

Full-width quotes, colons and parentheses are taken for what they are meant to be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from policytext import terms
from policytext.errors import QueryError

FIELDS = ("role", "theme", "lang", "year", "doc", "title")

FACET = "facet:"
"""Before the name of a filter that is a facet of a user's taxonomy: `facet:stance`."""

MAX_DEPTH = 50
"""Parentheses within parentheses; nobody types more, and the parser calls itself once for each."""

_WIDTH = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "「": '"',
        "」": '"',
        "『": '"',
        "』": '"',
        "＂": '"',
        "（": "(",
        "）": ")",
        "：": ":",
        "　": " ",
        "＊": "*",
    }
)
_TOKEN = re.compile(
    r'\s*(?:(?P<open>\()|(?P<close>\))|(?P<field>(?:role|theme|lang|language|year|doc|title):)(?=\S)|(?P<quote>"[^"]*"?)|(?P<word>[^\s()"]+))',
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Text that must stand in a passage as it is; `prefix` lets its last word go on."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One part must hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`part` must not hold."""

    part: Node


Node = Phrase | All | Any | Not


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: a tree of text (None: everything) and filters by field."""

    text: Node | None = None
    filters: tuple[tuple[str, str], ...] = ()

    def only(self, **filters: str | None) -> Query:
        """The query with more filters; those that are None are left out."""
        more = tuple((name, value) for name, value in filters.items() if value)
        return replace(self, filters=self.filters + more)

    def phrases(self) -> list[Phrase]:
        """The phrases a passage may hold because of this query, in the order they were typed."""
        return list(_positive(self.text))


def parse(text: str) -> Query:
    """The query that was typed; raises `QueryError` with a caret under the place it can't be understood.

    >>> parse('标准 NOT "basic research"').text
    All(parts=(Phrase(text='标准', prefix=False), Not(part=Phrase(text='basic research', prefix=False))))
    """
    return _Parser(text).query()


def match_expression(node: Node) -> str:
    """The FTS5 expression of a tree; every term is quoted, so nothing typed is ever syntax."""
    if isinstance(node, Phrase):
        return _phrase(node)
    if isinstance(node, Not):  # FTS5 has only the binary form: everything but
        return f"({ALL_TERM} NOT {match_expression(node.part)})"
    if isinstance(node, Any):
        return "(" + " OR ".join(match_expression(part) for part in node.parts) + ")"
    wanted = [part for part in node.parts if not isinstance(part, Not)]
    refused = [part.part for part in node.parts if isinstance(part, Not)]
    expression = " AND ".join(match_expression(part) for part in wanted) or ALL_TERM
    for part in refused:
        expression = f"({expression}) NOT {match_expression(part)}"
    return f"({expression})"


ALL_MARK = "allpassages"
ALL_TERM = f'mark:"{ALL_MARK}"'
"""A term that every passage bears, for queries that only exclude."""


def _phrase(node: Phrase) -> str:
    grams = terms.phrase_terms(node.text)
    prefix = node.prefix or terms.is_single_character(grams[-1])  # 2025年 must meet 2025 年建
    exact = '{grams headings}: "' + " ".join(grams) + '"' + ("*" if prefix else "")
    word = terms.query_words(node.text)
    if prefix or len(word) != 1:
        return exact
    whole = terms.index_terms(word[0]).words.split()
    if len(whole) > 1 and whole[-1] != word[0]:  # 标准的 is no word of the index: 的 alone would find everything
        return exact
    return f'({exact} OR words: "{whole[-1]}")'  # ranks whole words above parts of others


def _positive(node: Node | None) -> Sequence[Phrase]:
    if isinstance(node, Phrase):
        return [node]
    if isinstance(node, All | Any):
        return [phrase for part in node.parts for phrase in _positive(part)]
    return []


class _Parser:
    """One pass over one query; `at` is the offset of the next token."""

    def __init__(self, text: str) -> None:
        self.typed = text
        self.text = text.translate(_WIDTH)
        self.at = 0
        self.depth = 0
        self.filters: list[tuple[str, str]] = []

    def query(self) -> Query:
        node = self._any()
        if self._peek() is not None:
            self._fail("this closing parenthesis has no opening one; remove it")
        if node is None and not self.filters:
            self._fail("the query is empty; type words, or use a filter such as --role", at=0)
        return Query(node, tuple(self.filters))

    def _any(self) -> Node | None:
        parts = [self._all()]
        while self._take_word("OR"):
            place = self.at
            parts.append(self._all())
            if parts[-1] is None:
                self._fail("nothing stands after OR; add a word or remove it", at=place)
        if len(parts) > 1 and parts[0] is None:
            self._fail("nothing stands before OR; add a word or remove it", at=0)
        kept = tuple(part for part in parts if part is not None)
        return Any(kept) if len(kept) > 1 else kept[0] if kept else None

    def _all(self) -> Node | None:
        parts: list[Node] = []
        while True:
            self._take_word("AND")
            negated = self._take_word("NOT")
            place, filters = self.at, len(self.filters)
            part, found = self._one()
            if negated and len(self.filters) > filters:
                self._fail("NOT can't stand before a filter; exclude words instead", at=place)
            if not found:
                if negated:
                    self._fail("nothing stands after NOT; add a word or remove it", at=place)
                break
            if part is not None:
                parts.append(Not(part) if negated else part)
        return All(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None

    def _one(self) -> tuple[Node | None, bool]:
        """The next part, and whether there was a token; a filter or bare punctuation is a token without a part."""
        token = self._peek()
        if token is None or token.lastgroup == "close" or token["word"] == "OR":
            return None, False
        start, self.at = self.at, token.end()
        if token.lastgroup == "open":
            self.depth += 1
            if self.depth > MAX_DEPTH:
                self._fail(f"more than {MAX_DEPTH} parentheses within each other; make it simpler", at=start)
            inside = self._any()
            self.depth -= 1
            closing = self._peek()
            if closing is None or closing.lastgroup != "close":
                self._fail("this parenthesis is never closed; add )", at=start)
            else:
                self.at = closing.end()
            return inside, True
        if token.lastgroup == "field":
            self._filter(token["field"][:-1].lower())
            return None, True
        if token.lastgroup == "quote":
            quoted = token["quote"]
            if len(quoted) < 2 or not quoted.endswith('"'):
                self._fail('this quotation is never closed; add "', at=token.start("quote"))
            return (Phrase(quoted[1:-1].strip()) if terms.phrase_terms(quoted) else None), True
        return _words(token["word"]), True

    def _filter(self, name: str) -> None:
        token = self._peek()
        value = (token["word"] or (token["quote"] or "").strip('"')) if token is not None else ""
        if token is None or not value:
            self._fail(f"{name}: needs a value, as in {name}:{_EXAMPLES.get(name, '…')}")
            return
        self.at = token.end()
        self.filters.append(("language" if name in ("lang", "language") else name, value))

    def _peek(self) -> re.Match[str] | None:
        return _TOKEN.match(self.text, self.at)

    def _take_word(self, word: str) -> bool:
        token = self._peek()
        if token is None or token["word"] != word:
            return False
        self.at = token.end()
        return True

    def _fail(self, cause: str, at: int | None = None) -> None:
        if not self.typed.strip():
            raise QueryError(cause)
        place = self.at if at is None else at
        place = len(self.text) - len(self.text[place:].lstrip())  # the next token begins after white space
        shown = self.typed.replace("\n", " ")
        width = sum(2 if ord(c) > 0x2E7F else 1 for c in shown[:place])
        raise QueryError(f"{cause}\n  {shown}\n  {' ' * width}^")


_EXAMPLES = {
    "role": "cause",
    "theme": "standards",
    "lang": "zh",
    "year": "2024",
    "doc": "title-words",
    "title": "words",
}


def _words(word: str) -> Node | None:
    prefix = word.endswith("*")
    found = terms.query_words(word)
    phrases: tuple[Node, ...] = tuple(Phrase(w, prefix and i == len(found) - 1) for i, w in enumerate(found))
    if len(phrases) > 1:
        return All(phrases)
    return phrases[0] if phrases else None
