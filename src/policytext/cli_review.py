"""What do `explain` and `review` do? The verbs by which a person looks over the model's shoulder and corrects it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from policytext.errors import LibraryError, PolicytextError
from policytext.terminal import (
    DEFAULT_LIBRARY,
    Format,
    FormatOption,
    LibraryOption,
    ModelOption,
    chosen_format,
    console,
    csv_out,
    say,
)

if TYPE_CHECKING:
    from policytext.corpus import Dataset
    from policytext.evidence import Explanation
    from policytext.model import Model
    from policytext.review import Candidate, Choice
    from policytext.simulate import Curve
    from policytext.taxonomy import Taxonomy
    from policytext.types import Passage, Tagged


def document(doc: str, library: Path, tagger: Model) -> tuple[str, list[Tagged]]:
    """Title and tagged passages: of the library's document, or of a file that is tagged for this once."""
    from policytext.library import Library

    path = Path(doc)
    is_file = os.path.isfile(doc)  # noqa: PTH113  # words of a title too long for a file's name are none
    if library.exists():
        with Library.reader(library) as store:
            try:
                entry = store.find_document(doc)
                tagged = store.tagged(entry.hash)
                _refuse_other_taxonomy(doc, tagged, tagger)
                return entry.metadata.title, tagged
            except LibraryError:
                if not is_file:
                    raise
    elif not is_file:
        raise PolicytextError(f"{doc}: neither a file nor in {library}, which doesn't exist; tag documents first")
    from policytext.read import read
    from policytext.split import split

    found = read(path)
    return found.metadata.title or path.stem, tagger.tag(split(found))


def _refuse_other_taxonomy(doc: str, tagged: Sequence[Tagged], tagger: Model) -> None:
    """Raise `PolicytextError` when the document bears labels that the model's taxonomy doesn't have."""
    known = {(facet.id, label.id) for facet, label in tagger.taxonomy.labels()}
    for tag in (tag for t in tagged for tag in t.tags):
        if (tag.facet, tag.label) not in known:
            raise PolicytextError(
                f'{doc}: {tag.facet} "{tag.label}" is not in the taxonomy of {tagger.id}; '
                f"name the model that tagged it ({tag.source}) with --model"
            )


def explain(
    doc: Annotated[str | None, typer.Argument(help="A file's path, an id's beginning, or words of the title.")] = None,
    n: Annotated[int | None, typer.Argument(help="The passage's number in the document, from 1.")] = None,
    text: Annotated[str | None, typer.Option(help="Instead of a document: a passage.")] = None,
    section: Annotated[
        list[str] | None, typer.Option(help="A heading above the text; the nearest one last. May be repeated.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="Explain this label, given or not, e.g. cause.")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many reasons the table shows for each label.")] = 8,
    library: LibraryOption = DEFAULT_LIBRARY,
    model: ModelOption = "default",
    format: FormatOption = None,
) -> None:
    """Show why a passage has its tags: words, cues, headings and neighbours, and how much each one counts."""
    from policytext import model as models
    from policytext.report import REASON_COLUMNS, reason_rows, write_csv, write_jsonl

    if (text is None) == (doc is None) or (doc is None) != (n is None) or (section and text is None):
        raise typer.BadParameter("give a document and the number of a passage, or --text with its --section")
    tagger = models.load(model)
    passages, place = _of_text(text, section or []) if text is not None else _of_document(doc, n, library, tagger)
    passage = passages[place]
    explained = tagger.explain(passages, place, label)
    if not explained:
        raise PolicytextError(f"{doc or 'text'}: passage {passage.n} is neither Chinese nor English; it has no tags")
    chosen = chosen_format(format)
    if chosen is Format.table:
        for explanation in explained:
            _show_explanation(explanation, passage, tagger.taxonomy, top)
        return
    rows = (row for e in explained for row in reason_rows(e, passage, tagger.taxonomy, flat=chosen is Format.csv))
    if chosen is Format.jsonl:
        write_jsonl(rows, sys.stdout)
    else:
        write_csv(rows, REASON_COLUMNS, csv_out())


