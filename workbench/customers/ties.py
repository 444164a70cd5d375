"""Person, employer, company: the companies behind the retail customers, and who supplies whom.

In pandas, because what these read has left the engine already: the portrait (one row a
customer, a handful of columns) and the ties, of which a customer has a few.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.customers.identity.keys import normal_name
from workbench.errors import ParameterProblem, TableProblem
from workbench.tables import LINKS, TIERS, Column, Table

COMPANY_ACTIONS = ("win_company", "offer_payroll", "finance_chain", "keep")
COMPANIES = Table(
    "companies",
    "One company that retail customers work for.",
    (
        Column("rank", "integer", "1 has the most salaries that don't come in here yet.", filled=True),
        Column("company_id", "text", "The company's customer_id, where it is a customer."),
        Column("company", "text", "Its name, where known."),
        Column("is_customer", "boolean", "Whether the company is a customer.", filled=True),
        Column("industry", "text", "Its industry, where it is a customer."),
        Column("tier", "text", "Its value tier, where it is a customer.", values=TIERS),
        Column("n_employees", "integer", "Retail customers who work there.", filled=True),
        Column("balance_employees", "number", "Their assets with the bank, CNY."),
        Column("n_payroll", "number", "Those of them whose salary comes in here; missing if unknown."),
        Column("payroll_share", "number", "n_payroll ÷ n_employees."),
        Column("payroll_open", "number", "Salaries a year that don't come in here yet, CNY, estimated."),
        Column("n_suppliers", "integer", "Customers that supply it.", filled=True),
        Column("n_buyers", "integer", "Customers that it supplies.", filled=True),
        Column("action", "text", "What suggests itself.", filled=True, values=COMPANY_ACTIONS),
    ),
    key=("rank",),
)
SUPPLY_CHAIN = Table(
    "supply_chain",
    "Ties between suppliers of one industry and buyers of another.",
    (
        Column("supplier_industry", "text", "Industry of the supplier, or unknown.", filled=True),
        Column("buyer_industry", "text", "Industry of the buyer, or unknown.", filled=True),
        Column("n", "integer", "Ties.", filled=True),
    ),
    key=("supplier_industry", "buyer_industry"),
)
UNKNOWN = "unknown"
FEWEST = 5
"""Employees from which a company is worth a suggestion."""
PAYROLL_FROM = 0.5
"""Share of its employees paid here from which a company counts as a payroll customer."""
CHAIN_FROM = 3
"""Suppliers and buyers among the customers from which a chain is worth financing."""


def companies_behind(
    customers: pd.DataFrame,
    links: pd.DataFrame | None = None,
    names: pd.DataFrame | None = None,
    *,
    fewest: int = FEWEST,
    payroll_from: float = PAYROLL_FROM,
) -> pd.DataFrame:
    """Return the companies behind the retail customers, the most promising first.

    Where a retail customer works is read from the ties; where there is none from the
    number of the employer that the CRM holds; else from the employer's name, if one
    company alone bears it. Companies that are no customers are named in the CRM only.

    A salary that comes in is taken for that employer's: who is paid here and works there
    is on its payroll. The salaries still open are those of employees without one, at the
    median of what retail customers paid here receive in 12 months.

    Suggestions: ``win_company``, no customer, but at least `fewest` retail customers work
    there; ``offer_payroll``, a customer, yet fewer than `payroll_from` of them are paid
    here; ``finance_chain``, at least three of its suppliers and buyers are customers;
    ``keep`` otherwise.

    Parameters
    ----------
    customers : pandas.DataFrame
        A `workbench.tables.PORTRAIT`; ``employer_id`` and ``employer`` may stand beside.
    links : pandas.DataFrame, optional
        A `workbench.tables.LINKS`.
    names : pandas.DataFrame, optional
        customer_id and name of the companies.
    fewest : int, default=5
        Employees from which an action is suggested.
    payroll_from : float, default=0.5
        Share from 0 to 1.

    Returns
    -------
    pandas.DataFrame
        `COMPANIES`. Its ``attrs`` hold ``n_unplaced``: employees whose employer's name
        several companies bear.

    Raises
    ------
    ParameterProblem
        If `fewest` is under 1 or `payroll_from` no share.
    TableProblem
        If a table lacks columns.

    Examples
    --------
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["1", "2", "3", "9"], "kind": ["retail"] * 3 + ["corporate"],
    ...     "balance_total": [10.0, 20.0, 30.0, 900.0], "salary_share": [0.5, 0.0, 0.0, 0.0],
    ...     "inflow_12m": [80_000.0, 0.0, 0.0, 0.0], "employer": [None, None, "Rui Foods", None],
    ... })
    >>> links = pd.DataFrame({
    ...     "customer_id": ["1", "2"], "to_customer_id": ["9", "9"], "relation": ["employer"] * 2})
    >>> found = companies_behind(customers, links, fewest=1)
    >>> found[["company_id", "company", "n_employees", "payroll_open", "action"]].to_numpy().tolist()
    [['9', nan, 2, 40000.0, 'keep'], [nan, 'Rui Foods', 1, 40000.0, 'win_company']]
    """
    if fewest < 1 or not 0 <= payroll_from <= 1:
        raise ParameterProblem("customers.error.company_limits", fewest=fewest, share=payroll_from)
    _need(customers, "portrait", "customer_id", "kind")
    links = LINKS.empty() if links is None else LINKS.check(links)
    retail = customers[customers["kind"].eq("retail")]
    firms = customers[customers["kind"].eq("corporate")].set_index("customer_id")
    place, n_unplaced = _employers(retail, firms, links, names)
    work = pd.DataFrame({"place": place, "balance": _numbers(retail, "balance_total")})
    salary = _salaries(retail)
    work["paid"] = salary.gt(0).astype("float64").where(salary.notna())
    work = work.dropna(subset="place")
    found = work.groupby("place", sort=True).agg(
        n_employees=("place", "size"),
        balance_employees=("balance", lambda cells: cells.sum(min_count=1)),
        n_payroll=("paid", lambda cells: cells.sum(min_count=1)),
    )
    found["payroll_share"] = found["n_payroll"] / found["n_employees"]
    typical = float(salary[salary > 0].median()) if (salary > 0).any() else np.nan
    found["payroll_open"] = (found["n_employees"] - found["n_payroll"]) * typical
    found = _described(found, firms, links, names, retail)
    found["action"] = _actions(found, fewest, payroll_from)
    found = found.reset_index(drop=True)
    order = found.assign(key=found["company_id"].fillna("~").str.cat(found["company"].fillna("")))
    order = order.sort_values(
        ["payroll_open", "n_employees", "balance_employees", "key"],
        ascending=[False, False, False, True],
        na_position="last",
    )
    found = found.loc[order.index].reset_index(drop=True)
    found.insert(0, "rank", np.arange(1, len(found) + 1, dtype="int64"))
    found = COMPANIES.check(found[list(COMPANIES.names)])
    found.attrs["n_unplaced"] = n_unplaced
    return found


def supply_chain(customers: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Count who supplies whom, by industry.

    Parameters
    ----------
    customers : pandas.DataFrame
        customer_id and industry; without an industry all is unknown.
    links : pandas.DataFrame
        A `workbench.tables.LINKS`.

    Returns
    -------
    pandas.DataFrame
        `SUPPLY_CHAIN`: the pairs of industries with a tie, in alphabetical order.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "industry": ["software", None]})
    >>> links = pd.DataFrame({"customer_id": ["1"], "to_customer_id": ["2"], "relation": ["supplier"]})
    >>> supply_chain(customers, links).to_numpy().tolist()
    [['software', 'unknown', 1]]
    """
    _need(customers, "customers", "customer_id")
    chain = LINKS.check(links)[links["relation"].eq("supplier")]
    if "industry" in customers:
        industry = customers.set_index("customer_id")["industry"]
    else:
        industry = pd.Series(dtype="str")
    ends = {
        f"{end}_industry": chain[column].map(industry).fillna(UNKNOWN).astype("str")
        for end, column in (("supplier", "customer_id"), ("buyer", "to_customer_id"))
    }
    counts = pd.DataFrame(ends).value_counts(sort=False).sort_index()
    return SUPPLY_CHAIN.check(counts.rename("n").reset_index().astype({"n": "int64"}))


