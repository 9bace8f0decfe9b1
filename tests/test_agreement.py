"""How far two readers agree, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from building import TAXONOMY
from hypothesis import given
from hypothesis import strategies as st

from policytext import corpus, taxonomy
from policytext.agreement import agreement, agreement_row, by_language, differences, kappa, pair
from policytext.corpus import Dataset, Example
from policytext.errors import CorpusError
from policytext.types import Passage, Tag, Tagged

POLICY = taxonomy.default()
ROLE, THEME = POLICY.facet("role"), POLICY.facet("theme")


def reader(name: str, *labels: tuple[Sequence[str], Sequence[str]], prefix: str = "p") -> Dataset:
    """A corpus of one document with (roles, themes) a passage; the second half of it is English."""
    examples = []
    for n, (roles, themes) in enumerate(labels, 1):
        tags = [Tag("role", x, 1.0, corpus.GOLD) for x in roles] + [Tag("theme", x, 1.0, corpus.GOLD) for x in themes]
        passage = Passage("d", n, f"Passage {n}", "zh" if 2 * n <= len(labels) else "en")
        examples.append(Example(f"{prefix}-{n}", Tagged(passage, tuple(tags))))
    return corpus.dataset_of(name, POLICY, examples)


A = reader("a", (["cause"], ["market"]), (["dilemma"], []), (["cause", "dilemma"], ["research"]), (["dilemma"], []))
B = reader("b", (["cause"], ["market"]), (["dilemma"], []), (["dilemma"], ["research", "market"]), (["dilemma"], []))


def test_kappa_is_what_a_textbook_gives() -> None:
    # Two readers of 50 passages: both yes on 20, both no on 15, and 5 and 10 the one or the other.
    rows = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert kappa(rows) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=30))
def test_kappa_is_the_same_both_ways_and_one_only_for_equal_readers(rows: list[tuple[str, str]]) -> None:
    value = kappa(rows)
    assert value == kappa([(b, a) for a, b in rows])
    if value is not None:
        assert value <= 1
        assert (value == 1) == all(a == b for a, b in rows)


def test_roles_are_compared_by_the_primary_one() -> None:
    found = agreement(pair(A, B), ROLE)
    assert (found.passages, found.agree, found.kappa) == (4, 0.75, 0.5)
    cause = found.labels[ROLE.ids.index("cause")]
    assert (cause.first, cause.second, cause.both, cause.kappa, cause.f1) == (2, 1, 1, 0.5, pytest.approx(2 / 3))
    unused = found.labels[ROLE.ids.index("foundation")]
    assert (unused.kappa, unused.f1) == (None, None)


def test_themes_are_compared_as_sets() -> None:
    found = agreement(pair(A, B), THEME)
    assert found.agree == 0.75
    assert [x.both for x in found.labels if x.label in ("market", "research")] == [1, 1]
    assert found.kappa == pytest.approx((0.5 + 1.0) / 2)


def test_languages_are_also_compared_apart() -> None:
    parts = {name: agreement(part, ROLE).agree for name, part in by_language(pair(A, B)).items()}
    assert parts == {"zh": 1.0, "en": 0.5, "all": 0.75}


def test_the_passages_that_differ_are_told() -> None:
    (row,) = differences(pair(A, B), [ROLE, THEME])
    assert row["id"] == "p-3"
    assert row["role"] == [["cause", "dilemma"], ["dilemma"]]
    assert row["theme"] == [["research"], ["research", "market"]]


def test_passages_with_other_ids_are_paired_by_document_and_text() -> None:
    renamed = reader("c", *[(["dilemma"], [])] * 4, prefix="q")
    assert [(a.id, b.id) for a, b in pair(A, renamed)] == [(f"p-{n}", f"q-{n}") for n in (1, 2, 3, 4)]


def test_passages_that_a_reader_left_bare_do_not_count() -> None:
    bare = reader("c", ([], []), (["dilemma"], []), ([], []), (["dilemma"], []))
    assert agreement(pair(A, bare), ROLE).passages == 2


def test_what_cannot_be_compared_is_told() -> None:
    other = reader("c", (["cause"], []))
    moved = Tagged(Passage("d", 1, "Another text", "en"))
    with pytest.raises(CorpusError, match=r'passage "p-1" has another text in changed'):
        pair(A, corpus.dataset_of("changed", POLICY, [Example("p-1", moved)]))
    with pytest.raises(CorpusError, match="share no passage"):
        pair(A, corpus.dataset_of("c", POLICY, [Example("x", Tagged(Passage("e", 1, "else", "en")))]))
    with pytest.raises(CorpusError, match="different taxonomies"):
        pair(A, corpus.dataset_of("c", taxonomy.parse(TAXONOMY, "t"), other.examples))


def test_rows_are_rounded_and_name_the_label() -> None:
    found = agreement(pair(A, B), ROLE, "all")
    assert agreement_row(found)["kappa"] == 0.5
    assert agreement_row(found, found.labels[2])["f1"] == 0.6667
