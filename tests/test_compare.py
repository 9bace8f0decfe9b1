"""Two models on the same passages: what the tests say, and what would change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from building import TAXONOMY, passage, tagged
from hypothesis import given
from hypothesis import strategies as st

from policytext import compare, taxonomy
from policytext.compare import drift, mcnemar
from policytext.corpus import Dataset, Example
from policytext.errors import ModelError
from policytext.evaluate import predict
from policytext.model import Model
from policytext.types import Tag, Tagged

DEFAULT = taxonomy.default()
ROLE, THEME = DEFAULT.facet("role"), DEFAULT.facet("theme")
Row = tuple[Example, Tagged, bool]


def rows(given: dict[str, str]) -> list[Row]:
    """Passages whose gold role is `cause`, named by document and number, with the role that was given."""
    out = []
    for name, role in given.items():
        own = passage("水库见底。", doc=name[0])
        out.append((Example(name, Tagged(own, (Tag("role", "cause"),))), Tagged(own, (Tag("role", role, 0.8),)), False))
    return out


# ---------------------------------------------------------------- McNemar's test


def test_an_even_split_proves_nothing() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(7, 7) == 1.0


def test_the_probability_is_that_of_the_coin() -> None:
    assert mcnemar(0, 6) == pytest.approx(2 / 2**6)
    assert mcnemar(1, 9) == pytest.approx(2 * (1 + 10) / 2**10)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_test_takes_no_side(b: int, c: int) -> None:
    assert mcnemar(b, c) == mcnemar(c, b)
    assert 0.0 < mcnemar(b, c) <= 1.0


# ---------------------------------------------------------------- on a labelled set


def test_passages_on_which_one_alone_is_right_are_counted() -> None:
    one = rows({"a1": "cause", "a2": "cause", "b1": "dilemma", "b2": "dilemma"})
    two = rows({"a1": "cause", "a2": "dilemma", "b1": "cause", "b2": "cause"})
    found = next(c for c in compare.compare(DEFAULT, one, two, draws=40) if c.facet == "role")
    assert (found.only_first, found.only_second, found.p) == (1, 2, 1.0)
    assert (found.passages, found.documents) == (4, 2)
    d = found.scores["accuracy"]
    assert (d.first, d.second, d.value) == (0.5, 0.75, 0.25)
    assert d.interval is not None
    assert d.interval.low <= d.value <= d.interval.high


def test_one_document_gives_no_interval() -> None:
    found = compare.compare(DEFAULT, rows({"a1": "cause"}), rows({"a1": "dilemma"}))[0]
    assert found.scores["accuracy"].interval is None


def test_a_model_differs_in_nothing_from_itself(model: Model, dataset: Dataset) -> None:
    predicted, _ = predict(model, dataset)
    for found in compare.compare(DEFAULT, predicted, predicted, draws=40):
        assert all(d.value == 0 for d in found.scores.values())
        assert found.p in (None, 1.0)
    comparisons = compare.compare(DEFAULT, predicted, predicted, draws=40)
    told = [row for found in comparisons for row in compare.comparison_rows(found)]
    assert all(set(row) <= set(compare.COMPARISON_COLUMNS) for row in told)
    assert len(told) == 3 * (3 + 2)


def test_models_of_different_taxonomies_can_not_be_compared(model: Model) -> None:
    other = replace(model, taxonomy=taxonomy.parse(TAXONOMY, "stances.toml"))
    assert compare.same_taxonomy(model, model) is model.taxonomy
    with pytest.raises(ModelError, match="taxonomies differ"):
        compare.same_taxonomy(model, other)


# ---------------------------------------------------------------- in a library


def test_a_passage_moves_when_its_first_role_does() -> None:
    before = [tagged("甲", "cause"), tagged("乙", "dilemma"), tagged("丙", "cause")]
    after = [tagged("甲", "dilemma"), tagged("乙", "dilemma"), tagged("丙", "cause")]
    found = drift(ROLE, before, after)
    assert (found.passages, len(found.changes)) == (3, 1)
    assert found.moves == {("cause", "dilemma"): 1}
    assert (found.before["cause"], found.after["cause"]) == (2, 1)
    assert compare.change_row(found.changes[0])["before"] == ["cause"]


def test_a_passage_moves_when_it_wins_or_loses_a_theme() -> None:
    found = drift(THEME, [tagged("甲", "", "market", "research")], [tagged("甲", "", "research", "standards")])
    assert found.moves == {("market", ""): 1, ("", "standards"): 1}
    by = {row["label"]: row for row in compare.drift_rows(found)}
    assert (by["market"]["lost"], by["standards"]["gained"], by["research"]["lost"]) == (1, 1, 0)


def test_another_order_of_the_same_themes_is_no_change() -> None:
    found = drift(THEME, [tagged("甲", "", "market", "research")], [tagged("甲", "", "research", "market")])
    assert found.changes == ()


@given(st.lists(st.tuples(st.sampled_from(ROLE.ids), st.sampled_from(ROLE.ids)), max_size=30))
def test_what_is_lost_and_gained_adds_up(pairs: list[tuple[str, str]]) -> None:
    found = drift(ROLE, [tagged("水", a) for a, _ in pairs], [tagged("水", b) for _, b in pairs])
    for row in compare.drift_rows(found):
        assert row["before"] - row["lost"] + row["gained"] == row["after"]
