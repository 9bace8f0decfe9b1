"""How a model is made: the same bytes from the same corpus, every field of the recipe counts, nothing is peeked at."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from building import CORPUS, TAXONOMY, write_corpus, write_lines

from policytext import corpus, taxonomy, train
from policytext import model as models
from policytext.corpus import Dataset
from policytext.errors import CorpusError, ModelError
from policytext.model import Recipe
from policytext.train import Trained

FILES = ("README.md", "manifest.json", "model.skops", "taxonomy.toml", "weights.npz")


def bytes_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


# ---------------------------------------------------------------- the same again


def test_a_model_folder_holds_its_five_files(model_folder: Path) -> None:
    assert tuple(bytes_of(model_folder)) == FILES


def test_training_twice_gives_the_same_bytes(dataset: Dataset, model_folder: Path, tmp_path: Path) -> None:
    train.save(train.fit(dataset, name="tiny"), tmp_path / "again")
    assert bytes_of(tmp_path / "again") == bytes_of(model_folder)


def test_another_process_gives_the_same_bytes(corpus_folder: Path, model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"  # the folder's name is the model's
    command = [sys.executable, "-m", "policytext.cli", "train", str(corpus_folder), "-o", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert bytes_of(folder) == bytes_of(model_folder)


def test_the_manifest_says_how_the_model_was_made(model_folder: Path, dataset: Dataset) -> None:
    manifest = json.loads((model_folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["corpus"] == "tiny"
    assert manifest["corpus_hash"] == dataset.hash
    assert manifest["taxonomy_hash"] == dataset.taxonomy.hash
    assert manifest["weights"] == bytes_of(model_folder)["weights.npz"]
    assert Recipe(**manifest["recipe"]) == Recipe()
    assert set(manifest["scores"]) == {"zh", "en", "all"}
    assert "scikit-learn" in manifest["versions"]


def test_the_card_names_corpus_and_scores(model_folder: Path) -> None:
    card = (model_folder / "README.md").read_text(encoding="utf-8")
    assert "corpus `tiny`" in card
    assert "| zh | 16 |" in card


# ---------------------------------------------------------------- no code in a model


def test_skops_finds_no_type_that_must_be_trusted(model_folder: Path) -> None:
    import skops.io

    assert skops.io.get_untrusted_types(file=model_folder / "model.skops") == []
    assert set(skops.io.load(model_folder / "model.skops", trusted=[])) == {"role.first", "role.second", "theme.first"}


def test_the_weights_are_plain_arrays(model_folder: Path) -> None:
    with np.load(model_folder / "weights.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


@pytest.mark.parametrize("name", ["model.skops", "weights.npz"])
def test_no_clock_goes_into_the_archives(model_folder: Path, name: str) -> None:
    with zipfile.ZipFile(model_folder / name) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None


# ---------------------------------------------------------------- recipes

BASE = Recipe(
    max_ngram=2,
    min_documents=2,
    max_terms=60_000,
    term_weight=1.0,
    heading_weight=0.5,
    signal_weight=0.5,
    role_c=3.0,
    theme_c=10.0,
    neighbours=True,
    balanced=True,
    second_weight=0.3,
    folds=5,
    keep_accuracy=0.92,
    caution=1.0,
)
"""Written out in full, so that the defaults can move."""

CHANGED: dict[str, Any] = {
    "max_ngram": 1,
    "min_documents": 3,
    "max_terms": 40,
    "term_weight": 2.0,
    "heading_weight": 1.0,
    "signal_weight": 1.0,
    "role_c": 1.0,
    "theme_c": 1.0,
    "neighbours": False,
    "balanced": False,
    "second_weight": 0.0,
    "folds": 2,
    "keep_accuracy": 0.2,
    "caution": 2.0,
}
"""Another value for every field of the recipe."""


def test_every_field_of_the_recipe_is_tried_below() -> None:
    assert set(CHANGED) == {f.name for f in fields(Recipe)}


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The tiny corpus with a wrong role wherever the length is odd: no model gets it right, so that doubt matters."""
    roles = taxonomy.default().facet("role").ids
    documents = {
        doc: [{**x, "role": roles[n % 5], "also": []} if len(x["text"]) % 2 else x for n, x in enumerate(lines)]
        for doc, lines in CORPUS.items()
    }
    return corpus.load(write_corpus(tmp_path_factory.mktemp("noisy") / "noisy", documents))


