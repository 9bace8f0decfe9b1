"""How does a corpus go to a labelling tool and come back? One function a format each way; each keeps all of a line.

Labels that a person gave come back as gold. Labels that a program gave keep their source and score until a person
confirms them (an annotation in Label Studio, `answer` in Prodigy, `checked` in a sheet) or changes them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from policytext import tokens
from policytext.corpus import GOLD, Dataset, Example, dataset_of, example_of, origins, to_line
from policytext.errors import CorpusError, MissingExtraError
from policytext.report import BOM, safe_cell
from policytext.taxonomy import Facet, Taxonomy
from policytext.types import Tagged

Line = dict[str, Any]
Placed = tuple[str, Line]
"""A corpus line's object with the place it was read from."""

ALSO = "-also"
"""What further labels of an exclusive facet are filed under in tools that know no order: `role-also:dilemma`."""

EXCEL_CELL = 32_767
"""Characters that a cell of Excel holds; openpyxl would cut the rest off without a word."""


def export_corpus(dataset: Dataset, path: Path, kind: str) -> None:
    """Write the corpus in a format of `EXPORTERS`; raises `CorpusError` where the file can't be written."""
    try:
        EXPORTERS[kind](dataset, path)
    except OSError as error:
        raise CorpusError(f"{path}: can't be written ({error.strerror or error}); choose another place") from None


def import_corpus(path: Path, kind: str, taxonomy: Taxonomy, *, checked: bool = False) -> tuple[Dataset, int]:
    """The corpus in a file that a tool wrote, and how many of its items a person had turned down.

    `checked` says that a person has seen every label. A line without a document is one of the file's name; one
    without a language is read for it. Raises `CorpusError` naming file and line, row or item.
    """
    try:
        placed, left_out = IMPORTERS[kind](path, taxonomy)
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file; check the path") from None
    except OSError as error:
        raise CorpusError(f"{path}: can't be read ({error.strerror or error})") from None
    counts: dict[str, int] = {}
    places: dict[str, str] = {}
    examples: list[Example] = []
    for place, line in placed:
        text = line.get("text")
        line.setdefault("doc", path.stem)
        if not line.get("language") and isinstance(text, str):
            line["language"] = tokens.language(text)
        example = example_of(place, _kept_origins(line, drop=checked), taxonomy, counts)
        if example.id in places:
            raise CorpusError(f'{place}: id "{example.id}" was used at {places[example.id]}; give it another')
        places[example.id] = place
        examples.append(example)
    if not examples:
        raise CorpusError(f"{path}: holds no passage")
    return dataset_of(path.stem, taxonomy, examples), left_out


def format_of(path: Path) -> str:
    """The format of a file by its suffix and, for JSON lines, by the fields of its first one."""
    suffix = path.suffix.lower()
    by_suffix = {".xlsx": "excel", ".csv": "csv", ".tsv": "csv", ".json": "label-studio"}
    if suffix in by_suffix:
        return by_suffix[suffix]
    if suffix in (".jsonl", ".ndjson"):
        first = next((line for _, line in _json_lines(path)), {})
        return "prodigy" if {"accept", "options", "answer", "_input_hash"} & set(first) else "doccano"
    raise CorpusError(f'{path}: unknown file type "{suffix}"; name its format: {", ".join(IMPORTERS)}')


# ---------------------------------------------------------------- labels as single words


def flat_labels(tagged: Tagged, taxonomy: Taxonomy) -> list[str]:
    """The labels as `facet:label`, further ones of an exclusive facet as `facet-also:label`, in order."""
    flat = []
    for facet in taxonomy.facets:
        for place, label in enumerate(tagged.labels(facet.id)):
            flat.append(f"{facet.id}{ALSO if facet.exclusive and place else ''}:{label}")
    return flat


