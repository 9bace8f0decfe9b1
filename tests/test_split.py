"""Blocks become passages: which ones, where they are cut, in which language."""

from __future__ import annotations

from dataclasses import replace

from building import document

from policytext.split import split, with_sections
from policytext.types import KINDS, Block, Box, Document

ZH = "冷库建成之后由谁运营没有约定，旺季之外大半空着，农户依然用不上。"
EN = "The yards design their own parts and no supplier reaches a useful volume."


def test_paragraphs_items_and_abstracts_become_passages_and_nothing_else() -> None:
    passages = split(document(*((kind, ZH + kind) for kind in KINDS)))
    kinds = [p.text.removeprefix(ZH) for p in passages]
    assert kinds == ["abstract", "paragraph", "list_item"]


def test_passages_count_from_one_in_reading_order() -> None:
    passages = split(document(("paragraph", ZH), ("heading", "一、现状", 1), ("paragraph", ZH)))
    assert [p.n for p in passages] == [1, 2]
    assert {p.doc_id for p in passages} == {"d"}


def test_a_passage_bears_the_path_of_headings_above_it() -> None:
    passages = split(
        document(
            ("paragraph", ZH),
            ("heading", "一、成因", 1),
            ("heading", "（一）体制", 2),
            ("paragraph", ZH),
            ("heading", "（二）标准", 2),
            ("paragraph", ZH),
            ("heading", "二、对策", 1),
            ("paragraph", ZH),
        )
    )
    assert [p.section for p in passages] == [(), ("一、成因", "（一）体制"), ("一、成因", "（二）标准"), ("二、对策",)]


def test_a_headings_own_path_ends_with_itself() -> None:
    blocks = document(("heading", "1 Causes", 1), ("heading", "1.1 Parts", 2)).blocks
    assert [section for _, section in with_sections(blocks)] == [("1 Causes",), ("1 Causes", "1.1 Parts")]


def test_an_abstract_stands_outside_the_sections() -> None:
    passages = split(document(("heading", "论冷链", 1), ("abstract", ZH), ("paragraph", ZH)))
    assert [p.section for p in passages] == [(), ("论冷链",)]


def test_an_enumeration_is_cut_into_passages_of_one_place() -> None:
    box = Box(2, 50, 60, 240, 200)
    made = Document("d", "d.pdf", (Block("paragraph", f"原因有二：一是{ZH}二是{ZH}", boxes=(box,)),))
    passages = split(made)
    assert [(p.n, p.item, p.boxes) for p in passages] == [(1, "一是", (box,)), (2, "二是", (box,))]


def test_a_short_passage_takes_the_language_of_the_one_before() -> None:
    passages = split(document(("paragraph", ZH), ("paragraph", "DOI: x"), ("paragraph", EN), ("paragraph", "(Lin)")))
    assert [p.language for p in passages] == ["zh", "zh", "en", "en"]


def test_a_short_first_passage_takes_the_language_of_the_document() -> None:
    passages = split(document(("paragraph", "(Lin)"), ("paragraph", EN)))
    assert passages[0].language == "en"


def test_a_passage_in_a_third_language_is_kept_as_other() -> None:
    russian = "Комитет посетил шесть портов весной прошлого года и беседовал с моряками."
    assert [p.language for p in split(document(("paragraph", russian)))] == ["other"]


def test_a_document_without_text_has_no_passages() -> None:
    assert split(document()) == ()
    assert split(document(("title", "论冷链"), ("table", "一\t二"))) == ()


def test_splitting_leaves_the_document_as_it_was() -> None:
    made = document(("heading", "一、现状", 1), ("paragraph", ZH))
    copy = replace(made)
    split(made)
    assert made == copy
