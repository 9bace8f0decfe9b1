"""What the classifier sees of a passage: words, signals, places."""

from __future__ import annotations

import math
import re

import pytest
from building import CORPUS, PROSE, STORED_TEXT, TAXONOMY, passage
from building import example as example_of
from hypothesis import given
from hypothesis import strategies as st

from policytext import features, taxonomy
from policytext.features import GRAMMAR, Observation, observe, with_neighbours
from policytext.types import Language, Passage

DEFAULT = taxonomy.default()
OWN = taxonomy.parse(TAXONOMY, "stances.toml")


def see(text: str, language: Language = "zh", **more: object) -> Observation:
    (seen,) = observe([passage(text, language=language, **more)], DEFAULT)
    return seen


def document(doc: str) -> list[Passage]:
    return [example_of(line, n).tagged.passage for n, line in enumerate(CORPUS[doc], 1)]


# ---------------------------------------------------------------- words


def test_chinese_words_are_those_of_the_dictionary() -> None:
    assert see("应当统一标准，推动互认。").words == ("应当", "统一标准", "推动", "互认", "。")


def test_english_words_are_stems() -> None:
    assert see("Common standards for engines.", "en").words == ("common", "standard", "for", "engin")


def test_figures_lose_their_value_and_years_stay_years() -> None:
    words = see("It rose by 12.5% in 2024, to 1,300 ships.", "en").words
    assert words.count("<number>") >= 2
    assert words.count("<year>") == 1
    assert not any(c.isdigit() for word in words for c in word)


def test_traditional_script_gives_the_words_of_simplified() -> None:
    assert see("應當統一標準。").words == see("应当统一标准。").words


def test_no_word_holds_white_space() -> None:
    assert not any(" " in word or "\n" in word for word in see("统一 ISO 标准\n并互认").words)


def test_headings_are_words_of_their_own() -> None:
    seen = see("冷库空着。", section=("三、成因", "（一）体制"))
    assert "体制" in seen.heading_words
    assert "体制" not in seen.words


def test_scraps_of_formulas_become_plain_numbers() -> None:
    assert features.clean(r"占 $3 1 . 8 \%$ 的比例") == "占 31.8% 的比例"


# ---------------------------------------------------------------- what the sentences do


@pytest.mark.parametrize(
    ("text", "language", "signal"),
    [
        ("应当统一冷链温度标准。", "zh", "any:modal"),
        ("The ministry should publish a standard.", "en", "any:modal"),
        ("完善标准体系，推动互认。", "zh", "first:imperative"),
        ("Establish a fund for workshops.", "en", "first:imperative"),
        ("专业人才严重不足，难以维修。", "zh", "any:lack"),
        ("There is a lack of divers.", "en", "any:lack"),
        ("其原因在于投资与使用脱节。", "zh", "any:cause"),
        ("This is because licences are slow.", "en", "any:cause"),
        ("全县已建成冷库七十二座。", "zh", "any:done"),
        ("They have already installed nine turbines.", "en", "any:done"),
    ],
)
def test_one_signal_speaks_for_both_languages(text: str, language: Language, signal: str) -> None:
    assert see(text, language).signals[signal] > 0


def test_every_signal_has_a_pattern_in_both_languages() -> None:
    assert list(GRAMMAR["zh"]) == list(GRAMMAR["en"])


def test_a_share_counts_sentences() -> None:
    signals = see("应当统一标准。冷库空着。农户不来。要加强培训。").signals
    assert signals["share:modal"] == 0.5
    assert signals["first:modal"] == signals["last:modal"] == 1.0


def test_the_terms_of_a_label_are_counted_once_each() -> None:
    term = DEFAULT.facet("theme").labels[0].terms["zh"][0]
    label = DEFAULT.facet("theme").labels[0].id
    assert see(f"{term}，{term}，{term}。").signals[f"terms:theme:{label}"] == pytest.approx(math.log(2))


def test_a_users_taxonomy_gives_signals_of_its_own() -> None:
    (seen,) = observe([passage("我们赞成统一标准。", section=("反对意见",))], OWN)
    assert "terms:stance:for" in seen.signals
    assert "heading:against" in seen.signals


