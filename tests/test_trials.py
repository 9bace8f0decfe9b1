"""Recipes on documents they have not seen: folds, search, and what more documents would teach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policytext import corpus, trials
from policytext.corpus import Dataset, dataset_of
from policytext.errors import CorpusError
from policytext.model import Recipe
from policytext.trials import Trial, choose

QUICK = Recipe(folds=2)


def trial(name: str, *folds: float, weights: int = 100, role_c: float = 1.0) -> Trial:
    return Trial(name, Recipe(role_c=role_c), folds, weights)


# ---------------------------------------------------------------- folds


def test_every_passage_is_judged_once_by_a_model_that_has_not_seen_its_document(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[set[str]] = []
    fit = trials.fit

    def told(part: Dataset, *more: object) -> object:
        learnt.append(set(part.documents()))
        return fit(part, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(trials, "fit", told)
    judged: list[str] = []
    for fold in trials.cross_validate(dataset, QUICK, 2):
        docs = {e.doc for e, _, _ in fold.predicted}
        assert learnt[-1].isdisjoint(docs)
        assert learnt[-1] | docs == set(dataset.documents())
        assert [e.id for e, _, _ in fold.baselines["keyword"]] == [e.id for e, _, _ in fold.predicted]
        judged += [e.id for e, _, _ in fold.predicted]
    assert sorted(judged) == sorted(e.id for e in dataset.examples)


def test_more_folds_than_documents_are_refused(dataset: Dataset) -> None:
    with pytest.raises(CorpusError, match="can't make 9 folds"):
        next(trials.cross_validate(dataset, QUICK, 9))


# ---------------------------------------------------------------- search


def test_the_simplest_within_one_standard_error_of_the_best_is_taken() -> None:
    best = trial("best", 0.70, 0.80, 0.75, weights=900)  # mean .75, error .029
    near = trial("near", 0.73, 0.73, 0.73, weights=300)
    far = trial("far", 0.70, 0.70, 0.70, weights=10)
    assert choose([best, near, far]).name == "near"
    assert choose([best, far]).name == "best"


def test_of_equally_large_models_the_one_held_tightest_is_taken() -> None:
    loose, tight = trial("loose", 0.7, 0.8, role_c=9.0), trial("tight", 0.7, 0.8, role_c=0.1)
    assert choose([loose, tight]).name == "tight"


def test_a_single_fold_has_no_error() -> None:
    assert trial("one", 0.5).error == 0.0


def test_each_candidate_changes_the_recipe_it_is_given() -> None:
    made = trials.candidates(Recipe(folds=3))
    assert made.pop("as given") == Recipe(folds=3)
    assert len({repr(r) for r in made.values()}) == len(made)
    assert all(r.folds == 3 for r in made.values())


def test_a_search_tries_every_recipe_on_the_same_folds(dataset: Dataset) -> None:
    recipes = {"plain": QUICK, "again": QUICK, "one pass": replace(QUICK, neighbours=False)}
    done = list(trials.search(dataset, recipes, 2))
    assert [t.name for t in done] == list(recipes)
    assert done[0].folds == done[1].folds
    assert all(0 <= f <= 1 for t in done for f in t.folds)
    assert done[2].weights < done[0].weights
    row = trials.trial_row(done[2], done[0])
    assert row["changed"] == {"neighbours": False}
    assert not row["chosen"]
    assert set(trials.TRIAL_COLUMNS) <= set(row)


# ---------------------------------------------------------------- learning curve


def test_a_larger_share_holds_every_smaller_one(dataset: Dataset) -> None:
    kept: set[str] = set()
    for share in trials.SHARES:
        docs = set(corpus.beginning(dataset, share, seed=5).documents())
        assert kept <= docs
        assert {doc[:2] for doc in docs} == {"zh", "en"}
        kept = docs
    assert kept == set(dataset.documents())


def test_a_curve_is_measured_at_every_share(dataset: Dataset) -> None:
    points = list(trials.curve(dataset, dataset, QUICK))
    assert [p.share for p in points] == list(trials.SHARES)
    assert points[-1].passages == 32
    rows = list(trials.point_rows(points[-1]))
    assert {(r["facet"], r["language"]) for r in rows} == {
        (f, x) for f in ("role", "theme") for x in ("zh", "en", "all")
    }
    assert all(r["low"] <= r["high"] for r in rows)
    assert all(set(r) <= set(trials.CURVE_COLUMNS) for r in rows)


def test_a_share_too_small_to_learn_from_is_told_and_passed_over(dataset: Dataset) -> None:
    chinese = dataset_of("zh", dataset.taxonomy, [e for e in dataset.examples if e.doc.startswith("zh")])
    points = list(trials.curve(chinese, dataset, QUICK))
    assert "only one document" in points[0].reason
    assert "only one document" in next(trials.point_rows(points[0]))["reason"]
    assert points[-1].cards
