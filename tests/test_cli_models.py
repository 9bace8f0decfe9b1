"""The verbs of the training loop as their user has them: evaluate, train, and the group `models`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from building import CORPUS, NOTICE_ZH, REPORT_EN, TAXONOMY, write_corpus, write_lines
from conftest import Outcome

from policytext import batch, corpus, registry, train
from policytext import model as models
from policytext.corpus import Dataset
from policytext.library import Library
from policytext.model import Model, Recipe

Run = Callable[..., Outcome]

VERBS = ("list", "show", "compare", "promote", "rollback")


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def table(outcome: Outcome) -> list[list[str]]:
    assert outcome.code == 0, outcome.err
    return list(csv.reader(io.StringIO(outcome.out.removeprefix("\ufeff"), newline="")))


def one_line(outcome: Outcome, *parts: str) -> None:
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert all(part in outcome.err for part in parts), outcome.err


@pytest.fixture(scope="module")
def other_folder(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second model of the tiny corpus, by another recipe."""
    folder = tmp_path_factory.mktemp("other") / "plain"
    train.save(train.fit(dataset, Recipe(signal_weight=0.0, neighbours=False, folds=2), "plain"), folder)
    return folder


@pytest.fixture(scope="module")
def small_recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text("folds = 2\nneighbours = false\n", encoding="utf-8")
    return path


# ---------------------------------------------------------------- help and usage


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_an_example(policytext: Run, verb: str) -> None:
    outcome = policytext("models", verb, "--help")
    assert outcome.code == 0
    assert f"Example: policytext models {verb}" in outcome.out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("evaluate", "a", "b", "c"), id="three things to judge"),
        pytest.param(("evaluate", "a", "b", "--folds", "2"), id="a model and folds"),
        pytest.param(("evaluate", "a", "--recipe", "r.toml"), id="a recipe without folds"),
        pytest.param(("evaluate", "a", "--folds", "1"), id="one fold"),
        pytest.param(("train", "-o", "m"), id="nothing to train on"),
        pytest.param(("train", "a", "--extend", "b", "-o", "m"), id="a corpus and one to extend with"),
        pytest.param(("train", "a"), id="no place for the model"),
        pytest.param(("train", "a", "--curve", "-o", "m"), id="a curve and a model"),
        pytest.param(("train", "a", "--on", "b", "-o", "m"), id="a set without a curve"),
        pytest.param(("models", "compare", "a", "b"), id="nothing to compare on"),
        pytest.param(("models", "compare", "a", "b", "--on", "c", "--changes", "d"), id="changes without a library"),
    ],
)
def test_wrong_usage_ends_with_two(policytext: Run, arguments: tuple[str, ...]) -> None:
    assert policytext(*arguments).code == 2


# ---------------------------------------------------------------- evaluate


def test_a_model_is_judged_with_intervals_and_baselines(
    policytext: Run, model_folder: Path, corpus_folder: Path
) -> None:
    told = rows(policytext("evaluate", model_folder, corpus_folder))
    assert [(r["facet"], r["language"]) for r in told] == [
        (f, x) for f in ("role", "theme") for x in ("zh", "en", "all")
    ]
    assert all(set(r["baselines"]) == {"majority", "keyword"} for r in told)
    assert all(low <= high for r in told for low, high in r["intervals"].values())


def test_without_a_model_the_default_one_is_judged(
    policytext: Run, own_models: Path, model_folder: Path, corpus_folder: Path
) -> None:
    registry.promote(model_folder, "tiny@00000000")
    assert rows(policytext("evaluate", corpus_folder)) == rows(policytext("evaluate", model_folder, corpus_folder))


def test_a_recipe_is_judged_by_folds(policytext: Run, corpus_folder: Path, small_recipe: Path, tmp_path: Path) -> None:
    lines = tmp_path / "folds.jsonl"
    outcome = policytext("evaluate", corpus_folder, "--folds", 2, "--recipe", small_recipe, "--predictions", lines)
    told = rows(outcome)
    assert told[2]["passages"] == 32
    assert "fold 2 of 2" in outcome.err
    assert len(lines.read_text(encoding="utf-8").splitlines()) == 32


def test_everything_goes_into_one_html_file(
    policytext: Run, model_folder: Path, corpus_folder: Path, tmp_path: Path
) -> None:
    page = tmp_path / "scores.html"
    outcome = policytext("evaluate", model_folder, corpus_folder, "--html", page)
    assert f"scores → {page}" in outcome.err
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_scores_come_as_csv_and_as_tables(policytext: Run, model_folder: Path, corpus_folder: Path) -> None:
    lines = table(policytext("evaluate", model_folder, corpus_folder, "--format", "csv"))
    assert lines[0][:4] == ["facet", "language", "system", "measure"]
    assert len({tuple(line[:5]) for line in lines}) == len(lines)
    shown = policytext("evaluate", model_folder, corpus_folder, "--format", "table").out
    assert "keyword" in shown
    assert "→back" in shown


