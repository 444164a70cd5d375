"""Transactions → one row a customer: how often, how long, how much, and the last 12 months.

Ibis in, Ibis out: the work is done where the data is. Amounts are added up as whole
hundredths of a fen, so that neither the order of rows nor the number of threads shows.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterProblem
from workbench.insight.periods import (
    PERIODS,
    day_number,
    days_of,
    end_of_period,
    last_period,
    months_before,
    next_period,
    number_of,
    period_number,
)

if TYPE_CHECKING:
    import ibis

DIRECTIONS = ("both", "out", "in")
_EXACT = 10_000
# Beyond this an amount is a typing error, and its sum no number that can be added exactly.
_LARGEST = 1e12
_BITS = 62
_MOST_BLOCKS = 24
_NEEDED = ("customer_id", "occurred_at", "amount")


def summarise_transactions(
    transactions: ibis.Table,
    snapshot_date: dt.date,
    *,
    types: Sequence[str] | None = None,
    direction: str = "both",
    period: str = "week",
    since: dt.date | None = None,
    months: int = 12,
) -> ibis.Table:
    """Sum up each customer's purchases, as the models of customer value need them.

    A purchase is a period (a day, a week, a month) with at least one movement of the
    chosen types. Only whole periods count: with weeks, up to the last Sunday on or
    before the snapshot date. The first purchase seen is a customer's beginning.

    Parameters
    ----------
    transactions : ibis.Table
        Table `workbench.tables.TRANSACTIONS`. Movements without a customer, day or
        amount, of 0, or of a trillion and more are left out.
    snapshot_date : datetime.date
        The last day that is looked at.
    types : sequence of str, optional
        Types of movement that count; by default all.
    direction : {"both", "out", "in"}, default="both"
        Count all movements, those that leave the customer (negative), or those that
        come in. Amounts are taken without their sign.
    period : {"day", "week", "month"}, default="week"
        What is one purchase, and the unit of ``t_x`` and ``T``.
    since : datetime.date, optional
        The first day that is looked at; by default the first in the table.
    months : int, default=12
        How far ``frequency``, ``monetary_value`` and the amounts look back.

    Returns
    -------
    ibis.Table
        One row a customer with a purchase: ``customer_id``; ``x`` (purchases after the
        first), ``t_x`` (from the first purchase to the last, periods), ``T`` (from the
        first purchase to the end, periods), ``m_x`` (mean amount of a purchase after
        the first; missing where x is 0), ``amount_first`` (of the first purchase);
        ``recency`` (days since the last movement), ``frequency`` (movements in the last
        months), ``monetary_value`` (their mean amount; missing without any),
        ``amount_12m`` (their sum), ``largest_12m`` (the largest of them). Amounts in the
        table's currency.

    Raises
    ------
    ParameterProblem
        If a column is missing, or a parameter is not one of those above.

    Notes
    -----
    x, t_x, T and m_x are the words of the papers; they are the ``frequency``,
    ``recency``, ``T`` and ``monetary_value`` of lifetimes'
    ``summary_data_from_transaction_data``.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from workbench.engine import Engine
    >>> path = tempfile.mkdtemp() + "/transactions.parquet"
    >>> pd.DataFrame({
    ...     "customer_id": ["1"] * 3,
    ...     "occurred_at": pd.to_datetime(["2026-09-01", "2026-09-09", "2026-09-10"]),
    ...     "amount": [-10.0, -30.0, -50.0],
    ... }).to_parquet(path)
    >>> with Engine() as engine:
    ...     transactions = engine.table("transactions", path)
    ...     summary = engine.frame(summarise_transactions(transactions, dt.date(2026, 9, 27)))
    >>> summary[["x", "t_x", "T", "m_x", "frequency"]].to_dict("records")
    [{'x': 1, 't_x': 1, 'T': 3, 'm_x': 80.0, 'frequency': 3.0}]
    """
    _check(transactions, period, direction, months)
    begin = dt.datetime.combine(months_before(snapshot_date, months) + dt.timedelta(days=1), dt.time())
    moves = _chosen(transactions, snapshot_date, types, direction, since)
    last_whole = last_period(snapshot_date, period)
    over = dt.datetime.combine(end_of_period(last_whole, period) + dt.timedelta(days=1), dt.time())
    # The place of a movement's period is worked out once a row, and not in every aggregate of it.
    first = _first_period(transactions, period, last_whole)
    moves = moves.mutate(place=period_number(moves.occurred_at, period) - first)
    recent, whole = moves.occurred_at >= begin, moves.occurred_at < over
    table = moves.group_by("customer_id").aggregate(
        **_marks(moves, last_whole - first),
        begun=moves.occurred_at.min(where=whole),
        units=moves.units.sum(where=whole),
        latest=moves.occurred_at.max(),
        frequency=recent.cast("int64").sum(),
        recent=moves.units.sum(where=recent),
        largest=moves.units.max(where=recent),
    )
    # Who bought for the first time in the period that is not over yet comes in with the next.
    table = table.filter(table.begun.notnull())
    table = table.mutate(
        count=_marked(table),
        first=period_number(table.begun, period),
        last=first + _last_place(table),
        day=day_number(table.latest),
    )
    # Only now is it known which movements were the first purchase.
    until = table.select("customer_id", until=next_period(table.begun, period))
    opening = _chosen(transactions, snapshot_date, types, direction, since, moment="moved_at", exact=False)
    opening = opening.join(until, "customer_id")
    opening = opening.filter(opening.moved_at < opening.until)
    # Few rows are left: only theirs are made exact.
    opening = opening.group_by("customer_id").aggregate(units_first=_units(opening.amount.abs()).sum())
    table = table.join(opening, "customer_id")
    x = table["count"] - 1
    money = table.units.cast("float64")
    return table.select(
        customer_id=table.customer_id,
        x=x.cast("int64"),
        t_x=(table["last"] - table["first"]).cast("int64"),
        T=(last_whole - table["first"]).cast("int64"),
        m_x=(money - table.units_first.cast("float64")) / _EXACT / x.nullif(0),
        amount_first=table.units_first.cast("float64") / _EXACT,
        recency=(days_of(snapshot_date) - table.day).cast("float64"),
        frequency=table.frequency.cast("float64"),
        monetary_value=table.recent.cast("float64") / _EXACT / table.frequency.nullif(0),
        amount_12m=table.recent.cast("float64").fill_null(0.0) / _EXACT,
        largest_12m=table.largest.cast("float64") / _EXACT,
    )


def _first_period(transactions: ibis.Table, period: str, last_whole: int) -> int:
    """Return the number of the period that the table begins in."""
    begun = _rows(transactions.aggregate(first=transactions.occurred_at.min())).column(0)[0].as_py()
    return last_whole if begun is None else number_of(begun, period)


def _marks(moves: ibis.Table, last: int) -> dict[str, Any]:
    """Return what counts a customer's periods: a bit for each, or distinct periods where they are many.

    A group for each customer and period would be as large as the table; the bits of two
    years of weeks are two whole numbers a customer.
    """
    import ibis

    place = moves.place
    blocks = max(0, last) // _BITS + 1
    if blocks > _MOST_BLOCKS:
        return {"distinct": place.nunique(where=place <= last), "last_place": place.max(where=place <= last)}
    bit = ibis.literal(1, "int64") << (place % _BITS).cast("int64")
    edges = [n * _BITS for n in range(blocks)]
    ends = [*edges[1:], last + 1]
    return {
        f"mark_{n}": bit.bit_or(where=(place >= low) & (place < high))
        for n, (low, high) in enumerate(zip(edges, ends, strict=True))
    }


def _marked(table: ibis.Table) -> Any:
    """Return the number of periods that `_marks` has counted."""
    import ibis

    if "distinct" in table.columns:
        return table["distinct"]

    # As DuckDB has it: a small type, that sums of it overflow.
    @ibis.udf.scalar.builtin(signature=(("int64",), "int8"))
    def bit_count(bits):  # type: ignore[no-untyped-def]
        """Count the bits; an engine's own function."""

    marks = [name for name in table.columns if name.startswith("mark_")]
    counts = [bit_count(table[name].fill_null(0)).cast("int64") for name in marks]
    return reduce(add, counts)


