"""Join lists, outcomes and contacts in the engine: what became of every customer drawn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.campaign import refuse_missing
from workbench.review.follow_up import CURRENCIES, REACHED
from workbench.tables import ARMS, STRATEGIES

if TYPE_CHECKING:
    import ibis

_KEY = ("strategy_id", "customer_id")


def follow_up_in_engine(
    targets: ibis.Table,
    outcomes: ibis.Table,
    strategies: pd.DataFrame,
    *,
    contacts: ibis.Table | None = None,
    customers: ibis.Table | None = None,
    by: Sequence[str] = (),
) -> ibis.Table:
    """Join lists, outcomes and contacts in the engine, as `follow_up` does on frames.

    Intention to treat: everybody drawn stays in, in the arm they were drawn into. A customer
    without an outcome did not respond; one response is enough, and amounts are added. Left
    out are customers drawn into both arms of a strategy, outcomes from before its first
    day, and the amounts of a strategy that has some in another currency than CNY.

    Parameters
    ----------
    targets, outcomes : ibis.Table
        Tables `TARGETS` and `OUTCOMES`.
    strategies : pandas.DataFrame
        Table `STRATEGIES`.
    contacts : ibis.Table, optional
        Table `CONTACTS`. Left out, every customer of the treatment arm counts as contacted
        once, and whether somebody was reached is unknown.
    customers : ibis.Table, optional
        One row a customer_id, where a column of `by` is not one of the targets.
    by : sequence of str, default=()
        Columns to carry along: segment, lifecycle_stage, branch …

    Returns
    -------
    ibis.Table
        customer_id, strategy_id, arm, `by`; responded (0 or 1); amount (CNY; 0 without a
        response, missing where the strategy's amounts are not known); tries; contacted
        (boolean); reached (0, 1 or missing). Nothing is computed before it is asked for.

    Raises
    ------
    ParameterProblem
        If a column is absent, a list is for a strategy that is not given, or `by` is
        found nowhere.
    TableProblem
        If the strategies do not fit.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from workbench.engine import Engine
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> folder = Path(tempfile.mkdtemp())
    >>> TARGETS.empty().to_parquet(folder / "targets.parquet")
    >>> OUTCOMES.empty().to_parquet(folder / "outcomes.parquet")
    >>> with Engine(threads=1) as engine:
    ...     targets = engine.table("targets", folder / "targets.parquet")
    ...     outcomes = engine.table("outcomes", folder / "outcomes.parquet")
    ...     joined = follow_up_in_engine(targets, outcomes, STRATEGIES.empty(), by=["segment"])
    ...     len(engine.frame(joined))
    0
    """
    STRATEGIES.check(strategies)
    refuse_missing(targets.columns, [*_KEY, "arm"])
    refuse_missing(outcomes.columns, [*_KEY, "recorded_at", "responded", "amount"])
    own = [name for name in by if name in targets.columns and name not in (*_KEY, "arm")]
    other = [name for name in by if name not in own and name not in (*_KEY, "arm")]
    listed = set(bring(targets.select("strategy_id").distinct())["strategy_id"])
    unknown = sorted(map(str, listed - set(strategies["strategy_id"])))
    if unknown:
        raise ParameterProblem("review_room.error.unknown_strategy", strategies=", ".join(unknown))
    # The first and the last of a customer's arms: counting different ones takes much longer.
    arms = targets.group_by(list(_KEY)).aggregate(first=targets["arm"].min(), last=targets["arm"].max())
    rows = targets.anti_join(arms.filter(arms["first"] != arms["last"]), list(_KEY)).select(
        *_KEY, "arm", *own
    )
    if other:
        absent = [name for name in other if customers is None or name not in customers.columns]
        if customers is None or absent:
            present = [] if customers is None else list(customers.columns)
            raise ParameterProblem(
                "review_room.error.no_part", column=", ".join(absent), present=", ".join(present) or "-"
            )
        known = customers.distinct(on="customer_id").select("customer_id", *other)
        rows = rows.left_join(known, "customer_id").drop("customer_id_right")
    rows = _left_join(rows, _answers(outcomes, strategies, contacts))
    rows = _amounts(rows, outcomes)
    rows = rows.mutate(responded=rows["responded"].fill_null(0.0))
    if contacts is None:
        treated = rows["arm"] == ARMS[0]
        return rows.mutate(tries=treated.cast("float64"), contacted=treated, reached=missing("float64"))
    refuse_missing(contacts.columns, [*_KEY, "disposition"])
    heard = contacts["disposition"].isin(REACHED).fill_null(False).cast("float64")
    tries = contacts.group_by(list(_KEY)).aggregate(
        tries=contacts.count().cast("float64"), reached=heard.max()
    )
    rows = _left_join(rows, tries)
    rows = rows.mutate(tries=rows["tries"].fill_null(0.0), reached=rows["reached"].fill_null(0.0))
    return rows.mutate(contacted=rows["tries"] > 0)


def _answers(outcomes: ibis.Table, strategies: pd.DataFrame, contacts: ibis.Table | None) -> ibis.Table:
    """Return what each customer answered since the strategy's first day."""
    begun = _first_days(strategies, contacts)
    dated = outcomes.left_join(begun, "strategy_id").drop("strategy_id_right")
    late = dated["begins"].isnull() | ~(dated["recorded_at"] < dated["begins"])
    kept = dated.filter(late.fill_null(True))
    return kept.group_by(list(_KEY)).aggregate(
        responded=values_of(kept, "responded").max(), amount=values_of(kept, "amount").sum()
    )


def _first_days(strategies: pd.DataFrame, contacts: ibis.Table | None) -> ibis.Table:
    """Return each strategy's first day: the card's, or that of its first contact if earlier."""
    import ibis

    cards = pd.DataFrame(
        {
            "strategy_id": strategies["strategy_id"].astype("str"),
            "starts": pd.to_datetime(strategies["starts_on"]).dt.normalize().astype("datetime64[us]"),
        }
    )
    schema = {"strategy_id": "string", "starts": "timestamp"}
    begun = ibis.memtable(cards, schema=schema)
    if contacts is None:
        return begun.select("strategy_id", begins=begun["starts"])
    refuse_missing(contacts.columns, ["strategy_id", "contacted_at"])
    first = contacts.group_by("strategy_id").aggregate(first=contacts["contacted_at"].min())
    both = begun.left_join(first, "strategy_id")
    day = both["first"].cast("timestamp").truncate("D")
    return both.select(
        "strategy_id", begins=ibis.coalesce(ibis.least(both["starts"], day), both["starts"], day)
    )


def _amounts(rows: ibis.Table, outcomes: ibis.Table) -> ibis.Table:
    """Fill in 0 for who brought nothing, unless a strategy's amounts are not known at all."""
    answered = rows.filter(rows["responded"].notnull())
    flags = answered.group_by("strategy_id").aggregate(
        known=answered["amount"].notnull().any(), responses=answered["responded"].sum()
    )
    unknown = flags.filter(~flags["known"] & (flags["responses"] > 0)).select("strategy_id")
    if "currency" in outcomes.columns:
        written = outcomes["currency"].strip().upper()
        foreign = outcomes["amount"].notnull() & (written != "") & written.notin(CURRENCIES)
        unknown = unknown.union(outcomes.filter(foreign).select("strategy_id"), distinct=True)
    rows = rows.left_join(unknown.mutate(unknown=True), "strategy_id").drop("strategy_id_right")
    nothing = rows["amount"].fill_null(0.0)
    return rows.mutate(amount=rows["unknown"].notnull().ifelse(missing("float64"), nothing)).drop("unknown")


def _left_join(rows: ibis.Table, other: ibis.Table) -> ibis.Table:
    return rows.left_join(other, list(_KEY)).drop(*(f"{name}_right" for name in _KEY))


def values_of(table: ibis.Table, name: str) -> Any:
    """Return an engine's column as numbers, yes being 1; what is not a number is missing.

    Parameters
    ----------
    table : ibis.Table
    name : str
        The column.

    Returns
    -------
    ibis.Value
        float64.

    Raises
    ------
    ParameterProblem
        If it is neither numeric nor boolean.

    Examples
    --------
    >>> import ibis
    >>> values_of(ibis.table({"visit": "boolean"}, name="rows"), "visit").type()
    Float64(nullable=True)
    """
    column: Any = table[name]
    kind = column.type()
    if kind.is_boolean():
        return column.cast("int8").cast("float64")
    if not kind.is_numeric():
        raise ParameterProblem("review_room.error.outcome_kind", column=name, kind=str(kind))
    values = column.cast("float64")
    return values.isnan().ifelse(missing("float64"), values) if kind.is_floating() else values


def missing(kind: str) -> Any:
    """Return the engine's missing value of a type.

    Examples
    --------
    >>> missing("float64").type()
    Float64(nullable=True)
    """
    import ibis

    return ibis.null(kind)


def bring(expression: ibis.Table) -> pd.DataFrame:
    """Bring an expression's rows into Python: only ever a few.

    Examples
    --------
    >>> import ibis
    >>> bring(ibis.literal(3).name("n").as_table())["n"].tolist()
    [3]
    """
    with warnings.catch_warnings():
        # Ibis calls DuckDB by a name that it has since changed.
        warnings.simplefilter("ignore", DeprecationWarning)
        found: pd.DataFrame = expression.to_pyarrow().to_pandas()
    return found
