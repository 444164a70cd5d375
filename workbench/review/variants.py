"""See whether another channel, or another script, did better within one strategy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from workbench.review.campaign import check_columns
from workbench.review.follow_up import follow_up
from workbench.review.means import adjust_holm, check_alpha
from workbench.review.strategies import MIN_EXPECTED_COUNT

VARIANT_COLUMNS = (
    "strategy_id",
    "used",
    "variant",
    "n_used",
    "n_variant",
    "rate_used",
    "rate_variant",
    "difference",
    "ci_low",
    "ci_high",
    "p_value",
    "p_holm",
    "n_strata",
)


def first_channels(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return by which channel each customer of a list was first contacted.

    Parameters
    ----------
    contacts : pandas.DataFrame
        Table `CONTACTS`.

    Returns
    -------
    pandas.DataFrame
        strategy_id, customer_id, variant (the channel); customers whose first contact names
        no channel are left out.

    Examples
    --------
    >>> from workbench.tables import CONTACTS
    >>> first_channels(CONTACTS.empty()).columns.tolist()
    ['strategy_id', 'customer_id', 'variant']
    """
    check_columns(contacts, ["strategy_id", "customer_id", "contacted_at", "channel"])
    ordered = contacts.sort_values("contacted_at", kind="stable")
    first = ordered.drop_duplicates(["strategy_id", "customer_id"])
    first = first[first["channel"].notna() & first["channel"].ne("")]
    return first[["strategy_id", "customer_id", "channel"]].set_axis(
        ["strategy_id", "customer_id", "variant"], axis=1
    )


def compare_variants(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    variants: pd.DataFrame,
    *,
    used: str = "channel",
    customers: pd.DataFrame | None = None,
    within: str | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Compare each variant of a strategy with the one that its card names.

    Among the treated of one strategy, those of the variant against those of the card's, in
    strata (`within`) that are compared separately and then summed by Mantel and Haenszel:
    that one variant had more customers of a good stratum does not count for it. What
    differs otherwise between them still does, since nobody drew them at random: a variant
    that did better is worth trying, not proven like a strategy against its control.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS`, `OUTCOMES`, `STRATEGIES`.
    variants : pandas.DataFrame
        strategy_id, customer_id, variant; who is not in it is left out.
    used : str, default="channel"
        The card's column that names the variant in use.
    customers : pandas.DataFrame, optional
        One row a customer_id with the column `within`, where the targets lack it.
    within : str, optional
        The strata, for example lifecycle_stage; without it all are one.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        One row a strategy and variant other than the one in use: strategy_id, used,
        variant, n_used, n_variant (treated customers), rate_used, rate_variant, difference
        (Mantel and Haenszel's, variant minus used, as a share) with ci_low and ci_high
        (Greenland and Robins), p_value (Cochran, Mantel and Haenszel, without continuity
        correction), p_holm (over all rows), n_strata. p is missing where an arm could
        have fewer than 5 responses.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If `variants` lacks a column, `within` is found nowhere, or alpha is no probability.

    References
    ----------
    .. [1] Mantel, N., Haenszel, W. (1959). Statistical aspects of the analysis of data from
       retrospective studies of disease. JNCI 22.
    .. [2] Greenland, S., Robins, J. M. (1985). Estimation of a common effect parameter from
       sparse follow-up data. Biometrics 41.

    Examples
    --------
    >>> from workbench.tables import CONTACTS, OUTCOMES, STRATEGIES, TARGETS
    >>> nothing = compare_variants(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty(),
    ...                            first_channels(CONTACTS.empty()))
    >>> len(nothing), nothing.columns[:3].tolist()
    (0, ['strategy_id', 'used', 'variant'])
    """
    check_alpha(alpha)
    check_columns(variants, ["strategy_id", "customer_id", "variant"])
    check_columns(strategies, ["strategy_id", used])
    rows = follow_up(targets, outcomes, strategies, customers=customers, by=within)
    rows = rows[rows["arm"].eq("treatment")].merge(
        variants.drop_duplicates(["strategy_id", "customer_id"]), on=["strategy_id", "customer_id"]
    )
    rows["stratum"] = rows[within].astype("object").fillna("") if within else ""
    card = dict(zip(strategies["strategy_id"], strategies[used].astype("str"), strict=True))
    found = []
    for strategy_id, mine in rows.groupby("strategy_id", sort=False):
        in_use = card[str(strategy_id)]
        cells = mine.groupby(["variant", "stratum"])["responded"].agg(["size", "sum"])
        names = sorted(set(cells.index.get_level_values("variant")))
        if in_use not in names:
            continue
        for name in names:
            if name != in_use:
                both = cells.loc[name].add_suffix("_v").join(cells.loc[in_use].add_suffix("_u"))
                found.append((strategy_id, in_use, name, *_mantel_haenszel(both, alpha)))
    frame = pd.DataFrame(found, columns=[name for name in VARIANT_COLUMNS if name != "p_holm"])
    frame.insert(
        frame.columns.get_loc("n_strata"),  # type: ignore[arg-type]
        "p_holm",
        adjust_holm(frame["p_value"].astype("float64")) if len(frame) else np.empty(0),
    )
    return frame.astype(dict.fromkeys(VARIANT_COLUMNS[:3], "str"))


def _mantel_haenszel(cells: pd.DataFrame, alpha: float) -> tuple[Any, ...]:
    """Compare two variants in their common strata: counts, rates, difference, interval, p."""
    known = cells.dropna()
    n1, x1, n0, x0 = (
        known[name].to_numpy(dtype=np.float64) for name in ("size_v", "sum_v", "size_u", "sum_u")
    )
    nothing = float("nan")
    if not n1.size:
        return 0, int(cells["size_v"].sum()), nothing, nothing, nothing, nothing, nothing, nothing, 0
    total, hits = n1 + n0, x1 + x0
    weight = n1 * n0 / total
    p1, p0 = x1 / n1, x0 / n0
    difference = float((weight * (p1 - p0)).sum() / weight.sum())
    spread = p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0
    error = float(np.sqrt((np.square(weight) * spread).sum()) / weight.sum())
    reach = float(special.ndtri(1 - alpha / 2)) * error
    several = total > 1
    variance = (n1 * n0 * hits * (total - hits))[several] / (np.square(total) * (total - 1))[several]
    expected = min(float((side * kind / total).sum()) for side in (n1, n0) for kind in (hits, total - hits))
    p_value = nothing
    if variance.sum() > 0 and expected >= MIN_EXPECTED_COUNT:
        shifted = float((x1 - n1 * hits / total).sum())
        p_value = float(special.chdtrc(1, shifted**2 / variance.sum()))
    rates = float(x0.sum() / n0.sum()), float(x1.sum() / n1.sum())
    interval = (difference, difference - reach, difference + reach, p_value)
    return int(n0.sum()), int(n1.sum()), *rates, *interval, int(n1.size)
