"""What of an evaluation may be shown to everybody: no figure that gives a few customers away."""

from __future__ import annotations

import pandas as pd

from workbench.insight.rules.evaluation import RuleEvaluation
from workbench.insight.small_cells import hide_small_cells

REST = "\N{BULLET}"
"""Stands in the cross-tab for all rules whose own number is hidden, taken together."""
_COVERAGE_PARTS = ("n_assigned", "n_lost")


def published_coverage(evaluation: RuleEvaluation, minimum: int = 11) -> pd.DataFrame:
    """Return each rule's figures, those of a few customers hidden.

    What a rule is left with and what others take from it are cells of one table whose
    totals are known too (all customers; all whom the rule takes), and are hidden by
    `hide_small_cells`; the gap is a row of it, with an empty rule.

    Parameters
    ----------
    evaluation : RuleEvaluation
        The figures.
    minimum : int, default=11
        The smallest count that may be shown.

    Returns
    -------
    pandas.DataFrame
        rule, segment, priority, ``n_matched``, ``n_assigned``, ``n_lost``, missing where
        hidden; the last row is the gap.
    """
    rows = evaluation.coverage[["rule", "segment", "priority", "n_matched", *_COVERAGE_PARTS]]
    gap = pd.DataFrame(
        [["", "", 0, evaluation.n_gap, evaluation.n_gap, 0]], columns=list(rows.columns)
    ).astype(rows.dtypes.to_dict())
    every = pd.concat([rows, gap], ignore_index=True)
    cells = every.melt(id_vars="rule", value_vars=list(_COVERAGE_PARTS), var_name="part", value_name="n")
    shown = hide_small_cells(cells, minimum, by=("rule", "part"), totals=True)
    shown["n"] = shown["n"].astype("Int64")
    for part in _COVERAGE_PARTS:
        mine = shown[shown["part"] == part].set_index("rule")["n"]
        every[part] = every["rule"].map(mine).astype("Int64")
    whole = shown[shown["part"].isna() & shown["rule"].notna()].set_index("rule")["n"]
    every["n_matched"] = every["rule"].map(whole).astype("Int64")
    return every


def published_overlap(evaluation: RuleEvaluation, minimum: int = 11) -> pd.DataFrame:
    """Return the pairs of rules, those hidden that give a few customers away.

    Of two rules, the customers of both, of either alone and of neither are known together:
    where one of the four counts is small, what both take is hidden.

    Parameters
    ----------
    evaluation : RuleEvaluation
        The figures.
    minimum : int, default=11
        The smallest count that may be shown.

    Returns
    -------
    pandas.DataFrame
        As ``evaluation.overlap``, with ``hidden``.
    """
    rows = evaluation.overlap.copy()
    size = evaluation.coverage.set_index("rule")["n_matched"]
    a, b = (rows[name].map(size).astype("float64") for name in ("rule", "other"))
    both = rows["n"]
    four = pd.concat([both, a - both, b - both, evaluation.n - a - b + both], axis=1)
    hidden = ((four > 0) & (four < minimum)).any(axis=1)
    rows["n"] = both.astype("Int64").mask(hidden)
    rows["share"] = rows["share"].mask(hidden)
    return rows.assign(hidden=hidden.astype(bool))


def published_crosstab(evaluation: RuleEvaluation, minimum: int = 11) -> pd.DataFrame:
    """Return rules × clusters with small cells hidden, and the totals.

    Rules whose own number is hidden in `published_coverage` stand together in one row,
    named `REST`, so that their row does not give the number away.

    Parameters
    ----------
    evaluation : RuleEvaluation
        The figures.
    minimum : int, default=11
        The smallest count that may be shown.

    Returns
    -------
    pandas.DataFrame
        rule (empty text: no rule; missing: total), cluster (missing: total), ``n`` and
        ``hidden``.
    """
    coverage = published_coverage(evaluation, minimum)
    concealed = set(coverage.loc[coverage["n_assigned"].isna(), "rule"])
    rows = evaluation.crosstab.assign(cluster=evaluation.crosstab["cluster"].astype("str"))
    rows["rule"] = rows["rule"].where(~rows["rule"].isin(concealed), REST)
    merged = rows.groupby(["rule", "cluster"], sort=False)[["n"]].sum().reset_index()
    shown = hide_small_cells(merged, minimum, by=("rule", "cluster"), totals=True)
    return shown.assign(cluster=pd.to_numeric(shown["cluster"]).astype("Int64"))


def published_count(value: int, minimum: int = 11) -> int | None:
    """Return a count, or None where it is of a few customers.

    Examples
    --------
    >>> published_count(0), published_count(4), published_count(400)
    (0, None, 400)
    """
    return None if 0 < value < minimum else int(value)
