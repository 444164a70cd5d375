"""What a customer is worth now, what similar customers hold more, and the tier of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.customers.rules import Rules, tier, value_tier

if TYPE_CHECKING:
    import ibis

BY_VALUE, BY_BALANCE = "contribution_potential", "balance"
_UNKNOWN = "?"
_KEYS = ("_kind", "_age", "_work", "_region", "_tenure")
# The finest group of peers first.
_LEVELS = (_KEYS, _KEYS[:3], _KEYS[:1])


def contribution(portrait: ibis.Table, products: Mapping[str, str], rules: Rules) -> Any:
    """Return what each customer brings in a year as an Ibis expression, CNY.

    Balances times margins, and the fees of the money moved in 12 months (columns
    ``_fee_<type>``). Costs and risk are not taken off.

    Parameters
    ----------
    portrait : ibis.Table
        One row a customer.
    products : mapping of str to str
        Column of a balance → product.
    rules : Rules
        Margins and fees.

    Returns
    -------
    ibis floating value
    """
    import ibis

    total = ibis.literal(0.0)
    for column, product in products.items():
        total = total + portrait[column].fill_null(0.0) * rules.margin(product)
    for kind, rate in rules.fees.items():
        if f"_fee_{kind}" in portrait.columns:
            total = total + portrait[f"_fee_{kind}"].fill_null(0.0) * rate
    return total.round(2)


def value_of(portrait: ibis.Table, products: Mapping[str, str], rules: Rules) -> ibis.Table:
    """Return contribution, potential, the missing product and the tier of each customer.

    The potential is what the customer would contribute more with the balances of similar
    customers: of each product, a quantile of the peers' balances (three quarters by
    default) minus the customer's own, where that is more than nothing, times the
    product's margin. Peers share kind, age band, occupation or industry, region and
    tenure band; where they are fewer than ``rules.smallest``, the first three; then the
    kind alone. It is a comparison, not a forecast: what the customer holds at other banks
    is not known, and nothing says that he or she will do as the peers do.

    Parameters
    ----------
    portrait : ibis.Table
        One row a customer, with ``balance_total``; ``_fee_<type>`` where known.
    products : mapping of str to str
        Column of a balance → product; one at least.
    rules : Rules
        Margins, fees, peers and thresholds.

    Returns
    -------
    ibis.Table
        ``_key`` (the customer), ``contribution``, ``potential``, ``potential_product``,
        ``missing_product``, ``missing_product_share``, ``peers``, ``tier`` and
        ``tier_basis``.

    References
    ----------
    P. C. Verhoef, B. Donkers: Predicting customer potential value: an application in the
    insurance industry. Decision Support Systems 32 (2001), 189-199.
    """
    import ibis

    own = {column: portrait[column].fill_null(0.0) for column in products}
    rows = portrait.select(
        "customer_id",
        _balance=portrait.balance_total,
        contribution=contribution(portrait, products, rules),
        **_peer_keys(portrait, rules),
        **own,
    )
    compared = _beside_peers(rows, products, rules)
    names = ibis.array(list(products.values()))
    # As arrays, because an engine is told every column's expression once for each use.
    compared = compared.select(
        "customer_id",
        "contribution",
        "_kind",
        "_balance",
        "_peers",
        _gaps=ibis.array(
            [
                (compared[f"_q_{column}"] - compared[column]).clip(lower=0.0) * rules.margin(product)
                for column, product in products.items()
            ]
        ),
        _lacked=ibis.array(
            [ibis.ifelse(compared[column] == 0, compared[f"_h_{column}"], 0.0) for column in products]
        ),
    )
    gap, lacked = compared["_gaps"].maxs(), compared["_lacked"].maxs()
    is_missing = lacked >= rules.product_share
    potential = compared["_gaps"].sums().round(2)
    by_value = value_tier(compared["_kind"], compared.contribution, potential, rules)
    by_balance = tier(compared["_kind"], compared["_balance"], rules)
    return compared.select(
        _key=compared.customer_id,
        contribution=compared.contribution,
        potential=potential,
        potential_product=_where(gap >= 0.005, names[compared["_gaps"].index(gap)]),
        missing_product=_where(is_missing, names[compared["_lacked"].index(lacked)]),
        missing_product_share=_where(is_missing, lacked.round(4)),
        peers=compared["_peers"].cast("int64"),
        tier=ibis.coalesce(by_value, by_balance),
        tier_basis=ibis.cases(
            (by_value.notnull(), BY_VALUE), (by_balance.notnull(), BY_BALANCE), else_=ibis.null("string")
        ),
    )


def _where(holds: Any, value: Any) -> Any:
    import ibis

    return ibis.ifelse(holds, value, ibis.null(value.type()))


def _peer_keys(portrait: ibis.Table, rules: Rules) -> dict[str, Any]:
    import ibis

    def word(name: str) -> Any:
        if name not in portrait.columns:
            return ibis.null("string")
        return portrait[name].cast("string")

    def band(name: str, steps: tuple[float, ...]) -> Any:
        if name not in portrait.columns or not steps:
            return ibis.literal(-1)
        value = portrait[name]
        branches = [(value >= step, number) for number, step in reversed([*enumerate(steps, 1)])]
        return ibis.cases(*branches, (value.notnull(), 0), else_=-1)

    return {
        "_kind": portrait.kind,
        "_age": band("age", rules.age_bands),
        "_work": ibis.coalesce(word("occupation"), word("industry"), _UNKNOWN),
        "_region": ibis.coalesce(word("region"), _UNKNOWN),
        "_tenure": band("tenure", rules.tenure_bands),
    }


def _beside_peers(rows: ibis.Table, products: Mapping[str, str], rules: Rules) -> ibis.Table:
    """Put the quantiles and the shares of holders of the nearest large enough group beside each."""
    import ibis

    names = ["_peers", *(f"_{what}_{column}" for column in products for what in "qh")]
    joined = rows
    for number, keys in enumerate(_LEVELS):
        measures: dict[str, Any] = {f"_peers_{number}": rows.count()}
        for column in products:
            measures[f"_q_{column}_{number}"] = rows[column].quantile(rules.quantile)
            measures[f"_h_{column}_{number}"] = (rows[column] != 0).cast("float64").mean()
        groups = rows.group_by([rows[key].name(f"{key}_{number}") for key in keys]).aggregate(**measures)
        if number < len(_LEVELS) - 1:
            groups = groups.filter(groups[f"_peers_{number}"] >= rules.smallest)
        joined = joined.left_join(groups, [joined[key] == groups[f"{key}_{number}"] for key in keys])
    nearest = {
        name: ibis.coalesce(*(joined[f"{name}_{number}"] for number in range(len(_LEVELS)))) for name in names
    }
    return joined.select("customer_id", "contribution", "_kind", "_balance", *products, **nearest)
