"""What is loaded when: the command line starts without the heavy packages, and tagging needs only some of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from building import NOTICE_ZH, REPORT_EN

HEAVY = ("sklearn", "spacy", "jieba", "pdfplumber", "pypdfium2", "skops", "numpy", "scipy", "opencc")
HEAVY += ("datasketch", "openpyxl", "matplotlib")

PROBE = """
import json, sys
{code}
print()
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""


def loaded(code: str, *, cwd: Path | None = None) -> set[str]:
    """The packages that a fresh interpreter has loaded after running the code."""
    command = [sys.executable, "-c", PROBE.format(code=code)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def running(*arguments: str) -> str:
    return f"""
sys.argv = {["policytext", *arguments]!r}
from policytext import cli
try:
    cli.main()
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import policytext.cli", id="import"),
        pytest.param(running("--help"), id="help"),
        pytest.param(running("tag", "--help"), id="help of a verb"),
        pytest.param(running("corpus", "check", "--help"), id="help of a verb of a group"),
        pytest.param(running("models", "compare", "--help"), id="help of a verb of models"),
        pytest.param(running("models", "list", "--format", "jsonl"), id="list of models"),
    ],
)
def test_the_command_line_starts_without_heavy_packages(code: str) -> None:
    assert loaded(code).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "name",
    [
        "types",
        "errors",
        "taxonomy",
        "tokens",
        "query",
        "library",
        "read",
        "split",
        "corpus",
        "check",
        "stats",
        "agreement",
        "exchange",
        "harvest",
        "llm",
        "features",
        "evidence",
        "model",
        "registry",
        "evaluate",
        "scorecard",
        "scorepage",
        "train",
        "trials",
        "compare",
        "extend",
        "review",
        "simulate",
        "outline",
        "cite",
        "report",
        "batch",
    ],
)
def test_no_module_loads_a_heavy_package_before_it_is_used(name: str) -> None:
    assert loaded(f"import policytext.{name}").isdisjoint(HEAVY)


def test_tagging_needs_no_scikit_learn(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(NOTICE_ZH, encoding="utf-8")
    (tmp_path / "b.md").write_text(REPORT_EN, encoding="utf-8")
    packages = loaded(running("tag", "a.md", "b.md", "--model", str(model_folder)), cwd=tmp_path)
    assert {"numpy", "jieba", "spacy"} <= packages
    assert packages.isdisjoint({"sklearn", "skops", "scipy", "pdfplumber", "pypdfium2"})


def test_searching_english_words_needs_no_model(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text(REPORT_EN, encoding="utf-8")
    loaded(running("tag", "b.md", "--model", str(model_folder)), cwd=tmp_path)
    assert loaded(running("search", "standards"), cwd=tmp_path).isdisjoint(
        {"sklearn", "skops", "numpy", "spacy", "jieba"}
    )