def _of_text(text: str, section: list[str]) -> tuple[list[Passage], int]:
    from policytext import tokens
    from policytext.types import Passage

    if not text.strip():
        raise PolicytextError("--text: holds nothing; give a passage")
    repeated = f"{text} " * tokens.MIN_LETTERS  # a few words alone have too few letters to tell their language
    return [Passage("text", 1, text, tokens.language(repeated), tuple(section))], 0


def _of_document(doc: str | None, n: int | None, library: Path, tagger: Model) -> tuple[list[Passage], int]:
    assert doc is not None
    _, tagged = document(doc, library, tagger)
    numbers = [t.passage.n for t in tagged]
    if n not in numbers:
        raise PolicytextError(f"{doc}: has no passage {n}; its passages are {min(numbers)} to {max(numbers)}")
    place = numbers.index(n)
    sources = {tag.source for tag in tagged[place].tags} - {tagger.id}
    if sources:
        say(f"the library's tags come from {', '.join(sorted(sources))}; explained is what {tagger.id} gives")
    return [t.passage for t in tagged], place


def _show_explanation(explanation: Explanation, passage: Passage, taxonomy: Taxonomy, top: int) -> None:
    from rich.cells import cell_len
    from rich.text import Text

    from policytext.evidence import names

    out = console()
    e = explanation
    head = Text(f"{e.facet}: {e.label} {e.probability:.2f}", style="bold")
    head.append(f"  against {e.against or 'its threshold'}: log-odds {e.margin:+.2f}", style="bright_black")
    out.print(head)
    shown = e.reasons[:top]
    called = [names((r.kind, r.name), taxonomy) for r in shown]
    titles = [x["zh"] if x["zh"] == x["en"] else f"{x['zh']} / {x['en']}" for x in called]
    width = max(map(cell_len, titles))
    for reason, title in zip(shown, titles, strict=True):
        line = Text(f"  {reason.amount:+.2f}  ", style="green" if reason.amount > 0 else "red")
        found = [passage.text[a:b] for a, b in reason.spans] + [passage.section[i][a:b] for i, a, b in reason.headings]
        told = " · ".join(dict.fromkeys(found[:40])) if reason.neighbour is None else f"passage {reason.neighbour}"
        line.append(title, style="default")
        if told:
            line.append(" " * (width - cell_len(title) + 2))
            line.append(told if len(told) <= _TOLD else told[:_TOLD] + "…", style="bright_black")
        out.print(line)
    if rest := e.reasons[top:]:
        total = sum(r.amount for r in rest)
        out.print(Text(f"  {total:+.2f}  {len(rest)} more", style="bright_black"))
    body = Text("  " + passage.text)
    for reason in (r for r in shown if r.amount > 0):
        for start, end in reason.spans:
            body.stylize("underline", start + 2, end + 2)
    out.print(body)
    out.print()


_TOLD = 60
"""Characters of the words found that the table shows for a reason."""


