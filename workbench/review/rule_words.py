"""Rules in words, and what each of them says of one strategy's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench import locale
from workbench.review.recommendation_words import name_words
from workbench.review.rules import FIGURES, Condition, Rules, is_missing

MESSAGE_PREFIXES = ("review_advice.figure.", "review_advice.op.", "review_advice.threshold.")
_OPS = {
    "<": "below",
    "<=": "at_most",
    ">": "above",
    ">=": "at_least",
    "==": "equal",
    "missing": "missing",
    "present": "present",
}
_THRESHOLDS = {
    "alpha": "p",
    "alarm": "p",
    "max_control_share": "percent",
    "max_contaminated": "percent",
    "smallest_uplift": "points",
    "min_expected_count": "count",
    "prior_weight": "count",
}


def name_figure(name: str, lang: str = "en") -> str:
    """Return a figure's name as a reader knows it.

    Examples
    --------
    >>> name_figure("p_holm"), name_figure("something_else")
    ('p after Holm', 'something_else')
    """
    key = f"review_advice.figure.{name}"
    return locale.text(key, lang) if key in locale.keys(lang) else name


def name_threshold(name: str, lang: str = "en") -> str:
    """Return a threshold's name as a reader knows it.

    Examples
    --------
    >>> name_threshold("scale_return"), name_threshold("our_own")
    ('Return on 1 spent from which a list grows', 'our_own')
    """
    key = f"review_advice.threshold.{name}"
    return locale.text(key, lang) if key in locale.keys(lang) else name


def write_figure(name: str, value: Any, lang: str = "en") -> str:
    """Return a figure's value in words, by its name; missing is a dash.

    Parameters
    ----------
    name : str
        One of `workbench.review.rules.FIGURES`.
    value : float or str
        Its value.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.

    Examples
    --------
    >>> write_figure("uplift", 0.021), write_figure("p_holm", 0.0002), write_figure("mean", None)
    ('+2.1 pts', '< 0.001', '–')
    """
    return _write(FIGURES.get(name, "ratio"), name, value, lang)


def write_threshold(name: str, value: float, lang: str = "en") -> str:
    """Return a threshold's value in words, by its name.

    Examples
    --------
    >>> write_threshold("max_contaminated", 0.1), write_threshold("scale_return", 3.0)
    ('10.0%', '3')
    """
    return _write(_THRESHOLDS.get(name, "plain"), name, value, lang)


def _write(kind: str, name: str, value: Any, lang: str) -> str:
    if is_missing(value):
        return locale.count(None)
    if isinstance(value, str):
        return name_words(name, value, lang) if kind in ("stages", "tiers", "channel") else value
    if kind == "count":
        return locale.count(value, lang)
    if kind == "percent":
        return locale.percent(value)
    if kind == "points":
        return locale.points(value, lang)
    if kind == "money":
        return locale.money(value, lang)
    if kind == "p":
        return "< 0.001" if value < 0.001 else f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value:.10g}" if kind == "plain" else locale.decimal(value, 2)


def state_condition(condition: Condition, thresholds: Mapping[str, float], lang: str = "en") -> str:
    """Say a condition in words, with the value of the threshold that it names.

    Parameters
    ----------
    condition : Condition
        Of a rule.
    thresholds : mapping of str to float
        Their values.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    str
        Plain text, not escaped for a page.

    Examples
    --------
    >>> from workbench.review.rules import default_rules
    >>> rules = default_rules()
    >>> [state_condition(each, rules.thresholds) for each in rules.rules[2].conditions]
    ['p after Holm below 0.05', 'Uplift above 0', 'Return on 1 spent at least 3.00']
    """
    op = locale.text(f"review_advice.op.{_OPS[condition.op]}", lang)
    figure, right = name_figure(condition.field, lang), ""
    if condition.source == "field_of":
        right = name_figure(str(condition.operand), lang)
    elif condition.source == "threshold":
        right = write_figure(condition.field, thresholds[str(condition.operand)], lang)
    elif condition.source == "value":
        # Nought is nought in every unit.
        zero = condition.operand == 0
        right = "0" if zero else write_figure(condition.field, condition.operand, lang)
    return op.format(figure=figure, right=right)


def trace_rules(rules: Rules, figures: Mapping[str, Any]) -> pd.DataFrame:
    """Return every condition of every rule with one strategy's figures, up to the rule that fired.

    Parameters
    ----------
    rules : Rules
        In the order they are tried.
    figures : mapping of str to float or str
        Of one strategy, from `workbench.review.recommendation_figures.gather_figures`.

    Returns
    -------
    pandas.DataFrame
        position (of the rule, from 0), rule, action, condition (its number, from 0; -1 for a
        rule without any), field, op, value (the figure, or None), against (what it is
        compared with, or None), holds (bool), fired (bool: all of the rule's hold).

    Examples
    --------
    >>> from workbench.review.rules import default_rules
    >>> traced = trace_rules(default_rules(), {"p_holm": 0.001, "uplift": 0.02, "return_on_cost": 9.0})
    >>> traced.loc[traced["fired"], ["rule", "field", "value", "against"]].values.tolist()
    [['R1', 'p_holm', 0.001, 0.05], ['R1', 'uplift', 0.02, 0.0], ['R1', 'return_on_cost', 9.0, 3.0]]
    """
    rows = []
    for position, rule in enumerate(rules.rules):
        held = [each.holds(figures, rules.thresholds) for each in rule.conditions]
        fired = all(held)
        about = (position, rule.id, rule.action)
        for number, (each, holds) in enumerate(zip(rule.conditions, held, strict=True)):
            value = figures.get(each.field)
            against: Any = each.operand if each.source == "value" else None
            if each.source == "threshold":
                against = rules.thresholds[str(each.operand)]
            elif each.source == "field_of":
                against = figures.get(str(each.operand))
            cells = (None if is_missing(value) else value, None if is_missing(against) else against)
            rows.append((*about, number, each.field, each.op, *cells, holds, fired))
        if not rule.conditions:
            rows.append((*about, -1, "", "", None, None, True, True))
        if fired:
            break
    names = ["position", "rule", "action", "condition", "field", "op", "value", "against", "holds", "fired"]
    return pd.DataFrame(rows, columns=names).astype({"value": "object", "against": "object"})
