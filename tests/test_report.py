"""Rows for readers and programs: JSON lines, CSV that a spreadsheet opens, snippets."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from building import PROSE, STORED_TEXT, passage, tagged
from hypothesis import given
from hypothesis import strategies as st

from policytext import report
from policytext.library import Entry, Hit
from policytext.types import Block, Box, Metadata, Passage, Tag, Tagged

ENTRY = Entry("d", "papers/a.pdf", Metadata("县域冷链", year=2024), "good", 3, (), 1, "2026-11-25T00:00:00+00:00")
BOX = Box(2, 50.123, 60.456, 240.789, 90.0)

SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

CELLS = st.one_of(
    STORED_TEXT,
    st.tuples(st.sampled_from(SIGNS), STORED_TEXT).map("".join),
    st.integers(),
    st.floats(allow_nan=False),
    st.none(),
    st.booleans(),
    st.lists(STORED_TEXT, max_size=3),
    st.tuples(st.sampled_from(SIGNS), STORED_TEXT),
    st.dictionaries(STORED_TEXT, st.integers(), max_size=3),
)


def written_csv(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    out = io.StringIO(newline="")
    report.write_csv(rows, columns, out)
    return out.getvalue()


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix(report.BOM), newline="")))


# ---------------------------------------------------------------- JSON lines


def test_json_lines_keep_chinese_readable() -> None:
    out = io.StringIO()
    report.write_jsonl([{"text": "标准"}, {"text": "互认"}], out)
    assert out.getvalue() == '{"text": "标准"}\n{"text": "互认"}\n'


@given(text=STORED_TEXT)
def test_a_row_is_one_line_whatever_it_holds(text: str) -> None:
    out = io.StringIO(newline="")
    report.write_jsonl([{"text": text}], out)
    assert out.getvalue().count("\n") == 1
    assert json.loads(out.getvalue()) == {"text": text}


# ---------------------------------------------------------------- CSV


def test_csv_begins_with_the_mark_that_spreadsheets_want() -> None:
    text = written_csv([{"a": "标准", "b": ["x", "y"]}], ("a", "b", "c"))
    assert text == "\ufeffa,b,c\r\n标准,x; y,\r\n"


@given(value=CELLS)
def test_no_cell_is_ever_a_formula(value: object) -> None:
    cell = report.safe_cell(value)
    if cell.startswith(SIGNS):
        assert isinstance(value, int | float)  # a number of ours, minus and all
        assert float(cell) == float(value)


@given(rows=st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), max_size=5))
def test_a_spreadsheet_reads_back_the_cells_that_were_written(rows: list[dict[str, Any]]) -> None:
    read_back = read_csv(written_csv(rows, ("a", "b")))
    assert read_back[0] == ["a", "b"]
    assert read_back[1:] == [[report.safe_cell(row["a"]), report.safe_cell(row["b"])] for row in rows]


@pytest.mark.parametrize("text", ["标准, 互认", 'say "fair"', "two\nlines", "a;b", "' already"])
def test_awkward_text_is_quoted_and_not_changed(text: str) -> None:
    assert read_csv(written_csv([{"a": text}], ("a",)))[1] == [text]


# ---------------------------------------------------------------- rows


def test_a_block_row_tells_its_place_and_only_what_it_has() -> None:
    assert report.block_row(Block("heading", "一、成因", 1, (BOX,)), ("一、成因",)) == {
        "kind": "heading",
        "level": 1,
        "text": "一、成因",
        "page": 2,
        "boxes": [[2, 50.1, 60.5, 240.8, 90.0]],
        "section": ["一、成因"],
    }
    assert report.block_row(Block("table", "县\t冷库", rows=(("县", "冷库"),)), ())["rows"] == [["县", "冷库"]]
    assert report.block_row(Block("footnote", "调查于六月结束。", mark="①"), ())["mark"] == "①"


def test_a_tagged_row_tells_primary_and_second_roles_apart() -> None:
    tags = (Tag("role", "cause", 0.61234), Tag("role", "dilemma", 0.3), Tag("theme", "market", 0.4))
    row = report.tagged_row(Tagged(passage("冷库空着。", section=("成因",), boxes=(BOX,)), tags), "a.pdf", "县域冷链")
    assert (row["role"], row["also"]) == ("cause", ["dilemma"])
    assert row["roles"] == {"cause": 0.6123, "dilemma": 0.3}
    assert row["themes"] == {"market": 0.4}
    assert (row["page"], row["section"], row["path"], row["title"]) == (2, ["成因"], "a.pdf", "县域冷链")
    assert "review" not in row


def test_a_tagged_row_shows_every_probability_when_they_are_known() -> None:
    probabilities = {"role": {"cause": 0.6, "dilemma": 0.4}, "theme": {"market": 0.9, "standards": 0.01}}
    row = report.tagged_row(tagged("冷库空着。", "cause", "market"), "a.md", "", probabilities, doubtful=True)
    assert row["roles"] == {"cause": 0.6, "dilemma": 0.4}
    assert row["themes"] == {"market": 0.9}
    assert row["review"] is True


def test_a_passage_without_tags_has_a_row_too() -> None:
    row = report.tagged_row(tagged("Комитет посетил порты.", language="other"), "a.md", "")
    assert (row["role"], row["also"], row["roles"], row["themes"]) == (None, [], {}, {})
    assert report.evidence_row(tagged("Комитет посетил порты."), ENTRY)["confidence"] is None


@given(
    text=STORED_TEXT | PROSE,
    section=st.lists(STORED_TEXT, max_size=3),
    roles=st.lists(st.sampled_from(["cause", "dilemma", "foundation"]), unique=True),
    themes=st.lists(st.sampled_from(["market", "standards"]), unique=True),
    score=st.floats(0, 1),
)
def test_a_tagged_row_read_back_is_the_passage_it_was_written_from(
    text: str, section: list[str], roles: list[str], themes: list[str], score: float
) -> None:
    own = Passage("d", 3, text, "zh", tuple(section), "第一", (Box(1, 1.0, 2.0, 3.0, 4.5),))
    tags = [Tag("role", x, score) for x in roles] + [Tag("theme", x, score) for x in themes]
    out = io.StringIO(newline="")
    report.write_jsonl([report.tagged_row(Tagged(own, tuple(tags)), "a.pdf", "t")], out)
    row = json.loads(out.getvalue())
    boxes = tuple(Box(*box) for box in row["boxes"])
    assert Passage(row["doc"], row["n"], row["text"], row["language"], tuple(row["section"]), row["item"], boxes) == own
    assert [label for label in (row["role"], *row["also"]) if label] == roles
    assert list(row["themes"]) == themes
    assert all(abs(p - score) <= 5e-5 for p in (*row["roles"].values(), *row["themes"].values()))


def test_an_evidence_row_fills_every_column() -> None:
    row = report.evidence_row(tagged("冷库空着。", "cause", "market", section=("三、成因", "（一）体制")), ENTRY)
    assert tuple(row) == report.EVIDENCE_COLUMNS
    assert row["section"] == "三、成因 > （一）体制"
    assert row["title"] == "县域冷链"


def test_a_hit_row_tells_where_the_words_stand() -> None:
    row = report.hit_row(Hit(tagged("冷库空着。", "cause"), ENTRY, ((0, 2),), 1.23456))
    assert row["highlights"] == [[0, 2]]
    assert row["score"] == 1.235
    assert row["path"] == "papers/a.pdf"


# ---------------------------------------------------------------- snippets


def test_a_short_text_is_its_own_snippet() -> None:
    assert report.snippet("冷库空着。", ((0, 2),), 180) == ("冷库空着。", ((0, 2),))


def test_a_long_text_is_cut_around_its_first_highlight() -> None:
    text = "前" * 300 + "标准" + "后" * 300
    shown, ((start, end),) = report.snippet(text, ((300, 302),), 60)
    assert shown[start:end] == "标准"
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) == 62


@given(text=PROSE, width=st.integers(5, 80), data=st.data())
def test_a_snippets_highlights_show_what_the_texts_show(text: str, width: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    shown, spans = report.snippet(text, ((start, end),), width)
    assert len(shown) <= width + 2
    assert spans
    a, b = spans[0]
    assert text[start:end].replace("\n", " ").startswith(shown[a:b])
