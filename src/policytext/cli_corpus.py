"""What do the verbs of `policytext corpus` do? A group of their own beside `cli`: they work on corpora, know neither
model nor library, and change for reasons of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from policytext.errors import CorpusError
from policytext.terminal import Format, FormatOption, chosen_format, csv_out, say

app = typer.Typer(help="Check, describe, divide, exchange and make corpora.", no_args_is_help=True)

CorpusPaths = Annotated[list[Path], typer.Argument(help="Corpus folders or JSONL files.")]


@app.command(epilog="Example: policytext corpus check corpora/policy")
def check(paths: CorpusPaths, format: FormatOption = None) -> None:
    """Look for faulty lines, copies, templates, odd lengths, missing labels; exit code 1 when there is a fault."""
    from policytext import check as checking
    from policytext.report import write_csv, write_jsonl

    faults = 0
    chosen = chosen_format(format)
    for path in paths:
        found, findings = checking.check(path)
        if chosen is Format.jsonl:
            write_jsonl(map(checking.finding_row, findings), sys.stdout)
        elif chosen is Format.csv:
            columns = ("level", "kind", "file", "line", "id", "message")
            write_csv(map(checking.finding_row, findings), columns, csv_out())
        else:
            for f in findings:
                print(f"{f.place}: {f.level}: {f.kind}: {f.id + ' ' if f.id else ''}{f.message}")
        wrong = sum(f.level == "fault" for f in findings)
        faults += wrong
        say(
            f"{path}: {len(found.dataset.examples)} passages of {len(found.dataset.documents())} documents;"
            f" {wrong} faults, {len(findings) - wrong} notes"
        )
    if faults:
        raise CorpusError(f"{', '.join(map(str, paths))}: {faults} faults; mend them, or argue for a floor in [check]")
