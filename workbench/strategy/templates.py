"""The strategies that a bank starts from, read from templates.toml."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.locale import LANGUAGES, normal_language, text
from workbench.strategy.conditions import Condition, write_conditions
from workbench.tables import STRATEGIES

TEXTS = ("name", "objective", "script")


@dataclass(frozen=True)
class TraitCondition:
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
        >>> TraitCondition("age", 48, 60, 1).fit(54), TraitCondition("age", 42, 33, 1).fit(30)
        (0.5, 1.0)
        """
        if value != value:
            return 0.0
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


@dataclass(frozen=True)
class Template:
    """A strategy without a segment and dates.

    Parameters
    ----------
    key : str
        Its name in templates.toml.
    kinds : tuple of str
        ``retail``, ``corporate`` or both.
    scenario, offer, kpi, trigger, contact_policy : str
        As on a card; trigger and contact_policy may be empty.
    channels : tuple of str
        In order; the first is the card's main channel.
    stages, tiers : tuple of str
        Lifecycle stages and tiers; empty is all.
    window_days : float
        Days after the trigger; missing without one.
    value, cost, minutes, response, effect : float
        Value of a response and cost of a contact (CNY), agent minutes a contact, the
        response rate planned, and the uplift hoped for (absolute).
    eligibility : tuple of Condition
        Who may have the offer, see `workbench.strategy.read_conditions`.
    suits : tuple of TraitCondition
        Which segments it is drafted for; without any, an analyst chooses it.
    at_most : float
        Largest fit.
    texts : dict
        Language → name, objective, script.
    """

    key: str
    kinds: tuple[str, ...]
    scenario: str
    offer: str
    channels: tuple[str, ...]
    stages: tuple[str, ...]
    tiers: tuple[str, ...]
    kpi: str
    trigger: str
    window_days: float
    contact_policy: str
    value: float
    cost: float
    minutes: float
    response: float
    effect: float
    eligibility: tuple[Condition, ...]
    suits: tuple[TraitCondition, ...]
    at_most: float
    texts: dict[str, dict[str, str]]

    @property
    def channel(self) -> str:
        """The main channel."""
        return self.channels[0]

    def fit(self, traits: dict[str, float]) -> float:
        """Return how well the template suits a segment's traits, 0 to 1."""
        total = sum(condition.weight for condition in self.suits)
        met = sum(c.weight * c.fit(traits.get(c.trait, float("nan"))) for c in self.suits)
        return self.at_most * met / total if total else 0.0

    def card(self, segment: str, lang: str, columns: Collection[str] | None = None) -> dict[str, Any]:
        """Return the card's fields for a segment, all but its number, dates, control and owner.

        Conditions on columns that the bank lacks are left out where `columns` names what it has.
        """
        asked = [each for each in self.eligibility if columns is None or each.column in columns]
        return {
            **self.texts[lang],
            "segment": segment,
            "lifecycle_stages": ",".join(self.stages),
            "scenario": self.scenario,
            "offer": self.offer,
            "channel": self.channel,
            "value_per_response": self.value,
            "cost_per_contact": self.cost,
            "minutes_per_contact": self.minutes,
            "expected_response": self.response,
            "kpi": self.kpi,
            "kpi_target": float("nan"),
            "tier": ",".join(self.tiers),
            "trigger": self.trigger,
            "window_days": self.window_days,
            "channels": ",".join(self.channels),
            "script_version": "1",
            "eligibility": write_conditions(asked),
            "contact_policy": self.contact_policy,
            "budget": float("nan"),
            "quota": float("nan"),
            "effect": self.effect,
            "journey": "",
            "objective_id": "",
        }


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
        channels=tuple(entry["channels"]),
        stages=tuple(entry["stages"]),
        tiers=tuple(entry.get("tiers", ())),
        kpi=entry["kpi"],
        trigger=entry.get("trigger", ""),
        window_days=float(entry.get("window_days", "nan")),
        contact_policy=entry.get("contact_policy", ""),
        value=entry["value"],
        cost=entry["cost"],
        minutes=entry["minutes"],
        response=entry["response"],
        effect=entry["effect"],
        eligibility=tuple(
            Condition(each["column"], each["operator"], each.get("value"))
            for each in entry.get("eligibility", ())
        ),
        suits=tuple(TraitCondition(c["trait"], c["from"], c["to"], c["weight"]) for c in entry["suits"]),
        at_most=entry.get("at_most", 1.0),
        texts={lang: entry[lang] for lang in ("en", "zh_CN")},
    )


def draft_card(
    template: Template | str,
    segment: str,
    *,
    starts_on: dt.date | str,
    strategy_id: str = "S1",
    days: int = 60,
    control_share: float = 0.1,
    lang: str = "en",
    columns: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return a card made of a template, for a segment and dates.

    Parameters
    ----------
    template : Template or str
        From `read_templates`, or its key.
    segment : str
        The segment it is for.
    starts_on : datetime.date or str
        First day.
    strategy_id : str, default="S1"
        The card's number.
    days : int, default=60
        Days from the first to the last day.
    control_share : float, default=0.1
        Share held back as control, 0 to 1.
    lang : str, default="en"
        Language of name, objective and script: ``"en"`` or ``"zh_CN"``.
    columns : collection of str, optional
        Columns of the bank's portrait: conditions on others are left out.

    Returns
    -------
    dict
        The columns of table STRATEGIES, for ``project.strategy.save_card``.

    Raises
    ------
    ParameterProblem
        If there is no such template, `days` is below 1 or `control_share` outside 0 to 1
        (1 excluded).

    Examples
    --------
    >>> card = draft_card("large_inflow", "Affluent", starts_on="2026-10-12", strategy_id="S7")
    >>> card["trigger"], card["channels"], str(card["ends_on"])[:10]
    ('large_inflow', 'phone,app,branch', '2026-12-11')
    """
    if isinstance(template, str):
        known = read_templates()
        if template not in known:
            raise ParameterProblem(
                "strategy_cards.error.no_template", template=template, known=", ".join(known)
            )
        template = known[template]
    if days < 1:
        raise ParameterProblem("strategy_room.error.days", days=days)
    if not 0 <= control_share < 1:
        raise ParameterProblem("strategy_room.error.control_share", share=control_share)
    first_day = pd.Timestamp(starts_on).normalize()
    card = {
        "strategy_id": strategy_id,
        **template.card(segment, normal_language(lang), columns),
        "control_share": float(control_share),
        "starts_on": first_day,
        "ends_on": first_day + pd.Timedelta(days=days),
        "owner": "",
    }
    return {name: card[name] for name in STRATEGIES.names}


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
