"""A taxonomy of a user's own, from corpus to report: the shipped example, and nothing of the shipped taxonomy."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from building import TAXONOMY, tagged, write_corpus
from conftest import Outcome

from policytext import corpus, harvest, outline, taxonomy, train
from policytext import model as models
from policytext.corpus import Dataset
from policytext.errors import TaxonomyError

Run = Callable[..., Outcome]

ELDERCARE = Path(__file__).resolve().parents[1] / "examples" / "eldercare"

SHIPPED = {label.id for _, label in taxonomy.default().labels()}
SHIPPED_NAMES = {name for _, label in taxonomy.default().labels() for name in label.name.values()}

ROLES = ("need", "service", "gap", "measure")


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def labels_in(value: object) -> set[str]:
    """Every text that stands alone as a key or a value, however deep: there a label would be."""
    if isinstance(value, dict):
        return set(value) | {x for v in value.values() for x in labels_in(v)}
    if isinstance(value, list):
        return {x for v in value for x in labels_in(v)}
    return {value} if isinstance(value, str) else set()


@pytest.fixture(scope="module")
def eldercare() -> Dataset:
    return corpus.load(ELDERCARE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example's documents, to be worked in."""
    folder = tmp_path_factory.mktemp("eldercare")
    shutil.copytree(ELDERCARE / "documents", folder / "documents")
    return folder


@pytest.fixture
def trained_model(policytext: Run, place: Path) -> Path:
    """The example's model, made by the command line once."""
    folder = place / "eldercare"
    if not folder.exists():
        outcome = policytext("train", ELDERCARE, "-o", folder)
        assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture
def library(policytext: Run, place: Path, trained_model: Path) -> Path:
    """The example's documents, tagged by its model."""
    path = place / "evidence.db"
    if not path.exists():
        outcome = policytext("tag", place / "documents", "--model", trained_model, "--library", path)
        assert outcome.code == 0, outcome.err
    return path


# ---------------------------------------------------------------- the example itself


def test_the_example_is_sound_and_has_labels_of_its_own(eldercare: Dataset) -> None:
    assert corpus.scan(ELDERCARE).unknown == ()
    assert len(eldercare.documents()) == 12
    assert {e.tagged.passage.language for e in eldercare.examples} == {"zh", "en"}
    assert {label.id for _, label in eldercare.taxonomy.labels()}.isdisjoint(SHIPPED)
    assert all(e.tagged.labels("role") for e in eldercare.examples)


# ---------------------------------------------------------------- from end to end


def test_a_model_of_it_knows_only_its_labels(trained_model: Path, eldercare: Dataset) -> None:
    model = models.load(str(trained_model))
    assert [judge.facet.ids for judge in model.judges] == [facet.ids for facet in eldercare.taxonomy.facets]
    manifest = (trained_model / "manifest.json").read_text(encoding="utf-8")
    assert labels_in(json.loads(manifest)).isdisjoint(SHIPPED)
    assert not [x for x in SHIPPED if f"`{x}`" in (trained_model / "README.md").read_text(encoding="utf-8")]


def test_tagging_gives_its_labels_in_both_languages(policytext: Run, place: Path, trained_model: Path) -> None:
    told = rows(policytext("tag", place / "documents", "--model", trained_model, "--no-library", "--format", "jsonl"))
    assert labels_in(told).isdisjoint(SHIPPED)
    for language in ("zh", "en"):
        assert {r["role"] for r in told if r["language"] == language} == set(ROLES)
        assert any(r["themes"] for r in told if r["language"] == language)


def test_search_filters_and_counts_by_its_labels(policytext: Run, library: Path) -> None:
    found = rows(policytext("search", "护理员", "--role", "gap", "--library", library))
    assert [r["role"] for r in found] == ["gap"]
    assert rows(policytext("search", "role:measure", "--library", library))
    shown = policytext("search", "上门", "--library", library, "--format", "table").out
    assert "  role: gap" in shown or "  role: need" in shown or "  role: measure" in shown
    assert not [x for x in SHIPPED if x in shown]


def test_a_shipped_label_means_nothing_to_its_library(policytext: Run, library: Path) -> None:
    for query in (("--role", "cause"), ("--theme", "standards")):
        outcome = policytext("search", *query, "--library", library)
        assert outcome.code == 1
        assert "is on no passage" in outcome.err
    outcome = policytext("search", "--role", "mesure", "--library", library)
    assert 'did you mean "measure"?' in outcome.err


def test_its_outline_lists_what_the_taxonomy_says(policytext: Run, library: Path, trained_model: Path) -> None:
    items = rows(policytext("outline", "willow-lane.zh.md", "--library", library, "--model", trained_model))
    assert {i["role"] for i in items} == {"need", "gap", "measure"}
    assert [i["item"] for i in items if i["role"] == "measure"] == ["第一", "第二"]
    assert labels_in(items).isdisjoint(SHIPPED)
    shown = policytext(
        "outline", "laurel-road.en.md", "--library", library, "--model", trained_model, "--format", "table"
    ).out
    assert [line.split()[0] for line in shown.splitlines() if line.endswith(")")] == ["need", "gap", "measure"]


