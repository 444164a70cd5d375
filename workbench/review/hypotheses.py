"""Hold sentences that were written beforehand against what came: supported, refuted, open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.churn import flag_churn, wilson
from workbench.review.means import Numbers, Sums, adjust_holm, check_alpha
from workbench.review.proportions import compare_proportions
from workbench.review.strategies import MIN_EXPECTED_COUNT
from workbench.review.winsorise import dominance
from workbench.tables.hypotheses import AFTERWARDS, DIRECTIONS, HYPOTHESES, MEASURES, RATES

AGAINST_OTHERS = ("higher", "lower")
# So many customers are in no bank's reach: the answer is then "not with more customers".
_MOST = 1e8
_FIGURES = ("estimate", "ci_low", "ci_high", "n", "n_other", "p_value", "p_holm", "n_more", "dominance")


@dataclass(frozen=True)
class _Found:
    """What the data say of one hypothesis: the groups compared, or why there are none."""

    reason: str
    groups: tuple[Numbers, ...] = ()
    signs: tuple[int, ...] = ()


def refuse_hypothesis(hypothesis: Mapping[str, Any]) -> None:
    """Refuse a hypothesis that no data could decide.

    Parameters
    ----------
    hypothesis : mapping
        outcome, segment, direction, threshold and strategy_id, as in
        `workbench.tables.hypotheses.HYPOTHESES`.

    Raises
    ------
    ParameterProblem
        If an outcome or direction is unknown; a strategy is wanted and not named; it
        compares with others and names no segment; or the threshold of a rate is none.

    Examples
    --------
    >>> refuse_hypothesis({"outcome": "uplift", "segment": "", "direction": "up", "threshold": 0.0,
    ...                    "strategy_id": "S1"})
    """
    outcome, direction = str(hypothesis["outcome"]), str(hypothesis["direction"])
    for name, value, known in (("outcome", outcome, MEASURES), ("direction", direction, DIRECTIONS)):
        if value not in known:
            raise ParameterProblem(
                f"review_hypotheses.error.unknown_{name}", value=value, known=", ".join(known)
            )
    strategy, segment = str(hypothesis["strategy_id"] or ""), str(hypothesis["segment"] or "")
    if outcome == "uplift" and not strategy:
        raise ParameterProblem("review_hypotheses.error.no_strategy")
    if direction in AGAINST_OTHERS and not segment:
        raise ParameterProblem("review_hypotheses.error.no_segment", direction=direction)
    threshold = float(hypothesis["threshold"])
    if not np.isfinite(threshold):
        raise ParameterProblem("review_hypotheses.error.bad_threshold", value=threshold)
    is_level = not strategy and direction not in AGAINST_OTHERS
    if outcome in RATES and is_level and not 0 < threshold < 1:
        raise ParameterProblem("review_hypotheses.error.rate_threshold", value=threshold)
    if outcome in RATES and not -1 < threshold < 1:
        raise ParameterProblem("review_hypotheses.error.share_threshold", value=threshold)


MESSAGE_PREFIXES = ("review_hypotheses.error.unknown_",)


def check_hypotheses(
    hypotheses: pd.DataFrame,
    *,
    results: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
) -> pd.DataFrame:
    """Say of each hypothesis whether the data support it, refute it, or leave it open.

    What is compared:

    - With a strategy: its treated customers against its control, whatever the outcome;
      ``higher`` and ``lower`` hold that effect in the segment against the effect elsewhere.
    - Without one: ``up`` and ``down`` hold the segment's mean against the threshold,
      ``higher`` and ``lower`` the segment against all other customers. Responses and
      amounts are those of the customers who were to be contacted.

    A hypothesis is supported when its two-sided p-value, corrected over all hypotheses of
    the table (Holm), is under `alpha` and the estimate lies on the side it names; refuted
    when it lies on the other. Those without data yet count in the correction as well, so
    that what is decided once stays decided. One written after its data is only described:
    it stays open and does not count.

    Parameters
    ----------
    hypotheses : pandas.DataFrame
        Table `workbench.tables.hypotheses.HYPOTHESES`: the hypotheses of one cycle.
    results : pandas.DataFrame, optional
        What `workbench.review.follow_up` returned with ``by="segment"``: for uplift,
        responded and amount.
    pairs : pandas.DataFrame, optional
        What `workbench.pair_snapshots` returned for the cycle's snapshot and the next:
        for churn, win_back, balance_change (CNY a customer) and product_change (products
        a customer), the last two of customers in both.
    alpha : float, default=0.05
        Chance of deciding any hypothesis wrongly.
    power : float, default=0.8
        Chance of deciding, for `n_more`.

    Returns
    -------
    pandas.DataFrame
        hypothesis_id, state, reason (``decided``; why it is open: ``undecided``,
        ``no_data``, ``no_control``, ``too_few``, ``no_spread``, ``exploratory``), test
        (``welch``, ``score``, ``wilson``, ``t``, ``contrast``), estimate, ci_low, ci_high (of that
        estimate alone), n (customers), n_other (those of them that it is compared with),
        p_value (against the threshold), p_holm, n_more (customers that would decide it at
        this size and spread; missing where none in reach would), dominance (largest
        customer's share of the money).

    Raises
    ------
    TableProblem
        If the table does not fit.
    ParameterProblem
        If no data could decide a hypothesis, see `refuse_hypothesis`; or a share is none.

    References
    ----------
    .. [1] Holm, S. (1979). A simple sequentially rejective multiple test procedure.
       Scandinavian Journal of Statistics 6.
    .. [2] Satterthwaite, F. E. (1946). An approximate distribution of estimates of
       variance components. Biometrics Bulletin 2.

    Examples
    --------
    >>> rows = pd.DataFrame({"hypothesis_id": ["H1"], "sentence": ["Calls work"], "outcome": ["uplift"],
    ...     "segment": [""], "direction": ["up"], "threshold": [0.0], "strategy_id": ["S1"]})
    >>> results = pd.DataFrame({"strategy_id": "S1", "customer_id": [str(i) for i in range(200)],
    ...     "segment": "A", "arm": ["treatment"] * 100 + ["control"] * 100,
    ...     "responded": [1.0, 0, 0, 0] * 25 + [0.0] * 95 + [1.0] * 5, "amount": 0.0})
    >>> check_hypotheses(rows, results=results)[["state", "estimate", "n"]]
           state  estimate    n
    0  supported       0.2  200
    """
    check_alpha(alpha)
    check_alpha(power)
    HYPOTHESES.check(hypotheses)
    records = [{str(n): v for n, v in row.items()} for row in hypotheses.to_dict("records")]
    for record in records:
        refuse_hypothesis(record)
    evidence = _Evidence(results, pairs)
    rows = [_test(record, evidence.of(record), alpha) for record in records]
    found = pd.DataFrame(rows, columns=["hypothesis_id", "reason", "test", *_FIGURES, "error"])
    exploratory = np.array([bool(record.get("exploratory", False)) for record in records], dtype=bool)
    p = found["p_value"].to_numpy(np.float64)
    family = np.where(exploratory, np.nan, np.where(np.isnan(p), 1.0, p))
    found["p_holm"] = np.where(np.isnan(p), np.nan, adjust_holm(family))
    threshold = hypotheses["threshold"].to_numpy(np.float64)
    above = found["estimate"].to_numpy(np.float64) > threshold
    wants_above = hypotheses["direction"].isin(["up", "higher"]).to_numpy()
    firm = found["p_holm"].to_numpy(np.float64) < alpha
    found["state"] = np.select([firm & (above == wants_above), firm], ["supported", "refuted"], "open")
    tested = found["reason"].eq("undecided")
    found.loc[found["n"].gt(0) & exploratory, "reason"] = "exploratory"
    found.loc[firm, "reason"] = "decided"
    size = max(int((~exploratory).sum()), 1)
    waits = found["state"].eq("open") & tested & ~exploratory
    found["n_more"] = _customers_missing(found, threshold, alpha / size, power).where(waits)
    kept = ["hypothesis_id", "state", "reason", "test", *_FIGURES]
    return found[kept].astype({"state": "str", "reason": "str", "test": "str"})


class _Evidence:
    """The customers' outcomes, prepared once for all hypotheses."""

    def __init__(self, results: pd.DataFrame | None, pairs: pd.DataFrame | None) -> None:
        self._results = None if results is None else _took_place(results)
        self._moves = None if pairs is None else _outcomes_of(pairs)
        self._people: pd.DataFrame | None = None

    def of(self, record: Mapping[str, Any]) -> _Found:
        """Return the groups that a hypothesis compares."""
        outcome = "responded" if record["outcome"] == "uplift" else str(record["outcome"])
        strategy = str(record["strategy_id"] or "")
        rows = self._rows(outcome, strategy)
        if rows is None or rows.empty:
            return _Found("no_data")
        mine = pd.Series(True, index=rows.index)
        if record["segment"]:
            mine = rows["segment"].eq(record["segment"])
        masks, signs = [mine], [1]
        if record["direction"] in AGAINST_OTHERS:
            masks, signs = [mine, ~mine], [1, -1]
        if strategy:
            treated = rows["arm"].eq("treatment")
            masks = [part & arm for part in masks for arm in (treated, ~treated)]
            signs = [sign * arm for sign in signs for arm in (1, -1)]
        values = rows[outcome].to_numpy(np.float64)
        groups = tuple(values[mask.to_numpy() & ~np.isnan(values)] for mask in masks)
        if strategy and not all(len(group) for group in groups[1::2]):
            return _Found("no_control")
        if not all(len(group) for group in groups):
            return _Found("no_data")
        return _Found("", groups, tuple(signs))

    def _rows(self, outcome: str, strategy: str) -> pd.DataFrame | None:
        if outcome in AFTERWARDS:
            if self._moves is None or not strategy:
                return self._moves
            if self._results is None:
                return None
            listed = self._results.loc[
                self._results["strategy_id"].eq(strategy), ["customer_id", "segment", "arm"]
            ]
            return listed.merge(self._moves.drop(columns="segment"), on="customer_id")
        if self._results is None:
            return None
        if strategy:
            return self._results[self._results["strategy_id"].eq(strategy)]
        if self._people is None:
            self._people = _each_once(self._results[self._results["arm"].eq("treatment")])
        return self._people


def _took_place(results: pd.DataFrame) -> pd.DataFrame:
    """Leave out the strategies that nobody of the treatment was contacted for."""
    if "contacted" not in results.columns:
        return results
    contacted = results["contacted"].astype(bool) & results["arm"].eq("treatment")
    return results[contacted.groupby(results["strategy_id"]).transform("any").astype(bool)]


def _each_once(treated: pd.DataFrame) -> pd.DataFrame:
    """Return one row a customer: on two lists they are one customer still."""
    grouped = treated.groupby("customer_id", sort=False)
    people = grouped.agg(segment=("segment", "first"), responded=("responded", "max"))
    people["amount"] = grouped["amount"].sum(min_count=1)
    return people.reset_index()


def _outcomes_of(pairs: pd.DataFrame) -> pd.DataFrame:
    here = pairs["status"].ne("joined")
    flags = flag_churn(pairs)
    moves = pd.DataFrame(
        {
            "customer_id": pairs["customer_id"].astype("str"),
            "segment": pairs["segment_before"],
            "churn": flags["churn"],
            "win_back": flags["win_back"],
            "balance_change": pairs["value_after"] - pairs["value_before"],
            "product_change": pairs["product_count_after"] - pairs["product_count_before"],
        }
    )
    return moves[here]


def _test(record: Mapping[str, Any], found: _Found, alpha: float) -> dict[str, Any]:
    row: dict[str, Any] = {"hypothesis_id": record["hypothesis_id"], "reason": found.reason, "test": ""}
    row |= dict.fromkeys((*_FIGURES, "error"), np.nan)
    row["n"] = row["n_other"] = 0
    if not found.groups:
        return row
    row["n"] = sum(len(group) for group in found.groups)
    row["n_other"] = sum(
        len(group) for group, sign in zip(found.groups, found.signs, strict=True) if sign < 0
    )
    threshold, is_rate = float(record["threshold"]), record["outcome"] in RATES
    if record["outcome"] in ("amount", "balance_change"):
        row["dominance"] = dominance(np.concatenate(found.groups))
    if is_rate and len(found.groups) == 1:
        row |= _one_rate(found.groups[0], threshold, alpha)
    elif is_rate and len(found.groups) == 2:
        row |= _two_rates(found.groups, threshold, alpha)
    else:
        row |= _contrast(found.groups, found.signs, threshold, alpha)
    row["reason"] = "undecided"
    if is_rate and not _has_enough(found.groups, threshold):
        row |= {"reason": "too_few", "p_value": np.nan}
    elif np.isnan(row["p_value"]):
        row["reason"] = "no_spread" if row["error"] == 0 else "too_few"
    return row


def _has_enough(groups: Sequence[Numbers], threshold: float) -> bool:
    """Say whether every comparison of rates has the counts that its test rests on (Cochran)."""
    if len(groups) == 1:
        return len(groups[0]) * min(threshold, 1 - threshold) >= MIN_EXPECTED_COUNT
    enough = []
    for one, other in zip(groups[::2], groups[1::2], strict=True):
        rate = float(np.concatenate([one, other]).mean())
        enough.append(min(len(one), len(other)) * min(rate, 1 - rate) >= MIN_EXPECTED_COUNT)
    return all(enough)


def _one_rate(group: Numbers, threshold: float, alpha: float) -> dict[str, Any]:
    """Hold a rate against the threshold: the score test, whose interval is Wilson's."""
    n, rate = len(group), float(group.mean())
    low, high = wilson(group.sum(), n, alpha)
    error = float(np.sqrt(threshold * (1 - threshold) / n))
    p_value = float(2 * special.ndtr(-abs(rate - threshold) / error))
    figures = {"test": "wilson", "estimate": rate, "ci_low": float(low), "ci_high": float(high)}
    return {**figures, "p_value": p_value, "error": error}


def _two_rates(groups: Sequence[Numbers], threshold: float, alpha: float) -> dict[str, Any]:
    """Hold a difference of rates against the threshold, as the evaluation does: the score test."""
    counts = [float(figure) for group in groups for figure in (group.sum(), len(group))]
    found = compare_proportions(counts[0], counts[1], counts[2], counts[3], alpha, null=threshold)
    ends = {"ci_low": float(found.ci_low), "ci_high": float(found.ci_high)}
    figures = {"test": "score", "estimate": float(found.estimate), **ends}
    return {**figures, "p_value": float(found.p_value), "error": float(found.standard_error)}


def _contrast(
    groups: Sequence[Numbers], signs: Sequence[int], threshold: float, alpha: float
) -> dict[str, Any]:
    """Hold a sum and difference of means against the threshold, without assuming equal variances."""
    sums = [Sums.of(group) for group in groups]
    estimate = float(sum(sign * one.mean for sign, one in zip(signs, sums, strict=True)))
    parts = np.array([float(one.variance) / float(one.n) for one in sums])
    name = {1: "t", 2: "welch"}.get(len(groups), "contrast")
    squared = float(parts.sum())
    if np.isnan(squared):
        return {"test": name, "estimate": estimate}
    error = float(np.sqrt(squared))
    if not error:
        return {"test": name, "estimate": estimate, "ci_low": estimate, "ci_high": estimate, "error": 0.0}
    df = squared**2 / float(np.sum(parts**2 / np.array([float(one.n) - 1 for one in sums])))
    half = float(special.stdtrit(df, 1 - alpha / 2)) * error
    p_value = float(2 * special.stdtr(df, -abs(estimate - threshold) / error))
    ends = {"ci_low": estimate - half, "ci_high": estimate + half}
    return {"test": name, "estimate": estimate, **ends, "p_value": p_value, "error": error}


def _customers_missing(found: pd.DataFrame, threshold: Numbers, alpha: float, power: float) -> pd.Series:
    """Return how many more customers would decide, were the estimate the truth."""
    reach = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
    away = np.abs(found["estimate"].to_numpy(np.float64) - threshold)
    n = found["n"].to_numpy(np.float64)
    ratio = reach * found["error"].to_numpy(np.float64) / np.where(away > 0, away, np.nan)
    more = np.maximum(np.ceil(n * np.square(ratio) - n), 1.0)
    return pd.Series(np.where(more <= _MOST, more, np.nan), index=found.index)
