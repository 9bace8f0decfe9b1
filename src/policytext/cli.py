"""What does this verb do? The command line only translates: arguments in, rows out, errors as one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from policytext import cli_corpus, cli_models, cli_review
from policytext.errors import PolicytextError, page_ranges
from policytext.terminal import DEFAULT_LIBRARY, DONE, SOME_FAILED, Format, FormatOption, LibraryOption, ModelOption
from policytext.terminal import chosen_format as _format
from policytext.terminal import console as _console
from policytext.terminal import csv_out as _csv_out
from policytext.terminal import open_output as _open
from policytext.terminal import say as _say

if TYPE_CHECKING:
    from policytext.batch import FileResult
    from policytext.library import Hits
    from policytext.outline import Item
    from policytext.types import Document

app = typer.Typer(
    name="policytext",
    help="Turn a folder of policy documents, Chinese and English, into an evidence base to search and cite.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cli_corpus.app, name="corpus")
app.add_typer(cli_models.app, name="models")


class ExtractFormat(StrEnum):
    """How a document's blocks come out."""

    jsonl = "jsonl"
    markdown = "markdown"
    text = "text"


class CiteStyle(StrEnum):
    """How a citation is written."""

    gbt7714 = "gbt7714"
    apa = "apa"
    bibtex = "bibtex"


class PdfEngine(StrEnum):
    """Who reads the pages of a PDF file."""

    pdfium = "pdfium"
    pdfplumber = "pdfplumber"


@app.command(epilog="Example: policytext extract paper.pdf --format markdown")
def extract(
    file: Annotated[Path, typer.Argument(help="A PDF, Word, HTML, Markdown or text file.")],
    format: Annotated[
        ExtractFormat | None, typer.Option("--format", help="One JSON object a block (the default), Markdown, or text.")
    ] = None,
    metadata: Annotated[
        bool, typer.Option("--metadata", help="Print title, authors, year, … and quality: a table, or one JSON object.")
    ] = False,
    cite: Annotated[CiteStyle | None, typer.Option("--cite", help="Print a citation of the document.")] = None,
    debug_image: Annotated[
        Path | None, typer.Option("--debug-image", help="A folder for pictures of a PDF's pages with the blocks drawn.")
    ] = None,
    engine: Annotated[
        PdfEngine, typer.Option("--engine", help="For a PDF: pdfplumber checks pdfium, and is ten times slower.")
    ] = PdfEngine.pdfium,
) -> None:
    """Print a document's blocks in reading order, or with --metadata or --cite what it says of itself."""
    from policytext.read import read

    document = read(file, engine.value)
    if document.quality.unread:
        _say(f"{file}: no usable text (no_text or garbled) on pages {page_ranges(document.quality.unread)}")
    if recognised := [page for page in document.quality.pages if page.confidence is not None]:
        pages, sure = page_ranges(p.page for p in recognised), min(p.confidence or 0.0 for p in recognised)
        _say(f"{file}: no usable text layer (no_text or garbled) on pages {pages}: read by ocr, sure to {sure:.2f}")
    if debug_image is not None:
        _draw(document, debug_image)
    if metadata:
        _print_metadata(document, format)
    if cite is not None:
        _print_citation(document, cite)
    if not (metadata or cite or debug_image):
        _print_blocks(document, format or ExtractFormat.jsonl)


def _print_blocks(document: Document, format: ExtractFormat) -> None:
    from policytext.report import block_row, write_jsonl
    from policytext.split import with_sections

    if format is ExtractFormat.jsonl:
        write_jsonl((block_row(block, section) for block, section in with_sections(document.blocks)), sys.stdout)
        return
    for block in document.blocks:
        if block.kind in ("header", "footer", "toc"):
            continue
        if block.kind == "heading" and format is ExtractFormat.markdown:
            print(f"{'#' * min((block.level or 1) + 1, 6)} {block.text}\n")
        elif block.kind == "title" and format is ExtractFormat.markdown:
            print(f"# {block.text}\n")
        else:
            print(block.text + "\n")


def _print_metadata(document: Document, format: ExtractFormat | None) -> None:
    from policytext.report import metadata_row, write_jsonl

    if format is ExtractFormat.jsonl or (format is None and not sys.stdout.isatty()):
        write_jsonl([metadata_row(document)], sys.stdout)
    else:
        _show_metadata(document)


def _print_citation(document: Document, style: CiteStyle) -> None:
    from policytext.cite import cite, missing

    print(cite(style.value, document.metadata, Path(document.path).stem))
    if lacks := missing(style.value, document.metadata):
        _say(f"{document.path}: not printed in the document: {', '.join(lacks)}; fill the citation's gaps by hand")


