"""The library: what is stored, what is found, and what happens when a file or a writer fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from building import ANY_TEXT, CORPUS, PROSE, passage, tagged
from building import example as example_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policytext import library as libraries
from policytext.errors import LibraryError, QueryError
from policytext.library import Library, highlights
from policytext.query import Phrase, Query, parse
from policytext.types import Box, Document, Metadata, PageQuality, Quality, Tag, Tagged

META = {
    "zh-coldchain-01": Metadata(
        "县域冷链物流的困境与出路", ("林晓舟",), 2024, "县域经济", "", "", "10.1/x", ("冷链",), ("zh",)
    ),
    "zh-seed-01": Metadata("种业创新的困境与出路", ("沈青禾",), 2022, languages=("zh",)),
    "en-tidal-01": Metadata(
        "Tidal energy on the western coast", (), 2023, issuer="Regional assembly", languages=("en",)
    ),
    "en-repair-01": Metadata("The right to repair", (), None, languages=("en",)),
}


def fill(library: Library) -> None:
    for doc, lines in CORPUS.items():
        own = [example_of(line, n).tagged for n, line in enumerate(lines, 1)]
        library.add(Document(doc, f"papers/{doc}.md", (), META[doc]), own, "gold")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The tiny corpus as a library, open for reading."""
    path = tmp_path_factory.mktemp("library") / "tiny.db"
    with Library(path) as writer:
        fill(writer)
    with Library.reader(path) as reader:
        yield reader


def ids(library: Library, typed: str, **filters: str) -> list[str]:
    query = (parse(typed) if typed else Query()).only(**filters)
    return [f"{h.tagged.passage.doc_id}-{h.tagged.passage.n}" for h in library.search(query, limit=100).hits]


# ---------------------------------------------------------------- storing


def test_what_is_stored_comes_back_as_it_was(tmp_path: Path) -> None:
    boxes = (Box(1, 50.0, 600.5, 240.0, 650.0), Box(2, 50.0, 60.0, 240.0, 90.25))
    stored = Tagged(
        passage("第一，“冷库”闲置。", 1, section=("三、成因", "（一）体制"), item="第一", boxes=boxes),
        (Tag("role", "cause", 0.91, "m@1"), Tag("role", "dilemma", 0.4, "m@1"), Tag("theme", "market", 0.3, "林")),
    )
    made = Document(
        "d",
        "论文/a.pdf",
        (),
        META["zh-coldchain-01"],
        Quality((PageQuality(1, "text", 9), PageQuality(2, "scanned", 0))),
    )
    with Library(tmp_path / "a.db") as library:
        library.add(made, [stored], "m@1")
        assert library.tagged() == [stored]
        (entry,) = library.documents()
    assert entry.metadata == made.metadata
    assert (entry.hash, entry.path, entry.grade, entry.pages, entry.unread, entry.passages) == (
        "d",
        "论文/a.pdf",
        "poor",
        2,
        (2,),
        1,
    )


def test_what_citations_need_is_kept(tmp_path: Path) -> None:
    metadata = Metadata(
        "县域冷链的困境",
        ("林晓舟",),
        2024,
        "县域经济研究",
        keywords=("冷链", "standards"),
        languages=("zh",),
        parallel_title="The Plight of Cold Chains",
        abstracts=("冷库大半空着。", "Most stores are empty."),
        volume="12",
        issue="3",
        pages="57-63",
        issn="1234-567X",
        year_from="text",
    )
    with Library(tmp_path / "a.db") as library:
        library.add(Document("d", "a.md", (), metadata), [tagged("标准不一。", "cause")])
        assert [entry.metadata for entry in library.documents()] == [metadata]


def test_a_year_that_only_the_file_tells_is_counted_apart(tmp_path: Path) -> None:
    with Library(tmp_path / "a.db") as library:
        library.add(
            Document("d", "a.md", (), Metadata("甲", year=2024, year_from="text")), [tagged("标准不一。", "cause")]
        )
        guess = Metadata("乙", year=2024, year_from="file")
        library.add(Document("e", "b.md", (), guess), [tagged("标准缺失。", "cause", doc="e")])
        found = library.search(Query().only(year="2024"))
        assert found.total == 2
        assert found.facets["year"] == {"2024": 1, "2024 (file)": 1}


def test_a_library_of_the_first_version_is_renewed_by_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Library(path) as library:
        fill(library)
    db = sqlite3.connect(path)
    db.execute("ALTER TABLE documents DROP COLUMN details")
    db.execute("PRAGMA user_version = 1")
    db.close()
    with pytest.raises(LibraryError, match="renews it"):
        Library.reader(path)
    with Library(path) as library:
        assert [entry.metadata for entry in library.documents()] == list(META.values())
    Library.reader(path).close()