def review(
    source: Annotated[
        Path | None, typer.Argument(metavar="[CORPUS]", help="A corpus folder or JSONL file, labelled or not.")
    ] = None,
    library: Annotated[Path | None, typer.Option("--library", help="Instead of a corpus: a library file.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The corpus folder that answers go to; default the corpus itself."),
    ] = None,
    next_: Annotated[
        int | None, typer.Option("--next", min=1, help="Only list so many of the passages to label next.")
    ] = None,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Of a labelled corpus: how many labels reach which score in this order?")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help="With --simulate: also draw the curves; the format by the suffix.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="With --simulate: how many simulations are averaged.")] = 3,
    model: ModelOption = "default",
    format: FormatOption = None,
) -> None:
    """Label the passages of which the model is least sure, with single keys; every answer is saved when it is given.

    What is labelled already is not asked again, so that a review can be left and taken up at any time.
    """
    from policytext import corpus
    from policytext import model as models
    from policytext import review as reviewing

    if (source is None) == (library is None) or (picture and not simulate):
        raise typer.BadParameter("give a corpus or --library FILE; --picture belongs to --simulate")
    if simulate:
        if source is None:
            raise typer.BadParameter("--simulate needs a labelled corpus")
        _simulate(corpus.load(source), seeds, picture, chosen_format(format))
        return
    tagger = models.load(model)
    dataset = corpus.load(source) if source is not None else _library_dataset(library or DEFAULT_LIBRARY, tagger)
    folder = output or (source if source is not None and source.is_dir() else None)
    if folder is None and next_ is None:
        raise PolicytextError(f"{source or library}: is no corpus folder to save answers in; give one with --output")
    licence = "" if source is None else str(corpus.settings(source).get("licence", ""))
    shelf = None if folder is None else reviewing.Shelf(folder, dataset, licence)
    done = shelf.done() if shelf is not None else set()
    found, rows = reviewing.candidates(dataset, tagger)
    left = [i for i, c in enumerate(found) if c.example.id not in done]
    skipped = shelf.skipped() if shelf is not None else frozenset()
    queue = reviewing.order([found[i] for i in left], rows[left], skipped)
    if next_ is not None:
        _list_next(list(islice(queue, next_)), tagger.taxonomy, chosen_format(format))
        return
    assert shelf is not None
    say(f"{len(left)} passages to label, {len(done)} labelled → {folder}")
    keys = _terminal_keys() if sys.stdin.isatty() else _line_keys()
    held = reviewing.hold(queue, keys, shelf, _shower(tagger.taxonomy), say)
    say(f"{held.saved} labelled, {held.skipped} passed over; {len(left) - held.saved} left → {folder}")


def _library_dataset(library: Path, tagger: Model) -> Dataset:
    """The library's passages as a corpus without labels; a document is called as its file."""
    from dataclasses import replace

    from policytext import corpus
    from policytext.library import Library
    from policytext.types import Tagged

    examples = []
    with Library.reader(library) as store:
        names: dict[str, str] = {}
        for entry in store.documents():
            stem = Path(entry.path).stem
            doc = names.setdefault(stem, entry.hash)
            doc_id = stem if doc == entry.hash else f"{stem}-{entry.hash[:8]}"
            for t in store.tagged(entry.hash):
                passage = replace(t.passage, doc_id=doc_id, boxes=())
                examples.append(corpus.Example(f"{doc_id}-{passage.n:03d}", Tagged(passage)))
    if not examples:
        raise LibraryError(f"{library}: holds no passage; add documents with `policytext tag`")
    return corpus.dataset_of(library.stem, tagger.taxonomy, examples)


def _terminal_keys() -> Iterator[str]:
    """The keys pressed, each at once; Ctrl-C and Ctrl-D end them."""
    while True:
        try:
            key = typer.getchar()
        except (KeyboardInterrupt, EOFError):
            return
        yield "\n" if key in ("\r", "\n") else key


def _line_keys() -> Iterator[str]:
    """The keys written in lines of standard input: a line's end saves what was chosen in it."""
    for line in sys.stdin:
        yield from line.strip()
        yield "\n"


