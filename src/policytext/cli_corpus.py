"""What do the verbs of `policytext corpus` do? A group of their own beside `cli`: they work on corpora, know neither
model nor library, and change for reasons of their own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from policytext.errors import CorpusError
from policytext.terminal import SOME_FAILED, Format, FormatOption, chosen_format, csv_out, open_output, say, show_table

if TYPE_CHECKING:
    from policytext.corpus import Dataset
    from policytext.harvest import FunctionReport
    from policytext.taxonomy import Taxonomy

app = typer.Typer(help="Check, describe, divide, exchange and make corpora.", no_args_is_help=True)


class Tool(StrEnum):
    """What a corpus can be exchanged with."""

    excel = "excel"
    csv = "csv"
    label_studio = "label-studio"
    doccano = "doccano"
    prodigy = "prodigy"


CorpusPath = Annotated[Path, typer.Argument(help="A corpus folder or a JSONL file.")]
CorpusPaths = Annotated[list[Path], typer.Argument(help="Corpus folders or JSONL files.")]
OutputFolder = Annotated[Path, typer.Option("--output", "-o", help="The folder to make.")]
TaxonomyFile = Annotated[Path | None, typer.Option("--taxonomy", help="A taxonomy of your own; default the shipped.")]


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


@app.command(epilog="Example: policytext corpus stats corpora/policy --picture policy.png")
def stats(
    path: CorpusPath,
    picture: Annotated[Path | None, typer.Option(help="Also write a picture; its format by the suffix.")] = None,
    format: FormatOption = None,
) -> None:
    """Count passages by label, language, theme and kind of document, and their lengths."""
    from policytext import corpus
    from policytext import stats as counting
    from policytext.report import write_csv, write_jsonl

    dataset = corpus.load(path)
    made = counting.tables(dataset, corpus.documents_told(corpus.settings(path)))
    chosen = chosen_format(format)
    if chosen is Format.jsonl:
        write_jsonl(counting.table_rows(made), sys.stdout)
    elif chosen is Format.csv:
        rows = (
            {"table": t.name, "label": label, "column": column, "n": n}
            for t in made
            for label, numbers in t.rows
            for column, n in zip(t.columns, numbers, strict=True)
        )
        write_csv(rows, ("table", "label", "column", "n"), csv_out())
    else:
        for table in made:
            show_table(table.name, table.columns, [(label, *map(str, numbers)) for label, numbers in table.rows])
    if picture is not None:
        counting.picture(dataset, picture)
        say(f"{dataset.name} → {picture}")


@app.command(epilog="Example: policytext corpus split corpora/policy --output parts --test 0.2")
def split(
    path: CorpusPath,
    output: OutputFolder,
    test: Annotated[float, typer.Option(min=0.01, max=0.99, help="Share of the passages in the part `test`.")] = 0.2,
    folds: Annotated[int | None, typer.Option(min=2, help="So many parts of equal size instead.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another split; the same one, the same.")] = 0,
) -> None:
    """Divide a corpus by document into train and test, or into folds: `train` takes several folds as one corpus."""
    from policytext import corpus

    dataset = corpus.load(path)
    if folds is None:
        parts = dict(zip(("train", "test"), corpus.split(dataset, test, seed), strict=True))
    else:
        parts = {f"fold-{n}": part for n, part in enumerate(corpus.folds(dataset, folds, seed), 1)}
    for name, part in parts.items():
        if not part.examples:
            raise CorpusError(f"{path}: {len(dataset.documents())} documents leave nothing for {name}; divide less")
    told = corpus.settings(path)
    for name, part in parts.items():
        _save(part, output / name, {**told, "name": f"{dataset.name}-{name}"})


@app.command(epilog="Example: policytext corpus merge corpora/policy mine --output both")
def merge(paths: CorpusPaths, output: OutputFolder) -> None:
    """Write several corpora of one taxonomy as one; a document may stand in only one of them."""
    from policytext import corpus

    dataset = corpus.merge([corpus.load(path) for path in paths])
    settings = [corpus.settings(path) for path in paths]
    told: dict[str, Any] = {
        key: "; ".join(dict.fromkeys(str(s[key]) for s in settings if s.get(key))) for key in ("licence", "origin")
    }
    told["document"] = [table for s in settings for table in corpus.documents_told(s).values()]
    _save(dataset, output, {**told, "name": output.name})


@app.command("export", epilog="Example: policytext corpus export corpora/policy --output policy.xlsx")
def export_(
    path: CorpusPath,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file, e.g. policy.xlsx or tasks.json.")],
    to: Annotated[Tool | None, typer.Option("--to", help="The format, where the suffix does not tell it.")] = None,
) -> None:
    """Write a corpus for Excel, Label Studio, doccano or Prodigy, to be labelled or corrected there."""
    from policytext import corpus, exchange

    dataset = corpus.load(path)
    kind = to.value if to is not None else _TOOL_BY_SUFFIX.get(output.suffix.lower())
    if kind is None:
        raise CorpusError(f"{output}: name the format with --to: {', '.join(exchange.EXPORTERS)}")
    exchange.export_corpus(dataset, output, kind)
    beside = f", interface {output.with_suffix('.xml')}" if kind == "label-studio" else ""
    say(f"{len(dataset.examples)} passages → {output} ({kind}{beside})")


@app.command("import", epilog="Example: policytext corpus import policy.xlsx --output corrected")
def import_(
    file: Annotated[Path, typer.Argument(help="What a labelling tool or Excel wrote.")],
    output: OutputFolder,
    of: Annotated[Tool | None, typer.Option("--from", help="The format, where the file does not tell it.")] = None,
    checked: Annotated[bool, typer.Option("--checked", help="A person has seen every label: all are gold.")] = False,
    taxonomy: TaxonomyFile = None,
) -> None:
    """Make a corpus of what comes back from Excel, Label Studio, doccano or Prodigy."""
    from policytext import exchange

    kind = of.value if of is not None else exchange.format_of(file)
    dataset, left_out = exchange.import_corpus(file, kind, _taxonomy(taxonomy), checked=checked)
    if left_out:
        say(f"{file}: {left_out} passages left out, a person turned them down")
    _save(dataset, output, {"origin": f"imported from {file.name} ({kind})"})


@app.command(epilog="Example: policytext corpus agreement first.jsonl second.jsonl --differences differ.jsonl")
def agreement(
    first: CorpusPath,
    second: Annotated[Path, typer.Argument(help="The same passages, labelled by somebody else.")],
    differences: Annotated[Path | None, typer.Option(help="Write the passages that differ, one a line.")] = None,
    format: FormatOption = None,
) -> None:
    """Compare two labellings of the same passages: Cohen's kappa overall and for each label, and what differs."""
    from policytext import agreement as agreeing
    from policytext import corpus
    from policytext.report import write_csv, write_jsonl

    one = corpus.load(first)
    pairs = agreeing.pair(one, corpus.load(second, one.taxonomy))
    facets = one.taxonomy.facets
    found = [
        agreeing.agreement(part, facet, language)
        for facet in facets
        for language, part in agreeing.by_language(pairs).items()
    ]
    rows = [
        row for f in found for row in (agreeing.agreement_row(f), *(agreeing.agreement_row(f, x) for x in f.labels))
    ]
    differ = list(agreeing.differences(pairs, facets))
    chosen = chosen_format(format)
    if chosen is Format.jsonl:
        write_jsonl(rows, sys.stdout)
    elif chosen is Format.csv:
        columns = ("facet", "language", "label", "passages", "agree", "first", "second", "both", "kappa", "f1")
        write_csv(rows, columns, csv_out())
    else:
        for f in found:
            head = f"{f.facet}, {f.language}: {f.passages} passages, {f.agree:.1%} agree, kappa {_figure(f.kappa)}"
            table = [
                (x.label, str(x.first), str(x.second), str(x.both), _figure(x.kappa), _figure(x.f1)) for x in f.labels
            ]
            show_table(head, ("first", "second", "both", "kappa", "F1"), table)
        _show_differences(differ, [facet.id for facet in facets])
    if differences is not None:
        with open_output(differences) as out:
            write_jsonl(differ, out)
    say(f"{len(pairs)} passages compared, {len(differ)} differ" + (f" → {differences}" if differences else ""))


