"""What can come of one try to reach a customer: packaged codes, and a project's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from workbench.errors import ParameterProblem
from workbench.locale import normal_language

# After so many tries without an answer the customer is left in peace.
MOST_TRIES = 3
NEXT = ("done", "callback", "retry")
"""What can follow a try."""
NEEDED = "reached"
"""A file that says no more than whether a customer responded counts as this code."""
LONGEST_LABEL = 80
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGES = ("en", "zh_CN")


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
    retired : bool, default=False
        Whether it is read and counted, and offered no more.
    stops : bool, default=False
        Whether the customer asked not to be contacted again: then no list shows them any more.
    """

    code: str
    labels: dict[str, str]
    reached: bool
    next: str
    days: int
    aliases: tuple[str, ...]
    retired: bool = False
    stops: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it, as `make_dispositions` takes it.

        Examples
        --------
        >>> read_dispositions()["callback"].plain()["next"]
        'callback'
        """
        return {
            "code": self.code,
            **self.labels,
            "reached": self.reached,
            "next": self.next,
            "days": self.days,
            "aliases": list(self.aliases),
            "retired": self.retired,
            "stops": self.stops,
        }


Codes = Mapping[str, Disposition]
"""Codes by their words, in the order in which they are offered."""


@cache
def read_dispositions() -> dict[str, Disposition]:
    """Return every packaged disposition by its code, in the order in which they are offered.

    Examples
    --------
    >>> list(read_dispositions())
    ['reached', 'no_answer', 'refused', 'callback', 'wrong_number', 'do_not_contact']
    """
    written = resources.files(__package__).joinpath("dispositions.toml").read_text(encoding="utf-8")
    return make_dispositions({"code": code, **entry} for code, entry in tomllib.loads(written).items())


def make_dispositions(rows: Iterable[Mapping[str, Any]]) -> dict[str, Disposition]:
    """Return codes by their words, checked.

    Parameters
    ----------
    rows : iterable of mapping
        ``code``, ``en`` and ``zh_CN`` (labels), ``reached`` (bool), ``next`` (done, callback
        or retry), ``days`` (0 to 365) and optionally ``aliases`` (words that files use),
        ``retired`` and ``stops``, in the order in which they are offered.

    Returns
    -------
    dict of str to Disposition

    Raises
    ------
    ParameterProblem
        If a code, a label or what follows is not possible, a word stands for two codes, the
        code ``reached`` is missing, retired or means that nobody was reached, or a code
        both stops contacts and asks for another try.

    Examples
    --------
    >>> rows = [entry.plain() for entry in read_dispositions().values()]
    >>> codes = make_dispositions([*rows, {"code": "visit", "en": "Comes to the branch",
    ...     "zh_CN": "约定到店", "reached": True, "next": "callback", "days": 3}])
    >>> codes["visit"].labels["zh_CN"]
    '约定到店'
    """
    codes: dict[str, Disposition] = {}
    for row in rows:
        entry = _disposition(row)
        if entry.code in codes:
            raise ParameterProblem("execution_desk.error.code_twice", code=entry.code)
        codes[entry.code] = entry
    needed = codes.get(NEEDED)
    if needed is None or needed.retired or not needed.reached or needed.stops:
        raise ParameterProblem("execution_desk.error.code_needed", code=NEEDED)
    _words(codes)
    return codes


def _disposition(row: Mapping[str, Any]) -> Disposition:
    code = str(row.get("code", ""))
    if not _CODE.fullmatch(code):
        raise ParameterProblem("execution_desk.error.code_form", code=code[:60])
    labels = {lang: str(row.get(lang) or "").strip() for lang in _LANGUAGES}
    if not all(0 < len(label) <= LONGEST_LABEL for label in labels.values()):
        raise ParameterProblem("execution_desk.error.code_label", code=code)
    following = str(row.get("next", ""))
    if following not in NEXT:
        raise ParameterProblem(
            "execution_desk.error.code_next", code=code, next=following, known=", ".join(NEXT)
        )
    days = row.get("days", 0)
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 365:
        raise ParameterProblem("execution_desk.error.code_days", code=code, days=days)
    stops = bool(row.get("stops", False))
    if stops and following != "done":
        raise ParameterProblem("execution_desk.error.code_stops", code=code)
    words = (str(word).strip() for word in row.get("aliases", ()))
    return Disposition(
        code=code,
        labels=labels,
        reached=bool(row.get("reached", False)),
        next=following,
        days=days,
        aliases=tuple(word for word in words if word),
        retired=bool(row.get("retired", False)),
        stops=stops,
    )


def stopping(codes: Codes) -> list[str]:
    """Return the codes of customers who asked not to be contacted again, retired ones included.

    Examples
    --------
    >>> stopping(read_dispositions())
    ['do_not_contact']
    """
    return [code for code, entry in codes.items() if entry.stops]


def check_disposition(code: str, codes: Codes | None = None) -> str:
    """Return the code if it is one that may be recorded.

    Parameters
    ----------
    code : str
        The code.
    codes : mapping of str to Disposition, optional
        The project's codes; by default the packaged ones.

    Raises
    ------
    ParameterProblem
        If it is none, or was retired.
    """
    known = read_dispositions() if codes is None else codes
    offered = ", ".join(name for name, entry in known.items() if not entry.retired)
    if code not in known:
        raise ParameterProblem("execution_room.error.disposition", code=code, known=offered)
    if known[code].retired:
        raise ParameterProblem("execution_desk.error.code_retired", code=code, known=offered)
    return code


def disposition_labels(lang: str = "en", codes: Codes | None = None) -> dict[str, str]:
    """Return what a person reads for each code, the retired ones included.

    Examples
    --------
    >>> disposition_labels("zh_CN")["no_answer"]
    '未接通'
    """
    known = read_dispositions() if codes is None else codes
    return {code: entry.labels[normal_language(lang)] for code, entry in known.items()}


def disposition_words(codes: Codes | None = None) -> dict[str, str]:
    """Return the code for every word that a file may use, in lower case.

    Examples
    --------
    >>> disposition_words()["空号"]
    'wrong_number'
    """
    return dict(_packaged_words()) if codes is None else _words(codes)


@cache
def _packaged_words() -> dict[str, str]:
    return _words(read_dispositions())


def _words(codes: Codes) -> dict[str, str]:
    words: dict[str, str] = {}
    for code, entry in codes.items():
        for word in (code, *entry.labels.values(), *entry.aliases):
            other = words.setdefault(word.lower(), code)
            if other != code:
                raise ParameterProblem("execution_desk.error.code_word", word=word, one=other, other=code)
    return words
