"""What the user typed becomes a tree; what can't be understood is shown with its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from building import ANY_TEXT, PROSE
from hypothesis import example, given
from hypothesis import strategies as st

from policytext.errors import QueryError
from policytext.query import All, Any, Not, Phrase, Query, match_expression, parse

TYPED = st.lists(
    st.one_of(
        ANY_TEXT,
        PROSE,
        st.sampled_from(['"', "“", "”", "(", ")", "（", "NOT ", " OR ", " AND ", "*", "role:", "year:", "doc:", " "]),
    ),
    max_size=8,
).map("".join)
"""What somebody may type: words, operators and slips."""


@pytest.mark.parametrize(
    ("typed", "tree"),
    [
        ("标准", Phrase("标准")),
        ("基础研究投入", All((Phrase("基础研究"), Phrase("投入")))),
        ("标准 互认", All((Phrase("标准"), Phrase("互认")))),
        ("标准 AND 互认", All((Phrase("标准"), Phrase("互认")))),
        ("标准 OR 规则", Any((Phrase("标准"), Phrase("规则")))),
        ("标准 NOT 美国", All((Phrase("标准"), Not(Phrase("美国"))))),
        ('"technical standards"', Phrase("technical standards")),
        ("standard*", Phrase("standard", prefix=True)),
        ("(标准 OR 规则) 互认", All((Any((Phrase("标准"), Phrase("规则"))), Phrase("互认")))),
        ("标准 OR (规则 互认)", Any((Phrase("标准"), All((Phrase("规则"), Phrase("互认")))))),
    ],
)
def test_a_query_becomes_a_tree(typed: str, tree: object) -> None:
    assert parse(typed).text == tree


@pytest.mark.parametrize(
    ("wide", "plain"),
    [
        ("“标准互认”", '"标准互认"'),
        ("「标准互认」", '"标准互认"'),
        ("（标准 OR 规则）　互认", "(标准 OR 规则) 互认"),
        ("role：cause 标准", "role:cause 标准"),
        ("标准＊", "标准*"),
    ],
)
def test_full_width_signs_are_taken_for_what_they_mean(wide: str, plain: str) -> None:
    assert parse(wide) == parse(plain)


def test_filters_are_kept_apart_from_the_text() -> None:
    query = parse('role:cause 标准 lang:zh year:2020-2024 title:"cold chain"')
    assert query.text == Phrase("标准")
    assert query.filters == (("role", "cause"), ("language", "zh"), ("year", "2020-2024"), ("title", "cold chain"))


def test_filters_alone_are_a_query() -> None:
    assert parse("role:cause") == Query(None, (("role", "cause"),))


def test_more_filters_are_added_and_missing_ones_left_out() -> None:
    assert parse("标准").only(role="cause", theme=None).filters == (("role", "cause"),)


def test_the_words_to_highlight_are_those_that_are_wanted() -> None:
    assert parse("标准 OR (规则 NOT 美国)").phrases() == [Phrase("标准"), Phrase("规则")]


def test_punctuation_among_words_says_nothing() -> None:
    assert parse("标准 ， 互认") == parse("标准 互认")


# ---------------------------------------------------------------- what can't be understood


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        pytest.param("", "the query is empty", id="nothing"),
        pytest.param("  \t", "the query is empty", id="white space"),
        pytest.param("，。", "the query is empty", id="punctuation"),
        pytest.param("(标准", "never closed", id="open parenthesis"),
        pytest.param("标准)", "no opening one", id="closing parenthesis"),
        pytest.param('"标准', "never closed", id="open quotation"),
        pytest.param("标准 OR", "nothing stands after OR", id="trailing OR"),
        pytest.param("OR 标准", "nothing stands before OR", id="leading OR"),
        pytest.param("标准 NOT", "nothing stands after NOT", id="trailing NOT"),
        pytest.param("标准 NOT role:cause", "NOT can't stand before a filter", id="excluded filter"),
        pytest.param("标准 NOT (role:cause)", "NOT can't stand before a filter", id="excluded filter in parentheses"),
        pytest.param("role:)", "role: needs a value, as in role:cause", id="filter without a value"),
        pytest.param("(" * 400 + "标准" + ")" * 400, "parentheses within each other", id="too deep"),
    ],
)
def test_a_slip_is_told(typed: str, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        parse(typed)


def test_a_caret_shows_the_place_in_wide_characters_too() -> None:
    with pytest.raises(QueryError) as caught:
        parse("标准 (规则")
    cause, shown, caret = str(caught.value).split("\n")
    assert shown == "  标准 (规则"
    assert caret == "  " + " " * len("bbbb ") + "^"  # two columns a Chinese character
    assert "parenthesis" in cause


def test_an_empty_query_is_told_in_one_line() -> None:
    with pytest.raises(QueryError) as caught:
        parse("")
    assert "\n" not in str(caught.value)


@given(TYPED)
@example("year:\u00b2")
@example("NOT NOT 标准")
def test_any_text_is_a_query_or_a_query_error(typed: str) -> None:
    try:
        query = parse(typed)
    except QueryError:
        return
    assert query.text is not None or query.filters


# ---------------------------------------------------------------- the expression


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    """An index without a passage."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE search USING fts5(words, grams, headings, mark)")
        yield db


@given(typed=TYPED)
def test_every_tree_is_an_expression_that_runs(index: sqlite3.Connection, typed: str) -> None:
    try:
        tree = parse(typed).text
    except QueryError:
        return
    if tree is not None:
        index.execute("SELECT rowid FROM search WHERE search MATCH ?", (match_expression(tree),)).fetchall()


def test_nothing_typed_is_ever_syntax() -> None:
    expression = match_expression(Phrase('grams" OR mark:"allpassages'))
    assert expression.count('"') == 2


def test_a_word_that_is_no_word_of_the_index_is_only_looked_up_as_it_stands() -> None:
    assert match_expression(Phrase("标准的")) == '{grams headings}: "标准 准的"'


def test_a_last_single_character_may_go_on() -> None:
    assert match_expression(Phrase("2025年")).endswith('"2025 年"*')
