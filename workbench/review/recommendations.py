"""Turn an evaluation into recommendations, each with its rule, reason and figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.review.board import responses
from workbench.review.parts import compare_parts
from workbench.review.power import plan_sample_size
from workbench.review.rules import Rule, Rules, default_rules, is_missing
from workbench.tables import RECOMMENDATIONS, STRATEGIES

MESSAGE_PREFIXES = ("review_room.reason.", "review_room.change.", "review_room.stage.")
_PART = "lifecycle_stage"
_EVIDENCE = (
    "mean",
    "control_mean",
    "uplift",
    "ci_low",
    "ci_high",
    "p_value",
    "p_holm",
    "lift",
    "value",
    "value_low",
    "value_high",
    "cost",
    "return_on_cost",
    "return_low",
    "return_high",
    "planned_rate",
    "planned_uplift",
    "break_even_uplift",
    "n_responded",
    "expected_count",
    "n_contacted",
    "n_contaminated",
    "n_needed",
    "n_needed_wide",
    "n_more",
    "sample_ratio_p",
    "parts_p",
)
_COUNTS = (
    "n",
    "n_control",
    "n_listed",
    "n_responded",
    "n_contacted",
    "n_contaminated",
    "n_needed",
    "n_needed_wide",
    "n_more",
)
_POINTS = ("uplift", "ci_high", "planned_uplift", "break_even_uplift")
_SHARES = ("mean", "control_mean", "planned_rate", "control_share")
_MONEY = ("value", "value_low", "value_high", "cost")


def recommend(
    evaluation: pd.DataFrame,
    strategies: pd.DataFrame,
    rules: Rules | None = None,
    *,
    parts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Propose for each strategy whether to scale, keep, adjust or stop it, or to wait.

    Parameters
    ----------
    evaluation : pandas.DataFrame
        What `evaluate_strategies` returned, not broken down.
    strategies : pandas.DataFrame
        Table `STRATEGIES`.
    rules : Rules, optional
        `default_rules` when left out; ``default_rules().with_thresholds(scale_return=5)``
        changes a threshold.
    parts : pandas.DataFrame, optional
        What `evaluate_strategies` returned with ``by="lifecycle_stage"``: lets a rule
        narrow a strategy to the stages in which it works.

    Returns
    -------
    pandas.DataFrame
        Table `RECOMMENDATIONS`, in the order of the strategies. A strategy without contacts
        has none: nothing is known. `change` and `evidence` are JSON objects; every figure
        behind the rule is in `evidence`. `state_reason` and `state_change` say them in
        words.

    Raises
    ------
    TableProblem
        If the strategies do not fit.
    ParameterProblem
        If the evaluation lacks a column or is broken down, or `parts` is not broken down
        by lifecycle_stage.

    Examples
    --------
    >>> from workbench.review.strategies import evaluate_strategies
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> nothing = evaluate_strategies(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> recommend(nothing, STRATEGIES.empty()).columns.tolist()
    ['strategy_id', 'action', 'rule', 'reason', 'change', 'evidence']
    """
    STRATEGIES.check(strategies)
    rules = rules or default_rules()
    figures = _figures(evaluation, strategies, parts, rules)
    rows = []
    for strategy_id in strategies["strategy_id"]:
        known = figures.get(strategy_id)
        # Without contacts, or without an uplift, there is nothing to base a statement on.
        if known is None or is_missing(known["uplift"]) or not known["n_contacted"] > 0:
            continue
        rule = rules.first(known)
        change = _fill(rule, known, rules)
        evidence = {"n": int(known["n"]), "n_control": int(known["n_control"])}
        evidence |= {name: _plain(known[name]) for name in _EVIDENCE if not is_missing(known.get(name))}
        if not is_missing(known.get("works_in")):
            evidence["works_in"] = known["works_in"]
        texts = (json.dumps(x, ensure_ascii=False, allow_nan=False) for x in (change, evidence))
        rows.append((strategy_id, rule.action, rule.id, rule.reason, *texts))
    frame = pd.DataFrame(rows, columns=list(RECOMMENDATIONS.names)) if rows else RECOMMENDATIONS.empty()
    return RECOMMENDATIONS.check(frame)


def _figures(
    evaluation: pd.DataFrame, strategies: pd.DataFrame, parts: pd.DataFrame | None, rules: Rules
) -> dict[str, dict[str, Any]]:
    rows = responses(evaluation)
    held = evaluation[evaluation["arm"].eq("control") & evaluation["outcome"].eq("responded")]
    control = held.set_index("strategy_id")[["n", "mean"]].rename(
        columns={"n": "n_control", "mean": "control_mean"}
    )
    rows = rows.join(control, on="strategy_id")
    rows["n_listed"] = rows["n"] + rows["n_control"]
    rows["control_share"] = rows["strategy_id"].map(strategies.set_index("strategy_id")["control_share"])
    planned = rows["planned_uplift"].to_numpy(np.float64)
    wide = rules.thresholds.get("max_control_share", np.nan)
    alpha = rules.thresholds.get("alpha", 0.05)
    rows["n_needed_wide"] = plan_sample_size(
        rows["control_mean"].to_numpy(np.float64),
        np.where(planned > 0, planned, np.nan),
        control_share=wide,
        alpha=alpha,
    )
    rows["n_more"] = _n_more(rows, rules, alpha)
    if parts is not None:
        differing = compare_parts(parts, _PART).set_index("strategy_id")[["p_value", "works_in"]]
        rows = rows.join(differing.rename(columns={"p_value": "parts_p"}), on="strategy_id")
    return {str(row["strategy_id"]): {str(k): v for k, v in row.items()} for row in rows.to_dict("records")}


