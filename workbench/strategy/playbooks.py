"""Playbooks by industry: chain, key customers, products by tier, way in, tools, first steps."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.locale import LANGUAGES, keys, normal_language, text
from workbench.strategy.conditions import Condition, write_conditions
from workbench.strategy.corporate import UNKNOWN, company_segment
from workbench.strategy.journeys import CHANNELS, assumed_rates
from workbench.tables import STRATEGIES, TIERS

DEFAULT = "default"
LONGEST_LINE = 200
LONGEST_SUMMARY = 600
MOST_LINES = 20
_KNOWN = keys()


@dataclass(frozen=True)
class KeyRule:
    """Which companies of an industry are its key customers: one part is enough.

    Parameters
    ----------
    tiers : tuple of str, default=()
        Companies of these tiers.
    least_balance : float, optional
        Balances of at least so much, CNY.
    least_suppliers, least_employees : float, optional
        At least so many customers of the bank among its suppliers, or its employees.

    Examples
    --------
    >>> KeyRule(("strategic",), least_suppliers=5).least_suppliers
    5
    """

    tiers: tuple[str, ...] = ()
    least_balance: float | None = None
    least_suppliers: float | None = None
    least_employees: float | None = None


@dataclass(frozen=True)
class Playbook:
    """How the bank works an industry (行业专营, 一行一策).

    Parameters
    ----------
    industry : str
        As the portrait names it.
    upstream, downstream : tuple of str
        Industries it buys from and sells to, or words of the bank's own.
    bundle : mapping of str to tuple of str
        Tier (basic, value, strategic) → products, by key or in the bank's own words.
    channels : tuple of str
        By which a company is approached, in order.
    journey : str
        Name of a channel journey.
    rule : KeyRule
        Its key customers.
    response : float
        Response rate assumed for cards drafted from it, 0 to 1.
    value : float
        Value of one response assumed where the portrait tells no potential, CNY.
    texts : mapping
        Language → ``summary`` (text), ``tools`` and ``steps`` (tuples of text).

    Raises
    ------
    ParameterProblem
        If a tier or channel is unknown, a number impossible or a text too long.

    Examples
    --------
    >>> read_playbooks()["manufacturing"].bundle["basic"][0]
    'settlement_account'
    """

    industry: str
    upstream: tuple[str, ...] = ()
    downstream: tuple[str, ...] = ()
    bundle: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    channels: tuple[str, ...] = ("phone",)
    journey: str = ""
    rule: KeyRule = field(default_factory=KeyRule)
    response: float = 0.06
    value: float = 4000.0
    texts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for tier in (*self.bundle, *self.rule.tiers):
            if tier not in TIERS:
                _refuse("tier", industry=self.industry, tier=tier, known=", ".join(TIERS))
        for channel in self.channels:
            if channel not in CHANNELS:
                _refuse("channel", industry=self.industry, channel=channel, known=", ".join(CHANNELS))
        if not self.channels:
            _refuse("channel", industry=self.industry, channel="–", known=", ".join(CHANNELS))
        rule = self.rule
        for name, value in (
            ("least_balance", rule.least_balance),
            ("least_suppliers", rule.least_suppliers),
            ("least_employees", rule.least_employees),
            ("value", self.value),
        ):
            if value is not None and not 0 <= value <= 1e12:
                _refuse("number", industry=self.industry, name=name, value=value)
        if not 0 <= self.response <= 1:
            _refuse("number", industry=self.industry, name="response", value=self.response)
        lists = [self.upstream, self.downstream, *self.bundle.values()]
        for texts in self.texts.values():
            lists += [texts.get("tools", ()), texts.get("steps", ())]
            if len(str(texts.get("summary", ""))) > LONGEST_SUMMARY:
                _refuse("long", industry=self.industry, longest=LONGEST_SUMMARY, lines=1)
        if any(len(each) > MOST_LINES or any(len(line) > LONGEST_LINE for line in each) for each in lists):
            _refuse("long", industry=self.industry, longest=LONGEST_LINE, lines=MOST_LINES)

    def lines(self, name: str, lang: str = "en") -> tuple[str, ...]:
        """Return ``tools`` or ``steps`` in a language; in the other where it has none."""
        for wanted in (normal_language(lang), *LANGUAGES):
            found = self.texts.get(wanted, {}).get(name)
            if found:
                return tuple(found)
        return ()

    def summary(self, lang: str = "en") -> str:
        """Return what matters in the industry, in a language."""
        for wanted in (normal_language(lang), *LANGUAGES):
            found = self.texts.get(wanted, {}).get("summary")
            if found:
                return str(found)
        return ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        rule = self.rule
        return {
            "industry": self.industry,
            "upstream": list(self.upstream),
            "downstream": list(self.downstream),
            "bundle": {tier: list(self.bundle.get(tier, ())) for tier in TIERS},
            "channels": list(self.channels),
            "journey": self.journey,
            "rule": {
                "tiers": list(rule.tiers),
                "least_balance": rule.least_balance,
                "least_suppliers": rule.least_suppliers,
                "least_employees": rule.least_employees,
            },
            "response": self.response,
            "value": self.value,
            "texts": {
                lang: {
                    "summary": str(texts.get("summary", "")),
                    "tools": list(texts.get("tools", ())),
                    "steps": list(texts.get("steps", ())),
                }
                for lang, texts in self.texts.items()
            },
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Playbook:
        """Return the playbook that `to_dict` gave.

        Raises
        ------
        ParameterProblem
            As the constructor does.
        """
        rule = dict(content.get("rule") or {})
        return cls(
            industry=str(content["industry"]),
            upstream=tuple(content.get("upstream") or ()),
            downstream=tuple(content.get("downstream") or ()),
            bundle={tier: tuple(lines) for tier, lines in (content.get("bundle") or {}).items()},
            channels=tuple(content.get("channels") or ()),
            journey=str(content.get("journey") or ""),
            rule=KeyRule(
                tiers=tuple(rule.get("tiers") or ()),
                least_balance=rule.get("least_balance"),
                least_suppliers=rule.get("least_suppliers"),
                least_employees=rule.get("least_employees"),
            ),
            response=float(content.get("response", 0.06)),
            value=float(content.get("value", 4000.0)),
            texts={lang: dict(texts) for lang, texts in (content.get("texts") or {}).items()},
        )


def _refuse(problem: str, **values: Any) -> None:
    raise ParameterProblem(f"strategy_corporate.playbook_error.{problem}", **values)


@cache
def _templates() -> dict[str, Playbook]:
    written = resources.files(__package__).joinpath("playbooks.toml").read_text(encoding="utf-8")
    found = {}
    for industry, entry in tomllib.loads(written).items():
        texts = {lang: entry[lang] for lang in LANGUAGES}
        found[industry] = Playbook.from_dict({**entry, "industry": industry, "texts": texts})
    return found


def read_playbooks() -> dict[str, Playbook]:
    """Return the playbooks that a bank starts from, by industry.

    Returns
    -------
    dict of str to Playbook
        The last is ``"default"``, for industries without one of their own.

    Examples
    --------
    >>> list(read_playbooks())[-1]
    'default'
    """
    return dict(_templates())


def find_playbook(industry: str) -> Playbook:
    """Return an industry's playbook as a bank starts from it, the neutral one where it has none.

    Parameters
    ----------
    industry : str
        As the portrait names it.

    Returns
    -------
    Playbook

    Examples
    --------
    >>> find_playbook("mining").industry, find_playbook("mining").bundle == find_playbook("x").bundle
    ('mining', True)
    """
    known = _templates()
    return replace(known.get(industry, known[DEFAULT]), industry=industry)


def product_name(product: str, lang: str = "en") -> str:
    """Return a product of a bundle in a language; the bank's own words stay.

    Examples
    --------
    >>> product_name("payroll_service", "zh_CN"), product_name("Our plan")
    ('代发工资', 'Our plan')
    """
    key = f"strategy_corporate.product.{product}"
    return text(key, lang) if key in _KNOWN else product.replace("_", " ")


def industry_name(industry: str, lang: str = "en") -> str:
    """Return an industry in a language, as it stands within a sentence.

    Examples
    --------
    >>> industry_name("retail_trade"), industry_name("logistics", "zh_CN"), industry_name("deep_sea")
    ('retail trade', '物流业', 'deep sea')
    """
    key = f"strategy_corporate.industry.{industry}"
    return text(key, lang) if key in _KNOWN else industry.replace("_", " ")


def draft_corporate_card(
    playbook: Playbook,
    tier: str,
    *,
    strategy_id: str,
    starts_on: dt.date,
    segment: str | None = None,
    value_per_response: float | None = None,
    days: int = 90,
    control_share: float = 0.2,
    lang: str = "en",
) -> pd.DataFrame:
    """Return a strategy card for one tier of an industry, filled from its playbook.

    Parameters
    ----------
    playbook : Playbook
        The playbook.
    tier : {"basic", "value", "strategic"}
        The tier.
    strategy_id : str
        The card's id.
    starts_on : datetime.date
        Its first day.
    segment : str, optional
        The segment that holds these companies; `company_segment` by default, which is to
        be approved before lists can be cut.
    value_per_response : float, optional
        CNY; the playbook's by default.
    days : int, default=90
        How long it runs.
    control_share : float, default=0.2
        Share held back.
    lang : str, default="en"
        Language of its texts.

    Returns
    -------
    pandas.DataFrame
        Table STRATEGIES with one row. Its eligibility asks for a company of the industry.

    Raises
    ------
    ParameterProblem
        If the tier is unknown, or the playbook has no product for it.

    Examples
    --------
    >>> card = draft_corporate_card(read_playbooks()["software"], "value",
    ...     strategy_id="S20", starts_on=dt.date(2026, 10, 8)).iloc[0]
    >>> card["name"], card["tier"], card["channel"]
    ('Software: value companies', 'value', 'phone')
    """
    if tier not in TIERS:
        _refuse("tier", industry=playbook.industry, tier=tier, known=", ".join(TIERS))
    products = playbook.bundle.get(tier, ())
    if not products:
        _refuse("no_products", industry=playbook.industry, tier=tier)
    channel = playbook.channels[0]
    rates = next(row for row in assumed_rates().to_dict("records") if row["channel"] == channel)
    wanted = normal_language(lang)
    industry, named = (
        industry_name(playbook.industry, wanted),
        text(f"strategy_corporate.tier.{tier}", wanted),
    )
    offers = [product_name(product, wanted) for product in products]
    known: dict[str, Any] = {
        "strategy_id": strategy_id,
        "name": _capital(text("strategy_corporate.card.name", wanted, industry=industry, tier=named)),
        "objective": text("strategy_corporate.card.objective", wanted, products=", ".join(offers)),
        "segment": segment or company_segment(playbook.industry),
        "lifecycle_stages": "",
        "scenario": "lifecycle",
        "offer": products[0],
        "channel": channel,
        "script": text("strategy_corporate.card.script", wanted, industry=industry),
        "value_per_response": playbook.value if value_per_response is None else float(value_per_response),
        "cost_per_contact": float(rates["cost"]),
        "minutes_per_contact": float(rates["minutes"]),
        "expected_response": playbook.response,
        "control_share": float(control_share),
        "starts_on": pd.Timestamp(starts_on),
        "ends_on": pd.Timestamp(starts_on) + pd.Timedelta(days=days),
        "owner": "",
        "kpi": "responses",
        "tier": tier,
        "channels": ",".join(playbook.channels),
        "eligibility": _eligibility(playbook.industry),
        "journey": playbook.journey,
    }
    card = pd.DataFrame({name: [known[name]] for name in STRATEGIES.names if name in known})
    for name in ("starts_on", "ends_on"):
        card[name] = card[name].astype("datetime64[us]")
    return STRATEGIES.check(card)


def _eligibility(industry: str) -> str:
    conditions = [Condition("kind", "is", "corporate")]
    if industry not in (UNKNOWN, DEFAULT):
        conditions.append(Condition("industry", "is", industry))
    return write_conditions(conditions)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


MESSAGE_PREFIXES = (
    "strategy_corporate.playbook_error.",
    "strategy_corporate.product.",
    "strategy_corporate.industry.",
    "strategy_corporate.tier.",
)