@app.command(epilog="Example: policytext corpus harvest papers/ --output first-corpus")
def harvest(
    paths: Annotated[list[Path] | None, typer.Argument(help="Documents and folders of documents.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The corpus folder to make.")] = None,
    judge: Annotated[
        Path | None, typer.Option(help="Instead of documents, a labelled corpus: how often are the functions right?")
    ] = None,
    least: Annotated[float, typer.Option(min=0, max=1, help="Score below which a label is not given.")] = 0.6,
    keep_unlabelled: Annotated[
        bool, typer.Option("--keep-unlabelled", help="Also write passages on which the functions abstain.")
    ] = False,
    taxonomy: TaxonomyFile = None,
    format: FormatOption = None,
) -> None:
    """Make a first, weakly labelled corpus of documents: headings and cue words vote, and may abstain."""
    from policytext import batch, corpus
    from policytext import harvest as harvesting

    if (judge is None) == (not paths) or (judge is None) == (output is None):
        raise typer.BadParameter("give documents and --output FOLDER, or --judge CORPUS alone")
    if judge is not None:
        dataset = corpus.load(judge, None if taxonomy is None else _taxonomy(taxonomy))
        cast, harvested, gold = harvesting.judge(dataset, least)
        _show_functions(harvesting.report(cast, dataset.taxonomy, gold), chosen_format(format))
        _show_precision(list(harvesting.precision_rows(harvested, gold, dataset.taxonomy)), chosen_format(format))
        return
    assert output is not None
    corpus.refuse_taken(output)
    files = batch.find_files(paths or [])
    used = _taxonomy(taxonomy)
    found = harvesting.harvest(files, used, least=least, keep_unlabelled=keep_unlabelled, name=output.name)
    for file, reason in found.failures:
        say(f"failed  {file}: {reason}")
    if not found.dataset.examples:
        raise CorpusError(
            f"{', '.join(map(str, paths or []))}: no passage was labelled; lower --least, or add documents"
        )
    told = {"origin": "harvested by labelling functions; no person has seen the labels"}
    _save(found.dataset, output, {**told, "document": list(found.documents)})
    say(f"{len(found.votes)} passages read, {len(found.dataset.examples)} written; the functions:")
    _show_functions(harvesting.report(found.votes, used), chosen_format(format))
    if found.failures:
        raise typer.Exit(SOME_FAILED)


