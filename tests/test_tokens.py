"""Languages, words, sentences: what is cut, and that nothing is lost by cutting."""

from __future__ import annotations

import sys

import pytest
from building import PROSE, STORED_TEXT
from hypothesis import given

from policytext import taxonomy, tokens
from policytext.types import Language

# ---------------------------------------------------------------- languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("应当加快完善标准体系，推动互认。", "zh", id="chinese"),
        pytest.param("The committee visited six harbours in spring.", "en", id="english"),
        pytest.param("應當加快完善標準體系，推動互認。", "zh", id="traditional script"),
        pytest.param("在ISO和IEC框架下推进artificial intelligence标准互认", "zh", id="chinese with english names"),
        pytest.param(
            "The term 产业链 means the whole chain of an industry, from ore to shop.",
            "en",
            id="english with a chinese term",
        ),
        pytest.param("Комитет посетил шесть портов весной прошлого года", "other", id="a third language"),
        pytest.param("二〇二四年工作回顾", "zh", id="years in chinese"),
    ],
)
def test_the_language_is_that_of_most_of_the_script(text: str, language: Language) -> None:
    assert tokens.language(text) == language


@pytest.mark.parametrize("text", ["DOI: 10.1/x", "(Han)", "2024", "见表", ""])
def test_a_short_text_takes_its_neighbours_language(text: str) -> None:
    assert tokens.language(text, "zh") == "zh"
    assert tokens.language(text, "en") == "en"


# ---------------------------------------------------------------- Chinese words


def words(text: str, **how: object) -> list[str]:
    return [word for word, _, _ in tokens.cut_zh(text, **how)]  # type: ignore[arg-type]


def test_a_term_of_the_taxonomy_stays_whole() -> None:
    term = next(w for w in taxonomy.default().words("zh") if len(w) >= 6)
    assert term in words(f"我们讨论{term}的意义")


def test_a_users_words_stay_whole_and_stay_the_users() -> None:
    text = "县域冷链断链问题"
    assert "冷链断链" in words(text, words=("冷链断链",))
    assert "冷链断链" not in words(text)


def test_the_index_also_gets_the_words_inside_a_word() -> None:
    assert words("标准化", search=True) == ["标准", "标准化"]
    assert words("标准化") == ["标准化"]


def test_the_shared_tokenizer_of_jieba_is_left_alone() -> None:
    words("政策")
    assert not sys.modules["jieba"].dt.initialized


@given(STORED_TEXT | PROSE)
def test_chinese_words_are_the_whole_text_in_order(text: str) -> None:
    cut = tokens.cut_zh(text)
    assert "".join(word for word, _, _ in cut) == text
    assert all(text[start:end] == word for word, start, end in cut)


# ---------------------------------------------------------------- folding


@given(STORED_TEXT | PROSE)
def test_folding_keeps_every_offset_true(text: str) -> None:
    assert len(tokens.fold(text)) == len(text)
    assert len(tokens.simplify(text)) == len(text)


@given(STORED_TEXT | PROSE)
def test_what_is_folded_once_is_folded(text: str) -> None:
    assert tokens.fold(tokens.fold(text)) == tokens.fold(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("標準體系", "标准体系"), ("ＩＳＯ", "iso"), ("R&D", "r&d"), ("２０２４年", "2024年"), ("〇", "〇")],
)
def test_script_width_and_case_are_folded(text: str, folded: str) -> None:
    assert tokens.fold(text) == folded


def test_simplifying_leaves_width_and_case() -> None:
    assert tokens.simplify("臺灣ＩＳＯ标准") == "台湾ＩＳＯ标准"


# ---------------------------------------------------------------- English


def test_english_words_are_lower_case_without_punctuation() -> None:
    assert [w for w, _, _ in tokens.words_en("Fund R&D, not (only) Roads.")] == ["fund", "r&d", "not", "only", "roads"]


@given(STORED_TEXT)
def test_english_words_stand_where_they_say(text: str) -> None:
    assert all(text[start:end].lower() == word for word, start, end in tokens.words_en(text))


@pytest.mark.parametrize("pair", [("standards", "standard"), ("policies", "policy"), ("funded", "funding")])
def test_forms_of_one_word_share_a_stem(pair: tuple[str, str]) -> None:
    assert tokens.stem_en(pair[0]) == tokens.stem_en(pair[1])


# ---------------------------------------------------------------- sentences


def sentences(text: str, language: Language) -> list[str]:
    return [text[start:end] for start, end in tokens.sentences(text, language)]


def test_chinese_sentences_end_at_stops_and_semicolons() -> None:
    assert sentences("一是标准不一；二是人才短缺。“怎么办？”代表问。", "zh") == [
        "一是标准不一；",
        "二是人才短缺。",
        "“怎么办？”",
        "代表问。",
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("U.S. exports fell. Prices rose.", ["U.S. exports fell.", "Prices rose."], id="country"),
        pytest.param("They cut R&D. Firms left.", ["They cut R&D.", "Firms left."], id="ampersand"),
        pytest.param("Dr. Lin spoke. Nobody asked.", ["Dr. Lin spoke.", "Nobody asked."], id="title"),
        pytest.param("See Fig. 3 for details.", ["See Fig. 3 for details."], id="figure"),
        pytest.param("It rose by 3.5 per cent.", ["It rose by 3.5 per cent."], id="decimal"),
        pytest.param("Why? Because it paid!", ["Why?", "Because it paid!"], id="question"),
    ],
)
def test_english_sentences_know_abbreviations(text: str, parts: list[str]) -> None:
    assert sentences(text, "en") == parts


@pytest.mark.parametrize("language", ["zh", "en", "other"])
@given(text=STORED_TEXT | PROSE)
def test_sentences_hold_every_character_but_space(language: Language, text: str) -> None:
    spans = tokens.sentences(text, language)
    assert "".join("".join(text[a:b] for a, b in spans).split()) == "".join(text.split())
    assert spans == sorted(spans)
