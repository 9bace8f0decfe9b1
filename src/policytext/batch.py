"""What happened to each file? read → split → tag → store, one file after the other, no file lost."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from policytext.errors import PolicytextError, ReadError
from policytext.read import READERS, read
from policytext.split import split
from policytext.types import Document, Tagged

if TYPE_CHECKING:
    from policytext.library import Library
    from policytext.model import Model

State = Literal["added", "replaced", "known", "tagged", "failed"]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file; `reason` says why it failed; `probabilities` has a row a passage."""

    path: Path
    state: State
    reason: str = ""
    document: Document | None = None
    tagged: tuple[Tagged, ...] = ()
    probabilities: tuple[dict[str, dict[str, float]], ...] = ()


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files meant by files and folders, each once: a folder gives the readable ones below it, sorted.

    A path that doesn't exist, or a single file of unknown type, stays in the list and fails when it is read.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112  # a name too long for the system is no folder, and no exception
            inside = (p for p in path.rglob("*") if p.suffix.lower() in READERS and p.is_file())
            found |= dict.fromkeys(sorted(p for p in inside if not _is_hidden(p, path)))
        else:
            found[path] = None
    return list(found)


def _is_hidden(path: Path, folder: Path) -> bool:
    """Hidden files, Office lock files, and the README that explains a folder are nobody's documents."""
    inner = path.relative_to(folder)
    return any(part.startswith((".", "~$")) for part in inner.parts) or inner.stem.upper() == "README"


def tag_files(files: Sequence[Path], model: Model, library: Library | None) -> Iterator[FileResult]:
    """The result of each file, in order, as soon as it is there; what the library has is not done again."""
    for path in files:
        try:
            yield _tag_file(path, model, library)
        except ReadError as error:
            if library is not None:
                library.fail(str(path), error.reason)
            yield FileResult(path, "failed", error.reason)
        except PolicytextError:
            raise
        except Exception as error:  # a file must not end the batch, whatever is wrong with it or with us
            reason = f"unexpected {type(error).__name__}: {error}; please report this file"
            if library is not None:
                library.fail(str(path), reason)
            yield FileResult(path, "failed", reason)


def _tag_file(path: Path, model: Model, library: Library | None) -> FileResult:
    if library is not None and (known := _hash(path)) and library.has(known):
        return FileResult(path, "known")
    document = read(path)
    passages = split(document)
    if not passages:
        raise ReadError(path, "no passage found; the file holds no paragraph of text")
    probabilities = model.probabilities(passages)
    tagged = tuple(model.decide(passages, probabilities))
    state: State = library.add(document, tagged, model.id) if library is not None else "tagged"
    return FileResult(path, state, "", document, tagged, tuple(probabilities))


def _hash(path: Path) -> str:
    """The id of the document in a file; empty where it can't be opened: `read` tells why."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
