"""How do rows and messages reach a terminal, a pipe or a file? What every group of verbs shares."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from policytext.errors import PolicytextError

DONE, SOME_FAILED = 0, 3
"""Exit codes; 1 is an error told in one line, 2 wrong usage."""


class Format(StrEnum):
    """How rows come out."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"


FormatOption = Annotated[
    Format | None, typer.Option("--format", help="table for a terminal (the default there), jsonl or csv for programs.")
]


LibraryOption = Annotated[
    Path, typer.Option("--library", envvar="POLICYTEXT_LIBRARY", help="The library file.", show_default=True)
]
ModelOption = Annotated[str, typer.Option("--model", help="A model's folder, or the name of a shipped one.")]
DEFAULT_LIBRARY = Path("policytext.db")


def say(line: str) -> None:
    """Print a message on standard error."""
    print(line, file=sys.stderr, flush=True)


def chosen_format(chosen: Format | None) -> Format:
    """The format asked for; without one, a table on a terminal and JSON lines elsewhere."""
    if chosen is not None:
        return chosen
    return Format.table if sys.stdout.isatty() else Format.jsonl


def open_output(output: Path | None) -> Any:
    """A context manager that gives the file to write, or standard output; raises `PolicytextError` if it can't be."""
    from contextlib import nullcontext

    if output is None:
        return nullcontext(csv_out())
    try:
        return output.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise PolicytextError(f"{output}: can't be written ({error.strerror}); choose another place") from None


def csv_out() -> Any:
    """Standard output that leaves line ends alone: CSV brings its own."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(newline="")
    return sys.stdout


def console() -> Any:
    """A rich console on standard output that colours nothing by itself and leaves long lines whole."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table with the labels at the left and figures at the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table

    out = console()
    if title:
        out.print(title, markup=False)
    heads = (Column(name, justify="right") for name in columns)
    table = Table(Column("", no_wrap=True), *heads, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in rows:
        table.add_row(*row)
    out.print(table, soft_wrap=False)
