"""Pages with their blocks drawn: a look at what the layout took each part for."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import NOTE_ZH, PAPER_ZH, write_pdf

from policytext.errors import PolicytextError, ReadError
from policytext.read import picture, read
from policytext.types import KINDS, Document


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return read(write_pdf(tmp_path_factory.mktemp("picture") / "a.pdf", PAPER_ZH, head="县域经济研究", note=NOTE_ZH))


def colours(path: Path) -> set[tuple[int, ...]]:
    from PIL import Image

    with Image.open(path) as shown:
        return {color for _, color in shown.convert("RGB").getcolors(1 << 24)}


def rgb(kind: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(picture.COLOURS[kind][1:]))


def test_every_page_gets_a_picture_in_which_its_kinds_have_their_colours(paper: Document, tmp_path: Path) -> None:
    pages = list(picture.draw(paper, tmp_path / "new" / "folder"))
    assert [p.name for p in pages] == ["page-001.png", "page-002.png"]
    for number, path in enumerate(pages, 1):
        kinds = {b.kind for b in paper.blocks for box in b.boxes if box.page == number}
        assert {rgb(kind) for kind in kinds} <= colours(path)
    assert rgb("title") not in colours(pages[1])


def test_every_kind_has_a_colour() -> None:
    assert set(picture.COLOURS) == set(KINDS)


def test_pictures_are_drawn_one_after_the_other(paper: Document, tmp_path: Path) -> None:
    pages = picture.draw(paper, tmp_path)
    next(pages)
    assert [p.name for p in tmp_path.iterdir()] == ["page-001.png"]
    pages.close()


def test_a_document_without_pages_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# 冷链\n\n没有页码的文件。\n", encoding="utf-8")
    with pytest.raises(ReadError, match="has no pages to draw"):
        list(picture.draw(read(path), tmp_path))


def test_a_folder_that_can_not_be_written_is_told(paper: Document, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(PolicytextError, match="can't be written"):
        list(picture.draw(paper, tmp_path / "file"))
