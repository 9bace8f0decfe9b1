"""What do the verbs of the training loop do: `train`, `evaluate`, and `policytext models`? They change for reasons of
their own, so they stand beside `cli`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from policytext.errors import CorpusError, ModelError
from policytext.terminal import Format, FormatOption, chosen_format, console, csv_out, open_output, say, show_table

if TYPE_CHECKING:
    from policytext.compare import Comparison, Drift
    from policytext.corpus import Dataset
    from policytext.evaluate import Predicted, Scores
    from policytext.model import Model, Recipe
    from policytext.scorecard import Card
    from policytext.train import Trained
    from policytext.trials import Point, Trial

app = typer.Typer(help="List, look at and compare models; choose the one that `default` means.", no_args_is_help=True)

RecipeOption = Annotated[Path | None, typer.Option("--recipe", help="A TOML file with fields of the recipe.")]
CalibrateOption = Annotated[
    Path | None,
    typer.Option("--calibrate", help="A corpus by other hands, to learn from how sure the model may be."),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Another seed draws other documents; the same one the same.")]
ModelName = Annotated[str, typer.Argument(help="A model's folder or name, `default` or `shipped`.")]


# ---------------------------------------------------------------- evaluate


def evaluate(
    what: Annotated[
        list[str], typer.Argument(metavar="[MODEL] CORPUS", help="A model (default `default`) and a labelled set.")
    ],
    folds: Annotated[
        int | None, typer.Option(min=2, help="Judge the recipe instead: train anew for each fold of the corpus.")
    ] = None,
    recipe: RecipeOption = None,
    calibrate: CalibrateOption = None,
    html: Annotated[
        Path | None, typer.Option(help="Also write everything as one HTML file, in both languages.")
    ] = None,
    predictions: Annotated[Path | None, typer.Option(help="Write one line a passage, with all probabilities.")] = None,
    seed: SeedOption = 0,
    format: FormatOption = None,
) -> None:
    """Judge a model on a labelled set, or a recipe by folds: scores with intervals, each label, each language.

    Beside the model stand two baselines: the most frequent label, and the taxonomy's own words and headings.
    """
    from policytext import corpus, scorecard, scorepage
    from policytext import evaluate as judging
    from policytext.report import write_csv, write_jsonl

    if len(what) > 2 or (folds is not None and len(what) > 1):
        raise typer.BadParameter("give MODEL and CORPUS, or CORPUS and --folds")
    if folds is None and (recipe is not None or calibrate is not None):
        raise typer.BadParameter("--recipe and --calibrate make a model: they need --folds")
    for path in (predictions, html):
        _refuse_missing_folder(path)
    if folds is None:
        system, dataset, predicted, probabilities, baselines = _meet(what[:-1], corpus.find(what[-1]))
    else:
        system, dataset, predicted, probabilities, baselines = _cross(what[0], recipe, folds, seed, calibrate)
    if predictions is not None:
        with open_output(predictions) as out:
            write_jsonl(judging.prediction_rows(predicted, probabilities), out)
        say(f"{len(predicted)} predictions → {predictions}")
    cards = scorecard.cards(dataset.taxonomy, predicted, baselines, name=system, seed=seed)
    if html is not None:
        documents = len(dataset.documents())
        size = (len(dataset.examples), documents, folds or 0, scorecard.DRAWS, seed)
        occasion = scorepage.Occasion(system, dataset.name, dataset.hash, *size)
        with open_output(html) as out:
            out.write(scorepage.page(cards, occasion))
        say(f"scores → {html}")
    chosen = chosen_format(format)
    if chosen is Format.jsonl:
        write_jsonl(map(scorecard.card_row, cards), sys.stdout)
    elif chosen is Format.csv:
        write_csv((row for card in cards for row in scorecard.card_numbers(card)), scorecard.CARD_COLUMNS, csv_out())
    else:
        for card in cards:
            _show_card(card)


def _meet(
    named: Sequence[str], path: Path
) -> tuple[str, Dataset, Predicted, Sequence[Mapping[str, Mapping[str, float]]], Mapping[str, Predicted]]:
    """A finished model on a given set."""
    from policytext import corpus, scorecard
    from policytext import evaluate as judging
    from policytext import model as models

    tagger = models.load(*named)
    dataset = corpus.load(path, tagger.taxonomy)
    predicted, probabilities = judging.predict(tagger, dataset)
    return tagger.id, dataset, predicted, probabilities, scorecard.baselines(dataset)


def _cross(
    name: str, recipe: Path | None, folds: int, seed: int, calibrate: Path | None
) -> tuple[str, Dataset, Predicted, Sequence[Mapping[str, Mapping[str, float]]], Mapping[str, Predicted]]:
    """A recipe on every fold of a corpus."""
    from policytext import corpus, trials
    from policytext import train as training

    dataset = corpus.load(corpus.find(name))
    elsewhere = _elsewhere(calibrate, dataset)
    predicted: list[Any] = []
    probabilities: list[Any] = []
    baselines: dict[str, list[Any]] = {}
    judged = trials.cross_validate(dataset, training.load_recipe(recipe), folds, seed, elsewhere)
    for n, fold in enumerate(judged, 1):
        predicted += fold.predicted
        probabilities += fold.probabilities
        for system, rows in fold.baselines.items():
            baselines.setdefault(system, []).extend(rows)
        say(f"fold {n} of {folds}: {len(fold.predicted)} passages judged")
    system = recipe.stem if recipe is not None else "the default recipe"
    return system, dataset, predicted, probabilities, baselines


# ---------------------------------------------------------------- train


def train(
    corpora: Annotated[list[str] | None, typer.Argument(help="Corpus folders or JSONL files.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The model's folder.")] = None,
    recipe: RecipeOption = None,
    calibrate: CalibrateOption = None,
    extend: Annotated[
        list[str] | None, typer.Option("--extend", help="Your corpus, to learn from beside the shipped one.")
    ] = None,
    weight: Annotated[
        float, typer.Option(min=0.01, max=100, help="How much a passage of yours counts against a shipped one.")
    ] = 1.0,
    promote: Annotated[
        bool, typer.Option("--promote", help="Make the model the default, unless it is worse than the one before.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Promote it even if it is worse.")] = False,
    search: Annotated[
        bool, typer.Option("--search", help="Try a handful of recipes first; take the simplest of the best.")
    ] = False,
    curve: Annotated[
        bool, typer.Option("--curve", help="No model: what 10, 20, 40, 60, 80, 100 % of the documents would teach.")
    ] = False,
    on: Annotated[
        str | None, typer.Option(help="The labelled set of the curve; without it a fifth of the corpus is held out.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the search, split by document.")] = 5,
    seed: SeedOption = 0,
    format: FormatOption = None,
) -> None:
    """Train a model, judge it by folds split by document, and write its folder.

    With --extend the shipped corpus is learnt from too; a fifth of yours is held out, to see that the model is no
    worse there than the default, nor on documents by other hands.
    """
    from policytext import corpus
    from policytext import train as training

    if bool(corpora) == bool(extend):
        raise typer.BadParameter("give corpora, or one of your own with --extend")
    if curve == (output is not None) or (curve and (search or extend or promote)):
        raise typer.BadParameter("give --output FOLDER for a model, or --curve without search, extend and promote")
    if on is not None and not curve:
        raise typer.BadParameter("--on belongs to --curve; judge a finished model with `policytext evaluate`")
    wanted = training.load_recipe(recipe)
    if extend:
        assert output is not None
        _extend(extend, wanted, output, weight, calibrate, search=folds if search else 0, seed=seed, format=format)
    else:
        dataset = corpus.merge([corpus.load(corpus.find(name)) for name in corpora or []])
        say(f"{dataset.name}: {len(dataset.examples)} passages of {len(dataset.documents())} documents")
        elsewhere = _elsewhere(calibrate, dataset)
        if curve:
            _curve(dataset, wanted, elsewhere, on, seed, chosen_format(format))
            return
        assert output is not None
        trials = _search(dataset, wanted, folds, seed, chosen_format(format)) if search else []
        chosen = next((t.recipe for t, best in trials if t is best), wanted)
        trained = training.fit(dataset, chosen, output.name, elsewhere)
        _write(_with_trials(trained, trials), output)
    if promote:
        _promote(str(output), force=force)


def _search(dataset: Dataset, base: Recipe, folds: int, seed: int, chosen: Format) -> list[tuple[Trial, Trial]]:
    """Each trial beside the one chosen; the table is printed."""
    from policytext import trials
    from policytext.report import write_csv, write_jsonl

    done = []
    for trial in trials.search(dataset, trials.candidates(base), folds, seed):
        say(f"  {trial.name}: macro-F1 {trial.macro_f1:.3f} ± {trial.error:.3f}")
        done.append(trial)
    best = trials.choose(done)
    rows = [trials.trial_row(trial, best) for trial in done]
    if chosen is Format.jsonl:
        write_jsonl(rows, sys.stdout)
    elif chosen is Format.csv:
        write_csv(rows, trials.TRIAL_COLUMNS, csv_out())
    else:
        table = [
            (t.name, f"{t.macro_f1:.3f}", f"{t.error:.3f}", f"{t.weights:,}", "taken" if t is best else "")
            for t in done
        ]
        show_table(f"{dataset.name}: macro-F1 over {folds} folds", ("macro-F1", "± error", "weights", ""), table)
    return [(trial, best) for trial in done]


def _with_trials(trained: Trained, done: Sequence[tuple[Trial, Trial]]) -> Trained:
    from policytext import train as training
    from policytext import trials

    return training.telling(trained, search=[trials.trial_row(t, best) for t, best in done]) if done else trained


def _write(trained: Trained, output: Path) -> Model:
    """Save the model and tell how it did out of fold."""
    from policytext import train as training

    model = training.save(trained, output)
    say(f"{model.id} → {output}")
    for language, s in trained.scores.items():
        say(
            f"  {language}: accuracy {s.accuracy:.3f}, relaxed {s.relaxed_accuracy:.3f}, macro-F1 {s.macro_f1:.3f}"
            f" over {s.passages} passages (folds split by document)"
        )
    return model


def _curve(
    dataset: Dataset, recipe: Recipe, elsewhere: Dataset | None, on: str | None, seed: int, chosen: Format
) -> None:
    from policytext import corpus, trials
    from policytext.report import write_csv, write_jsonl

    if on is None:
        dataset, held = corpus.split(dataset, 0.2, seed)
        if not held.examples or not dataset.examples:
            raise CorpusError(f"{dataset.name}: too few documents to hold some out; name a labelled set with --on")
    else:
        held = corpus.load(corpus.find(on), dataset.taxonomy)
        _refuse_shared(dataset, held)
    say(f"measured on {held.name}: {len(held.examples)} passages of {len(held.documents())} documents")
    points = []
    for point in trials.curve(dataset, held, recipe, seed, elsewhere):
        say(f"  {point.share:.0%}: {point.documents} documents" + (f": {point.reason}" if point.reason else ""))
        points.append(point)
    rows = [row for point in points for row in trials.point_rows(point)]
    if chosen is Format.jsonl:
        write_jsonl(rows, sys.stdout)
    elif chosen is Format.csv:
        write_csv(rows, trials.CURVE_COLUMNS, csv_out())
    else:
        _show_curve(points)


def _extend(
    names: Sequence[str],
    recipe: Recipe,
    output: Path,
    weight: float,
    calibrate: Path | None,
    *,
    search: int,
    seed: int,
    format: Format | None,
) -> None:
    from policytext import corpus
    from policytext import extend as extending
    from policytext import model as models
    from policytext import train as training

    before = models.load()
    shipped = corpus.load(corpus.find("policy"))
    own = corpus.merge([corpus.load(corpus.find(name)) for name in names])
    learn, held = extending.hold_out(own, seed)
    parts = [(shipped, 1.0), (learn, weight)]
    dataset = corpus.merge([part for part, _ in parts])
    say(
        f"{dataset.name}: {len(dataset.examples)} passages of {len(dataset.documents())} documents; held out: "
        f"{', '.join(held.documents())}"
    )
    extending.refuse_other_taxonomy(before, dataset)
    elsewhere = corpus.load(corpus.find("narrative")) if calibrate is None else _elsewhere(calibrate, dataset)
    if elsewhere is not None:
        _refuse_shared(dataset, elsewhere)
    trials = _search(dataset, recipe, search, seed, chosen_format(format)) if search else []
    chosen = next((t.recipe for t, best in trials if t is best), recipe)
    trained = training.fit(dataset, chosen, output.name, elsewhere, extending.weights(parts))
    sets = [held] if elsewhere is None else [held, elsewhere]
    verdicts = extending.judge(before, trained.model, sets, seed)
    trained = training.telling(
        _with_trials(trained, trials),
        corpora=extending.corpora_told(parts),
        held_out=list(held.documents()),
        verdicts=extending.told(verdicts, before),
    )
    _write(trained, output)
    for v in verdicts:
        span = f" ({v.low:+.3f} to {v.high:+.3f})" if v.low is not None and v.high is not None else ""
        say(
            f"  on {v.corpus}, {v.passages} passages of {v.documents} documents: macro-F1 {v.before:.3f} by {before.id}"
            f", {v.after:.3f} by this one, {v.after - v.before:+.3f}{span}{': worse' if v.worse else ''}"
        )


# ---------------------------------------------------------------- models


@app.command("list", epilog="Example: policytext models list")
def list_(format: FormatOption = None) -> None:
    """List the shipped model and those that were ever promoted; an asterisk marks the default."""
    from policytext import model as models
    from policytext import registry
    from policytext.report import write_csv, write_jsonl

    current = registry.current()
    folders = {models.SHIPPED: models.find(models.SHIPPED)} | {f.name: f for f in registry.models()}
    rows = [
        models.summary(folder)
        | {"name": name, "default": folder == current or (current is None and name == models.SHIPPED)}
        for name, folder in folders.items()
    ]
    chosen = chosen_format(format)
    if chosen is Format.jsonl:
        write_jsonl(rows, sys.stdout)
    elif chosen is Format.csv:
        write_csv(rows, ("name", "default", "id", "taxonomy", "corpus", "macro_f1", "folder"), csv_out())
    else:
        table = [
            (
                f"{'*' if r['default'] else ' '} {r['name']}",
                r["id"],
                r["taxonomy"],
                r["corpus"],
                ", ".join(f"{x} {f:.3f}" for x, f in r["macro_f1"].items()),
            )
            for r in rows
        ]
        show_table("models", ("id", "taxonomy", "corpus", "macro-F1 out of fold"), table)


@app.command(epilog="Example: policytext models show default")
def show(name: ModelName = "default", format: FormatOption = None) -> None:
    """Print a model's card; with --format jsonl its whole manifest."""
    from policytext import model as models
    from policytext.report import write_csv, write_jsonl
    from policytext.train import card

    model = models.load(name)
    chosen = chosen_format(format)
    if chosen is Format.jsonl:
        write_jsonl([dict(model.manifest)], sys.stdout)
    elif chosen is Format.csv:
        write_csv(({"field": k, "value": v} for k, v in model.manifest.items()), ("field", "value"), csv_out())
    else:
        print(card(model.manifest))