def _last_place(table: ibis.Table) -> Any:
    """Return the place of the last period that `_marks` has marked: that of the highest bit."""
    import ibis

    if "distinct" in table.columns:
        return table["last_place"]

    @ibis.udf.scalar.builtin(signature=(("int64",), "string"), name="bin")
    def binary(bits):  # type: ignore[no-untyped-def]
        """Write a number in ones and noughts; an engine's own function."""

    marks = sorted((name for name in table.columns if name.startswith("mark_")), key=lambda n: int(n[5:]))
    highest = [
        (table[name] > 0, int(name[5:]) * _BITS + binary(table[name]).length().cast("int64") - 1)
        for name in reversed(marks)
    ]
    return ibis.cases(*highest, else_=ibis.null("int64"))


def _rows(expression: Any) -> Any:
    """Run a small question now: the shape of the larger one depends on its answer."""
    with warnings.catch_warnings():
        # Ibis calls DuckDB by a name that it has since changed.
        warnings.simplefilter("ignore", DeprecationWarning)
        return expression.to_pyarrow()


def count_purchases(
    transactions: ibis.Table,
    after: dt.date,
    until: dt.date,
    *,
    types: Sequence[str] | None = None,
    direction: str = "both",
    period: str = "week",
) -> ibis.Table:
    """Count each customer's purchases between two ends of periods: what a forecast is held against.

    Parameters
    ----------
    transactions, types, direction, period
        As in `summarise_transactions`.
    after : datetime.date
        The last day before; the period it lies in is left out.
    until : datetime.date
        The last day looked at; as there, only whole periods count.

    Returns
    -------
    ibis.Table
        ``customer_id``, ``purchases`` and ``amount``; who made none has no row.
    """
    _check(transactions, period, direction, 1)
    moves = _chosen(transactions, until, types, direction, after + dt.timedelta(days=1))
    moves = moves.mutate(period=period_number(moves.occurred_at, period))
    moves = moves.filter(
        moves.period > last_period(after, period), moves.period <= last_period(until, period)
    )
    found = moves.group_by("customer_id").aggregate(
        purchases=moves.period.nunique(), amount=moves.units.sum().cast("float64") / _EXACT
    )
    return found