def hide_small_parts(totals: pd.Series, parts: pd.Series, few: pd.Series, minimum: int = 11) -> pd.Series:
    """Say which companies' split in two is hidden, so that no small count can be worked out.

    Each company has a total in two parts (paid here, and not). A split with a part from 1
    to ``minimum - 1`` is hidden, and so many others, the smallest first, that no hidden
    part has only one value that fits the totals shown and the sum over all companies.

    Parameters
    ----------
    totals : pandas.Series
        Customers of each company.
    parts : pandas.Series
        Those of them in the first part.
    few : pandas.Series of bool
        Companies whose total is hidden, too.
    minimum : int, default=11
        The smallest count that may be shown.

    Returns
    -------
    pandas.Series of bool

    Examples
    --------
    >>> totals, few = pd.Series([20, 30, 90]), pd.Series([False, False, False])
    >>> hide_small_parts(totals, pd.Series([3, 15, 40]), few).tolist()
    [True, True, False]
    """
    total, part = totals.to_numpy("int64"), parts.to_numpy("int64")
    unseen = few.to_numpy("bool")
    small = [(cells > 0) & (cells < minimum) for cells in (part, total - part)]
    hidden = unseen | small[0] | small[1]
    # Of a hidden split with a known total a reader knows no more than that both parts are there.
    low = np.where(unseen | (part == 0), 0, 1)
    high = np.where(unseen, np.maximum(total, minimum - 1), np.where(part == total, total, total - 1))
    order = np.lexsort((np.arange(len(total)), total))
    while hidden.any():
        known = part[hidden].sum()
        least = known - (high[hidden].sum() - high[hidden])
        most = known - (low[hidden].sum() - low[hidden])
        if (np.maximum(least, low[hidden]) < np.minimum(most, high[hidden])).all():
            break
        others = order[~hidden[order]]
        if not len(others):
            break
        hidden[others[0]] = True
    return pd.Series(hidden, index=totals.index)


