"""What headings and cue words give for free, and how far it can be trusted."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from building import NOTICE_ZH, PAPER_ZH, REPORT_EN, TAXONOMY, passage, write_pdf

from policytext import corpus, harvest, taxonomy
from policytext.harvest import FUNCTIONS, LEAST, PRECISION, Vote, decide, report, votes
from policytext.types import Tag, Tagged

POLICY = taxonomy.default()
ROLE, THEME = POLICY.facet("role"), POLICY.facet("theme")
Judged = tuple[list[list[Vote]], list[Tagged], list[Tagged]]
CORPORA = Path(__file__).resolve().parents[1] / "corpora"


def given(text: str, *section: str, language: str = "zh", place: int = 5) -> dict[str, set[str]]:
    """The labels that each function gives to a passage in the middle of a document."""
    filler = [passage("渡口在河的东岸。", n) for n in range(1, 11)]
    filler[place] = passage(text, place + 1, language=language, section=section)  # type: ignore[arg-type]
    found: dict[str, set[str]] = defaultdict(set)
    for vote in votes(filler, POLICY)[place]:
        found[vote.function].add(vote.label)
    return dict(found)


def vote(label: str, precision: float, evidence: str = "heading", facet: str = "role") -> Vote:
    return Vote(f"{evidence} {precision}", evidence, facet, label, precision)


# ---------------------------------------------------------------- the functions


@pytest.mark.parametrize(
    ("function", "label", "text", "section", "language"),
    [
        ("heading", "cause", "渡口迁走了。", ("三、渡运萎缩的成因",), "zh"),
        ("heading", "recommendation", "The ferry moved.", ("Recommendations to the harbour board",), "en"),
        ("heading above", "dilemma", "渡口迁走了。", ("二、面临的困境", "（一）码头与船"), "zh"),
        ("wish", "recommendation", "应当重修码头。港务局必须公布船期。", (), "zh"),
        ("opening wish", "recommendation", "The board should buy two ships. They are cheap.", (), "en"),
        ("opening cause", "cause", "究其原因，码头归县里管，航道归省里管。船主无所适从。", (), "zh"),
        ("causes", "cause", "Ferries stop because the dues rose. The reasons lie in the lease.", (), "en"),
        ("problem", "dilemma", "码头年久失修，备件短缺。停航日数难以估计。", (), "zh"),
        ("opening problem", "dilemma", "Spare parts are scarce. The yard is at Skarvik.", (), "en"),
        (
            "achievement",
            "foundation",
            "五年来累计建成码头十二座，运量位居全省前列。成功开通了夜航，成效显著。",
            (),
            "zh",
        ),
        ("method", "background", "本文以六个渡口的问卷为样本。", (), "zh"),
        ("terms", "foundation", "规模优势明显，位居世界前列，配套能力雄厚。", (), "zh"),
    ],
)
def test_a_function_gives_its_label(
    function: str, label: str, text: str, section: tuple[str, ...], language: str
) -> None:
    assert label in given(text, *section, language=language)[function]


def test_plain_description_gets_no_role() -> None:
    assert given("渡口在河的东岸，每天开船六班。", "渡口") == {}


def test_the_beginning_of_a_document_is_background() -> None:
    assert given("渡口在河的东岸。", place=0)["beginning"] == {"background"}
    assert "beginning" not in given("渡口在河的东岸。", "四、对策建议", place=0)


def test_themes_come_from_terms() -> None:
    text = "出口管制与实体清单之外，投资审查和技术封锁也在收紧。"
    assert given(text)["several terms"] == {"external-controls"}
    assert "external-controls" in given("出口管制影响了渡船的发动机。", "一、出口管制")["heading and text"]


def test_other_languages_get_no_votes() -> None:
    assert votes([passage("Паром стоит у берега.", language="other")], POLICY) == [[]]


def test_a_taxonomy_of_ones_own_gets_votes_from_its_headings_and_terms() -> None:
    own = taxonomy.parse(TAXONOMY, "stances.toml")
    (found,) = votes([passage("居民普遍赞成，渔民也支持。", section=("一、赞成意见",))], own)
    assert {(v.function, v.label) for v in found} == {("heading", "for"), ("terms", "for")}
    assert [tag.label for tag in decide(found, own.facet("stance"))] == ["for"]


# ---------------------------------------------------------------- the decision


def test_votes_that_agree_add_up_and_votes_that_differ_cancel_out() -> None:
    alone = decide([vote("cause", 0.7)], ROLE)
    agreed = decide([vote("cause", 0.7), vote("cause", 0.7, "sentences")], ROLE)
    assert (alone[0].score, agreed[0].score) == (0.7, 0.956)
    assert decide([vote("cause", 0.7), vote("dilemma", 0.7, "sentences")], ROLE) == ()


def test_votes_from_the_same_evidence_count_once() -> None:
    assert decide([vote("cause", 0.7), vote("cause", 0.6)], ROLE)[0].score == 0.7


def test_a_label_below_the_least_score_is_not_given() -> None:
    assert decide([vote("cause", 0.55)], ROLE, least=LEAST) == ()
    assert len(decide([vote("cause", 0.55)], ROLE, least=0.5)) == 1
    assert decide([], ROLE) == ()


def test_a_passage_may_have_several_themes() -> None:
    found = decide([vote("market", 0.62, facet="theme"), vote("research", 0.66, facet="theme")], THEME)
    assert [(tag.label, tag.score) for tag in found] == [("research", 0.66), ("market", 0.62)]


def test_the_source_names_the_functions() -> None:
    (tag,) = decide([vote("cause", 0.7), vote("cause", 0.8, "words"), vote("dilemma", 0.5, "place")], ROLE)
    assert tag.source == "harvest: heading 0.7, words 0.8"


# ---------------------------------------------------------------- documents


def test_documents_become_a_corpus_that_loads(tmp_path: Path) -> None:
    (tmp_path / "notice.md").write_text(NOTICE_ZH, encoding="utf-8")
    (tmp_path / "ferries.txt").write_text(REPORT_EN, encoding="utf-8")
    paper = write_pdf(tmp_path / "paper.pdf", PAPER_ZH)
    files = [tmp_path / "notice.md", tmp_path / "ferries.txt", paper, tmp_path / "none.pdf"]
    found = harvest.harvest(files, POLICY, name="first")
    assert [file.name for file, _ in found.failures] == ["none.pdf"]
    assert {table["id"] for table in found.documents} >= {"ferries", "paper"}
    assert not any(str(tmp_path) in str(value) for table in found.documents for value in table.values())
    corpus.save(found.dataset, tmp_path / "first", {"document": list(found.documents)})
    back = corpus.load(tmp_path / "first")
    assert back.examples == found.dataset.examples
    by_heading = {e.tagged.passage.section[0]: e.tagged.labels("role")[0] for e in back.examples if e.doc == "ferries"}
    assert by_heading["3. Recommendations"] == "recommendation"
    assert by_heading["2. Challenges"] == "dilemma"
    assert all(tag.source.startswith("harvest: ") for e in back.examples for tag in e.tagged.tags)


def test_passages_without_a_label_are_kept_on_request(tmp_path: Path) -> None:
    path = tmp_path / "ferry.txt"
    path.write_text(
        "The ferry\n\nIt leaves six times a day from the east bank, weather permitting.\n", encoding="utf-8"
    )
    kept = harvest.harvest([path], POLICY, least=0.99, keep_unlabelled=True).dataset.examples
    assert kept
    assert {example.tagged.tags for example in kept} == {()}
    assert harvest.harvest([path], POLICY, least=0.99).dataset.examples == ()


def test_a_file_given_twice_is_harvested_once(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        text = REPORT_EN if folder == "a" else NOTICE_ZH
        (tmp_path / folder / "paper.txt").write_text(text, encoding="utf-8")
    found = harvest.harvest([tmp_path / x / "paper.txt" for x in "abc"], POLICY, keep_unlabelled=True)
    first, second = found.dataset.documents()
    assert first == "paper"
    assert second.startswith("paper-")
    assert [reason for _, reason in found.failures] == ["the same file as one before; it is in the corpus once"]


# ---------------------------------------------------------------- the table


def test_the_table_counts_coverage_overlaps_and_conflicts() -> None:
    cast = [
        [Vote("heading", "heading", "role", "cause", 0.8), Vote("terms", "words", "role", "cause", 0.6)],
        [Vote("heading", "heading", "role", "cause", 0.8), Vote("terms", "words", "role", "dilemma", 0.6)],
        [Vote("heading", "heading", "role", "dilemma", 0.8)],
        [],
    ]
    heading, terms = report(cast, POLICY)
    assert (heading.coverage, heading.overlaps, heading.conflicts) == (0.75, 0.5, 0.25)
    assert (terms.coverage, terms.overlaps, terms.conflicts) == (0.5, 0.5, 0.25)
    assert heading.polarity == ("cause", "dilemma")
    assert heading.accuracy is None
    gold = [Tagged(passage("x"), (Tag("role", "cause", 1.0, "gold"),))] * 4
    heading, _ = report(cast, POLICY, gold)
    assert (heading.correct, heading.incorrect, heading.accuracy) == (2, 1, pytest.approx(2 / 3))


@pytest.fixture(scope="module")
def narrative() -> Judged:
    """The votes on the corpus `narrative`, the labels of score .8 or more, and the gold."""
    return harvest.judge(corpus.load(CORPORA / "narrative"), 0.8)


def test_the_precisions_are_those_of_the_shipped_corpora(narrative: Judged) -> None:
    measured: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for cast, _, gold in (harvest.judge(corpus.load(CORPORA / "policy")), narrative):
        counts: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [3, 5])
        for on_it, wanted in zip(cast, gold, strict=True):
            for v in on_it:
                right = v.label in (wanted.labels(v.facet)[:1] if v.facet == "role" else wanted.labels(v.facet))
                label = v.label if v.facet == "role" else ""
                counts[v.function, label, wanted.passage.language][0] += right
                counts[v.function, label, wanted.passage.language][1] += 1
        for (function, label), by_language in PRECISION.items():
            for language in by_language:
                if label or (function, "cause") not in PRECISION:  # the means over labels are for other taxonomies
                    right, n = counts[function, label, language]
                    measured[function, label, language].append(right / n)
    for (function, label, language), values in measured.items():
        assert PRECISION[function, label][language] == pytest.approx(sum(values) / 2, abs=0.011), (function, label)
    assert {function for function, _ in PRECISION} == {f.name for f in FUNCTIONS}


def test_on_a_labelled_corpus_the_harvest_is_judged(narrative: Judged) -> None:
    cast, harvested, gold = narrative
    assert len(cast) == len(harvested) == len(gold) > 2000
    rows = {(r["language"], r["facet"], r["label"]): r for r in harvest.precision_rows(harvested, gold, POLICY)}
    whole = rows["zh", "role", "all"]
    assert whole["precision"] > 0.8
    assert whole["right"] <= whole["right_relaxed"] <= whole["harvested"] < whole["gold"]
    assert whole["harvested"] == sum(rows["zh", "role", label]["harvested"] for label in ROLE.ids)