@app.command(epilog="Example: policytext models compare default my-model --on gold.jsonl")
def compare(
    first: ModelName,
    second: Annotated[str, typer.Argument(help="The model to set against it.")],
    on: Annotated[str | None, typer.Option(help="A labelled set: which of the two is better?")] = None,
    library: Annotated[Path | None, typer.Option(help="A library: what would be labelled otherwise?")] = None,
    changes: Annotated[
        Path | None, typer.Option(help="With --library: write the passages that would change, one a line.")
    ] = None,
    seed: SeedOption = 0,
    format: FormatOption = None,
) -> None:
    """Set two models side by side: McNemar's test and intervals over documents, or what would change in a library."""
    from policytext import compare as comparing
    from policytext import model as models

    if on is None and library is None:
        raise typer.BadParameter("name a labelled set with --on, a library with --library, or both")
    if changes is not None and library is None:
        raise typer.BadParameter("--changes needs --library")
    _refuse_missing_folder(changes)
    one, two = models.load(first), models.load(second)
    used = comparing.same_taxonomy(one, two)
    chosen = chosen_format(format)
    if on is not None:
        from policytext import corpus
        from policytext.evaluate import predict

        dataset = corpus.load(corpus.find(on), used)
        found = comparing.compare(used, predict(one, dataset)[0], predict(two, dataset)[0], seed=seed)
        _print_comparisons(found, one, two, chosen)
    if library is not None:
        from policytext.library import Library
        from policytext.report import write_jsonl

        with Library.reader(library) as store:
            passages = [t.passage for t in store.tagged()]
        before, after = one.tag(passages), two.tag(passages)
        drifts = [comparing.drift(facet, before, after) for facet in used.facets]
        _print_drifts(drifts, one, two, chosen)
        if changes is not None:
            moved = [c for d in drifts for c in d.changes]
            with open_output(changes) as out:
                write_jsonl(map(comparing.change_row, moved), out)
            say(f"{len(moved)} changes → {changes}")