def _list_next(found: list[Candidate], taxonomy: Taxonomy, chosen: Format) -> None:
    from rich.text import Text

    from policytext.report import write_csv, write_jsonl
    from policytext.review import candidate_row, first_exclusive

    rows = [candidate_row(c) for c in found]
    if chosen is Format.jsonl:
        write_jsonl(rows, sys.stdout)
        return
    facet = first_exclusive(taxonomy).id
    if chosen is Format.csv:
        columns = ("id", "language", facet, "margin", "urgency", "text")
        write_csv(rows, columns, csv_out())
        return
    for c in found:
        head = Text(f"{c.example.id}  ")
        likely = sorted(c.probabilities[facet].items(), key=lambda item: -item[1])[:2]
        head.append(", ".join(f"{label} {p:.2f}" for label, p in likely), style="bold")
        if c.contradiction:
            head.append(f"  harvest: {next(t.label for t in c.harvested if t.facet == facet)}", style="yellow")
        console().print(head)
        text = c.example.tagged.passage.text
        console().print(Text("  " + (text if len(text) <= _SNIPPET else text[:_SNIPPET] + "…"), style="bright_black"))


_SNIPPET = 120
"""Characters of a passage that the list of the next ones shows."""


def _shower(taxonomy: Taxonomy) -> Callable[[Candidate, Choice], None]:
    """What shows a passage when it comes up, and after that only what is chosen."""
    from rich.text import Text

    from policytext.review import first_exclusive, keys_of

    out = console()
    keys, facet = keys_of(taxonomy), first_exclusive(taxonomy).id
    names = {(f.id, label.id): label.name["en"] for f, label in taxonomy.labels()}
    help_lines = [
        "  ".join(f"{key} {pair[1]}" for key, pair in keys.items() if (pair[0] == facet) is main)
        for main in (True, False)
    ]
    shown: list[str] = []

    def show(c: Candidate, chosen: Choice) -> None:
        passage = c.example.tagged.passage
        if shown != [c.example.id]:
            shown[:] = [c.example.id]
            out.print(Text(f"\n{c.example.id} · {' › '.join(passage.section)}", style="bright_black"))
            out.print(Text(passage.text))
            likely = sorted(c.probabilities[facet].items(), key=lambda item: -item[1])[:2]
            told = ", ".join(f"{label} {p:.2f}" for label, p in likely)
            others = [tag.label for tag in c.tagged.tags if tag.facet != facet]
            told += f" · {', '.join(others)}" if others else ""
            harvested = [tag.label for tag in c.harvested if tag.facet == facet]
            told += f"; the headings and cues say {harvested[0]}" if c.contradiction else ""
            out.print(Text(f"the model: {told}", style="bright_black"))
            for line in filter(None, help_lines):
                out.print(Text(line, style="cyan"))
            out.print(Text(". as the model  Enter save  s skip  u undo  q quit", style="cyan"))
        elif chosen:
            out.print(Text("→ " + ", ".join(names[pair] for pair in chosen), style="bold"))

    return show


def _simulate(dataset: Dataset, seeds: int, picture: Path | None, chosen: Format) -> None:
    from policytext import simulate as simulating
    from policytext.report import write_csv, write_jsonl

    curves = simulating.simulate(dataset, seeds=seeds)
    rows = list(simulating.curve_rows(curves))
    if chosen is Format.jsonl:
        write_jsonl(rows, sys.stdout)
    elif chosen is Format.csv:
        write_csv(rows, tuple(rows[0]), csv_out())
    else:
        _show_curves(curves)
    if picture is not None:
        simulating.draw(curves, picture)
        say(f"{dataset.name} → {picture}")


def _show_curves(curves: Curve) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table

    table = Table(
        Column("labels", justify="right"),
        Column("review order", justify="right"),
        Column("random order", justify="right"),
        Column("difference", justify="right"),
        title=f"{curves.name}: macro-F1 of {curves.facet} on {curves.test} passages of other documents, "
        f"mean of {curves.seeds} simulations (lowest to highest)",
        title_justify="left",
        box=SIMPLE_HEAD,
    )
    for point in curves.points:
        ours, drawn = point.review, point.random
        spans = [f"{sum(x) / len(x):.3f} ({min(x):.3f}–{max(x):.3f})" for x in (ours, drawn)]
        table.add_row(str(point.labels), *spans, f"{sum(ours) / len(ours) - sum(drawn) / len(drawn):+.3f}")
    console().print(table)
