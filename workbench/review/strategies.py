"""Evaluate strategies against their control groups, by intention to treat."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.review.follow_up import follow_up, leave_out_both_arms
from workbench.review.means import (
    Numbers,
    Sums,
    adjust_holm,
    check_alpha,
    compare_means,
    relative_lift,
)
from workbench.review.power import plan_sample_size
from workbench.review.proportions import compare_rates
from workbench.review.ratio import check_sample_ratios
from workbench.tables import ARMS

OUTCOME_COLUMNS = ("responded", "amount")
# Cochran's rule: below this, the normal approximation behind an interval of rates is no proof.
MIN_EXPECTED_COUNT = 5.0
EXTRA_COLUMNS = (
    "standard_error",
    "p_holm",
    "lift",
    "lift_low",
    "lift_high",
    "expected_count",
    "verdict",
    "n_contacted",
    "n_reached",
    "n_contaminated",
    "n_responded",
    "tries",
    "value_per_response",
    "cost_per_contact",
    "cost",
    "value",
    "value_low",
    "value_high",
    "return_on_cost",
    "return_low",
    "return_high",
    "planned_rate",
    "planned_uplift",
    "break_even_uplift",
    "n_needed",
    "sample_ratio_p",
)


def evaluate_strategies(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    contacts: pd.DataFrame | None = None,
    customers: pd.DataFrame | None = None,
    by: str | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Say what each strategy brought that would not have come by itself.

    Intention to treat: everybody who was drawn counts in the arm they were drawn into,
    contacted or not, so that the comparison stays the one that was randomised. A customer
    without an outcome did not respond (0). A strategy without a single contact has missing
    rates: it did not take place. Without a control, or with an empty arm, the uplift is
    missing; where nobody responded in either arm it is 0 and has no interval: what nobody
    did says nothing of its spread. What `follow_up` leaves out, and why, `find_caveats` tells.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS`, `OUTCOMES`, `STRATEGIES`.
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`. Left out, every customer of the treatment arm counts as contacted
        once, and n_reached and n_contaminated are missing.
    customers : pandas.DataFrame, optional
        One row a customer, where `by` is not a column of the targets.
    by : str, optional
        Break each strategy down by this column: segment, lifecycle_stage, branch …
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        One row per strategy, part (`by`), arm and outcome. First the columns of
        `EVALUATION` with strategy_id and `by` before them; outcomes are ``responded`` (a
        share) and ``amount`` (CNY). On both arms' rows: n_contacted, n_reached,
        n_responded (customers), tries (contacts). On the treatment's rows:

        - ci_low, ci_high, p_value: of ``responded`` the score interval and test of two rates
          (Miettinen and Nurminen), of ``amount`` Welch's.
        - standard_error of uplift; p_holm, corrected over the strategies of one outcome.
          Parts are looked at for hints and not corrected over: with `by` it is missing.
        - On ``responded`` alone: lift (uplift as a share of the control's rate, delta
          method) with lift_low and lift_high; expected_count, the fewest responses (or
          refusals) that an arm would have if both had the same rate; verdict ``works`` or
          ``harms`` (p_holm under alpha and expected_count at least 5), else ``open``.
        - value = uplift × n × value_per_response with its interval, cost = tries (of both
          arms) × cost_per_contact, return_on_cost = value / cost with its interval, missing
          where nothing was spent.
        - n_contaminated, customers of the control who were contacted nevertheless.
        - planned_rate (expected_response), planned_uplift (that minus the control's
          rate), break_even_uplift (cost per listed customer / value_per_response),
          n_needed, the list size that would detect planned_uplift with 80% power, and
          sample_ratio_p, the check of the arms' sizes.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If a list is for a strategy that is not given, `by` is found nowhere, or alpha is
        no probability.

    References
    ----------
    .. [1] Holm, S. (1979). A simple sequentially rejective multiple test procedure.
       Scandinavian Journal of Statistics 6.
    .. [2] Miettinen, O., Nurminen, M. (1985). Comparative analysis of two rates.
       Statistics in Medicine 4.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> evaluation = evaluate_strategies(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> evaluation.columns[:5].tolist()
    ['strategy_id', 'arm', 'outcome', 'n', 'mean']
    """
    check_alpha(alpha)
    targets = leave_out_both_arms(targets)
    rows = follow_up(targets, outcomes, strategies, contacts=contacts, customers=customers, by=by)
    groups, labels = group_rows(rows, by, strategies["strategy_id"])
    counted = count_arms(rows, groups, len(labels))
    if contacts is None:
        counted["n_reached"][:] = np.nan
    silent = counted["n_contacted"][:, 0] == 0
    frames = [
        compare_arms(rows[outcome].to_numpy(np.float64), rows["arm"], groups, labels, outcome, alpha, silent)
        for outcome in OUTCOME_COLUMNS
    ]
    ratios = check_sample_ratios(targets, strategies).set_index("strategy_id")["p_value"]
    _add_money(frames[0], counted, strategies, alpha)
    for frame in frames:
        for name, cells in counted.items():
            frame[name] = cells.ravel()
        treated = frame["arm"].eq("treatment")
        if contacts is not None:
            frame["n_contaminated"] = pd.Series(np.repeat(counted["n_contacted"][:, 1], 2)).where(treated)
        frame["p_holm"] = adjust_holm(frame["p_value"]) if by is None else np.nan
        frame["sample_ratio_p"] = frame["strategy_id"].map(ratios).astype(float).where(treated)
    frames[0]["verdict"] = _verdicts(frames[0], alpha)
    order = ["strategy_id", *([by] if by else []), "arm", "outcome", "n", "mean", "uplift"]
    order += ["ci_low", "ci_high", "p_value", *EXTRA_COLUMNS]
    together = pd.concat([frame.reindex(columns=order) for frame in frames], keys=range(len(frames)))
    # Both outcomes of a strategy stand together, the treatment before its control.
    return together.sort_index(level=1, kind="stable").reset_index(drop=True)