def _draw(document: Document, folder: Path) -> None:
    from policytext.read.picture import draw

    pages = sum(1 for _ in draw(document, folder))
    _say(f"{pages} pages → {folder}")


@app.command(epilog="Example: policytext tag papers/ --library evidence.db")
def tag(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")],
    library: LibraryOption = DEFAULT_LIBRARY,
    model: ModelOption = "default",
    no_library: Annotated[bool, typer.Option("--no-library", help="Only stream the tagged passages.")] = False,
    format: Annotated[Format | None, typer.Option("--format", help="jsonl also streams every tagged passage.")] = None,
) -> None:
    """Read, split and tag documents, and add them to the library; what is done is skipped."""
    from contextlib import nullcontext

    from policytext import batch
    from policytext import model as models
    from policytext.library import Library
    from policytext.report import tagged_row, write_jsonl

    files = batch.find_files(paths)
    if not files:
        raise PolicytextError(f"{', '.join(map(str, paths))}: no document found; readable are PDF, Markdown and text")
    tagger = models.load(model)
    results: list[FileResult] = []
    stream = format is Format.jsonl or no_library
    with nullcontext() if no_library else Library(library) as store:
        for result in _progress(batch.tag_files(files, tagger, store), len(files)):
            results.append(result)
            _say(_result_line(result))
            if stream and result.document is not None:
                write_jsonl(
                    (
                        tagged_row(t, str(result.path), result.document.metadata.title, p, doubtful=tagger.doubts(t))
                        for t, p in zip(result.tagged, result.probabilities, strict=True)
                    ),
                    sys.stdout,
                )
                sys.stdout.flush()
            results[-1] = batch.FileResult(result.path, result.state, result.reason)
    counts = {state: sum(r.state == state for r in results) for state in dict.fromkeys(r.state for r in results)}
    _say(", ".join(f"{n} {state}" for state, n in counts.items()) + ("" if no_library else f" → {library}"))
    if counts.get("failed"):
        raise typer.Exit(SOME_FAILED)


