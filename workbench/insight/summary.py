"""What segments amount to: customers, balances, stages of the relationship."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.tables import LIFECYCLE_STAGES, MEMBERSHIP

UNKNOWN_STAGE = "unknown"
_MEANS = {
    "mean_age": "age",
    "mean_tenure": "tenure",
    "mean_products": "product_count",
    "mean_recency": "recency",
    "mean_frequency": "frequency",
    "mean_app_logins_90d": "app_logins_90d",
    "mean_branch_visits_90d": "branch_visits_90d",
    "mean_satisfaction": "satisfaction",
}
_SUMMARY = (
    "segment",
    "cluster",
    "n",
    "share_customers",
    "balance_total",
    "share_balance",
    "mean_balance",
    "median_balance",
    *_MEANS,
    "share_in_decline",
    "share_dormant",
    "share_contactable",
)


def summarise_segments(customers: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Sum up each segment in one row.

    Parameters
    ----------
    customers : pandas.DataFrame
        The portrait, one row per customer.
    membership : pandas.DataFrame
        Table `workbench.tables.MEMBERSHIP`. Customers without a segment (companies, in
        a segmentation of retail customers) are not counted.

    Returns
    -------
    pandas.DataFrame
        Ordered by cluster: ``segment, cluster, n, share_customers, balance_total``
        (CNY), ``share_balance, mean_balance, median_balance, mean_age`` (years),
        ``mean_tenure`` (months), ``mean_products, mean_recency`` (days),
        ``mean_frequency, mean_app_logins_90d, mean_branch_visits_90d,
        mean_satisfaction, share_in_decline`` (stage decline), ``share_dormant`` (stages
        dormant and lost), ``share_contactable`` (consent, and not asked to be left
        alone). Shares are of the segmented customers, 0 to 1. A figure that the portrait
        does not hold is missing. Two clusters with one label are one row.

    Raises
    ------
    ParameterProblem
        If customers repeat, or members are not among the customers.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "balance_total": [30.0, 10.0]})
    >>> membership = pd.DataFrame({
    ...     "customer_id": ["1", "2"], "cluster": [0, 1], "segment": ["Savers", "Others"]
    ... })
    >>> summarise_segments(customers, membership)[["segment", "n", "share_balance"]]
      segment  n  share_balance
    0  Savers  1           0.75
    1  Others  1           0.25
    """
    members = _members(customers, membership)
    grouped = members.groupby("segment", sort=False, observed=True)
    summary = pd.DataFrame({"cluster": grouped["cluster"].min(), "n": grouped.size()})
    summary["share_customers"] = summary["n"] / max(len(members), 1)
    balance = _column(members, "balance_total")
    by_segment = balance.groupby(members["segment"], sort=False)
    summary["balance_total"] = by_segment.sum(min_count=1)
    total = balance.sum(min_count=1)
    summary["share_balance"] = summary["balance_total"] / (total if total else np.nan)
    summary["mean_balance"] = by_segment.mean()
    summary["median_balance"] = by_segment.median()
    for name, source in _MEANS.items():
        summary[name] = _column(members, source).groupby(members["segment"], sort=False).mean()
    for name, cells in _shares(members).items():
        summary[name] = cells.groupby(members["segment"], sort=False).mean()
    summary = summary.sort_values("cluster").reset_index()
    return summary[list(_SUMMARY)]


