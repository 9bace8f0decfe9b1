"""Marks of enumerations, and paragraphs cut at them."""

from __future__ import annotations

import pytest
from building import PROSE
from hypothesis import given
from hypothesis import strategies as st

from policytext.enumeration import MIN_ITEM_EN, MIN_ITEM_ZH, cut_items, item_mark, rank
from policytext.types import Language

LONG_ZH = "冷库建成之后由谁运营没有约定，旺季之外大半空着，农户依然用不上。"
LONG_EN = "the yards design their own parts and no supplier can reach a volume that lowers the price."

MARKS = st.sampled_from(
    [
        "第一，",
        "第二，",
        "一是",
        "二是",
        "三是",
        "其一，",
        "其二，",
        "首先，",
        "其次，",
        "最后，",
        "（1）",
        "（2）",
        "①",
        "②",
        "First, ",
        "Second, ",
        "Finally, ",
        "(i) ",
        "(ii) ",
        "•",
    ]
)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("第二，技工短缺。", "第二"),
        ("其一是标准不一。", "其一"),
        ("三是补贴脱节。", "三是"),
        ("首先，要统一标准。", "首先"),
        ("（2）调整补贴办法。", "（2）"),
        ("③恢复制冷专业。", "③"),
        ("4. Fund the college.", "4."),
        ("Secondly, parts are scarce.", "Secondly"),
        ("(b) a shared vessel", "(b)"),
        ("• a training college", "•"),
        ("一方面，冷库空着。", "一方面"),
    ],
)
def test_a_mark_is_found_where_an_item_begins(text: str, mark: str) -> None:
    assert item_mark(text) == mark


@pytest.mark.parametrize(
    "text",
    [
        "第二产业比重上升。",
        "一是否定，一是肯定。",
        "2024年的调查。",
        "3.5 per cent of ships",
        "Second homes are empty.",
        "政策建议",
        "",
    ],
)
def test_words_that_only_look_like_marks_are_none(text: str) -> None:
    assert item_mark(text) == ""


@pytest.mark.parametrize(
    "marks",
    [
        ["第一", "第二", "第三"],
        ["一是", "二是", "三是"],
        ["首先", "其次", "再次"],
        ["（一）", "（二）", "（三）"],
        ["①", "②", "③"],
        ["First", "Secondly", "third"],
        ["(i)", "(ii)", "(iii)"],
        ["(a)", "(b)", "(c)"],
        ["1.", "2、", "3）"],
    ],
)
def test_marks_count_from_one(marks: list[str]) -> None:
    assert [rank(mark) for mark in marks] == [1, 2, 3]


@pytest.mark.parametrize(("mark", "place"), [("第十", 10), ("第十二", 12), ("第二十", 20), ("⑳", 20), ("tenth", 10)])
def test_large_marks_keep_their_place(mark: str, place: int) -> None:
    assert rank(mark) == place


@pytest.mark.parametrize("mark", ["•", "此外", "最后", "finally", ""])
def test_a_mark_without_a_number_has_no_place(mark: str) -> None:
    assert rank(mark) is None


def test_a_chinese_enumeration_inside_a_paragraph_is_cut() -> None:
    text = f"一是{LONG_ZH}二是{LONG_ZH}"
    assert cut_items("县域冷链建设面临的问题是多方面的，主要表现在以下两个方面：" + text, "zh") == [
        ("", "县域冷链建设面临的问题是多方面的，主要表现在以下两个方面："),
        ("一是", f"一是{LONG_ZH}"),
        ("二是", f"二是{LONG_ZH}"),
    ]


def test_an_english_enumeration_inside_a_paragraph_is_cut() -> None:
    lead = "The committee found that the delays of last winter have two causes, which it names here in turn."
    cut = cut_items(f"{lead} First, {LONG_EN} Second, {LONG_EN}", "en")
    assert cut == [("", lead), ("First", f"First, {LONG_EN}"), ("Second", f"Second, {LONG_EN}")]


def test_a_short_lead_in_goes_with_the_first_item() -> None:
    cut = cut_items(f"为此：（1）{LONG_ZH}（2）{LONG_ZH}", "zh")
    assert [mark for mark, _ in cut] == ["（1）", "（2）"]
    assert cut[0][1].startswith("为此：（1）")


def test_a_list_of_nouns_stays_one_passage() -> None:
    text = "县里抓了三件事：一是修路；二是建库；三是培训技工。"
    assert cut_items(text, "zh") == [("", text)]


def test_marks_out_of_their_order_cut_nothing() -> None:
    text = f"上文所说的原因之外，还有两点：二是{LONG_ZH}四是{LONG_ZH}"
    assert cut_items(text, "zh") == [("", text)]


def test_a_closing_mark_ends_an_enumeration() -> None:
    cut = cut_items(f"首先，{LONG_ZH}其次，{LONG_ZH}最后，{LONG_ZH}", "zh")
    assert [mark for mark, _ in cut] == ["首先", "其次", "最后"]


def test_a_paragraph_that_is_itself_an_item_is_not_cut_further() -> None:
    text = f"第一，{LONG_ZH}一是{LONG_ZH}二是{LONG_ZH}"
    assert cut_items(text, "zh") == [("第一", text)]


@pytest.mark.parametrize("language", ["zh", "en"])
@given(parts=st.lists(st.one_of(MARKS, PROSE, st.just(LONG_ZH), st.just(LONG_EN)), max_size=10))
def test_cutting_loses_no_character(language: Language, parts: list[str]) -> None:
    text = "".join(parts)
    pieces = cut_items(text, language)
    assert "".join("".join(piece for _, piece in pieces).split()) == "".join(text.split())


@pytest.mark.parametrize("language", ["zh", "en"])
@given(parts=st.lists(st.one_of(MARKS, st.just(LONG_ZH), st.just(LONG_EN)), min_size=2, max_size=10))
def test_every_piece_that_was_cut_off_is_long_enough(language: Language, parts: list[str]) -> None:
    pieces = cut_items("".join(parts), language)
    if len(pieces) > 1:
        lengths = [len(piece.split()) if language == "en" else len(piece) for _, piece in pieces]
        assert min(lengths) >= (MIN_ITEM_EN if language == "en" else MIN_ITEM_ZH)


@given(PROSE | st.text())
def test_any_mark_that_is_found_has_a_place_or_none(text: str) -> None:
    place = rank(item_mark(text))
    assert place is None or place >= 0


def test_a_paragraph_that_begins_with_its_first_item_is_cut_at_the_second() -> None:
    first = "一是统一检测方法，由省级实验室牵头，把分散在各地的样品和数据归到一处。"
    second = "二是放开共享，企业付费即可使用设备，收入由实验室自行安排，不再上缴。"
    assert cut_items(first + second, "zh") == [("一是", first), ("二是", second)]


def test_an_item_is_not_cut_at_the_enumeration_inside_it() -> None:
    text = (
        "第一，完善检测体系：一是统一检测方法，由省级实验室牵头，把分散的样品归到一处；"
        "二是放开共享，企业付费即可使用设备，收入不再上缴。"
    )
    assert cut_items(text, "zh") == [("第一", text)]
