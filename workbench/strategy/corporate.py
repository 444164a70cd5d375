"""The map industry by tier: what the bank's companies are worth, and who looks after them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.conditions import meets, read_conditions
from workbench.strategy.reach import check_customers, in_stages, stages_of
from workbench.tables import MEMBERSHIP, STRATEGIES, TIERS

UNKNOWN = "unknown"
CORPORATE_FLAGS = ("", "no_playbook", "no_strategy", "neither")


def company_segment(industry: str) -> str:
    """Return the segment that corporate strategies of an industry are written for.

    Examples
    --------
    >>> company_segment("retail_trade")
    'Companies · retail trade'
    """
    return f"Companies · {industry.replace('_', ' ')}"


def companies_of(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the companies among the customers, ``industry`` and ``tier`` filled.

    An industry or tier that the bank does not know is ``"unknown"``. Without a column
    ``kind``, who has an industry is a company.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT, one row a customer.

    Returns
    -------
    pandas.DataFrame
        May have no rows.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "kind": ["retail", "corporate"]})
    >>> companies_of(customers)[["customer_id", "industry", "tier"]].values.tolist()
    [['2', 'unknown', 'unknown']]
    """
    check_customers(customers)
    if "kind" in customers.columns:
        found = customers[customers["kind"].eq("corporate")]
    elif "industry" in customers.columns:
        found = customers[customers["industry"].notna()]
    else:
        found = customers.iloc[:0]
    words = {
        name: found[name].astype("object").where(found[name].notna(), UNKNOWN).astype("str")
        if name in found.columns
        else pd.Series(UNKNOWN, index=found.index, dtype="str")
        for name in ("industry", "tier")
    }
    return found.assign(**words)


def build_corporate_map(
    customers: pd.DataFrame,
    strategies: pd.DataFrame,
    membership: pd.DataFrame | None = None,
    *,
    playbooks: Collection[str] | None = None,
    valuable_share: float = 0.8,
) -> pd.DataFrame:
    """Return what each cell of industry by tier is worth, and what the bank does for it.

    A strategy reaches a company that is in its segment, in one of its lifecycle stages and
    tiers, and meets its eligibility. A strategy written for the segment `company_segment`
    of an industry and for the tier, but reaching nobody yet, is planned.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT; who is no company is passed over. Without ``balance_total``
        companies are counted instead.
    strategies : pandas.DataFrame
        Table STRATEGIES; may be empty.
    membership : pandas.DataFrame, optional
        Table MEMBERSHIP. Companies that are in no segment are reached by no strategy.
    playbooks : collection of str, optional
        Industries with a playbook of their own; those of `read_playbooks` by default.
    valuable_share : float, default=0.8
        The largest cells that together hold this share of the companies' balances are
        valuable.

    Returns
    -------
    pandas.DataFrame
        One row a cell, also for cells without companies; industries by balances, the
        largest first and the unknown last, tiers from basic to strategic:

        - ``industry``, ``tier``, ``n``
        - ``balance``, ``contribution``, ``potential``: sums of ``balance_total`` (CNY),
          ``contribution`` and ``potential`` (CNY a year); missing without the column
        - ``wallet_share``: contribution ÷ (contribution + potential), 0 to 1
        - ``strategy_ids``, ``planned_ids``: comma-separated, empty for none
        - ``n_reached``: companies that at least one strategy reaches
        - ``valuable``
        - ``flag``: for a valuable cell ``"no_strategy"``, ``"no_playbook"`` or
          ``"neither"``, else empty

    Raises
    ------
    ParameterProblem
        If there is no company, `valuable_share` is outside 0 to 1, or a strategy asks for
        an unknown stage or column.

    Examples
    --------
    >>> from workbench.tables import STRATEGIES
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "kind": ["corporate"] * 2,
    ...     "industry": ["software", "logistics"], "tier": ["strategic", "basic"],
    ...     "balance_total": [900.0, 100.0]})
    >>> cells = build_corporate_map(customers, STRATEGIES.empty())
    >>> cells.loc[cells["n"] > 0, ["industry", "tier", "balance", "flag"]].values.tolist()
    [['software', 'strategic', 900.0, 'no_strategy'], ['logistics', 'basic', 100.0, '']]
    """
    if not 0 <= valuable_share <= 1:
        raise ParameterProblem("strategy_room.error.share", name="valuable_share", share=valuable_share)
    STRATEGIES.check(strategies)
    companies = companies_of(customers)
    if companies.empty:
        raise ParameterProblem("strategy_corporate.error.no_companies", n=len(customers))
    cells = _count_cells(companies)
    reach = _reached(companies, strategies, membership)
    cells = _with_strategies(cells, companies, strategies, reach)
    if playbooks is None:
        from workbench.strategy.playbooks import DEFAULT, read_playbooks

        playbooks = set(read_playbooks()) - {DEFAULT}
    worth = cells["balance"] if cells["balance"].notna().any() else cells["n"].astype("float64")
    valuable = _largest(worth.fillna(0.0).clip(lower=0), valuable_share) & cells["n"].gt(0)
    unserved = cells["strategy_ids"].eq("") & cells["planned_ids"].eq("")
    unplanned = ~cells["industry"].isin(list(playbooks))
    flags = [
        "" if not v else "neither" if s and p else "no_strategy" if s else "no_playbook" if p else ""
        for v, s, p in zip(valuable, unserved, unplanned, strict=True)
    ]
    return cells.assign(valuable=valuable.to_numpy(), flag=pd.Series(flags, cells.index, dtype="str"))


