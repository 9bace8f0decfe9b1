"""What do `explain` and `review` do? The verbs by which a person looks over the model's shoulder and corrects it."""

from __future__ import annotations

import os
import sys
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
    from policytext.evidence import Explanation
    from policytext.model import Model
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
                return entry.metadata.title, store.tagged(entry.hash)
            except LibraryError:
                if not is_file:
                    raise
    elif not is_file:
        raise PolicytextError(f"{doc}: neither a file nor in {library}, which doesn't exist; tag documents first")
    from policytext.read import read
    from policytext.split import split

    found = read(path)
    return found.metadata.title or path.stem, tagger.tag(split(found))


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
