"""What can go wrong: one family, one line each.

An error that a user may meet names the place, the cause and the remedy. The command line catches
`PolicytextError` once, prints its message and exits with `exit_code`; anything else is a bug.
"""

from __future__ import annotations

from collections.abc import Iterable


class PolicytextError(Exception):
    """Any failure that a user can understand and mend; `str()` of it is the line to show."""

    exit_code = 1


class ReadError(PolicytextError):
    """A document that can't be read; `reason` is the cause without the path, for tables of failures."""

    def __init__(self, path: object, reason: str) -> None:
        self.path = str(path)
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class TaxonomyError(PolicytextError):
    """A taxonomy file that is not sound."""


class CorpusError(PolicytextError):
    """A corpus that can't be loaded; the message names file and line."""


class ModelError(PolicytextError):
    """A model folder that is missing, foreign or damaged."""


class LibraryError(PolicytextError):
    """A library file that is missing, foreign, locked or damaged."""


class QueryError(PolicytextError):
    """A search that can't be understood; the message shows where."""


class EndpointError(PolicytextError):
    """A language model's endpoint that can't be used."""


class MissingExtraError(PolicytextError):
    """An optional package that a verb needs; the message names the command that installs it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional package; install it with: pip install 'policytext[{extra}]'")


def page_ranges(numbers: Iterable[int]) -> str:
    """Page numbers as a message names them.

    >>> page_ranges([1, 2, 3, 7])
    '1-3, 7'
    """
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join(f"{a}-{b}" if a < b else str(a) for a, b in runs)