def _count_cells(companies: pd.DataFrame) -> pd.DataFrame:
    measures = {"balance": "balance_total", "contribution": "contribution", "potential": "potential"}
    amounts = pd.DataFrame(
        {
            name: companies[column].astype("float64") if column in companies.columns else float("nan")
            for name, column in measures.items()
        },
        index=companies.index,
    ).join(companies[["industry", "tier"]])
    tiers = [*TIERS, *sorted(set(companies["tier"]) - set(TIERS))]
    if not set(companies["tier"]) & set(TIERS):
        tiers = tiers[len(TIERS) :]
    worth = amounts.groupby("industry")["balance"].sum()
    sizes = companies["industry"].value_counts()
    order = sorted(sizes.index, key=lambda name: (name == UNKNOWN, -worth[name], -sizes[name], name))
    index = pd.MultiIndex.from_product([order, tiers], names=["industry", "tier"])
    grouped = amounts.groupby(["industry", "tier"])
    cells = grouped[list(measures)].sum(min_count=1).reindex(index)
    cells.insert(0, "n", grouped.size().reindex(index).fillna(0).astype("int64"))
    for name in measures:
        if amounts[name].notna().any():
            cells[name] = cells[name].where(cells["n"] > 0, 0.0)
    whole = cells["contribution"] + cells["potential"]
    cells["wallet_share"] = (cells["contribution"] / whole).where(whole > 0)
    return cells.reset_index().astype({"industry": "str", "tier": "str"})


def _largest(worth: pd.Series, share: float) -> pd.Series:
    """Say which cells are the fewest that hold the share of the total together."""
    ordered = worth.sort_values(ascending=False, kind="stable")
    held = ((ordered.cumsum() - ordered) < share * worth.sum()) & (ordered > 0)
    return held.reindex(worth.index)


def _reached(
    companies: pd.DataFrame, strategies: pd.DataFrame, membership: pd.DataFrame | None
) -> pd.DataFrame:
    """Say for each company (rows) which strategies (columns) reach it."""
    segments = pd.Series(dtype="str")
    if membership is not None:
        segments = MEMBERSHIP.check(membership).set_index("customer_id")["segment"]
    segment = companies["customer_id"].map(segments)
    stages = stages_of(companies)
    found = {}
    for card in strategies.to_dict("records"):
        mine = segment.eq(card["segment"]) & in_stages(stages, card["lifecycle_stages"])
        tiers = split_words(card.get("tier"))
        if tiers:
            mine &= companies["tier"].isin(tiers)
        conditions = read_conditions(card.get("eligibility"))
        if conditions and mine.any():
            mine &= meets(companies, conditions).to_numpy(dtype=bool)
        found[str(card["strategy_id"])] = mine.to_numpy(dtype=bool)
    return pd.DataFrame(found, index=companies.index, dtype=bool)


