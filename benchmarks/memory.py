"""How does memory grow with the pages? The peak of a process that reads 50 pages against one that reads 600.

    python benchmarks/memory.py [--pages 600]

policytext reads the whole document, all its blocks kept; pdfplumber takes the text of each page, once with its pages
left open, as scripts do, and once with each closed. Each measurement is a process of its own. POSIX only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from documents import write_two_columns

TARGET = 60.0
"""Megabytes by which the peak grows from 50 pages to 600, at most."""

FEW = 50


def _policytext(path: Path) -> None:
    from policytext.read.pdf import read_pdf

    document = read_pdf(path)
    assert document.blocks


def _pdfplumber_open(path: Path) -> None:
    import pdfplumber

    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            page.extract_text()


def _pdfplumber_closed(path: Path) -> None:
    import pdfplumber

    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            page.extract_text()
            page.close()


READERS: dict[str, Callable[[Path], None]] = {
    "policytext": _policytext,
    "pdfplumber, pages closed": _pdfplumber_closed,
    "pdfplumber, pages left open": _pdfplumber_open,
}


def peak(reader: str, path: Path) -> float:
    """Megabytes of this process's peak once the reader has read the file."""
    import resource

    READERS[reader](path)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def _apart(reader: str, path: Path) -> float:
    command = [sys.executable, __file__, "--reader", reader, "--file", str(path)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reader:
        print(peak(options.reader, options.file))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        few = write_two_columns(Path(folder) / "few.pdf", FEW)
        many = write_two_columns(Path(folder) / "many.pdf", options.pages)
        print(f"{'peak of the process, MB':<32}{FEW:>6} p.{options.pages:>6} p.{'growth':>9}")
        growth = {}
        for reader in READERS:
            low, high = _apart(reader, few), _apart(reader, many)
            growth[reader] = high - low
            print(f"{reader:<32}{low:>8.0f} {high:>8.0f} {high - low:>9.0f}", flush=True)
    within = growth["policytext"] <= TARGET
    print(f"\ntarget {TARGET:.0f} MB: {'met' if within else 'missed'}")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
