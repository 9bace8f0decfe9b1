"""What is told of a model: intervals, curves and baselines, on tables small enough to work out by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from building import passage
from hypothesis import given
from hypothesis import strategies as st

from policytext import scorecard, taxonomy
from policytext.corpus import Dataset, Example, dataset_of
from policytext.evaluate import predict, score, score_themes
from policytext.model import Model
from policytext.scorecard import cards, coverage, document_weights, interval, replicates
from policytext.types import Tag, Tagged

DEFAULT = taxonomy.default()
ROLE, THEME = DEFAULT.facet("role"), DEFAULT.facet("theme")

Row = tuple[Example, Tagged, bool]


def row(doc: str, gold: str, given: str, p: float = 0.9) -> Row:
    """A passage of a document with a gold role and a predicted one."""
    own = passage("渡轮停航了。", doc=doc)
    return Example("e", Tagged(own, (Tag("role", gold),))), Tagged(own, (Tag("role", given, p),)), False


def themes(doc: str, gold: Sequence[str], given: Sequence[str]) -> Row:
    own = passage("渡轮停航了。", doc=doc)
    return (
        Example("e", Tagged(own, tuple(Tag("theme", x) for x in gold))),
        Tagged(own, tuple(Tag("theme", x) for x in given)),
        False,
    )


TWO_DOCUMENTS = [
    row("a", "cause", "cause"),
    row("a", "dilemma", "dilemma"),
    row("b", "cause", "dilemma"),
    row("b", "dilemma", "dilemma"),
]

# ---------------------------------------------------------------- intervals over documents


def test_as_many_documents_are_drawn_as_there_are() -> None:
    weights = document_weights(7, 50, seed=3)
    assert weights.shape == (50, 7)
    assert (weights.sum(axis=1) == 7).all()


def test_the_same_seed_draws_the_same_documents_and_another_one_others() -> None:
    assert (document_weights(9, 20, seed=1) == document_weights(9, 20, seed=1)).all()
    assert (document_weights(9, 20, seed=1) != document_weights(9, 20, seed=2)).any()


def test_a_document_drawn_twice_counts_twice() -> None:
    drawn = replicates(ROLE, TWO_DOCUMENTS, ["a", "b"], np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]]))
    assert drawn["accuracy"].tolist() == [1.0, 0.5, 0.75]
    assert drawn["macro_f1"].tolist() == pytest.approx([1.0, (0 + 2 / 3) / 2, (2 / 3 + 4 / 5) / 2])


def test_each_document_drawn_once_gives_the_score_itself() -> None:
    drawn = replicates(ROLE, TWO_DOCUMENTS, ["a", "b"], np.ones((1, 2)))
    plain = score(ROLE, TWO_DOCUMENTS)
    told = (drawn["accuracy"][0], drawn["relaxed_accuracy"][0], drawn["macro_f1"][0])
    assert told == pytest.approx((plain.accuracy, plain.relaxed_accuracy, plain.macro_f1))


def test_several_labels_are_drawn_with_their_document_too() -> None:
    rows = [themes("a", ["market"], ["market"]), themes("b", ["market", "research"], ["standards"])]
    once = replicates(THEME, rows, ["a", "b"], np.ones((1, 2)))
    plain = score_themes(THEME, rows)
    assert (once["micro_f1"][0], once["macro_f1"][0]) == pytest.approx((plain.micro_f1, plain.macro_f1))
    assert replicates(THEME, rows, ["a", "b"], np.array([[2.0, 0.0]]))["micro_f1"].tolist() == [1.0]


def test_draws_with_nothing_to_judge_are_left_out() -> None:
    rows = [themes("a", ["market"], ["market"]), themes("b", [], ["standards"])]
    assert len(replicates(THEME, rows, ["a", "b"], np.array([[0.0, 2.0], [1.0, 1.0]]))["micro_f1"]) == 1


def test_an_interval_is_the_middle_of_what_was_drawn() -> None:
    span = interval(np.arange(1001) / 1000)
    assert (span.low, span.high) == pytest.approx((0.025, 0.975))


def test_one_document_has_no_interval() -> None:
    (card,) = (c for c in cards(DEFAULT, TWO_DOCUMENTS[:2], {}, draws=20) if c.facet is ROLE)
    assert card.model.intervals == {}


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(ROLE.ids), st.sampled_from(ROLE.ids)), min_size=4),
    st.integers(0, 99),
)
def test_every_interval_lies_between_none_and_all(rows: list[tuple[str, str, str]], seed: int) -> None:
    for card in cards(DEFAULT, [row(*x) for x in rows], {}, draws=30, seed=seed):
        for span in card.model.intervals.values():
            assert 0.0 <= span.low <= span.high <= 1.0 + 1e-9


# ---------------------------------------------------------------- curves


def test_the_surest_passages_are_kept_first() -> None:
    cuts = coverage([(0.9, True), (0.5, False), (0.7, True), (0.6, False)])
    assert [(c.least, c.kept, c.right) for c in cuts] == [
        (0.9, 0.25, 1.0),
        (0.7, 0.5, 1.0),
        (0.6, 0.75, pytest.approx(2 / 3)),
        (0.5, 1.0, 0.5),
    ]


def test_passages_of_one_probability_are_kept_together() -> None:
    assert [c.kept for c in coverage([(0.8, True), (0.8, False), (0.8, True)])] == [1.0]


def test_nothing_has_no_curve() -> None:
    assert coverage([]) == ()


@given(st.lists(st.tuples(st.floats(0.01, 1), st.booleans()), min_size=1, max_size=60))
def test_a_curve_ends_where_all_is_kept(rows: list[tuple[float, bool]]) -> None:
    cuts = coverage(rows)
    assert len(cuts) <= scorecard.CURVE
    assert [c.kept for c in cuts] == sorted({c.kept for c in cuts})
    assert cuts[-1].kept == 1.0
    assert cuts[-1].right == pytest.approx(sum(right for _, right in rows) / len(rows))


def test_the_bins_of_reliability_hold_every_passage(model: Model, dataset: Dataset) -> None:
    predicted, _ = predict(model, dataset)
    for card in cards(DEFAULT, predicted, {}, draws=20):
        if card.facet.exclusive:
            assert sum(x.passages for x in card.reliability) == card.model.scores.passages
            assert all(x.low < x.promised <= x.high for x in card.reliability)


# ---------------------------------------------------------------- baselines


def example(text: str, role: str, *themes: str, section: tuple[str, ...] = (), doc: str = "d") -> Example:
    tags = (Tag("role", role), *(Tag("theme", x) for x in themes))
    return Example(text[:8], Tagged(passage(text, doc=doc, section=section), tags))


LOCKS = dataset_of(
    "locks",
    DEFAULT,
    [
        example("船闸每天早晨六点开放。", "background", "market"),
        example("船闸的水位由两岸的泵站控制。", "background"),
        example("闸门漏水，船队延误了三天。", "dilemma", "governance"),
    ],
)


def test_the_majority_is_the_most_frequent_label_of_what_was_learnt() -> None:
    said = scorecard.baselines(LOCKS)["majority"]
    assert [t.labels("role") for _, t, _ in said] == [("background",)] * 3
    other = dataset_of("other", DEFAULT, [example("船闸应当加高。", "recommendation", "standards")])
    assert {t.labels("role") for _, t, _ in scorecard.baselines(LOCKS, other)["majority"]} == {("recommendation",)}


def test_the_first_of_equally_frequent_labels_is_the_majority() -> None:
    assert scorecard.most_frequent(THEME, LOCKS) == "governance"  # before market in the taxonomy


def test_keywords_follow_the_heading_then_the_terms_then_the_majority() -> None:
    rows = dataset_of(
        "canal",
        DEFAULT,
        [
            example("清淤每年一次。", "background", section=("三、对策建议",)),
            example("问题的根源在于清淤经费不足，之所以不足，原因在于收费标准过低。", "cause"),
            example("河水流过石桥。", "background"),
        ],
    )
    said = scorecard.baselines(rows)["keyword"]
    assert [t.labels("role")[0] for _, t, _ in said] == ["recommendation", "cause", "background"]


def test_keywords_give_every_theme_whose_terms_stand_in_the_text() -> None:
    rows = dataset_of("rules", DEFAULT, [example("技术标准由企业和高校共同制定，人才培养也要跟上。", "background")])
    ((_, tagged, _),) = scorecard.baselines(rows)["keyword"]
    assert {"standards", "talent-education"} <= set(tagged.labels("theme"))


def test_baselines_say_something_of_every_passage_in_the_order_of_predictions(model: Model, dataset: Dataset) -> None:
    predicted, _ = predict(model, dataset)
    for rows in scorecard.baselines(dataset).values():
        assert [e.id for e, _, _ in rows] == [e.id for e, _, _ in predicted]
        assert all(t.labels("role") for _, t, _ in rows)


# ---------------------------------------------------------------- rows


def test_a_card_tells_model_and_baselines_as_json(model: Model, dataset: Dataset) -> None:
    predicted, _ = predict(model, dataset)
    made = cards(DEFAULT, predicted, scorecard.baselines(dataset), name=model.id, draws=50)
    assert [(c.facet.id, c.language) for c in made] == [(f, x) for f in ("role", "theme") for x in ("zh", "en", "all")]
    assert all([j.system for j in c.systems] == [model.id, "majority", "keyword"] for c in made)
    told = json.loads(json.dumps(scorecard.card_row(made[2])))
    assert set(told["intervals"]) == {"accuracy", "relaxed_accuracy", "macro_f1"}
    assert set(told["baselines"]) == {"majority", "keyword"}
    assert told["baselines"]["majority"]["accuracy"] < told["accuracy"]
    assert told["coverage"][-1]["kept"] == 1.0
    assert "reliability" not in scorecard.card_row(made[3])


def test_a_card_as_numbers_has_one_a_row(model: Model, dataset: Dataset) -> None:
    predicted, _ = predict(model, dataset)
    card = cards(DEFAULT, predicted, scorecard.baselines(dataset), name="m", draws=50)[0]
    rows = list(scorecard.card_numbers(card))
    assert all(set(r) <= set(scorecard.CARD_COLUMNS) for r in rows)
    assert len({(r["system"], r["measure"], r.get("label")) for r in rows}) == len(rows)
    accuracy = next(r for r in rows if r["system"] == "m" and r["measure"] == "accuracy")
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