def flat_names(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    """Every label that `flat_labels` may give, with what a person reads."""
    return [
        (f"{facet.id}{kind}:{label.id}", f"{facet.id}{kind} {label.name['zh']} {label.name['en']}")
        for facet in taxonomy.facets
        for kind in (("", ALSO) if facet.exclusive else ("",))
        for label in facet.labels
    ]


def _from_flat(place: str, flat: Iterable[object], taxonomy: Taxonomy) -> Line:
    """The label fields of a corpus line; a bare label is of the one facet that has it."""
    given: dict[str, list[str]] = {}
    for item in flat:
        kind, colon, label = str(item).partition(":")
        if not colon:
            homes = [facet.id for facet in taxonomy.facets if kind in facet.ids]
            if len(homes) != 1:
                raise CorpusError(f'{place}: label "{item}" is not in the taxonomy; labels look like role:cause')
            kind, label = homes[0], kind
        given.setdefault(kind, []).append(label)
    known = {facet.id + kind for facet in taxonomy.facets for kind in (("", ALSO) if facet.exclusive else ("",))}
    if strange := sorted(set(given) - known):
        raise CorpusError(f'{place}: "{strange[0]}" is no facet of the taxonomy; labels look like role:cause')
    line: Line = {}
    for facet in taxonomy.facets:
        first, also = given.get(facet.id, []), given.get(facet.id + ALSO, [])
        if facet.exclusive and len(first) > 1:
            told = f"{facet.id}{ALSO}:{first[1]}"
            raise CorpusError(f"{place}: has {len(first)} labels of {facet.id}; give further ones as {told}")
        if also and not first:
            raise CorpusError(f"{place}: has a further {facet.id} and no first one; give it {facet.id}:{also[0]}")
        line |= _fields(facet, [*first, *also])
    return line


def _fields(facet: Facet, labels: Sequence[str]) -> Line:
    """The labels of a facet as the fields of a corpus line."""
    if facet.id == "role":
        return {"role": labels[0] if labels else None, "also": list(labels[1:])}
    return {"themes" if facet.id == "theme" else facet.id: list(labels)}


def _labels_in(line: Mapping[str, Any], facet_id: str) -> list[Any]:
    if facet_id == "role":
        return [x for x in (line.get("role"), *(line.get("also") or [])) if x]
    return list(line.get("themes" if facet_id == "theme" else facet_id) or [])


def _rest(line: Line) -> Line:
    """What a tool has to carry along to give the line back: all but text and labels."""
    keys = ("id", "doc", "language", "section", "item", "sources", "scores")
    return {key: line[key] for key in keys if key in line}


def _kept_origins(line: Line, *, drop: bool) -> Line:
    """The line with sources and scores of the labels that it still has; a label that a person put there has none."""
    kept = {key: value for key, value in line.items() if key not in ("sources", "scores")}
    for key in ("sources", "scores"):
        told = line.get(key)
        if drop or not isinstance(told, Mapping):
            continue
        still = {f: {x: v for x, v in xs.items() if x in _labels_in(line, f)} for f, xs in told.items()}
        kept[key] = {facet: labels for facet, labels in still.items() if labels}
    return kept


def _is_gold(tagged: Tagged) -> bool:
    return bool(tagged.tags) and all(tag.source == GOLD and tag.score == 1.0 for tag in tagged.tags)


# ---------------------------------------------------------------- Label Studio


def _to_label_studio(dataset: Dataset, path: Path) -> None:
    tasks = [label_studio_task(e, dataset.taxonomy) for e in dataset.examples]
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8", newline="\n")
    path.with_suffix(".xml").write_text(label_studio_config(dataset.taxonomy), encoding="utf-8", newline="\n")


def label_studio_task(example: Example, taxonomy: Taxonomy) -> dict[str, Any]:
    """A task: gold labels as an annotation, others as a prediction that a person confirms or corrects."""
    line = to_line(example)
    given: dict[str, list[str]] = {}
    for flat in flat_labels(example.tagged, taxonomy):
        kind, _, label = flat.partition(":")
        given.setdefault(kind, []).append(label)
    result = [
        {"from_name": kind, "to_name": "text", "type": "choices", "value": {"choices": labels}}
        for kind, labels in given.items()
    ]
    heading = " > ".join(example.tagged.passage.section)
    task: dict[str, Any] = {"data": {"text": line["text"], "heading": heading, "passage": _rest(line)}}
    if _is_gold(example.tagged):
        task["annotations"] = [{"result": result}]
    elif result:
        sources = sorted({tag.source for tag in example.tagged.tags})
        score = min(tag.score for tag in example.tagged.tags)
        task["predictions"] = [{"model_version": ", ".join(sources), "score": score, "result": result}]
    return task


def label_studio_config(taxonomy: Taxonomy) -> str:
    """The labelling interface for these tasks, to be pasted into the project's settings."""
    parts = ["<View>", '  <Header value="$heading"/>', '  <Text name="text" value="$text"/>']
    for facet in taxonomy.facets:
        for kind in ("", ALSO) if facet.exclusive else ("",):
            choice = "single" if facet.exclusive and not kind else "multiple"
            parts.append(f"  <Header value={quoteattr(facet.title['zh'] + ' ' + facet.title['en'] + kind)}/>")
            parts.append(f'  <Choices name={quoteattr(facet.id + kind)} toName="text" choice="{choice}">')
            for label in facet.labels:
                hint = label.definition["zh"] + " " + label.definition["en"]
                parts.append(f"    <Choice value={quoteattr(label.id)} hint={quoteattr(hint)}/>")
            parts.append("  </Choices>")
    return "\n".join([*parts, "</View>", ""])


def _from_label_studio(path: Path, taxonomy: Taxonomy) -> tuple[list[Placed], int]:
    try:
        tasks = json.loads(_decoded(path))
    except ValueError as error:
        raise CorpusError(f"{path}: not valid JSON ({error}); export the project as JSON") from None
    if not isinstance(tasks, list):
        raise CorpusError(f"{path}: not a list of tasks; export the project as JSON")
    placed = []
    for number, task in enumerate(tasks, 1):
        place = f"{path}: task {number}"
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict):
            raise CorpusError(f'{place}: has no "data"; export the project as JSON, not as JSON-MIN')
        line = {**_object(data.get("passage")), "text": data.get("text")}
        done = [a for a in task.get("annotations") or [] if isinstance(a, dict) and not a.get("was_cancelled")]
        chosen = [*(task.get("predictions") or [])[-1:], *done][-1:]  # a person's last word, else the program's
        if done:
            line = {key: value for key, value in line.items() if key not in ("sources", "scores")}
        results = [_object(result) for result in (_object(chosen[0]).get("result") or [] if chosen else [])]
        flat = [f"{r.get('from_name')}:{x}" for r in results for x in _object(r.get("value")).get("choices", [])]
        placed.append((place, {**line, **_from_flat(place, flat, taxonomy)}))
    return placed, 0


