"""What can come of one try to reach a customer, read from dispositions.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from workbench.errors import ParameterProblem
from workbench.locale import normal_language

# After so many tries without an answer the customer is left in peace.
MOST_TRIES = 3


@dataclass(frozen=True)
class Disposition:
    """One code.

    Parameters
    ----------
    code : str
        The word that tables hold.
    labels : dict of str to str
        What a person reads, by language.
    reached : bool
        Whether the customer was spoken to.
    next : {"done", "callback", "retry"}
        What follows.
    days : int
        Days until the next try.
    aliases : tuple of str
        Other words that files use.
    """

    code: str
    labels: dict[str, str]
    reached: bool
    next: str
    days: int
    aliases: tuple[str, ...]


@cache
def read_dispositions() -> dict[str, Disposition]:
    """Return every disposition by its code, in the order in which they are offered.

    Examples
    --------
    >>> list(read_dispositions())
    ['reached', 'no_answer', 'refused', 'callback', 'wrong_number']
    """
    written = resources.files(__package__).joinpath("dispositions.toml").read_text(encoding="utf-8")
    return {
        code: Disposition(
            code=code,
            labels={lang: entry[lang] for lang in ("en", "zh_CN")},
            reached=entry["reached"],
            next=entry["next"],
            days=entry["days"],
            aliases=tuple(entry["aliases"]),
        )
        for code, entry in tomllib.loads(written).items()
    }


def check_disposition(code: str) -> str:
    """Return the code if it is one.

    Raises
    ------
    ParameterProblem
        If it is not.
    """
    if code not in read_dispositions():
        raise ParameterProblem(
            "execution_room.error.disposition", code=code, known=", ".join(read_dispositions())
        )
    return code


def disposition_labels(lang: str = "en") -> dict[str, str]:
    """Return what a person reads for each code.

    Examples
    --------
    >>> disposition_labels("zh_CN")["no_answer"]
    '未接通'
    """
    return {code: entry.labels[normal_language(lang)] for code, entry in read_dispositions().items()}


@cache
def disposition_words() -> dict[str, str]:
    """Return the code for every word that a file may use, in lower case."""
    words: dict[str, str] = {}
    for code, entry in read_dispositions().items():
        for word in (code, *entry.labels.values(), *entry.aliases):
            words[word.lower()] = code
    return words
