"""How often a customer may be contacted: limits on rolling windows."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.locale import normal_language

MESSAGE_PREFIXES = ("strategy.channel.",)
STANDARD = "standard"
MESSAGE = "message"
MESSAGES = ("sms", "app", "email")
"""Channels that the limit on ``message`` counts together."""
_LONGEST = 3_660


@dataclass(frozen=True)
class Limit:
    """The most contacts in any window of some days.

    Parameters
    ----------
    channel : str
        The channel it counts; ``"message"`` is sms, app and email together, empty is all.
    most : int
        Contacts that any such window may hold, 0 or more; the new one counts.
    days : int
        Length of the window. Two contacts share a window when they are no more than
        days × 24 hours apart: both ends are included.

    Raises
    ------
    ParameterProblem
        If a number is outside its range.

    Examples
    --------
    >>> Limit("phone", 1, 60).describe()
    'at most 1 by Phone in any 60 days'
    """

    channel: str
    most: int
    days: int

    def __post_init__(self) -> None:
        for name, value, least, largest in (
            ("most", self.most, 0, 1_000),
            ("days", self.days, 1, _LONGEST),
        ):
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= largest:
                raise ParameterProblem(
                    "strategy_lists.error.limit", name=name, value=value, least=least, largest=largest
                )
        if not isinstance(self.channel, str):
            raise ParameterProblem("strategy_lists.error.limit_channel", channel=self.channel)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it counts; none is all of them."""
        return MESSAGES if self.channel == MESSAGE else (self.channel,) if self.channel else ()

    def describe(self, lang: str = "en") -> str:
        """Return the limit in words of a language."""
        lang = normal_language(lang)
        key = "strategy_lists.policy.limit" if self.channel else "strategy_lists.policy.limit_all"
        return locale.text(
            key, lang, most=self.most, days=self.days, channel=channel_words(self.channel, lang)
        )


@dataclass(frozen=True)
class ContactPolicy:
    """How often a customer may be contacted.

    Parameters
    ----------
    name : str
        What a card calls it by.
    limits : tuple of Limit
        All of them must hold.
    titles : dict, default={}
        Language → what the screens call it.

    Examples
    --------
    >>> ContactPolicy("standard", (Limit("", 1, 30),)).describe()
    'at most 1 of any kind in any 30 days'
    """

    name: str
    limits: tuple[Limit, ...]
    titles: Mapping[str, str] = field(default_factory=dict, compare=False)

    def title(self, lang: str = "en") -> str:
        """Return what the screens call it."""
        return self.titles.get(normal_language(lang), self.name)

    def describe(self, lang: str = "en") -> str:
        """Return all limits in words of a language."""
        said = [limit.describe(lang) for limit in self.limits]
        return locale.text("strategy_lists.policy.and", lang).join(said) or locale.text(
            "strategy_lists.policy.free", lang
        )


def channel_words(channel: str, lang: str = "en") -> str:
    """Return what a channel is called."""
    if channel == MESSAGE:
        return locale.text("strategy_lists.policy.message", lang)
    key = f"strategy.channel.{channel}"
    return locale.text(key, lang) if key in locale.keys(lang) else channel


# Reading -------------------------------------------------------------------------


def read_policies(text: str | None = None, name: str = "contact_policy.toml") -> dict[str, ContactPolicy]:
    r"""Return the contact policies by name: the package's own, and what a bank changes of them.

    Parameters
    ----------
    text : str, optional
        A bank's own ``contact_policy.toml``; a policy of the same name replaces the
        package's.
    name : str, default="contact_policy.toml"
        What an error calls the text.

    Returns
    -------
    dict of str to ContactPolicy
        ``"standard"`` is the one that cards without a policy follow.

    Raises
    ------
    ParameterProblem
        If it is no TOML, or a limit is outside its range.

    Examples
    --------
    >>> read_policies()["standard"].limits[1]
    Limit(channel='phone', most=1, days=60)
    >>> read_policies("[standard]\nlimits = [{most = 2, days = 7}]")["standard"].describe()
    'at most 2 of any kind in any 7 days'
    """
    policies = dict(_packaged())
    if text is not None:
        policies |= _parse(text, name)
    return policies


@cache
def _packaged() -> dict[str, ContactPolicy]:
    written = resources.files(__package__).joinpath("contact_policy.toml").read_text(encoding="utf-8")
    return _parse(written, "contact_policy.toml")


def _parse(text: str, name: str) -> dict[str, ContactPolicy]:
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterProblem(
            "strategy_lists.error.policy_file", name=name, detail=str(error)[:120]
        ) from error
    return {key: _policy(key, entry, name) for key, entry in given.items()}


def _policy(key: str, entry: Any, name: str) -> ContactPolicy:
    limits = entry.get("limits") if isinstance(entry, dict) else None
    if not isinstance(limits, list) or not all(
        isinstance(each, dict) and set(each) <= {"channel", "most", "days"} for each in limits
    ):
        raise ParameterProblem("strategy_lists.error.policy_file", name=name, detail=f"[{key}]")
    made = tuple(Limit(each.get("channel", ""), each.get("most", -1), each.get("days", 0)) for each in limits)
    titles = {
        lang: str(entry[lang]["name"])
        for lang in locale.LANGUAGES
        if isinstance(entry.get(lang), dict) and "name" in entry[lang]
    }
    return ContactPolicy(key, made, titles)
