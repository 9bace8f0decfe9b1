"""Why is this file's text in this order? One function a suffix: path → Document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from policytext.errors import ReadError
from policytext.types import Document


def _pdf(path: Path) -> Document:
    from policytext.read.pdf import read_pdf

    return read_pdf(path)


def _text(path: Path) -> Document:
    from policytext.read.text import read_text

    return read_text(path)


READERS: dict[str, Callable[[Path], Document]] = {
    ".pdf": _pdf,
    ".md": _text,
    ".markdown": _text,
    ".txt": _text,
    ".text": _text,
}
"""The reader of each suffix, in lower case."""

_REMEDIES = {
    ".doc": "open it in Word or LibreOffice and save it as PDF",
    ".docx": "save it as PDF",
    ".wps": "open it in WPS and save it as PDF",
    ".ofd": "open it in an OFD viewer and export it as PDF",
    ".caj": "open it in CAJViewer and print it to PDF",
    ".html": "print the page to PDF",
    ".htm": "print the page to PDF",
}


def read(path: Path) -> Document:
    """The document in a file, by its suffix; raises `ReadError` with the cause and the remedy."""
    try:
        if not path.exists():
            raise ReadError(path, "no such file; check the path")
        suffix = path.suffix.lower()
        reader = READERS.get(suffix)
        if reader is None:
            remedy = _REMEDIES.get(suffix, f"readable are {', '.join(READERS)}")
            raise ReadError(path, f'unknown file type "{suffix or path.name}"; {remedy}')
        if path.stat().st_size == 0:
            raise ReadError(path, "empty file; nothing to read (was the download complete?)")
        return reader(path)
    except OSError as error:
        raise ReadError(path, f"can't be opened ({error.strerror or error})") from None
