"""Why was this paragraph cut here? Blocks in reading order become passages.

A passage is a paragraph, or one item of an enumeration; items that are paragraphs of their own keep their mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policytext import tokens
from policytext.enumeration import cut_items
from policytext.types import Block, Document, Language, Passage


def split(document: Document) -> tuple[Passage, ...]:
    """The passages of a document in reading order, each with its section path, pages and language.

    Paragraphs, list items and abstracts become passages; titles, tables, notes and references don't.
    A passage too short to show its language takes the one before it.
    """
    passages: list[Passage] = []
    language = _main_language(document.blocks)
    for block, section in with_sections(document.blocks):
        if block.kind not in ("paragraph", "list_item", "abstract") or not any(map(str.isalpha, block.text)):
            continue
        language = tokens.language(block.text, default=language)
        for item, text in cut_items(block.text, language):
            n = len(passages) + 1
            passages.append(Passage(document.id, n, text, language, section, item, block.boxes))
    return tuple(passages)


def with_sections(blocks: Sequence[Block]) -> Iterator[tuple[Block, tuple[str, ...]]]:
    """Each block with the path of headings above it; a heading's own path ends with itself.

    An abstract stands outside the sections: its path is empty.
    """
    path: list[tuple[int, str]] = []
    for block in blocks:
        if block.kind == "heading":
            level = block.level or 1
            path = [*(entry for entry in path if entry[0] < level), (level, block.text)]
        yield block, () if block.kind == "abstract" else tuple(text for _, text in path)


def _main_language(blocks: Sequence[Block]) -> Language:
    text = " ".join(b.text for b in blocks if b.kind in ("title", "heading", "paragraph"))[:5000]
    return tokens.language(text, default="other")
