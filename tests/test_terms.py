"""The terms of the index and those of a query: that they meet, and where a phrase stands."""

from __future__ import annotations

import pytest
from building import PROSE, STORED_TEXT
from hypothesis import given
from hypothesis import strategies as st

from policytext import terms
from policytext.terms import IndexTerms


def contains(whole: list[str], part: list[str], prefix: bool) -> bool:
    """Whether the terms stand in a row, the last one perhaps as a beginning: what the index answers."""
    for i in range(len(whole) - len(part) + 1):
        window = whole[i : i + len(part)]
        if window[:-1] == part[:-1] and (window[-1].startswith(part[-1]) if prefix else window[-1] == part[-1]):
            return True
    return False


def test_chinese_is_indexed_as_words_and_as_pairs_of_characters() -> None:
    assert terms.index_terms("标准化") == IndexTerms(words="标准 标准化", grams="标准 准化 化")


def test_english_is_indexed_as_stems() -> None:
    assert terms.index_terms("Technical Standards") == IndexTerms(words="technic standard", grams="technic standard")


def test_script_width_and_case_make_no_difference() -> None:
    assert terms.index_terms("臺灣ＩＳＯ標準") == terms.index_terms("台湾iso标准")


@pytest.mark.parametrize("text", ["", "，。！", "  \n", "“”"])
def test_punctuation_has_no_terms(text: str) -> None:
    assert terms.index_terms(text) == IndexTerms("", "")
    assert terms.phrase_terms(text) == []
    assert terms.query_words(text) == []
    assert list(terms.find("标准，规则", text)) == []


def test_a_bare_query_is_cut_into_words() -> None:
    assert terms.query_words("标准 OR 规则") == ["标准", "or", "规则"]


def test_a_single_character_stays_with_the_word_before() -> None:
    assert "".join(terms.query_words("标准的互认")) == "标准的互认"
    assert all(len(word) > 1 for word in terms.query_words("标准的互认"))


@given(PROSE)
def test_no_chinese_character_of_a_query_is_lost(text: str) -> None:
    typed = [c for c in terms.tokens.fold(text) if "\u4e00" <= c <= "\u9fff"]
    assert [c for word in terms.query_words(text) for c in word if "\u4e00" <= c <= "\u9fff"] == typed


@given(text=PROSE, data=st.data())
def test_every_run_of_chinese_characters_meets_the_index(text: str, data: st.DataObject) -> None:
    places = [i for i, c in enumerate(text) if "\u4e00" <= c <= "\u9fff"]
    if len(places) < 2:
        return
    start, end = sorted(data.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True)))
    part = terms.phrase_terms(text[start : end + 1])
    assert contains(terms.index_terms(text).grams.split(), part, terms.is_single_character(part[-1]))


@given(STORED_TEXT)
def test_a_whole_text_meets_its_own_index(text: str) -> None:
    part = terms.phrase_terms(text)
    if part:
        assert contains(terms.index_terms(text).grams.split(), part, terms.is_single_character(part[-1]))


# ---------------------------------------------------------------- where a phrase stands


def found(text: str, phrase: str, **how: bool) -> list[str]:
    return [text[start:end] for start, end in terms.find(text, phrase, **how)]


@pytest.mark.parametrize(
    ("text", "phrase", "parts"),
    [
        pytest.param("标准化与标准", "标准", ["标准", "标准"], id="twice"),
        pytest.param("統一標準", "标准", ["標準"], id="traditional script"),
        pytest.param("到2025年建成", "2025年", ["2025年"], id="a year"),
        pytest.param("推动ＩＳＯ标准互认", "iso标准", ["ＩＳＯ标准"], id="width"),
        pytest.param("Common standards, fair terms", "standard", ["standards"], id="a stem"),
        pytest.param("technical\nstandards exist", "technical standards", ["technical\nstandards"], id="a line's end"),
        pytest.param("规则", "标准", [], id="not there"),
    ],
)
def test_a_phrase_is_found_where_a_reader_sees_it(text: str, phrase: str, parts: list[str]) -> None:
    assert found(text, phrase) == parts


def test_a_beginning_is_found_when_it_may_go_on() -> None:
    assert found("recommendations", "recommend", prefix=True) == ["recommendations"]
    assert found("recommendations", "recomm") == []


@given(text=PROSE, data=st.data())
def test_every_run_of_chinese_characters_is_highlighted(text: str, data: st.DataObject) -> None:
    places = [i for i, c in enumerate(text) if "\u4e00" <= c <= "\u9fff"]
    if len(places) < 2:
        return
    start, end = sorted(data.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True)))
    assert any(a <= start and b > end for a, b in terms.find(text, text[start : end + 1]))


@given(text=STORED_TEXT, phrase=STORED_TEXT, prefix=st.booleans())
def test_a_place_lies_inside_the_text(text: str, phrase: str, prefix: bool) -> None:
    assert all(0 <= start < end <= len(text) for start, end in terms.find(text, phrase, prefix=prefix))