@pytest.fixture(scope="module")
def base(noisy: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return made(noisy, BASE, tmp_path_factory.mktemp("base") / "m")


def made(dataset: Dataset, recipe: Recipe, folder: Path) -> dict[str, Any]:
    train.save(train.fit(dataset, recipe, "m"), folder)
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest


@pytest.mark.parametrize("name", CHANGED)
def test_changing_a_field_changes_the_model(noisy: Dataset, base: dict[str, Any], tmp_path: Path, name: str) -> None:
    other = made(noisy, replace(BASE, **{name: CHANGED[name]}), tmp_path / "m")
    assert other["recipe"] != base["recipe"]
    assert (other["weights"], other["judges"]) != (base["weights"], base["judges"])
    if name not in ("keep_accuracy", "caution"):  # which only say how sure to be, and what a person should look at
        assert other["weights"] != base["weights"]


def test_without_neighbours_there_is_no_second_pass(dataset: Dataset, tmp_path: Path) -> None:
    train.save(train.fit(dataset, Recipe(neighbours=False), "m"), tmp_path / "m")
    model = models.load(str(tmp_path / "m"))
    assert all(judge.second is None for judge in model.judges)
    assert model.tag([e.tagged.passage for e in dataset.examples[:8]])[0].labels("role")


def test_a_recipe_file_is_read_and_a_missing_one_told(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text("folds = 3\nneighbours = false\n", encoding="utf-8")
    assert train.load_recipe(path) == Recipe(folds=3, neighbours=False)
    assert train.load_recipe(None) == Recipe()
    with pytest.raises(ModelError, match="no such recipe file"):
        train.load_recipe(tmp_path / "none.toml")
    path.write_text("folds = ", encoding="utf-8")
    with pytest.raises(ModelError, match="not valid TOML"):
        train.load_recipe(path)


# ---------------------------------------------------------------- folds


def test_a_document_is_never_divided_among_folds() -> None:
    groups = [f"d{i % 7}" for i in range(50)]
    folds = train.grouped_folds(groups, 3)
    assert {len({f for g, f in zip(groups, folds, strict=True) if g == name}) for name in groups} == {1}
    assert set(folds.tolist()) == {0, 1, 2}


def test_folds_do_not_depend_on_the_order_of_documents() -> None:
    names = [f"d{i}" for i in range(9)]
    one = dict(zip(names, train.grouped_folds(names, 4).tolist(), strict=True))
    other = dict(zip(names[::-1], train.grouped_folds(names[::-1], 4).tolist(), strict=True))
    assert one == other


def test_there_are_no_more_folds_than_documents() -> None:
    assert sorted(train.grouped_folds(["a", "b"], 5).tolist()) == [0, 1]


def test_scores_are_of_passages_whose_document_was_not_seen(dataset: Dataset, trained: Trained) -> None:
    facet = dataset.taxonomy.facet("role")
    seen = train.observe_dataset(dataset)
    gold = train.label_table(facet, dataset)
    folds = train.grouped_folds([e.doc for e in dataset.examples], 5)
    scores = train.out_of_fold(facet, seen, gold, folds, Recipe())
    inside = np.flatnonzero(folds != folds[0]).tolist()
    alone = train.fit_pass(facet, [seen[i] for i in inside], gold[inside], Recipe())
    np.testing.assert_allclose(scores[0], alone.linear.scores([seen[0]])[0])
    assert trained.scores["all"].passages == 32


def test_the_table_of_gold_labels_tells_primary_from_second(dataset: Dataset) -> None:
    table = train.label_table(dataset.taxonomy.facet("role"), dataset)
    assert (table == 2).sum(axis=1).tolist() == [1] * 32
    assert int((table == 1).sum()) == sum(len(line["also"]) for lines in CORPUS.values() for line in lines)
    assert set(train.label_table(dataset.taxonomy.facet("theme"), dataset).ravel().tolist()) == {0, 1}


# ---------------------------------------------------------------- a corpus by other hands


def test_a_corpus_to_calibrate_on_teaches_only_how_sure_to_be(dataset: Dataset, noisy: Dataset, tmp_path: Path) -> None:
    train.save(train.fit(dataset, BASE, "m"), tmp_path / "plain")
    train.save(train.fit(dataset, BASE, "m", noisy), tmp_path / "calibrated")
    plain, calibrated = models.load(str(tmp_path / "plain")), models.load(str(tmp_path / "calibrated"))
    assert calibrated.manifest["weights"] == plain.manifest["weights"]
    assert calibrated.manifest["calibration_hash"] == noisy.hash
    assert calibrated.judges[0].temperature["zh"] > plain.judges[0].temperature["zh"]  # wrong labels make it less sure
    themes = [next(j for j in m.judges if j.facet.id == "theme") for m in (plain, calibrated)]
    assert themes[0].thresholds == themes[1].thresholds


# ---------------------------------------------------------------- corpora that can't be trained on


def test_one_document_is_too_few(dataset: Dataset) -> None:
    with pytest.raises(CorpusError, match="only one document"):
        train.fit(dataset.only(["zh-seed-01"]))


def test_a_passage_without_a_role_is_told(tmp_path: Path) -> None:
    lines = [dict(line) for doc in ("zh-seed-01", "en-tidal-01") for line in CORPUS[doc]]
    lines[0]["role"] = None
    with pytest.raises(CorpusError, match='passage "zh-seed-01-001" has no role'):
        train.fit(corpus.load(write_lines(tmp_path / "a.jsonl", lines)))


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([CORPUS["zh-seed-01"][0], CORPUS["en-tidal-01"][0]], id="no word stands in two passages"),
        pytest.param([x for doc in CORPUS for x in CORPUS[doc] if x["role"] == "cause"], id="one role alone"),
        pytest.param([*CORPUS["zh-seed-01"], *CORPUS["en-tidal-01"][:1]], id="a fold without examples of most roles"),
    ],
)
def test_a_corpus_too_small_to_learn_from_is_told(tmp_path: Path, lines: list[Any]) -> None:
    dataset = corpus.load(write_lines(tmp_path / "a.jsonl", [{**line, "also": []} for line in lines]))
    with pytest.raises(CorpusError):
        train.fit(dataset)