@app.command(epilog='Example: policytext search "基础研究" --role cause')
def search(
    query: Annotated[
        str, typer.Argument(help='Words, "exact phrases", AND OR NOT, word*, role:… theme:… year:….')
    ] = "",
    library: LibraryOption = DEFAULT_LIBRARY,
    role: Annotated[str | None, typer.Option(help="Only passages of this role.")] = None,
    theme: Annotated[str | None, typer.Option(help="Only passages about this theme.")] = None,
    language: Annotated[str | None, typer.Option(help="zh or en.")] = None,
    year: Annotated[str | None, typer.Option(help="A year or a span: 2024, 2020-2024.")] = None,
    doc: Annotated[str | None, typer.Option(help="A document's id, path or words of its title.")] = None,
    label: Annotated[
        list[str] | None, typer.Option(metavar="FACET:LABEL", help="Only passages with this label of your taxonomy.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many hits to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="How many hits to pass over.")] = 0,
    format: FormatOption = None,
) -> None:
    """Find passages by words, role, theme, language, year and document."""
    from policytext import taxonomy
    from policytext.library import Library
    from policytext.query import FACET, Query, parse
    from policytext.report import EVIDENCE_COLUMNS, evidence_row, hit_row, other_facets, write_csv, write_jsonl

    filters = {"role": role, "theme": theme, "language": language, "year": year, "doc": doc}
    own = [_facet_filter(text) for text in label or []]
    parsed = parse(query) if query.strip() or not (own or any(filters.values())) else Query()
    parsed = parsed.only(**filters)
    for name, wanted in own:
        parsed = parsed.only(**{name: wanted})
    with Library.reader(library) as store:
        for name, wanted in parsed.filters:
            facet = name.removeprefix(FACET)
            if facet in ("role", "theme") or name.startswith(FACET):
                taxonomy.check_among(facet, wanted, store.labels(facet))
        hits = store.search(parsed, limit=limit, offset=offset)
    chosen = _format(format)
    if chosen is Format.jsonl:
        write_jsonl(map(hit_row, hits.hits), sys.stdout)
    elif chosen is Format.csv:
        columns = (*EVIDENCE_COLUMNS, *other_facets(h.tagged for h in hits.hits))
        write_csv((evidence_row(h.tagged, h.document) for h in hits.hits), columns, _csv_out())
    else:
        _show_hits(hits, offset)


@app.command(epilog="Example: policytext outline paper.pdf")
def outline(
    doc: Annotated[str, typer.Argument(help="A file's path, an id's beginning, or words of the title.")],
    library: LibraryOption = DEFAULT_LIBRARY,
    model: ModelOption = "default",
    format: FormatOption = None,
) -> None:
    """Show the argument of one document with pages: causes, dilemmas, recommendations, or what its taxonomy lists."""
    from policytext import model as models
    from policytext.outline import argument
    from policytext.outline import outline as make
    from policytext.report import item_row, write_csv, write_jsonl

    tagger = models.load(model)
    title, tagged = cli_review.document(doc, library, tagger)
    items = make(tagged, tagger.taxonomy)
    chosen = _format(format)
    if chosen is Format.jsonl:
        write_jsonl(map(item_row, items), sys.stdout)
    elif chosen is Format.csv:
        write_csv(map(item_row, items), ("role", "item", "headline", "page", "themes", "passages"), _csv_out())
    else:
        _show_outline(title, items, argument(tagger.taxonomy))


app.command(epilog="Example: policytext explain paper.pdf 12 --library evidence.db")(cli_review.explain)


@app.command(epilog="Example: policytext export --format csv --output evidence.csv")
def export(
    library: LibraryOption = DEFAULT_LIBRARY,
    format: Annotated[Format, typer.Option("--format", help="jsonl, or csv for Excel.")] = Format.csv,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; without it, standard output.")] = None,
) -> None:
    """Write every tagged passage of the library: an evidence table for Excel, or JSON lines."""
    from policytext.library import Library
    from policytext.report import EVIDENCE_COLUMNS, evidence_row, other_facets, tagged_row, write_csv, write_jsonl

    with Library.reader(library) as store:
        entries = {entry.hash: entry for entry in store.documents()}
        tagged = store.tagged()
    with _open(output) as out:
        if format is Format.jsonl:
            rows = ((t, entries[t.passage.doc_id]) for t in tagged)
            write_jsonl((tagged_row(t, e.path, e.metadata.title) for t, e in rows), out)
        else:
            columns = (*EVIDENCE_COLUMNS, *other_facets(tagged))
            write_csv((evidence_row(t, entries[t.passage.doc_id]) for t in tagged), columns, out)
    if output is not None:
        _say(f"{len(tagged)} passages of {len(entries)} documents → {output}")


app.command(epilog="Example: policytext train corpora/policy -o my-model")(cli_models.train)
app.command(epilog="Example: policytext evaluate default gold.jsonl --html scores.html")(cli_models.evaluate)
app.command(epilog="Example: policytext review first-corpus --output mine")(cli_review.review)


@app.command(epilog="Example: policytext demo")
def demo(
    folder: Annotated[
        Path | None,
        typer.Option(help="Where the documents, the library and the table go; default a new temporary folder."),
    ] = None,
) -> None:
    """Run the main job on the sample documents: tag, search, outline; under a minute."""
    import shutil
    import tempfile
    from importlib.resources import as_file, files

    place = folder or Path(tempfile.mkdtemp(prefix="policytext-demo-"))
    samples, library = place / "documents", place / "demo.db"
    try:
        with as_file(files("policytext") / "samples") as shipped:
            shutil.copytree(shipped, samples, dirs_exist_ok=True)
    except OSError as error:
        raise PolicytextError(f"{place}: can't be written ({error.strerror or error}); choose another folder") from None
    _step(f"policytext tag {samples} --library {library}")
    tag([samples], library=library)
    for words, role in (("标准", "recommendation"), ("transformer", "cause")):
        _step(f'policytext search "{words}" --role {role} --library {library}')
        search(words, library=library, role=role, limit=3, format=Format.table)
    for document in sorted(samples.glob("*.pdf")):
        _step(f"policytext outline {document.name} --library {library}")
        outline(document.name, library=library, format=Format.table)
    table = place / "evidence.csv"
    _step(f"policytext export --library {library} --output {table}")
    export(library=library, output=table)
    _say(f"\nThe evidence table is {table}; open it in Excel. Your own folder: policytext tag FOLDER")


def main() -> None:
    """Run the command line; errors that a user can mend end as one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except PolicytextError as error:
        _say(f"error: {error}")
        sys.exit(error.exit_code)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError) or not _flushed():
            sys.exit(DONE)  # the reader of our output went away, as `head` does
        raise


def _flushed() -> bool:
    """Whether standard output took all; when its reader is gone, the interpreter's last flush is kept quiet."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
        return False
    return True


# ---------------------------------------------------------------- what a terminal shows


def _step(command: str) -> None:
    _say(f"\n$ {command}")


def _result_line(result: FileResult) -> str:
    if result.state == "failed":
        return f"failed  {result.path}: {result.reason}"
    if result.document is None:
        return f"{result.state:<8}{result.path}"
    from policytext.report import quality_line

    dated = (
        f"; year {result.document.metadata.year} by the file's date"
        if result.document.metadata.year_from == "file"
        else ""
    )
    quality = quality_line(result.document.quality)
    return f"{result.state:<8}{result.path}: {len(result.tagged)} passages, text {quality}{dated}"


def _progress(results: Iterable[FileResult], total: int) -> Iterable[FileResult]:
    """The results with a progress bar on stderr, where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield from results
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("tagging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("files", total=total)
        for result in results:
            yield result
            bar.advance(task)


def _facet_filter(text: str) -> tuple[str, str]:
    from policytext.query import FACET

    facet, colon, label = text.partition(":")
    if not (facet and colon and label):
        raise typer.BadParameter(f'--label "{text}": write FACET:LABEL, e.g. the id of a facet, a colon, a label\'s id')
    return FACET + facet, label


_COLOURS = {
    "background": "bright_black",
    "foundation": "green",
    "cause": "yellow",
    "dilemma": "red",
    "recommendation": "cyan",
}


def _show_hits(hits: Hits, offset: int) -> None:
    from rich.text import Text

    from policytext.report import other_facets, snippet

    console = _console()
    for rank, hit in enumerate(hits.hits, offset + 1):
        p = hit.tagged.passage
        roles, themes = hit.tagged.labels("role"), hit.tagged.labels("theme")
        head = Text(f"{rank:>3}  ")
        head.append(roles[0] if roles else "-", style=f"bold {_COLOURS.get(roles[0], '')}" if roles else "")
        score = next((t.score for t in hit.tagged.tags if t.facet == "role"), None)
        head.append(f" {score:.2f}" if score is not None else "", style="bright_black")
        head.append(f"  {', '.join(themes)}" if themes else "", style="magenta")
        for facet in other_facets([hit.tagged]):
            head.append(f"  {facet}: {', '.join(hit.tagged.labels(facet))}", style="magenta")
        console.print(head)
        where = hit.document.metadata.title + (f", p. {p.page}" if p.page else "")
        section = f" · {p.section[-1]}" if p.section else ""
        console.print(Text("     " + where + section, style="bright_black"))
        shown, spans = snippet(p.text, hit.highlights, 180)
        body = Text("     " + shown)
        for start, end in spans:
            body.stylize("bold underline", start + 5, end + 5)
        console.print(body)
    console.print(
        f"\n{hits.total} passages found" + (f", {len(hits.hits)} shown" if hits.total > len(hits.hits) else "")
    )
    for name, counts in hits.facets.items():
        if counts and hits.total:
            top = ", ".join(f"{label or '?'} {n}" for label, n in list(counts.items())[:8])
            console.print(Text(f"  {name}: {top}", style="bright_black"))


def _show_metadata(document: Document) -> None:
    from rich.table import Table

    from policytext.report import quality_line

    m, q = document.metadata, document.quality
    rows = {
        "title": m.title,
        "parallel title": m.parallel_title,
        "authors": ", ".join(m.authors),
        "year": f"{m.year or ''}" + (" (only the file's date says so)" if m.year_from == "file" else ""),
        "journal": m.journal,
        "volume, issue, pages": ", ".join(filter(None, (m.volume, m.issue, m.pages))),
        "ISSN": m.issn,
        "issuer": m.issuer,
        "number": m.number,
        "DOI": m.doi,
        "keywords": "; ".join(m.keywords),
        "abstract": "\n".join(m.abstracts),
        "languages": ", ".join(m.languages),
        "pages of the file": ", ".join(
            f"{n} {state}"
            for state in dict.fromkeys(p.state for p in q.pages)
            if (n := sum(p.state == state for p in q.pages))
        ),
        "quality": quality_line(q),
    }
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bright_black", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, value or "–", style=None if value else "bright_black")
    _console().print(table, soft_wrap=False)


def _show_outline(title: str, items: Sequence[Item], roles: Sequence[str]) -> None:
    from rich.text import Text

    console = _console()
    console.print(Text(title, style="bold"))
    for role in roles:
        own = [item for item in items if item.role == role]
        console.print(Text(f"\n{role} ({len(own)})", style=f"bold {_COLOURS.get(role, '')}"))
        for i, item in enumerate(own, 1):
            line = Text(f"  {i}. {item.headline}")
            line.append(f"  p. {item.page}" if item.page else "", style="bright_black")
            line.append(f"  [{', '.join(item.themes)}]" if item.themes else "", style="magenta")
            console.print(line)


if __name__ == "__main__":
    main()