# ---------------------------------------------------------------- doccano and Prodigy


def _to_doccano(dataset: Dataset, path: Path) -> None:
    """JSON lines for doccano's text classification; what it calls `id` is its own, so ours is in `passage`."""
    lines = [to_line(e) for e in dataset.examples]
    rows = [
        {"text": line["text"], "label": flat_labels(e.tagged, dataset.taxonomy), "passage": _rest(line)}
        for e, line in zip(dataset.examples, lines, strict=True)
    ]
    _write_lines(rows, path)


def _from_doccano(path: Path, taxonomy: Taxonomy) -> tuple[list[Placed], int]:
    placed = []
    for place, row in _json_lines(path):
        meta = _object(row.get("metadata"))  # where doccano up to 1.5 keeps other fields
        line = {**_object(row.get("passage") or meta.get("passage")), "text": row.get("text", row.get("data"))}
        labels = row.get("label", row.get("labels")) or []
        flat = [labels] if isinstance(labels, str) else labels
        placed.append((place, {**line, **_from_flat(place, flat, taxonomy)}))
    return placed, 0


def _to_prodigy(dataset: Dataset, path: Path) -> None:
    """JSON lines for Prodigy's choice interface, with the labels as options; gold ones are answered already."""
    options = [{"id": flat, "text": name} for flat, name in flat_names(dataset.taxonomy)]
    rows = []
    for example in dataset.examples:
        line = to_line(example)
        row: dict[str, Any] = {"text": line["text"], "options": options}
        row["accept"] = flat_labels(example.tagged, dataset.taxonomy)
        if _is_gold(example.tagged):
            row["answer"] = "accept"
        row["meta"] = {"heading": " > ".join(example.tagged.passage.section)}
        rows.append({**row, "passage": _rest(line)})
    _write_lines(rows, path)