def _need(frame: pd.DataFrame, table: str, *columns: str) -> None:
    missing = [name for name in columns if name not in frame]
    if missing:
        raise TableProblem(
            "errors.table.missing_columns",
            table=table,
            columns=", ".join(missing),
            present=", ".join(map(str, frame.columns)) or "–",
        )


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    found = frame[name] if name in frame else pd.Series(np.nan, index=frame.index)
    return found.astype("float64").replace([np.inf, -np.inf], np.nan)


def _salaries(retail: pd.DataFrame) -> pd.Series:
    """Return each retail customer's salary of 12 months, missing where types aren't known."""
    if "salary_share" not in retail:
        return pd.Series(np.nan, index=retail.index)
    # Without any inflow there is no share, and no salary either.
    share, inflow = _numbers(retail, "salary_share"), _numbers(retail, "inflow_12m")
    return (share * inflow).where(share.notna(), inflow.where(inflow.eq(0)))


def _employers(
    retail: pd.DataFrame, firms: pd.DataFrame, links: pd.DataFrame, names: pd.DataFrame | None
) -> tuple[pd.Series, int]:
    """Return where each retail customer works: ``id:…``, ``name:…`` or missing; and how many stay open."""
    employed = links[links["relation"].eq("employer")].sort_values(["customer_id", "to_customer_id"])
    first = employed.drop_duplicates("customer_id").set_index("customer_id")["to_customer_id"]
    ids = retail["customer_id"].map(first).astype("str")
    if "employer_id" in retail:
        stated = retail["employer_id"]
        ids = ids.fillna(stated.where(stated.isin(firms.index)))
    place = "id:" + ids.astype("str")
    if "employer" not in retail:
        return place, 0
    spelled = {name: normal_name(name) for name in retail["employer"].dropna().unique()}
    written = retail["employer"].map(spelled).astype("str")
    bearers = _bearers(written, ids, firms, names)
    found = written.map(bearers).astype("str")
    several = found.eq("")
    named = ("id:" + found.where(~several).astype("str")).fillna("name:" + written.where(found.isna()))
    open_ = place.isna() & several.fillna(False).astype("bool")
    return place.fillna(named), int(open_.sum())


