"""Turn an evaluation into recommendations, each with its rule, reason and figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.review.recommendation_figures import gather_figures
from workbench.review.rules import Rule, Rules, default_rules, is_missing
from workbench.tables import RECOMMENDATIONS, STRATEGIES

LEARNED = {"expected_response": "posterior_mean", "prior_a": "posterior_a", "prior_b": "posterior_b"}
"""What a card learns of the cycle, and the figures it learns it from."""
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
    "parts_p_holm",
    "tier_p",
    "tier_p_holm",
    "contaminated_share",
    "channel_uplift",
    "channel_p_holm",
    "n_better_channel",
    "script_uplift",
    "script_p_holm",
    "n_better_script",
    "prior_a",
    "prior_b",
    "posterior_a",
    "posterior_b",
    "posterior_mean",
    "posterior_low",
    "posterior_high",
)
_WORDS = ("works_in", "works_in_tier", "better_channel", "better_script", "prior_from")


def recommend(
    evaluation: pd.DataFrame,
    strategies: pd.DataFrame,
    rules: Rules | None = None,
    *,
    parts: pd.DataFrame | None = None,
    tiers: pd.DataFrame | None = None,
    channels: pd.DataFrame | None = None,
    scripts: pd.DataFrame | None = None,
    script_texts: Mapping[tuple[str, str], str] | None = None,
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
    tiers : pandas.DataFrame, optional
        The same with ``by="tier"``.
    channels, scripts : pandas.DataFrame, optional
        What `compare_variants` returned of channels, and of script versions: let a rule
        propose another one.
    script_texts : mapping of (str, str) to str, optional
        The script by strategy_id and version.

    Returns
    -------
    pandas.DataFrame
        Table `RECOMMENDATIONS`, in the order of the strategies. A strategy without contacts
        has none: nothing is known. `change` and `evidence` are JSON objects; every figure
        behind the rule is in `evidence`, with the hash of the rules as ``rules``.
        `state_reason` and `state_change` say them in words.

        A rule that says ``learn`` plans the rate that `update_rates` makes of this cycle's
        responses: `change` then has expected_response, prior_a and prior_b.

    Raises
    ------
    TableProblem
        If the strategies do not fit.
    ParameterProblem
        If the evaluation lacks a column or is broken down, or `parts` or `tiers` is not
        broken down by its column.

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
    figures = gather_figures(
        evaluation,
        strategies,
        rules,
        parts={"lifecycle_stage": parts, "tier": tiers},
        variants={"channel": channels, "script_version": scripts},
        script_texts=script_texts or {},
    )
    return apply_rules(figures, strategies, rules)


def apply_rules(
    figures: Mapping[str, Mapping[str, Any]], strategies: pd.DataFrame, rules: Rules
) -> pd.DataFrame:
    """Return what rules recommend for figures that were gathered already; see `recommend`.

    Parameters
    ----------
    figures : mapping of str to mapping
        By strategy_id, from `workbench.review.recommendation_figures.gather_figures`.
    strategies : pandas.DataFrame
        Table `STRATEGIES`; its order is kept.
    rules : Rules
        Tried from top to bottom.

    Returns
    -------
    pandas.DataFrame
        Table `RECOMMENDATIONS`.

    Examples
    --------
    >>> figures = {"S1": {"n": 90, "n_control": 10, "n_contacted": 90, "uplift": -0.1, "ci_high": -0.05}}
    >>> apply_rules(figures, pd.DataFrame({"strategy_id": ["S1"]}), default_rules())["action"].tolist()
    ['stop']
    """
    sha256 = rules.sha256
    rows = []
    for strategy_id in strategies["strategy_id"]:
        known = figures.get(strategy_id)
        # Without contacts, or without an uplift, there is nothing to base a statement on.
        if known is None or is_missing(known["uplift"]) or not known["n_contacted"] > 0:
            continue
        rule = rules.first(known)
        change = _fill(rule, known, rules)
        evidence: dict[str, Any] = {"n": int(known["n"]), "n_control": int(known["n_control"])}
        evidence |= {name: _plain(known[name]) for name in _EVIDENCE if not is_missing(known.get(name))}
        evidence |= {name: known[name] for name in _WORDS if not is_missing(known.get(name))}
        evidence["rules"] = sha256
        if rule.said:
            evidence["said"] = rule.said
        texts = (json.dumps(x, ensure_ascii=False, allow_nan=False) for x in (change, evidence))
        rows.append((strategy_id, rule.action, rule.id, rule.reason, *texts))
    frame = pd.DataFrame(rows, columns=list(RECOMMENDATIONS.names)) if rows else RECOMMENDATIONS.empty()
    return RECOMMENDATIONS.check(frame)


def _fill(rule: Rule, figures: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    change: dict[str, Any] = {}
    for name, value in rule.change.items():
        if name == "learn":
            learned = {card: figures.get(figure) for card, figure in LEARNED.items()}
            if value and not any(is_missing(each) for each in learned.values()):
                change |= {card: round(float(each), 10) for card, each in learned.items() if each is not None}
            continue
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