@app.command(epilog="Example: policytext models promote my-model")
def promote(
    name: Annotated[str, typer.Argument(help="A model's folder, or the name of one that was promoted before.")],
    force: Annotated[bool, typer.Option("--force", help="Even if it was found worse than the default.")] = False,
) -> None:
    """Make a model the default: it is copied into your model folder, and the step is kept."""
    _promote(name, force=force)


@app.command(epilog="Example: policytext models rollback")
def rollback() -> None:
    """Make the model before the promoted one the default again."""
    from policytext import registry

    say(f"default → {registry.rollback() or 'the shipped model'}")


def _promote(name: str, *, force: bool) -> None:
    from policytext import extend, registry
    from policytext import model as models

    model = models.load(name)  # a damaged one is refused here
    if not force:
        extend.refuse_worse(model.manifest)
    target = registry.promote(models.find(name), model.id)
    say(f"default → {target.name} ({target})")


# ---------------------------------------------------------------- what the verbs share


def _elsewhere(calibrate: Path | None, dataset: Dataset) -> Dataset | None:
    from policytext import corpus

    return None if calibrate is None else corpus.load(corpus.find(str(calibrate)), dataset.taxonomy)


def _refuse_shared(dataset: Dataset, held: Dataset) -> None:
    """Raise `CorpusError` when a document is in both: what is learnt by heart proves nothing."""
    if shared := sorted(set(dataset.documents()) & set(held.documents())):
        raise CorpusError(f"{held.name}: document {shared[0]} is learnt from too; name documents that are not")