def _from_prodigy(path: Path, taxonomy: Taxonomy) -> tuple[list[Placed], int]:
    placed, left_out = [], 0
    for place, row in _json_lines(path):
        answer = row.get("answer")
        if answer in ("reject", "ignore"):
            left_out += 1
            continue
        line = {**_object(row.get("passage")), "text": row.get("text")}
        if answer == "accept":
            line = {key: value for key, value in line.items() if key not in ("sources", "scores")}
        flat = row.get("accept") or ([row["label"]] if row.get("label") else [])
        placed.append((place, {**line, **_from_flat(place, flat, taxonomy)}))
    return placed, left_out


def _write_lines(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8", newline="\n")


def _json_lines(path: Path) -> Iterator[Placed]:
    for number, text in enumerate(_decoded(path).split("\n"), 1):
        if text.strip():
            place = f"{path}:{number}"
            try:
                row = json.loads(text)
            except ValueError as error:
                raise CorpusError(f"{place}: not valid JSON ({error}); one object a line") from None
            if not isinstance(row, dict):
                raise CorpusError(f"{place}: not an object; one object a line")
            yield place, row


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _decoded(path: Path) -> str:
    """The text of a file in UTF-8, or in what Excel writes: UTF-16 behind its mark, GB 18030 on a Chinese Windows."""
    data = path.read_bytes()
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: neither UTF-8 nor GB 18030 at byte {error.start}; save it as UTF-8") from None


# ---------------------------------------------------------------- sheets

FIXED = ("id", "doc", "language", "section", "item", "text")
CHECKED, ORIGINS = "checked", "origins"


def sheet(dataset: Dataset) -> tuple[list[str], list[list[str]]]:
    """The corpus as columns and rows of text: one column a label, as many as the fullest passage needs."""
    columns = list(FIXED)
    wide: dict[str, int] = {}
    for facet in dataset.taxonomy.facets:
        most = max((len(e.tagged.labels(facet.id)) for e in dataset.examples), default=0)
        wide[facet.id] = max(most, 2 if facet.exclusive else 3)
        columns += [facet.id, *(f"{facet.id} {n}" for n in range(2, wide[facet.id] + 1))]
    rows = []
    for example in dataset.examples:
        passage = example.tagged.passage
        row = [example.id, passage.doc_id, passage.language, _section_cell(passage.section), passage.item, passage.text]
        for facet in dataset.taxonomy.facets:
            labels = example.tagged.labels(facet.id)
            row += [*labels, *[""] * (wide[facet.id] - len(labels))]
        told = {key: value for key, value in origins(example.tagged).items() if value}
        row.append("yes" if _is_gold(example.tagged) else "")
        row.append(json.dumps(told, ensure_ascii=False) if told else "")
        rows.append(row)
    return [*columns, CHECKED, ORIGINS], rows


def _section_cell(section: Sequence[str]) -> str:
    """The path of headings as a reader writes it, as JSON where that could be read in two ways."""
    plain = " > ".join(section)
    return plain if _sections(plain) == list(section) else json.dumps(list(section), ensure_ascii=False)


def _sections(cell: str) -> list[str]:
    if cell.startswith("["):
        try:
            value = json.loads(cell)
        except ValueError:
            value = None
        if isinstance(value, list) and all(isinstance(x, str) for x in value):
            return value
    return cell.split(" > ") if cell else []


def _from_sheet(path: Path, rows: Iterable[tuple[int, Sequence[str]]], taxonomy: Taxonomy) -> list[Placed]:
    """The lines of a sheet whose first row names the columns; empty rows are passed over."""
    placed: list[Placed] = []
    columns: list[str] = []
    for number, row in rows:
        if not any(cell for cell in row):
            continue
        place = f"{path}:{number}"
        if not columns:
            columns = [cell.strip().lower() for cell in row]
            if "text" not in columns:
                raise CorpusError(f'{place}: no column is called "text"; the first row names the columns')
            continue
        cells = dict(zip(columns, row, strict=False))
        line: Line = {key: cells[key] for key in ("id", "doc", "language", "item", "text") if cells.get(key)}
        line["section"] = _sections(cells.get("section", ""))
        for facet in taxonomy.facets:
            named = re.compile(rf"{re.escape(facet.id.lower())}(?: \d+)?")
            labels = [cells[c].strip() for c in columns if named.fullmatch(c) and cells.get(c, "").strip()]
            line |= _fields(facet, labels)
        if cells.get(ORIGINS) and cells.get(CHECKED, "").strip().lower() not in ("yes", "y", "1", "true", "是"):
            try:
                line |= _object(json.loads(cells[ORIGINS]))
            except ValueError:
                raise CorpusError(f'{place}: column "{ORIGINS}" was changed; empty the cell') from None
        placed.append((place, line))
    return placed


def _to_csv(dataset: Dataset, path: Path) -> None:
    columns, rows = sheet(dataset)
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(BOM)
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows([guarded(cell) for cell in row] for row in rows)


def _from_csv(path: Path, taxonomy: Taxonomy) -> tuple[list[Placed], int]:
    import io

    text = _decoded(path)
    head = text.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)  # Excel writes the list separator of its country
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    try:
        rows = [(reader.line_num, [unguarded(cell) for cell in row]) for row in reader]
    except csv.Error as error:
        raise CorpusError(f"{path}:{reader.line_num}: not a CSV row ({error})") from None
    return _from_sheet(path, rows, taxonomy), 0


