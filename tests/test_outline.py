"""The outline of a document: its causes, dilemmas and recommendations as their author numbered them."""

from __future__ import annotations

from collections.abc import Sequence

from building import CORPUS, PROSE, tagged
from building import example as example_of
from hypothesis import given
from hypothesis import strategies as st

from policytext import taxonomy
from policytext.outline import ARGUMENT, MAX_HEADLINE_EN, MAX_HEADLINE_ZH, Item, outline
from policytext.types import Box, Tagged

DEFAULT = taxonomy.default()

UNUSED = "冷库建成之后由谁运营没有约定，旺季之外大半空着，农户依然用不上。"
STANDARDS = "温度标准由三个部门分别制定，数值互不一致，企业只能就低执行，控温无从谈起。"
TECHNICIANS = "制冷技工十分短缺，设备出了故障往往要等外地师傅，停机损失难以估量。"


def items(passages: Sequence[Tagged]) -> tuple[Item, ...]:
    return outline(passages, DEFAULT)


def marked(n: int, mark: str, text: str, role: str, *themes: str, section: tuple[str, ...] = ()) -> Tagged:
    return tagged(f"{mark}，{text}", role, *themes, n=n, item=mark, section=section)


def test_an_enumeration_gives_an_item_a_mark() -> None:
    found = items(
        [
            marked(1, "第一", UNUSED, "cause", "governance", section=("三、成因",)),
            marked(2, "第二", STANDARDS, "cause", "standards", section=("三、成因",)),
        ]
    )
    assert [(i.role, i.mark, i.passages, i.themes) for i in found] == [
        ("cause", "第一", (1,), ("governance",)),
        ("cause", "第二", (2,), ("standards",)),
    ]
    assert found[0].headline == UNUSED.rstrip("。")


def test_what_follows_a_marked_passage_belongs_to_its_item() -> None:
    section = ("四、对策建议",)
    found = items(
        [
            marked(1, "第一", STANDARDS, "recommendation", section=section),
            tagged("由市场监管局牵头修订三部门文件，建立记录制度。", "recommendation", n=2, section=section),
            marked(3, "第二", TECHNICIANS, "recommendation", section=section),
        ]
    )
    assert [i.passages for i in found] == [(1, 2), (3,)]


def test_a_numbered_subsection_is_one_item_under_its_heading() -> None:
    part = "四、对策建议"
    found = items(
        [
            tagged(STANDARDS, "recommendation", n=1, section=(part, "（一）统一冷链温度标准")),
            tagged(UNUSED, "recommendation", n=2, section=(part, "（一）统一冷链温度标准")),
            tagged(TECHNICIANS, "recommendation", n=3, section=(part, "（二）恢复制冷专业")),
        ]
    )
    assert [(i.headline, i.passages) for i in found] == [("统一冷链温度标准", (1, 2)), ("恢复制冷专业", (3,))]


def test_where_nothing_is_numbered_each_passage_is_an_item() -> None:
    found = items([tagged(UNUSED, "dilemma", n=1), tagged(TECHNICIANS, "dilemma", n=2)])
    assert [i.passages for i in found] == [(1,), (2,)]
    assert {i.mark for i in found} == {""}


def test_where_a_role_is_numbered_stray_passages_of_it_are_no_items() -> None:
    found = items(
        [
            tagged(TECHNICIANS, "cause", n=1, section=("一、引言",)),
            marked(2, "第一", UNUSED, "cause", section=("三、成因",)),
            marked(3, "第二", STANDARDS, "cause", section=("三、成因",)),
        ]
    )
    assert [i.passages for i in found] == [(2,), (3,)]


def test_roles_come_in_the_order_of_an_argument() -> None:
    found = items(
        [
            tagged("应当统一标准，由省市场监管局牵头修订三部门文件，并与邻省互认。", "recommendation", n=1),
            tagged(TECHNICIANS, "dilemma", n=2),
            tagged(UNUSED, "cause", n=3),
            tagged("近五年来，六县累计建成产地冷库四百二十座，库容增长一倍。", "foundation", n=4),
        ]
    )
    assert [i.role for i in found] == list(ARGUMENT)


def test_other_roles_can_be_asked_for() -> None:
    passages = [tagged("近五年来，六县累计建成产地冷库四百二十座，库容增长一倍。", "foundation")]
    assert [i.role for i in outline(passages, DEFAULT, ["foundation"])] == ["foundation"]


def test_an_item_begins_on_its_first_passages_page() -> None:
    box = Box(7, 50, 60, 240, 200)
    assert items([tagged(UNUSED, "cause", boxes=(box,))])[0].page == 7


def test_a_long_headline_is_cut_at_a_comma() -> None:
    text = "，".join(["冷库建成之后由谁运营没有约定"] * 9) + "。"
    headline = items([tagged(text, "cause")])[0].headline
    assert headline.endswith("约定…")
    assert len(headline) <= MAX_HEADLINE_ZH + 1


def test_a_long_english_headline_is_cut_between_words() -> None:
    text = " ".join(["the yards design their own parts,"] * 9) + "."
    headline = items([tagged(text, "cause", language="en")])[0].headline
    assert headline.endswith("…")
    assert len(headline.split()) <= MAX_HEADLINE_EN


def test_an_english_enumeration_is_understood() -> None:
    first = "First, the licences are decided by four agencies in turn, which takes six years on average."
    second = "Second, the shipyards design their own parts, and no supplier reaches a useful volume."
    section = ("3. Causes",)
    found = items(
        [
            tagged(first, "cause", n=1, item="First", section=section, language="en"),
            tagged(second, "cause", n=2, item="Second", section=section, language="en"),
        ]
    )
    assert [i.mark for i in found] == ["First", "Second"]
    assert found[0].headline.startswith("The licences")


def test_a_document_without_tags_has_no_items() -> None:
    assert items([]) == ()
    assert items([tagged(UNUSED), tagged(STANDARDS, n=2)]) == ()


def test_the_items_of_the_tiny_corpus_are_its_arguments() -> None:
    lines = CORPUS["zh-coldchain-01"]
    found = items([example_of(line, n).tagged for n, line in enumerate(lines, 1)])
    assert {(i.role, p) for i in found for p in i.passages} == {
        (line["role"], n) for n, line in enumerate(lines, 1) if line["role"] in ARGUMENT
    }


ROLES = st.sampled_from(["", "cause", "dilemma", "recommendation", "background"])
SECTIONS = st.sampled_from(
    [(), ("三、成因",), ("四、对策建议", "（一）统一标准"), ("四、对策建议", "（二）人才"), ("1. Causes",)]
)
MARKS = st.sampled_from(["", "第一", "第二", "一是", "（1）", "•", "最后", "First"])


@given(st.lists(st.tuples(PROSE | st.just("第一，"), ROLES, SECTIONS, MARKS), max_size=10))
def test_any_document_has_an_outline_that_names_a_passage_once(
    rows: list[tuple[str, str, tuple[str, ...], str]],
) -> None:
    passages = [
        tagged(text, role, n=n, section=section, item=mark) for n, (text, role, section, mark) in enumerate(rows, 1)
    ]
    named = [n for item in items(passages) for n in item.passages]
    assert len(named) == len(set(named))
    assert set(named) <= set(range(1, len(rows) + 1))
