"""Corpora: what a line holds, and what is told of lines that are not sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from building import CORPUS, STORED_TEXT, TAXONOMY, write_corpus, write_lines
from building import example as example_of
from hypothesis import given
from hypothesis import strategies as st

from policytext import corpus, taxonomy
from policytext.corpus import Dataset, Example
from policytext.errors import CorpusError
from policytext.types import Passage, Tag, Tagged

LINE = CORPUS["zh-coldchain-01"][2]
THEMES = taxonomy.default().facet("theme").ids
ROLES = taxonomy.default().facet("role").ids


def line(**changed: Any) -> dict[str, Any]:
    return {**LINE, **changed}


# ---------------------------------------------------------------- loading


def test_a_folder_is_loaded_in_document_order(dataset: Dataset) -> None:
    assert dataset.name == "tiny"
    assert {doc: len(part) for doc, part in dataset.documents().items()} == dict.fromkeys(sorted(CORPUS), 8)
    first = dataset.documents()["zh-coldchain-01"][2]
    assert first == example_of(LINE, 3)
    assert first.tagged.labels("role") == ("cause", "dilemma")
    assert first.tagged.passage.n == 3


def test_a_single_file_is_a_corpus_too(tmp_path: Path) -> None:
    one = corpus.load(write_lines(tmp_path / "gold.jsonl", CORPUS["en-tidal-01"]))
    assert one.name == "gold"
    assert len(one.examples) == 8


def test_blank_lines_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "gold.jsonl", CORPUS["en-tidal-01"])
    plain = corpus.load(path)
    path.write_text("\ufeff" + path.read_text(encoding="utf-8").replace("\n", "\n\n"), encoding="utf-8")
    assert corpus.load(path) == plain


def test_a_line_needs_no_id_and_gets_one(tmp_path: Path) -> None:
    bare = {key: value for key, value in LINE.items() if key != "id"}
    assert [e.id for e in corpus.load(write_lines(tmp_path / "a.jsonl", [bare, bare])).examples] == [
        "zh-coldchain-01-001",
        "zh-coldchain-01-002",
    ]


def test_a_users_taxonomy_stands_beside_the_lines(tmp_path: Path) -> None:
    own = [{"doc": "d", "language": "zh", "text": "我们赞成统一标准。", "stance": "for"}]
    folder = write_corpus(tmp_path / "own", {"d": own}, taxonomy="stances.toml")  # type: ignore[dict-item]
    (folder / "stances.toml").write_text(TAXONOMY, encoding="utf-8")
    loaded = corpus.load(folder)
    assert loaded.taxonomy.name == "stances"
    assert loaded.examples[0].tagged.labels("stance") == ("for",)
    assert corpus.to_line(loaded.examples[0])["stance"] == ["for"]


def test_the_hash_follows_the_lines_and_not_the_files(tmp_path: Path, dataset: Dataset) -> None:
    every = [line for doc in sorted(CORPUS) for line in CORPUS[doc]]
    assert corpus.load(write_lines(tmp_path / "a.jsonl", every)).hash == dataset.hash
    every[0] = {**every[0], "role": "foundation"}
    assert corpus.load(write_lines(tmp_path / "b.jsonl", every)).hash != dataset.hash


def test_the_mark_of_an_item_counts_for_the_hash(tmp_path: Path) -> None:
    plain = corpus.load(write_lines(tmp_path / "a.jsonl", [LINE]))
    marked = corpus.load(write_lines(tmp_path / "b.jsonl", [line(item="第一")]))
    assert marked.examples[0].tagged.passage.item == "第一"
    assert marked.hash != plain.hash


def test_a_part_of_a_dataset_is_a_dataset(dataset: Dataset) -> None:
    part = dataset.only(["zh-seed-01"])
    assert {e.doc for e in part.examples} == {"zh-seed-01"}
    assert part.hash != dataset.hash
    assert dataset.only(dataset.documents()) == dataset


# ---------------------------------------------------------------- merging


def test_corpora_are_merged_in_order(dataset: Dataset) -> None:
    parts = [dataset.only(["zh-seed-01"]), dataset.only(["en-tidal-01"])]
    merged = corpus.merge(parts)
    assert merged.name == "tiny+tiny"
    assert merged.examples == parts[0].examples + parts[1].examples


def test_a_document_in_two_corpora_is_told(dataset: Dataset) -> None:
    with pytest.raises(CorpusError, match='document "zh-seed-01" stands in'):
        corpus.merge([dataset, dataset.only(["zh-seed-01"])])


def test_corpora_of_two_taxonomies_are_told(dataset: Dataset) -> None:
    other = Dataset("other", taxonomy.parse(TAXONOMY, "t"), (), "")
    with pytest.raises(CorpusError, match="different taxonomies"):
        corpus.merge([dataset, other])


# ---------------------------------------------------------------- faults

FAULTS = [
    pytest.param(line(role="couse"), 'role "couse" is not in the taxonomy; did you mean "cause"', id="mistyped role"),
    pytest.param(line(themes=["standard"]), 'did you mean "standards"', id="mistyped theme"),
    pytest.param(line(text=" "), '"text" is missing or empty', id="no text"),
    pytest.param(line(doc=None), '"doc" is missing', id="no document"),
    pytest.param(line(language="fr"), 'language "fr" is none of', id="a third language"),
    pytest.param(line(section="成因"), "section must be a list", id="section as one text"),
    pytest.param(line(themes="standards"), "labels of theme must be a list", id="themes as one text"),
    pytest.param(line(also="dilemma"), "labels of role must be a list", id="second role as one text"),
    pytest.param(line(also=["cause"]), 'role "cause" stands twice', id="role twice"),
    pytest.param(line(themes=["market", "market"]), 'theme "market" stands twice', id="theme twice"),
    pytest.param(line(text="\ud800政策"), "not valid JSON", id="half a character"),
]


@pytest.mark.parametrize(("faulty", "told"), FAULTS)
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, faulty: dict[str, Any], told: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(json.dumps(x) for x in (CORPUS["zh-seed-01"][0], faulty)), encoding="utf-8")
    with pytest.raises(CorpusError, match=told) as caught:
        corpus.load(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "told"), [("{", "not valid JSON"), ("[1]", "not an object"), ("7", "not an object")]
)
def test_a_line_that_is_no_object_is_told(tmp_path: Path, written: str, told: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(CorpusError, match=told):
        corpus.load(path)


def test_an_id_used_twice_is_told_with_both_places(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "gold.jsonl", [LINE, LINE])
    with pytest.raises(CorpusError, match=r"gold.jsonl:2: id .* was used at .*gold.jsonl:1"):
        corpus.load(path)


def test_what_is_no_corpus_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such corpus"):
        corpus.load(tmp_path / "none")
    with pytest.raises(CorpusError, match=r"corpus\.toml: missing"):
        corpus.load(tmp_path)
    with pytest.raises(CorpusError, match=r"holds no \.jsonl file"):
        corpus.load(write_corpus(tmp_path / "empty", {}))
    with pytest.raises(CorpusError, match="holds no passage"):
        corpus.load(write_corpus(tmp_path / "blank", {"d": []}))
    (tmp_path / "corpus.toml").write_text('name = "x', encoding="utf-8")
    with pytest.raises(CorpusError, match="not valid TOML"):
        corpus.load(tmp_path)
    (tmp_path / "gbk.jsonl").write_bytes('{"text": "政策"}'.encode("gbk"))
    with pytest.raises(CorpusError, match="not UTF-8 at byte 10"):
        corpus.load(tmp_path / "gbk.jsonl")


WEAK = line(
    sources={"role": {"cause": "harvest: heading"}, "theme": {"governance": "llm: small"}},
    scores={"role": {"cause": 0.83}},
)


def test_labels_that_no_person_gave_keep_source_and_score(tmp_path: Path) -> None:
    (made,) = corpus.load(write_lines(tmp_path / "weak.jsonl", [WEAK])).examples
    assert Tag("role", "cause", 0.83, "harvest: heading") in made.tagged.tags
    assert Tag("role", "dilemma", 1.0, corpus.GOLD) in made.tagged.tags
    assert Tag("theme", "governance", 1.0, "llm: small") in made.tagged.tags
    assert corpus.to_line(made) == WEAK


ORIGIN_FAULTS = [
    pytest.param({"sources": "harvest"}, 'sources must look like {"role"', id="sources as one text"),
    pytest.param({"sources": {"role": {"cause": 1}}}, "sources must look like", id="a number as source"),
    pytest.param({"scores": {"role": {"cause": True}}}, "scores must look like", id="a truth value as score"),
    pytest.param({"scores": {"role": {"cause": 1.5}}}, "score 1.5 of role .* not between 0 and 1", id="score above 1"),
    pytest.param({"scores": {"role": {"foundation": 0.5}}}, 'name role "foundation", which the line', id="other label"),
]


@pytest.mark.parametrize(("changed", "told"), ORIGIN_FAULTS)
def test_a_faulty_source_or_score_is_told(tmp_path: Path, changed: dict[str, Any], told: str) -> None:
    path = write_lines(tmp_path / "gold.jsonl", [line(**changed)])
    with pytest.raises(CorpusError, match=told) as caught:
        corpus.load(path)
    assert str(caught.value).startswith(f"{path}:1: ")


def test_a_scan_tells_every_faulty_line_and_keeps_the_sound_ones(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    faulty = ["{", json.dumps(line(id="a", role="couse")), json.dumps(line(id="b")), json.dumps(line(id="b"))]
    path.write_text("\n".join(faulty), encoding="utf-8")
    found = corpus.scan(path)
    assert [str(fault).split(": ")[0] for fault in found.faults] == [f"{path}:{n}" for n in (1, 2, 4)]
    assert found.places == {"b": f"{path}:3"}


# ---------------------------------------------------------------- saving and dividing


def test_a_saved_corpus_is_loaded_as_it_was(tmp_path: Path, dataset: Dataset) -> None:
    told = {
        "licence": "CC0",
        "origin": 'all "invented"\nby us\x7f',
        "check": {"run_share": 0.5},
        "document": [{"id": "zh-seed-01", "year": 2024, "titles": ["种子", "Seed"]}, {"id": "gone", "year": 1}],
    }
    corpus.save(dataset, tmp_path / "saved", told)
    assert corpus.load(tmp_path / "saved") == dataset
    read = corpus.settings(tmp_path / "saved")
    assert (read["origin"], read["check"], read["languages"]) == (told["origin"], told["check"], ["en", "zh"])
    assert corpus.documents_told(read) == {"zh-seed-01": told["document"][0]}


def test_a_corpus_is_saved_with_its_own_taxonomy(tmp_path: Path) -> None:
    own = taxonomy.parse(TAXONOMY, "t")
    passage_ = Passage("d", 1, "我们赞成。", "zh")
    made = corpus.dataset_of("own", own, [Example("d-001", Tagged(passage_, (Tag("stance", "for", 1.0, "gold"),)))])
    corpus.save(made, tmp_path / "own")
    assert corpus.load(tmp_path / "own").examples == made.examples


def test_nothing_is_written_over_a_corpus(tmp_path: Path, dataset: Dataset) -> None:
    corpus.save(dataset, tmp_path)
    with pytest.raises(CorpusError, match="holds a corpus already"):
        corpus.save(dataset, tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match="is a file"):
        corpus.save(dataset, tmp_path / "file")


def of_sizes(**documents: int) -> Dataset:
    """A corpus of documents with so many passages; their names begin with their language."""
    return corpus.dataset_of(
        "sized",
        taxonomy.default(),
        [
            Example(f"{doc}-{n}", Tagged(Passage(doc, n, "政策", doc[:2])))  # type: ignore[arg-type]
            for doc, size in documents.items()
            for n in range(1, size + 1)
        ],
    )


@given(
    sizes=st.dictionaries(st.from_regex("(zh|en)[0-9]{1,2}", fullmatch=True), st.integers(1, 9), min_size=4),
    seed=st.integers(0, 99),
    n=st.integers(2, 4),
)
def test_dividing_loses_nothing_and_divides_no_document(sizes: dict[str, int], seed: int, n: int) -> None:
    whole = of_sizes(**sizes)
    for parts in (corpus.split(whole, 0.3, seed), corpus.folds(whole, n, seed)):
        docs = [set(part.documents()) for part in parts]
        assert set.union(*docs) == set(sizes)
        assert sum(map(len, docs)) == len(sizes)
        assert sum(len(part.examples) for part in parts) == len(whole.examples)
    for language in ("zh", "en"):
        if sum(doc.startswith(language) for doc in sizes) > 1:
            assert all(any(d.startswith(language) for d in part.documents()) for part in corpus.split(whole, 0.3, seed))


def test_a_split_is_of_the_size_asked_for_and_goes_by_its_seed() -> None:
    whole = of_sizes(**{f"{language}{n:02}": 5 for n in range(20) for language in ("zh", "en")})
    train, test = corpus.split(whole, 0.2, 1)
    assert (len(train.examples), len(test.examples)) == (160, 40)
    assert {d[:2] for d in test.documents()} == {"zh", "en"}
    assert corpus.split(whole, 0.2, 1) == (train, test)
    assert corpus.split(whole, 0.2, 2) != (train, test)
    with pytest.raises(CorpusError, match="40 documents can't make 41 folds"):
        corpus.folds(whole, 41, 1)


# ---------------------------------------------------------------- round trips

NAME = STORED_TEXT.filter(lambda text: text.strip())


@st.composite
def examples(draw: st.DrawFn) -> Example:
    roles = draw(st.lists(st.sampled_from(ROLES), max_size=2, unique=True))
    themes = draw(st.lists(st.sampled_from(THEMES), max_size=3, unique=True))
    tags = [Tag("role", label, 1.0, corpus.GOLD) for label in roles]
    tags += [Tag("theme", label, 1.0, corpus.GOLD) for label in themes]
    own = Passage(
        draw(NAME),
        1,
        draw(NAME),
        draw(st.sampled_from(["zh", "en", "other"])),
        tuple(draw(st.lists(STORED_TEXT, max_size=3))),
        draw(st.sampled_from(["", "第一", "(1)", "•"])),
    )
    return Example(draw(NAME), Tagged(own, tuple(tags)))


@given(made=examples())
def test_a_line_read_back_is_the_example_it_was_written_from(
    tmp_path_factory: pytest.TempPathFactory, made: Example
) -> None:
    path = write_lines(tmp_path_factory.getbasetemp() / "round.jsonl", [corpus.to_line(made)])
    assert corpus.load(path).examples == (made,)


def test_the_tiny_corpus_is_written_as_it_was_read(dataset: Dataset) -> None:
    written = {doc: [corpus.to_line(e) for e in part] for doc, part in dataset.documents().items()}
    assert written == CORPUS


# ---------------------------------------------------------------- one line at a time


def line_of(example_id: str, doc: str = "zh-a-01") -> str:
    line = {"id": example_id, "doc": doc, "language": "zh", "text": "应当统一标准。", "role": "recommendation"}
    return json.dumps(line, ensure_ascii=False)


def test_a_line_is_put_in_its_place_and_taken_away_again(tmp_path: Path) -> None:
    places = {"a-1": 0, "a-2": 1, "a-3": 2}
    for name in ("a-3", "a-1", "a-2"):
        assert corpus.put_line(tmp_path, name, line_of(name), places) is None
    file = tmp_path / "passages.jsonl"
    assert file.read_text(encoding="utf-8") == "".join(f"{line_of(x)}\n" for x in ("a-1", "a-2", "a-3"))
    assert corpus.put_line(tmp_path, "a-2", None, places) == line_of("a-2")
    assert file.read_text(encoding="utf-8") == "".join(f"{line_of(x)}\n" for x in ("a-1", "a-3"))


def test_a_line_replaces_the_one_of_its_id_in_whatever_file_it_stands(tmp_path: Path) -> None:
    odd = '{"doc": "b", "language": "zh",  "text": "目前标准不一。", "mark": 1}\n'
    (tmp_path / "a.jsonl").write_text(line_of("a-1") + "\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text("\ufeff" + odd + odd, encoding="utf-8")
    assert corpus.put_line(tmp_path, "b-002", line_of("b-002", "b"), {}) == odd.strip()
    assert (tmp_path / "b.jsonl").read_text(encoding="utf-8") == odd + line_of("b-002", "b") + "\n"
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == line_of("a-1") + "\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl"]


def test_a_file_that_can_not_be_replaced_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "passages.jsonl.draft").mkdir()
    (tmp_path / "passages.jsonl").write_text(line_of("a-1") + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="can't be written"):
        corpus.put_line(tmp_path, "a-2", line_of("a-2"), {})
    assert (tmp_path / "passages.jsonl").read_text(encoding="utf-8") == line_of("a-1") + "\n"