def guarded(cell: str) -> str:
    """The cell with an apostrophe before it where a spreadsheet would take it for a formula; `unguarded` undoes it.

    >>> guarded("=1+1"), guarded("'=1+1"), guarded("'tis"), unguarded(guarded("'=1+1"))
    ("'=1+1", "''=1+1", "'tis", "'=1+1")
    """
    return "'" + cell if _is_formula(cell.lstrip("'")) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before `guarded`."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell.lstrip("'")) else cell


def _is_formula(text: str) -> bool:
    return bool(text) and safe_cell(text) != text


# ---------------------------------------------------------------- Excel

_UNWRITABLE = "\x00-\x08\x0b-\x1f\ufffe\uffff"
"""Characters that the XML of an Excel file can't hold or would change, the carriage return among them."""

_WIDTHS = {"text": 90, "section": 30, "id": 18, "doc": 16, ORIGINS: 24}


def excel_text(text: str) -> str:
    """The text as Excel writes it in its files: what XML can't hold as `_x0007_` (ECMA-376, ST_Xstring).

    >>> excel_text("a\\x07b"), excel_text("_x0007_")
    ('a_x0007_b', '_x005F_x0007_')
    """
    text = re.sub(rf"_(?=x[0-9A-Fa-f]{{4}}(?:_|[{_UNWRITABLE}]))", "_x005F_", text)
    return re.sub(f"[{_UNWRITABLE}]", lambda m: f"_x{ord(m[0]):04X}_", text)


