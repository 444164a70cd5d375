"""Turn the portrait into numbers that customers can be compared by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.insight import catalogue
from workbench.insight import columns as cols
from workbench.insight.columns import Candidate, Left

NOTES = "feature_notes"


def build_features(
    customers: pd.DataFrame, *, kind: str | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Build the features that customers are segmented by.

    Numeric and boolean columns of the portrait become features. Amounts and counts, and
    a bank's own columns with heavy tails (excess kurtosis above 6), are transformed by
    ``sign(x) * log(1 + |x|)``; balances per product become
    shares of ``balance_total``; rates and shares stay as they are; text with at most
    12 values becomes one column a value (``"job=retired"``), text that says yes or no
    one column of 0 and 1. Missing cells are filled with the median of the column
    (``recency``: the longest seen, because nobody has been seen for less).

    Left out are identifiers, dates, consent, what is derived from other columns
    (``tier``, ``lifecycle_stage``), what is not behaviour (``gender``, ``region``,
    ``branch``), facts of campaigns, columns that are constant, and columns with more
    than 60% missing. `describe_features` lists every column with the reason.

    Parameters
    ----------
    customers : pandas.DataFrame
        A portrait, one row per customer. Columns of the bank's own are welcome.
    kind : {"retail", "corporate"}, optional
        Which customers to take. By default retail where there are any, else corporate.
        Without a column ``kind`` every row is taken.
    columns : sequence of str, optional
        Names of features or of portrait columns to use instead of the choice above, in
        this order. Pass ``segmenter.feature_names_in_`` to build a later snapshot's
        features for `Segmenter.predict`; then nothing is dropped for being constant.

    Returns
    -------
    pandas.DataFrame of shape (n_customers, n_features)
        Indexed by ``customer_id``; float64, no missing values. The columns stand in the
        order of the catalogue, then shares, then the bank's own by name.

    Raises
    ------
    ParameterProblem
        If ids repeat, fewer than 10 customers are left, no column is usable, or one of
        `columns` can't be built.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({
    ...     "customer_id": [f"{i:04d}" for i in range(12)],
    ...     "age": range(30, 42),
    ...     "balance_total": [1000.0 * i for i in range(12)],
    ...     "housing": ["yes", "no"] * 6,
    ... })
    >>> features = build_features(customers)
    >>> list(features)
    ['age', 'balance_total', 'housing']
    >>> features.loc["0001"].round(2).tolist()
    [31.0, 6.91, 0.0]
    """
    rows = _customers_of_kind(customers, kind)
    if len(rows) < catalogue.MINIMUM_ROWS:
        raise ParameterProblem("insight_room.error.too_few", n=len(rows), minimum=catalogue.MINIMUM_ROWS)
    candidates, left = _chosen(rows, columns) if columns is not None else _usable(rows)
    if not candidates:
        raise ParameterProblem("insight_room.error.no_columns", present=", ".join(map(str, customers)))
    built = {candidate.name: candidate.build(rows) for candidate in candidates}
    if columns is None:
        candidates, left = _without_constants(candidates, built, left)
        if not candidates:
            raise ParameterProblem("insight_room.error.no_columns", present=", ".join(map(str, customers)))
    features = pd.DataFrame({c.name: built[c.name].cells for c in candidates}, index=rows.index)
    features.attrs[NOTES] = [c.note(built[c.name]) for c in candidates] + [one.note() for one in left]
    return features


def describe_features(features: pd.DataFrame) -> pd.DataFrame:
    """Say what each feature is, and why other columns are not among them.

    Parameters
    ----------
    features : pandas.DataFrame
        From `build_features`. Where its notes were lost on the way (a file in between),
        the features are described by their names and no reasons are known.

    Returns
    -------
    pandas.DataFrame
        One row a column: ``feature``, ``label_key`` (in the message catalogues; empty
        for a bank's own columns), ``unit``, ``transform``, ``source`` (the portrait
        column), ``n_imputed`` and ``imputed`` (``"median"``, ``"maximum"``, or empty),
        ``reason_excluded`` (empty for a feature in use). Unit, transform and reason have
        labels under ``insight_room.unit``, ``.transform`` and ``.reason``.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({
    ...     "customer_id": [str(i) for i in range(10)], "age": range(10), "gender": ["F"] * 10
    ... })
    >>> notes = describe_features(build_features(customers))
    >>> notes[["feature", "unit", "reason_excluded"]].to_dict("split")["data"]
    [['age', 'years', ''], ['customer_id', '', 'identifier'], ['gender', '', 'not_behaviour']]
    """
    notes = features.attrs.get(NOTES)
    if not notes:
        notes = [cols.note_by_name(str(name)) for name in features.columns]
    return pd.DataFrame(notes, columns=list(cols.NOTE_COLUMNS))


