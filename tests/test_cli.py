"""The command line as its user has it: rows on standard output, messages on standard error, exit codes that tell."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from building import CORPUS, NOTICE_ZH, PAPER_EN, PAPER_ZH, REPORT_EN, write_joined, write_lines, write_pdf, write_scan
from conftest import Outcome

from policytext import batch
from policytext.library import Library
from policytext.model import Model

Run = Callable[..., Outcome]

VERBS = ("extract", "tag", "search", "outline", "explain", "review", "export", "train", "evaluate", "demo")


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def table(outcome: Outcome) -> list[list[str]]:
    assert outcome.code == 0, outcome.err
    return list(csv.reader(io.StringIO(outcome.out.removeprefix("\ufeff"), newline="")))


def one_line(outcome: Outcome, *parts: str, code: int = 1) -> None:
    """The run failed with one clear line that holds these parts, and printed nothing else."""
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert "Traceback" not in outcome.err
    for part in parts:
        assert part in outcome.err


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three documents: a notice and a report as Markdown, a paper as PDF."""
    folder = tmp_path_factory.mktemp("papers")
    (folder / "notice.md").write_text(NOTICE_ZH, encoding="utf-8")
    (folder / "ferries.txt").write_text(REPORT_EN, encoding="utf-8")
    write_pdf(folder / "paper.pdf", PAPER_ZH, head="县域经济研究2024年第3期")
    return folder


@pytest.fixture(scope="module")
def library(papers: Path, model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three documents, tagged."""
    path = tmp_path_factory.mktemp("library") / "evidence.db"
    with Library(path) as store:
        assert {r.state for r in batch.tag_files(batch.find_files([papers]), model, store)} == {"added"}
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder with a file of every kind that can't be read."""
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "empty.md").touch()
    (folder / "page.pdf").write_text("<!DOCTYPE html><html><body>Please log in.</body></html>", encoding="utf-8")
    (folder / "table.xlsx").write_bytes(b"PK\x03\x04")
    write_pdf(folder / "locked.pdf", PAPER_EN, password="secret")
    write_scan(folder / "scan.pdf")
    cut = write_pdf(folder / "cut.pdf", PAPER_EN, columns=1)
    cut.write_bytes(cut.read_bytes()[:900])
    return folder


BAD = {
    "none.pdf": "no such file",
    "empty.md": "empty file",
    "locked.pdf": "password",
    "cut.pdf": "damaged or truncated",
    "page.pdf": "an HTML page",
    "scan.pdf": "no text layer",
    "table.xlsx": 'unknown file type ".xlsx"',
}
"""What is told of each bad file."""


# ---------------------------------------------------------------- help and usage


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_an_example(policytext: Run, verb: str) -> None:
    outcome = policytext(verb, "--help")
    assert outcome.code == 0
    assert f"Example: policytext {verb}" in outcome.out


