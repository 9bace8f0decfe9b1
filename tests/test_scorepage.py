"""The page of an evaluation: it needs nothing but itself, and says the same in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from policytext import scorecard, scorepage, taxonomy
from policytext.corpus import Dataset
from policytext.evaluate import predict
from policytext.model import Model
from policytext.scorecard import Card
from policytext.scorepage import Occasion

OCCASION = Occasion("tiny@01234567", "tiny", "ab" * 32, 32, 4, 0, 50, 0)
VOID = {"meta", "input"}


class Elements(HTMLParser):
    """The tags of a page, with what they hold checked for balance."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def cards(model: Model, dataset: Dataset) -> tuple[Card, ...]:
    predicted, _ = predict(model, dataset)
    baselines = scorecard.baselines(dataset)
    return scorecard.cards(dataset.taxonomy, predicted, baselines, name=model.id, draws=50)


@pytest.fixture(scope="module")
def page(cards: tuple[Card, ...]) -> str:
    return scorepage.page(cards, OCCASION)


def elements(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    return found


def test_every_element_is_closed(page: str) -> None:
    assert elements(page).open == []


def test_the_page_needs_no_script_and_no_network(page: str) -> None:
    found = elements(page)
    assert found.seen.isdisjoint({"script", "link", "img", "iframe", "object"})
    assert not [x for x in found.attributes if x[0] in ("src", "href") or x[0].startswith("on")]
    assert "url(" not in page
    assert "@import" not in page


def test_every_label_is_named_in_both_languages(page: str) -> None:
    for _, label in taxonomy.default().labels():
        assert label.name["zh"] in page
        assert label.name["en"] in page


def test_whatever_is_said_in_english_is_said_in_chinese(page: str) -> None:
    assert page.count('class="en"') == page.count('class="zh"') > 50


def test_the_scores_of_model_and_baselines_stand_in_the_page(page: str, cards: tuple[Card, ...]) -> None:
    for card in cards:
        for judged in card.systems:
            assert f"{judged.scores.macro_f1:.3f}" in page


def test_a_facet_with_one_label_each_has_two_pictures_a_language(page: str) -> None:
    assert page.count("<figure>") == 2 * 3
    assert page.count("<svg") == 2 * 3 + 2


def test_nothing_is_drawn_outside_its_picture(page: str) -> None:
    for width, height, inside in re.findall(r'<svg viewBox="0 0 (\d+) (\d+)".*?>(.*?)</svg>', page, flags=re.DOTALL):
        for x, y in re.findall(r'cx="([\d.-]+)" cy="([\d.-]+)"', inside):
            assert 0 <= float(x) <= int(width)
            assert 0 <= float(y) <= int(height)


def test_names_can_not_break_the_page(cards: tuple[Card, ...]) -> None:
    page = scorepage.page(cards, replace(OCCASION, system="<script>x</script>", corpus='a"&b'))
    assert "<script" not in page
    assert "a&quot;&amp;b" in page


def test_folds_are_told_as_such(cards: tuple[Card, ...]) -> None:
    assert "5 folds split by document" in scorepage.page(cards, replace(OCCASION, folds=5))
    assert "按文档划分的 5 折" in scorepage.page(cards, replace(OCCASION, folds=5))
    assert "on a given labelled set" in scorepage.page(cards, OCCASION)