def group_rows(
    rows: pd.DataFrame, by: str | None, strategy_ids: pd.Series
) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    """Give every row of a follow-up the number of its group: a strategy, or a part of one.

    Parameters
    ----------
    rows : pandas.DataFrame
        With strategy_id and `by`.
    by : str or None
        Column of the parts.
    strategy_ids : pandas.Series
        All strategies, in the order to keep; without `by` each is a group even when
        nobody is in it.

    Returns
    -------
    groups : ndarray of int, shape (n,)
        Group of each row.
    labels : pandas.DataFrame
        strategy_id and `by` of each group.

    Examples
    --------
    >>> import pandas as pd
    >>> groups, labels = group_rows(pd.DataFrame({"strategy_id": ["S2"]}), None, pd.Series(["S1", "S2"]))
    >>> groups.tolist(), labels["strategy_id"].tolist()
    ([1], ['S1', 'S2'])
    """
    names = pd.Index(strategy_ids.astype("str"))
    position = np.asarray(names.get_indexer(pd.Index(rows["strategy_id"])), dtype=np.intp)
    if by is None:
        return position, pd.DataFrame({"strategy_id": names.to_numpy()}).astype("str")
    parts, values = pd.factorize(rows[by], sort=True, use_na_sentinel=False)
    pairs = position * max(len(values), 1) + parts
    found, groups = np.unique(pairs, return_inverse=True)
    width = max(len(values), 1)
    labels = pd.DataFrame({"strategy_id": names.take(found // width).to_numpy()}).astype("str")
    if by != "strategy_id":
        labels[by] = pd.Series(values).take(found % width).to_numpy() if len(found) else []
    return groups.astype(np.intp), labels


def count_arms(rows: pd.DataFrame, groups: npt.NDArray[np.intp], n_groups: int) -> dict[str, Numbers]:
    """Count who was contacted, reached and responded, and the tries, per group and arm.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `follow_up` returns them.
    groups : ndarray of int, shape (n,)
        Group of each row.
    n_groups : int
        Number of groups.

    Returns
    -------
    dict of str to ndarray of shape (n_groups, 2)
        Columns are treatment, control.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rows = pd.DataFrame({"arm": ["control"], "contacted": [True], "reached": [0.0],
    ...                      "responded": [1.0], "tries": [2.0]})
    >>> count_arms(rows, np.array([0]), 1)["tries"].tolist()
    [[0.0, 2.0]]
    """
    cell = groups * 2 + rows["arm"].eq("control").to_numpy(dtype=np.intp)
    sources = {
        "n_contacted": "contacted",
        "n_reached": "reached",
        "n_responded": "responded",
        "tries": "tries",
    }
    return {
        name: np.bincount(cell, weights=rows[source].to_numpy(np.float64), minlength=2 * n_groups)
        .astype(np.float64)
        .reshape(n_groups, 2)
        for name, source in sources.items()
    }


def compare_arms(
    values: Numbers,
    arms: pd.Series,
    groups: npt.NDArray[np.intp],
    labels: pd.DataFrame,
    outcome: str,
    alpha: float,
    silent: npt.NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Compare treatment with control in every group at once.

    Parameters
    ----------
    values : ndarray of shape (n,)
        The outcome of each customer; missing ones are left out.
    arms : pandas.Series
        treatment or control.
    groups : ndarray of int, shape (n,)
        Group of each customer.
    labels : pandas.DataFrame
        What the groups are called; one row a group.
    outcome : str
        Name of the outcome.
    alpha : float
        1 − alpha is the intervals' confidence.
    silent : ndarray of bool, optional
        Groups in which nothing took place: their figures are missing.

    Returns
    -------
    pandas.DataFrame
        Two rows a group, treatment and control: `labels`' columns and `EVALUATION`'s (n
        counts the customers whose outcome is known),
        standard_error, and lift with its interval where the outcome is ``responded``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> frame = compare_arms(np.array([1.0, 0, 1, 0, 0]), pd.Series(["treatment"] * 3 + ["control"] * 2),
    ...                      np.zeros(5, int), pd.DataFrame({"campaign": ["spring"]}), "responded", 0.05)
    >>> frame["mean"].round(2).tolist()
    [0.67, 0.0]
    """
    n_groups = len(labels)
    cell = groups * 2 + arms.eq("control").to_numpy(dtype=np.intp)
    sums = Sums.by_group(values, cell, 2 * n_groups)
    treatment, control = sums.take(slice(0, None, 2)), sums.take(slice(1, None, 2))
    off = np.zeros(n_groups, dtype=bool) if silent is None else silent
    frame = labels.loc[labels.index.repeat(2)].reset_index(drop=True)
    frame["arm"] = pd.Series(list(ARMS) * n_groups, dtype="str")
    frame["outcome"] = pd.Series([outcome] * (2 * n_groups), dtype="str")
    frame["n"] = sums.n.astype(np.int64)
    frame["mean"] = np.where(np.repeat(off, 2), np.nan, sums.mean)
    # Welch's is fooled by a small control that happened to respond little.
    compare = compare_rates if outcome == "responded" else compare_means
    difference = compare(treatment, control, alpha)
    columns = {
        "uplift": difference.estimate,
        "ci_low": difference.ci_low,
        "ci_high": difference.ci_high,
        "p_value": difference.p_value,
        "standard_error": difference.standard_error,
    }
    if outcome == "responded":
        lift = relative_lift(treatment, control, alpha)
        columns |= {"lift": lift.estimate, "lift_low": lift.ci_low, "lift_high": lift.ci_high}
    # Where neither arm varies, an interval of no width would promise what nobody knows.
    flat = difference.standard_error == 0
    for name, figures in columns.items():
        spread = name in ("ci_low", "ci_high", "standard_error")
        frame[name] = _on_treatment(np.where(off | (flat & spread), np.nan, figures))
    return frame


def _on_treatment(figures: Numbers) -> Numbers:
    """Spread one figure a group over its two rows, the control's being missing."""
    spread = np.full(2 * figures.size, np.nan)
    spread[::2] = figures
    return spread


def _add_money(
    frame: pd.DataFrame, counted: dict[str, Numbers], strategies: pd.DataFrame, alpha: float
) -> None:
    """Add value, cost, return, plan and the customers needed to the responses' rows."""
    cards = strategies.set_index("strategy_id").reindex(frame["strategy_id"].iloc[::2])
    card: dict[str, Any] = {
        name: cards[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in ("value_per_response", "cost_per_contact", "expected_response")
    }
    n = frame["n"].to_numpy(np.float64)[::2]
    n_control = frame["n"].to_numpy(np.float64)[1::2]
    base = frame["mean"].to_numpy(np.float64)[1::2]
    took_place = counted["n_contacted"][:, 0] > 0
    # A contact costs the same whichever arm it was made in.
    cost = np.where(took_place, counted["tries"].sum(axis=1) * card["cost_per_contact"], np.nan)
    spent = np.where(cost > 0, cost, np.nan)
    for ours, theirs in (("value", "uplift"), ("value_low", "ci_low"), ("value_high", "ci_high")):
        won = frame[theirs].to_numpy(np.float64)[::2] * n * card["value_per_response"]
        frame[ours] = _on_treatment(won)
        frame[ours.replace("value", "return") if ours != "value" else "return_on_cost"] = _on_treatment(
            won / spent
        )
    frame["cost"] = _on_treatment(cost)
    frame["value_per_response"] = _on_treatment(card["value_per_response"])
    frame["cost_per_contact"] = _on_treatment(card["cost_per_contact"])
    everybody = np.where(n + n_control > 0, n + n_control, np.nan)
    pooled = counted["n_responded"].sum(axis=1) / everybody
    smaller = np.minimum(n, n_control) * np.minimum(pooled, 1 - pooled)
    frame["expected_count"] = _on_treatment(np.where(took_place, smaller, np.nan))
    frame["planned_rate"] = _on_treatment(card["expected_response"])
    planned = card["expected_response"] - base
    worth = np.where(card["value_per_response"] > 0, card["value_per_response"], np.nan)
    break_even = cost / np.where(n > 0, n, np.nan) / worth
    share = n_control / everybody
    frame["planned_uplift"] = _on_treatment(planned)
    frame["break_even_uplift"] = _on_treatment(break_even)
    positive = np.where(planned > 0, planned, np.nan)
    frame["n_needed"] = _on_treatment(plan_sample_size(base, positive, control_share=share, alpha=alpha))


def _verdicts(frame: pd.DataFrame, alpha: float) -> pd.Series:
    proven = (frame["p_holm"] < alpha) & (frame["expected_count"] >= MIN_EXPECTED_COUNT)
    verdict = pd.Series("open", index=frame.index, dtype="str")
    verdict = verdict.mask(proven & (frame["uplift"] > 0), "works")
    verdict = verdict.mask(proven & (frame["uplift"] < 0), "harms")
    return verdict.where(frame["uplift"].notna())
