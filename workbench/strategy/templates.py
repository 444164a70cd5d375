"""The strategies that a bank starts from, read from templates.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from workbench.locale import LANGUAGES, normal_language, text

TEXTS = ("name", "objective", "script")


@dataclass(frozen=True)
class Condition:
    """One trait that a template asks of a segment.

    Parameters
    ----------
    trait : str
        Name of the trait, a column of `describe_traits`.
    low, high : float
        The condition is worth 0 at `low`, 1 at `high` and a straight line between;
        it falls where `high` is below `low`.
    weight : float
        Its weight in the template's fit.
    """

    trait: str
    low: float
    high: float
    weight: float

    def fit(self, value: float) -> float:
        """Return how well a trait's value meets the condition, 0 to 1; a missing value is 0.

        Examples
        --------
        >>> Condition("age", 48, 60, 1).fit(54), Condition("age", 42, 33, 1).fit(30)
        (0.5, 1.0)
        """
        if value != value:
            return 0.0
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


@dataclass(frozen=True)
class Template:
    """A strategy without a segment and dates."""

    key: str
    kinds: tuple[str, ...]
    scenario: str
    offer: str
    channel: str
    stages: tuple[str, ...]
    value: float
    cost: float
    minutes: float
    response: float
    suits: tuple[Condition, ...]
    at_most: float
    texts: dict[str, dict[str, str]]

    def fit(self, traits: dict[str, float]) -> float:
        """Return how well the template suits a segment's traits, 0 to 1."""
        total = sum(condition.weight for condition in self.suits)
        met = sum(c.weight * c.fit(traits.get(c.trait, float("nan"))) for c in self.suits)
        return self.at_most * met / total


@cache
def read_templates() -> dict[str, Template]:
    """Return every template by its key, in the order of the file.

    Returns
    -------
    dict of str to Template

    Examples
    --------
    >>> read_templates()["honeymoon"].texts["zh_CN"]["name"]
    '蜜月期经营'
    """
    written = resources.files(__package__).joinpath("templates.toml").read_text(encoding="utf-8")
    return {key: _template(key, entry) for key, entry in tomllib.loads(written).items()}


def _template(key: str, entry: dict[str, Any]) -> Template:
    return Template(
        key=key,
        kinds=tuple(entry["kinds"]),
        scenario=entry["scenario"],
        offer=entry["offer"],
        channel=entry["channel"],
        stages=tuple(entry["stages"]),
        value=entry["value"],
        cost=entry["cost"],
        minutes=entry["minutes"],
        response=entry["response"],
        suits=tuple(Condition(c["trait"], c["from"], c["to"], c["weight"]) for c in entry["suits"]),
        at_most=entry.get("at_most", 1.0),
        texts={lang: entry[lang] for lang in ("en", "zh_CN")},
    )


def by_telephone(name: str, lang: str) -> str:
    """Return the name of a strategy's variant by telephone.

    Examples
    --------
    >>> by_telephone("Honeymoon care", "en")
    'Honeymoon care by telephone'
    """
    return text("strategy.variant.by_telephone", lang, name=name)


def translate_strategies(strategies: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return strategies with the texts that nobody has edited in a language.

    A name, objective or script that is still a template's, in whatever language, is
    replaced by the same template's text in `lang`; what a person wrote stays.

    Parameters
    ----------
    strategies : pandas.DataFrame
        Table STRATEGIES.
    lang : str
        ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    pandas.DataFrame
        A copy.

    Examples
    --------
    >>> cards = pd.DataFrame({"name": ["Retention call", "Our own idea"]})
    >>> translate_strategies(cards, "zh_CN")["name"].tolist()
    ['定期客户挽留致电', 'Our own idea']
    """
    wanted = normal_language(lang)
    shown = strategies.copy()
    for field in TEXTS:
        if field in shown.columns:
            known = {
                texts[field]: template.texts[wanted][field]
                for template in read_templates().values()
                for texts in template.texts.values()
            }
            if field == "name":
                known |= {
                    by_telephone(old, lang): by_telephone(new, wanted)
                    for old, new in known.items()
                    for lang in LANGUAGES
                }
            shown[field] = shown[field].map(lambda given, known=known: known.get(given, given))
    return shown