def count_by_lifecycle(customers: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Count customers and balances by segment and lifecycle stage.

    Parameters
    ----------
    customers, membership : pandas.DataFrame
        As in `summarise_segments`.

    Returns
    -------
    pandas.DataFrame
        ``segment, lifecycle_stage, n, balance`` (CNY): every segment (by cluster) with
        every stage (from acquisition to lost), zeros included, so that n adds up to the
        members. Customers without a stage are counted under ``"unknown"``; that stage
        appears only where there are such customers.

    Raises
    ------
    ParameterProblem
        If customers repeat, or members are not among the customers.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["1", "2"], "lifecycle_stage": ["mature", "mature"],
    ...     "balance_total": [30.0, 10.0],
    ... })
    >>> membership = pd.DataFrame({
    ...     "customer_id": ["1", "2"], "cluster": [0, 0], "segment": ["Savers", "Savers"]
    ... })
    >>> counts = count_by_lifecycle(customers, membership)
    >>> counts[counts["n"] > 0].to_dict("records")
    [{'segment': 'Savers', 'lifecycle_stage': 'mature', 'n': 2, 'balance': 40.0}]
    """
    members = _members(customers, membership)
    if "lifecycle_stage" in members.columns:
        stage = members["lifecycle_stage"].astype("object").where(members["lifecycle_stage"].notna(), None)
        stage = stage.fillna(UNKNOWN_STAGE)
    else:
        stage = pd.Series(UNKNOWN_STAGE, index=members.index)
    stages = [*LIFECYCLE_STAGES, *([UNKNOWN_STAGE] if (stage == UNKNOWN_STAGE).any() else [])]
    segments = members.sort_values("cluster", kind="stable")["segment"].unique()
    grid = pd.MultiIndex.from_product([segments, stages], names=["segment", "lifecycle_stage"])
    cells = pd.DataFrame(
        {
            "segment": members["segment"].to_numpy(),
            "lifecycle_stage": stage.to_numpy(),
            "balance": _column(members, "balance_total").fillna(0.0).to_numpy(),
        }
    )
    grouped = cells.groupby(["segment", "lifecycle_stage"])["balance"]
    counts = pd.DataFrame({"n": grouped.size(), "balance": grouped.sum()}).reindex(grid)
    return counts.fillna({"n": 0, "balance": 0.0}).astype({"n": "int64"}).reset_index()


def _members(customers: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Return the segmented customers with their cluster and segment."""
    membership = MEMBERSHIP.check(membership)
    rows = customers.drop(columns=["cluster", "segment"], errors="ignore")
    if "customer_id" not in rows.columns:
        rows = rows.rename_axis("customer_id").reset_index()
    repeated = rows["customer_id"].duplicated()
    if repeated.any():
        raise ParameterProblem(
            "insight_room.error.repeated_ids",
            n=int(repeated.sum()),
            first=str(rows.loc[repeated, "customer_id"].iloc[0]),
        )
    members = rows.merge(membership[["customer_id", "cluster", "segment"]], on="customer_id")
    if len(members) < len(membership):
        unknown = membership.loc[~membership["customer_id"].isin(rows["customer_id"]), "customer_id"]
        raise ParameterProblem("insight_room.error.unknown_members", n=len(unknown), first=unknown.iloc[0])
    members["segment"] = members["segment"].astype("object")
    return members


def _column(members: pd.DataFrame, name: str) -> pd.Series:
    if name not in members.columns:
        return pd.Series(np.nan, index=members.index)
    return pd.Series(members[name].to_numpy(dtype="float64", na_value=np.nan), index=members.index)


def _shares(members: pd.DataFrame) -> dict[str, pd.Series]:
    missing = pd.Series(np.nan, index=members.index)
    shares = dict.fromkeys(("share_in_decline", "share_dormant", "share_contactable"), missing)
    if "lifecycle_stage" in members.columns:
        stage = members["lifecycle_stage"].astype("object")
        known = stage.notna()
        shares["share_in_decline"] = (stage == "decline").astype("float64").where(known)
        shares["share_dormant"] = stage.isin(("dormant", "lost")).astype("float64").where(known)
    if "consent" in members.columns or "do_not_contact" in members.columns:
        # Unknown consent is no consent; an unknown wish to be left alone is none.
        consent = _column(members, "consent") == 1 if "consent" in members.columns else True
        shares["share_contactable"] = (consent & ~(_column(members, "do_not_contact") == 1)).astype("float64")
    return shares
