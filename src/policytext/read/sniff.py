"""What is this file really? Its first bytes know it better than its suffix."""

from __future__ import annotations

import re

_MARKS = (
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "an RTF file"),
    (b"PK\x03\x04", "a ZIP archive or Office file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a packed file"),
    (b"MIME-Version:", "a web archive (MHTML)"),
    (b"From: <Saved by", "a web archive (MHTML)"),
    (b"bplist", "a web archive of Safari"),
)


def kind_of(data: bytes) -> str:
    """What a file's first bytes say it is, in words for a message; "another format" where they say nothing.

    >>> kind_of(b"%PDF-1.7"), kind_of(b"<!DOCTYPE html><html>"), kind_of(b"Dear Sir")
    ('a PDF', 'an HTML page', 'another format')
    """
    start = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    found = next((name for mark, name in _MARKS if start.startswith(mark)), "")
    if not found and re.search(rb"<(?:!doctype\s+html|html|head|body)\b", start, re.IGNORECASE):
        return "an HTML page"
    return found or "another format"
