"""A model that learnt from the user's passages too takes the default's place only where it is no worse."""

from __future__ import annotations

from dataclasses import replace

import pytest
from building import CORPUS, TAXONOMY, write_corpus

from policytext import corpus, extend, taxonomy, train
from policytext.corpus import Dataset
from policytext.errors import CorpusError, ModelError
from policytext.extend import Verdict
from policytext.model import Model, Recipe
from policytext.train import Trained


def verdict(before: float, after: float) -> Verdict:
    return Verdict("mine", 40, 3, before, after, None, None)


def test_what_is_held_out_is_not_learnt(dataset: Dataset) -> None:
    learn, held = extend.hold_out(dataset)
    assert set(learn.documents()).isdisjoint(held.documents())
    assert len(learn.examples) + len(held.examples) == 32
    assert extend.hold_out(dataset)[1].hash == held.hash


def test_one_document_can_not_be_learnt_and_held_out(dataset: Dataset) -> None:
    with pytest.raises(CorpusError, match="add a second one"):
        extend.hold_out(dataset.only(["zh-seed-01"]))


def test_a_default_of_another_taxonomy_can_not_be_extended(model: Model, dataset: Dataset) -> None:
    extend.refuse_other_taxonomy(model, dataset)
    other = replace(model, taxonomy=taxonomy.parse(TAXONOMY, "stances.toml"))
    with pytest.raises(ModelError, match="models rollback"):
        extend.refuse_other_taxonomy(other, dataset)


def test_a_fall_beyond_the_tolerance_is_worse() -> None:
    assert verdict(0.70, 0.69).worse
    assert not verdict(0.70, 0.696).worse
    assert not verdict(0.70, 0.80).worse


def test_a_model_is_no_worse_than_itself(model: Model, dataset: Dataset) -> None:
    (found,) = extend.judge(model, model, [dataset])
    assert (found.corpus, found.passages, found.documents) == ("tiny", 32, 4)
    assert (found.low, found.high) == (0.0, 0.0)
    assert not found.worse


def test_a_model_trained_on_wrong_labels_is_worse_and_refused(
    model: Model, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> None:
    swap = {"cause": "recommendation", "recommendation": "cause", "dilemma": "foundation", "foundation": "dilemma"}
    wrong = {
        doc: [{**x, "role": swap.get(x["role"], x["role"]), "also": []} for x in lines] for doc, lines in CORPUS.items()
    }
    bad = corpus.load(write_corpus(tmp_path_factory.mktemp("wrong") / "wrong", wrong))
    worse = train.fit(bad, Recipe(folds=2), "wrong").model
    verdicts = extend.judge(model, worse, [dataset])
    assert verdicts[0].worse
    with pytest.raises(ModelError, match="--force"):
        extend.refuse_worse({"name": "wrong", "verdicts": extend.told(verdicts, model)})


def test_a_model_that_was_compared_to_nothing_is_not_refused(model: Model) -> None:
    extend.refuse_worse(model.manifest)


def test_a_passage_of_weight_counts_more(dataset: Dataset, trained: Trained) -> None:
    docs = list(dataset.documents())
    parts = [(dataset.only(docs[:2]), 1.0), (dataset.only(docs[2:]), 5.0)]
    weights = extend.weights(parts)
    assert weights == {docs[0]: 1.0, docs[1]: 1.0, docs[2]: 5.0, docs[3]: 5.0}
    heavy = train.fit(dataset, name="tiny", weights=weights)
    assert all(
        (a.first.weights != b.first.weights).any()
        for a, b in zip(heavy.model.judges, trained.model.judges, strict=True)
    )
    assert [x["weight"] for x in extend.corpora_told(parts)] == [1.0, 5.0]


def test_a_weight_of_one_changes_nothing(dataset: Dataset, trained: Trained) -> None:
    even = train.fit(dataset, name="tiny", weights=dict.fromkeys(dataset.documents(), 1.0))
    for a, b in zip(even.model.judges, trained.model.judges, strict=True):
        assert a.first.weights == pytest.approx(b.first.weights, abs=1e-9)


def test_more_can_be_told_of_a_trained_model(trained: Trained) -> None:
    told = train.telling(trained, held_out=["a"])
    assert told.model.manifest["held_out"] == ["a"]
    assert told.model.manifest["corpus"] == "tiny"
    assert "held_out" not in trained.model.manifest
    assert replace(told, model=trained.model) == trained
