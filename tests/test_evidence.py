"""Where terms and signals stand in the original text, and what they are called."""

from __future__ import annotations

import pytest
from building import ANY_TEXT, CORPUS, PROSE, TAXONOMY, passage
from building import example as example_of
from hypothesis import given
from hypothesis import strategies as st

from policytext import evidence, features, taxonomy
from policytext.types import Language

DEFAULT = taxonomy.default()
OWN = taxonomy.parse(TAXONOMY, "stances.toml")


@given(st.one_of(ANY_TEXT, PROSE, st.text("$3 1.%\\{}~机臺mathrm", max_size=30)))
def test_a_traced_text_is_what_the_features_see(text: str) -> None:
    traced = evidence.trace(text)
    assert traced.text == features.clean(text)
    assert len(traced.starts) == len(traced.ends) == len(traced.text)


def test_a_span_over_a_formula_is_the_whole_of_it_in_the_original() -> None:
    text = "损耗率为 $ 3 1 . 8 $，高于邻省。"
    traced = evidence.trace(text)
    start, end = traced.span(traced.text.index("31.8"), traced.text.index("31.8") + 4)
    assert text[start:end] == "3 1 . 8"


def test_a_letter_that_becomes_two_when_lowered_keeps_the_offsets_true() -> None:
    lowered = evidence.trace("İİ标准").lower()
    assert lowered.span(lowered.text.index("标"), len(lowered.text)) == (2, 4)


@pytest.mark.parametrize("language", ["zh", "en"])
@given(text=st.one_of(PROSE, st.text("İa标准 of Bus", max_size=20)))
def test_the_words_found_are_the_words_of_the_features(language: Language, text: str) -> None:
    found = evidence.find(passage(text, language=language), DEFAULT).words
    assert set(found) == set(features.words(features.clean(text), language, DEFAULT))
    assert sum(map(len, found.values())) == len(features.words(features.clean(text), language, DEFAULT))


def test_traditional_words_are_found_where_they_stand() -> None:
    text = "應當統一冷鏈標準。"
    found = evidence.find(passage(text), DEFAULT)
    ((start, end),) = found.words["标准"]
    assert text[start:end] == "標準"
    ((start, end),) = found.signals["cue", "modal"]
    assert text[start:end] == "應當"


def test_a_stem_is_found_as_the_word_that_was_written() -> None:
    text = "Delays and shortages: policies lack standards."
    found = evidence.find(passage(text, language="en"), DEFAULT)
    ((start, end),) = found.words["polici"]
    assert text[start:end] == "policies"
    assert [text[a:b] for a, b in found.signals["cue", "lack"]] == ["Delays", "shortages", "lack"]


def test_runs_of_words_are_found_as_a_whole() -> None:
    found = evidence.find(passage("Ports need common rules.", language="en"), DEFAULT, max_ngram=2)
    assert found.words["common rule"] == ((11, 23),)


def test_heading_words_and_acts_are_found_in_their_heading() -> None:
    section = ("三、成因分析", "（一）标准不一")
    found = evidence.find(passage("各部门各定一套。", section=section), DEFAULT)
    assert [section[n][a:b] for n, a, b in found.heading_words["标准"]] == ["标准"]
    assert [section[n][a:b] for n, a, b in found.heading_signals["heading", "cause"]] == ["成因分析"]


def test_every_signal_of_a_document_has_a_family_with_a_name() -> None:
    for doc, lines in CORPUS.items():
        document = [example_of(line, n).tagged.passage for n, line in enumerate(lines, 1)]
        seen = features.observe(document, DEFAULT)
        opinions = [[0.2] * 5 for _ in seen]
        for observation in features.with_neighbours(seen, opinions, DEFAULT.facet("role").ids):
            for signal in observation.signals:
                family = evidence.family(signal, observation.language)
                shown = evidence.names(family, DEFAULT)
                assert shown["zh"] != shown["en"], f"{doc}: {signal} has no name"


def test_every_pattern_of_the_grammar_has_a_name() -> None:
    for name in features.GRAMMAR["zh"]:
        assert evidence.names(("cue", name), DEFAULT)["zh"].endswith("句子")
    scars = {name for found in features._SCARS.values() for name, _ in found}
    assert all(evidence.names(("shape", name), DEFAULT)["zh"] != f"“{name}”" for name in scars)


def test_the_labels_of_a_taxonomy_of_ones_own_give_its_names() -> None:
    facet, label = next(OWN.labels())
    assert label.name["zh"] in evidence.names(("terms", f"{facet.id}:{label.id}"), OWN)["zh"]
    assert evidence.names(("heading word", "标准"), OWN) == {"zh": "标题中的“标准”", "en": "“标准” in a heading"}
