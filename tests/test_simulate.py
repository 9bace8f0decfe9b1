"""A review played through: the same curve every time, judged on documents that were not trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from policytext import simulate
from policytext.corpus import Dataset
from policytext.errors import CorpusError
from policytext.simulate import Curve, Point


@pytest.fixture(scope="module")
def curve(dataset: Dataset) -> Curve:
    return simulate.simulate(dataset, seeds=2, start=10)


def test_the_curve_goes_from_the_start_to_the_whole_pool(curve: Curve) -> None:
    assert [p.labels for p in curve.points] == [10, 16]
    assert curve.test == 16
    assert all(len(p.review) == len(p.random) == 2 for p in curve.points)
    assert all(0 <= f1 <= 1 for p in curve.points for f1 in (*p.review, *p.random))


def test_both_orders_begin_and_end_alike(curve: Curve) -> None:
    first, last = curve.points[0], curve.points[-1]
    assert first.review == first.random
    assert last.review == pytest.approx(last.random, abs=0.05)


def test_the_same_corpus_gives_the_same_curve(curve: Curve, dataset: Dataset) -> None:
    assert simulate.simulate(dataset, seeds=2, start=10) == curve


def test_a_corpus_that_is_too_small_is_told(dataset: Dataset) -> None:
    with pytest.raises(CorpusError, match="tiny: too small to simulate a review"):
        simulate.simulate(dataset, seeds=1)


def test_a_row_has_the_mean_and_the_span_of_either_order() -> None:
    curve = Curve("mine", "role", 2, 50, (Point(40, (0.4, 0.6), (0.3, 0.5)),))
    assert list(simulate.curve_rows(curve)) == [
        {
            "corpus": "mine",
            "facet": "role",
            "labels": 40,
            "review": 0.5,
            "review_lowest": 0.4,
            "review_highest": 0.6,
            "random": 0.4,
            "random_lowest": 0.3,
            "random_highest": 0.5,
        }
    ]


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_curves_can_be_drawn(curve: Curve, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    simulate.draw(curve, tmp_path / f"curve{suffix}")
    assert (tmp_path / f"curve{suffix}").stat().st_size > 5000


def test_a_picture_of_unknown_kind_is_told(curve: Curve, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(CorpusError, match="can't be drawn"):
        simulate.draw(curve, tmp_path / "curve.xyz")
