"""Whether lists select some groups of customers less often than others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem

THRESHOLD = 0.8
"""The four-fifths rule."""
AGE_BOUNDS = (30, 45, 65)
"""Age groups: under 30, 30 to 44, 45 to 64, 65 and over."""
SMALLEST_SHARE = 0.02
"""A group of a smaller share of the customers is nobody's measure (29 CFR 1607.15 A (2) (a))."""
BEFORE_ELIGIBLE = ("segment", "consent", "eligibility")
"""Who leaves at one of these gates was never up for the list."""
UNKNOWN = ""
COLUMNS = (
    "strategy_id",
    "base",
    "attribute",
    "group",
    "n",
    "n_selected",
    "rate",
    "ratio",
    "ci_low",
    "ci_high",
    "reference",
    "threshold",
    "verdict",
)
VERDICTS = ("reference", "fair", "below", "too_few", "unknown")


def check_fairness(
    targets: pd.DataFrame,
    customers: pd.DataFrame,
    *,
    by: Sequence[str] = ("age_group", "gender", "region"),
    threshold: float = THRESHOLD,
    dropped: pd.DataFrame | None = None,
    gates: Sequence[str] = BEFORE_ELIGIBLE,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare how often groups of customers are selected: the adverse-impact ratio.

    A group's ratio is its share selected divided by that of the reference, the group
    selected most often among those of at least 2% of the customers. Selected is who is on
    a list, treatment or control.

    Parameters
    ----------
    targets : pandas.DataFrame
        A `workbench.tables.TARGETS`.
    customers : pandas.DataFrame
        Everybody who could have been selected, one row each: ``customer_id`` and the
        attributes of `by`; for ``age_group`` an ``age`` in years will do.
    by : sequence of str, default=("age_group", "gender", "region")
        Attributes; those that `customers` lacks are left out.
    threshold : float, default=0.8
        A ratio below it is evidence of adverse impact, 0 to 1.
    dropped : pandas.DataFrame, optional
        ``customer_id``, ``strategy_id``, ``gate`` of a `Selection`. With it every figure
        is also given among the eligible alone: those who did not leave at one of `gates`.
    gates : sequence of str, default=("segment", "consent", "eligibility")
        The gates that decide who could have been on a list at all.
    confidence : float, default=0.95
        Level of the interval, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        One row a strategy (empty for all lists together), base, attribute and group:

        - base, ``all`` customers or the ``eligible`` ones;
        - group, empty where the attribute is not known;
        - n, n_selected, rate (0 to 1; missing without customers);
        - ratio to the reference, with its interval ci_low and ci_high;
        - reference, whether it is the reference group; threshold;
        - verdict: ``reference``; ``fair``, the interval lies above the threshold;
          ``below``, the ratio is below it and the interval below 1; ``too_few``, the
          interval is too wide to tell; ``unknown``, the group has no name or no customers.

    Raises
    ------
    ParameterProblem
        If the threshold or the confidence is outside its range, no attribute is there, a
        customer stands twice, or a target is not among the customers.

    Notes
    -----
    The interval is that of the log ratio (Katz); where a group has none selected, half a
    customer is added to each count (Walter). The reference is chosen by looking, so that
    ratios of small groups tend to look worse than they are, and the intervals don't
    correct for it or for the number of groups. A strategy made for one segment selects
    by design; among the eligible it is visible whether it does more than that.

    References
    ----------
    Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 (D): the
    four-fifths rule; small differences can matter where significant, large ones need not
    where numbers are small.
    D. Katz, J. Baptista, S. P. Azen, M. C. Pike: Obtaining confidence intervals for the
    risk ratio in cohort studies. Biometrics 34 (1978), 469-474.
    S. D. Walter: The distribution of Levin's measure of attributable risk. Biometrika 62
    (1975), 371-374.

    Examples
    --------
    >>> customers = pd.DataFrame({
    ...     "customer_id": [f"{i:03d}" for i in range(400)], "gender": ["F", "M"] * 200,
    ... })
    >>> listed = customers.iloc[[*range(0, 120, 2), *range(1, 240, 2)]]
    >>> targets = listed.assign(strategy_id="S1")
    >>> found = check_fairness(targets, customers, by=["gender"])
    >>> found.loc[found["strategy_id"] == "", ["group", "rate", "ratio", "verdict"]].values.tolist()
    [['F', 0.3, 0.5, 'below'], ['M', 0.6, 1.0, 'reference']]
    """
    _check(threshold, confidence)
    people = _attributes(customers, by)
    names = [name for name in by if name in people.columns]
    position = pd.Index(people["customer_id"])
    if position.has_duplicates:
        raise ParameterProblem("strategy_launch.error.repeated_customers", n=int(position.duplicated().sum()))
    places = position.get_indexer(targets["customer_id"])
    if (places < 0).any():
        raise ParameterProblem("strategy_launch.error.strange_targets", n=int((places < 0).sum()))
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    strategies = sorted(targets["strategy_id"].unique().tolist())
    selected = {
        each: _flags(len(people), places[targets["strategy_id"].eq(each).to_numpy()]) for each in strategies
    }
    everyone = np.ones(len(people), dtype=bool)
    bases = [("all", dict.fromkeys(["", *strategies], everyone))]
    if dropped is not None:
        eligible = _eligible(dropped, position, selected, gates)
        bases.append(("eligible", {"": _any(eligible, len(people)), **eligible}))
    selected = {"": _any(selected, len(people)), **selected}
    groups = {name: pd.factorize(people[name], sort=True) for name in names}
    blocks = []
    for base, inside in bases:
        for each, hit in selected.items():
            among = inside[each]
            for name, (codes, levels) in groups.items():
                block = _compare(codes[among], hit[among], list(levels), threshold, z)
                blocks.append(block.assign(strategy_id=each, base=base, attribute=name))
    frame = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=list(COLUMNS))
    return frame.assign(threshold=threshold)[list(COLUMNS)].astype(
        {"n": "int64", "n_selected": "int64", "reference": "bool"}
    )


def ratio_interval(
    selected: int, n: int, reference_selected: int, reference_n: int, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return the ratio of two shares and its interval, Katz's of the log ratio.

    Parameters
    ----------
    selected, n : int
        Selected customers of a group, and all of it.
    reference_selected, reference_n : int
        The same of the reference.
    confidence : float, default=0.95
        Level, 0 to 1.

    Returns
    -------
    tuple of float
        The ratio, and the lower and upper end; missing where a group is empty or nobody of
        the reference was selected.

    References
    ----------
    D. Katz, J. Baptista, S. P. Azen, M. C. Pike: Obtaining confidence intervals for the
    risk ratio in cohort studies. Biometrics 34 (1978), 469-474.

    Examples
    --------
    >>> [round(x, 3) for x in ratio_interval(48, 80, 60, 80)]
    [0.8, 0.643, 0.996]
    """
    return _ratio(selected, n, reference_selected, reference_n, NormalDist().inv_cdf(0.5 + confidence / 2))


def group_ages(ages: pd.Series) -> pd.Series:
    """Return age groups: ``0-29``, ``30-44``, ``45-64``, ``65+``, empty where the age is missing.

    Examples
    --------
    >>> group_ages(pd.Series([29.9, 30, 64, 65, None])).tolist()
    ['0-29', '30-44', '45-64', '65+', '']
    """
    edges = [0, *AGE_BOUNDS]
    names = [f"{low}-{high - 1}" for low, high in itertools.pairwise(edges)] + [f"{edges[-1]}+"]
    years = pd.to_numeric(ages, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    number = np.searchsorted(AGE_BOUNDS, np.nan_to_num(years), side="right")
    return pd.Series(np.where(np.isnan(years) | (years < 0), UNKNOWN, np.array(names)[number]), ages.index)


def _check(threshold: float, confidence: float) -> None:
    if not 0 < threshold <= 1:
        raise ParameterProblem("strategy_launch.error.threshold", value=threshold)
    if not 0 < confidence < 1:
        raise ParameterProblem("strategy_launch.error.confidence", value=confidence)


def _attributes(customers: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    people = pd.DataFrame({"customer_id": customers["customer_id"].to_numpy()})
    for name in by:
        if name == "age_group" and name not in customers and "age" in customers:
            people[name] = group_ages(customers["age"]).to_numpy()
        elif name in customers:
            values = customers[name]
            people[name] = values.astype("object").where(values.notna(), UNKNOWN).astype("str").to_numpy()
    if len(people.columns) == 1:
        present = ", ".join(map(str, customers.columns))
        raise ParameterProblem("strategy_launch.error.no_attribute", wanted=", ".join(by), present=present)
    return people


def _eligible(
    dropped: pd.DataFrame, position: pd.Index, selected: dict[str, np.ndarray], gates: Sequence[str]
) -> dict[str, np.ndarray]:
    """Say for each strategy who was up for its list: who is on it, or left at a later gate."""
    later = dropped[~dropped["gate"].isin(list(gates))]
    found = {}
    for strategy_id, hit in selected.items():
        places = position.get_indexer(
            pd.Index(later.loc[later["strategy_id"].eq(strategy_id), "customer_id"])
        )
        found[strategy_id] = hit | _flags(len(position), places[places >= 0])
    return found


def _compare(
    codes: np.ndarray, hit: np.ndarray, levels: list[str], threshold: float, z: float
) -> pd.DataFrame:
    n = np.bincount(codes, minlength=len(levels))
    n_selected = np.bincount(codes[hit], minlength=len(levels))
    counts = pd.DataFrame({"group": levels, "n": n, "n_selected": n_selected})[n > 0].reset_index(drop=True)
    counts["rate"] = counts["n_selected"] / counts["n"]
    known = counts["group"].ne(UNKNOWN)
    large = known & counts["n"].ge(SMALLEST_SHARE * counts.loc[known, "n"].sum())
    best = counts.loc[large, "rate"].idxmax() if large.any() and counts.loc[large, "rate"].max() > 0 else None
    place = -1 if best is None else int(str(best))
    rows = []
    for number, group in enumerate(counts["group"]):
        if place < 0 or group == UNKNOWN:
            rows.append((math.nan, math.nan, math.nan, False, "unknown"))
        elif number == place:
            rows.append((1.0, math.nan, math.nan, True, "reference"))
        else:
            each = [
                int(counts[name].to_numpy()[at]) for at in (number, place) for name in ("n_selected", "n")
            ]
            ratio, low, high = _ratio(each[0], each[1], each[2], each[3], z)
            rows.append((ratio, low, high, False, _verdict(ratio, low, high, threshold)))
    parts = pd.DataFrame(rows, columns=["ratio", "ci_low", "ci_high", "reference", "verdict"])
    return pd.concat([counts, parts], axis=1)


def _ratio(a: int, n: int, c: int, m: int, z: float) -> tuple[float, float, float]:
    if not n or not m or not c:
        return math.nan, math.nan, math.nan
    ratio = (a / n) / (c / m)
    extra = 0.0 if a else 0.5
    top, whole, ref, all_ref = a + extra, n + extra, c + extra, m + extra
    middle = math.log((top / whole) / (ref / all_ref))
    wide = z * math.sqrt(max(0.0, 1 / top - 1 / whole + 1 / ref - 1 / all_ref))
    return ratio, 0.0 if not a else math.exp(middle - wide), math.exp(middle + wide)


def _verdict(ratio: float, low: float, high: float, threshold: float) -> str:
    if math.isnan(ratio):
        return "unknown"
    if low >= threshold:
        return "fair"
    if ratio < threshold and high < 1:
        return "below"
    return "too_few"


def _flags(n: int, places: np.ndarray) -> np.ndarray:
    flags = np.zeros(n, dtype=bool)
    flags[places] = True
    return flags


def _any(flags: dict[str, np.ndarray], n: int) -> np.ndarray:
    return np.logical_or.reduce([np.zeros(n, dtype=bool), *flags.values()])
