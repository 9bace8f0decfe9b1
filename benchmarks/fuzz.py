"""What do 2,000 damaged PDFs do? Each must end in blocks or in one line that says why not.

    python benchmarks/fuzz.py [FILE…] [--count 2000] [--seed 1] [--engine pdfium] [--keep FOLDER]

Seeded: the same files and seed give the same mutants. Bytes are flipped, files truncated, objects dropped, streams
swapped, numbers made huge, and inside compressed streams numbers and operators changed. Each mutant is read in a
worker process with 20 s and 1 GB of address space to grow by (the limit of memory holds on POSIX only). Recognition
of scanned pages is off. Without files: the samples of the package and a paper of three pages. Ends with 1 on any
crash, hang or growth beyond the limit; `--keep` saves those mutants.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import random
import re
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from documents import samples, write_two_columns

SECONDS = 20
GROWTH = 1 << 30
"""Bytes by which a worker's address space may grow."""

RECYCLED = 200
"""Mutants after which a worker is replaced, so that one's leftovers don't count as another's growth."""

HUGE = (b"2147483648", b"-2147483649", b"99999999999999999999", b"1e38", b"-1e38", b"0", b"-1", b"0.0000001", b"65536")

# ---------------------------------------------------------------- mutants

Mutation = Callable[[bytes, random.Random], bytes]

_OBJECT = re.compile(rb"\d+ \d+ obj\b.*?\bendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_NUMBER = re.compile(rb"(?<=[\s\[])-?\d+(?:\.\d+)?(?=[\s\]])")


def flipped(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 4, 16, 64, 256))):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def truncated(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:a] if rng.random() < 0.5 else data[:a] + data[b:]


def dropped(data: bytes, rng: random.Random) -> bytes:
    found = list(_OBJECT.finditer(data))
    for gone in sorted(rng.sample(found, min(len(found), rng.choice((1, 1, 3, 10)))), key=lambda m: -m.start()):
        data = data[: gone.start()] + data[gone.end() :]
    return data


def swapped(data: bytes, rng: random.Random) -> bytes:
    found = list(_STREAM.finditer(data))
    if len(found) < 2:
        return flipped(data, rng)
    a, b = sorted(rng.sample(found, 2), key=lambda m: m.start())
    return data[: a.start(1)] + b[1] + data[a.end(1) : b.start(1)] + a[1] + data[b.end(1) :]


def huge(data: bytes, rng: random.Random) -> bytes:
    """Numbers outside of streams made absurd: boxes, lengths, counts, references."""
    streams = [m.span(1) for m in _STREAM.finditer(data)]
    found = [m for m in _NUMBER.finditer(data) if not any(a <= m.start() < b for a, b in streams)]
    for number in sorted(rng.sample(found, min(len(found), rng.choice((1, 2, 8)))), key=lambda m: -m.start()):
        data = data[: number.start()] + rng.choice(HUGE) + data[number.end() :]
    return data


def rewritten(data: bytes, rng: random.Random) -> bytes:
    """A compressed stream with some of its numbers, letters or stretches changed, and compressed again."""
    found = list(_STREAM.finditer(data))
    rng.shuffle(found)
    for stream in found:
        try:
            plain = zlib.decompress(stream[1])
        except zlib.error:
            continue
        kind = rng.randrange(4)
        if kind == 0:
            plain = _NUMBER.sub(lambda m: rng.choice(HUGE) if rng.random() < 0.02 else m[0], plain)
        elif kind == 1 and plain:
            plain = flipped(plain, rng)
        elif kind == 2:
            a, b = sorted(rng.randrange(len(plain) + 1) for _ in range(2))
            plain = plain[:a] + plain[b:]
        else:
            a, b = sorted(rng.randrange(len(plain) + 1) for _ in range(2))
            plain = plain[:b] + plain[a : min(b, a + 20_000)] * rng.choice((1, 5, 50)) + plain[b:]
        return data[: stream.start(1)] + zlib.compress(plain) + data[stream.end(1) :]
    return flipped(data, rng)


MUTATIONS: dict[str, Mutation] = {
    "bytes flipped": flipped,
    "truncated": truncated,
    "objects dropped": dropped,
    "streams swapped": swapped,
    "huge numbers": huge,
    "streams rewritten": rewritten,
}


