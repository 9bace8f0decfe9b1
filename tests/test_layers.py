"""Who may import whom: the layers of the design, read from the source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import policytext

ROOT = Path(policytext.__file__).parent

LAYERS = (
    ("types", "errors"),
    ("taxonomy", "enumeration", "tokens", "read"),
    ("terms", "query", "split", "features", "evidence", "corpus", "stats", "check", "agreement", "library"),
    ("registry", "model", "harvest", "llm", "outline", "cite", "report", "exchange"),
    ("evaluate", "scorecard", "scorepage", "train", "trials", "compare", "extend", "review", "simulate"),
    ("batch",),
    ("terminal", "cli_corpus", "cli_models", "cli_review", "web", "cli"),
)
"""The rooms from the bottom up. A room imports from the layers below it, and in its own from those named before it:
so there are no cycles."""

NEVER = {("read", "split"), ("library", "model"), ("model", "library")}
"""Who never imports whom, whatever the layers allow: only batch, web and cli see both halves."""

HEAVY = {"sklearn", "spacy", "jieba", "pdfplumber", "pypdfium2", "skops", "numpy", "scipy", "opencc", "snowballstemmer"}
HEAVY |= {"docx", "lxml", "rapidocr", "cv2", "PIL"}
HEAVY |= {"datasketch", "openpyxl", "matplotlib"}
"""Packages that cost more than 50 ms to import, or come with one that does."""

LAZY = {"read.pdf", "read.columns", "read.floats", "read.furniture", "read.kinds", "read.lines", "read.notes"}
LAZY |= {"read.paragraphs", "read.runs", "read.plumber", "read.structure", "read.ocr", "read.word", "read.html"}
LAZY |= {"read.picture"}
"""The readers of PDF, Word and HTML files, and what draws pages: imported when the first file is read or drawn, so they
may import what they need."""


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module; `top` tells whether it is imported as soon as the importer is."""

    importer: str
    imported: str
    top: bool


def modules() -> dict[str, Path]:
    """Every module of the package by its name in it, `read/__init__` as `read`."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(name: str, path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _imports(name, tree, top=True)


def _imports(name: str, node: ast.AST, *, top: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(name, alias.name, top) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{name}: line {child.lineno}: imports are absolute"
            yield from (Import(name, target, top) for target in _targets(child))
        else:
            deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _only_for_types(child)
            yield from _imports(name, child, top=top and not deferred)


def _targets(node: ast.ImportFrom) -> list[str]:
    """The modules that a `from … import …` names: `from policytext import model` names policytext.model."""
    assert node.module is not None
    known = modules()
    whole = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name if name.removeprefix("policytext.") in known else node.module for name in whole]


def _only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


EVERY = [found for name, path in modules().items() for found in imports(name, path)]
OWN = [i for i in EVERY if i.imported.startswith("policytext.")]
ORDER = {room: (layer, place) for layer, rooms in enumerate(LAYERS) for place, room in enumerate(rooms)}


def room(module: str) -> str:
    return module.removeprefix("policytext.").partition(".")[0]


def test_every_module_has_its_place_in_the_layers() -> None:
    rooms = {room(name) for name in modules()} - {"__init__"}
    assert rooms <= set(ORDER), "a new module needs a place in LAYERS"


@pytest.mark.parametrize("name", modules())
def test_a_module_imports_only_from_below(name: str) -> None:
    for found in OWN:
        here, there = room(found.importer), room(found.imported)
        if found.importer == name and here != there:
            assert ORDER[there] < ORDER[here], f"{here} imports {there}"


@pytest.mark.parametrize(("importer", "imported"), sorted(NEVER))
def test_the_two_halves_do_not_know_each_other(importer: str, imported: str) -> None:
    assert not [i for i in OWN if room(i.importer) == importer and room(i.imported) == imported]


def test_only_the_command_line_and_the_batch_see_both_halves() -> None:
    sees = {name: {room(i.imported) for i in OWN if room(i.importer) == name} for name in ORDER}
    both = {name for name, others in sees.items() if {"model", "library"} <= others}
    assert both <= {"batch", "cli", "cli_models", "cli_review", "web"}


def test_the_modules_of_a_room_import_each_other_without_cycles() -> None:
    below = {name: {i.imported.removeprefix("policytext.") for i in OWN if i.importer == name} for name in modules()}
    done: set[str] = set()
    while True:
        free = {name for name, others in below.items() if name not in done and others & set(below) <= done}
        if not free:
            break
        done |= free
    assert set(below) - done == set()


def test_heavy_packages_are_never_imported_at_the_top() -> None:
    heavy = [i for i in EVERY if i.top and i.imported.partition(".")[0] in HEAVY and i.importer not in LAZY]
    assert heavy == []


def test_a_reader_is_imported_only_when_it_is_needed() -> None:
    early = [i for i in OWN if i.top and i.imported.removeprefix("policytext.") in LAZY and i.importer not in LAZY]
    assert early == []


def test_types_and_errors_import_nothing_of_ours() -> None:
    assert [i for i in OWN if i.importer in ("types", "errors", "__init__")] == []


def test_nothing_imports_the_command_line() -> None:
    assert [i for i in OWN if i.imported == "policytext.cli"] == []
