"""Many files: which are meant, and what became of each, with the rest done whatever happens to one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from building import NOTICE_ZH, PAPER_EN, REPORT_EN, write_pdf, write_scan

from policytext import batch
from policytext.batch import FileResult, find_files, tag_files
from policytext.library import Library
from policytext.model import Model


def write(path: Path, text: str = NOTICE_ZH) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def states(results: list[FileResult]) -> list[str]:
    return [r.state for r in results]


# ---------------------------------------------------------------- which files


def test_a_folder_gives_the_readable_files_below_it_in_order(tmp_path: Path) -> None:
    wanted = [write(tmp_path / name) for name in ("a.md", "b/a.TXT", "b/c/z.pdf")]
    write(tmp_path / "b" / "table.xlsx")
    assert find_files([tmp_path]) == wanted


@pytest.mark.parametrize("name", [".hidden.md", "~$open.md", ".git/a.md", "README.md", "b/Readme.txt"])
def test_files_that_are_nobodys_documents_are_passed_over(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    assert find_files([tmp_path]) == []


def test_a_hidden_folder_that_is_named_is_meant(tmp_path: Path) -> None:
    wanted = write(tmp_path / ".papers" / "a.md")
    assert find_files([tmp_path / ".papers"]) == [wanted]


def test_a_file_that_is_named_is_meant_whatever_it_is(tmp_path: Path) -> None:
    named = [write(tmp_path / "README.md"), write(tmp_path / "a.xyz"), tmp_path / "none.pdf"]
    assert find_files(named) == named


def test_a_file_is_meant_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.md")
    assert find_files([path, tmp_path, path]) == [path]


def test_a_name_too_long_for_the_system_fails_later(tmp_path: Path) -> None:
    path = tmp_path / ("关于" * 200)
    assert find_files([path]) == [path]


# ---------------------------------------------------------------- what became of them


def test_files_are_added_and_known_the_second_time(tmp_path: Path, model: Model) -> None:
    files = [write(tmp_path / "a.md"), write(tmp_path / "b.md", REPORT_EN)]
    with Library(tmp_path / "l.db") as library:
        first = list(tag_files(files, model, library))
        assert states(first) == ["added", "added"]
        assert [len(library.tagged(r.document.id)) for r in first if r.document] == [len(r.tagged) for r in first]
        assert states(list(tag_files(files, model, library))) == ["known", "known"]
        assert len(library.documents()) == 2


def test_a_changed_file_replaces_what_it_was(tmp_path: Path, model: Model) -> None:
    path = write(tmp_path / "a.md")
    with Library(tmp_path / "l.db") as library:
        list(tag_files([path], model, library))
        write(path, REPORT_EN)
        assert states(list(tag_files([path], model, library))) == ["replaced"]
        assert [e.metadata.title for e in library.documents()] == ["Keeping the ferries running"]


def test_two_files_of_the_same_bytes_are_one_document(tmp_path: Path, model: Model) -> None:
    files = [write(tmp_path / "a.md"), write(tmp_path / "b.md")]
    with Library(tmp_path / "l.db") as library:
        assert states(list(tag_files(files, model, library))) == ["added", "known"]


def test_without_a_library_files_are_only_tagged(tmp_path: Path, model: Model) -> None:
    (result,) = tag_files([write(tmp_path / "a.md")], model, None)
    assert result.state == "tagged"
    assert len(result.probabilities) == len(result.tagged) > 0
    assert {p.path for p in [result]} == {tmp_path / "a.md"}


def test_passages_of_a_file_bear_the_models_tags(tmp_path: Path, model: Model) -> None:
    (result,) = tag_files([write(tmp_path / "a.md")], model, None)
    roles = {t.passage.section: t.labels("role")[0] for t in result.tagged}
    assert roles[("三、对策建议",)] == "recommendation"
    assert list(result.tagged) == model.tag([t.passage for t in result.tagged])


def test_one_bad_file_after_the_other_does_not_end_the_batch(tmp_path: Path, model: Model) -> None:
    cut = write_pdf(tmp_path / "cut.pdf", PAPER_EN, columns=1)
    cut.write_bytes(cut.read_bytes()[:900])
    bad = {
        "cut.pdf": "damaged",
        "empty.md": "empty file",
        "locked.pdf": "password",
        "none.md": "no such file",
        "page.pdf": "HTML",
        "scan.pdf": "no text layer",
        "table.xyz": "unknown file type",
        "title.md": "no passage found",
    }
    (tmp_path / "empty.md").touch()
    write_pdf(tmp_path / "locked.pdf", PAPER_EN, password="secret")
    write(tmp_path / "page.pdf", "<html><body>Please log in.</body></html>")
    write_scan(tmp_path / "scan.pdf")
    write(tmp_path / "table.xyz", "x")
    write(tmp_path / "title.md", "# 论冷链\n")
    files = [tmp_path / name for name in bad] + [write(tmp_path / "z.md")]
    with Library(tmp_path / "l.db") as library:
        results = list(tag_files(files, model, library))
        assert states(results) == ["failed"] * len(bad) + ["added"]
        for result, told in zip(results, bad.values(), strict=False):
            assert told in result.reason
            assert "\n" not in result.reason
        assert [path for path, _ in library.failures()] == [str(tmp_path / name) for name in bad]
        assert len(library.documents()) == 1


def test_a_file_that_was_mended_is_no_failure_any_more(tmp_path: Path, model: Model) -> None:
    path = tmp_path / "a.md"
    path.touch()
    with Library(tmp_path / "l.db") as library:
        list(tag_files([path], model, library))
        assert len(library.failures()) == 1
        write(path)
        list(tag_files([path], model, library))
        assert library.failures() == []


def test_an_unexpected_error_is_kept_with_its_file(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> None:
        raise ZeroDivisionError("no page has a width")

    monkeypatch.setattr(batch, "read", broken)
    with Library(tmp_path / "l.db") as library:
        (result,) = tag_files([write(tmp_path / "a.md")], model, library)
        assert result.state == "failed"
        assert "unexpected ZeroDivisionError: no page has a width; please report this file" in result.reason
        assert library.failures() == [(str(tmp_path / "a.md"), result.reason)]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep file names as Unicode")
def test_a_file_whose_name_is_not_utf8_is_added(tmp_path: Path, model: Model) -> None:
    name = os.fsencode(tmp_path) + b"/" + "政策".encode("gbk") + b".md"
    Path(os.fsdecode(name)).write_text(NOTICE_ZH, encoding="utf-8")
    with Library(tmp_path / "l.db") as library:
        assert states(list(tag_files(find_files([tmp_path]), model, library))) == ["added"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, model: Model) -> None:
    path = write(tmp_path / "a.md")
    path.chmod(0)
    with Library(tmp_path / "l.db") as library:
        (result,) = tag_files([path], model, library)
    assert "can't be opened" in result.reason