def _bearers(
    written: pd.Series, ids: pd.Series, firms: pd.DataFrame, names: pd.DataFrame | None
) -> dict[str, str]:
    """Return name → the one company that bears it; an empty text where several do."""
    known = pd.DataFrame({"name": written, "id": ids}).dropna()
    if names is not None and len(names):
        mine = names[names["customer_id"].isin(firms.index)]
        known = pd.concat(
            [known, pd.DataFrame({"name": mine["name"].map(normal_name), "id": mine["customer_id"]}).dropna()]
        )
    distinct = known.drop_duplicates()
    counts = distinct.groupby("name")["id"].agg(["first", "size"])
    chosen = counts["first"].where(counts["size"] == 1, "")
    return dict(zip(chosen.index.astype(str), chosen.astype(str), strict=True))


def _described(
    found: pd.DataFrame,
    firms: pd.DataFrame,
    links: pd.DataFrame,
    names: pd.DataFrame | None,
    retail: pd.DataFrame,
) -> pd.DataFrame:
    """Say of each place what company it is."""
    is_id = found.index.str.startswith("id:")
    ids = pd.Series(found.index.str.slice(3), index=found.index, dtype="str").where(is_id)
    # Someone's tie may lead to a company that opens its account only later.
    mine = ids.isin(firms.index)
    found["company_id"] = ids.where(mine)
    found["is_customer"] = mine.astype("boolean")
    written = pd.Series(dtype="str")
    if "employer" in retail:
        spelled = retail["employer"].dropna().drop_duplicates().sort_values()
        written = pd.Series(spelled.to_numpy(), index="name:" + spelled.map(normal_name))
        written = written[~written.index.duplicated()]
    called = pd.Series(dtype="str")
    if names is not None and len(names):
        called = names.dropna().drop_duplicates("customer_id").set_index("customer_id")["name"]
    keys = pd.Series(found.index, index=found.index, dtype="str")
    found["company"] = ids.map(called).astype("str").fillna(keys.map(written).astype("str"))
    for name in ("industry", "tier"):
        known = firms[name] if name in firms else pd.Series(dtype="str")
        found[name] = ids.map(known)
    chain = links[links["relation"].eq("supplier")]
    for name, company, other in (
        ("n_suppliers", "to_customer_id", "customer_id"),
        ("n_buyers", "customer_id", "to_customer_id"),
    ):
        counts = chain.groupby(company)[other].nunique()
        found[name] = ids.map(counts).fillna(0).astype("int64")
    text = dict.fromkeys(("company_id", "company", "industry", "tier"), "str")
    return found.astype({**text, "n_employees": "int64"})


def _actions(found: pd.DataFrame, fewest: int, payroll_from: float) -> pd.Series:
    mine = found["is_customer"].astype("bool")
    enough = found["n_employees"] >= fewest
    chain = found["n_suppliers"] + found["n_buyers"] >= CHAIN_FROM
    unpaid = found["payroll_share"].lt(payroll_from)
    chosen = np.select(
        [enough & ~mine, enough & mine & unpaid, mine & chain], COMPANY_ACTIONS[:3], COMPANY_ACTIONS[3]
    )
    return pd.Series(chosen, index=found.index, dtype="str")
