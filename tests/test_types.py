"""The values that flow: what they say of themselves."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from building import passage, tagged

from policytext.types import BODY_KINDS, KINDS, Block, Box, PageQuality, PageState, Quality


def pages(*states: PageState) -> Quality:
    return Quality(tuple(PageQuality(n, state, 100) for n, state in enumerate(states, 1)))


def test_a_block_begins_on_the_page_of_its_first_box() -> None:
    block = Block("paragraph", "跨页的一段。", boxes=(Box(3, 50, 600, 240, 650), Box(4, 50, 60, 240, 90)))
    assert block.page == 3


def test_a_passage_begins_on_the_page_of_its_first_box() -> None:
    assert passage("跨栏的一段。", boxes=(Box(2, 50, 600, 240, 650), Box(2, 260, 60, 450, 90))).page == 2


def test_what_comes_from_a_format_without_pages_has_no_page() -> None:
    assert Block("paragraph", "Plain text.").page is None
    assert passage("没有页码。").page is None


def test_a_document_without_pages_is_good() -> None:
    assert Quality().grade == "good"
    assert Quality().unread == ()


@pytest.mark.parametrize(
    ("states", "grade", "unread"),
    [
        pytest.param(("text", "text"), "good", (), id="all read"),
        pytest.param(("text", "empty"), "good", (), id="an empty page hides nothing"),
        pytest.param(("text", "ocr"), "good", (), id="recognised text counts"),
        pytest.param(("text", "scanned", "text"), "fair", (2,), id="one of three"),
        pytest.param(("garbled", "text"), "poor", (1,), id="half of them"),
        pytest.param(("scanned", "garbled", "text"), "poor", (1, 2), id="two of three"),
    ],
)
def test_the_grade_follows_the_share_of_unread_pages(
    states: tuple[PageState, ...], grade: str, unread: tuple[int, ...]
) -> None:
    quality = pages(*states)
    assert quality.grade == grade
    assert quality.unread == unread


@pytest.mark.parametrize(
    ("page", "grade"),
    [
        pytest.param(PageQuality(1, "text", 1000, 0.004), "good", id="a stray sign"),
        pytest.param(PageQuality(1, "text", 1000, 0.03), "fair", id="some garbled"),
        pytest.param(PageQuality(1, "text", 1000, 0.15), "poor", id="a word in each line"),
        pytest.param(PageQuality(1, "ocr", 1000, 0.0, 0.97), "good", id="recognised and sure"),
        pytest.param(PageQuality(1, "ocr", 1000, 0.0, 0.81), "fair", id="recognised and unsure"),
    ],
)
def test_the_grade_follows_what_is_garbled_or_unsure(page: PageQuality, grade: str) -> None:
    assert Quality((page,)).grade == grade


def test_the_garbled_share_is_that_of_the_pages_that_were_read() -> None:
    quality = Quality(
        (PageQuality(1, "text", 900, 0.0), PageQuality(2, "text", 100, 0.1), PageQuality(3, "garbled", 500, 1.0))
    )
    assert quality.garbled == pytest.approx(0.01)


def test_the_labels_of_a_facet_keep_their_order() -> None:
    t = tagged("缺少统一标准。", "cause", "standards", "governance")
    assert t.labels("role") == ("cause",)
    assert t.labels("theme") == ("standards", "governance")
    assert t.labels("stance") == ()


def test_a_value_is_never_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        passage("政策").text = "标准"  # type: ignore[misc]


def test_every_kind_stands_once_and_the_body_is_made_of_kinds() -> None:
    assert len(set(KINDS)) == len(KINDS)
    assert set(KINDS) >= BODY_KINDS
