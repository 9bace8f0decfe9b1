"""The sample documents of `policytext demo`: they are there, they can be read, and their sources still give them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pypdfium2 as pdfium
import pytest

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "src" / "policytext" / "samples"

MAX_BYTES = 400 * 1024  # they ship in the wheel

PDFS = [
    pytest.param(
        "hill-farm-machinery.zh",
        4,
        "第一，土地细碎与投入责任分离，使改造的好处和花费落在不同的人身上。",
        id="chinese paper",
    ),
    pytest.param(
        "transformer-shortage.en",
        8,
        "Tenders are awarded year by year to the lowest price, which leads makers to refuse investments",
        id="english report",
    ),
]


def page_texts(pdf: Path | bytes) -> list[str]:
    document = pdfium.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def without_spaces(text: str) -> str:
    return "".join(text.split())


def build_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_samples", ROOT / "samples" / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "n_pages", "sentence"), PDFS)
def test_a_sample_pdf_has_its_pages_and_its_text(name: str, n_pages: int, sentence: str) -> None:
    path = SAMPLES / f"{name}.pdf"
    pages = page_texts(path)
    assert len(pages) == n_pages
    assert all(page.strip() for page in pages)
    text = "".join(pages)
    assert without_spaces(sentence) in without_spaces(text)
    assert "\ufffd" not in text
    assert path.stat().st_size < MAX_BYTES


@pytest.mark.parametrize(("name", "n_pages", "sentence"), PDFS)
def test_the_sources_give_the_shipped_text(name: str, n_pages: int, sentence: str) -> None:
    pytest.importorskip("typst")
    build = build_script()
    try:
        pdf = build.compile_sample(build.SOURCES / f"{name}.typ")
    except build.BuildError as error:
        if "font" not in str(error):
            raise
        pytest.skip(str(error))
    assert [without_spaces(page) for page in page_texts(pdf)] == [
        without_spaces(page) for page in page_texts(SAMPLES / f"{name}.pdf")
    ]


def test_a_missing_font_is_told_and_not_replaced(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    build = build_script()
    source = tmp_path / "a.typ"
    source.write_text('#set text(font: "No Such Font")\n成因', encoding="utf-8")
    with pytest.raises(build.BuildError, match="unknown font family"):
        build.compile_sample(source)


def test_the_sample_notice_is_a_chinese_government_notice() -> None:
    text = (SAMPLES / "river-port-notice.zh.md").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "一是岸电“建而不用”的问题突出。" in text


def test_every_sample_says_that_it_is_invented() -> None:
    notices = {path.name: without_spaces("".join(page_texts(path))) for path in SAMPLES.glob("*.pdf")}
    notices |= {path.name: path.read_text(encoding="utf-8") for path in SAMPLES.glob("*.md")}
    assert sorted(notices) == ["hill-farm-machinery.zh.pdf", "river-port-notice.zh.md", "transformer-shortage.en.pdf"]
    for name, text in notices.items():
        assert "虚构" in text or "fictitious" in text, name