def test_the_same_bytes_again_change_nothing(tmp_path: Path) -> None:
    with Library(tmp_path / "a.db") as library:
        assert library.add(Document("d", "a.md", ()), [tagged("标准不一。", "cause")]) == "added"
        assert library.add(Document("d", "b.md", ()), [tagged("人才短缺。", "dilemma")]) == "known"
        assert [t.passage.text for t in library.tagged()] == ["标准不一。"]
        assert library.has("d")
        assert not library.has("e")


def test_other_bytes_at_a_known_path_replace_what_stood_there(tmp_path: Path) -> None:
    with Library(tmp_path / "a.db") as library:
        library.add(Document("d", "a.md", ()), [tagged("标准不一。", "cause")])
        assert library.add(Document("e", "a.md", ()), [tagged("人才短缺。", "dilemma", doc="e")]) == "replaced"
        assert [entry.hash for entry in library.documents()] == ["e"]
        assert ids(library, "标准") == []
        assert ids(library, "人才") == ["e-1"]


def test_a_document_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    twice = [tagged("标准不一。", n=1), tagged("人才短缺。", n=1)]
    with Library(tmp_path / "a.db") as library:
        with pytest.raises(LibraryError, match="nothing of this document was stored"):
            library.add(Document("d", "a.md", ()), twice)
        assert library.documents() == []
        assert ids(library, "标准") == []
        assert library.add(Document("d", "a.md", ()), twice[:1]) == "added"


def test_a_document_that_can_not_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with Library(tmp_path / "a.db") as library:
        with pytest.raises(UnicodeEncodeError):
            library.add(Document("d", "a.md", ()), [tagged("标准不一。"), tagged("half a character: \ud800", n=2)])
        assert library.documents() == []
        assert library.add(Document("e", "b.md", ()), [tagged("标准不一。", doc="e")]) == "added"


def test_failures_are_kept_by_path_until_the_file_is_added(tmp_path: Path) -> None:
    with Library(tmp_path / "a.db") as library:
        library.fail("b.pdf", "no text layer")
        library.fail("a.pdf", "needs a password")
        library.fail("a.pdf", "damaged")
        assert library.failures() == [("a.pdf", "damaged"), ("b.pdf", "no text layer")]
        library.add(Document("d", "a.pdf", ()), [tagged("标准不一。")])
        assert library.failures() == [("b.pdf", "no text layer")]


def test_a_file_name_that_is_not_utf8_can_be_stored(tmp_path: Path) -> None:
    name = "政策.md".encode("gbk").decode("utf-8", "surrogateescape")  # as the file system hands it over
    with Library(tmp_path / "a.db") as library:
        library.add(Document("d", name, ()), [tagged("标准不一。")])
        library.fail(name.replace(".md", ".pdf"), "damaged")
        assert library.documents()[0].path.endswith(".md")
        assert library.failures()[0][0].endswith(".pdf")
        assert library.add(Document("e", name, ()), [tagged("人才短缺。", doc="e")]) == "replaced"


def test_a_document_without_a_title_is_known_by_its_file_name(tmp_path: Path) -> None:
    with Library(tmp_path / "a.db") as library:
        library.add(Document("d", "folder/notice.md", ()), [tagged("标准不一。")])
        assert library.documents()[0].metadata.title == "notice"


# ---------------------------------------------------------------- finding passages


def test_words_are_found_in_any_order(library: Library) -> None:
    assert set(ids(library, "企业 冷库")) == {"zh-coldchain-01-2", "zh-coldchain-01-8"}
    assert ids(library, "冷库 企业") == ids(library, "企业 冷库")


def test_a_phrase_is_found_only_as_it_stands(library: Library) -> None:
    assert set(ids(library, '"冷链温度标准"')) == {"zh-coldchain-01-7"}
    assert ids(library, '"标准温度冷链"') == []


def test_a_word_inside_a_longer_word_is_found(library: Library) -> None:
    assert "zh-seed-01-1" in ids(library, "商业")


def test_traditional_script_finds_simplified(library: Library) -> None:
    assert ids(library, "標準") == ids(library, "标准")
    assert ids(library, "標準")


def test_english_is_found_by_its_stem(library: Library) -> None:
    assert set(ids(library, "standard lang:en")) == {"en-tidal-01-4", "en-tidal-01-8", "en-repair-01-7"}
    assert ids(library, "STANDARDS lang:en") == ids(library, "standard lang:en")


