"""The rules by which a review recommends, as data that a bank can change."""

from __future__ import annotations

import hashlib
import json
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from typing import Any

from workbench.errors import ParameterProblem

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
OPERATORS = (*_COMPARE, "missing", "present")
SOURCES = ("value", "threshold", "field_of")
OWN = "review_advice.own"
"""Key of a reason that the rule says in its own words."""
FIGURES: dict[str, str] = {
    "n": "count",
    "n_control": "count",
    "n_listed": "count",
    "n_contacted": "count",
    "n_contaminated": "count",
    "contaminated_share": "percent",
    "n_responded": "count",
    "expected_count": "count",
    "mean": "percent",
    "control_mean": "percent",
    "control_share": "percent",
    "uplift": "points",
    "ci_low": "points",
    "ci_high": "points",
    "p_value": "p",
    "p_holm": "p",
    "lift": "percent",
    "value": "money",
    "value_low": "money",
    "value_high": "money",
    "cost": "money",
    "return_on_cost": "ratio",
    "return_low": "ratio",
    "return_high": "ratio",
    "planned_rate": "percent",
    "planned_uplift": "points",
    "break_even_uplift": "points",
    "n_needed": "count",
    "n_needed_wide": "count",
    "n_more": "count",
    "sample_ratio_p": "p",
    "parts_p": "p",
    "parts_p_holm": "p",
    "works_in": "stages",
    "tier_p": "p",
    "tier_p_holm": "p",
    "works_in_tier": "tiers",
    "better_channel": "channel",
    "channels_after": "channel",
    "channel_uplift": "points",
    "channel_p_holm": "p",
    "n_better_channel": "count",
    "better_script": "text",
    "script_after": "text",
    "script_uplift": "points",
    "script_p_holm": "p",
    "n_better_script": "count",
    "prior_a": "ratio",
    "prior_b": "ratio",
    "posterior_a": "ratio",
    "posterior_b": "ratio",
    "posterior_mean": "percent",
    "posterior_low": "percent",
    "posterior_high": "percent",
}
"""Figures that a condition may name, and how each is written."""


@dataclass(frozen=True)
class Condition:
    """One comparison: a figure with a value, a threshold or another figure.

    Attributes
    ----------
    field : str
        The figure, by its name in the evaluation: one of `FIGURES`.
    op : {"<", "<=", ">", ">=", "==", "missing", "present"}
        How it is compared.
    source : {"value", "threshold", "field_of", ""}
        What it is compared with; empty for missing and present.
    operand : float or str
        The value, or the name of the threshold or figure.
    """

    field: str
    op: str
    source: str = ""
    operand: float | str = 0.0

    def holds(self, figures: Mapping[str, Any], thresholds: Mapping[str, float]) -> bool:
        """Say whether the figures fulfil the condition; a missing figure fulfils only ``missing``.

        Examples
        --------
        >>> Condition("uplift", ">", "value", 0.0).holds({"uplift": 0.02}, {})
        True
        >>> Condition("uplift", ">", "value", 0.0).holds({}, {})
        False
        """
        left = figures.get(self.field)
        if self.op in ("missing", "present"):
            return is_missing(left) == (self.op == "missing")
        right: Any = self.operand
        if self.source == "threshold":
            right = thresholds[str(self.operand)]
        elif self.source == "field_of":
            right = figures.get(str(self.operand))
        if is_missing(left) or is_missing(right):
            return False
        return bool(_COMPARE[self.op](left, right))


@dataclass(frozen=True)
class Rule:
    """What to recommend when all conditions hold.

    Attributes
    ----------
    id : str
        R1, R2 …; two rules may share one where they differ in a detail.
    action : {"scale", "keep", "adjust", "stop", "undecided"}
        What to do.
    reason : str
        Key of the sentence that says why.
    conditions : tuple of Condition
        All must hold.
    change : dict
        What the next cycle changes: values, or ``{"threshold": name}`` or
        ``{"field": name}`` to fill in.
    said : dict
        The sentence by language, where the rule has one of its own.
    """

    id: str
    action: str
    reason: str
    conditions: tuple[Condition, ...]
    change: dict[str, Any]
    said: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """Rules in the order they are tried, and the thresholds they name.

    Attributes
    ----------
    thresholds : dict of str to float
        By name.
    rules : tuple of Rule
        The first whose conditions all hold is a strategy's.
    text : str
        The TOML that they were read from; empty where they were put together in code.

    Examples
    --------
    >>> rules = default_rules()
    >>> rules.thresholds["scale_return"], rules.rules[-1].action
    (3.0, 'undecided')
    >>> rules.with_thresholds(scale_return=5).thresholds["scale_return"]
    5.0
    """

    thresholds: dict[str, float]
    rules: tuple[Rule, ...]
    text: str = field(default="", repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """Hash that names this version: of the text, else of the rules themselves.

        Examples
        --------
        >>> rules = default_rules()
        >>> rules.sha256 == rules.with_thresholds(alpha=0.01).with_thresholds(alpha=0.05).sha256
        True
        """
        said = self.text or json.dumps(
            {"thresholds": self.thresholds, "rules": [asdict(rule) for rule in self.rules]}, sort_keys=True
        )
        return hashlib.sha256(said.encode()).hexdigest()

    def with_thresholds(self, **thresholds: float) -> Rules:
        """Return the same rules with other thresholds; comments of their text stay.

        Raises
        ------
        ParameterProblem
            If there is no such threshold, or a value is no number or makes no sense.
        """
        from workbench.review.rules_text import change_thresholds, check_threshold

        for name, value in thresholds.items():
            if name not in self.thresholds:
                raise ParameterProblem(
                    "review_room.error.threshold", name=name, known=", ".join(self.thresholds)
                )
            check_threshold(name, value)
        changed = {name: float(value) for name, value in thresholds.items()}
        moved = {name: value for name, value in changed.items() if value != self.thresholds[name]}
        text = change_thresholds(self.text, moved) if self.text and moved else self.text
        return replace(self, thresholds=self.thresholds | changed, text=text)

    def first(self, figures: Mapping[str, Any]) -> Rule:
        """Return the first rule whose conditions all hold."""
        return self.rules[self.position(figures)]

    def position(self, figures: Mapping[str, Any]) -> int:
        """Return the place of the first rule whose conditions all hold, from 0.

        Examples
        --------
        >>> default_rules().position({"sample_ratio_p": 1e-6})
        0
        """
        return next(
            place
            for place, rule in enumerate(self.rules)
            if all(condition.holds(figures, self.thresholds) for condition in rule.conditions)
        )


def is_missing(value: Any) -> bool:
    """Say whether a figure is missing: none, not a number, or an empty text.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(""), is_missing(0.0)
    (True, True, True, False)
    """
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def default_rules_text() -> str:
    """Return the text of the rules that come with the workbench.

    Examples
    --------
    >>> default_rules_text().splitlines()[0][:37]
    '# The rules by which a review recomme'
    """
    return resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")


def default_rules() -> Rules:
    """Return the rules that come with the workbench, ``review/rules.toml``.

    Examples
    --------
    >>> [rule.id for rule in default_rules().rules][:3]
    ['R9', 'R6', 'R1']
    """
    from workbench.review.rules_text import read_rules

    return read_rules(default_rules_text(), "rules.toml")
