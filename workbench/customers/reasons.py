"""Why a customer stands in a stage, and the rules in words: keys of sentences and their values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from workbench.customers.rules import Rules

MESSAGE_PREFIXES = ("customers.why.", "customers.rule.")
Sentence = tuple[str, dict[str, Any]]


def _value(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    try:
        return math.nan if value is None else float(value)
    except (TypeError, ValueError):
        return math.nan


def explain_stage(row: Mapping[str, Any], rules: Rules) -> Sentence | None:
    """Return which rule put a customer into the stage, with his or her figures and the limit.

    Parameters
    ----------
    row : mapping
        One customer of a portrait: ``tenure``, ``balance_total``, ``balance_change_3m``
        and ``idle_days``, whatever of them is known.
    rules : Rules
        Those that the portrait was built by.

    Returns
    -------
    (str, dict) or None
        The message's key, ``customers.why.<stage>``, and its values; None where no rule
        can say.

    Examples
    --------
    >>> from workbench.customers.rules import packaged_rules
    >>> explain_stage({"tenure": 80.0, "idle_days": 212.0}, packaged_rules())
    ('customers.why.dormant', {'days': 212, 'limit': 180})
    """
    tenure, balance = _value(row, "tenure"), _value(row, "balance_total")
    change, idle = _value(row, "balance_change_3m"), _value(row, "idle_days")
    if tenure < rules.acquisition_months:
        return "customers.why.acquisition", {"months": tenure, "limit": rules.acquisition_months}
    if tenure <= rules.honeymoon_months:
        return "customers.why.honeymoon", {"months": tenure, "limit": rules.honeymoon_months}
    if balance <= rules.lost_balance and idle >= rules.lost_days:
        values = {
            "balance": balance,
            "days": int(idle),
            "limit": rules.lost_days,
            "least": rules.lost_balance,
        }
        return "customers.why.lost", values
    if idle >= rules.dormant_days:
        return "customers.why.dormant", {"days": int(idle), "limit": rules.dormant_days}
    if change <= rules.decline_change:
        return "customers.why.decline", {"change": change, "limit": rules.decline_change}
    if change >= rules.growth_change:
        return "customers.why.growth", {"change": change, "limit": rules.growth_change}
    if not math.isnan(change):
        return "customers.why.mature", {"change": change}
    if "balance_change_3m" not in row and not math.isnan(idle):
        return "customers.why.active", {"days": int(idle)}
    return None


def stage_rules(rules: Rules) -> dict[str, Sentence]:
    """Return for each stage its rule in words, in the order in which they are asked.

    Examples
    --------
    >>> from workbench.customers.rules import packaged_rules
    >>> stage_rules(packaged_rules())["dormant"]
    ('customers.rule.dormant', {'days': 180})
    """
    return {
        "acquisition": ("customers.rule.acquisition", {"months": rules.acquisition_months}),
        "honeymoon": ("customers.rule.honeymoon", {"months": rules.honeymoon_months}),
        "lost": ("customers.rule.lost", {"balance": rules.lost_balance, "days": rules.lost_days}),
        "dormant": ("customers.rule.dormant", {"days": rules.dormant_days}),
        "decline": ("customers.rule.decline", {"change": -rules.decline_change}),
        "growth": ("customers.rule.growth", {"change": rules.growth_change}),
        "mature": ("customers.rule.mature", {}),
    }
