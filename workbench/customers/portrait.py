"""One row per customer on one snapshot date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.customers import aggregates
from workbench.customers.aggregates import Part
from workbench.customers.needs import life_need
from workbench.customers.rules import DAYS_A_MONTH, Rules, lifecycle_stage, packaged_rules, tier
from workbench.customers.value_tiers import BY_BALANCE, value_of
from workbench.errors import ParameterProblem
from workbench.tables import CUSTOMERS, PORTRAIT

if TYPE_CHECKING:
    import ibis

# What points at a person stays in the customers' table.
PERSONAL = frozenset(
    {"name", "phone", "mobile", "email", "address", "id_number", "id_card", "account", "birth_date"}
)
_NOT_KEPT = PERSONAL | {"opened_on", "snapshot_date"}
# What is only ever computed; a bank's own column of that name stays in the customers' table.
_COMPUTED = frozenset(
    {"tier_basis", "idle_days", "income_day", "next_maturity", "missing_product", "life_need"}
    | {"missing_product_share", "contribution", "potential", "potential_product", "peers"}
)
DATED = ("holdings", "transactions", "events", "feedback")
"""Tables whose newest row of each customer is known as ``fresh_<table>``."""
_DTYPES = {"number": "float64", "integer": "int64", "text": "string", "boolean": "boolean"}


def build_portrait(
    tables: Mapping[str, ibis.Table],
    snapshot_date: dt.date | str,
    *,
    keep: Sequence[str] = (),
    rules: Rules | None = None,
    freshness: bool = False,
) -> ibis.Table:
    """Build the portrait of every customer on one day.

    Nothing later than `snapshot_date` is used: rows after it are left out, and customers
    whose relationship begins later are not there. Balances are those of the last month
    end on or before the day. What a table that is not given would tell is taken from a
    column of that name in ``customers``, or left out.

    Parameters
    ----------
    tables : mapping of str to ibis.Table
        ``customers``, and any of ``holdings``, ``transactions``, ``events``, ``feedback``,
        ``links``, all of one engine. Only their distinct days and words are read here;
        the rest runs when the result is asked for.
    snapshot_date : datetime.date or str
        The day that the portrait shows; text as ``"2026-09-30"``.
    keep : sequence of str, default=()
        The bank's own columns of ``customers`` to keep; empty keeps all. Personal ones
        (name, phone, date of birth …) never come along.
    rules : Rules or None, default=None
        Of lifecycle stage, value and tier; None takes the packaged ones. See `parse_rules`.
    freshness : bool, default=False
        Whether to add ``fresh_<table>``, the day of the newest row of each customer.

    Returns
    -------
    ibis.Table
        PORTRAIT, ordered by customer_id, with ``balance_<product>``,
        ``channel_share_<channel>``, ``salary_share``, ``balance_trend``,
        ``linked_employees`` and ``linked_suppliers`` where the tables tell. The tier is
        read off contribution × potential where holdings by product are known, off
        the balance else; ``tier_basis`` says which.

    Raises
    ------
    ParameterProblem
        If there are no customers, the day is no date, or a column to keep is not there
        or personal.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from workbench.engine import Engine
    >>> path = tempfile.mkdtemp() + "/customers.parquet"
    >>> pd.DataFrame({
    ...     "customer_id": ["1"], "kind": ["retail"], "name": ["Li Na"],
    ...     "opened_on": pd.to_datetime(["2016-09-30"]), "balance_total": [60_000.0],
    ... }).to_parquet(path)
    >>> with Engine() as engine:
    ...     customers = engine.table("customers", path)
    ...     portrait = engine.frame(build_portrait({"customers": customers}, "2026-09-30"))
    >>> portrait[["customer_id", "tenure", "tier"]].to_dict("records")
    [{'customer_id': '1', 'tenure': 119.98, 'tier': 'value'}]
    >>> "name" in portrait
    False
    """
    day = _day(snapshot_date)
    if "customers" not in tables:
        raise ParameterProblem("customers.error.no_customers", tables=", ".join(tables) or "–")
    people = tables["customers"]
    own = _own_columns(people, keep)
    people = _existing(people, day)
    rules = rules or packaged_rules()
    parts = _parts(tables, day, rules)
    joined, computed = _joined(people, parts)
    values = _values(joined, computed, day)
    values |= _staged(joined, values, parts, day, rules)
    products = parts["holdings"].products if "holdings" in parts else {}
    rows = _plain(joined, values, own, bool(products))
    if products:
        worth = value_of(rows, products, rules)
        rows = rows.left_join(worth, rows.customer_id == worth["_key"])
    return _arranged(rows, own, freshness)


def _day(given: dt.date | str) -> dt.date:
    if isinstance(given, dt.datetime):
        return given.date()
    if isinstance(given, dt.date):
        return given
    try:
        return dt.date.fromisoformat(given)
    except (TypeError, ValueError) as error:
        raise ParameterProblem("customers.error.snapshot_date", value=given) from error


def _own_columns(people: ibis.Table, keep: Sequence[str]) -> list[str]:
    taken = {*CUSTOMERS.names, *PORTRAIT.names} | _NOT_KEPT
    for name in keep:
        if name not in people.columns or name in PERSONAL:
            raise ParameterProblem(
                "customers.error.keep",
                column=name,
                columns=", ".join(c for c in people.columns if c not in taken) or "–",
            )
    return [name for name in people.columns if name not in taken and (not keep or name in keep)]


def _existing(people: ibis.Table, day: dt.date) -> ibis.Table:
    """Leave out whoever becomes a customer only later."""
    if "opened_on" not in people.columns:
        return people
    opened = people.opened_on.cast("timestamp").date()
    return people.filter(opened.isnull() | (opened <= day))


def _parts(tables: Mapping[str, ibis.Table], day: dt.date, rules: Rules) -> dict[str, Part]:
    parts: dict[str, Part | None] = {}
    if "holdings" in tables:
        parts["holdings"] = aggregates.balances(tables["holdings"], day, rules)
    if "transactions" in tables:
        parts["transactions"] = aggregates.movements(tables["transactions"], day, list(rules.fees))
    if "events" in tables:
        parts["events"] = aggregates.activity(tables["events"], day)
    if "feedback" in tables:
        parts["feedback"] = aggregates.satisfaction(tables["feedback"], day)
    if "links" in tables:
        parts["links"] = aggregates.ties(tables["links"])
    return {name: part for name, part in parts.items() if part is not None}


def _joined(people: ibis.Table, parts: dict[str, Part]) -> tuple[ibis.Table, dict[str, Any]]:
    """Put the parts beside the customers; say which columns came from them."""
    joined = people.rename({f"_customers_{name}": name for name in people.columns})
    names: dict[str, frozenset[str]] = {}
    for source, part in parts.items():
        # A key of its own for each, so that the joins are one chain and not one inside the other.
        right = part.table.rename({f"_key_{source}": "customer_id"})
        joined = joined.left_join(right, joined["_customers_customer_id"] == right[f"_key_{source}"])
        names |= {name: part.zero for name in part.table.columns if name != "customer_id"}
    computed = {
        name: joined[name].fill_null(0) if name in zero else joined[name] for name, zero in names.items()
    }
    return joined, computed


def _values(joined: ibis.Table, computed: dict[str, Any], day: dt.date) -> dict[str, Any]:
    import ibis

    def own(name: str) -> Any:
        column = f"_customers_{name}"
        return joined[column] if column in joined.columns else None

    taken = [name for name in PORTRAIT.names if name not in _COMPUTED and own(name) is not None]
    values: dict[str, Any] = {name: own(name) for name in taken}
    values |= computed
    values["snapshot_date"] = ibis.literal(dt.datetime.combine(day, dt.time()), type="timestamp(6)")
    born = own("birth_date")
    if born is not None:
        years = _full_years(born.cast("timestamp"), day).cast("float64")
        values["age"] = ibis.coalesce(years, own("age").cast("float64")) if own("age") is not None else years
    opened = own("opened_on")
    if opened is not None:
        days = ibis.literal(day).delta(opened.cast("timestamp").date(), unit="day")
        months = (days / DAYS_A_MONTH).round(2).cast("float64")
        stated = own("tenure")
        values["tenure"] = months if stated is None else ibis.coalesce(months, stated.cast("float64"))
    return values


def _full_years(born: Any, day: dt.date) -> Any:
    not_yet = (born.month() > day.month) | ((born.month() == day.month) & (born.day() > day.day))
    return day.year - born.year() - not_yet.cast("int64")


def _staged(
    joined: ibis.Table, values: dict[str, Any], parts: dict[str, Part], day: dt.date, rules: Rules
) -> dict[str, Any]:
    import ibis

    idle = _idle_days(joined, parts, day)
    stage = lifecycle_stage(
        values.get("tenure"), values.get("balance_total"), values.get("balance_change_3m"), idle, rules
    )
    found: dict[str, Any] = {"idle_days": idle, "lifecycle_stage": stage}
    known = parts["holdings"].products if "holdings" in parts else {}
    if not known and "balance_total" in values:
        balance = values["balance_total"]
        found["tier"] = tier(values["kind"], balance, rules)
        found["tier_basis"] = ibis.ifelse(balance.notnull(), BY_BALANCE, ibis.null("string"))
    return {name: value for name, value in found.items() if value is not None}


def _idle_days(joined: ibis.Table, parts: dict[str, Part], day: dt.date) -> Any | None:
    """Return days since the last transaction, login or visit.

    Who never did anything has been idle for at least as long as the transactions go back.
    """
    import ibis

    movements = parts.get("transactions")
    if movements is None or movements.since is None:
        return None
    last = joined["_last"]
    if "events" in parts:
        seen = joined["_seen"]
        last = ibis.coalesce(ibis.greatest(last, seen), last, seen)
    idle = ibis.literal(day).delta(last, unit="day")
    return ibis.coalesce(idle, ibis.literal((day - movements.since).days + 1)).cast("float64")


def _plain(joined: ibis.Table, values: dict[str, Any], own: list[str], by_value: bool) -> ibis.Table:
    """Return the values under their names, typed, and the bank's own columns."""
    kinds = {column.name: _DTYPES.get(column.kind) for column in PORTRAIT.columns}
    shown = {
        name: value.cast(kinds[name]) if kinds.get(name) else value
        for name, value in values.items()
        if not name.startswith("_") or name.startswith(("_fee_", "_fresh_"))
    }
    shown |= {name: joined[f"_customers_{name}"] for name in own if name not in shown}
    if by_value:
        shown.pop("tier", None)
    rows = joined.select(**shown)
    need = life_need(rows)
    # A step of its own in any case: Ibis would lengthen the chain of joins by the next one,
    # and have it all computed twice.
    return rows.mutate(**({"_apart": rows.customer_id} if need is None else {"life_need": need}))


def _arranged(rows: ibis.Table, own: list[str], freshness: bool) -> ibis.Table:
    shown = {name: rows[name] for name in rows.columns if not name.startswith("_")}
    if "next_maturity" in shown:
        shown["next_maturity"] = shown["next_maturity"].cast("timestamp(6)")
    ranks = {name: number for number, name in enumerate(PORTRAIT.names)}
    named = sorted((name for name in shown if name in ranks), key=ranks.__getitem__)
    others = sorted(name for name in shown if name not in ranks and name not in own)
    order = dict.fromkeys((*named, *others, *own))
    found = {name: shown[name] for name in order}
    if freshness:
        fresh = [name for name in DATED if f"_fresh_{name}" in rows.columns]
        found |= {f"fresh_{name}": rows[f"_fresh_{name}"].cast("timestamp(6)") for name in fresh}
    return rows.select(**found).order_by("customer_id")