@app.command(
    epilog="Example: policytext corpus label first --llm http://localhost:8000/v1 --llm-model NAME --output labelled"
)
def label(
    path: CorpusPath,
    output: OutputFolder,
    llm: Annotated[str, typer.Option("--llm", metavar="URL", help="An OpenAI-compatible endpoint, …/v1.")],
    llm_model: Annotated[str, typer.Option("--llm-model", metavar="NAME", help="The model's name there.")],
    unlabelled: Annotated[bool, typer.Option("--unlabelled", help="Only passages without a label so far.")] = False,
    cache: Annotated[Path | None, typer.Option(help="Where answers are kept; default OUTPUT.cache.jsonl.")] = None,
) -> None:
    """Have a language model label the passages of a corpus: these are sent to the endpoint you name.

    A key, where one is needed, is taken from the environment variable POLICYTEXT_LLM_KEY. Run again, an interrupted
    labelling goes on where it stopped.
    """
    import os
    from collections import Counter

    from policytext import corpus
    from policytext import llm as asking

    dataset = corpus.load(path)
    corpus.refuse_taken(output)
    endpoint = asking.Endpoint(llm, llm_model, os.environ.get(asking.KEY_VARIABLE, ""))
    if endpoint.exposes_key:
        say(f"{llm}: the key crosses the network unencrypted; https would hide it")
    states: Counter[str] = Counter()
    examples = []
    kept = cache or output.with_name(output.name + ".cache.jsonl")
    for done in asking.label(dataset, endpoint, kept, only_unlabelled=unlabelled):
        states[done.state] += 1
        examples.append(done.example)
        if done.state == "failed":
            say(f"failed  {done.example.id}: {done.reason}")
        elif states.total() % _SAY_EVERY == 0:
            say(f"{states.total()} of {len(dataset.examples)}")
    labelled = corpus.dataset_of(dataset.name, dataset.taxonomy, examples)
    told = {**corpus.settings(path), "origin": f"labels by the language model {llm_model}; no person has seen them"}
    _save(labelled, output, told)
    say(", ".join(f"{n} {state}" for state, n in states.items()))
    if states["failed"]:
        say(f"failed ones have the labels they had; to ask again: another --output, and --cache {kept}")
        raise typer.Exit(SOME_FAILED)