def _n_more(rows: pd.DataFrame, rules: Rules, alpha: float) -> pd.Series:
    """Return how many more customers would decide.

    First for the uplift that was planned; where the list was large enough for that, for
    the smallest that would pay or be worth looking for; else as many again.
    """
    listed = rows["n_listed"].astype(float)
    base = rows["control_mean"].to_numpy(np.float64)
    smallest = rows["break_even_uplift"].fillna(0.0).clip(lower=rules.thresholds.get("smallest_uplift", 0.0))
    share = (rows["n_control"] / listed.where(listed > 0)).to_numpy(np.float64)
    worthwhile = plan_sample_size(base, smallest.to_numpy(np.float64), control_share=share, alpha=alpha)
    more = (rows["n_needed"] - listed).where(rows["n_needed"] > listed, worthwhile - listed)
    return more.where(more > 0, listed)


def _fill(rule: Rule, figures: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    change: dict[str, Any] = {}
    for name, value in rule.change.items():
        if isinstance(value, dict):
            source, key = next(iter(value.items()))
            value = rules.thresholds[key] if source == "threshold" else figures.get(key)
        if not is_missing(value):
            change[name] = _plain(value)
    return change


def _plain(value: Any) -> Any:
    """Return a figure as JSON has it: whole numbers without a point."""
    if isinstance(value, (bool, str)):
        return value
    number = float(value)
    return int(number) if number.is_integer() and abs(number) >= 2 else number


def state_reason(recommendation: Mapping[str, Any] | pd.Series, lang: str = "en") -> str:
    """Say in a sentence why something is recommended, with its figures.

    Parameters
    ----------
    recommendation : mapping or pandas.Series
        One row of `RECOMMENDATIONS`.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    str
        Plain text, not escaped for a page.

    Examples
    --------
    >>> row = {"reason": "review_room.reason.harm", "evidence": '{"uplift": -0.01, "ci_high": -0.004}'}
    >>> state_reason(row)
    'Fewer responded than in the control: −1.0 pts, at best −0.4 pts.'
    """
    shown = _Shown(_show(json.loads(recommendation["evidence"]), lang))
    return locale.text(recommendation["reason"], lang).format_map(shown)


def state_change(recommendation: Mapping[str, Any] | pd.Series, lang: str = "en") -> str:
    """Say in a phrase what the next cycle would change.

    Parameters
    ----------
    recommendation : mapping or pandas.Series
        One row of `RECOMMENDATIONS`.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    str
        Plain text, not escaped for a page.

    Examples
    --------
    >>> state_change({"change": '{"capacity_factor": 1.5}'})
    '1.5 times as many customers'
    >>> state_change({"change": "{}"}, "zh_CN")
    '维持不变'
    """
    change = json.loads(recommendation["change"])
    phrases = [
        locale.text(f"review_room.change.{name}", lang).format_map(_Shown(_show(change, lang)))
        for name in change
        if f"review_room.change.{name}" in locale.keys(lang)
    ]
    joint = "；" if lang == "zh_CN" else "; "
    return joint.join(phrases) if phrases else locale.text("review_room.change.nothing", lang)


class _Shown(dict[str, str]):
    """Figures for a sentence; one that is missing shows as missing."""

    def __missing__(self, name: str) -> str:
        return "–"


def _show(figures: Mapping[str, Any], lang: str) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name, value in figures.items():
        if name == "ci_low":
            # It only stands before the upper end, which carries the unit.
            shown[name] = locale.points(value, lang, unit=False)
        elif name in _COUNTS:
            shown[name] = locale.count(value, lang)
        elif name in _POINTS:
            shown[name] = locale.points(value, lang)
        elif name in _SHARES:
            shown[name] = locale.percent(value)
        elif name in _MONEY:
            shown[name] = locale.money(value, lang)
        elif name in ("works_in", "lifecycle_stages"):
            stages = [locale.text(f"review_room.stage.{s}", lang) for s in str(value).split(",") if s]
            shown[name] = ("、" if lang == "zh_CN" else ", ").join(stages)
        elif name.endswith(("_p", "p_holm", "p_value")):
            shown[name] = "< 0.001" if value < 0.001 else f"= {locale.decimal(value, 3)}"
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            shown[name] = locale.decimal(value, 1 if name.endswith("factor") else 2)
    return shown
