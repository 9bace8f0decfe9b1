"""How is this document cited? GB/T 7714-2015, APA 7 and BibTeX from its metadata, and what they lack.

Nothing is made up: what the document doesn't say leaves the gap that each style has for it ([S.l.], n.d.).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from policytext.types import Metadata

GB_AUTHORS = 3
"""Authors that GB/T 7714 names before "et al."."""

APA_AUTHORS = 20
"""Authors that APA names; of more it names the first 19 and the last."""

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_PARTICLES = frozenset("van von de der den del della di da dos du la le el al bin ibn ter ten".split())  # noqa: SIM905  # words on a line can be read
_SUFFIX = re.compile(r",?\s+(Jr|Sr|II|III|IV)\.?$")
_STOP = frozenset("a an the of on in for and to from with by at is are do does how what why when".split())  # noqa: SIM905  # words on a line can be read
_OFFICIAL = re.compile(r"号$")


def missing(style: str, metadata: Metadata) -> list[str]:
    """What a citation of this style needs and the document doesn't say, in words, in the order of a citation."""
    m = metadata
    lacks = {
        "title": not m.title,
        "author or issuing body": not (m.authors or m.issuer),
        "year": m.year is None,
        "year (only the file's date)": m.year_from == "file",
    }
    if _is_article(m):
        lacks |= {"journal": not m.journal, "volume or issue": not (m.volume or m.issue), "pages": not m.pages}
    else:
        lacks |= {"place of publication": style == "gbt7714", "publisher": not m.issuer and bool(m.authors)}
    return [what for what, lacking in lacks.items() if lacking]


def cite(style: str, metadata: Metadata, name: str = "") -> str:
    """The document as one entry of a list of references, in one of `STYLES`; `name` stands in for a missing title."""
    return STYLES[style](metadata, metadata.title or name)


def _is_article(m: Metadata) -> bool:
    return bool(m.journal or (m.issn and m.authors))


# ---------------------------------------------------------------- GB/T 7714-2015


def _gbt7714(m: Metadata, title: str) -> str:
    """GB/T 7714-2015 by numbers in the text; a year that only the file tells stands in brackets, as an estimate."""
    han = _HAN.search(title) is not None
    authors = ", ".join(map(_gb_name, m.authors[:GB_AUTHORS]))
    if len(m.authors) > GB_AUTHORS:
        authors += ", 等" if _HAN.search(authors) else ", et al"
    signed = authors or m.issuer.replace(" ", ", ") if han else authors or m.issuer
    nobody = "佚名" if han else "Anon"
    year = str(m.year) if m.year else "[出版年不详]" if han else "[n.d.]"
    if m.year and m.year_from == "file":
        year = f"[{year}]"
    head = f"{_stop(signed or nobody)} {title}"
    doi = f" DOI:{m.doi}." if m.doi else ""
    if _is_article(m):
        issue = f"({m.issue})" if m.issue else ""
        place = f", {m.volume}{issue}" if m.volume else issue
        pages = f": {m.pages}" if m.pages else ""
        journal = m.journal or ("[刊名不详]" if han else "[s.n.]")
        return f"{head}[J]. {journal}, {year}{place}{pages}.{doi}"
    kind = "Z" if _OFFICIAL.search(m.number) else "R"
    number = f": {m.number}" if m.number and m.number not in title else ""
    place = "[出版地不详]" if han else "[S.l.]"
    publisher = m.issuer or ("[出版者不详]" if han else "[s.n.]")
    return f"{head}{number}[{kind}]. {place}: {publisher}, {year}.{doi}"


def _gb_name(name: str) -> str:
    """A name in references: surname in capitals, given names as initials; Chinese names and groups as they are.

    >>> _gb_name("Ada M. van Lovage"), _gb_name("林晓舟")
    ('VAN LOVAGE A M', '林晓舟')
    """
    surname, given, suffix = _parts(name)
    if not given:
        return name
    initials = " ".join(w[0].upper() for w in re.split(r"[\s.-]+", given) if w)
    return f"{surname.upper()} {initials}" + (f" {suffix}" if suffix else "")


# ---------------------------------------------------------------- APA 7


def _apa(m: Metadata, title: str) -> str:
    """APA, 7th edition, without the italics that plain text can't show; titles keep their printed capitals."""
    year = str(m.year) if m.year else "n.d."
    if m.year and m.year_from == "file":
        year = f"ca. {year}"
    names = [_apa_name(a) for a in m.authors] or ([m.issuer] if m.issuer else [])
    signed = _apa_list(names)
    translated = f" [{m.parallel_title}]" if m.parallel_title and _HAN.search(title) else ""
    doi = f" https://doi.org/{m.doi}" if m.doi else ""
    number = f" ({m.number})" if m.number and m.number not in title and not _is_article(m) else ""
    head = (
        f"{_stop(signed)} ({year}). {_stop(title + number + translated)}"
        if signed
        else (f"{_stop(title + number + translated)} ({year}).")
    )
    if _is_article(m):
        issue = f"({m.issue})" if m.issue else ""
        place = [p for p in (m.journal, f"{m.volume}{issue}", m.pages.replace("-", "–")) if p]
        return f"{head} {', '.join(place)}.{doi}" if place else head + doi
    publisher = f" {_stop(m.issuer)}" if m.issuer and m.authors else ""
    return f"{head}{publisher}{doi}"


