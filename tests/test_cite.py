# ruff: noqa: E501  # a citation is one line
"""Citations to paste: GB/T 7714-2015, APA 7, BibTeX; and the gaps where a document doesn't say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policytext.cite import cite, key, missing
from policytext.types import Metadata

ARTICLE = Metadata(
    title="县域冷链物流的困境与出路",
    authors=("林晓舟", "沈青禾"),
    year=2024,
    journal="县域经济研究",
    volume="12",
    issue="3",
    pages="57-63",
    doi="10.1234/xyjj.2024.03.007",
    parallel_title="The Plight of Rural Cold Chains",
)
ARTICLE_EN = Metadata(
    title="The Long Wait: R&D in the Yards",
    authors=("Ada M. Lovage", "Tom van der Berg", "P. A. Moore, Jr."),
    year=2025,
    journal="Journal of Coastal Policy",
    volume="12",
    issue="3",
    pages="101-119",
)
NOTICE = Metadata(
    title="关于改善县域冷链物流的通知", year=2023, issuer="南湖县人民政府办公室", number="南政办发〔2023〕5号"
)
REPORT = Metadata(
    title="Keeping the Ferries Running", year=2031, issuer="Harbour Trust", number="HT-31-7", authors=("Ada Lovage",)
)


@pytest.mark.parametrize(
    ("metadata", "line"),
    [
        (
            ARTICLE,
            "林晓舟, 沈青禾. 县域冷链物流的困境与出路[J]. 县域经济研究, 2024, 12(3): 57-63. DOI:10.1234/xyjj.2024.03.007.",
        ),
        (
            ARTICLE_EN,
            "LOVAGE A M, VAN DER BERG T, MOORE P A Jr. The Long Wait: R&D in the Yards[J]. Journal of Coastal Policy,"
            " 2025, 12(3): 101-119.",
        ),
        (
            NOTICE,
            "南湖县人民政府办公室. 关于改善县域冷链物流的通知: 南政办发〔2023〕5号[Z]. [出版地不详]: 南湖县人民政府办公室, 2023.",
        ),
        (REPORT, "LOVAGE A. Keeping the Ferries Running: HT-31-7[R]. [S.l.]: Harbour Trust, 2031."),
        (replace(ARTICLE, volume=""), "林晓舟, 沈青禾. 县域冷链物流的困境与出路[J]. 县域经济研究, 2024(3): 57-63."
            " DOI:10.1234/xyjj.2024.03.007."),
    ],
    ids=["article", "English article", "notice", "report", "no volume"],
)  # fmt: skip
def test_gbt7714(metadata: Metadata, line: str) -> None:
    assert cite("gbt7714", metadata) == line


@pytest.mark.parametrize(
    ("metadata", "line"),
    [
        (
            ARTICLE,
            "林晓舟, & 沈青禾. (2024). 县域冷链物流的困境与出路 [The Plight of Rural Cold Chains]. 县域经济研究, 12(3), 57–63."
            " https://doi.org/10.1234/xyjj.2024.03.007",
        ),
        (
            ARTICLE_EN,
            "Lovage, A. M., van der Berg, T., & Moore, P. A., Jr. (2025). The Long Wait: R&D in the Yards."
            " Journal of Coastal Policy, 12(3), 101–119.",
        ),
        (NOTICE, "南湖县人民政府办公室. (2023). 关于改善县域冷链物流的通知 (南政办发〔2023〕5号)."),
        (REPORT, "Lovage, A. (2031). Keeping the Ferries Running (HT-31-7). Harbour Trust."),
    ],
    ids=["article", "English article", "notice", "report"],
)
def test_apa(metadata: Metadata, line: str) -> None:
    assert cite("apa", metadata) == line


def test_bibtex_escapes_what_tex_would_take_for_commands() -> None:
    assert cite("bibtex", ARTICLE_EN).splitlines() == [
        "@article{lovage2025long,",
        "  author = {Lovage, Ada M. and van der Berg, Tom and Moore, Jr, P. A.},",
        r"  title = {{The Long Wait: R\&D in the Yards}},",
        "  journal = {Journal of Coastal Policy},",
        "  year = {2025},",
        "  volume = {12},",
        "  number = {3},",
        "  pages = {101--119}",
        "}",
    ]
    assert r"{50\% of \{all\} \#1\_\$}" in cite("bibtex", Metadata(title="50% of {all} #1_$"))


def test_a_report_names_its_institution_in_bibtex() -> None:
    entry = cite("bibtex", NOTICE)
    assert entry.startswith("@techreport{")
    assert "author = {{南湖县人民政府办公室}}" in entry
    assert "number = {南政办发〔2023〕5号}" in entry


def test_more_than_three_authors_are_et_al_in_gbt7714() -> None:
    zh = replace(ARTICLE, authors=("林晓舟", "沈青禾", "王一", "赵二"))
    en = replace(ARTICLE_EN, authors=("Ada Lovage", "Tom Berg", "Ida Fern", "Max Moss"))
    assert cite("gbt7714", zh).startswith("林晓舟, 沈青禾, 王一, 等. ")
    assert cite("gbt7714", en).startswith("LOVAGE A, BERG T, FERN I, et al. ")


def test_more_than_twenty_authors_are_nineteen_and_the_last_in_apa() -> None:
    names = tuple(f"Ada {chr(65 + n)}fern" for n in range(25))
    line = cite("apa", replace(ARTICLE_EN, authors=names))
    assert "Sfern, A., . . . Yfern, A. (2025)" in line
    assert "Tfern" not in line


def test_what_is_unknown_leaves_the_styles_gap() -> None:
    bare = Metadata(title="Keeping the Ferries Running")
    assert cite("gbt7714", bare) == "Anon. Keeping the Ferries Running[R]. [S.l.]: [s.n.], [n.d.]."
    assert cite("apa", bare) == "Keeping the Ferries Running. (n.d.)."
    assert cite("gbt7714", Metadata(title="冷链")) == "佚名. 冷链[R]. [出版地不详]: [出版者不详], [出版年不详]."
    assert cite("apa", Metadata(), "ferries") == "ferries. (n.d.)."


def test_a_year_that_only_the_file_tells_is_an_estimate() -> None:
    guess = replace(REPORT, year=2026, year_from="file")
    assert cite("gbt7714", guess).endswith(", [2026].")
    assert "(ca. 2026)" in cite("apa", guess)
    assert "note = {year of the file's creation}" in cite("bibtex", guess)
    assert missing("apa", guess) == ["year (only the file's date)"]


def test_what_a_citation_lacks_is_named() -> None:
    assert missing("gbt7714", Metadata(title="Ferries")) == ["author or issuing body", "year", "place of publication"]
    assert missing("gbt7714", ARTICLE) == []
    assert missing("apa", replace(ARTICLE, volume="", issue="", pages="")) == ["volume or issue", "pages"]


def test_a_key_stays_when_the_file_changes() -> None:
    assert key(ARTICLE, ARTICLE.title) == key(replace(ARTICLE, doi="", keywords=("冷链",)), ARTICLE.title)
    assert key(replace(REPORT, year=2026, year_from="file"), REPORT.title) == "lovagendkeeping"
    assert key(ARTICLE, ARTICLE.title).isascii()
    assert key(ARTICLE, ARTICLE.title) != key(ARTICLE, "另一篇")
