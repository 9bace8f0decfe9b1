"""The check of a corpus: what is wrong is found, at its line; what is sound is left in peace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from building import CORPUS, Line, write_corpus, write_lines

from policytext import check, taxonomy
from policytext.check import Finding
from policytext.errors import CorpusError

SHIPPED = Path(__file__).resolve().parents[1] / "corpora" / "policy"
FIRST, SECOND = CORPUS["zh-seed-01"][:2]
ROLES = taxonomy.default().facet("role").ids


def findings(folder: Path, *lines: Line, settings: str = "") -> list[Finding]:
    """What is found in a corpus of these lines, in one file, notes on its small size aside."""
    write_corpus(folder, {"all": lines})
    with (folder / "corpus.toml").open("a", encoding="utf-8") as out:
        out.write(settings)
    _, found = check.check(folder)
    return [f for f in found if not f.message.endswith("the balance of labels is looked at")]


def line(base: Line, **changed: Any) -> Line:
    return {**base, **changed}


def numbered(n: int, **changed: Any) -> Line:
    """One of many lines that have nothing in common."""
    code = [chr(0x4E00 + (n * 61 + i * 97) % 20_000) for i in range(60)]
    return line(FIRST, id=f"n-{n:03}", doc=f"n-{n % 7}", text="".join(code), **changed)


# ---------------------------------------------------------------- sound corpora


def test_the_shipped_corpus_has_no_fault() -> None:
    found, told = check.check(SHIPPED)
    assert len(found.dataset.examples) > 3000
    assert [f for f in told if f.level == "fault"] == []
    assert {f.kind for f in told} <= {"length", "template"}


def test_a_small_sound_corpus_has_only_notes_on_its_size(tmp_path: Path) -> None:
    _, told = check.check(write_corpus(tmp_path))
    assert [(f.level, f.kind) for f in told] == [("note", "balance")] * 2
    assert told[0].message.startswith("zh: 16 passages")


# ---------------------------------------------------------------- lines


def test_faulty_lines_are_all_told_at_their_places(tmp_path: Path) -> None:
    told = findings(tmp_path, line(FIRST, role="couse"), line(SECOND, themes=["standard"]), FIRST)
    assert [(f.kind, f.place) for f in told] == [("schema", f"{tmp_path / 'all.jsonl'}:{n}") for n in (1, 2)]
    assert told[0].message == 'role "couse" is not in the taxonomy; did you mean "cause"?'
    assert told[1].message.endswith('did you mean "standards"?')


def test_a_mistyped_field_is_a_fault_and_a_field_of_ones_own_a_note(tmp_path: Path) -> None:
    told = findings(tmp_path, line(FIRST, theme_=[], annotator="A"))
    assert [(f.level, f.message) for f in told] == [
        ("fault", 'field "theme_" is unknown; did you mean "theme"?'),
        ("note", 'field "annotator" is unknown; it is not read'),
    ]


def test_a_passage_without_a_role_is_told(tmp_path: Path) -> None:
    (told,) = findings(tmp_path, line(FIRST, role=None), SECOND)
    assert (told.kind, told.id) == ("label", FIRST["id"])


def test_a_passage_in_another_language_than_told_is_found(tmp_path: Path) -> None:
    told = {f.kind: f.message for f in findings(tmp_path, line(FIRST, language="en", text=SECOND["text"]))}
    assert told["language"] == 'is told to be "en" and reads as "zh"; mend the one or the other'


def test_a_document_whose_lines_are_parted_is_told(tmp_path: Path) -> None:
    other = CORPUS["en-tidal-01"][0]
    (told,) = findings(tmp_path, FIRST, other, SECOND)
    assert told.place.endswith("all.jsonl:3")
    assert told.message.startswith('document "zh-seed-01" began at')


def test_the_table_of_documents_fits_the_passages(tmp_path: Path) -> None:
    told = findings(tmp_path, FIRST, SECOND, settings='[[document]]\nid = "zh-soil-09"\n')
    assert [f.message for f in told] == [
        'document "zh-seed-01" is not in corpus.toml; add a [[document]] table',
        'document "zh-soil-09" has no passage; remove its table',
    ]


# ---------------------------------------------------------------- copies and templates


def test_a_copy_in_another_document_is_a_fault_whatever_its_figures_say(tmp_path: Path) -> None:
    text = "全市共有冷库 420 座，其中一半建于 2015 年以前，制冷剂泄漏的投诉逐年增加。"
    one = line(FIRST, text=text)
    other = line(SECOND, doc="zh-copy", text=text.replace("420", "1,870").replace("2015", "2009"))
    told = [f for f in findings(tmp_path, one, other) if f.kind == "duplicate"]
    assert [(f.level, f.id) for f in told] == [("fault", SECOND["id"])]
    assert f"the same text as {FIRST['id']} at {tmp_path / 'all.jsonl'}:1" in told[0].message


def test_a_near_copy_is_a_fault_across_documents_and_a_note_within_one(tmp_path: Path) -> None:
    text = CORPUS["en-tidal-01"][2]["text"]
    one = line(CORPUS["en-tidal-01"][2], text=text)
    near = line(one, id="near", text=text + " Nobody was asked.")
    (within,) = [f for f in findings(tmp_path / "a", one, near) if f.kind == "near-duplicate"]
    assert within.level == "note"
    (across,) = [f for f in findings(tmp_path / "b", one, line(near, doc="en-other")) if f.kind == "near-duplicate"]
    assert across.level == "fault"


def test_similarity_is_measured_exactly() -> None:
    one, other = check.shingles("abcdefgh", "en"), check.shingles("ABCD efgx", "en")
    assert one == {"abcde", "bcdef", "cdefg", "defgh"}
    assert len(one & other) / len(one | other) == 3 / 5


def test_a_shared_run_is_a_note_and_many_are_a_fault(tmp_path: Path) -> None:
    phrase = "，各级各部门务必高度重视落实到位"
    lines = [numbered(n) for n in range(100)]
    for n in (1, 2):
        lines[n] = line(lines[n], text=lines[n]["text"] + phrase)
    told = [f for f in findings(tmp_path / "few", *sorted(lines, key=lambda x: x["doc"])) if f.kind == "template"]
    assert [(f.level, f.id) for f in told] == [("note", "n-001"), ("note", "n-002")]
    assert 'shares "各级各部门务必高度重视落实到位" with n-2' in told[0].message
    for n in range(3, 14):
        lines[n] = line(lines[n], text=lines[n]["text"] + phrase)
    told = [f for f in findings(tmp_path / "many", *sorted(lines, key=lambda x: x["doc"])) if f.kind == "template"]
    assert {f.level for f in told} == {"fault"}
    assert told[-1].message == "zh: 13 of 100 passages with a shared run, 13.0%; at most 2.0% may"
    assert told[-1].place == str(tmp_path / "many")


def test_english_runs_are_of_words(tmp_path: Path) -> None:
    phrase = "the Committee is grateful to all those who gave evidence"
    one = line(CORPUS["en-tidal-01"][0], text=f"Harbours differ; {phrase}. Ferries do too.")
    other = line(
        CORPUS["en-tidal-01"][1], doc="en-2", text=f"Yet {phrase.upper()}, we said, in the spring of that year."
    )
    told = [f for f in findings(tmp_path, one, other) if f.kind == "template"]
    assert f'"{phrase.lower()}"' in told[0].message


# ---------------------------------------------------------------- lengths and balance


def test_a_heading_among_the_passages_is_noted(tmp_path: Path) -> None:
    (told,) = findings(tmp_path, line(FIRST, text="二、发展基础与优势"))
    assert (told.level, told.message) == ("note", "has 9 characters; usual are 20 to 800")


def test_a_role_that_is_too_rare_or_too_common_is_a_fault(tmp_path: Path) -> None:
    lines = sorted((numbered(n, role="cause" if n < 70 else ROLES[n % 2]) for n in range(100)), key=lambda x: x["doc"])
    told = [f.message for f in findings(tmp_path, *lines) if f.kind == "balance"]
    assert told == [
        'zh: role "cause" has 70 passages, 70% of all; add others',
        'zh: role "dilemma" has 0 passages, 0.0% of all; write more of it',
        'zh: role "recommendation" has 0 passages, 0.0% of all; write more of it',
    ]


def test_a_corpus_may_argue_for_floors_of_its_own(tmp_path: Path) -> None:
    lines = sorted((numbered(n, role=ROLES[n % 4]) for n in range(100)), key=lambda x: x["doc"])
    assert [f.kind for f in findings(tmp_path / "a", *lines)] == ["balance"]
    assert findings(tmp_path / "b", *lines, settings="[check]\nrarest = 0.0\n") == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("[check]\nrunshare = 1\n", 'check knows no "runshare"; its floors are similar, run_share'),
        ("[check]\nrarest = true\n", "check.rarest must be a number"),
        ("check = 1\n", "check must be a table"),
    ],
)
def test_a_floor_that_does_not_exist_is_told(tmp_path: Path, settings: str, told: str) -> None:
    with pytest.raises(CorpusError, match=told):
        findings(tmp_path, FIRST, settings=settings)


def test_a_finding_is_printed_with_file_and_line(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "gold.jsonl", [line(FIRST, role="couse")])
    _, (told, *_) = check.check(path)
    row = check.finding_row(told)
    assert (row["file"], row["line"], row["level"], row["kind"]) == (str(path), 1, "fault", "schema")
    assert check.finding_row(Finding("note", "balance", "C:\\corpora\\a", "few"))["line"] is None
    assert json.dumps(row)