def test_a_place_that_can_not_be_written_is_told_before_the_work(
    policytext: Run, corpus_folder: Path, tmp_path: Path
) -> None:
    one_line(
        policytext("evaluate", corpus_folder, "--folds", 2, "--html", tmp_path / "no" / "s.html"), "no such folder"
    )


# ---------------------------------------------------------------- train


def test_a_search_writes_its_table_and_trains_what_it_chose(
    policytext: Run, corpus_folder: Path, small_recipe: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "found"
    outcome = policytext("train", corpus_folder, "-o", folder, "--search", "--folds", 2, "--recipe", small_recipe)
    told = rows(outcome)
    (taken,) = [r for r in told if r["chosen"]]
    manifest = models.load(str(folder)).manifest
    assert manifest["search"] == told
    assert all(taken["changed"].get(k, v) == v for k, v in manifest["recipe"].items())
    assert f"| {taken['recipe']} |" in (folder / "README.md").read_text(encoding="utf-8")


def test_a_curve_is_drawn_on_a_part_held_out_or_on_a_set(
    policytext: Run, corpus_folder: Path, small_recipe: Path, tmp_path: Path
) -> None:
    told = rows(policytext("train", corpus_folder, "--curve", "--recipe", small_recipe))
    assert [r["share"] for r in told if r["language"] == "all" and r["facet"] == "role"][-1] == 1.0
    other = {
        f"new-{doc}": [{**x, "id": f"new-{x['id']}", "doc": f"new-{doc}"} for x in lines]
        for doc, lines in CORPUS.items()
    }
    gold = write_lines(tmp_path / "gold.jsonl", [x for lines in other.values() for x in lines])
    shown = policytext("train", corpus_folder, "--curve", "--on", gold, "--recipe", small_recipe, "--format", "table")
    assert "100%" in shown.out
    assert "measured on gold: 32 passages" in shown.err


def test_a_curve_on_what_was_learnt_is_refused(policytext: Run, corpus_folder: Path) -> None:
    outcome = policytext("train", corpus_folder, "--curve", "--on", corpus_folder)
    assert outcome.code == 1
    assert "learnt from too" in outcome.err


@pytest.fixture
def small_shop(monkeypatch: pytest.MonkeyPatch, corpus_folder: Path, model_folder: Path, own_models: Path) -> None:
    """The tiny corpus as the shipped one and as the one by other hands, the tiny model as the default."""
    find = corpus.find

    elsewhere = own_corpus(own_models.parent / "hands", before="hands")

    def found(name: str) -> Path:
        return corpus_folder if name == "policy" else elsewhere if name == "narrative" else find(name)

    monkeypatch.setattr(corpus, "find", found)
    registry.promote(model_folder, models.load(str(model_folder)).id)


def own_corpus(folder: Path, swap: dict[str, str] | None = None, before: str = "own") -> Path:
    """The tiny corpus under other names, as a user's own; with its roles exchanged where told."""
    lines = {
        f"{before}-{doc}": [
            {
                **x,
                "id": f"{before}-{x['id']}",
                "doc": f"{before}-{doc}",
                "role": (swap or {}).get(x["role"], x["role"]),
                "also": [],
            }
            for x in part
        ]
        for doc, part in CORPUS.items()
    }
    return write_corpus(folder, lines)


@pytest.mark.usefixtures("small_shop")
def test_a_users_corpus_extends_the_shipped_one_and_the_model_is_promoted(
    policytext: Run, small_recipe: Path, tmp_path: Path
) -> None:
    mine = own_corpus(tmp_path / "mine")
    folder = tmp_path / "extended"
    outcome = policytext("train", "--extend", mine, "-o", folder, "--weight", 2, "--recipe", small_recipe, "--promote")
    assert outcome.code == 0, outcome.err
    manifest = models.load(str(folder)).manifest
    assert [(x["name"], x["weight"]) for x in manifest["corpora"]] == [("tiny", 1.0), ("mine", 2.0)]
    assert manifest["held_out"]
    assert [v["corpus"] for v in manifest["verdicts"]] == ["mine", "hands"]
    assert "held out" in (folder / "README.md").read_text(encoding="utf-8")
    assert not any(v["worse"] for v in manifest["verdicts"])
    assert models.load().id == models.load(str(folder)).id


@pytest.mark.usefixtures("small_shop")
def test_a_model_that_is_worse_is_promoted_only_by_force(policytext: Run, small_recipe: Path, tmp_path: Path) -> None:
    swap = {"cause": "recommendation", "recommendation": "cause", "dilemma": "foundation", "foundation": "dilemma"}
    wrong = own_corpus(tmp_path / "wrong", swap)
    folder = tmp_path / "extended"
    before = models.load().id
    arguments = ("train", "--extend", wrong, "-o", folder, "--weight", 20, "--recipe", small_recipe, "--promote")
    refused = policytext(*arguments)
    assert refused.code == 1
    assert refused.err.splitlines()[-1].startswith("error: extended: worse than")
    assert models.load().id == before
    one_line(policytext("models", "promote", folder), "--force")
    assert policytext("models", "promote", folder, "--force").code == 0
    assert models.load().id == models.load(str(folder)).id


@pytest.mark.usefixtures("small_shop")
def test_a_set_to_be_judged_on_must_not_be_learnt_from(policytext: Run, tmp_path: Path) -> None:
    mine = own_corpus(tmp_path / "mine", before="hands")
    outcome = policytext("train", "--extend", mine, "-o", tmp_path / "m")
    assert outcome.code == 1
    assert "learnt from too" in outcome.err
    assert not (tmp_path / "m").exists()


def test_a_corpus_of_another_taxonomy_can_not_extend_the_shipped_one(policytext: Run, tmp_path: Path) -> None:
    lines = {x: [{"doc": x, "language": "zh", "text": "我们赞成。", "stance": "for"}] for x in ("a", "b", "c")}
    folder = write_corpus(tmp_path / "stances", lines, taxonomy="stances.toml")
    (folder / "stances.toml").write_text(TAXONOMY, encoding="utf-8")
    one_line(policytext("train", "--extend", folder, "-o", tmp_path / "m"), "different taxonomies", "train them apart")


# ---------------------------------------------------------------- models


def test_the_list_marks_the_default(policytext: Run, own_models: Path, model_folder: Path, other_folder: Path) -> None:
    assert [(r["name"], r["default"]) for r in rows(policytext("models", "list"))] == [("shipped", True)]
    policytext("models", "promote", model_folder)
    policytext("models", "promote", other_folder)
    told = rows(policytext("models", "list"))
    assert [r["default"] for r in told] == [False, True, False]
    assert told[1]["id"].startswith("plain@")
    assert told[1]["corpus"] == "tiny"
    assert "* plain@" in policytext("models", "list", "--format", "table").out
    assert len(table(policytext("models", "list", "--format", "csv"))) == 4


def test_a_model_can_be_promoted_again_by_its_name(policytext: Run, own_models: Path, model_folder: Path) -> None:
    first = policytext("models", "promote", model_folder)
    assert first.code == 0, first.err
    name = models.load().id
    assert "shipped" in policytext("models", "rollback").err
    assert policytext("models", "promote", name).code == 0
    assert models.load().id == name
    policytext("models", "rollback")
    one_line(policytext("models", "rollback"), "nothing is promoted")


def test_what_is_no_model_is_not_promoted(policytext: Run, own_models: Path, tmp_path: Path) -> None:
    one_line(policytext("models", "promote", tmp_path / "none"), "no such model")
    assert not own_models.exists()


def test_show_prints_the_card_or_the_manifest(policytext: Run, model_folder: Path) -> None:
    shown = policytext("models", "show", model_folder, "--format", "table").out
    assert shown.strip() == (model_folder / "README.md").read_text(encoding="utf-8").strip()
    (manifest,) = rows(policytext("models", "show", model_folder))
    assert manifest["name"] == "tiny"


def test_two_models_are_compared_on_a_labelled_set(
    policytext: Run, model_folder: Path, other_folder: Path, corpus_folder: Path
) -> None:
    told = rows(policytext("models", "compare", model_folder, other_folder, "--on", corpus_folder))
    accuracy = next(r for r in told if r["measure"] == "accuracy" and r["language"] == "all")
    assert accuracy["passages"] == 32
    assert accuracy["difference"] == pytest.approx((accuracy["only_second"] - accuracy["only_first"]) / 32, abs=1e-4)
    assert 0 < accuracy["p"] <= 1
    shown = policytext("models", "compare", model_folder, other_folder, "--on", corpus_folder, "--format", "table").out
    assert "McNemar p =" in shown
    assert "95 % interval" in shown


def test_what_would_change_in_a_library_is_told(
    policytext: Run, model: Model, model_folder: Path, other_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "notice.md").write_text(NOTICE_ZH, encoding="utf-8")
    (tmp_path / "ferries.md").write_text(REPORT_EN, encoding="utf-8")
    library, changes = tmp_path / "evidence.db", tmp_path / "changes.jsonl"
    with Library(library) as store:
        list(batch.tag_files([tmp_path / "notice.md", tmp_path / "ferries.md"], model, store))
    arguments = ("models", "compare", model_folder, other_folder, "--library", library)
    told = rows(policytext(*arguments, "--changes", changes))
    assert all(r["before"] - r["lost"] + r["gained"] == r["after"] for r in told)
    moved = [json.loads(line) for line in changes.read_text(encoding="utf-8").splitlines()]
    assert all(set(x["before"]) != set(x["after"]) for x in moved)
    lost = sum(r["lost"] for r in told if r["facet"] == "role")
    assert lost == sum(x["facet"] == "role" for x in moved)
    assert "would change" in policytext(*arguments, "--format", "table").out
    same = rows(policytext("models", "compare", model_folder, model_folder, "--library", library))
    assert all(r["lost"] == r["gained"] == 0 for r in same)
