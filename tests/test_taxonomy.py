"""Which labels there are, and what is told of a taxonomy file that is not sound."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from building import TAXONOMY

from policytext import taxonomy
from policytext.errors import TaxonomyError


def test_the_default_has_five_roles_and_thirteen_themes() -> None:
    default = taxonomy.default()
    assert default.facet("role").ids == ("background", "foundation", "cause", "dilemma", "recommendation")
    assert len(default.facet("theme").ids) == 13


def test_a_passage_has_one_primary_role_and_any_number_of_themes() -> None:
    assert taxonomy.default().facet("role").exclusive
    assert not taxonomy.default().facet("theme").exclusive


def test_every_default_label_speaks_both_languages() -> None:
    for _, label in taxonomy.default().labels():
        for language in taxonomy.LANGUAGES:
            assert label.name[language], label.id
            assert label.definition[language], label.id
            assert label.terms[language], label.id
            assert len(label.example[language]) > 10, label.id


@pytest.mark.parametrize("language", taxonomy.LANGUAGES)
def test_a_default_term_belongs_to_one_label_of_its_facet(language: str) -> None:
    for facet in taxonomy.default().facets:
        counts = Counter(term for label in facet.labels for term in label.terms[language])
        assert [term for term, n in counts.items() if n > 1] == []


def test_the_words_of_a_language_stand_once_in_order() -> None:
    words = taxonomy.default().words("zh")
    assert list(words) == sorted(set(words))


def test_a_users_taxonomy_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "stances.toml"
    path.write_text(TAXONOMY, encoding="utf-8", newline="\n")
    own = taxonomy.load(path)
    assert own.name == "stances"
    assert own.facet("stance").ids == ("for", "against")
    assert own.words("zh") == ("反对", "支持", "质疑", "赞成")
    assert own.hash == hashlib.sha256(TAXONOMY.encode()).hexdigest()


def test_one_changed_letter_changes_the_hash() -> None:
    assert taxonomy.parse(TAXONOMY, "a").hash != taxonomy.parse(TAXONOMY.replace("质疑", "疑问"), "a").hash


def test_a_facet_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(TaxonomyError, match='has no facet "stance"; it has: role, theme'):
        taxonomy.default().facet("stance")


def test_a_mistyped_label_is_told_with_the_nearest_one() -> None:
    with pytest.raises(TaxonomyError, match='role "couse" is not in the taxonomy; did you mean "cause"'):
        taxonomy.default().check_label("role", "couse")


def test_a_label_like_no_other_is_told_with_all_of_them() -> None:
    with pytest.raises(TaxonomyError, match="known: background, foundation, cause"):
        taxonomy.default().check_label("role", "xyzzy")


def test_a_known_label_passes() -> None:
    taxonomy.default().check_label("theme", "standards")


FAULTS = [
    pytest.param('name = "x', "not valid TOML", id="broken TOML"),
    pytest.param("", "needs at least one", id="no facet"),
    pytest.param(TAXONOMY.replace('name = "stances"', ""), "name is missing", id="no name"),
    pytest.param(TAXONOMY.replace('title = {zh = "立场", en = "Stances"}', ""), "title is missing", id="no title"),
    pytest.param(TAXONOMY.replace('id = "against"', 'id = "for"'), '"for" stands twice', id="label twice"),
    pytest.param(TAXONOMY.replace('"质疑"', '"反对"'), '"反对" stands twice', id="term twice"),
    pytest.param(TAXONOMY.replace(', en = "For"}', "}"), "name.en is missing", id="name in one language"),
    pytest.param(TAXONOMY.replace('["in favour"]', '"in favour"'), "must be a list", id="terms as one text"),
    pytest.param(TAXONOMY.replace('["in favour"]', "[7]"), "write it as a text in quotes", id="a number as a term"),
    pytest.param(TAXONOMY.replace("exclusive = true", 'exclusive = "no"'), "neither true nor false", id="no truth"),
    pytest.param(
        TAXONOMY.replace('terms = {zh = ["赞成", "支持"], en = ["in favour"]}', 'terms = "赞成"'),
        "table of",
        id="terms alone",
    ),
]


@pytest.mark.parametrize(("source", "told"), FAULTS)
def test_a_fault_is_told_with_its_place(source: str, told: str) -> None:
    with pytest.raises(TaxonomyError, match=told) as caught:
        taxonomy.parse(source, "own.toml")
    assert str(caught.value).startswith("own.toml")
    assert "\n" not in str(caught.value)


def test_a_missing_taxonomy_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="no such taxonomy file"):
        taxonomy.load(tmp_path / "none.toml")


def test_a_taxonomy_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "gbk.toml"
    path.write_bytes(TAXONOMY.encode("gb18030"))
    with pytest.raises(TaxonomyError, match="can't be read as UTF-8"):
        taxonomy.load(path)
