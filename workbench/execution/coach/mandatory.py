"""The sentences that every script must hold, read from mandatory.toml or from a bank's own."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from workbench.errors import ParameterProblem
from workbench.locale import normal_language

WHEN = ("end", "agreement")
"""Before what a sentence must be said: any end of a talk with the customer, or their agreement."""


@dataclass(frozen=True)
class Mandatory:
    """One sentence that must be said.

    Parameters
    ----------
    name : str
        How scripts name it: ``must say [name]``.
    labels : dict of str to str
        What it says, in words, by language.
    before : {"end", "agreement"}
        Before what.
    offers, channels : tuple of str
        For which; empty is all.
    aliases : tuple of str
        Other names that scripts may use.
    """

    name: str
    labels: dict[str, str]
    before: str
    offers: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def applies(self, offer: str | None, channel: str) -> bool:
        """Say whether an offer on a channel needs it."""
        return (not self.offers or offer in self.offers) and (not self.channels or channel in self.channels)

    def is_named(self, must: str) -> bool:
        """Say whether a script means it by a name."""
        return must.strip().lower() in {self.name.lower(), *(alias.lower() for alias in self.aliases)}

    def label(self, lang: str = "en") -> str:
        """Return what it says, in words."""
        return self.labels[normal_language(lang)]


def read_mandatory(text: str | None = None, file: str = "mandatory.toml") -> dict[str, Mandatory]:
    r"""Return the mandatory sentences by name.

    Parameters
    ----------
    text : str, optional
        A bank's own, in the form of the package's ``mandatory.toml``; by default that one.
    file : str, default="mandatory.toml"
        What the text is called, for errors.

    Returns
    -------
    dict of str to Mandatory

    Raises
    ------
    ParameterProblem
        If the text can't be read, or an entry lacks what it needs.

    Examples
    --------
    >>> list(read_mandatory())
    ['recording', 'risk', 'annual_rate']
    >>> own = read_mandatory("[fee]\nen = 'the fee'\nzh_CN = '费用'\nbefore = 'agreement'")
    >>> own["fee"].applies("time_deposit", "phone")
    True
    """
    if text is None:
        return _packaged()
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterProblem("execution_coach.error.mandatory_file", file=file, cause=str(error)) from error
    return {name: _mandatory(name, entry, file) for name, entry in found.items()}


@cache
def _packaged() -> dict[str, Mandatory]:
    written = resources.files(__package__).joinpath("mandatory.toml").read_text(encoding="utf-8")
    return read_mandatory(written)


def _mandatory(name: str, entry: Any, file: str) -> Mandatory:
    whole = isinstance(entry, dict) and all(isinstance(entry.get(lang), str) for lang in ("en", "zh_CN"))
    lists = [entry.get(part, []) for part in ("offers", "channels", "aliases")] if whole else []
    if not whole or entry.get("before") not in WHEN or not all(_is_words(words) for words in lists):
        raise ParameterProblem(
            "execution_coach.error.mandatory_entry", file=file, name=name, when=", ".join(WHEN)
        )
    offers, channels, aliases = (tuple(words) for words in lists)
    labels = {lang: str(entry[lang]) for lang in ("en", "zh_CN")}
    return Mandatory(name, labels, entry["before"], offers, channels, aliases)


def _is_words(words: Any) -> bool:
    return isinstance(words, list) and all(isinstance(word, str) for word in words)