def test_a_users_taxonomy_can_be_trained(tmp_path: Path) -> None:
    say = {"for": "我们赞成统一冷链标准，支持尽快施行。", "against": "我们反对统一冷链标准，质疑这样做的必要。"}
    documents = {
        f"d{i}": [
            {"doc": f"d{i}", "language": "zh", "text": say[stance] + "理由如下。" * n, "stance": stance}
            for n in range(1, 4)
            for stance in say
        ]
        for i in range(3)
    }
    folder = write_corpus(tmp_path / "stances", documents, taxonomy="stances.toml")
    (folder / "stances.toml").write_text(TAXONOMY, encoding="utf-8")
    dataset = corpus.load(folder)
    model = train.save(train.fit(dataset, name="stances"), tmp_path / "model")
    given = models.load(str(tmp_path / "model")).tag([e.tagged.passage for e in dataset.examples])
    assert [t.labels("stance")[0] for t in given] == [e.tagged.labels("stance")[0] for e in dataset.examples]
    assert model.taxonomy.hash == dataset.taxonomy.hash


# ---------------------------------------------------------------- saving


def test_a_model_takes_the_place_of_the_one_before(trained: Trained, tmp_path: Path) -> None:
    train.save(trained, tmp_path / "m")
    before = bytes_of(tmp_path / "m")
    train.save(trained, tmp_path / "m")
    assert bytes_of(tmp_path / "m") == before
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_a_model_is_saved_into_folders_that_are_not_there_yet(trained: Trained, tmp_path: Path) -> None:
    train.save(trained, tmp_path / "a" / "b" / "m")
    assert tuple(bytes_of(tmp_path / "a" / "b" / "m")) == FILES


def test_the_saved_model_knows_the_hash_of_its_weights(trained: Trained, tmp_path: Path) -> None:
    saved = train.save(trained, tmp_path / "m")
    assert saved.id == models.load(str(tmp_path / "m")).id
    assert saved.id.startswith("tiny@")
    assert len(saved.id) == len("tiny@") + 8


def test_a_folder_that_is_no_model_is_left_alone(trained: Trained, tmp_path: Path) -> None:
    precious = tmp_path / "thesis" / "chapter.md"
    precious.parent.mkdir()
    precious.write_text("Three years of work.", encoding="utf-8")
    with pytest.raises(ModelError, match="not a model"):
        train.save(trained, precious.parent)
    assert precious.read_text(encoding="utf-8") == "Three years of work."


def test_a_place_that_can_not_be_written_is_told(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError):
        train.save(trained, tmp_path / "file" / "m")
