"""What a corpus holds, counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import TAXONOMY

from policytext import corpus, stats, taxonomy
from policytext.corpus import Dataset, Example
from policytext.errors import CorpusError
from policytext.types import Passage, Tag, Tagged


def table(dataset: Dataset, name: str, listed: dict[str, dict[str, object]] | None = None) -> stats.Table:
    return next(t for t in stats.tables(dataset, listed or {}) if t.name == name)


def test_roles_and_themes_are_counted_by_language(dataset: Dataset) -> None:
    roles = table(dataset, "role")
    assert roles.columns == ("zh", "en", "all")
    assert sum(numbers[2] for _, numbers in roles.rows) == len(dataset.examples) == 32
    themes = dict(table(dataset, "theme").rows)
    assert themes["standards"][2] == sum("standards" in e.tagged.labels("theme") for e in dataset.examples)


def test_the_size_tells_documents_passages_and_second_roles(dataset: Dataset) -> None:
    rows = dict(table(dataset, "size").rows)
    assert rows["documents"] == (2, 2)
    assert rows["passages"] == (16, 16)
    assert sum(rows["with a second role"]) == sum(len(e.tagged.labels("role")) > 1 for e in dataset.examples)
    assert rows["without a role"] == (0, 0)


def test_lengths_are_characters_of_chinese_and_words_of_english(dataset: Dataset) -> None:
    lengths = table(dataset, "length")
    assert lengths.columns == ("zh, characters", "en, words")
    for low, middle, high in zip(*(numbers for _, numbers in lengths.rows), strict=True):
        assert 5 < low <= middle <= high < 120


def test_themes_are_crossed_with_the_primary_role(dataset: Dataset) -> None:
    crossed = table(dataset, "theme by role")
    wanted = sum(
        e.tagged.labels("role")[0] == "cause" for e in dataset.examples if "governance" in e.tagged.labels("theme")
    )
    assert dict(crossed.rows)["governance"][crossed.columns.index("cause")] == wanted


def test_what_the_settings_tell_of_documents_is_counted(dataset: Dataset) -> None:
    listed = {
        "zh-seed-01": {"genre": "journal"},
        "en-tidal-01": {"genre": "brief"},
        "zh-coldchain-01": {"genre": "brief"},
    }
    genres = table(dataset, "genre", listed)
    assert genres.columns[:3] == ("documents", "passages", "background")
    assert [(name, numbers[:2]) for name, numbers in genres.rows] == [("brief", (2, 16)), ("journal", (1, 8))]


def test_sources_are_counted_where_not_all_is_gold(dataset: Dataset) -> None:
    assert "source of labels" not in [t.name for t in stats.tables(dataset, {})]
    weak = Example("w", Tagged(Passage("w", 1, "政策", "zh"), (Tag("role", "cause", 0.7, "harvest: heading"),)))
    mixed = corpus.dataset_of("mixed", dataset.taxonomy, [*dataset.examples, weak])
    assert dict(table(mixed, "source of labels").rows)["harvest: heading"] == (1, 0, 1)


def test_a_taxonomy_of_ones_own_is_counted_too() -> None:
    own = taxonomy.parse(TAXONOMY, "t")
    one = Example("d", Tagged(Passage("d", 1, "我们赞成。", "zh"), (Tag("stance", "for", 1.0, corpus.GOLD),)))
    assert table(corpus.dataset_of("own", own, [one]), "stance").rows == (("for", (1,)), ("against", (0,)))


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_picture_is_written_in_the_format_of_its_name(dataset: Dataset, suffix: str, tmp_path: Path) -> None:
    stats.picture(dataset, tmp_path / f"corpus.{suffix}")
    assert (tmp_path / f"corpus.{suffix}").read_bytes()[:5] in (b"\x89PNG\r", b"<?xml")


def test_a_picture_that_cannot_be_written_is_told(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="can't be written"):
        stats.picture(dataset, tmp_path / "corpus.txtx")