def feature_label(name: str, lang: str = "en") -> str:
    """Return a feature's name as a reader should see it.

    Examples
    --------
    >>> feature_label("balance_total"), feature_label("balance_total", "zh_CN")
    ('balance', '资产余额')
    >>> feature_label("job=blue-collar"), feature_label("yearly_income")
    ('job: blue-collar', 'yearly income')
    """
    key = cols.label_key(name)
    if key:
        return locale.text(key, lang)
    column, _, value = name.partition("=")
    if not value:
        return name.replace("_", " ").strip()
    label = feature_label(column, lang)
    key = f"insight_room.value.{value}"
    value = locale.text(key, lang) if key in locale.keys(lang) else value.replace("_", " ")
    return f"{label}：{value}" if lang == "zh_CN" else f"{label}: {value}"


def _customers_of_kind(customers: pd.DataFrame, kind: str | None) -> pd.DataFrame:
    if kind not in (None, "retail", "corporate"):
        raise ParameterProblem("insight_room.error.unknown_kind", kind=kind)
    if "customer_id" in customers.columns:
        rows = customers.set_index("customer_id", drop=False)
    elif customers.index.name == "customer_id":
        rows = customers
    else:
        raise ParameterProblem(
            "insight_room.error.no_customer_id", present=", ".join(map(str, customers.columns)) or "-"
        )
    rows.index.name = "customer_id"
    if "kind" in rows.columns:
        kinds = rows["kind"].astype("str")
        wanted = kind or ("retail" if (kinds == "retail").any() else "corporate")
        rows = rows[(kinds == wanted).to_numpy()]
    repeated = rows.index.duplicated()
    if repeated.any():
        raise ParameterProblem(
            "insight_room.error.repeated_ids", n=int(repeated.sum()), first=str(rows.index[repeated][0])
        )
    return rows


def _usable(rows: pd.DataFrame) -> tuple[list[Candidate], list[Left]]:
    """Return what can be a feature, in order, and what can't, with its reason."""
    candidates: list[Candidate] = []
    left: list[Left] = []
    for column in cols.in_order(rows):
        reason = catalogue.EXCLUDED.get(column.lower())
        if reason:
            left.append(Left(column, reason))
            continue
        found = cols.candidates_of(rows, column)
        candidates += [one for one in found if isinstance(one, Candidate)]
        left += [one for one in found if isinstance(one, Left)]
    return candidates, left


def _chosen(rows: pd.DataFrame, wanted: Iterable[str]) -> tuple[list[Candidate], list[Left]]:
    chosen: list[Candidate] = []
    missing: list[str] = []
    for name in dict.fromkeys(map(str, wanted)):
        found = cols.candidates_named(rows, name)
        if not found:
            missing.append(name)
        chosen += [one for one in found if one.name not in {c.name for c in chosen}]
    if missing:
        raise ParameterProblem(
            "insight_room.error.columns_not_built",
            columns=", ".join(missing),
            present=", ".join(map(str, rows.columns)),
        )
    return chosen, []


def _without_constants(
    candidates: list[Candidate], built: dict[str, cols.Built], left: list[Left]
) -> tuple[list[Candidate], list[Left]]:
    varying: list[Candidate] = []
    for candidate in candidates:
        cells = built[candidate.name].cells
        # A tolerance, because a share of a share may differ in its last bit only.
        if float(np.ptp(cells)) <= 1e-12 * max(1.0, float(np.abs(cells).max())):
            left.append(Left(candidate.name, "constant"))
        else:
            varying.append(candidate)
    return varying, left