def last_gaps(
    transactions: ibis.Table,
    snapshot_date: dt.date,
    *,
    types: Sequence[str] | None = None,
    direction: str = "both",
    period: str = "week",
    since: dt.date | None = None,
) -> ibis.Table:
    """Return the last two gaps between purchases of each customer with three or more.

    Parameters
    ----------
    transactions, snapshot_date, types, direction, period, since
        As in `summarise_transactions`.

    Returns
    -------
    ibis.Table
        ``customer_id``, ``gap`` (the last one) and ``gap_before``, in periods.
    """
    import ibis

    _check(transactions, period, direction, 1)
    moves = _chosen(transactions, snapshot_date, types, direction, since)
    moves = moves.select("customer_id", period=period_number(moves.occurred_at, period)).distinct()
    moves = moves.filter(moves.period <= last_period(snapshot_date, period))
    latest = ibis.window(group_by=moves.customer_id, order_by=moves.period.desc())
    ranked = moves.mutate(place=ibis.row_number().over(latest))
    place = ranked.place
    three = ranked.filter(place < 3).group_by("customer_id")
    found = three.aggregate(
        gap=ranked.period.max(where=place == 0) - ranked.period.max(where=place == 1),
        gap_before=ranked.period.max(where=place == 1) - ranked.period.max(where=place == 2),
    )
    return found.filter(found.gap_before.notnull())


def _chosen(
    transactions: ibis.Table,
    until: dt.date,
    types: Sequence[str] | None,
    direction: str,
    since: dt.date | None,
    moment: str = "occurred_at",
    exact: bool = True,
) -> ibis.Table:
    """Return the movements that count: customer, moment, and the amount, in exact units or as it stands.

    Another name of the moment makes another expression: an engine that sees the same
    one twice may keep all its rows in memory between.
    """
    moves = transactions
    end = dt.datetime.combine(until + dt.timedelta(days=1), dt.time())
    size = moves.amount.abs()
    keep: list[Any] = [
        moves.customer_id.notnull(),
        moves.occurred_at.cast("timestamp") < end,
        size > 0,
        size < _LARGEST,
    ]
    if since is not None:
        keep.append(moves.occurred_at.cast("timestamp") >= dt.datetime.combine(since, dt.time()))
    if types is not None:
        if "type" not in moves.columns:
            raise ParameterProblem("insight_value.error.no_types")
        keep.append(moves["type"].isin(list(types)))
    if direction != "both":
        keep.append(moves.amount < 0 if direction == "out" else moves.amount > 0)
    amount = _units(size).name("units") if exact else moves.amount
    return moves.filter(keep).select("customer_id", moves.occurred_at.cast("timestamp").name(moment), amount)


def _units(size: Any) -> Any:
    """Return an amount without its sign in whole hundredths of a fen."""
    return (size * _EXACT).round().cast("int64")


def _check(transactions: ibis.Table, period: str, direction: str, months: int) -> None:
    absent = [name for name in _NEEDED if name not in transactions.columns]
    if absent:
        raise ParameterProblem(
            "insight_value.error.columns",
            columns=", ".join(absent),
            present=", ".join(transactions.columns),
        )
    for name, value, known in (("period", period, PERIODS), ("direction", direction, DIRECTIONS)):
        if value not in known:
            raise ParameterProblem(
                "insight_value.error.choice", name=name, value=str(value), known=", ".join(known)
            )
    if months < 1:
        raise ParameterProblem("insight_value.error.setting", name="months", value=str(months))


SPENDING = ("card", "payment")
ROUTINE = ("salary", "pension", "interest", "fee", "tax", "dividend", "loan", "repayment")


def purchase_types(present: Sequence[str]) -> list[str]:
    """Return the types of movement that are a customer's own doing, where nobody says which.

    Spending by card and payments where there are any; else all but those that come by
    themselves, as a salary does: the models are of purchases at random times.

    Parameters
    ----------
    present : sequence of str
        The types that the bank's transactions have.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> purchase_types(["card", "payment", "salary"]), purchase_types(["salary", "wire"])
    (['card', 'payment'], ['wire'])
    """
    known = sorted(present)
    spending = [name for name in known if name.strip().lower() in SPENDING]
    own = [name for name in known if name.strip().lower() not in ROUTINE]
    return spending or own or known
