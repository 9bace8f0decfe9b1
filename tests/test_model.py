"""A model in use: what it gives, that its arrays are the scikit-learn objects, and folders that are no model."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from building import CORPUS, passage
from building import example as example_of

from policytext import features
from policytext import model as models
from policytext.corpus import Dataset
from policytext.errors import ModelError, TaxonomyError
from policytext.model import Linear, Model, Recipe, softmax
from policytext.train import Trained
from policytext.types import Passage


def every_passage(dataset: Dataset) -> list[Passage]:
    return [e.tagged.passage for e in dataset.examples]


# ---------------------------------------------------------------- what it gives


def test_every_passage_gets_one_primary_role(model: Model, dataset: Dataset) -> None:
    for tagged in model.tag(every_passage(dataset)):
        roles = [t for t in tagged.tags if t.facet == "role"]
        assert roles
        assert roles[0].score == max(t.score for t in roles)


def test_a_model_knows_what_it_was_trained_on(model: Model, dataset: Dataset) -> None:
    given = [t.labels("role")[0] for t in model.tag(every_passage(dataset))]
    gold = [e.tagged.labels("role")[0] for e in dataset.examples]
    assert sum(a == b for a, b in zip(given, gold, strict=True)) >= 30


def test_probabilities_of_roles_sum_to_one_and_those_of_themes_stand_alone(model: Model, dataset: Dataset) -> None:
    for row in model.probabilities(every_passage(dataset)):
        assert sum(row["role"].values()) == pytest.approx(1.0)
        assert all(0.0 <= p <= 1.0 for p in row["theme"].values())
        assert tuple(row["role"]) == model.taxonomy.facet("role").ids


def test_tags_say_which_model_gave_them(model: Model, dataset: Dataset) -> None:
    assert model.id == f"tiny@{model.manifest['weights'][:8]}"
    assert {t.source for tagged in model.tag(every_passage(dataset)[:8]) for t in tagged.tags} == {model.id}


def test_a_theme_is_given_from_its_threshold_on(model: Model, dataset: Dataset) -> None:
    judge = next(j for j in model.judges if j.facet.id == "theme")
    passages = every_passage(dataset)
    for row, tagged in zip(model.probabilities(passages), model.tag(passages), strict=True):
        earned = {x for x, cut in zip(judge.facet.ids, judge.thresholds, strict=True) if row["theme"][x] >= cut}
        assert set(tagged.labels("theme")) == earned


def test_a_passage_in_a_third_language_stays_without_tags(model: Model) -> None:
    passages = [passage("Комитет посетил шесть портов.", language="other"), passage("应当统一标准。", 2)]
    tagged = model.tag(passages)
    assert tagged[0].tags == ()
    assert tagged[1].tags
    assert model.probabilities(passages)[0] == {}


def test_a_document_is_judged_by_itself(model: Model) -> None:
    one = [example_of(line, n).tagged.passage for n, line in enumerate(CORPUS["zh-seed-01"], 1)]
    other = [example_of(line, n).tagged.passage for n, line in enumerate(CORPUS["en-tidal-01"], 1)]
    assert model.probabilities([*one, *other]) == model.probabilities(one) + model.probabilities(other)


def test_nothing_is_tagged_where_nothing_is(model: Model) -> None:
    assert model.tag([]) == []


def test_deciding_twice_gives_the_same(model: Model, dataset: Dataset) -> None:
    passages = every_passage(dataset)
    assert model.tag(passages) == model.tag(passages)


def test_a_person_should_look_where_the_primary_role_is_unsure(model: Model, dataset: Dataset) -> None:
    judge = next(j for j in model.judges if j.facet.exclusive)
    for tagged in model.tag(every_passage(dataset)):
        best = next(t.score for t in tagged.tags if t.facet == "role")
        assert model.doubts(tagged) == (best < judge.doubt)


def test_softmax_gives_probabilities_of_any_scores() -> None:
    table = softmax(np.array([[0.0, 0.0], [1000.0, -1000.0]]))
    assert table.tolist() == [[0.5, 0.5], [1.0, 0.0]]


# ---------------------------------------------------------------- why it gave it


def documents_of(dataset: Dataset) -> list[list[Passage]]:
    return [[e.tagged.passage for e in examples] for examples in dataset.documents().values()]


def test_the_reasons_of_a_role_sum_to_the_difference_of_its_scores(model: Model, dataset: Dataset) -> None:
    (judge,) = (j for j in model.judges if j.facet.id == "role")
    for document in documents_of(dataset):
        seen = features.observe(document, model.taxonomy)
        near = features.with_neighbours(seen, softmax(judge.first.scores(seen)).tolist(), judge.facet.ids)
        assert judge.second is not None
        for place, scores in enumerate(judge.second.scores(near) / judge.temperature[document[0].language]):
            for label in judge.facet.ids:
                (told,) = model.explain(document, place, label)
                gap = scores[judge.facet.ids.index(label)] - scores[judge.facet.ids.index(told.against)]
                assert sum(part.amount for r in told.reasons for part in r.parts) == pytest.approx(gap, abs=1e-12)
                assert sum(r.amount for r in told.reasons) == pytest.approx(told.margin, abs=1e-12)


def test_the_margin_of_a_role_is_the_log_of_two_probabilities(model: Model, dataset: Dataset) -> None:
    for document in documents_of(dataset):
        for place, row in enumerate(model.probabilities(document)):
            told = model.explain(document, place)[0]
            assert told.margin == pytest.approx(math.log(row["role"][told.label] / row["role"][told.against]))
            assert told.probability == row["role"][told.label]


def test_the_margin_of_a_theme_is_what_it_has_above_its_threshold(model: Model, dataset: Dataset) -> None:
    (judge,) = (j for j in model.judges if j.facet.id == "theme")
    document = documents_of(dataset)[0]
    for place, (row, tagged) in enumerate(zip(model.probabilities(document), model.tag(document), strict=True)):
        for label, cut in zip(judge.facet.ids, judge.thresholds, strict=True):
            (told,) = model.explain(document, place, label)
            p = row["theme"][label]
            assert told.margin == pytest.approx(math.log(p / (1 - p)) - math.log(cut / (1 - cut)))
            assert (told.margin >= -1e-9) == (label in tagged.labels("theme"))


def test_every_tag_is_explained_in_the_order_of_the_tags(model: Model, dataset: Dataset) -> None:
    document = documents_of(dataset)[2]
    for place, tagged in enumerate(model.tag(document)):
        assert [(e.facet, e.label) for e in model.explain(document, place)] == [(t.facet, t.label) for t in tagged.tags]


def test_reasons_show_where_they_stand_in_the_text_as_written(model: Model) -> None:
    text = "專業人才嚴重短缺，設備出了故障難以修理，問題十分突出。"
    (told,) = model.explain([passage(text, section=("四、面臨的困境",))], 0, "dilemma")
    found = {(r.kind, r.name): [text[a:b] for a, b in r.spans] for r in told.reasons}
    assert found["cue", "lack"] == ["短缺", "難以"]
    assert found["cue", "problem"] == ["問題"]
    (heading,) = (r for r in told.reasons if (r.kind, r.name) == ("heading", "dilemma"))
    assert heading.headings == ((0, 5, 7),)


def test_the_weightiest_reason_comes_first(model: Model, dataset: Dataset) -> None:
    for told in model.explain(documents_of(dataset)[0], 3):
        weights = [abs(r.amount) for r in told.reasons]
        assert weights == sorted(weights, reverse=True)


def test_a_neighbour_is_named_by_its_number(model: Model, dataset: Dataset) -> None:
    told = model.explain(documents_of(dataset)[0], 2)[0]
    neighbours = {r.name: r.neighbour for r in told.reasons if r.kind == "neighbour"}
    assert neighbours["before"] == 2
    assert neighbours["two after"] == 5
    assert neighbours["document"] is None


def test_what_no_facet_has_can_not_be_explained(model: Model) -> None:
    with pytest.raises(TaxonomyError, match='did you mean "cause"'):
        model.explain([passage("应当统一标准。")], 0, "couse")


def test_a_passage_in_a_third_language_has_no_explanation(model: Model) -> None:
    assert model.explain([passage("Комитет посетил порты.", language="other")], 0) == ()


# ---------------------------------------------------------------- the two forms of one model


def scikit_scores(objects: dict[str, Any], recipe: dict[str, Any], seen: list[features.Observation]) -> Any:
    """Decision values of the fitted objects as a data scientist would compute them from `model.skops`."""
    from scipy import sparse

    matrix = sparse.hstack(
        [
            objects["terms"].transform([" ".join(s.words) for s in seen]) * recipe["term_weight"],
            objects["headings"].transform([" ".join(s.heading_words) for s in seen]) * recipe["heading_weight"],
            objects["signals"].transform([dict(s.signals) for s in seen]).multiply(objects["signal_scale"]),
        ],
        format="csr",
    )
    classifier = objects["classifier"]
    if isinstance(classifier, dict):
        return {label: one.decision_function(matrix) for label, one in classifier.items()}
    return classifier.decision_function(matrix)


def agree(linear: Linear, theirs: Any, seen: list[features.Observation], ids: tuple[str, ...]) -> None:
    ours = linear.scores(seen)
    if isinstance(theirs, dict):
        for label, column in theirs.items():
            np.testing.assert_allclose(ours[:, ids.index(label)], column, atol=1e-4)
        assert all((ours[:, ids.index(x)] < -10).all() for x in set(ids) - set(theirs))
    else:
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_the_arrays_give_what_the_scikit_learn_objects_give(model: Model, model_folder: Path, dataset: Dataset) -> None:
    import skops.io

    objects = skops.io.load(model_folder / "model.skops", trusted=[])
    recipe = model.manifest["recipe"]
    for doc in dataset.documents():
        seen = features.observe([e.tagged.passage for e in dataset.documents()[doc]], model.taxonomy)
        for judge in model.judges:
            ids = judge.facet.ids
            first = scikit_scores(objects[f"{judge.facet.id}.first"], recipe, seen)
            agree(judge.first, first, seen, ids)
            if judge.second is not None:
                near = features.with_neighbours(seen, softmax(judge.first.scores(seen)).tolist(), ids)
                agree(judge.second, scikit_scores(objects[f"{judge.facet.id}.second"], recipe, near), near, ids)


def test_a_loaded_model_tags_as_the_trained_one(model: Model, trained: Trained, dataset: Dataset) -> None:
    passages = every_passage(dataset)
    before = [[(t.facet, t.label) for t in x.tags] for x in trained.model.tag(passages)]
    after = [[(t.facet, t.label) for t in x.tags] for x in model.tag(passages)]
    assert before == after


# ---------------------------------------------------------------- folders


def test_a_missing_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model"):
        models.load(str(tmp_path / "none"))


def test_a_folder_that_is_no_model_is_told_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"not a model folder \(manifest.json is missing\)"):
        models.load(str(tmp_path))


def test_a_shipped_model_is_found_by_its_name() -> None:
    assert models.find("default").name == "default"


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    """A model folder that a test may damage."""
    return Path(shutil.copytree(model_folder, tmp_path / "copy"))


def rewrite(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("name", ["manifest.json", "taxonomy.toml", "weights.npz"])
def test_a_missing_file_of_a_model_is_told_by_name(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match=name):
        models.load(str(copy))


def test_the_scikit_learn_objects_are_not_needed_to_tag(copy: Path, model: Model) -> None:
    (copy / "model.skops").unlink()
    assert models.load(str(copy)).tag([passage("应当统一标准。")]) == model.tag([passage("应当统一标准。")])


def test_a_format_of_another_version_is_told(copy: Path) -> None:
    rewrite(copy / "manifest.json", lambda m: m.update(format=99))
    with pytest.raises(ModelError, match="model format 99"):
        models.load(str(copy))


DAMAGES: list[Any] = [
    pytest.param("manifest.json", b"{", id="manifest cut"),
    pytest.param("manifest.json", b"\xff\xfe", id="manifest in another encoding"),
    pytest.param("manifest.json", b'{"format": 1}', id="manifest without judges"),
    pytest.param("manifest.json", b"[]", id="manifest a list"),
    pytest.param("taxonomy.toml", b"name = ", id="taxonomy cut"),
    pytest.param("weights.npz", b"PK\x03\x04", id="weights cut"),
    pytest.param("weights.npz", b"", id="weights empty"),
    pytest.param("weights.npz", b"\x80\x04\x95 a pickle", id="weights a pickle"),
]


def told_of(folder: Path) -> str:
    """What is said of a damaged model."""
    message = ""
    try:
        models.load(str(folder))
    except ModelError as error:
        message = str(error)
    return message


@pytest.mark.parametrize(("name", "data"), DAMAGES)
def test_a_damaged_model_is_told(copy: Path, name: str, data: bytes) -> None:
    (copy / name).write_bytes(data)
    message = told_of(copy)
    assert message.startswith(f"{copy}: ")
    assert re.search("damaged model|not a model folder|model format", message)
    assert "\n" not in message


def rewrite_weights(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    change(arrays)
    np.savez(path, **arrays)


def test_weights_without_one_of_their_arrays_are_told(copy: Path) -> None:
    rewrite_weights(copy / "weights.npz", lambda arrays: arrays.pop("role.first.bias"))
    assert "damaged model" in told_of(copy)


def test_weights_that_are_not_the_manifests_are_told(copy: Path) -> None:
    rewrite_weights(copy / "weights.npz", lambda arrays: arrays["role.first.bias"].fill(7.0))
    assert "damaged model" in told_of(copy)


def test_a_taxonomy_that_was_changed_afterwards_is_told(copy: Path) -> None:
    path = copy / "taxonomy.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('id = "cause"', 'id = "reason"'), encoding="utf-8")
    with pytest.raises(ModelError, match="labels of role differ"):
        models.load(str(copy))


# ---------------------------------------------------------------- recipes


def test_a_recipe_is_read_from_its_fields() -> None:
    assert Recipe.parse({"role_c": 1, "neighbours": False}, "r.toml") == Recipe(role_c=1, neighbours=False)


def test_an_unknown_field_of_a_recipe_is_told_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r'r\.toml: unknown recipe field "rolec"; known: max_ngram'):
        Recipe.parse({"rolec": 1.0}, "r.toml")


@pytest.mark.parametrize(("name", "value"), [("folds", 2.5), ("folds", "two"), ("neighbours", "no"), ("role_c", "1")])
def test_a_field_of_the_wrong_type_is_told(name: str, value: object) -> None:
    with pytest.raises(ModelError, match=f"r.toml: {name} = "):
        Recipe.parse({name: value}, "r.toml")


def test_a_truth_value_is_no_number() -> None:
    with pytest.raises(ModelError, match="folds = True"):
        Recipe.parse({"folds": True}, "r.toml")


@pytest.mark.parametrize(
    ("name", "value"), [("folds", 1), ("role_c", -1.0), ("min_documents", 0), ("second_weight", -0.1)]
)
def test_a_field_out_of_its_range_is_told(name: str, value: object) -> None:
    with pytest.raises(ModelError, match=f"{name} = .* out of range"):
        Recipe.parse({name: value}, "r.toml")