def test_a_figure_with_its_measure_word_is_found(library: Library) -> None:
    assert "zh-coldchain-01-2" in ids(library, '"2019年"')
    assert "zh-coldchain-01-2" in ids(library, '"比2019年增长"')


def test_or_not_and_beginnings_are_understood(library: Library) -> None:
    assert set(ids(library, "草莓 OR 水稻")) == {"zh-coldchain-01-5", "zh-seed-01-2"}
    assert set(ids(library, "冷库 NOT 补贴")) == {"zh-coldchain-01-2"}
    assert "en-tidal-01-1" in ids(library, "electr*")
    assert len(ids(library, "NOT 冷库")) == 32 - len(ids(library, "冷库"))


def test_a_heading_or_a_title_finds_the_passages_below_it(library: Library) -> None:
    assert set(ids(library, "对策建议")) >= {"zh-coldchain-01-7", "zh-coldchain-01-8"}
    assert {i.rsplit("-", 1)[0] for i in ids(library, '"western coast"')} == {"en-tidal-01"}


def test_filters_narrow_and_several_values_of_one_field_are_alternatives(library: Library) -> None:
    assert ids(library, "", role="recommendation", language="zh") == [
        "zh-coldchain-01-7",
        "zh-coldchain-01-8",
        "zh-seed-01-7",
        "zh-seed-01-8",
    ]
    assert len(ids(library, "role:cause role:dilemma year:2024")) == 4
    assert ids(library, "", theme="talent-education", year="2022-2023") == [
        "zh-seed-01-6",
        "zh-seed-01-8",
        "en-tidal-01-2",
        "en-tidal-01-6",
    ]


def test_a_second_role_is_found_too(library: Library) -> None:
    assert "zh-coldchain-01-3" in ids(library, "", role="dilemma")


def test_a_document_is_named_by_id_path_or_title(library: Library) -> None:
    for name in ("en-tidal", "papers/en-tidal-01.md", "Tidal energy"):
        assert len(ids(library, "", doc=name)) == 8


@pytest.mark.parametrize("wild", ["%", "_", "en%tidal", "\\"])
def test_signs_of_sql_are_plain_characters(library: Library, wild: str) -> None:
    assert ids(library, "", doc=wild) == []


@pytest.mark.parametrize("year", ["soon", "2020-", "-2024", "2024-2020-2019", "\u00b2\u2070", "99999999999999999999"])
def test_a_year_that_is_none_is_told(library: Library, year: str) -> None:
    with pytest.raises(QueryError, match="neither a year nor a span"):
        library.search(Query().only(year=year))


def test_a_query_that_can_not_be_run_is_told(library: Library) -> None:
    with pytest.raises(QueryError, match="can't be run"):
        library.search(Query().only(doc="half a character: \ud800"))
    with pytest.raises(QueryError, match="can't be run"):
        library.search(parse("标准"), limit=10**30)


def test_pages_of_hits_follow_each_other(library: Library) -> None:
    query = parse("的")
    whole = library.search(query, limit=100)
    parts = [h for offset in range(0, whole.total, 5) for h in library.search(query, limit=5, offset=offset).hits]
    assert [h.tagged for h in parts] == [h.tagged for h in whole.hits]
    assert whole.total == len(whole.hits)


def test_counts_are_of_everything_found(library: Library) -> None:
    found = library.search(Query(), limit=1)
    assert found.total == 32
    assert sum(found.facets["role"].values()) == 32
    assert found.facets["role"]["cause"] == 8
    assert found.facets["language"] == {"en": 16, "zh": 16}
    assert found.facets["year"] == {"": 8, "2022": 8, "2023": 8, "2024": 8}
    assert sum(found.facets["document"].values()) == 32


def test_a_hit_shows_where_the_words_stand(library: Library) -> None:
    hit = library.search(parse('"温度标准" 记录')).hits[0]
    text = hit.tagged.passage.text
    assert [text[a:b] for a, b in hit.highlights] == ["温度标准", "记录"]
    assert hit.score > 0
    assert hit.document.metadata.year == 2024


def test_touching_highlights_are_one() -> None:
    assert highlights("标准互认", [Phrase("标准"), Phrase("准互"), Phrase("认")]) == ((0, 4),)


@given(typed=ANY_TEXT | PROSE)
def test_any_text_finds_passages_or_is_a_query_error(library: Library, typed: str) -> None:
    try:
        found = library.search(parse(typed))
    except QueryError:
        return
    assert found.total >= len(found.hits)