def plain_text(text: str) -> str:
    """The text that `excel_text` stands for."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text)


def _to_excel(dataset: Dataset, path: Path) -> None:
    """A workbook with the passages, and the labels on a second sheet, from which the drop-down lists take them."""
    openpyxl = _openpyxl()
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = openpyxl.Workbook()
    passages, labels = book.active, book.create_sheet("labels")
    passages.title = "passages"
    columns, rows = sheet(dataset)
    for row, cells in enumerate([columns, *rows], 1):
        for column, value in enumerate(cells, 1):
            written = excel_text(value)
            if len(written) > EXCEL_CELL:
                told = f"{columns[column - 1]} has {len(written)} characters, a cell holds {EXCEL_CELL}"
                raise CorpusError(f'{path}: passage "{cells[0]}": {told}; export it as CSV')
            if written:
                cell = passages.cell(row, column)
                cell.value = written
                cell.data_type = "s"  # a text that begins with = stays a text …
                cell.quotePrefix = _is_formula(value)  # … also when somebody edits the cell
                cell.alignment = Alignment(wrap_text=columns[column - 1] == "text", vertical="top")
    for cell in passages[1]:
        cell.font = Font(bold=True)
    passages.freeze_panes = "A2"
    passages.auto_filter.ref = passages.dimensions
    for place, name in enumerate(columns, 1):
        passages.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(name, 14)
    labels.append(["facet", "label", "zh", "en", "zh definition", "en definition"])
    last = max(len(rows) + 1, 2)
    for facet in dataset.taxonomy.facets:
        first = labels.max_row + 1
        for x in facet.labels:
            labels.append([facet.id, x.id, x.name["zh"], x.name["en"], x.definition["zh"], x.definition["en"]])
        choices = DataValidation(type="list", formula1=f"labels!$B${first}:$B${labels.max_row}", allow_blank=True)
        choices.error = f"one of the labels of {facet.id}, see the sheet labels"
        choices.showErrorMessage = True
        for place, name in enumerate(columns, 1):
            if name == facet.id or re.fullmatch(rf"{re.escape(facet.id)} \d+", name):
                letter = get_column_letter(place)
                choices.add(f"{letter}2:{letter}{last}")
        passages.add_data_validation(choices)
    seen = DataValidation(type="list", formula1='"yes"', allow_blank=True)
    letter = get_column_letter(columns.index(CHECKED) + 1)
    seen.add(f"{letter}2:{letter}{last}")
    passages.add_data_validation(seen)
    book.save(path)


def _from_excel(path: Path, taxonomy: Taxonomy) -> tuple[list[Placed], int]:
    import zipfile

    openpyxl = _openpyxl()
    try:
        book = openpyxl.load_workbook(path, data_only=True)
        table = book["passages"] if "passages" in book.sheetnames else book.worksheets[0]
        rows = [[_cell_text(value) for value in row] for row in table.iter_rows(values_only=True)]
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, openpyxl.utils.exceptions.InvalidFileException) as e:
        raise CorpusError(f"{path}: not a sound Excel file ({e}); save it as .xlsx again") from None
    return _from_sheet(path, enumerate(rows, 1), taxonomy), 0


def _cell_text(value: object) -> str:
    return "" if value is None else plain_text(str(value))


def _openpyxl() -> Any:
    try:
        import openpyxl
        import openpyxl.utils.exceptions
    except ImportError:
        raise MissingExtraError("Excel", "corpus") from None
    return openpyxl


EXPORTERS: dict[str, Callable[[Dataset, Path], None]] = {
    "label-studio": _to_label_studio,
    "doccano": _to_doccano,
    "prodigy": _to_prodigy,
    "csv": _to_csv,
    "excel": _to_excel,
}
"""What writes each format."""

IMPORTERS: dict[str, Callable[[Path, Taxonomy], tuple[list[Placed], int]]] = {
    "label-studio": _from_label_studio,
    "doccano": _from_doccano,
    "prodigy": _from_prodigy,
    "csv": _from_csv,
    "excel": _from_excel,
}
"""What reads each format: lines with their places, and the number of items that a person turned down."""