def _refuse_missing_folder(path: Path | None) -> None:
    """Raise before the work and not after it when a file can't be written."""
    if path is not None and not path.parent.is_dir():
        raise ModelError(f"{path}: can't be written (no such folder); choose another place")


def _spanned(value: float, span: Any) -> str:
    return f"{value:.3f}" + (f" ({span.low:.2f}–{span.high:.2f})" if span is not None else "")


def _show_card(card: Card) -> None:
    """The scores of model and baselines, then each label's, for an exclusive facet with the confusion."""
    from policytext.evaluate import Scores
    from policytext.scorecard import measures

    scores = card.model.scores
    head = f"{card.facet.id}, {card.language}: {scores.passages} passages of {card.documents} documents"
    if isinstance(scores, Scores):
        head += (
            f"; macro-F1 of labels with 10 or more {scores.macro_f1_frequent:.3f}, ECE {scores.ece:.3f}; kept without"
            f" review {scores.kept:.0%}, of these {scores.kept_relaxed_accuracy:.3f} right"
        )
    names = measures(card.facet)
    rows = [(j.system, *(_spanned(getattr(j.scores, n), j.intervals.get(n)) for n in names)) for j in card.systems]
    show_table(head, tuple(n.replace("_accuracy", "").replace("_f1", "-F1") for n in names), rows)
    if isinstance(scores, Scores):
        _show_labels(scores)
    else:
        figures = [
            (s.label, f"{s.precision:.2f}", f"{s.recall:.2f}", f"{s.f1:.2f}", str(s.support)) for s in scores.labels
        ]
        show_table("", ("prec.", "recall", "F1", "gold"), figures)


