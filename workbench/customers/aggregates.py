"""What a customer's holdings, transactions, events and answers say on one day.

Each function takes an Ibis table and a snapshot date and returns one row a customer,
computed where the data is, from nothing later than that day. Sums are exact to a
hundredth of a fen, so that neither the order of rows nor the number of threads shows.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.customers.rules import Rules

if TYPE_CHECKING:
    import ibis

_EXACT = "decimal(38, 4)"
# More kinds than this are summed up in the total alone.
_MOST_KINDS = 20
ACTIVITY = ("app_login", "branch_visit")
INCOME = ("salary", "pension")
# Days that a need looks ahead (maturities) and back (large inflows).
NEAR = 90


@dataclass
class Part:
    """One row a customer, and what its absence means.

    Parameters
    ----------
    table : ibis.Table
        Columns ``customer_id`` and the rest.
    zero : frozenset of str, default=()
        Columns that are 0 for a customer without a row.
    since : datetime.date or None, default=None
        First day that the source knows of.
    products : dict of str to str, default={}
        Columns that are the balance of one product → that product.
    """

    table: ibis.Table
    zero: frozenset[str] = field(default_factory=frozenset)
    since: dt.date | None = None
    products: dict[str, str] = field(default_factory=dict)


def months_before(day: dt.date, months: int) -> dt.date:
    """Return the day so many months earlier; a month's last day stays one.

    Examples
    --------
    >>> months_before(dt.date(2026, 6, 30), 3), months_before(dt.date(2026, 3, 30), 1)
    (datetime.date(2026, 3, 31), datetime.date(2026, 2, 28))
    """
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    last = calendar.monthrange(year, month)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return dt.date(year, month, last if is_last else min(day.day, last))


def column_word(text: str) -> str:
    """Return a bank's word as the end of a column's name.

    Examples
    --------
    >>> column_word("Time deposit"), column_word("基金")
    ('time_deposit', '基金')
    """
    return re.sub(r"\W+", "_", text.strip()).strip("_").lower() or "other"


def _exact_sum(values: Any, where: Any) -> Any:
    return values.cast(_EXACT).sum(where=where).cast("float64")


def _upto(moments: Any, day: dt.date) -> Any:
    return moments < dt.datetime.combine(day + dt.timedelta(days=1), dt.time())


def _from(moments: Any, day: dt.date) -> Any:
    return moments >= dt.datetime.combine(day, dt.time())


def _as_moment(column: Any) -> Any:
    return column.cast("timestamp")


def _rows(expression: Any) -> Any:
    """Run a small question now: the names of columns depend on its answer."""
    with warnings.catch_warnings():
        # Ibis calls DuckDB by a name that it has since changed.
        warnings.simplefilter("ignore", DeprecationWarning)
        return expression.to_pyarrow()


def _words(table: ibis.Table, name: str) -> list[str]:
    """Return the most frequent words of a column, in alphabetical order."""
    counts = table.filter(table[name].notnull()).group_by(name).aggregate(n=lambda t: t.count())
    top = counts.order_by([counts.n.desc(), counts[name]]).limit(_MOST_KINDS)
    return sorted(_rows(top).column(name).to_pylist())


def balances(holdings: ibis.Table, day: dt.date, rules: Rules) -> Part | None:
    """Return balances at the last month end on or before a day.

    Columns: ``balance_<product>``, ``balance_total`` (debts left out), ``product_count``,
    ``balance_change_3m`` (relative, missing without a balance then) and ``balance_trend``
    (the balance relative to its mean of those of the last 12 month ends at which the customer
    held anything, less 1). Where the source has maturities, ``maturing_90d`` (CNY due in
    the 90 days after the day, as was agreed by then) and ``next_maturity``.

    Parameters
    ----------
    holdings : ibis.Table
        HOLDINGS.
    day : datetime.date
        The snapshot date.
    rules : Rules
        Which products are debts.

    Returns
    -------
    Part or None
        None where no month end is known by then.
    """
    h = holdings.mutate(as_of=_as_moment(holdings.as_of).date()).filter(lambda t: t.as_of <= day)
    ends = sorted(d for d in _rows(h.select("as_of").distinct()).column(0).to_pylist() if d)
    if not ends:
        return None
    last = ends[-1]
    before = months_before(last, 3)
    year = [end for end in ends if end > months_before(last, 12)]
    is_asset = h["product"].notin(rules.debts)
    now = h.as_of == last
    products = _words(h, "product")
    columns: dict[str, Any] = {}
    named: dict[str, str] = {}
    for product in products:
        named.setdefault(_balance_column(product, rules), product)
    for column, product in named.items():
        columns[column] = _exact_sum(h.balance, now & (h["product"] == product))
    columns |= {
        "balance_total": _exact_sum(h.balance, now & is_asset),
        "product_count": h["product"].nunique(where=now & (h.balance != 0)),
        "_mean": _exact_sum(h.balance, is_asset & (h.as_of >= year[0]))
        / h.as_of.nunique(where=h.as_of >= year[0]).nullif(0),
    }
    if before in ends:
        columns["_before"] = _exact_sum(h.balance, (h.as_of == before) & is_asset)
    zero = frozenset(name for name in columns if not name.startswith("_")) | {"maturing_90d"}
    columns |= {"_fresh_holdings": h.as_of.max(), **_maturities(h, now, day)}
    table = h.group_by("customer_id").aggregate(**columns)
    table = table.mutate(balance_total=table.balance_total.fill_null(0.0))
    relative = {"balance_trend": _relative(table.balance_total, table["_mean"])}
    if before in ends:
        relative["balance_change_3m"] = _relative(table.balance_total, table["_before"])
    table = table.mutate(**relative).drop("_mean", *(["_before"] if before in ends else []))
    return Part(table, zero & set(table.columns), ends[0], named)


def _maturities(h: ibis.Table, now: Any, day: dt.date) -> dict[str, Any]:
    if "matures_on" not in h.columns:
        return {}
    due = _as_moment(h.matures_on).date()
    ahead = now & (due > day) & (h.balance > 0)
    return {
        "maturing_90d": _exact_sum(h.balance, ahead & (due <= day + dt.timedelta(days=NEAR))).fill_null(0.0),
        "next_maturity": due.min(where=ahead),
    }


def _balance_column(product: str, rules: Rules) -> str:
    word = column_word(product)
    taken = word in ("total", "change_3m", "trend") or (word == "loan" and product not in rules.debts)
    return f"balance_{word}{'_product' if taken else ''}"


def _relative(now: Any, then: Any) -> Any:
    # Balances are rounded to the fen: what is smaller is no balance to compare with.
    return (now / then.nullif(0) - 1).round(6)


def movements(transactions: ibis.Table, day: dt.date, fees: Sequence[str] = ()) -> Part | None:
    """Return recency, frequency and monetary value of the 12 months up to a day.

    Columns: ``recency``, ``frequency``, ``monetary_value``, ``inflow_12m``, and where the
    source has types and channels ``salary_share`` (of the inflow), ``income_day`` (the
    commonest day of the month of two or more salaries or pensions) and
    ``channel_share_<channel>`` (of the number).

    Parameters
    ----------
    transactions : ibis.Table
        TRANSACTIONS.
    day : datetime.date
        The snapshot date.
    fees : sequence of str, default=()
        Types of transaction whose volume is wanted too, as ``_fee_<type>``.

    Returns
    -------
    Part or None
        None where no transaction is known by then.
    """
    t = transactions.mutate(occurred_at=_as_moment(transactions.occurred_at))
    t = t.filter(_upto(t.occurred_at, day))
    since = _rows(t.occurred_at.min()).as_py()
    if since is None:
        return None
    year = _from(t.occurred_at, months_before(day, 12) + dt.timedelta(days=1))
    columns: dict[str, Any] = {
        "_last": t.occurred_at.max().date(),
        "frequency": t.count(where=year).cast("float64"),
        "_volume": _exact_sum(t.amount.abs(), year),
        "inflow_12m": _exact_sum(t.amount, year & (t.amount > 0)),
    }
    if "type" in t.columns:
        columns["_salary"] = _exact_sum(t.amount, year & (t.amount > 0) & (t["type"] == "salary"))
        for kind in fees:
            columns[f"_fee_{kind}"] = _exact_sum(t.amount.abs(), year & (t["type"] == kind))
    channels = _words(t.filter(year), "channel") if "channel" in t.columns else []
    for channel in channels:
        columns.setdefault(
            f"channel_share_{column_word(channel)}", t.count(where=year & (t.channel == channel))
        )
    table = t.group_by("customer_id").aggregate(**columns)
    inflow = table.inflow_12m.fill_null(0.0)
    shares: dict[str, Any] = {
        "recency": _days_between(day, table["_last"]),
        "monetary_value": (table["_volume"] / table.frequency.nullif(0)).round(4),
        "inflow_12m": inflow,
    }
    if "_salary" in table.columns:
        shares["salary_share"] = (table["_salary"].fill_null(0.0) / inflow.nullif(0)).round(6)
    for name in table.columns:
        if name.startswith("channel_share_"):
            shares[name] = (table[name] / table.frequency.nullif(0)).round(6)
    table = table.mutate(**shares).drop("_volume", *(["_salary"] if "_salary" in table.columns else []))
    table = table.mutate(_fresh_transactions=table["_last"])
    if "type" in t.columns:
        table = _with_income_day(table, t.filter(year & (t.amount > 0) & t["type"].isin(INCOME)))
    return Part(table, frozenset({"frequency", "inflow_12m"}), since.date())


def _with_income_day(table: ibis.Table, income: ibis.Table) -> ibis.Table:
    """Add the commonest day of the month; of several that are, the earliest."""
    days = income.group_by(["customer_id", income.occurred_at.day().name("_day")]).aggregate(
        _n=income.count()
    )
    best = days.group_by("customer_id").aggregate(
        # The number counts first, the earlier day second: no order of rows shows.
        _best=(days["_n"] * 100 - days["_day"]).max(),
        _paid=days["_n"].sum(),
    )
    commonest = (best["_best"] + 99) // 100 * 100 - best["_best"]
    best = best.filter(best["_paid"] >= 2).select(_key=best.customer_id, income_day=commonest.cast("float64"))
    return table.left_join(best, table.customer_id == best["_key"]).drop("_key")


def _days_between(day: dt.date, earlier: Any) -> Any:
    import ibis

    return ibis.literal(day).delta(earlier, unit="day").cast("float64")


def activity(events: ibis.Table, day: dt.date) -> Part | None:
    """Return app logins, branch visits and large inflows of the 90 days up to a day.

    Parameters
    ----------
    events : ibis.Table
        EVENTS.
    day : datetime.date
        The snapshot date.

    Returns
    -------
    Part or None
        ``app_logins_90d``, ``branch_visits_90d``, and where events have amounts
        ``large_inflow_90d`` (CNY); None where no event is known by then.
    """
    e = events.mutate(occurred_at=_as_moment(events.occurred_at))
    e = e.filter(_upto(e.occurred_at, day))
    since = _rows(e.occurred_at.min()).as_py()
    if since is None:
        return None
    lately = _from(e.occurred_at, day - dt.timedelta(days=89))
    columns: dict[str, Any] = {"_fresh_events": e.occurred_at.max().date()}
    if "amount" in e.columns:
        large = lately & (e.event_type == "large_inflow")
        columns["large_inflow_90d"] = _exact_sum(e.amount, large).fill_null(0.0)
    table = e.group_by("customer_id").aggregate(
        app_logins_90d=e.count(where=lately & (e.event_type == "app_login")).cast("float64"),
        branch_visits_90d=e.count(where=lately & (e.event_type == "branch_visit")).cast("float64"),
        _seen=e.occurred_at.max(where=e.event_type.isin(ACTIVITY)).date(),
        **columns,
    )
    counted = {"app_logins_90d", "branch_visits_90d", "large_inflow_90d"}
    return Part(table, frozenset(counted & set(table.columns)), since.date())


def satisfaction(feedback: ibis.Table, day: dt.date) -> Part | None:
    """Return the last score on or before a day; the mean of several on one day.

    Parameters
    ----------
    feedback : ibis.Table
        FEEDBACK.
    day : datetime.date
        The snapshot date.

    Returns
    -------
    Part or None
        ``satisfaction``; None where the source has no scores.
    """
    if "score" not in feedback.columns:
        return None
    f = feedback.mutate(answered_on=_as_moment(feedback.answered_on).date())
    f = f.filter(f.score.notnull() & (f.answered_on <= day))
    last = f.group_by("customer_id").mutate(_last=lambda t: t.answered_on.max())
    scores = last.filter(last.answered_on == last["_last"])
    return Part(
        scores.group_by("customer_id").aggregate(
            satisfaction=lambda t: t.score.mean(), _fresh_feedback=lambda t: t.answered_on.max()
        )
    )


def ties(links: ibis.Table) -> Part:
    """Return how many employees and suppliers of a company are customers.

    Parameters
    ----------
    links : ibis.Table
        LINKS.

    Returns
    -------
    Part
        ``linked_employees``, ``linked_suppliers``.
    """
    table = links.group_by("to_customer_id").aggregate(
        linked_employees=lambda t: t.count(where=t.relation == "employer").cast("float64"),
        linked_suppliers=lambda t: t.count(where=t.relation == "supplier").cast("float64"),
    )
    renamed = table.rename(customer_id="to_customer_id")
    return Part(renamed, frozenset({"linked_employees", "linked_suppliers"}))
