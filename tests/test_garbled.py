"""A text layer that no reader could have meant is seen, and one that is only unusual is not."""

from __future__ import annotations

import pytest
from building import PAPER_EN, PAPER_ZH

from policytext.read.garbled import garbled_share

ZH = "".join(text for kind, text in PAPER_ZH if kind == "p")
EN = " ".join(text for kind, text in PAPER_EN if kind == "p")


def shifted(text: str, by: int) -> str:
    return "".join(chr(max(ord(c) + by, 32)) if c.isalpha() else c for c in text)


@pytest.mark.parametrize("text", [ZH, EN, ZH + EN, "", "3.14 2.72", "GAO HHS FAA OMB SBA IRS " * 20])
def test_plain_text_is_not_garbled(text: str) -> None:
    assert garbled_share(text) == 0.0


def test_characters_without_a_meaning_are_counted() -> None:
    assert garbled_share("冷链\ufffd\ue010") == 0.5
    assert garbled_share("a(cid:12)b(cid:7)") > 0.5
    assert garbled_share("冷链冷链", unmapped=2) == 0.5


@pytest.mark.parametrize("by", [3, -29, 700])
def test_a_wrong_map_is_seen_in_chinese(by: int) -> None:
    assert garbled_share(shifted(ZH, by)) == 1.0


@pytest.mark.parametrize("by", [3, -29])
def test_a_shifted_map_is_seen_in_english(by: int) -> None:
    assert garbled_share(shifted(EN, by)) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "Lautat kulkevat saarten välillä kaikkina vuodenaikoina ja kuljettavat postin sekä lääkkeet. " * 8,
        "Les bacs relient les îles en toute saison et transportent le courrier et les médicaments. " * 8,
        "Przeprawy promowe łączą wyspy przez cały rok i przewożą pocztę oraz lekarstwa. " * 8,
    ],
)
def test_another_language_is_not_garbled(text: str) -> None:
    assert garbled_share(text) == 0.0
