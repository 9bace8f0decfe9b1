"""Which passages come next, what the keys do, and where the answers go."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from building import CORPUS, TAXONOMY, write_corpus
from building import example as example_of

from policytext import corpus, review, taxonomy
from policytext.corpus import Dataset
from policytext.errors import CorpusError, PolicytextError
from policytext.model import Model
from policytext.review import Candidate, Choice, Shelf
from policytext.types import Tag, Tagged

DEFAULT = taxonomy.default()
OWN = taxonomy.parse(TAXONOMY, "stances.toml")


@pytest.fixture(scope="module")
def found(dataset: Dataset, model: Model) -> list[Candidate]:
    return review.candidates(dataset, model)[0]


# ---------------------------------------------------------------- the order


def rows_of(*texts: dict[int, float]) -> object:
    return review.sparse_rows([([*t], [*t.values()]) for t in texts], 3)


def test_the_most_urgent_comes_first_and_equals_in_their_order() -> None:
    assert list(review.pick([0.1, 0.9, 0.5, 0.5], rows_of({0: 1.0}, {1: 1.0}, {2: 1.0}, {}))) == [1, 2, 3, 0]


def test_one_like_those_before_has_to_wait() -> None:
    rows = rows_of({0: 1.0}, {0: 1.0}, {0: 0.8, 1: 0.6}, {1: 1.0})
    assert list(review.pick([0.9, 0.9, 0.9, 0.6], rows)) == [0, 3, 2, 1]


def test_nothing_is_asked_where_nothing_is() -> None:
    assert list(review.pick([], rows_of())) == []


def test_the_margin_is_between_the_two_likeliest() -> None:
    assert review.margin([0.2, 0.5, 0.3]) == pytest.approx(0.2)
    assert review.margin([1.0]) == 1.0


def test_a_contradiction_is_a_harvested_label_that_was_not_given() -> None:
    role = DEFAULT.facet("role")
    harvested = (Tag("theme", "market", 0.9), Tag("role", "cause", 0.7))
    assert review.contradiction(harvested, ("dilemma",), role) == 0.7
    assert review.contradiction(harvested, ("dilemma", "cause"), role) == 0.0
    assert review.contradiction((), ("dilemma",), role) == 0.0


def test_every_passage_is_a_candidate_with_what_the_model_says(
    found: list[Candidate], dataset: Dataset, model: Model
) -> None:
    assert [c.example for c in found] == list(dataset.examples)
    given = model.probabilities([c.example.tagged.passage for c in found])
    assert [c.probabilities for c in found] == given
    assert all(c.urgency == pytest.approx(1 - c.margin + 0.5 * c.contradiction) for c in found)


def test_what_was_passed_over_and_what_is_short_comes_last(dataset: Dataset, model: Model) -> None:
    first, passed = dataset.examples[0], dataset.examples[3].id
    short = replace(first, tagged=Tagged(replace(first.tagged.passage, text="The Secretary"), ()))
    some = corpus.dataset_of("d", DEFAULT, [short, *dataset.examples[1:8]])
    ordered = [c.example.id for c in review.order(*review.candidates(some, model), frozenset({passed}))]
    assert set(ordered[-2:]) == {first.id, passed}
    assert len(ordered) == 8


def test_a_model_of_another_taxonomy_can_not_propose(model: Model, dataset: Dataset) -> None:
    with pytest.raises(CorpusError, match="its taxonomy is not that of tiny@"):
        review.candidates(corpus.dataset_of("own", OWN, dataset.examples[:2]), model)


# ---------------------------------------------------------------- keys


def test_digits_are_roles_and_letters_themes_without_the_commands() -> None:
    keys = review.keys_of(DEFAULT)
    assert [keys[x] for x in "135"] == [("role", "background"), ("role", "cause"), ("role", "recommendation")]
    assert keys["a"] == ("theme", "external-controls")
    assert len(keys) == 18
    assert set(keys).isdisjoint("suq.")


def test_the_keys_of_a_taxonomy_of_ones_own_are_its_labels() -> None:
    assert set(review.keys_of(OWN).values()) == {(f.id, label.id) for f, label in OWN.labels()}


def test_a_label_pressed_twice_is_not_chosen() -> None:
    cause, dilemma = ("role", "cause"), ("role", "dilemma")
    assert review.press(review.press((), cause), dilemma) == (cause, dilemma)
    assert review.press((cause, dilemma), cause) == (dilemma,)


def test_an_answer_needs_a_role_and_is_a_persons() -> None:
    example = example_of(CORPUS["zh-seed-01"][2], 3)
    assert review.answer(example, (("theme", "market"),), DEFAULT) is None
    answered = review.answer(example, (("theme", "market"), ("role", "cause"), ("role", "dilemma")), DEFAULT)
    assert answered is not None
    assert answered.tagged.labels("role") == ("cause", "dilemma")
    assert {t.source for t in answered.tagged.tags} == {"person"}


# ---------------------------------------------------------------- a session


def held(found: Iterable[Candidate], keys: str, shelf: Shelf) -> tuple[review.Session, list[str], list[str]]:
    """The session, the ids in the order in which they came up, and what was told."""
    shown: list[str] = []
    told: list[str] = []

    def show(candidate: Candidate, chosen: Choice) -> None:
        if shown[-1:] != [candidate.example.id]:
            shown.append(candidate.example.id)

    def one_by_one() -> Iterator[str]:
        yield from keys

    return review.hold(iter(found), one_by_one(), shelf, show, told.append), shown, told


@pytest.fixture
def shelf(dataset: Dataset, tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "mine", dataset, "CC0")


def ids(folder: Path) -> list[str]:
    return [json.loads(x)["id"] for x in (folder / "passages.jsonl").read_text(encoding="utf-8").splitlines()]


def test_an_answer_is_a_line_of_the_corpus_at_once(found: list[Candidate], shelf: Shelf) -> None:
    session, _, _ = held(found, "3l\n", shelf)
    assert session == review.Session(1, 0)
    (line,) = corpus.load(shelf.folder).examples
    assert line.id == found[0].example.id
    assert [(t.facet, t.label, t.source) for t in line.tagged.tags] == [
        ("role", "cause", "person"),
        ("theme", "governance", "person"),
    ]
    assert corpus.settings(shelf.folder)["languages"] == ["en", "zh"]


def test_lines_keep_the_order_of_the_source_whatever_was_asked_first(found: list[Candidate], shelf: Shelf) -> None:
    held([found[20], found[3], found[7], found[0]], "1\n2\n3\n4\n", shelf)
    assert ids(shelf.folder) == [found[i].example.id for i in (0, 3, 7, 20)]


def test_what_is_labelled_is_known_the_next_time(found: list[Candidate], shelf: Shelf) -> None:
    held(found, "1\ns2\nq", shelf)
    assert shelf.done() == {found[0].example.id, found[2].example.id}
    assert shelf.skipped() == {found[1].example.id}


def test_the_proposal_of_the_model_is_taken_with_one_key(found: list[Candidate], shelf: Shelf) -> None:
    held(found, ".\n", shelf)
    (line,) = corpus.load(shelf.folder).examples
    assert [(t.facet, t.label) for t in line.tagged.tags] == [(t.facet, t.label) for t in found[0].tagged.tags]


def test_undo_takes_back_the_last_answers_one_by_one(found: list[Candidate], shelf: Shelf) -> None:
    session, shown, told = held(found[:3], "1\n2\nuuu4\n", shelf)
    assert shown == [found[i].example.id for i in (0, 1, 2, 1, 0, 1)]
    assert told == ["nothing to undo in this session"]
    assert session == review.Session(1, 0)
    (line,) = corpus.load(shelf.folder).examples
    assert (line.id, line.tagged.labels("role")) == (found[0].example.id, ("dilemma",))


def test_what_was_passed_over_can_be_taken_back(found: list[Candidate], shelf: Shelf) -> None:
    held(found, "suq", shelf)
    assert shelf.skipped() == frozenset()
    assert shelf.done() == set()


def test_a_theme_alone_is_no_answer_and_an_unknown_key_is_told(found: list[Candidate], shelf: Shelf) -> None:
    session, _, told = held(found, "a\n9q", shelf)
    assert told == ["no role chosen; press its number first", '"9" is no key here']
    assert session == review.Session(0, 0)
    assert not shelf.folder.exists()


def test_an_end_of_line_without_a_choice_does_nothing(found: list[Candidate], shelf: Shelf) -> None:
    session, shown, told = held(found, "\n\n", shelf)
    assert (session.saved, shown, told) == (0, [found[0].example.id], [])


def test_a_session_ends_with_the_last_passage(found: list[Candidate], shelf: Shelf) -> None:
    assert held(found[:2], "1\n1\n1\n1\n", shelf)[0] == review.Session(2, 0)


def test_a_corpus_reviewed_in_place_keeps_its_other_lines_byte_for_byte(tmp_path: Path, model: Model) -> None:
    folder = write_corpus(tmp_path / "tiny")
    dataset = corpus.load(folder)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    found, _ = review.candidates(dataset, model)
    shelf = Shelf(folder, dataset)
    held(found[3:], "1m\n", shelf)
    assert [p.name for p in folder.iterdir() if p.read_bytes() != before.get(p.name)] == [
        f"{found[3].example.doc}.jsonl"
    ]
    after = corpus.load(folder)
    assert after.examples[3].tagged.labels("role") == ("background",)
    assert [e for i, e in enumerate(after.examples) if i != 3] == [e for i, e in enumerate(dataset.examples) if i != 3]
    held(found[3:], "1m\nu", shelf)
    assert corpus.load(folder).examples[3].tagged.labels("theme") == ("market",)


def test_answers_of_another_taxonomy_are_not_mixed(tmp_path: Path, dataset: Dataset, found: list[Candidate]) -> None:
    held(found, "1\n", Shelf(tmp_path / "mine", dataset))
    other = corpus.dataset_of("own", OWN, dataset.examples[:1])
    with pytest.raises(CorpusError, match="its taxonomy is not that of own"):
        Shelf(tmp_path / "mine", other).done()


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path, dataset: Dataset, found: list[Candidate]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CorpusError, match="is a file"):
        held(found, "1\n", Shelf(tmp_path / "file", dataset))


def test_a_taxonomy_without_an_exclusive_facet_can_not_be_reviewed() -> None:
    bare = replace(DEFAULT, facets=(DEFAULT.facet("theme"),))
    with pytest.raises(PolicytextError, match="no exclusive facet"):
        review.keys_of(bare)
