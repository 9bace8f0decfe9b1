"""How good is it: small tables whose scores can be worked out by hand."""

from __future__ import annotations

import json

import pytest
from building import passage
from hypothesis import given
from hypothesis import strategies as st

from policytext import evaluate, taxonomy
from policytext.corpus import Dataset, Example
from policytext.evaluate import score, score_themes
from policytext.model import Model
from policytext.types import Language, Tag, Tagged

ROLE = taxonomy.default().facet("role")
THEME = taxonomy.default().facet("theme")

Row = tuple[Example, Tagged, bool]


def row(
    gold: str, given: str, p: float = 1.0, *, doubt: bool = False, language: Language = "zh", also: str = ""
) -> Row:
    """A passage with gold roles and a predicted one of probability `p`."""
    own = passage("冷库空着。", language=language)
    labels = [gold, also] if also else [gold]
    wanted = Example("e", Tagged(own, tuple(Tag("role", x, 1.0, "gold") for x in labels if x)))
    return wanted, Tagged(own, (Tag("role", given, p, "m"),) if given else ()), doubt


def themes(gold: list[str], given: list[str]) -> Row:
    own = passage("冷库空着。")
    wanted = Example("e", Tagged(own, tuple(Tag("theme", x, 1.0, "gold") for x in gold)))
    return wanted, Tagged(own, tuple(Tag("theme", x, 0.9, "m") for x in given)), False


# ---------------------------------------------------------------- roles


def test_accuracy_is_the_share_of_right_primary_roles() -> None:
    scores = score(
        ROLE, [row("cause", "cause"), row("cause", "dilemma"), row("dilemma", "dilemma"), row("foundation", "cause")]
    )
    assert scores.passages == 4
    assert scores.accuracy == 0.5


def test_relaxed_accuracy_also_takes_a_second_gold_role() -> None:
    scores = score(ROLE, [row("cause", "dilemma", also="dilemma"), row("cause", "foundation", also="dilemma")])
    assert scores.accuracy == 0.0
    assert scores.relaxed_accuracy == 0.5


def test_precision_and_recall_are_of_each_label() -> None:
    scores = score(
        ROLE, [row("cause", "cause"), row("cause", "dilemma"), row("dilemma", "dilemma"), row("foundation", "cause")]
    )
    by = {x.label: x for x in scores.labels}
    assert (by["cause"].precision, by["cause"].recall, by["cause"].f1, by["cause"].support) == (0.5, 0.5, 0.5, 2)
    assert (by["dilemma"].precision, by["dilemma"].recall) == (0.5, 1.0)
    assert by["dilemma"].f1 == pytest.approx(2 / 3)
    assert by["background"].support == 0
    assert scores.macro_f1 == pytest.approx((0.5 + 2 / 3 + 0.0) / 3)  # background doesn't occur in the gold


def test_a_frequent_label_has_ten_passages_or_more() -> None:
    rows = [row("cause", "cause")] * 10 + [row("dilemma", "cause")] * 9
    assert score(ROLE, rows).macro_f1_frequent == pytest.approx(2 * 10 / (10 + 19))


def test_the_confusion_counts_gold_and_predicted() -> None:
    scores = score(ROLE, [row("cause", "cause"), row("cause", "dilemma"), row("cause", "dilemma")])
    assert scores.confusion == {("cause", "cause"): 1, ("cause", "dilemma"): 2}


def test_what_is_kept_is_what_the_model_does_not_doubt() -> None:
    scores = score(
        ROLE,
        [row("cause", "cause"), row("cause", "dilemma", doubt=True), row("dilemma", "cause"), row("cause", "cause")],
    )
    assert scores.kept == 0.75
    assert scores.kept_relaxed_accuracy == pytest.approx(2 / 3)


def test_calibration_error_is_the_gap_between_promise_and_truth() -> None:
    sure = [row("cause", "cause", 0.95)] * 19 + [row("dilemma", "cause", 0.95)]
    assert score(ROLE, sure).ece == pytest.approx(0.0)
    assert score(ROLE, [row("dilemma", "cause", 0.95)] * 4).ece == pytest.approx(0.95)


def test_passages_without_gold_or_prediction_are_left_out() -> None:
    assert score(ROLE, [row("", "cause"), row("cause", ""), row("cause", "cause")]).passages == 1