def mutants(paths: list[Path], count: int, seed: int) -> Iterator[tuple[str, str, bytes]]:
    """Name of the source, name of the mutation, and the bytes of each mutant."""
    whole = [(path.name, path.read_bytes()) for path in paths]
    for n in range(count):
        rng = random.Random(f"{seed}-{n}")
        source, data = whole[n % len(whole)]
        name = list(MUTATIONS)[n // len(whole) % len(MUTATIONS)]
        for _ in range(rng.choice((1, 1, 1, 3))):
            data = MUTATIONS[name](data, rng) or data
        yield source, name, data


# ---------------------------------------------------------------- the worker


def work(pipe: Connection, engine: Any) -> None:
    """Reads each path that comes and answers with the outcome and the reason."""
    from policytext.errors import PolicytextError
    from policytext.read import read

    sys.modules["policytext.read.ocr"] = None  # type: ignore[assignment]
    read(samples()[0], engine)  # what is loaded once doesn't count
    _limit()
    while True:
        path = pipe.recv()
        try:
            answer = ("ok", f"{min(len(read(path, engine).blocks), 1)} or more blocks")
        except PolicytextError as error:
            line = str(error)
            reason = re.sub(r"\d[\d,]*(?:-\d+)?(?:, \d+(?:-\d+)?)*", "n", line.removeprefix(f"{path}: "))
            answer = ("crash", f"more than a line: {line[:200]!r}") if "\n" in line else ("refused", reason)
        except MemoryError:
            answer = ("memory", "MemoryError")
        except BaseException as error:
            trace = error.__traceback__
            while trace and trace.tb_next:
                trace = trace.tb_next
            place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
            answer = ("crash", f"{type(error).__name__} at {place}: {error}"[:200])
        pipe.send(answer)


def _limit() -> None:
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return
    limit = pages * resource.getpagesize() + GROWTH
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


class Reader:
    """A worker process that is replaced when it dies, hangs, or has read enough."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._left = 0
        self._process: Any = None
        self._pipe: Any = None

    def read(self, path: Path) -> tuple[str, str]:
        if not self._left:
            self.close()
            context = multiprocessing.get_context("spawn")
            self._pipe, other = context.Pipe()
            self._process = context.Process(target=work, args=(other, self._engine), daemon=True)
            self._process.start()
            other.close()
            self._left = RECYCLED
        self._left -= 1
        self._pipe.send(path)
        try:
            if self._pipe.poll(SECONDS + (20 if self._left == RECYCLED - 1 else 0)):
                answer: tuple[str, str] = self._pipe.recv()
                return answer
            outcome = "hang", f"over {SECONDS} s"
        except (EOFError, ConnectionError):
            self._process.join(5)
            outcome = "crash", f"the process died ({self._process.exitcode})"
        self._left = 0
        return outcome

    def close(self) -> None:
        if self._process:
            self._process.kill()
            self._process.join()
            self._pipe.close()


# ---------------------------------------------------------------- the run

OUTCOMES = ("ok", "refused", "crash", "hang", "memory")


def report(outcomes: Counter[tuple[str, str]], reasons: Counter[tuple[str, str]]) -> None:
    print(f"{'':<20}" + "".join(f"{outcome:>9}" for outcome in OUTCOMES))
    for name in MUTATIONS:
        print(f"{name:<20}" + "".join(f"{outcomes[name, outcome]:>9}" for outcome in OUTCOMES))
    total = [sum(outcomes[name, outcome] for name in MUTATIONS) for outcome in OUTCOMES]
    print(f"{'all':<20}" + "".join(f"{n:>9}" for n in total) + "\n")
    for (outcome, reason), n in reasons.most_common():
        if outcome != "ok":
            print(f"{n:>6}  {outcome}: {reason}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("pdfium", "pdfplumber"), default="pdfium")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    outcomes: Counter[tuple[str, str]] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Reader(options.engine)) as reader:
        paths = options.files or [*samples(), write_two_columns(Path(folder) / "two-columns-3.pdf", 3)]
        place = Path(folder) / "mutant.pdf"
        for n, (source, name, data) in enumerate(mutants(paths, options.count, options.seed)):
            place.write_bytes(data)
            outcome, reason = reader.read(place)
            outcomes[name, outcome] += 1
            reasons[outcome, reason] += 1
            if outcome in ("crash", "hang", "memory"):
                print(f"mutant {n} of {source}, {name}: {outcome}: {reason}", file=sys.stderr, flush=True)
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{outcome}-{n:04d}-{source}").write_bytes(data)
    report(outcomes, reasons)
    return int(any(outcomes[name, outcome] for name in MUTATIONS for outcome in ("crash", "hang", "memory")))


if __name__ == "__main__":
    sys.exit(main())