def _with_strategies(
    cells: pd.DataFrame, companies: pd.DataFrame, strategies: pd.DataFrame, reach: pd.DataFrame
) -> pd.DataFrame:
    keys = [companies["industry"], companies["tier"]]
    by_cell = reach.groupby(keys).any() if len(reach.columns) else pd.DataFrame()
    served = reach.any(axis=1).groupby(keys).sum()
    planned = [
        (str(card["strategy_id"]), str(card["segment"]), split_words(card.get("tier")))
        for card in strategies.to_dict("records")
    ]
    rows = []
    for industry, tier in zip(cells["industry"], cells["tier"], strict=True):
        here: list[str] = []
        if (industry, tier) in by_cell.index:
            marks = by_cell.loc[(industry, tier)]
            here = [name for name in by_cell.columns if bool(marks[name])]
        name = company_segment(industry)
        drafts = [i for i, segment, tiers in planned if segment == name and (not tiers or tier in tiers)]
        drafts = [i for i in drafts if i not in here]
        rows.append((",".join(here), ",".join(drafts), int(served.get((industry, tier), 0))))
    found = pd.DataFrame(rows, columns=["strategy_ids", "planned_ids", "n_reached"], index=cells.index)
    return cells.join(found.astype({"strategy_ids": "str", "planned_ids": "str"}))


def split_words(cells: object) -> tuple[str, ...]:
    """Return the words of a comma-separated cell; a missing one has none.

    Examples
    --------
    >>> split_words("value, strategic"), split_words(None)
    (('value', 'strategic'), ())
    """
    if not isinstance(cells, str):
        return ()
    return tuple(part.strip() for part in cells.replace("，", ",").split(",") if part.strip())


def summarise_industries(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the map's industries in sum, the one with the most open potential first.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `build_corporate_map`.

    Returns
    -------
    pandas.DataFrame
        ``industry``, ``n``, ``balance``, ``contribution``, ``potential``,
        ``wallet_share``, ``n_reached``, ``n_flagged`` (cells).

    Examples
    --------
    >>> cells = pd.DataFrame({"industry": ["software"] * 2, "n": [1, 2], "balance": [10.0, 20.0],
    ...     "contribution": [1.0, 2.0], "potential": [4.0, 5.0], "n_reached": [0, 1],
    ...     "flag": ["", "no_strategy"]})
    >>> summarise_industries(cells)[["n", "wallet_share", "n_reached", "n_flagged"]].values.tolist()
    [[3.0, 0.25, 1.0, 1.0]]
    """
    grouped = cells.assign(n_flagged=cells["flag"].ne("").astype("int64")).groupby("industry", sort=False)
    amounts = grouped[["balance", "contribution", "potential"]].sum(min_count=1)
    found = grouped[["n"]].sum().join(amounts)
    whole = found["contribution"] + found["potential"]
    found["wallet_share"] = (found["contribution"] / whole).where(whole > 0)
    found = found.join(grouped[["n_reached", "n_flagged"]].sum()).reset_index()
    return found.sort_values(["potential", "n"], ascending=False, kind="stable", ignore_index=True)


def find_key_companies(customers: pd.DataFrame, rule: Any) -> pd.DataFrame:
    """Return the key customers of an industry: each company that meets one part of the rule.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT; companies of the industries wanted. A column that is missing
        makes its part of the rule meet nobody.
    rule : KeyRule
        Of a playbook.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``tier``, ``balance_total``, ``linked_suppliers``,
        ``linked_employees`` and ``reasons`` (comma-separated: tier, balance, suppliers,
        employees); the largest balances first.

    Examples
    --------
    >>> from workbench.strategy import KeyRule
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "kind": ["corporate"] * 2,
    ...     "tier": ["basic", "strategic"], "balance_total": [9e6, 1e6]})
    >>> found = find_key_companies(customers, KeyRule(("strategic",), least_balance=5e6))
    >>> found[["customer_id", "reasons"]].values.tolist()
    [['1', 'balance'], ['2', 'tier']]
    """
    companies = companies_of(customers)
    named = ("balance_total", "linked_suppliers", "linked_employees")
    figures = {
        name: companies[name].astype("float64")
        if name in companies.columns
        else pd.Series(float("nan"), index=companies.index)
        for name in named
    }
    parts = {"tier": companies["tier"].isin(rule.tiers)}
    for reason, name, least in (
        ("balance", "balance_total", rule.least_balance),
        ("suppliers", "linked_suppliers", rule.least_suppliers),
        ("employees", "linked_employees", rule.least_employees),
    ):
        parts[reason] = figures[name].ge(least) if least else pd.Series(False, index=companies.index)
    met = pd.DataFrame(parts, index=companies.index)
    found = companies[["customer_id", "tier"]].assign(**figures)
    found["reasons"] = [
        ",".join(name for name, meets_it in zip(parts, row, strict=True) if meets_it)
        for row in met.itertuples(index=False, name=None)
    ]
    found = found[met.any(axis=1)].astype({"reasons": "str"})
    return found.sort_values(
        ["balance_total", "customer_id"], ascending=[False, True], kind="stable", ignore_index=True
    )
