"""Assign customers to clusters where the table is: in the engine, by an Ibis expression."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.utils.validation import check_is_fitted

from workbench.errors import ParameterProblem

if TYPE_CHECKING:
    import ibis

    from workbench.insight.segmenter import Segmenter

# Those whose clusters are a centroid each.
BY_CENTROID = ("kmeans", "minibatch_kmeans", "hierarchical")
ASSIGNABLE = (*BY_CENTROID, "gaussian_mixture")
UNASSIGNED = -1


def assign_in_engine(
    segmenter: Segmenter,
    table: ibis.Table,
    *,
    name: str = "cluster",
    missing: Literal["refuse", "unassigned"] = "refuse",
) -> ibis.Table:
    """Assign the customers of an engine's table to the clusters of a fitted segmenter.

    Learn on a sample, assign everyone: scaling and distances are computed by the engine
    in double precision, and no row leaves it. The labels are those of
    ``segmenter.predict``, and of scikit-learn's ``KMeans.predict`` on the same scaled
    data. A customer as near to two clusters goes to the one with the smaller number,
    which is the larger cluster at `fit`; as there, a tie that is not exact to the last
    digit is decided by rounding.

    Parameters
    ----------
    segmenter : Segmenter
        Fitted; k-means, mini-batch, hierarchical or a Gaussian mixture.
    table : ibis.Table
        One row a customer, with the features of `fit` as columns of numbers, transformed
        as `build_features` does. A feature that stands for one value of a text column
        (``"job=retired"``) may be given by that column (``job``) instead. Other columns
        stay.
    name : str, default="cluster"
        Name of the column that is added.
    missing : {"refuse", "unassigned"}, default="refuse"
        What to do with customers of whom a feature is empty or infinite: raise a
        ParameterProblem, for which the engine counts them at once, or give them
        cluster -1.

    Returns
    -------
    ibis.Table
        The table with the column of cluster numbers (int64); nothing is computed before
        it is asked for.

    Raises
    ------
    ParameterProblem
        If features are absent, are not numbers or have empty cells, the column is there
        already, or the algorithm can't be computed in an engine.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from workbench.engine import Engine
    >>> from workbench.insight import Segmenter
    >>> segmenter = Segmenter(n_clusters=2).fit(pd.DataFrame({"age": [20.0, 21.0, 22.0, 60.0, 61.0]}))
    >>> path = Path(tempfile.mkdtemp()) / "customers.parquet"
    >>> pd.DataFrame({"customer_id": ["1", "2"], "age": [65.0, 18.0]}).to_parquet(path)
    >>> with Engine(threads=1) as engine:
    ...     customers = engine.table("customers", path)
    ...     engine.frame(assign_in_engine(segmenter, customers)).to_dict("list")
    {'customer_id': ['1', '2'], 'age': [65.0, 18.0], 'cluster': [1, 0]}
    """
    import ibis

    check_is_fitted(segmenter, "centroids_")
    _check(segmenter, table, name, missing)
    features = [str(feature) for feature in segmenter.feature_names_in_]
    own = _prefix([*table.columns, name])
    columns = [f"{own}x{i}" for i in range(len(features))]
    wide = table.mutate(**{x: _cells(table, one) for x, one in zip(columns, features, strict=True)})
    complete = [wide[x].notnull() & ~wide[x].isnan() & ~wide[x].isinf() for x in columns]
    if missing == "refuse":
        _refuse_missing(wide, complete, features)
    whole = reduce(lambda one, other: one & other, complete)
    scaled = _scaled(segmenter, [wide[x] for x in columns])
    ready = wide.mutate(**{f"{own}known": whole, **dict(zip(columns, scaled, strict=True))})
    costs_of = _mixture_costs if segmenter.algorithm == "gaussian_mixture" else _centroid_costs
    costs = {f"{own}d{i}": cost for i, cost in enumerate(costs_of(segmenter, [ready[x] for x in columns]))}
    scored = ready.mutate(**costs)
    least = scored.mutate(**{f"{own}least": ibis.least(*(scored[cost] for cost in costs))})
    # The first of equals, as numpy's argmin.
    cases = [(least[cost] == least[f"{own}least"], number) for number, cost in enumerate(costs)]
    cluster = ibis.cases((~least[f"{own}known"], UNASSIGNED), *cases, else_=UNASSIGNED)
    return least.mutate(**{name: cluster.cast("int64")}).select(*table.columns, name)


def _prefix(taken: Sequence[str]) -> str:
    """Return how names begin that no column has."""
    own = "_"
    while any(name.startswith(own) for name in taken):
        own += "_"
    return own


def _check(segmenter: Segmenter, table: Any, name: str, missing: str) -> None:
    if segmenter.algorithm not in ASSIGNABLE:
        raise ParameterProblem(
            "insight_room.error.not_in_engine",
            algorithm=segmenter.algorithm,
            known=", ".join(ASSIGNABLE),
        )
    if missing not in ("refuse", "unassigned"):
        raise ParameterProblem(
            "insight_room.error.unknown_choice", name="missing", value=missing, known="refuse, unassigned"
        )
    if name in table.columns:
        raise ParameterProblem("insight_room.error.column_there", column=name)
    absent = [str(f) for f in segmenter.feature_names_in_ if _source(table, str(f)) is None]
    if absent:
        raise ParameterProblem(
            "insight_room.error.features_absent",
            features=", ".join(absent),
            present=", ".join(table.columns),
        )


def _source(table: Any, feature: str) -> str | None:
    """Return the column that a feature is, or is one value of."""
    if feature in table.columns:
        return feature
    column, _, level = feature.partition("=")
    return column if level and column in table.columns and table[column].type().is_string() else None


def _cells(table: Any, feature: str) -> Any:
    source = _source(table, feature)
    assert source is not None
    column = table[source]
    if source != feature:
        # As in `build_features`: an empty cell is none of the values.
        return (column == feature.partition("=")[2]).fill_null(False).cast("int8").cast("float64")
    if column.type().is_boolean():
        column = column.cast("int8")
    elif not column.type().is_numeric():
        raise ParameterProblem("insight_room.error.feature_not_a_number", feature=feature)
    return column.cast("float64")


def _refuse_missing(wide: Any, complete: Sequence[Any], features: Sequence[str]) -> None:
    counts = wide.aggregate(**{f"n{i}": (~known).sum() for i, known in enumerate(complete)})
    with warnings.catch_warnings():
        # Ibis calls DuckDB by a name that it has since changed.
        warnings.simplefilter("ignore", DeprecationWarning)
        found = counts.to_pyarrow().to_pylist()[0]
    for feature, number in zip(features, found.values(), strict=True):
        if number:
            raise ParameterProblem("insight_room.error.feature_missing", feature=feature, n=int(number))


def _scaled(segmenter: Segmenter, columns: Sequence[Any]) -> list[Any]:
    """Return the columns on the common scale, step by step as `Scaling.apply` does."""
    scaling = segmenter._scaling
    scaled = []
    for i, column in enumerate(columns):
        value = column
        if scaling.low is not None and scaling.high is not None:
            value = _between(value, scaling.low[i], scaling.high[i])
        value = (value - _number(scaling.center[i])) / _number(scaling.scale[i])
        if scaling.limit is not None:
            value = _between(value, -scaling.limit, scaling.limit)
        scaled.append(value if scaling.factors is None else value * _number(scaling.factors[i]))
    return scaled


def _between(value: Any, low: float, high: float) -> Any:
    import ibis

    value = ibis.greatest(value, _number(low)) if np.isfinite(low) else value
    return ibis.least(value, _number(high)) if np.isfinite(high) else value


def _centroid_costs(segmenter: Segmenter, scaled: Sequence[Any]) -> list[Any]:
    """Return |x - m|² without |x|², which is the same for every cluster, as `predict` does."""
    costs = []
    for mean in segmenter._means:
        products = _sum([x * _number(m) for x, m in zip(scaled, mean, strict=True)])
        costs.append(_number((mean**2).sum()) - _number(2) * products)
    return costs


def _mixture_costs(segmenter: Segmenter, scaled: Sequence[Any]) -> list[Any]:
    """Return minus the logarithm of weight × density of each cluster, up to a constant."""
    costs = []
    parts = zip(segmenter._weights, segmenter._means, segmenter._precisions_cholesky, strict=True)
    for weight, mean, factor in parts:
        centred = [x - _number(m) for x, m in zip(scaled, mean, strict=True)]
        squares = []
        for column in factor.T:
            # The factor is triangular: what is 0 is left out.
            whitened = _sum([centred[i] * _number(column[i]) for i in np.flatnonzero(column)])
            squares.append(whitened * whitened)
        constant = np.log(weight) + np.log(np.diag(factor)).sum()
        costs.append(_number(0.5) * _sum(squares) - _number(constant))
    return costs


def _number(value: float) -> Any:
    import ibis

    return ibis.literal(float(value), type="float64")


def _sum(terms: Sequence[Any]) -> Any:
    return reduce(lambda one, other: one + other, terms)
