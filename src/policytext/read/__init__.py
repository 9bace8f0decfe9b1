"""Why is this file's text in this order? One function a suffix: path → Document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from policytext.errors import ReadError
from policytext.types import Document, Engine


def _pdf(path: Path, engine: Engine = "pdfium") -> Document:
    from policytext.read.pdf import read_pdf

    return read_pdf(path, engine)


def _word(path: Path) -> Document:
    from policytext.read.word import read_docx

    return read_docx(path)


def _html(path: Path) -> Document:
    from policytext.read.html import read_html

    return read_html(path)


def _text(path: Path) -> Document:
    from policytext.read.text import read_text

    return read_text(path)


READERS: dict[str, Callable[[Path], Document]] = {
    ".pdf": _pdf,
    ".docx": _word,
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
    ".md": _text,
    ".markdown": _text,
    ".txt": _text,
    ".text": _text,
}
"""The reader of each suffix, in lower case."""

_TO_WORD = "open it in Word, WPS or LibreOffice and save it as .docx"
_TO_PDF = "open it and save or export it as PDF"
_REMEDIES = {
    ".doc": _TO_WORD,
    ".dot": _TO_WORD,
    ".wps": _TO_WORD,
    ".wpt": _TO_WORD,
    ".rtf": _TO_WORD,
    ".odt": _TO_WORD,
    ".docm": _TO_WORD,
    ".dotx": _TO_WORD,
    ".pages": "open it in Pages and export it as Word or PDF",
    ".ofd": "open it in an OFD viewer and export it as PDF",
    ".caj": "open it in CAJViewer and print it to PDF",
    ".kdh": "open it in CAJViewer and print it to PDF",
    ".nh": "open it in CAJViewer and print it to PDF",
    ".ceb": "open it in the Apabi reader and print it to PDF",
    ".mht": "open it in a browser and print it to PDF",
    ".mhtml": "open it in a browser and print it to PDF",
    ".webarchive": "open it in Safari and print it to PDF",
    ".epub": "convert it to PDF with an e-book program",
    ".mobi": "convert it to PDF with an e-book program",
    ".djvu": "convert it to PDF with a DjVu viewer",
    ".zip": "unpack it",
    ".rar": "unpack it",
    ".7z": "unpack it",
    **dict.fromkeys((".ppt", ".pptx", ".dps", ".odp", ".xls", ".xlsx", ".et", ".ods", ".csv"), _TO_PDF),
    **dict.fromkeys(
        (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"), "make a PDF of the pictures; its pages are recognised"
    ),
}
"""What to do with a file of a kind that isn't read."""


def read(path: Path, engine: Engine = "pdfium") -> Document:
    """The document in a file, by its suffix; raises `ReadError` with the cause and the remedy.

    `engine` says who reads the pages of a PDF file; other files have one reader each.
    """
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
        return _pdf(path, engine) if reader is _pdf else reader(path)
    except OSError as error:
        raise ReadError(path, f"can't be opened ({error.strerror or error})") from None
