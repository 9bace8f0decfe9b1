"""The READMEs: their commands run, in both languages the same, and every verb is shown."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")


def shown_commands(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"^\$ (policytext .+)$", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", READMES)
def test_the_commands_run_one_after_the_other(name: str, tmp_path: Path) -> None:
    for folder in ("corpora", "examples"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    commands = shown_commands(name)
    assert len(commands) > 6
    for command in commands:
        if command.startswith("policytext train corpora/"):  # a minute of training; the verb has tests of its own
            continue
        run = re.sub(r"^policytext", f'"{sys.executable}" -m policytext.cli', command)
        run = run.replace(" my-model ", " default ")
        done = subprocess.run(run, shell=True, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_both_readmes_show_the_same_commands() -> None:
    assert shown_commands("README.md") == shown_commands("README.zh.md")


@pytest.mark.parametrize(
    "verb",
    ["demo", "tag", "search", "outline", "explain", "export", "extract", "train", "evaluate", "models", "review"],
)
def test_every_verb_is_shown(verb: str) -> None:
    assert any(command.startswith(f"policytext {verb} ") for command in shown_commands("README.md"))


@pytest.mark.parametrize("name", READMES)
def test_every_link_leads_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in t]
    assert targets
    assert [t for t in targets if not (ROOT / t).exists()] == []
