"""`policytext corpus` as its user has it: what each verb prints, writes and refuses."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from building import CORPUS, NOTICE_ZH, REPORT_EN, write_corpus, write_lines
from conftest import Outcome

# The server's fixture comes with the tests of the protocol.
from test_llm import Server, said, server  # noqa: F401

from policytext import corpus

Run = Callable[..., Outcome]

VERBS = ("check", "stats", "split", "merge", "export", "import", "agreement", "harvest", "label")


def rows(outcome: Outcome, code: int = 0) -> list[dict[str, Any]]:
    assert outcome.code == code, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_help_shows_every_verb(policytext: Run) -> None:
    shown = policytext("corpus", "--help").out
    assert all(verb in shown for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example(policytext: Run, verb: str) -> None:
    outcome = policytext("corpus", verb, "--help")
    assert outcome.code == 0
    assert f"policytext corpus {verb}" in outcome.out


# ---------------------------------------------------------------- check


def test_check_ends_well_on_a_sound_corpus(policytext: Run, corpus_folder: Path) -> None:
    outcome = policytext("corpus", "check", corpus_folder)
    assert {row["level"] for row in rows(outcome)} == {"note"}
    assert outcome.err == f"{corpus_folder}: 32 passages of 4 documents; 0 faults, 2 notes\n"


def test_check_ends_with_an_error_on_a_fault(policytext: Run, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "gold.jsonl", [{**CORPUS["zh-seed-01"][0], "role": "couse"}])
    outcome = policytext("corpus", "check", path, "--format", "table")
    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        f'{path}:1: fault: schema: role "couse" is not in the taxonomy; did you mean "cause"?'
    ]
    assert outcome.err.endswith(f"error: {path}: 1 faults; mend them, or argue for a floor in [check]\n")


def test_check_writes_csv(policytext: Run, corpus_folder: Path) -> None:
    outcome = policytext("corpus", "check", corpus_folder, "--format", "csv")
    (head, *found) = list(csv.reader(io.StringIO(outcome.out.removeprefix("\ufeff"))))
    assert head == ["level", "kind", "file", "line", "id", "message"]
    assert len(found) == 2


# ---------------------------------------------------------------- stats


def test_stats_come_as_rows_tables_and_a_picture(policytext: Run, corpus_folder: Path, tmp_path: Path) -> None:
    found = rows(policytext("corpus", "stats", corpus_folder, "--picture", tmp_path / "c.png"))
    assert {"table": "size", "label": "documents", "zh": 2, "en": 2} in found
    assert (tmp_path / "c.png").stat().st_size > 1000
    shown = policytext("corpus", "stats", corpus_folder, "--format", "table").out
    assert "95th percentile" in shown
    written = policytext("corpus", "stats", corpus_folder, "--format", "csv").out
    assert "role,cause,all," in written


# ---------------------------------------------------------------- split and merge


def test_split_and_merge_keep_every_passage(policytext: Run, corpus_folder: Path, tmp_path: Path) -> None:
    assert policytext("corpus", "split", corpus_folder, "-o", tmp_path, "--test", "0.5", "--seed", "3").code == 0
    parts = [tmp_path / "train", tmp_path / "test"]
    assert [len(corpus.load(part).documents()) for part in parts] == [2, 2]
    outcome = policytext("corpus", "merge", *parts, "-o", tmp_path / "whole")
    assert outcome.err == f"32 passages of 4 documents → {tmp_path / 'whole'}\n"
    whole, before = corpus.load(tmp_path / "whole"), corpus.load(corpus_folder)
    assert sorted(e.id for e in whole.examples) == sorted(e.id for e in before.examples)


def test_split_makes_folds_and_refuses_too_many(policytext: Run, corpus_folder: Path, tmp_path: Path) -> None:
    assert policytext("corpus", "split", corpus_folder, "-o", tmp_path, "--folds", "4").code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fold-1", "fold-2", "fold-3", "fold-4"]
    outcome = policytext("corpus", "split", corpus_folder, "-o", tmp_path / "x", "--folds", "9")
    assert (outcome.code, outcome.err) == (1, "error: tiny: 4 documents can't make 9 folds; ask for fewer\n")
    one = write_corpus(tmp_path / "one", {"zh-seed-01": CORPUS["zh-seed-01"]})
    outcome = policytext("corpus", "split", one, "-o", tmp_path / "y")
    assert outcome.code == 1
    assert "leave nothing for test" in outcome.err
    assert not (tmp_path / "y").exists()


def test_nothing_is_written_over_a_corpus(policytext: Run, corpus_folder: Path) -> None:
    outcome = policytext("corpus", "merge", corpus_folder, "-o", corpus_folder)
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "holds a corpus already" in outcome.err


# ---------------------------------------------------------------- export and import


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("c.xlsx", []),
        ("c.csv", []),
        ("c.json", []),
        ("c.jsonl", ["--to", "doccano"]),
        ("c.jsonl", ["--to", "prodigy"]),
    ],
)
def test_what_is_exported_comes_back(
    policytext: Run, corpus_folder: Path, tmp_path: Path, name: str, more: list[str]
) -> None:
    assert policytext("corpus", "export", corpus_folder, "-o", tmp_path / name, *more).code == 0
    assert policytext("corpus", "import", tmp_path / name, "-o", tmp_path / "back").code == 0
    assert corpus.load(tmp_path / "back").examples == corpus.load(corpus_folder).examples


def test_export_asks_for_the_format_that_a_name_does_not_tell(
    policytext: Run, corpus_folder: Path, tmp_path: Path
) -> None:
    outcome = policytext("corpus", "export", corpus_folder, "-o", tmp_path / "c.jsonl")
    assert outcome.code == 1
    assert "name the format with --to: label-studio, doccano, prodigy, csv, excel" in outcome.err


# ---------------------------------------------------------------- agreement


def test_agreement_tells_kappa_and_what_differs(policytext: Run, corpus_folder: Path, tmp_path: Path) -> None:
    lines = [dict(line) for line in CORPUS["zh-seed-01"]]
    lines[0] |= {"role": "dilemma", "also": []}
    other = write_lines(tmp_path / "other.jsonl", lines)
    outcome = policytext("corpus", "agreement", corpus_folder, other, "--differences", tmp_path / "differ.jsonl")
    first = rows(outcome)[0]
    assert (first["facet"], first["label"], first["passages"], first["agree"]) == ("role", None, 8, 0.875)
    assert outcome.err.startswith("8 passages compared, 1 differ")
    (differ,) = [json.loads(x) for x in (tmp_path / "differ.jsonl").read_text(encoding="utf-8").splitlines()]
    assert differ["role"][1] == ["dilemma"]
    shown = policytext("corpus", "agreement", corpus_folder, other, "--format", "table").out
    assert "role, zh: 8 passages, 87.5% agree, kappa 0.8" in shown
    assert f"{lines[0]['id']}  role " in shown


# ---------------------------------------------------------------- harvest


def test_harvest_makes_a_corpus_of_documents(policytext: Run, tmp_path: Path) -> None:
    (tmp_path / "notice.md").write_text(NOTICE_ZH, encoding="utf-8")
    (tmp_path / "ferries.txt").write_text(REPORT_EN, encoding="utf-8")
    outcome = policytext("corpus", "harvest", tmp_path, "-o", tmp_path / "first")
    table = {row["function"]: row for row in rows(outcome)}
    assert set(table["heading"]) == {"function", "facet", "polarity", "coverage", "overlaps", "conflicts"}
    made = corpus.load(tmp_path / "first")
    assert set(made.documents()) == {"notice", "ferries"}
    assert policytext("corpus", "harvest", tmp_path / "notice.md", "-o", tmp_path / "first").code == 1


def test_harvest_names_files_that_cannot_be_read(policytext: Run, tmp_path: Path) -> None:
    (tmp_path / "ferries.txt").write_text(REPORT_EN, encoding="utf-8")
    (tmp_path / "empty.md").touch()
    outcome = policytext("corpus", "harvest", tmp_path, "-o", tmp_path / "first", "--format", "table")
    assert outcome.code == 3
    assert outcome.err.startswith(f"failed  {tmp_path / 'empty.md'}: empty file")
    outcome = policytext("corpus", "harvest", tmp_path / "empty.md", "-o", tmp_path / "none")
    assert outcome.code == 1
    assert "no passage was labelled" in outcome.err


def test_harvest_is_judged_on_a_labelled_corpus(policytext: Run, corpus_folder: Path) -> None:
    found = rows(policytext("corpus", "harvest", "--judge", corpus_folder))
    assert {"correct", "incorrect", "accuracy"} <= set(found[0])
    assert {"harvested", "right", "precision"} <= set(found[-1])
    shown = policytext("corpus", "harvest", "--judge", corpus_folder, "--format", "table").out
    assert "harvested labels, role, zh" in shown


@pytest.mark.parametrize("arguments", [[], ["a.pdf"], ["--output", "x"], ["a.pdf", "--judge", "c", "--output", "x"]])
def test_harvest_wants_documents_or_a_corpus(policytext: Run, arguments: list[str]) -> None:
    assert policytext("corpus", "harvest", *arguments).code == 2


# ---------------------------------------------------------------- label


def test_label_asks_the_endpoint_that_is_named(
    policytext: Run,
    server: Server,  # noqa: F811
    corpus_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POLICYTEXT_LLM_KEY", "k-123")
    server.answer = lambda body: (
        200,
        {},
        said({"role": ["x" if "六县累计建成" in str(body["messages"][1]) else "cause"]}),
    )
    wanted = ["corpus", "label", corpus_folder, "--llm", server.url, "--llm-model", "small"]
    outcome = policytext(*wanted, "-o", tmp_path / "labelled")
    assert outcome.code == 3
    assert "31 answered, 1 failed" in outcome.err
    assert "k-123" not in outcome.err
    assert set(server.keys) == {"Bearer k-123"}
    made = corpus.load(tmp_path / "labelled")
    assert {t.source for e in made.examples for t in e.tagged.tags} == {"llm: small", corpus.GOLD}
    server.answer = lambda body: (200, {}, said({"role": ["foundation"]}))
    outcome = policytext(*wanted, "-o", tmp_path / "again", "--cache", tmp_path / "labelled.cache.jsonl")
    assert outcome.code == 0
    assert outcome.err.endswith("31 cached, 1 answered\n")


def test_label_wants_an_endpoint(policytext: Run, corpus_folder: Path, tmp_path: Path) -> None:
    assert policytext("corpus", "label", corpus_folder, "-o", tmp_path / "x").code == 2


# ---------------------------------------------------------------- extras


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [
        ("datasketch", ["check"], "corpus"),
        ("openpyxl", ["export", "--output", "c.xlsx"], "corpus"),
        ("matplotlib.figure", ["stats", "--picture", "c.png"], "plot"),
    ],
)
def test_a_missing_extra_is_told_with_the_command_that_installs_it(
    policytext: Run,
    corpus_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    arguments: list[str],
    extra: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    verb, *more = arguments
    outcome = policytext("corpus", verb, corpus_folder, *more)
    assert outcome.code == 1
    assert outcome.err.endswith(f"needs an optional package; install it with: pip install 'policytext[{extra}]'\n")