@given(st.sampled_from(["role", "theme", "language", "year", "doc", "title", "other"]), ANY_TEXT)
def test_any_filter_finds_passages_or_is_a_query_error(library: Library, name: str, value: str) -> None:
    try:
        library.search(Query(None, ((name, value),)))
    except QueryError:
        return


@given(data=st.data())
def test_every_part_of_a_stored_chinese_passage_is_found_as_a_phrase(library: Library, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from([line for doc in ("zh-coldchain-01", "zh-seed-01") for line in CORPUS[doc]]))
    text = line["text"]
    start = data.draw(st.integers(0, len(text) - 2).filter(lambda i: "\u4e00" <= text[i] <= "\u9fff"))
    ends = [i + 1 for i in range(start + 1, len(text)) if "\u4e00" <= text[i] <= "\u9fff"]
    if ends:
        typed = f'"{text[start : data.draw(st.sampled_from(ends))]}"'
        place = f"{line['doc']}-{int(line['id'][-3:])}"
        assert place in ids(library, typed), typed


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(text=PROSE, data=st.data())
def test_every_part_of_any_chinese_passage_is_found_as_a_phrase(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    places = [i for i, c in enumerate(text) if "\u4e00" <= c <= "\u9fff"]
    if len(places) < 2:
        return
    start, end = sorted(data.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True)))
    path = tmp_path_factory.getbasetemp() / "prose.db"
    path.unlink(missing_ok=True)
    with Library(path) as fresh:
        fresh.add(Document("d", "d.md", ()), [tagged(text)])
        assert ids(fresh, f'"{text[start : end + 1]}"') == ["d-1"]


# ---------------------------------------------------------------- finding documents


def test_a_document_is_found_by_path_id_or_words_of_its_title(library: Library) -> None:
    for name in ("papers/en-repair-01.md", "en-repair-01.md", "en-repair-01", "en-re", "right repair"):
        assert library.find_document(name).hash == "en-repair-01"


def test_several_documents_are_told_by_name(library: Library) -> None:
    with pytest.raises(LibraryError, match="means 2 documents"):
        library.find_document("困境")


def test_no_document_is_told(library: Library) -> None:
    with pytest.raises(LibraryError, match='no document "潮汐"'):
        library.find_document("潮汐")


# ---------------------------------------------------------------- files that are no library


def test_a_missing_library_is_told_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no such library; make one with `policytext tag"):
        Library.reader(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_a_library_in_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="can't be opened"):
        Library(tmp_path / "none" / "a.db")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database at all" * 100)
    for how in (Library, Library.reader):
        with pytest.raises(LibraryError, match="not a usable library"):
            how(path)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE papers (id)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(LibraryError, match="another program"):
        Library(path)
    assert path.read_bytes() == before


def test_a_newer_version_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Library(path).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {libraries.SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(LibraryError, match="update policytext"):
        Library.reader(path)


def test_a_library_damaged_inside_is_told_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Library(path) as library:
        fill(library)
    size = path.stat().st_size
    with path.open("r+b") as file:  # the head stays sound, every later page is overwritten
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(LibraryError, match="not a usable library"), Library.reader(path) as reader:
        reader.tagged()
    with pytest.raises(LibraryError, match="not a usable library"), Library.reader(path) as reader:
        reader.search(parse("标准"))
    with pytest.raises(LibraryError, match="not a usable library"), Library.reader(path) as reader:
        reader.documents()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Library(path).close()
    with Library.reader(path) as reader, pytest.raises(LibraryError, match="readonly"):
        reader.add(Document("d", "a.md", ()), [tagged("标准不一。")])


def test_a_reader_sees_a_document_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Library(path) as writer, Library.reader(path) as reader:
        assert ids(reader, "标准") == []
        writer.add(Document("d", "a.md", ()), [tagged("标准不一。")])
        assert ids(reader, "标准") == ["d-1"]


def test_the_views_for_other_programs_hold_every_passage(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Library(path) as library:
        library.add(
            Document("d", "a.md", (), replace(META["zh-seed-01"])),
            [tagged("标准不一。", "cause", "standards", "market")],
        )
    db = sqlite3.connect(path)
    row = db.execute("SELECT title, year, role, themes, text FROM passages_tagged").fetchone()
    summary = db.execute("SELECT title, passages FROM documents_summary").fetchall()
    db.close()
    assert row == ("种业创新的困境与出路", 2022, "cause", "market, standards", "标准不一。")
    assert summary == [("种业创新的困境与出路", 1)]
