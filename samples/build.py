"""Build the sample documents of `policytext demo` from their Typst sources.

Needs `pip install typst` and the fonts Noto Serif CJK SC and Noto Sans CJK SC (Debian: fonts-noto-cjk),
installed or in a folder given by --font-path. The same sources, typst version and fonts give the same bytes,
as each source sets the date of its document.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import typst

SOURCES = Path(__file__).resolve().parent
TARGET = SOURCES.parent / "src" / "policytext" / "samples"


class BuildError(Exception):
    """A sample that can't be built as it was meant to look."""


def compile_sample(source: Path, font_paths: Sequence[Path] = ()) -> bytes:
    """The PDF of one Typst source; a missing font is an error, as the text would come out in another or in none."""
    pdf, warnings = typst.compile_with_warnings(source, format="pdf", font_paths=[*font_paths])
    if warnings:
        reasons = "; ".join(sorted({warning.message for warning in warnings}))
        raise BuildError(f"{source.name}: {reasons}; install the package fonts-noto-cjk or give --font-path")
    return pdf


def build(target: Path = TARGET, font_paths: Sequence[Path] = ()) -> list[Path]:
    """Paths of the PDFs written to `target`, one for each `*.typ` beside this script, in order of name."""
    written = []
    for source in sorted(SOURCES.glob("*.typ")):
        path = target / f"{source.stem}.pdf"
        path.write_bytes(compile_sample(source, font_paths))
        written.append(path)
    return written


def main() -> None:
    """Build all samples and tell their sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--font-path", type=Path, action="append", default=[], help="a folder with fonts; may be repeated"
    )
    for path in build(font_paths=parser.parse_args().font_path):
        print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
