"""How long does a page take? Our whole extraction against pdfplumber's text alone and pdfium's bare text.

    python benchmarks/extract.py [FILE…] [--repeats 3]

Same files, one run: the readers take turns, each in a process of its own, and what they import is not counted. Times
are those of the processor, since each computes on one thread; other work on the machine then disturbs little.
policytext gives blocks, headings and boxes; the others text in the order of the file. Without files: the samples of
the package and a paper of 40 pages in two columns. A file that one of them can't read is left out and named.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from documents import samples, write_two_columns

TARGET = 0.15
"""Our time over pdfplumber's, at most."""


def _policytext() -> Callable[[Path], int]:
    from policytext.read.pdf import read_pdf

    return lambda path: len(read_pdf(path).quality.pages)


def _pdfplumber() -> Callable[[Path], int]:
    import pdfplumber

    logging.disable()  # pdfminer's complaints of odd files

    def extract(path: Path) -> int:
        with pdfplumber.open(path) as pdf:
            for page in pdf.pages:
                page.extract_text()
                page.close()
            return len(pdf.pages)

    return extract


def _pdfium() -> Callable[[Path], int]:
    import pypdfium2

    def extract(path: Path) -> int:
        pdf = pypdfium2.PdfDocument(path)
        for page in pdf:
            text = page.get_textpage()
            text.get_text_bounded()
            text.close()
            page.close()
        count = len(pdf)
        pdf.close()
        return count

    return extract


READERS: dict[str, Callable[[], Callable[[Path], int]]] = {
    "policytext": _policytext,
    "pdfplumber": _pdfplumber,
    "pdfium": _pdfium,
}


def measure(reader: str, paths: Sequence[Path]) -> dict[str, list[float]]:
    """Seconds and pages of each file that the reader can read, by its path; runs in the process of that reader."""
    extract = READERS[reader]()
    taken = {}
    for path in paths:
        start = time.process_time()
        try:
            pages = extract(path)
        except Exception as error:
            print(f"{path.name}: {reader} can't read it ({type(error).__name__})", file=sys.stderr)
            continue
        if pages:
            taken[str(path)] = [time.process_time() - start, pages]
    return taken


def _apart(reader: str, paths: Sequence[Path]) -> dict[str, list[float]]:
    command = [sys.executable, __file__, "--reader", reader, *map(str, paths)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    return json.loads(done.stdout)


def report(rounds: Sequence[dict[str, dict[str, list[float]]]]) -> bool:
    """Prints the table; true when our share of pdfplumber's time is within the target, the median of all rounds."""
    everywhere = [set.intersection(*(set(taken) for taken in one.values())) for one in rounds]
    names = sorted(set.intersection(*everywhere))
    print(f"{'ms a page, median':<44}{'pages':>6}{'policytext':>12}{'pdfplumber':>12}{'pdfium':>8}{'ratio':>8}")
    for name in names:
        pages = int(rounds[0]["pdfium"][name][1])
        ms = [median(1000 * one[reader][name][0] / pages for one in rounds) for reader in READERS]
        label = "/".join(Path(name).parts[-2:])[-43:]
        print(f"{label:<44}{pages:>6}{ms[0]:>12.1f}{ms[1]:>12.1f}{ms[2]:>8.2f}{ms[0] / ms[1]:>8.3f}")
    total = [{reader: sum(one[reader][name][0] for name in names) for reader in READERS} for one in rounds]
    pages = sum(int(rounds[0]["pdfium"][name][1]) for name in names)
    print(f"\nall {len(names)} files, {pages} pages, {len(rounds)} rounds{'min':>17}{'median':>10}{'max':>10}")
    for reader in READERS:
        values = [1000 * one[reader] / pages for one in total]
        print(f"{reader + ', ms a page':<44}{min(values):>10.2f}{median(values):>10.2f}{max(values):>10.2f}")
    for reader in ("policytext", "pdfium"):
        values = [one[reader] / one["pdfplumber"] for one in total]
        print(f"{reader + ' / pdfplumber':<44}{min(values):>10.3f}{median(values):>10.3f}{max(values):>10.3f}")
    return median(one["policytext"] / one["pdfplumber"] for one in total) <= TARGET


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reader:
        json.dump(measure(options.reader, options.files), sys.stdout)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        paths = options.files or [*samples(), write_two_columns(Path(folder) / "two-columns-40.pdf", 40)]
        rounds = [{reader: _apart(reader, paths) for reader in READERS} for _ in range(options.repeats)]
    within = report(rounds)
    print(f"\ntarget {TARGET}: {'met' if within else 'missed'}")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