def _apa_name(name: str) -> str:
    """A name as APA inverts it.

    >>> _apa_name("Jean-Luc B. Moreau"), _apa_name("P. A. Moore, Jr."), _apa_name("沈青禾")
    ('Moreau, J.-L. B.', 'Moore, P. A., Jr.', '沈青禾')
    """
    surname, given, suffix = _parts(name)
    if not given:
        return name
    initials = " ".join(
        "-".join(f"{p[0].upper()}." for p in w.split("-") if p) for w in re.split(r"[\s.]+", given) if w
    )
    return f"{surname}, {initials}" + (f", {suffix}." if suffix in ("Jr", "Sr") else f", {suffix}" if suffix else "")


def _apa_list(names: Sequence[str]) -> str:
    if len(names) > APA_AUTHORS:
        return ", ".join(names[: APA_AUTHORS - 1]) + f", . . . {names[-1]}"
    return ", & ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


# ---------------------------------------------------------------- BibTeX


def _bibtex(m: Metadata, title: str) -> str:
    """A BibTeX entry whose key depends on nothing but what is cited, so that it stays when the file changes."""
    article = _is_article(m)
    kind = "article" if article else "techreport" if m.issuer else "misc"
    fields = {
        "author": " and ".join(map(_bib_name, m.authors)) or (f"{{{_escaped(m.issuer)}}}" if m.issuer else ""),
        "title": f"{{{_escaped(title)}}}",
        "journal": _escaped(m.journal),
        "institution": _escaped(m.issuer) if kind == "techreport" else "",
        "year": str(m.year or ""),
        "volume": m.volume,
        "number": _escaped(m.issue if article else m.number),
        "pages": m.pages.replace("-", "--"),
        "doi": m.doi,
        "issn": m.issn,
        "keywords": _escaped(", ".join(m.keywords)),
        "note": "year of the file's creation" if m.year_from == "file" else "",
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{key(m, title)},\n" + ",\n".join(lines) + "\n}"


def key(m: Metadata, title: str) -> str:
    """A BibTeX key of ASCII letters and digits: name, year and first word of weight; where these are Chinese,
    six hex digits of the title's hash, since BibTeX takes no Chinese keys.

    >>> key(Metadata(authors=("Ada Lovage",), year=2024), "The Long Wait")
    'lovage2024long'
    >>> key(Metadata(authors=("林晓舟",), year=2024), "县域冷链物流的困境")
    'zh20241e9051'
    """
    year = str(m.year) if m.year and m.year_from != "file" else "nd"
    signed = (
        _ascii(_parts(m.authors[0])[0])
        if m.authors
        else _ascii("".join(w[0] for w in m.issuer.split() if w[0].isupper()))
    )
    word = next((a for w in title.split() if w.lower() not in _STOP and len(a := _ascii(w)) > 1), "")
    if _HAN.search(title) or not word:
        squeezed = re.sub(r"\W", "", unicodedata.normalize("NFKC", title))
        return f"{signed or 'zh'}{year}{hashlib.sha256(squeezed.encode()).hexdigest()[:6]}"
    return f"{signed or 'anon'}{year}{word}"


def _bib_name(name: str) -> str:
    """A name as BibTeX sorts it; a group's is held together by braces.

    >>> _bib_name("Tom van der Berg"), _bib_name("南湖大学课题组"), _bib_name("P. A. Moore, Jr.")
    ('van der Berg, Tom', '{南湖大学课题组}', 'Moore, Jr, P. A.')
    """
    surname, given, suffix = _parts(name)
    if not given:
        return f"{{{_escaped(name)}}}"
    return _escaped(", ".join(filter(None, (surname, suffix, given))))


_ESCAPES = {
    **{c: f"\\{c}" for c in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}


def _escaped(text: str) -> str:
    r"""Text as BibTeX sets it: the characters that TeX takes for commands are escaped.

    >>> _escaped("R&D at 5%: C_2 {sic}")
    'R\\&D at 5\\%: C\\_2 \\{sic\\}'
    """
    return re.sub(r"[&%$#_{}~^\\]", lambda c: _ESCAPES[c[0]], text)


# ---------------------------------------------------------------- names


def _parts(name: str) -> tuple[str, str, str]:
    """Surname with its particles, given names, and suffix; a name of one piece is all surname.

    A surname may be printed first where it stands in capitals, as in romanised Chinese names (LIN Xiaozhou).
    """
    if _HAN.search(name) or len(name.split()) == 1:
        return name, "", ""
    suffix = _SUFFIX.search(name)
    words = (name[: suffix.start()] if suffix else name).replace(",", "").split()
    if len(words[0]) > 1 and words[0].isupper() and not words[0].endswith(".") and not words[-1].isupper():
        return words[0].title(), " ".join(words[1:]), suffix[1] if suffix else ""
    at = len(words) - 1
    while at > 1 and words[at - 1].lower() in _PARTICLES:
        at -= 1
    return " ".join(words[at:]), " ".join(words[:at]), suffix[1] if suffix else ""


def _stop(text: str) -> str:
    return text if text.endswith((".", "?", "!", "？", "！")) or not text else f"{text}."


def _ascii(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower())


STYLES: Mapping[str, Callable[[Metadata, str], str]] = {"gbt7714": _gbt7714, "apa": _apa, "bibtex": _bibtex}
"""The styles by the names that the command line takes."""
