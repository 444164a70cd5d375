"""The figures that rules look at: an evaluation's, and what follows from it for the next cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.review.board import responses
from workbench.review.means import adjust_holm
from workbench.review.parts import compare_parts
from workbench.review.power import plan_sample_size
from workbench.review.priors import PRIOR_WEIGHT, update_rates
from workbench.review.rules import Rules

_PARTS = {
    "lifecycle_stage": ("parts_p", "works_in"),
    "tier": ("tier_p", "works_in_tier"),
}
_VARIANTS = {
    "channel": ("better_channel", "channel_uplift", "channel_p_holm", "n_better_channel"),
    "script_version": ("better_script", "script_uplift", "script_p_holm", "n_better_script"),
}


def gather_figures(
    evaluation: pd.DataFrame,
    strategies: pd.DataFrame,
    rules: Rules,
    *,
    parts: Mapping[str, pd.DataFrame | None] | None = None,
    variants: Mapping[str, pd.DataFrame | None] | None = None,
    script_texts: Mapping[tuple[str, str], str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return the figures of each strategy that the rules compare, by their names.

    Parameters
    ----------
    evaluation : pandas.DataFrame
        What `evaluate_strategies` returned, not broken down.
    strategies : pandas.DataFrame
        Table `STRATEGIES`.
    rules : Rules
        Whose thresholds say what is looked for: alpha, max_control_share, smallest_uplift,
        prior_weight.
    parts : mapping of str to pandas.DataFrame, optional
        Evaluations broken down by ``lifecycle_stage`` and by ``tier``.
    variants : mapping of str to pandas.DataFrame, optional
        What `compare_variants` returned of ``channel`` and of ``script_version``.
    script_texts : mapping of (str, str) to str, optional
        The script by strategy_id and version.

    Returns
    -------
    dict of str to dict
        Figures by strategy_id; the names are those of `workbench.review.rules.FIGURES`.

    Raises
    ------
    ParameterProblem
        If the evaluation lacks a column or is broken down.

    Examples
    --------
    >>> from workbench.review.rules import default_rules
    >>> from workbench.review.strategies import evaluate_strategies
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> nothing = evaluate_strategies(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> gather_figures(nothing, STRATEGIES.empty(), default_rules())
    {}
    """
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
    held_back = rows["n_control"].astype("float64")
    rows["contaminated_share"] = rows["n_contaminated"].astype("float64") / held_back.where(held_back > 0)
    rows = _add_rates(_add_parts(rows, parts or {}), rules)
    found = {str(row["strategy_id"]): {str(k): v for k, v in row.items()} for row in rows.to_dict("records")}
    _add_variants(found, strategies, variants or {}, script_texts or {})
    return found


def _add_parts(rows: pd.DataFrame, parts: Mapping[str, pd.DataFrame | None]) -> pd.DataFrame:
    """Add whether the effect differs by stage and by tier, corrected over all that was looked at."""
    given = {by: frame for by, frame in parts.items() if frame is not None}
    for by, frame in given.items():
        p, works = _PARTS[by]
        found = compare_parts(frame, by).set_index("strategy_id")[["p_value", "works_in"]]
        rows = rows.join(found.set_axis([p, works], axis=1), on="strategy_id")
    names = [_PARTS[by][0] for by in given]
    if names:
        values = rows[names].to_numpy(dtype=np.float64)
        corrected = np.asarray(adjust_holm(values.ravel())).reshape(values.shape)
        for column, name in enumerate(names):
            rows[f"{name}_holm"] = corrected[:, column]
    return rows


def _add_rates(rows: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Add what the cycle's responses make of the planned rates."""
    rates = rows[["strategy_id", "n", "planned_rate"]].set_axis(["strategy_id", "n", "planned"], axis=1)
    # Without a contact the list did not run: that nobody responded says nothing.
    ran = rows["n_contacted"].gt(0) & rows["uplift"].notna()
    updated = update_rates(
        rates.assign(responded=rows["n_responded"].where(ran)),
        rules.thresholds.get("prior_weight", PRIOR_WEIGHT),
    )
    return rows.join(updated.set_index("strategy_id"), on="strategy_id")


def _add_variants(
    figures: dict[str, dict[str, Any]],
    strategies: pd.DataFrame,
    variants: Mapping[str, pd.DataFrame | None],
    texts: Mapping[tuple[str, str], str],
) -> None:
    """Add the variant that did best against the one in use, where one was compared."""
    for kind, frame in variants.items():
        if frame is None or frame.empty:
            continue
        better = frame[(frame["difference"] > 0) & frame["p_holm"].notna()]
        best = better.sort_values(["p_holm", "difference"], ascending=[True, False], kind="stable")
        for row in best.drop_duplicates("strategy_id").to_dict("records"):
            if row["strategy_id"] in figures:
                cells = (row["variant"], row["difference"], row["p_holm"], row["n_variant"])
                figures[row["strategy_id"]] |= dict(zip(_VARIANTS[kind], cells, strict=True))
    order = strategies["channels"] if "channels" in strategies else strategies["channel"]
    for strategy_id, channels in zip(strategies["strategy_id"], order, strict=True):
        known = figures.get(strategy_id, {})
        first, version = known.get("better_channel"), known.get("better_script")
        if first:
            others = [each.strip() for each in str(channels or "").split(",")]
            known["channels_after"] = ",".join(dict.fromkeys(x for x in (first, *others) if x))
        if version:
            known["script_after"] = texts.get((strategy_id, version), "")


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
