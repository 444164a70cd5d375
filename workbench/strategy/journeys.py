"""Channel journeys: which channel comes when, what it waits for, and who takes over if it fails."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem

ONLINE = ("app", "sms", "email")
OFFLINE = ("phone", "branch")
CHANNELS = (*ONLINE, *OFFLINE)
JOURNEY_OUTCOMES = ("clicked", "reached", "not_reached", "declined")
"""What a contact comes to: took the next step, seen but undecided, not reached, said no."""
ENDS = ("won", "lost")
MOST_STEPS = 12
LONGEST_WAIT = 180
LONGEST_TEXT = 200


@dataclass(frozen=True)
class JourneyStep:
    """One step of a journey.

    Parameters
    ----------
    name : str
        Its name within the journey.
    channel : {"app", "sms", "email", "phone", "branch"}
        By which the customer is contacted.
    wait : int
        Days an answer is waited for, 0 to 180.
    fallback : str
        Channel for who can't be contacted on `channel` or was not reached there; empty
        for none.
    moves : mapping of str to str
        Outcome (clicked, reached, not_reached, declined) → the next step's name,
        ``"won"`` or ``"lost"``. An outcome that is not named leads to ``"lost"``.
    labels : mapping of str to str, optional
        What is done, by language.

    Examples
    --------
    >>> step = JourneyStep("app", "app", 3, "sms", {"clicked": "call"})
    >>> step.next("clicked"), step.next("declined")
    ('call', 'lost')
    """

    name: str
    channel: str
    wait: int
    fallback: str = ""
    moves: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def next(self, outcome: str) -> str:
        """Return where an outcome leads: a step's name, ``"won"`` or ``"lost"``."""
        return self.moves.get(outcome, "lost")

    def label(self, lang: str = "en") -> str:
        """Return what is done, in a language; the name where nobody wrote it."""
        return self.labels.get(lang) or self.labels.get("en") or self.name


@dataclass(frozen=True)
class Journey:
    """Steps by which a customer is handed from channel to channel.

    Parameters
    ----------
    name : str
        Its name in code and on strategy cards.
    steps : sequence of JourneyStep
        The first one begins.
    texts : mapping, optional
        Language → ``name`` and ``purpose``.

    Raises
    ------
    ParameterProblem
        If there is no step, two share a name, one uses an unknown channel, waits no
        whole number of days, or leads to a step that is not there.

    Examples
    --------
    >>> journey = Journey("short", [JourneyStep("app", "app", 3, "sms", {"clicked": "won"})])
    >>> journey.step("app").wait
    3
    """

    name: str
    steps: Sequence[JourneyStep]
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        if not self.steps or len(self.steps) > MOST_STEPS:
            self._refuse("steps", n=len(self.steps), most=MOST_STEPS)
        names = [step.name for step in self.steps]
        for name in names:
            if not name or names.count(name) > 1 or name in ENDS:
                self._refuse("name", step=name)
        for step in self.steps:
            self._check(step, names)

    def _check(self, step: JourneyStep, names: list[str]) -> None:
        known = ", ".join(CHANNELS)
        for channel in (step.channel, step.fallback):
            if channel not in CHANNELS and (channel or not step.channel):
                self._refuse("channel", step=step.name, channel=channel or "–", known=known)
        whole = isinstance(step.wait, int) and not isinstance(step.wait, bool)
        if not whole or not 0 <= step.wait <= LONGEST_WAIT:
            self._refuse("wait", step=step.name, wait=step.wait, most=LONGEST_WAIT)
        for outcome, target in step.moves.items():
            if outcome not in JOURNEY_OUTCOMES:
                self._refuse("outcome", step=step.name, outcome=outcome, known=", ".join(JOURNEY_OUTCOMES))
            if target not in names and target not in ENDS:
                self._refuse("target", step=step.name, target=target, known=", ".join([*names, *ENDS]))

    def _refuse(self, problem: str, **values: Any) -> None:
        raise ParameterProblem(f"strategy_corporate.journey_error.{problem}", journey=self.name, **values)

    def step(self, name: str) -> JourneyStep:
        """Return a step by its name.

        Raises
        ------
        ParameterProblem
            If there is none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise ParameterProblem(
            "strategy_corporate.journey_error.target",
            journey=self.name,
            step="–",
            target=name,
            known=", ".join(step.name for step in self.steps),
        )

    def title(self, lang: str = "en") -> str:
        """Return its name in a language."""
        return str(self.texts.get(lang, {}).get("name") or self.texts.get("en", {}).get("name") or self.name)

    def purpose(self, lang: str = "en") -> str:
        """Return what it is for, in a language."""
        return str(self.texts.get(lang, {}).get("purpose") or self.texts.get("en", {}).get("purpose") or "")

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        return {
            "name": self.name,
            "texts": {lang: dict(texts) for lang, texts in self.texts.items()},
            "steps": [
                {
                    "name": step.name,
                    "channel": step.channel,
                    "wait": step.wait,
                    "fallback": step.fallback,
                    "moves": {outcome: step.next(outcome) for outcome in JOURNEY_OUTCOMES},
                    "labels": {lang: str(label)[:LONGEST_TEXT] for lang, label in step.labels.items()},
                }
                for step in self.steps
            ],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Journey:
        """Return the journey that `to_dict` gave.

        Raises
        ------
        ParameterProblem
            As the constructor does.
        """
        return cls(
            str(content["name"]),
            [
                JourneyStep(
                    name=str(step["name"]),
                    channel=str(step["channel"]),
                    wait=step["wait"],
                    fallback=str(step.get("fallback") or ""),
                    moves=dict(step.get("moves") or {}),
                    labels=dict(step.get("labels") or {}),
                )
                for step in content["steps"]
            ],
            {lang: dict(texts) for lang, texts in (content.get("texts") or {}).items()},
        )


@cache
def _written() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("journeys.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def read_journeys() -> dict[str, Journey]:
    """Return the journeys that a bank starts from, by name.

    Returns
    -------
    dict of str to Journey

    Examples
    --------
    >>> read_journeys()["app_call_branch"].title("zh_CN")
    '手机银行、电话、网点'
    """
    found = {}
    for name, entry in _written()["journey"].items():
        steps = [
            {**step, "labels": {lang: step[lang] for lang in ("en", "zh_CN")}} for step in entry["steps"]
        ]
        texts = {lang: entry[lang] for lang in ("en", "zh_CN")}
        found[name] = Journey.from_dict({"name": name, "steps": steps, "texts": texts})
    return found


def assumed_rates() -> pd.DataFrame:
    """Return what a contact on each channel is assumed to come to, until it is measured.

    Returns
    -------
    pandas.DataFrame
        ``channel``, ``clicked``, ``reached``, ``declined`` (shares of the contacts; the
        rest is not reached), ``cost`` (CNY a contact), ``minutes`` (of staff), ``n``
        (contacts behind it, 0).

    Examples
    --------
    >>> assumed_rates()["channel"].tolist()
    ['app', 'sms', 'email', 'phone', 'branch']
    """
    rates = [{"channel": channel, **entry, "n": 0} for channel, entry in _written()["rate"].items()]
    return pd.DataFrame(rates)


MESSAGE_PREFIXES = ("strategy_corporate.journey_error.",)