def _show_labels(scores: Scores) -> None:
    guesses = [s.label for s in scores.labels]
    heads = ("prec.", "recall", "F1", "gold", *(f"→{g[:4]}" for g in guesses))  # 80 columns hold five labels
    rows = [
        (
            s.label,
            f"{s.precision:.2f}",
            f"{s.recall:.2f}",
            f"{s.f1:.2f}",
            str(s.support),
            *(str(scores.confusion.get((s.label, g), 0)) for g in guesses),
        )
        for s in scores.labels
    ]
    show_table("", heads, rows)


def _show_curve(points: Sequence[Point]) -> None:
    """A column a share, a row for each facet and language; intervals are left to the other formats."""
    keys = list(dict.fromkeys((c.facet.id, c.language) for p in points for c in p.cards))
    scores = [{(c.facet.id, c.language): c.model.scores.macro_f1 for c in p.cards} for p in points]
    rows = [("documents", *(str(p.documents) for p in points)), ("passages", *(str(p.passages) for p in points))]
    rows += [
        (f"{facet}, {language}", *("-" if (facet, language) not in s else f"{s[facet, language]:.3f}" for s in scores))
        for facet, language in keys
    ]
    show_table("macro-F1 by share of the documents learnt from", [f"{p.share:.0%}" for p in points], rows)


