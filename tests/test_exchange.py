"""Corpora on their way to labelling tools and back: nothing is lost, and what a person did there is kept."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from building import STORED_TEXT, TAXONOMY, write_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from policytext import corpus, exchange, taxonomy
from policytext.corpus import Dataset, Example
from policytext.errors import CorpusError
from policytext.exchange import EXPORTERS, export_corpus, format_of, import_corpus
from policytext.types import Passage, Tag, Tagged

POLICY = taxonomy.default()
SUFFIXES = {"label-studio": "json", "doccano": "jsonl", "prodigy": "jsonl", "csv": "csv", "excel": "xlsx"}
FORMATS = sorted(EXPORTERS)

AWKWARD = (
    '=HYPERLINK("x","开")',
    "'=1+1",
    "''+86 10",
    "'tis a quiet harbour",
    "@全体",
    "－3.2%，同比",
    "\ttab first",
    "line one\r\nline two\rthree\nfour",
    "bell \x07 and nothing \x00 between",
    "_x0007_ stays as it is typed",
    "_x0041\x07_x0042_",
    " white space at both ends ",
    "#N/A",
    "TRUE",
    "0012",
    '“引号”, "quotes", commas; semicolons',
    "𠮷野家 and \ufffe\uffff",
)


def made_of(*examples: Example, name: str = "made") -> Dataset:
    return corpus.dataset_of("made", POLICY, examples)


def one(text: str, *tags: Tag, section: tuple[str, ...] = (), own: str = "d-001") -> Example:
    return Example(own, Tagged(Passage("d", 1, text, "zh", section), tags))


def gold(facet: str, label: str) -> Tag:
    return Tag(facet, label, 1.0, corpus.GOLD)


def through(made: Dataset, kind: str, folder: Path, **options: Any) -> Dataset:
    path = folder / f"made.{SUFFIXES[kind]}"
    export_corpus(made, path, kind)
    assert format_of(path) == kind
    back, left_out = import_corpus(path, kind, made.taxonomy, **options)
    assert left_out == 0
    return back


# ---------------------------------------------------------------- round trips


@pytest.mark.parametrize("kind", FORMATS)
def test_the_tiny_corpus_comes_back_as_it_went(kind: str, tmp_path: Path, dataset: Dataset) -> None:
    assert through(dataset, kind, tmp_path).examples == dataset.examples


@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.parametrize("kind", FORMATS)
def test_awkward_text_comes_back_as_it_went(kind: str, text: str, tmp_path: Path) -> None:
    made = made_of(one(text, gold("role", "cause"), section=(text, "a > b", "")))
    assert through(made, kind, tmp_path).examples == made.examples


TAGS = st.builds(
    Tag,
    st.just("role"),
    st.sampled_from(POLICY.facet("role").ids),
    st.sampled_from([1.0, 0.5]),
    st.sampled_from([corpus.GOLD, "harvest: heading"]),
)
NAME = STORED_TEXT.filter(lambda text: text.strip())


@st.composite
def examples(draw: st.DrawFn) -> Example:
    roles = draw(st.lists(TAGS, max_size=3, unique_by=lambda tag: tag.label))
    themes = draw(st.lists(st.sampled_from(POLICY.facet("theme").ids), max_size=4, unique=True))
    section = tuple(draw(st.lists(STORED_TEXT, max_size=3)))
    own = Passage(draw(NAME), 1, draw(NAME), "en", section, draw(st.sampled_from(["", "第一", "(1)", "•", "-"])))
    return Example(draw(NAME), Tagged(own, (*roles, *(gold("theme", x) for x in themes))))


@pytest.mark.parametrize("kind", FORMATS)
@given(made=examples())
@settings(max_examples=30)
def test_any_passage_comes_back_as_it_went(kind: str, tmp_path_factory: pytest.TempPathFactory, made: Example) -> None:
    there = made_of(made)
    assert through(there, kind, tmp_path_factory.getbasetemp()).examples == there.examples


@pytest.mark.parametrize("kind", FORMATS)
def test_a_taxonomy_of_ones_own_goes_the_same_way(kind: str, tmp_path: Path) -> None:
    own = taxonomy.parse(TAXONOMY, "stances.toml")
    made = corpus.dataset_of("made", own, [one("我们赞成这项措施。", gold("stance", "for"), gold("stance", "against"))])
    assert through(made, kind, tmp_path).examples == made.examples


# ---------------------------------------------------------------- what a person does there

WEAK = Tag("role", "dilemma", 0.7, "harvest: heading")


@pytest.mark.parametrize("kind", FORMATS)
def test_weak_labels_keep_their_source_until_somebody_has_seen_them(kind: str, tmp_path: Path) -> None:
    made = made_of(one("码头的吊机已经停了三个月。", WEAK))
    assert through(made, kind, tmp_path).examples == made.examples
    (seen,) = through(made, kind, tmp_path, checked=True).examples
    assert seen.tagged.tags == (gold("role", "dilemma"),)


def test_an_annotation_in_label_studio_outranks_the_prediction(tmp_path: Path) -> None:
    task = exchange.label_studio_task(one("码头的吊机已经停了三个月。", WEAK), POLICY)
    assert task["predictions"][0]["model_version"] == "harvest: heading"
    result = [{"from_name": "role", "to_name": "text", "type": "choices", "value": {"choices": ["cause"]}}]
    task["annotations"] = [{"result": result}, {"result": [], "was_cancelled": True}]
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([task]), encoding="utf-8")
    (back,) = import_corpus(path, "label-studio", POLICY)[0].examples
    assert back.tagged.tags == (gold("role", "cause"),)


def test_the_interface_for_label_studio_names_every_label(tmp_path: Path) -> None:
    from xml.etree import ElementTree

    export_corpus(made_of(one("政策", WEAK)), tmp_path / "tasks.json", "label-studio")
    view = ElementTree.parse(tmp_path / "tasks.xml").getroot()
    choices = {c.get("name"): [x.get("value") for x in c] for c in view.iter("Choices")}
    assert choices["role"] == choices["role-also"] == list(POLICY.facet("role").ids)
    assert choices["theme"] == list(POLICY.facet("theme").ids)


def test_prodigys_answers_count(tmp_path: Path) -> None:
    made = made_of(*(one(f"第{n}座码头没有岸电。", WEAK, own=f"d-{n}") for n in "一二三"))
    path = tmp_path / "made.jsonl"
    export_corpus(made, path, "prodigy")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[0] |= {"answer": "accept", "accept": ["role:cause", "role-also:dilemma"]}
    rows[1] |= {"answer": "ignore"}
    back, left_out = import_corpus(write_lines(path, rows), "prodigy", POLICY)
    assert left_out == 1
    assert [e.tagged.tags for e in back.examples] == [(gold("role", "cause"), gold("role", "dilemma")), (WEAK,)]


def test_what_doccano_writes_is_read(tmp_path: Path) -> None:
    row = {
        "id": 71,
        "text": "由于缺少备件，渡轮停航。",
        "Comments": [],
        "passage": {"id": "d-004", "doc": "d", "language": "zh"},
    }
    row["label"] = sorted(["role:dilemma", "role-also:cause", "theme:market"])  # doccano sorts labels
    (back,) = import_corpus(write_lines(tmp_path / "all.jsonl", [row]), "doccano", POLICY)[0].examples
    assert back.id == "d-004"
    assert back.tagged.labels("role") == ("dilemma", "cause")


def test_a_label_changed_in_a_sheet_is_gold_and_its_neighbours_are_not(tmp_path: Path) -> None:
    theme = Tag("theme", "market", 0.6, "harvest: terms")
    path = tmp_path / "made.xlsx"
    export_corpus(made_of(one("市场上买不到备件。", WEAK, theme)), path, "excel")
    book = openpyxl.load_workbook(path)
    sheet = book["passages"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, columns["role"]).value = "cause"
    book.save(path)
    (back,) = import_corpus(path, "excel", POLICY)[0].examples
    assert back.tagged.tags == (gold("role", "cause"), theme)


# ---------------------------------------------------------------- sheets in Excel


def test_no_cell_of_a_sheet_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    export_corpus(made_of(one("=1+1", section=("+cmd|' /C calc'!A0",))), path, "excel")
    for row in openpyxl.load_workbook(path)["passages"].iter_rows():
        assert {cell.data_type for cell in row} <= {"s", "n"}
        assert all(cell.quotePrefix for cell in row if str(cell.value or "")[:1] in ("=", "+"))
    export_corpus(made_of(one("=1+1")), tmp_path / "made.csv", "csv")
    assert ",'=1+1," in (tmp_path / "made.csv").read_text(encoding="utf-8-sig")


def test_a_sheet_offers_the_labels_in_lists(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    export_corpus(made_of(one("政策", gold("role", "cause"))), path, "excel")
    book = openpyxl.load_workbook(path)
    lists = {str(v.sqref): v.formula1 for v in book["passages"].data_validations.dataValidation}
    assert lists["G2 H2"] == "labels!$B$2:$B$6"
    assert [row[0].value for row in book["labels"]["B2:B6"]] == list(POLICY.facet("role").ids)


def test_a_text_too_long_for_a_cell_is_told_not_cut(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r'passage "d-001": text has 40000 characters, a cell holds 32767'):
        export_corpus(made_of(one("长" * 40_000)), tmp_path / "made.xlsx", "excel")


@pytest.mark.parametrize(("encoding", "separator"), [("gb18030", ","), ("utf-16", "\t"), ("utf-8", ";")])
def test_a_table_from_any_excel_is_read(encoding: str, separator: str, tmp_path: Path) -> None:
    rows = [["text", "role", "theme"], ["由于没有备件，渡轮停航。", "cause", "market"], ["", "", ""]]
    path = tmp_path / "渡轮.csv"
    path.write_text("\r\n".join(separator.join(row) for row in rows), encoding=encoding, newline="")
    (back,) = import_corpus(path, "csv", POLICY)[0].examples
    assert (back.id, back.doc, back.tagged.passage.language) == ("渡轮-001", "渡轮", "zh")
    assert back.tagged.tags == (gold("role", "cause"), gold("theme", "market"))


# ---------------------------------------------------------------- faults

FAULTS = [
    pytest.param(
        "made.csv", "text,role\n政策,couse\n", r'made.csv:2: role "couse" .* did you mean "cause"', id="label"
    ),
    pytest.param("made.csv", "passage,role\n政策,cause\n", r'made.csv:1: no column is called "text"', id="no text"),
    pytest.param("made.csv", "id,text\na,政策\na,规划\n", r'made.csv:3: id "a" was used at .*:2', id="id twice"),
    pytest.param(
        "made.csv", "text,role,origins\n政策,cause,{\n", r'made.csv:2: column "origins" was changed', id="json"
    ),
    pytest.param("made.csv", "text\n", "holds no passage", id="nothing"),
    pytest.param("made.json", "[", "made.json: not valid JSON", id="half a list"),
    pytest.param("made.json", '[{"text": "政策"}]', r'made.json: task 1: has no "data"', id="JSON-MIN"),
    pytest.param(
        "made.jsonl", '{"text": "政策", "label": ["cause", "dilemma"]}', "has 2 labels of role", id="two roles"
    ),
    pytest.param("made.jsonl", '{"text": "政策", "label": ["rol:cause"]}', r'1: "rol" is no facet', id="facet"),
    pytest.param("made.jsonl", '{"text": "政策", "label": ["couse"]}', 'label "couse" is not in', id="bare label"),
    pytest.param(
        "made.jsonl", '{"text": "政策", "label": ["role-also:cause"]}', "no first one", id="only a second role"
    ),
    pytest.param("made.jsonl", '{"text": "政策", "accept": ["role:x"]}', r'1: role "x" is not in', id="prodigy"),
    pytest.param("made.xlsx", "PK", "not a sound Excel file", id="no Excel file"),
    pytest.param("made.txt", "政策", 'unknown file type ".txt"', id="suffix"),
]


@pytest.mark.parametrize(("name", "written", "told"), FAULTS)
def test_a_fault_is_told_with_its_place(name: str, written: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(written, encoding="utf-8", newline="")
    with pytest.raises(CorpusError, match=told) as caught:
        import_corpus(path, format_of(path), POLICY)
    assert "\n" not in str(caught.value)


def test_a_zip_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "made.xlsx", "w") as archive:
        archive.writestr("letter.txt", "Dear harbour master")
    with pytest.raises(CorpusError, match="not a sound Excel file"):
        import_corpus(tmp_path / "made.xlsx", "excel", POLICY)


def test_what_cannot_be_written_or_found_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="can't be written"):
        export_corpus(made_of(one("政策")), tmp_path / "none" / "made.csv", "csv")
    with pytest.raises(CorpusError, match="no such file"):
        import_corpus(tmp_path / "none.csv", "csv", POLICY)
