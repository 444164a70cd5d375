"""Carry what was found to be one customer into the tables that a portrait is built of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis
    import pandas as pd

_IDS = ("customer_id", "to_customer_id")


def merge_tables(tables: Mapping[str, ibis.Table], merges: pd.DataFrame) -> dict[str, ibis.Table]:
    """Give every row the id of the customer that stands for it.

    Rows are moved, none is dropped: of two rows of ``customers`` that become one, the
    surviving customer's values hold and the others fill its gaps. A tie of a customer to
    itself goes, and of ties that become equal one stays. An empty `merges` changes nothing.

    Parameters
    ----------
    tables : mapping of str to ibis.Table
        ``customers`` and whatever else has a ``customer_id``, all of one engine.
    merges : pandas.DataFrame
        customer_id, merged_from and matched_by, as of `Resolution.merges`.

    Returns
    -------
    dict of str to ibis.Table
        The same tables; ``customers`` has a column ``merged_from`` more: the ids that went
        into this one, comma-separated, missing for all others.

    Examples
    --------
    >>> import ibis
    >>> import pandas as pd
    >>> import pyarrow as pa
    >>> from workbench.engine import Engine
    >>> customers = ibis.memtable(pa.table({"customer_id": ["1", "2"], "name": [None, "Li Na"]}))
    >>> merges = pd.DataFrame({"customer_id": ["1"], "merged_from": ["2"], "matched_by": ["decision"]})
    >>> with Engine(threads=1) as engine:
    ...     merged = merge_tables({"customers": customers}, merges)
    ...     engine.frame(merged["customers"]).to_dict("records")
    [{'customer_id': '1', 'name': 'Li Na', 'merged_from': '2'}]
    """
    if merges.empty:
        return dict(tables)
    import ibis
    import pyarrow as pa

    survivor, gone = (pa.array(list(merges[name]), pa.string()) for name in ("customer_id", "merged_from"))
    alias = ibis.memtable(pa.table({"_survivor": survivor, "_gone": gone}))
    found = {}
    for name, table in tables.items():
        if name == "customers":
            found[name] = _merged_customers(table, alias)
        else:
            found[name] = _moved(table, alias)
    if "links" in found:
        links = found["links"]
        keys = ["customer_id", "to_customer_id", "relation"]
        others = {name: links[name].min() for name in links.columns if name not in keys}
        proper = links.filter(links.customer_id != links.to_customer_id)
        found["links"] = (
            proper.group_by(keys).aggregate(**others) if others else proper.select(keys).distinct()
        ).select(*links.columns)
    return found


def _moved(table: ibis.Table, alias: ibis.Table) -> ibis.Table:
    columns = list(table.columns)
    for name in _IDS:
        if name in columns:
            joined = table.left_join(alias, table[name] == alias["_gone"])
            moved = joined["_survivor"].fill_null(joined[name])
            table = joined.mutate(**{name: moved}).select(*columns)
    return table


def _merged_customers(customers: ibis.Table, alias: ibis.Table) -> ibis.Table:
    import ibis

    columns = list(customers.columns)
    others = [name for name in columns if name != "customer_id"]
    stays = customers.anti_join(alias, customers.customer_id == alias["_gone"])
    came = customers.inner_join(alias, customers.customer_id == alias["_gone"])
    # The smallest id that knows a value gives it: the same whatever the order of rows.
    first: dict[str, Any] = {
        f"_other_{name}": came[name].first(where=came[name].notnull(), order_by=came["_gone"])
        for name in others
    }
    filled = came.group_by("_survivor").aggregate(**first)
    gone = alias.group_by("_survivor").aggregate(
        merged_from=alias["_gone"].group_concat(", ", order_by=alias["_gone"])
    )
    joined = stays.left_join(filled, stays.customer_id == filled["_survivor"])
    joined = joined.select(*stays.columns, *(f"_other_{name}" for name in others))
    joined = joined.left_join(gone, joined.customer_id == gone["_survivor"])
    values = {name: ibis.coalesce(joined[name], joined[f"_other_{name}"]) for name in others}
    shown = {"customer_id": joined.customer_id, **values, "merged_from": joined["merged_from"]}
    return joined.select(**{name: shown[name] for name in [*columns, "merged_from"]})