def test_the_help_lists_every_verb(policytext: Run) -> None:
    outcome = policytext("--help")
    assert all(verb in outcome.out for verb in VERBS)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("harvestt",), id="unknown verb"),
        pytest.param(("extract",), id="missing argument"),
        pytest.param(("search", "标准", "--format", "xml"), id="unknown format"),
        pytest.param(("search", "标准", "--limit", "0"), id="limit of none"),
        pytest.param(("search", "标准", "--limit", "many"), id="limit no number"),
        pytest.param(("search", "标准", "--colour"), id="unknown option"),
    ],
)
def test_wrong_usage_ends_with_two(policytext: Run, arguments: tuple[str, ...]) -> None:
    outcome = policytext(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Traceback" not in outcome.err


# ---------------------------------------------------------------- extract


def test_extract_prints_one_block_a_line_in_reading_order(policytext: Run, papers: Path) -> None:
    blocks = rows(policytext("extract", papers / "paper.pdf"))
    assert set(blocks[0]) == {"kind", "level", "text", "page", "boxes", "section"}
    paragraphs = [b for b in blocks if b["kind"] == "paragraph"]
    assert [b["text"] for b in paragraphs] == [text for kind, text in PAPER_ZH if kind == "p"]
    assert paragraphs[-1]["section"] == ["四、对策建议"]


def test_extract_prints_chinese_as_it_is(policytext: Run, papers: Path) -> None:
    assert "冷链" in policytext("extract", papers / "notice.md").out


def test_extract_prints_markdown_that_reads_back_the_same(policytext: Run, papers: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.md"
    copy.write_text(policytext("extract", papers / "notice.md", "--format", "markdown").out, encoding="utf-8")
    first, second = (rows(policytext("extract", path)) for path in (papers / "notice.md", copy))
    assert [(b["kind"], b["level"], b["text"]) for b in first] == [(b["kind"], b["level"], b["text"]) for b in second]


def test_extract_prints_text_without_running_heads(policytext: Run, papers: Path) -> None:
    out = policytext("extract", papers / "paper.pdf", "--format", "text").out
    assert "县域经济研究" not in out
    assert "\n冷链物流是指" in out


def test_extract_prints_metadata_as_one_object(policytext: Run, papers: Path) -> None:
    (row,) = rows(policytext("extract", papers / "paper.pdf", "--metadata", "--format", "jsonl"))
    assert row["title"] == "县域冷链物流的困境与出路"
    assert row["authors"] == ["林晓舟", "沈青禾"]
    assert row["quality"]["grade"] == "good"
    assert {page["state"] for page in row["quality"]["pages"]} == {"text"}
    assert rows(policytext("extract", papers / "paper.pdf", "--metadata")) == [row]  # piped, as here


def test_extract_prints_metadata_as_a_table(policytext: Run, papers: Path) -> None:
    out = policytext("extract", papers / "paper.pdf", "--metadata", "--format", "text").out
    assert re.search(r"^authors +林晓舟, 沈青禾", out, re.MULTILINE)
    assert re.search(r"^DOI +–", out, re.MULTILINE)
    assert re.search(r"^quality +good", out, re.MULTILINE)


@pytest.mark.parametrize("style", ["gbt7714", "apa", "bibtex"])
def test_extract_prints_a_citation_and_tells_its_gaps_in_one_line(
    policytext: Run, papers: Path, tmp_path: Path, style: str
) -> None:
    outcome = policytext("extract", papers / "paper.pdf", "--cite", style)
    assert (outcome.code, outcome.err) == (0, "")
    assert "县域冷链物流的困境与出路" in outcome.out
    (tmp_path / "a.md").write_text("# Keeping the ferries running\n\nNobody signed or dated this.\n", encoding="utf-8")
    outcome = policytext("extract", tmp_path / "a.md", "--cite", style)
    assert "Keeping the ferries running" in outcome.out
    assert outcome.err.count("\n") == 1
    assert "a.md: not printed in the document: author or issuing body, year" in outcome.err


def test_an_unknown_style_of_citation_is_wrong_usage(policytext: Run, papers: Path) -> None:
    assert policytext("extract", papers / "paper.pdf", "--cite", "mla").code == 2


def test_extract_draws_its_pages(policytext: Run, papers: Path, tmp_path: Path) -> None:
    outcome = policytext("extract", papers / "paper.pdf", "--debug-image", tmp_path / "pages")
    assert (outcome.code, outcome.out) == (0, "")
    assert f"pages → {tmp_path / 'pages'}" in outcome.err
    assert (tmp_path / "pages" / "page-001.png").exists()


def test_extract_tells_that_text_has_no_pages_to_draw(policytext: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(NOTICE_ZH, encoding="utf-8")
    one_line(policytext("extract", tmp_path / "a.md", "--debug-image", tmp_path), "no pages to draw")


@pytest.mark.parametrize("name", BAD)
def test_extract_tells_a_bad_file_in_one_line(policytext: Run, bad: Path, name: str) -> None:
    one_line(policytext("extract", bad / name), name, BAD[name])


def test_extract_tells_a_folder_and_a_name_too_long_in_one_line(policytext: Run, bad: Path) -> None:
    one_line(policytext("extract", bad), "unknown file type")
    one_line(policytext("extract", bad / ("关于" * 200 + ".pdf")))


def test_pages_without_usable_text_are_told_and_the_others_are_printed(
    policytext: Run, model_folder: Path, tmp_path: Path
) -> None:
    text, scan = write_pdf(tmp_path / "t.pdf", PAPER_EN, columns=1), write_scan(tmp_path / "s.pdf")
    path = write_joined(tmp_path / "a.pdf", scan, text, scan, scan)
    outcome = policytext("extract", path)
    assert rows(outcome)
    assert outcome.err.count("\n") == 1
    assert "on pages 1, 3-4" in outcome.err
    outcome = policytext("tag", path, "--model", model_folder, "--no-library")
    assert outcome.code == 0
    assert "text poor; pages 1, 3-4 could not be read (scanned)" in outcome.err


# ---------------------------------------------------------------- tag


def test_tag_tells_a_year_that_only_the_file_tells(policytext: Run, model_folder: Path, tmp_path: Path) -> None:
    dated = write_pdf(tmp_path / "a.pdf", PAPER_EN, columns=1)
    library = tmp_path / "l.db"
    outcome = policytext("tag", dated, "--library", library, "--model", model_folder)
    assert "text good; year 2000 by the file's date" in outcome.err
    out = policytext("search", "engines", "--year", "2000", "--library", library, "--format", "table").out
    assert "year: 2000 (file)" in out


def test_tag_adds_a_folder_to_a_library(policytext: Run, papers: Path, model_folder: Path, tmp_path: Path) -> None:
    library = tmp_path / "l.db"
    outcome = policytext("tag", papers, "--library", library, "--model", model_folder)
    assert outcome.code == 0
    assert outcome.out == ""
    assert outcome.err.count("added   ") == 3
    assert f"3 added → {library}" in outcome.err
    again = policytext("tag", papers, "--library", library, "--model", model_folder)
    assert again.code == 0
    assert "3 known" in again.err


def test_tag_streams_what_it_tags(policytext: Run, papers: Path, model_folder: Path, tmp_path: Path) -> None:
    library = tmp_path / "l.db"
    passages = rows(policytext("tag", papers, "--library", library, "--model", model_folder, "--format", "jsonl"))
    keys = {"doc", "n", "page", "language", "section", "item", "text", "role", "roles", "themes", "boxes"}
    assert keys <= set(passages[0])
    assert all(sum(p["roles"].values()) == pytest.approx(1.0, abs=1e-3) for p in passages)
    with Library.reader(library) as store:
        assert len(store.tagged()) == len(passages)


def test_tag_without_a_library_writes_none(
    policytext: Run, papers: Path, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert rows(policytext("tag", papers / "notice.md", "--model", model_folder, "--no-library"))
    assert list(tmp_path.iterdir()) == []


def test_tag_does_the_rest_of_a_batch_and_ends_with_three(
    policytext: Run, bad: Path, model_folder: Path, tmp_path: Path
) -> None:
    (bad / "z.md").write_text(NOTICE_ZH, encoding="utf-8")
    files = [bad / name for name in (*BAD, "z.md")]
    outcome = policytext("tag", *files, "--library", tmp_path / "l.db", "--model", model_folder)
    assert outcome.code == 3
    assert "Traceback" not in outcome.err
    lines = outcome.err.splitlines()
    for line, (name, told) in zip(lines, BAD.items(), strict=False):
        assert line.startswith("failed ")
        assert name in line
        assert told in line
    assert lines[len(BAD)].startswith("added ")
    assert lines[-1].startswith(f"{len(BAD)} failed, 1 added")
    with Library.reader(tmp_path / "l.db") as store:
        assert len(store.documents()) == 1
        assert len(store.failures()) == len(BAD)


def test_tag_passes_over_files_of_a_folder_that_it_can_not_read(
    policytext: Run, papers: Path, model_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.xlsx").touch()
    (tmp_path / "notice.md").write_text(NOTICE_ZH, encoding="utf-8")
    outcome = policytext("tag", tmp_path, "--library", tmp_path / "l.db", "--model", model_folder)
    assert outcome.code == 0


def test_tag_tells_a_folder_without_documents(policytext: Run, tmp_path: Path, model_folder: Path) -> None:
    one_line(policytext("tag", tmp_path, "--model", model_folder), "no document found")


def test_tag_tells_what_is_no_model(policytext: Run, papers: Path, tmp_path: Path) -> None:
    library = tmp_path / "l.db"
    one_line(policytext("tag", papers, "--library", library, "--model", tmp_path / "none"), "no such model")
    one_line(policytext("tag", papers, "--library", library, "--model", papers), "not a model folder", "manifest.json")
    assert not library.exists()


def test_tag_tells_what_is_no_library(policytext: Run, papers: Path, model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    path.write_bytes(b"not a database" * 500)
    one_line(policytext("tag", papers, "--library", path, "--model", model_folder), "not a usable library")
    one_line(
        policytext("tag", papers, "--library", tmp_path / "no" / "l.db", "--model", model_folder), "can't be opened"
    )


# ---------------------------------------------------------------- search


def test_search_finds_passages_with_their_place(policytext: Run, library: Path) -> None:
    found = rows(policytext("search", "温度标准", "--library", library))
    assert found
    for row in found:
        assert any(row["text"][a:b] == "温度标准" for a, b in row["highlights"])
    assert {row["page"] for row in found} == {None, 1, 2}


def test_search_narrows_by_filters(policytext: Run, library: Path) -> None:
    found = rows(policytext("search", "--role", "recommendation", "--language", "en", "--library", library))
    assert found
    assert {(row["role"], row["language"]) for row in found} == {("recommendation", "en")}
    assert rows(policytext("search", "标准", "--doc", "ferries", "--library", library)) == []


def test_search_passes_over_and_stops(policytext: Run, library: Path) -> None:
    every = rows(policytext("search", "的", "--library", library, "--limit", 100))
    assert rows(policytext("search", "的", "--library", library, "--limit", 2, "--offset", 1)) == every[1:3]


def test_search_prints_a_table_that_excel_opens(policytext: Run, library: Path) -> None:
    outcome = policytext("search", "标准", "--library", library, "--format", "csv")
    assert outcome.out.startswith("\ufefftitle,page,role")
    assert len(table(outcome)) > 1


def test_search_shows_hits_and_counts_to_a_person(policytext: Run, library: Path) -> None:
    outcome = policytext("search", "标准", "--library", library, "--format", "table")
    assert outcome.code == 0
    assert "passages found" in outcome.out
    assert "role: " in outcome.out
    assert "县域冷链物流的困境与出路" in outcome.out


def test_a_search_without_hits_is_no_error(policytext: Run, library: Path) -> None:
    assert rows(policytext("search", "量子计算机", "--library", library)) == []
    assert "0 passages found" in policytext("search", "量子", "--library", library, "--format", "table").out


def test_the_library_may_be_named_by_the_environment(
    policytext: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICYTEXT_LIBRARY", str(library))
    outcome = policytext("search", "标准")  # the fixture's own removal of the variable came before
    assert outcome.code == 0
    assert outcome.out


@pytest.mark.parametrize("query", ["", "  ", "，。", '""'])
def test_search_tells_an_empty_query(policytext: Run, library: Path, query: str) -> None:
    outcome = policytext("search", query, "--library", library)
    assert outcome.code == 1
    assert outcome.err.startswith("error: the query is empty")
    if not query.strip():
        one_line(outcome)


def test_search_shows_where_a_query_goes_wrong(policytext: Run, library: Path) -> None:
    outcome = policytext("search", "标准 (互认", "--library", library)
    assert outcome.code == 1
    assert outcome.err.splitlines() == ["error: this parenthesis is never closed; add )", "  标准 (互认", "       ^"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("标准", "--role", "couse"), 'did you mean "cause"', id="role"),
        pytest.param(("标准", "--theme", "standard"), 'did you mean "standards"', id="theme"),
        pytest.param(("role:couse",), 'did you mean "cause"', id="role in the query"),
        pytest.param(("标准", "--year", "soon"), "neither a year nor a span", id="year"),
    ],
)
def test_search_tells_a_filter_that_means_nothing(
    policytext: Run, library: Path, arguments: tuple[str, ...], told: str
) -> None:
    one_line(policytext("search", *arguments, "--library", library), told)


@pytest.mark.parametrize("verb", [("search", "标准"), ("export",)])
def test_a_library_that_is_none_is_told(policytext: Run, verb: tuple[str, ...], tmp_path: Path) -> None:
    one_line(policytext(*verb, "--library", tmp_path / "none.db"), "no such library")
    (tmp_path / "text.db").write_bytes(b"not a database" * 500)
    one_line(policytext(*verb, "--library", tmp_path / "text.db"), "not a usable library")
    (tmp_path / "empty.db").touch()
    one_line(policytext(*verb, "--library", tmp_path / "empty.db"))
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE papers (id)")
    other.close()
    one_line(policytext(*verb, "--library", tmp_path / "other.db"), "another program")


@pytest.mark.parametrize("verb", [("search", "标准"), ("export",), ("outline", "notice")])
def test_a_library_damaged_inside_is_told(
    policytext: Run, library: Path, model_folder: Path, verb: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "l.db"
    data = library.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    model = ("--model", model_folder) if verb[0] == "outline" else ()
    one_line(policytext(*verb, "--library", path, *model), "not a usable library")


# ---------------------------------------------------------------- outline


@pytest.mark.parametrize("doc", ["notice.md", "notice", "改善 县域"])
def test_outline_shows_the_arguments_of_a_document(
    policytext: Run, library: Path, model_folder: Path, doc: str
) -> None:
    items = rows(policytext("outline", doc, "--library", library, "--model", model_folder))
    assert set(items[0]) == {"role", "item", "headline", "page", "themes", "passages"}
    measures = [(i["item"], i["headline"]) for i in items if i["role"] == "recommendation"]
    assert measures == [("第一", "统一冷链温度标准"), ("第二", "调整补贴办法")]


def test_outline_takes_a_file_that_is_in_no_library(
    policytext: Run, papers: Path, model_folder: Path, tmp_path: Path
) -> None:
    library = tmp_path / "none.db"
    items = rows(policytext("outline", papers / "notice.md", "--library", library, "--model", model_folder))
    assert items
    assert not library.exists()


def test_outline_prints_every_format(policytext: Run, library: Path, model_folder: Path) -> None:
    run = ("outline", "notice.md", "--library", library, "--model", model_folder, "--format")
    assert table(policytext(*run, "csv"))[0] == ["role", "item", "headline", "page", "themes", "passages"]
    shown = policytext(*run, "table").out
    assert "关于改善县域冷链物流的报告" in shown
    assert "recommendation (2)" in shown


def test_outline_tells_a_document_that_is_not_there(
    policytext: Run, library: Path, model_folder: Path, tmp_path: Path
) -> None:
    model = ("--model", model_folder)
    one_line(policytext("outline", "潮汐", "--library", library, *model), 'no document "潮汐"')
    one_line(policytext("outline", "潮汐能" * 90, "--library", library, *model), "no document")
    one_line(policytext("outline", "潮汐", "--library", tmp_path / "none.db", *model), "neither a file nor in")
    one_line(policytext("outline", "notice.md", "--library", library, "--model", tmp_path), "not a model folder")


# ---------------------------------------------------------------- export


def test_export_writes_every_passage_for_excel(policytext: Run, library: Path, tmp_path: Path) -> None:
    outcome = policytext("export", "--library", library, "--output", tmp_path / "e.csv")
    assert outcome.code == 0
    data = (tmp_path / "e.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\r\n" not in data
    written = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    with Library.reader(library) as store:
        assert [row["text"] for row in written] == [t.passage.text for t in store.tagged()]
    assert f"{len(written)} passages of 3 documents" in outcome.err


def test_export_prints_to_standard_output(policytext: Run, library: Path) -> None:
    assert table(policytext("export", "--library", library))[0][:3] == ["title", "page", "role"]
    passages = rows(policytext("export", "--library", library, "--format", "jsonl"))
    assert {p["title"] for p in passages} == {
        "关于改善县域冷链物流的报告",
        "Keeping the ferries running",
        "县域冷链物流的困境与出路",
    }


def test_export_tells_a_place_it_can_not_write(policytext: Run, library: Path, tmp_path: Path) -> None:
    one_line(policytext("export", "--library", library, "-o", tmp_path / "no" / "e.csv"), "can't be written")


# ---------------------------------------------------------------- train and evaluate


def test_train_writes_a_model_that_tags(policytext: Run, corpus_folder: Path, papers: Path, tmp_path: Path) -> None:
    outcome = policytext("train", corpus_folder, "-o", tmp_path / "m")
    assert outcome.code == 0
    assert "32 passages of 4 documents" in outcome.err
    assert "macro-F1" in outcome.err
    assert rows(policytext("tag", papers / "notice.md", "--model", tmp_path / "m", "--no-library"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("none",), "no such corpus", id="no corpus"),
        pytest.param((".",), "corpus.toml: missing", id="a folder that is no corpus"),
        pytest.param(("gold.jsonl",), "only one document", id="one document"),
        pytest.param(("bad.jsonl",), 'bad.jsonl:1: role "couse" is not in the taxonomy', id="a mistyped label"),
        pytest.param(("gold.jsonl", "gold.jsonl"), "stands in", id="a corpus twice"),
        pytest.param(("gold.jsonl", "--recipe", "none.toml"), "no such recipe file", id="no recipe"),
        pytest.param(("gold.jsonl", "--recipe", "r.toml"), 'unknown recipe field "rolec"', id="a mistyped field"),
        pytest.param(("gold.jsonl", "--calibrate", "none"), "no such corpus", id="no corpus to calibrate on"),
    ],
)
def test_train_tells_what_it_can_not_use(
    policytext: Run, arguments: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(tmp_path / "gold.jsonl", CORPUS["zh-seed-01"])
    write_lines(tmp_path / "bad.jsonl", [{**CORPUS["zh-seed-01"][0], "role": "couse"}])
    (tmp_path / "r.toml").write_text("rolec = 1.0\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    outcome = policytext("train", *arguments, "-o", "m")
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1].startswith("error: ")
    assert told in outcome.err.splitlines()[-1]
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "m").exists()


def test_evaluate_scores_every_facet_in_every_language(
    policytext: Run, model_folder: Path, corpus_folder: Path, tmp_path: Path
) -> None:
    predictions = tmp_path / "p.jsonl"
    scores = rows(policytext("evaluate", model_folder, corpus_folder, "--predictions", predictions))
    assert [(s["facet"], s["language"]) for s in scores] == [
        (facet, language) for facet in ("role", "theme") for language in ("zh", "en", "all")
    ]
    assert scores[2]["passages"] == 32
    written = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]
    assert len(written) == 32
    assert set(written[0]) == {"id", "role", "roles", "theme", "themes", "review"}


def test_evaluate_shows_tables_to_a_person(policytext: Run, model_folder: Path, corpus_folder: Path) -> None:
    outcome = policytext("evaluate", model_folder, corpus_folder, "--format", "table")
    assert outcome.code == 0
    assert "role, zh: 16 passages" in outcome.out
    lines = outcome.out.splitlines()
    assert all(any(line.strip().startswith(label) for line in lines) for label in ("foundation", "recommendation"))


def test_evaluate_tells_what_it_can_not_use(
    policytext: Run, model_folder: Path, corpus_folder: Path, tmp_path: Path
) -> None:
    one_line(policytext("evaluate", tmp_path / "none", corpus_folder), "no such model")
    one_line(policytext("evaluate", model_folder, tmp_path / "none"), "no such corpus")
    place = tmp_path / "no" / "p.jsonl"
    one_line(policytext("evaluate", model_folder, corpus_folder, "--predictions", place), "can't be written")


# ---------------------------------------------------------------- the demo, and whole processes


def test_the_demo_runs_from_end_to_end(policytext: Run, tmp_path: Path) -> None:
    outcome = policytext("demo", "--folder", tmp_path / "demo")
    assert outcome.code == 0, outcome.err
    assert "3 added" in outcome.err
    assert "recommendation (" in outcome.out
    with (tmp_path / "demo" / "evidence.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) > 20


def test_the_demo_tells_a_place_it_can_not_write(policytext: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    one_line(policytext("demo", "--folder", tmp_path / "file"), "can't be written")


def process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "policytext.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, env={**os.environ, **environment})


def test_a_process_ends_with_the_same_codes_and_lines(bad: Path) -> None:
    done = process("extract", bad / "scan.pdf")
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.decode("utf-8").startswith(f"error: {bad / 'scan.pdf'}: no text layer")
    assert b"Traceback" not in done.stderr


def test_output_is_utf8_whatever_the_terminal_says(papers: Path) -> None:
    done = process("extract", papers / "notice.md", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert "冷链" in done.stdout.decode("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end in another way there")
@pytest.mark.parametrize("name", ["paper.pdf", "notice.md"])  # more and less than standard output holds back
def test_a_reader_that_goes_away_is_no_error(papers: Path, name: str) -> None:
    command = [sys.executable, "-m", "policytext.cli", "extract", str(papers / name)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        told = running.stderr.read()
    assert running.returncode == 0
    assert told == b""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals there")
def test_a_terminal_gets_a_table_where_a_program_gets_json(library: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "policytext.cli", "search", "标准", "--library", str(library)]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how a pseudo-terminal ends on Linux
            while part := os.read(ours, 65536):
                shown += part
        os.close(ours)
    assert running.returncode == 0
    assert "passages found" in shown.decode("utf-8")
    assert process("search", "标准", "--library", library).stdout.startswith(b"{")


# ---------------------------------------------------------------- explain


def test_the_reasons_of_a_librarys_passage_come_with_their_offsets(
    policytext: Run, library: Path, model_folder: Path
) -> None:
    with Library.reader(library) as store:
        tagged = store.tagged(store.find_document("notice.md").hash)[2]
    out = rows(policytext("explain", "notice.md", 3, "--library", library, "--model", model_folder))
    assert {(row["facet"], row["label"]) for row in out} == {(t.facet, t.label) for t in tagged.tags}
    words = [row for row in out if row["kind"] == "word"]
    assert words
    for row in words:
        assert {tagged.passage.text[a:b].lower() for a, b in row["spans"]} == {row["name"]}
    for label in {row["label"] for row in out}:
        own = [row for row in out if row["label"] == label]
        assert sum(row["amount"] for row in own) == pytest.approx(own[0]["margin"], abs=1e-4)
        parts = sum(part["value"] * part["weight"] for row in own for part in row["parts"])
        assert parts == pytest.approx(own[0]["margin"], abs=1e-6)


def test_a_text_is_explained_without_a_library(policytext: Run, model_folder: Path) -> None:
    text = "高端蔬菜种子大量依赖进口，供应一旦中断，农户损失巨大。"
    arguments = ("--text", text, "--section", "四、面临的困境", "--model", model_folder, "--label", "dilemma")
    shown = policytext("explain", *arguments, "--format", "table", "--top", 4)
    assert shown.out.startswith("role: dilemma ")
    assert text in shown.out
    assert len(shown.out.splitlines()) == 8
    cells = table(policytext("explain", *arguments, "--format", "csv"))
    assert cells[0] == [
        "n",
        "facet",
        "label",
        "against",
        "probability",
        "margin",
        "kind",
        "zh",
        "en",
        "amount",
        "words",
    ]
    assert [row[-1] for row in cells if row[8] == "sentences that tell a problem"] == ["损失"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--text", "应当统一标准。", "--label", "couse"), 'did you mean "cause"'),
        (("--text", " "), "holds nothing"),
        (("--text", "Комитет посетил шесть портов и два завода."), "neither Chinese nor English"),
        (("none.md", "1"), "neither a file nor in"),
    ],
)
def test_what_can_not_be_explained_is_told(
    policytext: Run, model_folder: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    library = tmp_path / "none.db"
    one_line(policytext("explain", *arguments, "--model", model_folder, "--library", library), message)


def test_a_passage_that_a_document_does_not_have_is_told(policytext: Run, library: Path, model_folder: Path) -> None:
    outcome = policytext("explain", "notice.md", 99, "--library", library, "--model", model_folder)
    one_line(outcome, "has no passage 99; its passages are 1 to")


def test_explain_wants_either_a_passage_or_a_text(policytext: Run) -> None:
    assert policytext("explain", "notice.md").code == 2
    assert policytext("explain").code == 2
    assert policytext("explain", "notice.md", 1, "--section", "一").code == 2


# ---------------------------------------------------------------- review


def test_the_next_passages_of_a_library_are_listed(policytext: Run, library: Path, model_folder: Path) -> None:
    arguments = ("review", "--library", library, "--model", model_folder, "--next", 3)
    listed = rows(policytext(*arguments, "--format", "jsonl"))
    assert len(listed) == 3
    assert {row["doc"] for row in listed} <= {"notice", "ferries", "paper"}
    for row in listed:
        assert row["id"] == f"{row['doc']}-{row['n']:03d}"
        assert sum(row["roles"].values()) == pytest.approx(1.0, abs=1e-3)
    assert len(table(policytext(*arguments, "--format", "csv"))) == 4
    assert listed[0]["id"] in policytext(*arguments, "--format", "table").out


def test_a_review_reads_keys_line_by_line_and_is_taken_up_again(
    policytext: Run, library: Path, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("review", "--library", library, "--model", model_folder, "--output", tmp_path / "mine")
    monkeypatch.setattr(sys, "stdin", io.StringIO("4d\ns\n1\nu\n2\nq\n"))
    first = policytext(*arguments)
    assert first.code == 0, first.err
    assert "2 labelled, 1 passed over; " in first.err
    monkeypatch.setattr(sys, "stdin", io.StringIO("5\n"))
    second = policytext(*arguments)
    assert "2 labelled → " in second.err
    kept = [json.loads(x) for x in (tmp_path / "mine" / "passages.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(line["role"] for line in kept) == ["dilemma", "foundation", "recommendation"]
    assert {source for line in kept for source in line["sources"]["role"].values()} == {"person"}


def test_a_review_shows_passage_proposal_and_keys(
    policytext: Run, corpus_folder: Path, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("3d\n"))
    out = policytext("review", corpus_folder, "--model", model_folder, "--output", tmp_path / "mine").out
    assert "the model: " in out
    assert "1 background  2 foundation  3 cause  4 dilemma  5 recommendation\n" in out
    assert "→ Cause, Standards" in out


def test_a_review_is_simulated(policytext: Run, tmp_path: Path) -> None:
    lines = [
        {**line, "id": f"{line['id']}-{copy}", "doc": f"{doc}-{copy}"}
        for copy in range(3)
        for doc, own in CORPUS.items()
        for line in own
    ]
    write_lines(tmp_path / "gold.jsonl", lines)
    picture = tmp_path / "curve.svg"
    arguments = ("review", "--simulate", tmp_path / "gold.jsonl", "--seeds", 1, "--picture", picture)
    simulated = rows(policytext(*arguments, "--format", "jsonl"))
    assert simulated[0]["labels"] == 40
    assert all(0 <= row["review"] <= 1 for row in simulated)
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    shown = policytext("review", "--simulate", tmp_path / "gold.jsonl", "--seeds", 1, "--format", "table").out
    assert "review order" in shown


def test_a_review_that_can_not_begin_is_told(policytext: Run, model_folder: Path, tmp_path: Path) -> None:
    write_lines(tmp_path / "gold.jsonl", CORPUS["zh-seed-01"])
    one_line(policytext("review", tmp_path / "gold.jsonl", "--model", model_folder), "give one with --output")
    one_line(policytext("review", "--library", tmp_path / "none.db", "--next", 3), "none.db")
    assert policytext("review").code == 2
    assert policytext("review", tmp_path / "gold.jsonl", "--picture", "x.svg").code == 2
    assert policytext("review", "--simulate", "--library", tmp_path / "none.db").code == 2
