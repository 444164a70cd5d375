"""What sets a segment apart, as far as choosing a strategy needs it."""

from __future__ import annotations

import pandas as pd

from workbench.strategy.reach import join_segments
from workbench.tables import LIFECYCLE_STAGES

_INVESTMENTS = ("fund", "wealth", "insurance")


def describe_traits(customers: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Return the traits by which strategies are suggested, one row a segment.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT; columns that a bank does not have make their traits missing.
    membership : pandas.DataFrame
        Table MEMBERSHIP.

    Returns
    -------
    pandas.DataFrame
        Indexed by segment. Shares are 0 to 1, ratios are the segment's mean over the
        mean of all customers of the same kind (retail, corporate):

        - ``corporate``: share of companies
        - ``stage_<lifecycle stage>``, ``stage_active`` (growth and mature),
          ``stage_asleep`` (dormant and lost): share of customers
        - ``time_deposit``, ``investments`` (fund, wealth, insurance), ``borrowing``
          (loans over assets and loans): share of the balances
        - ``age`` in years, ``tenure`` in months: means
        - ``balance_ratio``, ``app_ratio``, ``branch_ratio``, ``inflow_ratio``
        - ``salary``: mean share of the inflow that is salary
        - ``owner``: share of companies or of occupations that own a business; where no
          occupation is known, how far inflow and borrowing are both high
        - ``plain``: 1 where the bank has neither lifecycle nor product balances

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "age": [70.0, 30.0]})
    >>> membership = pd.DataFrame(
    ...     {"customer_id": ["1", "2"], "cluster": [0, 1], "segment": ["Old", "Young"]})
    >>> describe_traits(customers, membership)["age"].to_dict()
    {'Old': 70.0, 'Young': 30.0}
    """
    joined = join_segments(customers, membership)
    by = joined["segment"]
    company = _is_company(joined)
    traits: dict[str, pd.Series] = {"corporate": company.groupby(by).mean()}
    traits.update(_stage_shares(joined, by))
    assets = _number(joined, "balance_total", "balance")
    total = assets.groupby(by).sum(min_count=1)
    time_deposit = _product(joined, "time_deposit")
    traits["time_deposit"] = _share(time_deposit, total, by)
    held = [_product(joined, name).fillna(0.0) for name in _INVESTMENTS if _has_product(joined, name)]
    investments = pd.concat(held, axis=1).sum(axis=1) if held else _missing(joined)
    traits["investments"] = _share(investments, total, by)
    loans = _number(joined, "balance_loan", "loan_balance").clip(lower=0)
    owed = loans.groupby(by).sum(min_count=1)
    traits["borrowing"] = owed / (owed + total).where(lambda sum_: sum_ > 0)
    traits["age"] = _number(joined, "age").groupby(by).mean()
    traits["tenure"] = _number(joined, "tenure").groupby(by).mean()
    traits["balance_ratio"] = _ratio(assets, by, company)
    traits["app_ratio"] = _ratio(_number(joined, "app_logins_90d"), by, company)
    traits["branch_ratio"] = _ratio(_number(joined, "branch_visits_90d"), by, company)
    traits["inflow_ratio"] = _ratio(_number(joined, "inflow_12m"), by, company)
    traits["salary"] = _number(joined, "salary_share").groupby(by).mean()
    traits["owner"] = _owner(joined, by, traits)
    frame = pd.DataFrame(traits)
    bare = "lifecycle_stage" not in joined.columns and not _has_product(joined, "time_deposit")
    frame["plain"] = float(bare)
    frame.index.name = "segment"
    return frame.astype("float64")


def _missing(joined: pd.DataFrame) -> pd.Series:
    return pd.Series(float("nan"), index=joined.index, dtype="float64")


def _number(joined: pd.DataFrame, *names: str) -> pd.Series:
    for name in names:
        if name in joined.columns and pd.api.types.is_numeric_dtype(joined[name].dtype):
            return joined[name].astype("float64")
    return _missing(joined)


def _product_column(joined: pd.DataFrame, product: str) -> str | None:
    for name in (f"balance_{product}", f"{product}_balance"):
        if name in joined.columns:
            return name
    return None


def _has_product(joined: pd.DataFrame, product: str) -> bool:
    return _product_column(joined, product) is not None


def _product(joined: pd.DataFrame, product: str) -> pd.Series:
    name = _product_column(joined, product)
    return _missing(joined) if name is None else _number(joined, name)


def _share(part: pd.Series, total: pd.Series, by: pd.Series) -> pd.Series:
    return part.groupby(by).sum(min_count=1) / total.where(total > 0)


def _ratio(values: pd.Series, by: pd.Series, company: pd.Series) -> pd.Series:
    # A company's balance dwarfs a person's: each is compared with its own kind.
    own_kind = values.groupby(company).transform("mean")
    return (values / own_kind.where(own_kind > 0)).groupby(by).mean()


def _is_company(joined: pd.DataFrame) -> pd.Series:
    if "kind" not in joined.columns:
        return pd.Series(0.0, index=joined.index)
    return joined["kind"].eq("corporate").astype("float64")


def _stage_shares(joined: pd.DataFrame, by: pd.Series) -> dict[str, pd.Series]:
    if "lifecycle_stage" not in joined.columns:
        return {}
    stage = joined["lifecycle_stage"]
    shares = {f"stage_{name}": stage.eq(name).groupby(by).mean() for name in LIFECYCLE_STAGES}
    shares["stage_active"] = shares["stage_growth"] + shares["stage_mature"]
    shares["stage_asleep"] = shares["stage_dormant"] + shares["stage_lost"]
    return shares


def _owner(joined: pd.DataFrame, by: pd.Series, traits: dict[str, pd.Series]) -> pd.Series:
    if "occupation" in joined.columns and joined["occupation"].notna().any():
        words = r"\bowner|entrepreneur|self.?employ|business|企业主|个体|老板|经商"
        said = joined["occupation"].astype("str").str.contains(words, case=False, na=False)
        looks = said.groupby(by).mean()
    else:
        # Twice the usual inflow and a fifth of the balances borrowed is what owners look like.
        looks = ((traits["inflow_ratio"] - 1.0).clip(0, 1) * (traits["borrowing"] / 0.2).clip(0, 1)).pow(0.5)
    return pd.concat([traits["corporate"], looks], axis=1).max(axis=1)