def test_an_outline_by_another_models_taxonomy_is_refused(policytext: Run, library: Path, model_folder: Path) -> None:
    outcome = policytext("outline", "willow-lane.zh.md", "--library", library, "--model", model_folder)
    assert outcome.code == 1
    assert "eldercare@" in outcome.err
    assert "--model" in outcome.err


def test_its_evidence_table_holds_its_labels(policytext: Run, library: Path) -> None:
    outcome = policytext("export", "--library", library)
    assert outcome.code == 0
    lines = list(csv.DictReader(io.StringIO(outcome.out.removeprefix("\ufeff"), newline="")))
    assert {line["role"] for line in lines} == set(ROLES)
    assert not {x for line in lines for x in (line["role"], *line["themes"].split("; "))} & SHIPPED


def test_its_scores_are_told_by_its_names(policytext: Run, trained_model: Path, tmp_path: Path) -> None:
    page = tmp_path / "scores.html"
    told = rows(policytext("evaluate", trained_model, ELDERCARE, "--html", page))
    assert labels_in(told).isdisjoint(SHIPPED)
    text = page.read_text(encoding="utf-8")
    assert "举措" in text
    assert not [name for name in SHIPPED_NAMES if f">{name}<" in text]


def test_its_model_is_compared_and_promoted_like_any_other(
    policytext: Run, own_models: Path, library: Path, trained_model: Path
) -> None:
    assert policytext("models", "promote", trained_model).code == 0
    told = rows(policytext("models", "compare", "default", trained_model, "--on", ELDERCARE, "--library", library))
    assert labels_in(told).isdisjoint(SHIPPED)
    assert rows(policytext("outline", "willow-lane.zh.md", "--library", library))
    outcome = policytext("models", "compare", "default", "shipped", "--library", library)
    assert "taxonomies differ" in outcome.err


def test_its_documents_can_be_harvested(eldercare: Dataset) -> None:
    files = sorted((ELDERCARE / "documents").glob("*.md"))
    found = harvest.harvest(files, eldercare.taxonomy, keep_unlabelled=True)
    given = {tag.label for e in found.dataset.examples for tag in e.tagged.tags}
    assert given
    assert given.isdisjoint(SHIPPED)


# ---------------------------------------------------------------- facets of other names


@pytest.fixture
def stances(tmp_path: Path) -> Path:
    """A model whose only facet is neither role nor theme."""
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
    train.save(train.fit(corpus.load(folder), name="stances"), tmp_path / "model")
    return tmp_path / "model"


def test_a_facet_of_another_name_is_tagged_found_counted_and_exported(
    policytext: Run, stances: Path, tmp_path: Path
) -> None:
    (tmp_path / "letter.md").write_text(
        "# 来信\n\n我们赞成统一冷链标准，支持尽快施行。\n\n另一些人反对统一冷链标准，质疑这样做的必要。\n",
        encoding="utf-8",
    )
    library = tmp_path / "letters.db"
    told = rows(
        policytext("tag", tmp_path / "letter.md", "--model", stances, "--library", library, "--format", "jsonl")
    )
    assert [next(iter(r["stance"])) for r in told] == ["for", "against"]
    (hit,) = rows(policytext("search", "--label", "stance:against", "--library", library))
    assert "反对" in hit["text"]
    shown = policytext("search", "冷链", "--library", library, "--format", "table").out
    assert "stance: against 1, for 1" in shown
    header, *lines = csv.reader(io.StringIO(policytext("export", "--library", library).out, newline=""))
    assert [line[header.index("stance")] for line in lines] == ["for", "against"]
    outcome = policytext("search", "--label", "stance:agains", "--library", library)
    assert 'did you mean "against"?' in outcome.err
    assert policytext("search", "--label", "against", "--library", library).code == 2
    items = rows(policytext("outline", "letter.md", "--library", library, "--model", stances))
    assert {i["role"] for i in items} <= {"for", "against"}


def test_a_taxonomy_may_name_what_an_outline_lists() -> None:
    plain = taxonomy.parse(TAXONOMY, "stances.toml")
    assert outline.argument(plain) == ("for", "against")
    told = TAXONOMY.replace("exclusive = true", 'exclusive = true\noutline = ["against"]')
    assert outline.argument(taxonomy.parse(told, "stances.toml")) == ("against",)
    assert outline.argument(taxonomy.default()) == outline.ARGUMENT
    with pytest.raises(TaxonomyError, match="outline must be a list of its labels: for, against"):
        taxonomy.parse(told.replace('["against"]', '["neutral"]'), "stances.toml")


def test_an_outline_needs_an_exclusive_facet() -> None:
    loose = taxonomy.parse(TAXONOMY.replace("exclusive = true", "exclusive = false"), "stances.toml")
    assert outline.outline([tagged("渡轮停航了，岛上的药送不进来，病人只能等。", "cause")], loose) == ()