def _print_comparisons(found: Iterable[Comparison], one: Model, two: Model, chosen: Format) -> None:
    from policytext import compare as comparing
    from policytext.report import write_csv, write_jsonl

    if chosen is not Format.table:
        rows = [row for c in found for row in comparing.comparison_rows(c)]
        if chosen is Format.jsonl:
            write_jsonl(rows, sys.stdout)
        else:
            write_csv(rows, comparing.COMPARISON_COLUMNS, csv_out())
        return
    for c in found:
        table = []
        for name, d in c.scores.items():
            span = f"{d.interval.low:+.3f} to {d.interval.high:+.3f}" if d.interval else ""
            table.append((name, f"{d.first:.3f}", f"{d.second:.3f}", f"{d.value:+.3f}", span))
        head = f"{c.facet}, {c.language}: {c.passages} passages of {c.documents} documents"
        show_table(head, (one.id, two.id, "difference", "95 % interval"), table)
        if c.p is not None:
            console().print(
                f"  only {one.id} right: {c.only_first}, only {two.id} right: {c.only_second}; McNemar p = {c.p:.3g}\n",
                markup=False,
            )


def _print_drifts(drifts: Sequence[Drift], one: Model, two: Model, chosen: Format) -> None:
    from policytext import compare as comparing
    from policytext.report import write_csv, write_jsonl

    rows = [row for d in drifts for row in comparing.drift_rows(d)]
    if chosen is Format.jsonl:
        write_jsonl(rows, sys.stdout)
    elif chosen is Format.csv:
        write_csv(rows, comparing.DRIFT_COLUMNS, csv_out())
    else:
        for d in drifts:
            share = len(d.changes) / d.passages if d.passages else 0.0
            table = [tuple(str(row[c]) for c in comparing.DRIFT_COLUMNS[1:]) for row in comparing.drift_rows(d)]
            head = (
                f"{d.facet}: {len(d.changes)} of {d.passages} passages ({share:.1%}) would change, {one.id} → {two.id}"
            )
            show_table(head, comparing.DRIFT_COLUMNS[2:], table)
            moves = [f"{a or '(none)'} → {b or '(none)'} {n}" for (a, b), n in list(d.moves.items())[:8]]
            if moves:
                console().print(f"  {'; '.join(moves)}\n", markup=False)