# ---------------------------------------------------------------- headings and places


def test_the_nearest_heading_is_told_from_those_above() -> None:
    signals = see("冷库空着。", section=("四、对策建议", "（一）成因")).signals
    assert signals["heading0:cause"] == 1.0
    assert signals["heading1:recommendation"] == 1.0
    assert signals["depth"] == 2.0


def test_a_passage_without_heading_says_so() -> None:
    assert see("冷库空着。").signals["no heading"] == 1.0


def test_the_place_in_document_and_section_is_seen() -> None:
    seen = observe(document("zh-coldchain-01"), DEFAULT)
    assert seen[0].signals["document fifth 0"] == 1.0
    assert seen[-1].signals["document fifth 4"] == 1.0
    assert [("opens section" in s.signals, "closes section" in s.signals) for s in seen[2:4]] == [
        (True, False),
        (False, True),
    ]
    assert "alone in section" in seen[0].signals


@pytest.mark.parametrize(
    ("text", "scar"),
    [
        ("and the second crane was never repaired.", "cut before"),
        ("The second crane was repaired by", "cut after"),
        ("14 The harbour act defines a quay by its depth.", "note number"),
        ("14. The harbour act should define a quay by its depth.", "numbered"),
        ("Planned for next year: • a new crane • a longer quay", "bullets"),
    ],
)
def test_what_conversion_leaves_of_a_page_is_seen(text: str, scar: str) -> None:
    scars = {"cut before", "cut after", "note number", "numbered", "bullet", "bullets"}
    assert scar in see(text, "en").signals
    assert scars.isdisjoint(see("The second crane was repaired in May.", "en").signals)
    assert "cut before" in see("，码头的第二台吊机没有修好。").signals
    assert scars.isdisjoint(see("码头的第二台吊机修好了。").signals)


def test_an_item_bears_its_number() -> None:
    assert see("第三，统一标准。").signals["item:3"] == 1.0
    assert see("统一标准。", item="其二").signals["item:2"] == 1.0


def test_a_passage_is_seen_the_same_whatever_stands_in_other_documents() -> None:
    assert observe(document("zh-seed-01"), DEFAULT) == observe(document("zh-seed-01"), DEFAULT)


def test_nothing_is_seen_of_no_passage() -> None:
    assert observe([], DEFAULT) == []


@given(text=STORED_TEXT | PROSE, language=st.sampled_from(["zh", "en", "other"]))
def test_any_passage_can_be_seen(text: str, language: Language) -> None:
    seen = see(text, language)
    assert all(math.isfinite(value) for value in seen.signals.values())
    assert not any("\n" in word or " " in word for word in (*seen.words, *seen.heading_words))


# ---------------------------------------------------------------- neighbours


def test_a_passage_is_told_what_stands_around_it() -> None:
    seen = observe(document("zh-seed-01")[:3], DEFAULT)
    near = with_neighbours(seen, [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], ["a", "b"])
    assert near[1].signals["before:a"] == 0.9
    assert near[1].signals["itself:b"] == 0.8
    assert near[1].signals["after:b"] == 0.6
    assert near[0].signals["two after:a"] == 0.4
    assert near[2].signals["document:a"] == pytest.approx(0.5)
    assert "before:a" not in near[0].signals
    assert near[1].words == seen[1].words


def test_telling_of_neighbours_leaves_the_observations_as_they_were() -> None:
    seen = observe(document("zh-seed-01")[:1], DEFAULT)
    before = dict(seen[0].signals)
    with_neighbours(seen, [[1.0]], ["a"])
    assert dict(seen[0].signals) == before


# ---------------------------------------------------------------- patterns of many terms


@given(st.lists(st.text("标准化ab s-", min_size=1, max_size=5), max_size=8), st.text("标准化ab s-.", max_size=40))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_tree_of_terms_finds_what_the_longest_alternatives_find(language: str, terms: list[str], text: str) -> None:
    plain = "|".join(map(re.escape, sorted(terms, key=len, reverse=True))) or "(?!)"
    slow = re.compile(plain if language == "zh" else rf"\b(?:{plain})(?:s|es)?\b")
    assert features._one_of(terms, language).findall(text) == slow.findall(text)