# ---------------------------------------------------------------- what the verbs share

_TOOL_BY_SUFFIX = {".xlsx": "excel", ".csv": "csv", ".json": "label-studio"}

_SAY_EVERY = 100
"""Passages between two messages of progress while a language model labels."""

_SHOWN = 20
"""Differing passages that a terminal shows; `--differences` writes them all."""


def _taxonomy(path: Path | None) -> Taxonomy:
    from policytext import taxonomy

    return taxonomy.default() if path is None else taxonomy.load(path)


def _save(dataset: Dataset, folder: Path, told: Mapping[str, Any]) -> None:
    from policytext import corpus

    corpus.save(dataset, folder, told)
    say(f"{len(dataset.examples)} passages of {len(dataset.documents())} documents → {folder}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _show_differences(differ: Sequence[Mapping[str, Any]], facets: Sequence[str]) -> None:
    for row in differ[:_SHOWN]:
        told = "; ".join(
            f"{facet} {', '.join(row[facet][0]) or '-'} | {', '.join(row[facet][1]) or '-'}"
            for facet in facets
            if facet in row
        )
        print(f"{row['id']}  {told}\n    {row['text'][:100]}{'…' if len(row['text']) > 100 else ''}")
    if len(differ) > _SHOWN:
        print(f"… and {len(differ) - _SHOWN} more; --differences FILE writes them all")


def _show_functions(rows: Sequence[FunctionReport], chosen: Format) -> None:
    from policytext.report import write_csv, write_jsonl

    columns = ("function", "facet", "polarity", "coverage", "overlaps", "conflicts", "correct", "incorrect", "accuracy")
    if chosen is Format.table:
        judged = any(row.correct is not None for row in rows)
        table = [
            (
                row.function,
                *(f"{share:.1%}" for share in (row.coverage, row.overlaps, row.conflicts)),
                *((str(row.correct), str(row.incorrect), _figure(row.accuracy)) if judged else ()),
                *(() if judged else (row.polarity[0] if len(row.polarity) == 1 else f"any {row.facet}",)),
            )
            for row in rows
        ]
        show_table("labelling functions", columns[3:] if judged else (*columns[3:6], "gives"), table)
        return
    shown: list[dict[str, Any]] = []
    for row in rows:
        shares = {"coverage": row.coverage, "overlaps": row.overlaps, "conflicts": row.conflicts}
        shown.append({"function": row.function, "facet": row.facet, "polarity": list(row.polarity)})
        shown[-1] |= {name: round(share, 4) for name, share in shares.items()}
        if row.correct is not None:
            accuracy = None if row.accuracy is None else round(row.accuracy, 4)
            shown[-1] |= {"correct": row.correct, "incorrect": row.incorrect, "accuracy": accuracy}
    if chosen is Format.jsonl:
        write_jsonl(shown, sys.stdout)
    else:
        write_csv(shown, columns, csv_out())


def _show_precision(rows: Sequence[Mapping[str, Any]], chosen: Format) -> None:
    from policytext.report import write_csv, write_jsonl

    columns = ("harvested", "right", "right_relaxed", "gold", "precision")
    if chosen is Format.jsonl:
        write_jsonl(rows, sys.stdout)
    elif chosen is Format.csv:
        write_csv(rows, ("language", "facet", "label", *columns), csv_out())
    else:
        for language, facet in dict.fromkeys((row["language"], row["facet"]) for row in rows):
            part = [row for row in rows if (row["language"], row["facet"]) == (language, facet)]
            table = [(r["label"], *(str(r[c]) for c in columns[:4]), _figure(r["precision"])) for r in part]
            show_table(f"harvested labels, {facet}, {language}", columns, table)