def test_nothing_scores_nothing() -> None:
    scores = score(ROLE, [])
    assert (scores.passages, scores.accuracy, scores.labels) == (0, 0.0, ())


@given(
    st.lists(
        st.tuples(st.sampled_from(ROLE.ids), st.sampled_from(ROLE.ids), st.floats(0.01, 1.0)), min_size=1, max_size=40
    )
)
def test_every_score_lies_between_none_and_all(rows: list[tuple[str, str, float]]) -> None:
    scores = score(ROLE, [row(gold, given, p) for gold, given, p in rows])
    values = [
        scores.accuracy,
        scores.relaxed_accuracy,
        scores.macro_f1,
        scores.macro_f1_frequent,
        scores.kept,
        scores.ece,
    ]
    assert all(0.0 <= x <= 1.0 + 1e-9 for x in values)
    assert sum(scores.confusion.values()) == len(rows)
    assert sum(x.support for x in scores.labels) == len(rows)
    assert scores.accuracy == sum(gold == given for gold, given, _ in rows) / len(rows)


# ---------------------------------------------------------------- themes


def test_themes_are_scored_over_all_and_over_each() -> None:
    scores = score_themes(
        THEME, [themes(["market", "standards"], ["market"]), themes(["market"], ["market", "research"]), themes([], [])]
    )
    by = {x.label: x for x in scores.labels}
    assert scores.passages == 3
    assert scores.micro_f1 == pytest.approx(2 * 2 / (3 + 3))
    assert by["market"].f1 == 1.0
    assert by["standards"].f1 == 0.0
    assert scores.macro_f1 == 0.5  # market and standards occur in the gold, research doesn't


def test_no_theme_anywhere_scores_nothing() -> None:
    assert score_themes(THEME, [themes([], [])]).micro_f1 == 0.0


# ---------------------------------------------------------------- by language, and as rows


def test_two_languages_are_told_apart_and_together() -> None:
    rows = [row("cause", "cause"), row("cause", "dilemma", language="en")]
    parts = evaluate.by_language(rows)
    assert list(parts) == ["zh", "en", "all"]
    assert [len(part) for part in parts.values()] == [1, 1, 2]


def test_one_language_needs_no_sum() -> None:
    assert list(evaluate.by_language([row("cause", "cause")])) == ["zh"]


def test_every_example_is_predicted_in_its_document(model: Model, dataset: Dataset) -> None:
    predicted, probabilities = evaluate.predict(model, dataset)
    assert [e.id for e, _, _ in predicted] == [e.id for e in dataset.examples]
    assert all(e.tagged.passage == t.passage for e, t, _ in predicted)
    assert len(probabilities) == 32


def test_a_shuffled_corpus_is_predicted_the_same(model: Model, dataset: Dataset) -> None:
    docs = list(dataset.documents().values())
    mixed = tuple(e for together in zip(*docs, strict=True) for e in together)
    predicted, _ = evaluate.predict(model, Dataset("mixed", dataset.taxonomy, mixed, ""))
    plain, _ = evaluate.predict(model, dataset)
    assert {e.id: t for e, t, _ in predicted} == {e.id: t for e, t, _ in plain}


def test_prediction_rows_bear_every_probability(model: Model, dataset: Dataset) -> None:
    predicted, probabilities = evaluate.predict(model, dataset)
    first = next(evaluate.prediction_rows(predicted, probabilities))
    assert first["id"] == dataset.examples[0].id
    assert set(first["roles"]) == set(ROLE.ids)
    assert set(first["themes"]) == set(THEME.ids)
    assert first["role"] in ROLE.ids
    assert isinstance(first["theme"], list)
    assert isinstance(first["review"], bool)


def test_scores_can_be_written_as_json(model: Model, dataset: Dataset) -> None:
    predicted, _ = evaluate.predict(model, dataset)
    roles = evaluate.score_row("role", "all", score(ROLE, predicted))
    confusion = json.loads(json.dumps(roles))["confusion"]
    assert set(confusion[0]) == {"gold", "predicted", "n"}
    assert sum(cell["n"] for cell in confusion) == 32
    subjects = evaluate.theme_row("theme", "all", score_themes(THEME, predicted))
    assert json.loads(json.dumps(subjects))["passages"] == 32
